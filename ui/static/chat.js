// What the customers' page does by itself: it keeps what was typed, counts it, notices that the server is gone and
// comes back with it, copies answers, and speaks the language that the head of the page says.
(() => {
  const WORDS = JSON.parse(document.getElementById("words").textContent);
  const DRAFT = "chat-draft", PING_MS = 5000, RETRY_MS = 1500, WARN_AT = 0.9, WEEKS_SECONDS = 60 * 60 * 24 * 30;
  const ECHO = "said echo", TOO_MANY = 429, LOOKS = 20;
  const FRAMED = window.parent !== window;  // in a shop's page, by embed.js
  const store = storage();
  const tabs = otherTabs();
  let offline = false, shown = null;
  let returned = "";  // a text that was on its way when the server went, and stands in the box again
  let awaited = "";  // a text that was on its way when the page was left, and may have arrived
  let own = 0;  // texts of the customer that were there before the one on its way
  let drawn = null, isBehind = false;  // what the log shows last; whether another tab has gone on
  let joined = 0;  // the status with which the server answered the last event
  let heard = -1;  // messages of ours that the page around us knows of

  const find = (selector) => document.querySelector(selector);
  const box = () => find("#message textarea");
  const sent = () => find("#sent textarea");
  const language = () => document.documentElement.lang in WORDS ? document.documentElement.lang : Object.keys(WORDS)[0];
  const words = () => WORDS[language()];
  const tooMany = () => [...(box()?.value || "")].length - words().limit;  // characters, as the server counts them
  const reason = (otherwise) => joined === TOO_MANY ? words().too_fast : otherwise;
  const line = (text) => `<p role="alert" class="problem">${text}</p>`;  // texts of our own files only

  function storage() {
    try { return window.sessionStorage; }
    catch { return null; }  // a browser that keeps nothing for us, such as in a frame of another site, does without drafts
  }

  function otherTabs() {
    try { return new BroadcastChannel("chat"); }
    catch { return null; }  // likewise
  }

  function write(area, text) {  // as if it had been typed, so that Gradio knows
    if (!area || area.value === text) return;
    area.value = text;
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }

  window.chatPage = {
    // While one text is on its way the box keeps the next.
    take: (text, waiting, log) => {
      if (waiting) return [waiting, text, log];
      document.documentElement.classList.add("pending");
      return [text, "", text.trim() ? [...log, echo(text)] : log];
    },
    giveBack: (text, waiting, log) => {
      window.chatPage.done();  // what was not received has no answer that would say so
      const own = log.at(-1)?.content?.[0]?.text?.includes(ECHO);
      return ["", text || waiting, own ? log.slice(0, -1) : log, line(reason(words().busy))];
    },
    done: () => {
      document.documentElement.classList.remove("pending");
      if (isBehind) look();
    },
    sorry: () => line(reason(words().failure)),
    again: () => { setTimeout(() => location.reload(), RETRY_MS); },  // a page that could not be drawn
    settle: () => {
      const lost = !document.activeElement || document.activeElement === document.body;
      if (lost && !matchMedia("(pointer: coarse)").matches) box()?.focus();  // no keyboard leaps up on a phone
    },
  };

  // One's own text as `ui/chat/drawing.py` draws it, until the server has.
  function echo(text) {
    const said = document.createElement("span");
    said.textContent = text.trim();
    const who = `<span class="who">${words().you}</span>`;
    const content = [{ type: "text", text: `${who}<span class="${ECHO}">${said.innerHTML}</span>` }];
    return { role: "user", metadata: { title: null }, options: [], content };
  }

  // Gradio says that an event failed, not why. Where a connection broke it does nothing any more but ask for the number
  // of the application, now and then, until it learns that; the page is loaded anew instead, with the draft.
  const plain = window.fetch;
  window.fetch = async (...given) => {
    const answer = await plain(...given);
    if (answer.url.includes("/queue/join")) joined = answer.status;
    if (answer.url.endsWith("/app_id") && !offline) leave();
    return answer;
  };

  // The counter, and the draft that survives a reload.
  function count() {
    const area = box(), counter = find("#counter");
    if (!area || !counter) return;
    const over = tooMany();
    let text = "";
    if (over > 0) text = words().too_long.replace("{count}", over);
    else if (over > words().limit * (WARN_AT - 1)) text = words().left.replace("{count}", -over);
    if (offline) text = words().offline;
    if (text !== shown || counter.textContent !== text) counter.textContent = shown = text;
    counter.classList.toggle("over", offline || over > 0);
    const flying = sent()?.value || awaited;
    if (!flying && !returned) own = said(".user").length;
    store?.setItem(DRAFT, JSON.stringify({ text: area.value, flying, returned, own }));
  }

  const said = (whose) => [...document.querySelectorAll(`#log ${whose} .said:not(.echo)`)].map((each) => each.textContent);
  const isThere = (text) => said(".user").slice(own).includes(text.trim());

  function restore() {
    const kept = JSON.parse(store?.getItem(DRAFT) || "{}");
    own = kept.own || 0;
    const hasCome = kept.returned && kept.text.startsWith(kept.returned) && isThere(kept.returned);
    if (kept.text) write(box(), hasCome ? kept.text.slice(kept.returned.length).trimStart() : kept.text);
    if (kept.flying) wait(kept.flying, LOOKS);
  }

  // Before what has been typed since.
  function putBack(text) { write(box(), box().value ? `${text}\n${box().value}` : text); }

  // The answer to what was on its way comes to a page that is gone. What does not arrive goes back into the box.
  function wait(text, looks) {
    const isOver = isThere(text) || !looks;
    awaited = isOver ? "" : text;
    document.documentElement.classList.toggle("pending", !isOver);
    if (!isOver) {
      look();
      setTimeout(() => wait(text, looks - 1), RETRY_MS);
    } else if (!isThere(text)) putBack(text);
  }

  // What came meanwhile is drawn; while a text of this tab is on its way, with its answer or after it.
  function look() {
    isBehind = Boolean(sent()?.value);
    if (!isBehind) find("#news")?.click();
  }

  // The other tabs of this browser have the same conversation.
  function tellTabs() {
    const all = said(""), now = `${all.length} ${all.at(-1)}`;
    if (now !== drawn && drawn !== null) tabs?.postMessage(now);
    drawn = now;
  }

  // The server: asked now and then while the page is looked at, and at once after sending.
  async function reach() {
    try {
      return (await fetch("/healthz", { cache: "no-store", signal: AbortSignal.timeout(4000) })).ok;
    } catch {
      return false;
    }
  }

  async function watch() {
    if (document.visibilityState === "visible" || offline) {
      const here = await reach();
      if (!here && !offline) leave();
      if (here && offline) return location.reload();  // the page of the program that runs now, with the draft
    }
    setTimeout(watch, offline ? RETRY_MS : PING_MS);
  }

  function leave() {
    const flying = sent()?.value || "";
    if (flying && box()) {
      putBack(flying);
      write(sent(), "");
      returned = flying;
      document.documentElement.classList.add("returned");
    }
    offline = true;
    window.chatPage.done();
    count();
  }

  // Nothing is sent that is too long, or while there is nobody to receive it; the counter says so, and says it again.
  function hold(event) {
    const isEnter = event.type === "keydown" && event.key === "Enter" && !event.shiftKey && event.target === box();
    const isSend = event.type === "click" && event.target.closest?.("#send");
    if (!isEnter && !isSend) return;
    if (offline || tooMany() > 0) { stop(event); find("#counter").textContent = ""; }
    else setTimeout(async () => { if (!offline && !(await reach())) leave(); }, 400);
  }

  // Whoever waits for a person loses their place by starting over.
  function ask(event) {
    const leaves = event.target.closest?.("#start-over") && find("#banner");
    if (leaves && !confirm(words().start_over_waiting)) stop(event);
  }

  function stop(event) {
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  async function copy(button) {
    const text = button.parentElement.querySelector(".said").textContent;
    try { await navigator.clipboard.writeText(text); }
    catch {  // without TLS, and in a page whose policy forbids it to frames
      const area = Object.assign(document.createElement("textarea"), { value: text });
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    button.textContent = words().copied;
    setTimeout(() => { button.textContent = words().copy; }, 1500);
  }

  // To the page around us: how much was said, for its mark on a closed chat, and that the customer closes it. Which
  // page it is, browsers do not all say; there is nothing in it that needs to be kept from one.
  function tell(about) { if (FRAMED) parent.postMessage(about, "*"); }

  function tellCount() {
    const count = document.querySelectorAll("#log .bot .said").length;
    if (count !== heard) tell({ chat: "said", count: heard = count });
  }

  // What Gradio offers no words for.
  function name() {
    const tag = find(".brand[lang]")?.lang;
    if (tag && tag !== document.documentElement.lang) document.documentElement.lang = tag;
    if (tag) {
      const kept = FRAMED && location.protocol === "https:" ? "samesite=none; secure; partitioned" : "samesite=lax";
      document.cookie = `chat_language=${tag}; path=${location.pathname.replace(/\/$/, "")}; max-age=${WEEKS_SECONDS}; ${kept}`;
      document.title = words().title;
    }
    const log = find("#log [role=log]");
    if (log) {
      log.setAttribute("aria-label", words().conversation);
      log.tabIndex = 0;  // scrolled by the keyboard
    }
    const others = Object.keys(WORDS).filter((each) => each !== language());
    document.querySelectorAll(".language").forEach((button, place) => { button.lang = others[place]; });
    // Gradio calls the speakers user and bot, in English; the words stand in the messages themselves.
    document.querySelectorAll("#log [data-testid][aria-label]").forEach((each) => each.removeAttribute("aria-label"));
  }

  function begin() {
    if (!find(".brand[lang]") || !box()) return setTimeout(begin, 50);
    name();
    restore();
    if (document.hasFocus()) window.chatPage.settle();  // whoever types in the page around us goes on there
    addEventListener("focus", () => setTimeout(window.chatPage.settle));
    tellCount();
    tellTabs();
    tabs?.addEventListener("message", ({ data }) => { if (data !== drawn) look(); });
    new MutationObserver(() => { name(); tellCount(); tellTabs(); }).observe(find("main"), { childList: true, subtree: true });
    setInterval(count, 200);
    addEventListener("pagehide", count);
    addEventListener("pageshow", ({ persisted }) => { if (persisted) location.reload(); });  // it went on meanwhile
    setTimeout(watch, PING_MS);
  }

  document.addEventListener("keydown", hold, true);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.defaultPrevented && !event.isComposing) tell({ chat: "close" });
  });
  document.addEventListener("click", (event) => {
    hold(event);
    ask(event);
    const button = event.target.closest?.("#log .copy");
    if (button) copy(button);
  }, true);
  begin();
})();
