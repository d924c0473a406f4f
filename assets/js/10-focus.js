// Focus on arrival: the error box, or (at work) the first empty field.
(() => {
  "use strict";
  const box = document.querySelector(".jc-errors");
  if (box) {
    box.focus();
  } else if (document.body.dataset.density === "work" && !location.hash) {
    const empty = (field) => (field.matches(".jc-choices")
      ? field.querySelector("input[type=radio]") && !field.querySelector("input:checked")
      : !field.readOnly && !field.value);
    const first = [...document.querySelectorAll("form[data-first-field] :is(.jc-input, .jc-choices)")].find(
      (field) => field.offsetParent && !field.closest("details:not([open])") && empty(field),
    );
    if (first) (first.querySelector("input") || first).focus();
  }
  document.addEventListener("click", (event) => {
    const link = event.target.closest(".jc-errors a[href^='#']");
    const field = link && document.getElementById(link.hash.slice(1));
    if (!field) return;
    event.preventDefault();
    field.focus();
    field.closest(".jc-field")?.scrollIntoView({ block: "center" });
  });
  // One form is sent once: a second press while the first is under way is ignored.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.sent) event.preventDefault();
    else if (form.method === "post") form.dataset.sent = "1";
  });
  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  });
  // A date typed as one text (R8.11.20, 20261120) into the year field leaves the others free.
  document.addEventListener("change", (event) => {
    const year = event.target.closest?.(".jc-date-year");
    if (!year) return;
    const whole = year.value.trim().normalize("NFKC");
    const parts = whole.match(/^([MTSHR])?(\d{1,4})[.\/-](\d{1,2})[.\/-](\d{1,2})$/i)
      || whole.match(/^()(\d{4})(\d{2})(\d{2})$/);
    if (!parts) return;
    const group = year.closest(".jc-date");
    group.querySelector("select").value = (parts[1] || "AD").toUpperCase();
    const [month, day] = group.querySelectorAll(".jc-date-part");
    year.value = parts[2];
    month.value = parts[3];
    day.value = parts[4];
  });
})();
