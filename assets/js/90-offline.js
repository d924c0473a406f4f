// Reports that must not be lost without a network: kept in this browser under a key that cannot be
// taken out of it, and sent when the server answers again. Without script the form is sent as ever.
(() => {
  "use strict";
  const form = document.querySelector("form[data-offline]");
  if (!form || !window.indexedDB || !window.crypto?.subtle) return;
  const owner = form.dataset.offline;
  const lead = Date.parse(form.dataset.now) - performance.now();
  const told = document.querySelector("[data-offline-told]");

  const asked = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const opened = () => {
    const request = indexedDB.open("jc-offline", 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("keys");
      request.result.createObjectStore("waiting", { autoIncrement: true });
    };
    return asked(request);
  };
  const stored = async (name, mode, deed) => {
    const database = await opened();
    try {
      return await deed(database.transaction(name, mode).objectStore(name));
    } finally {
      database.close();
    }
  };
  const key = async () => {
    const found = await stored("keys", "readonly", (keys) => asked(keys.get("key")));
    if (found) return found;
    const made = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
    await stored("keys", "readwrite", (keys) => asked(keys.put(made, "key")));
    return made;
  };
  const base64 = (bytes) => {
    let text = "";
    for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
    return btoa(text);
  };

  // A time that was said as "now" is written as the time that it was.
  const clockTime = (minutes) => {
    const at = new Date(lead + performance.now() - minutes * 60000);
    return new Intl.DateTimeFormat("sv-SE", {
      timeZone: "Asia/Tokyo", dateStyle: "short", timeStyle: "short",
    }).format(at);
  };
  const fields = async () => {
    const values = [];
    const data = new FormData(form);
    const when = data.get("when") || "";
    if (/^\d+$/.test(when)) {
      data.set("when", "other");
      data.set("when_text", clockTime(Number(when)));
    }
    for (const [name, value] of data) {
      if (name === "_csrf_token") continue;
      if (typeof value === "string") values.push([name, value]);
      else if (value.size) {
        values.push([name, { name: value.name, type: value.type, bytes: base64(new Uint8Array(await value.arrayBuffer())) }]);
      }
    }
    return values;
  };
  const keep = async () => {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const plain = new TextEncoder().encode(JSON.stringify(await fields()));
    const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await key(), plain);
    await stored("waiting", "readwrite", (waiting) => asked(waiting.add({ owner, iv, sealed })));
  };
  const mine = () => stored("waiting", "readonly", async (waiting) => {
    const [numbers, rows] = await Promise.all([asked(waiting.getAllKeys()), asked(waiting.getAll())]);
    return numbers.map((number, at) => ({ number, ...rows[at] })).filter((row) => row.owner === owner);
  });
  const drop = (number) => stored("waiting", "readwrite", (waiting) => asked(waiting.delete(number)));
  const unsealed = async (row) => {
    const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv: row.iv }, await key(), row.sealed);
    return JSON.parse(new TextDecoder().decode(plain));
  };

  const say = (state, count = 0, href = "") => {
    for (const part of told.querySelectorAll("[data-offline-say]")) part.hidden = part.dataset.offlineSay !== state;
    for (const part of told.querySelectorAll("[data-offline-count]")) part.textContent = String(count);
    if (href) for (const link of told.querySelectorAll("a")) link.href = href;
    told.hidden = false;
  };
  const reachable = async () => {
    if (!navigator.onLine) return false;
    try {
      const answer = await fetch(form.action, { method: "GET", cache: "no-store", signal: AbortSignal.timeout(6000) });
      return answer.ok && !answer.redirected;
    } catch {
      return false;
    }
  };
  const refill = (values) => {
    for (const [name, value] of values) {
      if (typeof value !== "string") continue;
      for (const node of form.querySelectorAll(`[name="${CSS.escape(name)}"]`)) {
        if (node.type === "radio") node.checked = node.value === value;
        else node.value = value;
      }
    }
  };
  let sending = false;
  const send = async () => {
    const rows = await mine();
    if (!rows.length || sending) return;
    if (!(await reachable())) return void say("waiting", rows.length);
    sending = true;
    try {
      for (const row of rows) {
        const values = await unsealed(row);
        const data = new FormData();
        data.set("_csrf_token", form.querySelector("[name=_csrf_token]").value);
        for (const [name, value] of values) {
          if (typeof value === "string") data.append(name, value);
          else data.append(name, new Blob([Uint8Array.from(atob(value.bytes), (c) => c.charCodeAt(0))], { type: value.type }), value.name);
        }
        const answer = await fetch(form.action, { method: "POST", body: data });
        if (answer.redirected && answer.ok) {
          await drop(row.number);
          say("sent", 0, answer.url);
        } else if (answer.status === 422) {
          await drop(row.number);
          refill(values);
          say("refused");
        } else return void say("waiting", rows.length);
      }
    } catch {
      say("waiting", rows.length);
    } finally {
      sending = false;
    }
  };

  let busy = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (busy) return;
    busy = true;
    if (await reachable()) return void form.submit();
    await keep();
    form.reset();
    say("waiting", (await mine()).length);
    told.scrollIntoView({ block: "center" });
    busy = false;
  });
  window.addEventListener("online", send);
  setInterval(send, 20000);
  send();
})();
