// The way back when the session has ended, or when the server was started anew and does not know this page any more:
// another page is loaded at once, unless something was typed.
(() => {
  const PING_MS = 5000, RETRY_MS = 1500, LOGIN = "/login?ended=1";
  const fetchPlain = window.fetch;
  let isAway = false, isTyped = false, isEnded = false;
  let run = null, next;  // of the server that knows this page; when it is asked for again
  addEventListener("input", (event) => { isTyped ||= event.isTrusted && event.target.matches("[data-testid=textbox]") && !event.target.closest("#queue-list"); });

  const tell = (text, action, act = () => location.reload()) => {
    const line = document.getElementById("offline") || document.querySelector(".gradio-container").appendChild(document.createElement("p"));
    line.id = "offline";
    line.role = "alert";
    line.textContent = text;
    if (!action) return;
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: action });
    button.addEventListener("click", act);
    line.append(button);
  };
  window.fetch = async (...request) => {
    const answer = await fetchPlain(...request);
    isAway ||= answer.url.endsWith("/app_id");  // Gradio asks where a connection broke, and does nothing else from then on
    if (answer.status !== 401 || isEnded) return answer;
    isEnded = true;
    if (!isTyped) location.assign(LOGIN + location.hash);
    else tell("Your session has ended. Half-typed replies, intents and reasons wait for you; copy anything else, then sign in.", "Sign in", () => location.assign(LOGIN + location.hash));
    return answer;
  };
  const answering = async () => {  // the run of the server that answers, null where none does
    try {
      const answer = await fetchPlain("/healthz", { cache: "no-store", signal: AbortSignal.timeout(4000) });
      return answer.ok ? (await answer.json()).run ?? "" : null;  // "" by one from before an upgrade that still runs
    } catch {
      return null;
    }
  };
  const watch = async () => {
    if (isEnded) return;
    if (document.visibilityState === "visible" || isAway) {
      const now = await answering();
      run ??= now;
      const isHere = now !== null;
      if (isHere && (isAway || now !== run)) {  // it may have come and gone while nobody looked
        if (!isTyped) return location.reload();
        return tell("The server is back. Half-typed replies, intents and reasons are kept; copy anything else, then load the page anew.", "Load anew");
      }
      if (!isHere && !isAway) tell("The server cannot be reached. What you did last may be lost; this page comes back by itself.");
      isAway = !isHere;
    }
    clearTimeout(next);
    next = setTimeout(watch, isAway ? RETRY_MS : PING_MS);
  };
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "visible") watch(); });
  answering().then((now) => { run ??= now; });
  next = setTimeout(watch, PING_MS);
})();
