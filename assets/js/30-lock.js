// Lock after a time without input: a warning that one key prolongs, then a blank page.
// The server refuses by itself; this only hides what stands on the screen.
(() => {
  "use strict";
  const { lockAfter, lockUrl } = document.body.dataset;
  const warning = document.getElementById("jc-lock");
  if (!lockAfter || !lockUrl || !warning) return;
  const limit = Number(lockAfter) * 1000;
  const lead = Math.min(30000, limit / 4);
  let last = Date.now();
  let told = last;

  const prolong = () => {
    last = Date.now();
    if (warning.open) warning.close();
    if (last - told < 60000 || !document.body.dataset.keepUrl) return;
    told = last;
    fetch(document.body.dataset.keepUrl, { credentials: "same-origin", cache: "no-store" }).catch(() => {});
  };
  for (const name of ["keydown", "pointerdown", "input"]) {
    document.addEventListener(name, prolong, { capture: true, passive: true });
  }
  setInterval(() => {
    const idle = Date.now() - last;
    if (idle >= limit) {
      document.body.classList.add("jc-locked");
      location.replace(lockUrl);
    } else if (idle >= limit - lead && !warning.open) {
      warning.showModal();
    }
  }, 1000);
})();
