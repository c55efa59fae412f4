// Passkeys (WebAuthn) for forms that say data-passkey="get" or "create": the form's address followed
// by /options gives what the browser is to do, and its answer is sent to the address itself.
"use strict";

(() => {
  const bytes = (text) => {
    const binary = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(binary, (letter) => letter.charCodeAt(0));
  };

  const text = (buffer) => {
    const binary = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("");
    return btoa(binary).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  };

  const understood = (options) => {
    options.challenge = bytes(options.challenge);
    if (options.user) options.user.id = bytes(options.user.id);
    for (const key of options.excludeCredentials || []) key.id = bytes(key.id);
    for (const key of options.allowCredentials || []) key.id = bytes(key.id);
    return options;
  };

  const told = (credential) => {
    const response = {};
    for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (credential.response[name]) response[name] = text(credential.response[name]);
    }
    return { id: credential.id, rawId: text(credential.rawId), type: credential.type, response };
  };

  const post = async (form, address, body) => {
    const headers = { "content-type": "application/json" };
    const csrf = form.elements.namedItem("csrf");
    if (csrf) headers["x-csrf"] = csrf.value;
    const answer = await fetch(address, { method: "POST", headers, body: JSON.stringify(body), redirect: "manual" });
    if (answer.type === "opaqueredirect") {
      location.reload();
      return new Promise(() => {});
    }
    const said = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error(said.problem || form.dataset.failed);
    return said;
  };

  const perform = async (form) => {
    if (!window.PublicKeyCredential) throw new Error(form.dataset.unsupported);
    const address = form.getAttribute("action");
    const publicKey = understood(await post(form, `${address}/options`, {}));
    let credential;
    try {
      credential = await navigator.credentials[form.dataset.passkey]({ publicKey });
    } catch {
      throw new Error(form.dataset.failed);
    }
    const label = form.elements.namedItem("label");
    await post(form, address, label ? { ...told(credential), label: label.value } : told(credential));
    location.assign(form.dataset.then);
  };

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("form[data-passkey]")) return;
    event.preventDefault();
    const problem = form.querySelector("[role=alert]");
    problem.hidden = true;
    perform(form).catch((error) => {
      problem.textContent = error.message;
      problem.hidden = false;
    });
  });

  // Without this script their forms would be sent as they stand, which says nothing of the key.
  for (const button of document.querySelectorAll("form[data-passkey] button")) button.disabled = false;
})();
