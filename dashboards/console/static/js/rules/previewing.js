// A preview under way: how far it has come, the way to stop it, and what it found.

import { h } from "../dom.js";
import * as api from "./api.js";
import { effectsView } from "./effects.js";
import { count, r, told } from "./words.js";

const DAYS = [1, 7, 30, 90];

export class Previewing {
  /** `section` is where it shows; `text()` is what to try, `mayRun()` whether that makes sense. */
  constructor(section, { text, mayRun, onDone }) {
    this.section = section;
    this.text = text;
    this.mayRun = mayRun;
    this.onDone = onDone;
    this.found = null; // of which text, over how many days, and what
    this.running = null;
    this.state = h("div", { className: "preview-state", role: "status" });
    this.place = h("div");
    section.append(this.state, this.place);
    this.days = document.getElementById("days");
    this.days.value = "7";
    document.getElementById("run").addEventListener("click", () => this.run());
  }

  get isRunning() {
    return this.running !== null;
  }

  /** What was found for exactly this text, or null. */
  of(text) {
    return this.found?.text === text ? this.found.result : null;
  }

  async run() {
    if (this.running || !this.mayRun()) return;
    const text = this.text();
    const days = Number(this.days.value);
    this.running = new AbortController();
    const { signal } = this.running;
    this.found = null;
    this.place.replaceChildren();
    this.section.hidden = false;
    this.showProgress(null);
    this.section.scrollIntoView({ block: "nearest" });
    this.onDone();
    try {
      const result = await api.preview(text, days, signal, (progress) => this.showProgress(progress));
      this.found = { text, days, result };
      this.state.replaceChildren();
    } catch (error) {
      const words = signal.aborted ? r("cancelled") : Object.values(told(error)).join(" ");
      this.state.replaceChildren(h("p", {}, words));
    } finally {
      this.running = null;
    }
    this.show();
    this.onDone();
  }

  textChanged() {
    if (this.found) this.show();
  }

  clear() {
    this.found = null;
    this.section.hidden = true;
    this.place.replaceChildren();
    this.state.replaceChildren();
  }

  showProgress(progress) {
    if (!this.bar?.isConnected) {
      this.bar = h("progress", { "aria-label": r("previewTitle") });
      this.told = h("span", {});
      const cancel = h("button", { type: "button", className: "quiet", id: "cancel" }, r("cancel"));
      cancel.addEventListener("click", () => this.running?.abort());
      this.state.replaceChildren(h("div", { className: "progress" }, this.bar, this.told, cancel));
    }
    if (!progress) {
      this.told.textContent = r("starting");
      return;
    }
    this.bar.max = Math.max(progress.total, 1);
    this.bar.value = Math.min(progress.done, progress.total);
    this.told.textContent = r("looking", count(progress.done), count(progress.total));
  }

  show() {
    if (!this.found) return;
    const isOld = this.found.text !== this.text();
    this.state.replaceChildren(...(isOld ? [h("p", { className: "warn" }, r("oldPreview"))] : []));
    if (this.shown === this.found.result && this.place.firstChild) return;
    this.shown = this.found.result;
    this.place.replaceChildren(effectsView(this.found.result, this.found.days));
  }

  showWords() {
    const chosen = this.days.value || "7";
    this.days.replaceChildren(...DAYS.map((days) => h("option", { value: String(days) }, r("days", days))));
    this.days.value = chosen;
    this.shown = null;
    this.show();
  }
}
