// A shop's page loads this file. It adds a button in the corner, and the chat behind it, in a frame of our own origin:
// the page can read nothing of the conversation, and the chat nothing of the page.
(() => {
  const SHOWN = __SHOWN__, HERE = Symbol.for("support-chat");
  if (window[HERE]) return;  // a page that loads us twice, perhaps before it has a body
  window[HERE] = true;
  const origin = new URL(document.currentScript.src).origin;
  const spoken = Object.keys(SHOWN.words), plain = (tag) => (tag || "").split("-")[0].toLowerCase();
  const asked = [document.documentElement.lang, ...navigator.languages].map(plain);
  const tag = asked.map((each) => spoken.find((ours) => plain(ours) === each)).find(Boolean) || spoken[0];
  const words = SHOWN.words[tag];

  // From page to page of one tab: whether it was opened, whether it is open, and how much of it has been seen.
  const KEPT = "support-chat";
  const kept = { begun: false, open: false, seen: 0 };
  const recall = () => {
    try { Object.assign(kept, JSON.parse(sessionStorage.getItem(KEPT))); } catch { /* a page that may keep nothing */ }
  };
  recall();
  const keep = (changes) => {
    Object.assign(kept, changes);
    try { sessionStorage.setItem(KEPT, JSON.stringify(kept)); } catch { /* likewise */ }
  };

  const host = document.createElement("div");
  host.dataset.supportChat = "";
  const root = host.attachShadow({ mode: "open" });  // neither style sheet reaches the other
  const sheet = new CSSStyleSheet();  // allowed where the page's policy forbids style elements
  sheet.replaceSync(`
    /* No box, so that it takes no part in the layout of the page, whose own rules (div:empty) reach only this element. */
    :host { all: initial !important; display: contents !important; }
    button { position: fixed; right: 20px; bottom: 20px; z-index: 2147483000; width: 56px; height: 56px; padding: 0;
      border: 0; border-radius: 50%; background: ${SHOWN.colours.accent}; color: #fff; cursor: pointer;
      box-shadow: 0 4px 16px rgb(0 0 0 / 25%); }
    button:hover { background: ${SHOWN.colours.hover}; }
    button:focus-visible { outline: 3px solid ${SHOWN.colours.focus}; outline-offset: 2px; }
    svg { width: 32px; height: 32px; vertical-align: middle; fill: none; stroke: currentColor; stroke-width: 2;
      stroke-linejoin: round; stroke-linecap: round; }
    [aria-expanded="true"] .bubble, [aria-expanded="false"] .cross { display: none; }
    .dot { position: absolute; top: 0; right: 0; width: 14px; height: 14px; border: 2px solid #fff; border-radius: 50%;
      background: #d3382c; }
    iframe[hidden] { display: block; visibility: hidden; }  /* laid out all the same: what has no room measures nothing */
    iframe { position: fixed; right: 20px; bottom: 88px; z-index: 2147483000; box-sizing: border-box; width: 400px;
      height: min(640px, calc(100dvh - 108px)); border: 1px solid rgb(128 128 128 / 35%); border-radius: 14px;
      background: #fff; box-shadow: 0 8px 40px rgb(0 0 0 / 25%); }
    @media (max-width: 480px) {
      iframe { inset: 0; width: 100%; height: calc(100dvh - 64px); border-width: 0 0 1px; border-radius: 0; }
      [aria-expanded="true"] { right: 10px; bottom: 8px; width: 48px; height: 48px; }
    }
    @media (max-height: 520px) and (min-width: 481px) {  /* a phone held sideways has more room beside */
      iframe { bottom: 0; right: 96px; width: min(400px, 100vw - 96px); height: 100dvh; border-width: 0 1px; border-radius: 0; }
    }
    @media print { button, iframe { display: none; } }
    @media (prefers-color-scheme: dark) { iframe { background: #12181a; } }`);
  root.adoptedStyleSheets = [sheet];

  const button = document.createElement("button");
  button.type = "button";
  const svg = (name, path) => {
    const drawn = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    drawn.setAttribute("viewBox", "0 0 32 32");
    drawn.setAttribute("class", name);
    drawn.setAttribute("aria-hidden", "true");
    drawn.append(document.createElementNS("http://www.w3.org/2000/svg", "path"));
    drawn.firstChild.setAttribute("d", path);
    return drawn;
  };
  const dot = Object.assign(document.createElement("span"), { className: "dot", hidden: true });
  button.append(svg("bubble", SHOWN.bubble), svg("cross", "M9 9l14 14M23 9L9 23"), dot);
  root.append(button);

  let frame = null;  // only for those who want it: a page is not slower for a chat that nobody opens
  let said = kept.seen;
  function load() {
    if (frame) return;
    frame = Object.assign(document.createElement("iframe"), { src: origin + SHOWN.path, title: words.title });
    frame.allow = `clipboard-write ${origin}`;
    root.prepend(frame);
    keep({ begun: true });
  }

  function draw() {
    if (frame) frame.hidden = !kept.open;
    if (kept.open) keep({ seen: said });
    dot.hidden = said <= kept.seen;
    button.setAttribute("aria-expanded", String(kept.open));
    button.setAttribute("aria-label", kept.open ? words.close : dot.hidden ? words.title : `${words.title}: ${words.news}`);
  }

  function turn(open) {
    if (open) load();
    keep({ open });
    draw();
    if (open) frame.focus();
    else button.focus();
  }

  button.addEventListener("click", () => turn(!kept.open));
  root.addEventListener("keydown", (event) => { if (event.key === "Escape" && kept.open) turn(false); });
  addEventListener("message", (event) => {
    if (!frame || event.source !== frame.contentWindow || event.origin !== origin) return;
    if (event.data?.chat === "close" && kept.open) turn(false);
    if (event.data?.chat !== "said" || !Number.isInteger(event.data.count)) return;
    if (event.data.count < said) keep({ seen: event.data.count });  // the customer has started over
    said = event.data.count;
    draw();
  });

  function begin() {
    if (kept.begun) load();
    draw();
  }

  begin();
  addEventListener("pageshow", ({ persisted }) => {  // back to a page that the browser had kept as it was
    if (!persisted) return;
    recall();
    said = kept.seen;
    begin();
  });
  // Beside the body: in one that is moved or filtered, what is fixed stands at the end of the page and not of the window,
  // and one that draws itself empties it, or puts another in its place. There may be none yet.
  const changes = new MutationObserver(() => requestAnimationFrame(place));  // not at once: some pages throw others out
  function place() {
    if (!host.isConnected && document.body) document.documentElement.append(host);
  }
  changes.observe(document.documentElement, { childList: true });
  place();
})();
