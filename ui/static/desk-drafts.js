// What is typed for one of several things, such as a reply to a customer or the wording of an intent, stays with it. The
// fields turn to another one only here, with what stands in them at that moment: nothing that is typed while the server
// answers is lost, and nothing reaches what it was not typed for.
//
// Drafts outlive a reload in the storage of the tab: nothing is left of them when it is closed, when its operator signs
// out, or when somebody else has signed in.
(() => {
  const STORE = "desk-drafts";
  const forms = {};  // by name: the ids of the fields, and the texts that the server knows of what they are for
  let by, drafts;  // who is signed in, and what they typed, by form and what it is for
  let recalled;  // which of it was there when the page was loaded, and was not typed on since
  const isSame = (texts, others) => texts.every((text, place) => text === others[place]);
  const exchange = (text, start, other) => text.startsWith(start) ? other + text.slice(start.length) : text;

  const recall = (operator) => {
    const kept = JSON.parse(sessionStorage.getItem(STORE) || "{}");
    [by, drafts] = [operator, new Map(kept.by === operator ? kept.drafts : [])];
    recalled = new Set(drafts.keys());
  };
  const keep = (name, of, texts, saved) => {
    if (isSame(texts, saved)) drafts.delete(`${name} ${of}`);
    else drafts.set(`${name} ${of}`, texts);
    sessionStorage.setItem(STORE, JSON.stringify({ by, drafts: [...drafts] }));
  };

  window.deskDrafts = {
    // `drawn` tells by whom and for what the fields are from now on, what is `saved` of it, and what was `taken` from
    // them, if anything. Returns the same and the texts; undefined for a text that stays, so that whoever types goes on.
    turn: (name, fields, drawn, of, ...texts) => {
      if (!drawn) return [];
      const isMine = drawn.by === by;
      if (!isMine) recall(drawn.by);
      const isTaken = drawn.taken && of === drawn.of;
      const now = isTaken ? texts.map((text, place) => exchange(text, drawn.taken[place], drawn.saved[place])) : texts;
      const isFirst = !forms[name];  // since the page was loaded
      if (of && isMine && !isFirst) keep(name, of, now, isTaken ? drawn.saved : forms[name].saved);
      forms[name] = { fields, saved: drawn.saved };
      const wasDone = recalled.has(`${name} ${drawn.of}`) && drafts.get(`${name} ${drawn.of}`)?.[0].trim() === drawn.done;
      if (wasDone) keep(name, drawn.of, drawn.saved, drawn.saved);
      let shown = drafts.get(`${name} ${drawn.of}`) ?? drawn.saved;
      if (isFirst && of === drawn.of && !isSame(now, drawn.saved)) {  // typed before the server said anything
        shown = shown.map((text, place) => (now[place] === drawn.saved[place] ? text : now[place]));
        keep(name, of, shown, drawn.saved);
      }
      return [drawn.of, ...shown.map((text, place) => (text === texts[place] ? undefined : text))];
    },
    // What there are drafts of, in words of their own.
    kept: (name) => [...(drafts?.keys() ?? [])].filter((key) => key.startsWith(`${name} `)).map((key) => key.slice(name.length + 1)).join(" "),
  };

  // Every key is kept at once: the page may go with the next one.
  const textOf = (id) => document.querySelector(`#${id} :is(textarea, input:not([type=radio]), input:checked)`)?.value ?? "";
  addEventListener("input", ({ target }) => {
    for (const [name, { fields, saved }] of Object.entries(forms)) {
      const of = fields.some((id) => target.closest(`#${id}`)) && textOf(`${name}-written-for`);
      if (!of) continue;
      recalled?.delete(`${name} ${of}`);
      keep(name, of, fields.map(textOf), saved);
    }
  });
  // Once the page is left, and not before: until then the fields may be turned and kept again.
  addEventListener("submit", ({ target }) => {
    if (target.matches("[action='/logout']")) addEventListener("pagehide", () => sessionStorage.removeItem(STORE));
  });
})();
