// Asks a security key to sign, and sends what it signed with an ordinary form. Nothing is kept.
"use strict";

(() => {
  if (!window.PublicKeyCredential || !navigator.credentials) return;

  const bytes = (text) => {
    const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    return Uint8Array.from(plain, (one) => one.charCodeAt(0));
  };
  const text = (buffer) => {
    const plain = String.fromCharCode(...new Uint8Array(buffer));
    return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  };
  const listed = (keys) => (keys || []).map((key) => ({...key, id: bytes(key.id)}));

  const create = async (told) => {
    const publicKey = {
      ...told,
      challenge: bytes(told.challenge),
      user: {...told.user, id: bytes(told.user.id)},
      excludeCredentials: listed(told.excludeCredentials),
    };
    const made = await navigator.credentials.create({publicKey});
    return [made, {
      attestationObject: text(made.response.attestationObject),
      clientDataJSON: text(made.response.clientDataJSON),
    }];
  };

  const get = async (told) => {
    const publicKey = {...told, challenge: bytes(told.challenge), allowCredentials: listed(told.allowCredentials)};
    const shown = await navigator.credentials.get({publicKey});
    return [shown, {
      authenticatorData: text(shown.response.authenticatorData),
      clientDataJSON: text(shown.response.clientDataJSON),
      signature: text(shown.response.signature),
    }];
  };

  const ask = async (form) => {
    const told = JSON.parse(form.dataset.options);
    const [key, response] = await (form.dataset.passkey === "create" ? create(told) : get(told));
    return JSON.stringify({id: key.id, rawId: text(key.rawId), type: key.type, response});
  };

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    const said = form.querySelector("[data-said]");
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      if (form.elements.credential.value) return;
      event.preventDefault();
      event.stopPropagation(); // it is sent once, but not yet
      said.textContent = "";
      ask(form).then(
        (credential) => {
          form.elements.credential.value = credential;
          form.requestSubmit();
        },
        () => { said.textContent = said.dataset.said; },
      );
    });
    addEventListener("pageshow", () => { form.elements.credential.value = ""; });
  }
})();
