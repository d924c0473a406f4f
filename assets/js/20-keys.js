// Shortcuts, declared in the markup as data-key. Single letters act only outside
// fields, never while an input method composes, and can be switched off (WCAG 2.1.4).
(() => {
  "use strict";
  const STORE = "jc-keys";
  const off = () => {
    try {
      return localStorage.getItem(STORE) === "off";
    } catch {
      return false;
    }
  };
  const typing = (node) => node.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");
  let prefix = "";
  let timer = 0;

  const act = (node) => {
    if (node.matches("input, select, textarea")) node.focus();
    else node.click();
  };
  const find = (name) =>
    [...document.querySelectorAll("[data-key]")].find(
      (node) => node.dataset.key === name && node.getClientRects().length,
    );
  const move = (step) => {
    const links = [...document.querySelectorAll("[data-row-link]")];
    if (!links.length) return false;
    const here = links.findIndex((link) => link.closest("tr").contains(document.activeElement));
    const next = here < 0 ? 0 : Math.min(links.length - 1, Math.max(0, here + step));
    for (const link of links) link.closest("tr").toggleAttribute("data-chosen", link === links[next]);
    links[next].focus();
    return true;
  };
  const mark = () => {
    const box = document.activeElement.closest("tr")?.querySelector("input[type=checkbox]");
    if (box) box.click();
    return Boolean(box);
  };

  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229 || event.altKey || event.defaultPrevented) return;
    const modified = event.ctrlKey || event.metaKey;
    if (modified) {
      const name = event.key === "Enter" ? "Mod+Enter" : event.key.toLowerCase() === "s" ? "Mod+S" : "";
      const node = name && find(name);
      if (node) {
        event.preventDefault();
        act(node);
      }
      return;
    }
    if (off() || event.key.length !== 1 || typing(event.target)) return;
    const name = prefix ? `${prefix} ${event.key}` : event.key;
    clearTimeout(timer);
    prefix = "";
    if (name === "g") {
      prefix = "g";
      timer = setTimeout(() => { prefix = ""; }, 1500);
      return;
    }
    const node = find(name);
    const done = node ? (act(node), true)
      : name === "j" ? move(1) : name === "k" ? move(-1) : name === "x" ? mark() : false;
    if (done) event.preventDefault();
  });

  for (const box of document.querySelectorAll("[data-keys-switch]")) {
    box.closest("[hidden]")?.removeAttribute("hidden");
    box.checked = !off();
    box.addEventListener("change", () => {
      try {
        localStorage.setItem(STORE, box.checked ? "on" : "off");
      } catch {
        box.checked = true;
      }
    });
  }
})();
