// A number that was shown with a right and a reason is hidden again after its time.
(() => {
  "use strict";
  for (const shown of document.querySelectorAll("[data-rehide]")) {
    setTimeout(() => {
      shown.textContent = shown.dataset.mask;
      shown.setAttribute("data-masked", "");
    }, Number(shown.dataset.rehide) * 1000);
  }
  addEventListener("pageshow", (event) => {
    if (event.persisted && document.querySelector("[data-rehide]")) location.reload();
  });
})();
