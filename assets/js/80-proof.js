// Check a proof file in this page: SHA-256 inclusion (RFC 9162, 2.1.3.2) and the Ed25519
// signature of the log's state (C2SP checkpoint). The chosen file never leaves the page.
(() => {
  "use strict";
  const MEMBERS = {
    format: "string", version: "number", log: "string", record: "object", leaf_hash: "string",
    index: "number", size: "number", path: "object", checkpoint: "string",
  };
  const STAGES = ["format", "signature", "record", "place"];
  const LIMIT = 1000000;
  const utf8 = new TextEncoder();

  class Refusal extends Error {
    constructor(stage, check) {
      super(check);
      this.stage = stage;
      this.check = check;
    }
  }
  const need = (holds, stage, check) => {
    if (!holds) throw new Refusal(stage, check);
  };
  const joined = (...parts) => {
    const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
    let at = 0;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  };
  const sha256 = async (...parts) => new Uint8Array(await crypto.subtle.digest("SHA-256", joined(...parts)));
  const same = (a, b) => a.length === b.length && a.every((byte, at) => byte === b[at]);
  const bytes = (text, stage, check) => {
    let raw = "";
    try {
      raw = atob(text);
    } catch {
      raw = "";
    }
    need(raw && btoa(raw) === text, stage, check);
    return Uint8Array.from(raw, (letter) => letter.charCodeAt(0));
  };
  const whole = (value) => Number.isSafeInteger(value) && value >= 0;

  // JSON with a name given twice, or a number that cannot be kept, reads back differently.
  const read = (text) => {
    let proof = null;
    try {
      proof = JSON.parse(text);
    } catch {
      throw new Refusal("format", "proof-format");
    }
    const plain = text.replace(/"(?:[^"\\]|\\.)*"|\s+/g, (part) => (part[0] === '"' ? JSON.stringify(JSON.parse(part)) : ""));
    need(JSON.stringify(proof) === plain, "format", "proof-format");
    const names = proof && typeof proof === "object" ? Object.keys(proof) : [];
    need(names.length === Object.keys(MEMBERS).length, "format", "proof-format");
    for (const name of names) need(typeof proof[name] === MEMBERS[name], "format", "proof-format");
    need(proof.format === "jichitai-inclusion-proof" && proof.version === 1, "format", "proof-format");
    need(Array.isArray(proof.path) && proof.record && !Array.isArray(proof.record), "format", "proof-format");
    need(whole(proof.index) && whole(proof.size), "format", "proof-format");
    return proof;
  };

  const canonical = (value) => {
    if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
    if (value === null || typeof value !== "object") return JSON.stringify(value);
    return `{${Object.keys(value).sort().map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(",")}}`;
  };

  const keysOf = async (origin, text) => {
    const known = [];
    for (const line of text.split(/\s+/)) {
      const [name, , ...rest] = line.split("+");
      const encoded = rest.join("+");
      if (name !== origin || !encoded) continue;
      const raw = bytes(encoded, "signature", "unknown-log");
      known.push({ id: (await sha256(utf8.encode(`${name}\n`), raw)).slice(0, 4), public: raw.slice(1) });
    }
    return known;
  };

  const openCheckpoint = async (text, keys) => {
    const cut = text.indexOf("\n\n");
    const lines = cut < 0 ? [] : text.slice(0, cut).split("\n");
    need(lines.length === 3 && /^(0|[1-9]\d{0,15})$/.test(lines[1]), "signature", "checkpoint-format");
    const [origin] = lines;
    const root = bytes(lines[2], "signature", "checkpoint-format");
    const known = await keysOf(origin, keys);
    need(known.length, "signature", "unknown-log");
    const prefix = `\u2014 ${origin} `;
    for (const line of text.slice(cut + 2).split("\n")) {
      if (!line.startsWith(prefix)) continue;
      const raw = bytes(line.slice(prefix.length), "signature", "checkpoint-signature");
      const key = known.find((one) => same(one.id, raw.slice(0, 4)));
      if (!key) continue;
      const imported = await crypto.subtle.importKey("raw", key.public, { name: "Ed25519" }, false, ["verify"]);
      const signed = utf8.encode(`${text.slice(0, cut)}\n`);
      const holds = await crypto.subtle.verify({ name: "Ed25519" }, imported, raw.slice(4), signed);
      need(holds, "signature", "checkpoint-signature");
      return { origin, size: Number(lines[1]), root };
    }
    throw new Refusal("signature", "checkpoint-signature");
  };

  const climb = async (leaf, index, size, path) => {
    need(index < size, "place", "index-out-of-range");
    let position = index;
    let last = size - 1;
    let result = leaf;
    const node = Uint8Array.of(1);
    for (const sibling of path) {
      need(last > 0, "place", "path-length");
      if (position % 2 === 1 || position === last) {
        result = await sha256(node, sibling, result);
        while (position > 0 && position % 2 === 0) {
          position = Math.floor(position / 2);
          last = Math.floor(last / 2);
        }
      } else {
        result = await sha256(node, result, sibling);
      }
      position = Math.floor(position / 2);
      last = Math.floor(last / 2);
    }
    need(last === 0, "place", "path-length");
    return result;
  };

  const check = async (text, keys, passed) => {
    const proof = read(text);
    passed("format");
    const state = await openCheckpoint(proof.checkpoint, keys);
    need(state.origin === proof.log && state.size === proof.size, "signature", "proof-format");
    passed("signature");
    const leaf = await sha256(Uint8Array.of(0), utf8.encode(canonical(proof.record)));
    need(same(leaf, bytes(proof.leaf_hash, "record", "proof-format")), "record", "record-mismatch");
    passed("record");
    const path = proof.path.map((one) => bytes(one, "place", "proof-format"));
    need(same(await climb(leaf, proof.index, proof.size, path), state.root), "place", "root-mismatch");
    passed("place");
    return proof;
  };

  const start = (area) => {
    const input = area.querySelector("input[type=file]");
    const list = area.querySelector("[data-proof-stages]");
    const results = [...area.querySelectorAll("[data-proof-result]")];
    const show = (name) => {
      for (const result of results) result.hidden = result.dataset.proofResult !== name;
      return results.find((result) => !result.hidden);
    };
    const say = (stage, word) => {
      const item = list.querySelector(`[data-stage="${stage}"]`);
      item.dataset.state = word;
      item.querySelector("[data-word]").textContent = list.dataset[word];
    };
    area.hidden = false;
    input.addEventListener("change", async () => {
      const [file] = input.files;
      if (!file) return;
      list.hidden = false;
      for (const stage of STAGES) say(stage, "waiting");
      show("");
      try {
        need(file.size < LIMIT, "format", "proof-format");
        const proof = await check(await file.text(), area.dataset.keys, (stage) => say(stage, "holds"));
        const result = show("holds");
        for (const slot of result.querySelectorAll("[data-slot]")) {
          slot.textContent = Number(proof[slot.dataset.slot]).toLocaleString("ja");
        }
        result.focus();
      } catch (error) {
        if (!(error instanceof Refusal)) {
          show("unsupported")?.focus();
          return;
        }
        say(error.stage, "fails");
        const result = show("fails");
        for (const reason of result.querySelectorAll("[data-refusal]")) {
          reason.hidden = reason.dataset.refusal !== error.check;
        }
        result.focus();
      }
    });
  };
  for (const area of document.querySelectorAll("[data-proof]")) start(area);
  for (const note of document.querySelectorAll("[data-proof-off]")) note.hidden = true;
})();
