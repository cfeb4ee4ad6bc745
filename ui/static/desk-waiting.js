// How many customers wait for a person, where an operator sees it who is looking at something else: in the title of the
// window, and as a message of the system for whoever has asked for that. The number is that of the tab.
(() => {
  const TAB = "Conversations";
  let waiting = 0;

  const tab = () => [...document.querySelectorAll("[role=tab]")].find((each) => each.textContent.trim().startsWith(TAB));
  const count = () => Number(/\((\d+)\)/.exec(tab()?.textContent || "")?.[1] || 0);
  const button = () => document.getElementById("tell-me");
  const canAsk = () => "Notification" in window && Notification.permission === "default";  // not without TLS

  function tell(many) {
    const text = many === 1 ? "A customer waits for a person" : `${many} customers wait for a person`;
    const message = new Notification(text, { tag: "waiting", body: "Open Conversations at the desk to answer." });
    message.addEventListener("click", () => { window.focus(); tab()?.click(); message.close(); });
  }

  function look() {
    const now = count();
    const title = document.title.replace(/^\(\d+\) /, "");  // Gradio gives the page its title late
    const counted = now && title ? `(${now}) ${title}` : title;
    if (document.title !== counted) document.title = counted;
    if (now > waiting && document.hidden && window.Notification?.permission === "granted") tell(now);
    waiting = now;
    const offer = button();
    if (offer) offer.style.display = canAsk() ? "" : "none";
  }

  window.deskWaiting = { ask: async () => { await Notification.requestPermission(); look(); } };

  function begin() {
    if (!tab()) return setTimeout(begin, 200);
    new MutationObserver(look).observe(tab().closest("[role=tablist]"), { childList: true, subtree: true, characterData: true });
    look();
    setInterval(look, 2000);  // a button that is drawn late
  }
  begin();
})();
