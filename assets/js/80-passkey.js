// Passkeys: ask the server for a question, the device for the answer, and go on. Forms say what
// they are for by data-passkey="get" or "create"; without this script their button stays hidden.
(() => {
  "use strict";
  const forms = [...document.querySelectorAll("form[data-passkey]")];
  if (!forms.length || !window.PublicKeyCredential || !navigator.credentials) return;

  const bytes = (text) => {
    const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
  };
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer)))
      .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const listed = (entries) => (entries || []).map((entry) => ({ ...entry, id: bytes(entry.id) }));

  const post = async (form, address, body) => {
    const answer = await fetch(address, {
      method: "POST",
      credentials: "same-origin",
      cache: "no-store",
      headers: { "Content-Type": "application/json", "X-CSRF-Token": form.elements._csrf_token.value },
      body: JSON.stringify(body),
    });
    const said = await answer.json();
    if (!answer.ok) throw new Error(said.detail || "");
    return said;
  };

  const get = async (options) => {
    const credential = await navigator.credentials.get({
      publicKey: {
        ...options,
        challenge: bytes(options.challenge),
        allowCredentials: listed(options.allowCredentials),
      },
    });
    const { authenticatorData, clientDataJSON, signature, userHandle } = credential.response;
    return {
      id: credential.id,
      rawId: text(credential.rawId),
      type: credential.type,
      response: {
        authenticatorData: text(authenticatorData),
        clientDataJSON: text(clientDataJSON),
        signature: text(signature),
        userHandle: userHandle && userHandle.byteLength ? text(userHandle) : null,
      },
    };
  };

  const create = async (options) => {
    const credential = await navigator.credentials.create({
      publicKey: {
        ...options,
        challenge: bytes(options.challenge),
        user: { ...options.user, id: bytes(options.user.id) },
        excludeCredentials: listed(options.excludeCredentials),
      },
    });
    const { attestationObject, clientDataJSON } = credential.response;
    return {
      id: credential.id,
      rawId: text(credential.rawId),
      type: credential.type,
      response: { attestationObject: text(attestationObject), clientDataJSON: text(clientDataJSON) },
    };
  };

  const start = async (form) => {
    const message = form.querySelector("[data-passkey-error]");
    const field = (name) => form.elements[name]?.value || "";
    message.hidden = true;
    try {
      const asked = await post(form, form.dataset.options, { code: field("code") });
      const credential = await (form.dataset.passkey === "get" ? get : create)(asked.options);
      const done = await post(form, form.dataset.answer, {
        ceremony: asked.ceremony,
        credential,
        label: field("label"),
        path: form.dataset.path || "/",
      });
      location.assign(done.location);
    } catch (error) {
      if (error instanceof Error && error.name === "Error" && error.message) {
        message.textContent = error.message;
      }
      message.hidden = false;
      message.setAttribute("role", "alert");
    }
  };

  for (const form of forms) {
    const part = form.querySelector("[data-passkey-on]");
    part.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      start(form);
    });
    part.querySelector("button").addEventListener("click", () => start(form));
  }
  for (const note of document.querySelectorAll("[data-passkey-off]")) note.hidden = true;
})();
