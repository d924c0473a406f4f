// Combobox after ARIA 1.2 over a native select, which stays the value that is sent.
(() => {
  "use strict";
  const LIMIT = 50;
  const fold = (text) => text.normalize("NFKC").toLowerCase();
  const build = (select) => {
    const holder = select.parentElement;
    const options = [...select.options].filter((option) => option.value);
    const input = document.createElement("input");
    const list = document.createElement("ul");
    const label = document.querySelector(`label[for="${select.id}"]`);
    let at = -1;
    input.id = `${select.id}-text`;
    input.className = "jc-input";
    input.autocomplete = "off";
    input.value = select.value ? select.selectedOptions[0].textContent.trim() : "";
    for (const [name, value] of Object.entries({
      role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": `${select.id}-list`,
    })) input.setAttribute(name, value);
    for (const name of ["aria-describedby", "aria-invalid", "aria-required"]) {
      if (select.hasAttribute(name)) input.setAttribute(name, select.getAttribute(name));
    }
    list.id = `${select.id}-list`;
    list.setAttribute("role", "listbox");
    if (label) {
      label.htmlFor = input.id;
      label.id ||= `${select.id}-label`;
      list.setAttribute("aria-labelledby", label.id);
    }
    list.hidden = true;
    select.hidden = true;
    holder.append(input, list);

    const close = () => {
      list.hidden = true;
      at = -1;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    };
    const choose = (option) => {
      select.value = option ? option.value : "";
      input.value = option ? option.textContent.trim() : "";
      select.dispatchEvent(new Event("change", { bubbles: true }));
      close();
    };
    const point = (index) => {
      const items = [...list.children];
      at = (index + items.length) % items.length;
      items.forEach((item, i) => item.setAttribute("aria-selected", String(i === at)));
      input.setAttribute("aria-activedescendant", items[at].id);
      items[at].scrollIntoView({ block: "nearest" });
    };
    const open = () => {
      const wanted = fold(input.value);
      const found = options
        .filter((option) => fold(`${option.value} ${option.textContent} ${option.dataset.kana || ""}`).includes(wanted))
        .slice(0, LIMIT);
      list.replaceChildren(...found.map((option, index) => {
        const item = document.createElement("li");
        item.id = `${list.id}-${index}`;
        item.setAttribute("role", "option");
        item.setAttribute("aria-selected", "false");
        item.textContent = option.textContent;
        item.addEventListener("pointerdown", (event) => {
          event.preventDefault();
          choose(option);
        });
        item.option = option;
        return item;
      }));
      at = -1;
      list.hidden = !found.length;
      input.setAttribute("aria-expanded", String(!list.hidden));
      input.removeAttribute("aria-activedescendant");
    };
    input.addEventListener("input", () => {
      select.value = "";
      open();
    });
    input.addEventListener("blur", () => {
      const exact = options.find((option) => [option.value, option.textContent.trim()].includes(input.value.trim()));
      if (exact) choose(exact);
      else if (!input.value.trim()) choose(null);
      else close();
    });
    input.addEventListener("keydown", (event) => {
      if (event.isComposing || event.keyCode === 229) return;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (list.hidden) open();
        if (!list.hidden) point(at < 0 && event.key === "ArrowUp" ? -1 : at + (event.key === "ArrowDown" ? 1 : -1));
      } else if (event.key === "Enter" && at >= 0 && !list.hidden) {
        event.preventDefault();
        choose(list.children[at].option);
      } else if (event.key === "Escape" && !list.hidden) {
        event.preventDefault();
        close();
      }
    });
  };
  for (const select of document.querySelectorAll("select[data-combo]")) build(select);
})();
