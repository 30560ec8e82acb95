// The page works without this. It adds: a fingerprint computed on this device (the picture is never sent: its field has
// no name), the keyboard's focus on what is new, and, in a frame, how high the page is.
"use strict";

const summary = document.getElementById("summary") || document.getElementById("receipt");
if (summary) summary.focus();

const picture = document.getElementById("picture");
if (picture && window.crypto && crypto.subtle) {
  const value = document.getElementById("fingerprint");
  const done = document.getElementById("picture-done");
  document.getElementById("compute").hidden = false;
  picture.addEventListener("change", async () => {
    const file = picture.files[0];
    if (!file) return;
    try {
      const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
      value.value = Array.from(digest, byte => byte.toString(16).padStart(2, "0")).join("");
      done.textContent = done.dataset.done;
    } catch {
      done.textContent = done.dataset.failed;
    }
    picture.value = "";
  });
}

if (window.parent !== window) {
  const tell = () => parent.postMessage({ safehold: "height", height: document.documentElement.scrollHeight }, "*");
  new ResizeObserver(tell).observe(document.body);
}
