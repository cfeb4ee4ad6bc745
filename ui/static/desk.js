// Keys for people who label all day, and the search over the list of intents.
(() => {
  const PATIENCE_MS = 1500;
  const PAGING = "#pager, #log-newer, #log-older, #next-conflict";  // pressed in quick succession, and harmless
  const SETTLING_FRAMES = 4;  // a part that unfolds for the first time empties its fields once more, a frame later
  let answering = false;  // a key was pressed, and what it led to is not to be seen yet
  const buttons = { Enter: "confirm", " ": "skip", o: "out-of-scope", O: "out-of-scope" };
  const byId = (name) => document.getElementById(name);
  const press = (name) => {
    const button = byId(name);
    if (!button?.offsetParent || button.disabled) return false;
    button.click();
    return true;
  };
  const label = (name) => {
    if (answering || !press(name)) return answering;
    answering = true;
    const done = () => { answering = false; told.disconnect(); clearTimeout(patience); };
    const told = new MutationObserver(done), patience = setTimeout(done, PATIENCE_MS);
    for (const part of ["open-message", "queue-status"])
      told.observe(byId(part), { childList: true, subtree: true, characterData: true });
    return true;
  };
  const fieldOf = (name) => byId(name)?.querySelector("input, textarea");
  const focus = (name) => {
    fieldOf(name)?.focus();
    return Boolean(fieldOf(name));
  };
  let ahead = null;  // what was typed for a form that is about to open, null where none is
  const openNewIntent = () => {
    if (!byId("new-intent")?.offsetParent) return false;
    if (byId("intent-title")?.offsetParent) return focus("intent-title");
    byId("new-intent").querySelector("button")?.click();
    const end = performance.now() + PATIENCE_MS;
    let settled = 0;
    ahead = "";
    const settle = () => {
      if (byId("intent-title")?.offsetParent) settled += 1;
      if (settled < SETTLING_FRAMES && performance.now() < end) return void requestAnimationFrame(settle);
      const [field, typed] = [fieldOf("intent-title"), ahead];
      ahead = null;
      field?.focus();
      if (!field || !typed) return;
      field.setRangeText(typed, field.value.length, field.value.length, "end");
      field.dispatchEvent(new Event("input", { bubbles: true }));
    };
    settle();
    return true;
  };
  const toggleHelp = () => {
    const help = byId("help");
    if (help) help.open ? help.close() : help.showModal();
    return Boolean(help);
  };

  // What the second click of a double click meets is the next message, or another button where the page has moved.
  addEventListener("click", (event) => {
    if (event.detail < 2 || !event.target.closest("button") || event.target.closest(PAGING)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }, true);

  // Whoever clicks into a list types in the place of what is chosen there, as who comes by the Tab key does.
  let entered = null;
  addEventListener("focusin", ({ target }) => { entered = target; });
  addEventListener("click", ({ target }) => {
    if (target === entered && target.matches("[role=combobox]")) target.select();
    entered = null;
  });

  // Gradio's lists would choose by the Enter with which a Mac ends a composition of characters.
  addEventListener("keydown", (event) => { if (event.isComposing && event.key === "Enter") event.stopImmediatePropagation(); }, true);

  addEventListener("keydown", (event) => {
    const { key, target } = event;
    if (target.closest("input:not(.cards *), textarea, select, [contenteditable]")) return;
    if (key === "/" && byId("find-intent")?.offsetParent) {
      byId("find-intent").focus();
      return event.preventDefault();
    }
    if (!byId("queue")?.offsetParent) return; // another tab is open
    if (byId("help")?.open && key !== "?") return;
    if ((event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && key.toLowerCase() === "z") {
      if (!event.repeat && press("undo")) event.preventDefault();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (ahead !== null) {
      if (key.length === 1) ahead += key;
      return event.preventDefault();
    }
    if (key === "?") return void toggleHelp();
    // On a button these two keys press the button itself.
    if ((key === "Enter" || key === " ") && target.closest("button, summary, a")) return;
    let done = false;
    if (/^[1-9]$/.test(key)) done = label(`pick-${key}`);
    else if (key === "/") done = focus("search");
    else if (key === "n" || key === "N") done = openNewIntent();
    else if (buttons[key]) done = label(buttons[key]);
    if (done) event.preventDefault();
  });

  // The search over the list of intents, which is all there: nobody has to be asked.
  const findIntents = () => {
    const words = (byId("find-intent")?.value || "").trim().toLowerCase();
    const listed = [...document.querySelectorAll("#all-intents label")];
    for (const each of listed)
      each.hidden = !each.textContent.toLowerCase().includes(words) && !each.querySelector("input:checked");
    const none = words && !listed.some((each) => each.textContent.toLowerCase().includes(words));
    if (byId("none-found")) byId("none-found").hidden = !none;
  };
  for (const what of ["input", "change"])  // typed, or another one opened
    addEventListener(what, (event) => { if (event.target.closest("#find-intent, #all-intents")) findIntents(); });
  new MutationObserver(() => {  // not after the page's load event: Gradio adds this script later
    if (byId("find-intent")?.value) findIntents();
  }).observe(document.body, { childList: true, characterData: true, subtree: true });
})();
