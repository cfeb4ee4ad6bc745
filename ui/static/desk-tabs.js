// Every tab has an address, "/desk/#health": it outlives a reload and signing in, goes into the browser's history, and
// can be sent to a colleague.
(() => {
  const tabs = () => [...document.querySelectorAll("[role=tab][data-tab-id]")];
  const addressed = () => location.hash.slice(1) || tabs()[0]?.dataset.tabId;
  const open = () => {
    const tab = tabs().find((each) => each.dataset.tabId === addressed());
    if (tab?.ariaSelected === "false") tab.click();
  };
  document.addEventListener("click", ({ target }) => {
    const name = target.closest("[role=tab][data-tab-id]")?.dataset.tabId;
    if (name && name !== addressed()) history.pushState(null, "", `#${name}`);
  });
  addEventListener("popstate", open);
  const begin = () => document.querySelector("#header h1") ? open() : setTimeout(begin, 100);  // the page is alive then
  begin();
})();
