// Shows the report form where this script stands:
//   <script src="https://gateway.example/report/embed.js" data-lang="en" data-country="GB" async></script>
// Optional: data-target, data-reference, data-category, data-title.
"use strict";

(() => {
  const script = document.currentScript;
  const address = new URL("/report", script.src);
  address.searchParams.set("embed", "1");
  for (const name of ["lang", "country", "target", "reference", "category"]) {
    if (script.dataset[name]) address.searchParams.set(name, script.dataset[name]);
  }
  const frame = document.createElement("iframe");
  frame.src = address.href;
  frame.title = script.dataset.title || "Report";
  frame.referrerPolicy = "no-referrer";
  frame.style.cssText = "width:100%;height:60rem;border:0;display:block";
  script.after(frame);
  window.addEventListener("message", event => {
    if (event.source !== frame.contentWindow || event.origin !== address.origin) return;
    const { safehold, height } = event.data || {};
    if (safehold === "height" && height > 0) frame.style.height = `${Math.ceil(height)}px`;
  });
})();
