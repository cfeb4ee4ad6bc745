// Keys for people who label all day, and the way back to the login page when the session has ended.
(() => {
  const buttons = { c: "confirm", s: "skip", u: "undo", r: "refresh" };

  addEventListener("keydown", (event) => {
    const busy = event.target.closest("input:not([type=radio]), textarea, select, [contenteditable]");
    if (busy || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    const button = document.getElementById(buttons[event.key] ?? "");
    if (button?.offsetParent) button.click();
  });

  const fetchPlain = window.fetch;
  window.fetch = async (...request) => {
    const answer = await fetchPlain(...request);
    if (answer.status === 401) location.assign("/login");
    return answer;
  };
})();
