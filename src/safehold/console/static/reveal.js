// The reviewing view: content is there while a button or key is held, or for a few seconds, and gone at once after that.
// What is drawn lives in this page's memory alone: no address of it exists, nothing is kept, and the server was told
// first (begin), and is told how long it was (end). Words are set as text, never as markup.
"use strict";

(() => {
  const csrf = document.body.dataset.csrf;
  const hasKeys = document.body.hasAttribute("data-keys");
  const viewers = [];

  const ask = (path, fields, options = {}) =>
    fetch(path, {
      method: "POST",
      body: new URLSearchParams(fields),
      headers: {"X-CSRF-Token": csrf, Accept: "application/json"},
      credentials: "same-origin",
      cache: "no-store",
      ...options,
    });

  const reason = async (response) => {
    try {
      const told = await response.json();
      return [told.title, told.advice].filter(Boolean).join(". ");
    } catch {
      return "It can't be opened now.";
    }
  };

  const spoken = (value) => {
    if (Array.isArray(value) || (value && typeof value === "object")) return listed(value);
    return document.createTextNode(String(value));
  };

  const isEmpty = (value) =>
    value === "" || value === null || value === false || (typeof value === "object" && !Object.keys(value).length);

  const listed = (told) => {
    const list = document.createElement("dl");
    for (const [name, value] of Object.entries(told)) {
      if (isEmpty(value)) continue;
      const term = document.createElement("dt");
      const said = document.createElement("dd");
      term.textContent = Array.isArray(told) ? String(Number(name) + 1) : name.replaceAll("_", " ");
      said.append(spoken(value));
      list.append(term, said);
    }
    return list;
  };

  class Viewer {
    constructor(root) {
      this.root = root;
      this.part = root.dataset.part;
      this.form = root.dataset.form;
      this.base = root.dataset.base;
      this.stage = root.querySelector("[data-stage]");
      this.canvas = root.querySelector("canvas");
      this.told = root.querySelector("[data-told]");
      this.status = root.querySelector("[data-status]");
      this.hold = root.querySelector("[data-hold]");
      this.timed = root.querySelector("[data-timed]");
      this.still = 0;
      this.seen = new Set(); // which stills were looked at since this page was opened
      this.extent = "";
      this.run = 0; // which opening is the present one: what arrives for another one is thrown away
      this.isOpen = false;
      this.wire();
      this.say("Covered.");
      this.hold.disabled = this.timed.disabled = false;
    }

    wire() {
      const begin = (event) => {
        event.preventDefault();
        if (event.pointerId !== undefined) this.hold.setPointerCapture(event.pointerId);
        this.hold.focus();
        this.open();
      };
      this.hold.addEventListener("pointerdown", begin);
      for (const name of ["pointerup", "pointercancel", "lostpointercapture", "blur"])
        this.hold.addEventListener(name, () => this.close());
      this.hold.addEventListener("contextmenu", (event) => event.preventDefault());
      this.hold.addEventListener("keydown", (event) => {
        if (event.key !== " " && event.key !== "Enter") return;
        event.preventDefault();
        if (!event.repeat) this.open();
      });
      this.hold.addEventListener("keyup", (event) => {
        if (event.key === " " || event.key === "Enter") this.close();
      });
      this.timed.addEventListener("click", () => (this.isOpen ? this.close() : this.open(Number(this.root.dataset.seconds))));
      this.stage.addEventListener("contextmenu", (event) => event.preventDefault());
      this.stage.addEventListener("copy", (event) => event.preventDefault());
      this.stage.addEventListener("dragstart", (event) => event.preventDefault());
      for (const step of this.root.querySelectorAll("[data-step]"))
        step.addEventListener("click", () => this.step(Number(step.dataset.step)));
      const marks = this.root.querySelector("[data-mark-text]");
      marks.textContent = `${this.root.dataset.mark.replaceAll(" ", "\u00a0")} `.repeat(60);
      const cover = this.root.querySelector("img.cover");
      if (cover) cover.addEventListener("error", () => cover.remove());
    }

    say(text) {
      if (this.status.textContent !== text) this.status.textContent = text;
    }

    step(by) {
      const next = this.still + by;
      if (this.count && (next < 0 || next >= this.count)) return;
      this.still = Math.max(0, next);
      this.showStills();
    }

    showStills() {
      const row = this.root.querySelector("[data-stills]");
      if (!row || !(this.count > 1)) return;
      row.hidden = false;
      row.querySelector("[data-still-of]").textContent = `Still ${this.still + 1} of ${this.count}`;
    }

    async open(seconds = 0) {
      if (this.isOpen) return;
      cover();
      this.isOpen = true;
      const run = ++this.run;
      this.hold.classList.add("held");
      this.say("Opening…");
      try {
        const begun = await ask(`${this.base}/begin`, {part: this.part});
        if (!begun.ok) throw new Error(await reason(begun));
        const {exposure} = await begun.json();
        if (run !== this.run) return void this.tell(exposure, 0);
        const got = await ask(`${this.base}/show`, this.asked(exposure));
        if (!got.ok) {
          this.tell(exposure, 0);
          throw new Error(await reason(got));
        }
        await this.show(got, exposure, run);
        if (run === this.run && seconds) this.timer = setTimeout(() => this.close(), seconds * 1000);
      } catch (error) {
        if (run !== this.run) return;
        this.close();
        this.say(error instanceof TypeError ? "The server can't be reached." : error.message);
      }
    }

    asked(exposure) {
      const is = (name) => (this.root.querySelector(`[data-${name}]`)?.checked ? "yes" : "no");
      return {exposure, part: this.part, number: String(this.still), colour: is("colour"), large: is("large")};
    }

    async show(got, exposure, run) {
      const kind = got.headers.get("Content-Type") || "";
      if (kind.startsWith("image/")) await this.showPicture(got, run);
      else if (kind.startsWith("audio/")) await this.showSound(got, run);
      else await this.showWords(got, run);
      if (run !== this.run) return void this.tell(exposure, 0);
      this.exposure = exposure;
      this.since = performance.now();
    }

    async showPicture(got, run) {
      const picture = await createImageBitmap(await got.blob());
      if (run !== this.run) return picture.close();
      this.count = Number(got.headers.get("X-Stills"));
      this.still = Number(got.headers.get("X-Still"));
      this.showStills();
      this.canvas.width = picture.width;
      this.canvas.height = picture.height;
      this.canvas.getContext("2d").drawImage(picture, 0, 0);
      picture.close();
      this.stage.classList.toggle("in-colour", Boolean(this.root.querySelector("[data-colour]")?.checked));
      this.stage.classList.add("shown");
      this.seen.add(this.still);
      const isAll = this.form === "image" && this.seen.size === this.count && got.headers.get("X-Whole") === "yes";
      this.extent = isAll ? "" : "part"; // of a clip, stills are never all of it
      this.say(got.headers.get("X-Whole") === "no" ? "Open. Not all of the file could be opened." : "Open.");
    }

    async showSound(got, run) {
      const sound = new AudioContext();
      const samples = await sound.decodeAudioData(await got.arrayBuffer());
      if (run !== this.run) return void sound.close();
      const source = sound.createBufferSource();
      source.buffer = samples;
      source.connect(sound.destination);
      source.addEventListener("ended", () => {
        if (run !== this.run) return;
        this.extent = "whole";
        this.close();
      });
      source.start();
      this.sound = sound;
      this.stage.classList.add("listening");
      this.say("Playing, quietly.");
    }

    async showWords(got, run) {
      const told = await got.json();
      if (run !== this.run) return;
      const isEmptyNow = told.text === undefined ? isEmpty(told.context) : told.text === "";
      this.told.replaceChildren(isEmptyNow ? "There is nothing in it." : told.text === undefined ? listed(told.context) : told.text);
      this.stage.classList.add("reading");
      this.extent = told.whole === true ? "whole" : "part"; // very long words are cut
      this.say(told.whole === false ? "Open. This is only its beginning." : "Open.");
    }

    close() {
      this.run += 1;
      clearTimeout(this.timer);
      this.hold.classList.remove("held");
      this.stage.classList.remove("shown", "reading", "listening", "in-colour");
      this.canvas.width = this.canvas.height = 1;
      this.told.replaceChildren();
      if (this.sound) this.sound.close();
      this.sound = null;
      if (this.isOpen) this.say("Covered.");
      this.isOpen = false;
      if (!this.exposure) return;
      this.tell(this.exposure, Math.round(performance.now() - this.since));
      this.exposure = null;
    }

    async tell(exposure, milliseconds) {
      const fields = {exposure, milliseconds: String(milliseconds), extent: this.extent || ""};
      this.extent = "";
      try {
        const ended = await ask(`${this.base}/end`, fields, {keepalive: true});
        const told = ended.ok ? await ended.json() : {};
        if (told.rest) this.say("Covered. This is a good moment for a break: look at My work.");
      } catch {
        // The server ends it by itself, with what it assumes.
      }
    }
  }

  const cover = () => viewers.forEach((viewer) => viewer.close());

  for (const root of document.querySelectorAll("[data-viewer]")) viewers.push(new Viewer(root));
  document.addEventListener("safehold:cover", cover);
  document.addEventListener("visibilitychange", () => document.hidden && cover());
  addEventListener("pagehide", cover);
  addEventListener("blur", cover);

  const typing = (target) => target.closest("input:not([type=checkbox], [type=radio]), textarea, select");
  const first = () => viewers.find((viewer) => viewer.hold.hasAttribute("data-hold-key"));
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
      document.querySelector("[data-send]")?.click();
      return;
    }
    if (!hasKeys || event.repeat || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (event.key === "v") first()?.open();
    if (event.key === "x") document.querySelector("[data-here]")?.click();
  });
  document.addEventListener("keyup", (event) => {
    if (event.key === "v") first()?.close();
  });

  // A page that is open and looked at holds the case for as long as somebody is there.
  const kept = document.querySelector("[data-keep]");
  if (kept) {
    let last = Date.now();
    for (const name of ["pointerdown", "keydown", "scroll"]) addEventListener(name, () => (last = Date.now()), {passive: true});
    setInterval(() => {
      if (Date.now() - last < 600_000) ask(kept.dataset.keep, {}).catch(() => {});
    }, 240_000);
  }
})();
