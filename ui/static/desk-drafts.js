// What is typed for one of several things, such as a reply to a customer or the wording of an intent, stays with it. The
// fields turn to another one only here, with what stands in them at that moment: nothing that is typed while the server
// answers is lost, and nothing reaches what it was not typed for.
(() => {
  const forms = {};  // by name: the texts that the server knows of what the fields are for, and the drafts
  const isSame = (texts, others) => texts.every((text, place) => text === others[place]);
  const exchange = (text, start, other) => text.startsWith(start) ? other + text.slice(start.length) : text;

  window.deskDrafts = {
    // `drawn` tells what the fields are for from now on, what is `saved` of it, and what was `taken` from them, if
    // anything. Returns the same and the texts; undefined for a text that stays, so that whoever types goes on typing.
    turn: (name, drawn, of, ...texts) => {
      if (!drawn) return [];
      const form = (forms[name] ??= { saved: texts, drafts: new Map() });
      const isTaken = drawn.taken && of === drawn.of;
      const typed = isTaken ? texts.map((text, place) => exchange(text, drawn.taken[place], drawn.saved[place])) : texts;
      if (isSame(typed, isTaken ? drawn.saved : form.saved)) form.drafts.delete(of);
      else if (of) form.drafts.set(of, typed);
      form.saved = drawn.saved;
      const shown = form.drafts.get(drawn.of) ?? drawn.saved;
      return [drawn.of, ...shown.map((text, place) => (text === texts[place] ? undefined : text))];
    },
  };
})();
