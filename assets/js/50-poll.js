// Progress and live boards: fetch a fragment again and again until it says that it is done.
// Without script the link inside stays and does the same by hand.
(() => {
  "use strict";
  const start = (area) => {
    const toggle = document.querySelector(`[data-poll-switch="${area.id}"]`);
    const stale = document.querySelector(`[data-poll-stale="${area.id}"]`);
    let going = true;
    const next = () => setTimeout(look, Number(area.dataset.every || "10") * 1000);
    const look = async () => {
      if (!going || document.hidden || area.contains(document.activeElement)) return void next();
      try {
        const answer = await fetch(area.dataset.poll, {
          credentials: "same-origin", cache: "no-store", headers: { "X-Fragment": "1" },
        });
        if (!answer.ok) throw new Error(String(answer.status));
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const fresh = page.getElementById(area.id);
        area.replaceChildren(...(fresh || page.body).childNodes);
        if (stale) stale.hidden = true;
        if (area.querySelector("[data-poll-done]")) return;
      } catch {
        if (stale) stale.hidden = false;
      }
      next();
    };
    if (toggle) {
      toggle.hidden = false;
      toggle.addEventListener("click", () => {
        going = !going;
        toggle.setAttribute("aria-pressed", String(!going));
      });
    }
    next();
  };
  for (const area of document.querySelectorAll("[data-poll]")) start(area);
})();
