// Links that lead to a confirmation page open the same words in a native dialog instead.
(() => {
  "use strict";
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-dialog]");
    const dialog = opener && document.getElementById(opener.dataset.dialog);
    if (dialog && dialog.showModal) {
      event.preventDefault();
      dialog.addEventListener("close", () => opener.focus(), { once: true });
      dialog.showModal();
      return;
    }
    const closer = event.target.closest("[data-dialog-close]");
    if (closer) {
      event.preventDefault();
      closer.closest("dialog")?.close();
      return;
    }
    if (event.target.closest("[data-print]")) window.print();
  });
  for (const node of document.querySelectorAll("[data-print][hidden]")) node.hidden = false;
})();
