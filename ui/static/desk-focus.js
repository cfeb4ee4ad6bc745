// Where the keyboard is. Radio buttons and the cards of a list are one group, which Gradio does not make of them: Tab goes
// to the chosen one, the arrows choose the others. When what had the focus is gone, hidden or switched off, the focus goes to the open card.
(() => {
  let last = null, isByKey = false;  // what had the focus, and whether keys are what is used
  const isUsable = (element) => element.isConnected && element.offsetParent && !element.disabled;
  const isLost = () => !document.activeElement || document.activeElement === document.body;
  const found = (selector) => [...document.querySelectorAll(selector)].find(isUsable);
  const card = () => found(".cards input:checked");
  const openCard = () => card() ?? found("[role=tab][aria-selected=true]");

  const group = () => document.querySelectorAll("input[type=radio]").forEach((radio) => {
    const { id } = radio.closest("[id]");
    if (radio.name !== id) radio.name = id;
  });
  const name = () => {  // a long conversation is scrolled by the keyboard too
    const words = document.getElementById("talk-words");
    if (words) Object.assign(words, { tabIndex: 0, role: "region", ariaLabel: "Conversation" });
    document.querySelectorAll("button.label-wrap").forEach((part) => {  // Gradio tells by a triangle alone what is folded
      part.setAttribute("aria-expanded", part.classList.contains("open"));
      part.querySelector(".icon")?.setAttribute("aria-hidden", "true");
    });
    document.querySelectorAll("fieldset > [data-testid=block-info]").forEach((label) => {  // what is chosen from is a group
      label.parentElement.setAttribute("aria-label", label.textContent.trim());
    });
  };
  const find = (where) => {
    if (isByKey && isLost() && last && !isUsable(last)) where()?.focus();
  };

  // Whoever chose from a list goes on at the button beside it: another Enter would be a key of the inbox.
  const goOn = (list) => {
    const isAfter = (button) => list.compareDocumentPosition(button) & Node.DOCUMENT_POSITION_FOLLOWING;
    const beside = [...(list.closest(".row")?.querySelectorAll("button") ?? [])];
    const next = beside.find((button) => isAfter(button) && isUsable(button));
    const there = () => next ?? (isByKey ? openCard() : null);
    // When the list lets go of the focus: in Firefox and Safari that is later than the tasks that wait now.
    list.addEventListener("blur", () => setTimeout(() => { if (isLost()) there()?.focus(); }), { once: true });
  };

  addEventListener("focusin", ({ target }) => { last = target; });
  addEventListener("pointerdown", ({ target }) => {
    isByKey = false;
    const list = document.activeElement;
    if (target.closest("[role=option]") && list.matches("#queue [role=combobox]")) goOn(list);
  }, true);
  addEventListener("keydown", ({ key, target }) => {
    isByKey = true;
    if (key === "Enter" && target.matches("[role=combobox]")) goOn(target);
  }, true);
  // Not after the page's load event: Gradio adds this script later.
  // A card that is drawn anew has the focus before the next key; whether there is none at all is clear a moment later.
  new MutationObserver(() => { group(); name(); find(card); requestAnimationFrame(() => find(openCard)); }).observe(
    document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ["class", "style", "disabled"] },
  );
})();
