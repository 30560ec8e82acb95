// What every page does beyond HTML: keys that lead somewhere, and focus where something is to be read first.
// Without it everything works. It makes no markup from text, and stores nothing.
"use strict";

(() => {
  const first = document.querySelector("[data-focus]");
  if (first) first.focus();

  const typing = (target) => target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
  const hasKeys = document.body.hasAttribute("data-keys");
  let waiting = 0;

  const go = (key) => {
    const link = document.querySelector(`[data-go="${CSS.escape(key)}"]`);
    if (link) location.assign(link.href);
  };

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      document.dispatchEvent(new CustomEvent("safehold:cover"));
      for (const open of document.querySelectorAll(".self details[open], .menu[open]")) open.open = false;
      return;
    }
    if (!hasKeys || event.repeat || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (waiting && Date.now() - waiting < 1500) {
      waiting = 0;
      event.preventDefault();
      go(event.key);
      return;
    }
    waiting = 0;
    if (event.key === "g") waiting = Date.now();
    else if (event.key === "?") location.assign("/keys");
    else if (event.key === "/") {
      event.preventDefault();
      go("s");
    } else {
      const button = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
      if (!button) return;
      event.preventDefault();
      button.click();
    }
  });

  // A form is sent once, whatever is clicked twice.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.sent) event.preventDefault();
    else if (form.method === "post") form.dataset.sent = "yes";
  });
  addEventListener("pageshow", () => {
    for (const form of document.forms) delete form.dataset.sent;
  });

  document.addEventListener("click", (event) => {
    const all = event.target.closest("[data-all]");
    if (!all) return;
    for (const box of document.querySelectorAll(`input[type=checkbox][name="${CSS.escape(all.dataset.all)}"]`)) {
      box.checked = all.checked;
      box.dispatchEvent(new Event("change", {bubbles: true}));
    }
  });
})();
