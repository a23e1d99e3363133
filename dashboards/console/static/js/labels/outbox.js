// Labels on their way: kept in this browser until the console has said that they are saved, and
// sent again until it does. Each lies under a key of its own, so that two open pages do not
// overwrite each other's; that both may send one is harmless.

import { saveLabels } from "../api.js";
import { isMine } from "./settings.js";

const WAITING = "escucha.label.";
const REFUSED = "escucha.refused-label.";
const AT_ONCE = 50;
const FIRST_RETRY_MS = 2_000;
const SLOWEST_RETRY_MS = 60_000;

/** localStorage, or a memory where the browser forbids it. */
function storage() {
  try {
    localStorage.setItem("escucha.try", "1");
    localStorage.removeItem("escucha.try");
    return { isKept: true, area: localStorage, keys: () => Object.keys(localStorage) };
  } catch {
    const values = new Map();
    const area = {
      getItem: (key) => values.get(key) ?? null,
      setItem: (key, value) => values.set(key, value),
      removeItem: (key) => values.delete(key),
    };
    return { isKept: false, area, keys: () => [...values.keys()] };
  }
}

/** A label that judges nothing, which takes an earlier one back. */
export const NOTHING = { intent: null, stage: null, needs_reply: null, sentiment: null, acts: null };

export class Outbox {
  /**
   * `onChange` is told whenever something was sent, refused or could not be sent; `now` is the
   * console's time. Labels are dated by it: the clock of a phone may be anything.
   */
  constructor(onChange, now) {
    this.onChange = onChange;
    this.clockAheadMs = Date.now() - now;
    this.store = storage();
    this.flying = new Set();
    this.failures = 0;
    this.error = null;
    this.count = 0;
    window.addEventListener("online", () => this.send());
    // Another page may have added or sent some.
    window.addEventListener("storage", () => this.onChange());
    this.send();
  }

  now() {
    return new Date(Date.now() - this.clockAheadMs).toISOString();
  }

  get isKept() {
    return this.store.isKept;
  }

  get waiting() {
    return this.mine().length;
  }

  /** Labels the console will never take, with the reason of the first. */
  get refused() {
    const keys = this.keys(REFUSED);
    const why = keys.length ? JSON.parse(this.store.area.getItem(keys[0])).why : "";
    return { count: keys.length, why };
  }

  /** Keep a label and send it soon; returns the name to take it back by. */
  add(label) {
    this.count += 1;
    const order = `${String(Date.now()).padStart(15, "0")}-${String(this.count).padStart(6, "0")}`;
    const key = `${WAITING}${order}-${Math.random().toString(36).slice(2, 8)}`;
    this.store.area.setItem(key, JSON.stringify(label));
    this.onChange();
    this.send();
    return key;
  }

  /** Whether the label could be taken back before anybody has seen it. */
  takeBack(key) {
    if (this.flying.has(key) || this.store.area.getItem(key) === null) return false;
    this.store.area.removeItem(key);
    this.onChange();
    return true;
  }

  discardRefused() {
    for (const key of this.keys(REFUSED)) this.store.area.removeItem(key);
    this.onChange();
  }

  /** Send what waits, oldest first, one request after the other. */
  async send() {
    if (this.flying.size) return;
    const keys = this.mine().slice(0, AT_ONCE);
    if (!keys.length) return;
    clearTimeout(this.timer);
    this.flying = new Set(keys);
    const labels = keys.map((key) => JSON.parse(this.store.area.getItem(key)));
    try {
      await saveLabels(labels);
      for (const key of keys) this.store.area.removeItem(key);
      this.failures = 0;
      this.error = null;
    } catch (error) {
      if (error.code === "bad_labels" && Object.keys(error.problems).length) {
        this.setAside(keys, labels, error.problems);
      } else {
        this.failures += 1;
        this.error = error;
      }
    } finally {
      this.flying = new Set();
    }
    this.onChange();
    if (!this.failures) this.send();
    else this.timer = setTimeout(() => this.send(), this.pause());
  }

  pause() {
    return Math.min(FIRST_RETRY_MS * 2 ** (this.failures - 1), SLOWEST_RETRY_MS);
  }

  setAside(keys, labels, problems) {
    for (const [index, why] of Object.entries(problems)) {
      this.store.area.setItem(
        keys[index].replace(WAITING, REFUSED),
        JSON.stringify({ why, label: labels[index] }),
      );
      this.store.area.removeItem(keys[index]);
    }
  }

  /** What waits, but for labels of somebody else, which wait for them to come back. */
  mine() {
    return this.keys(WAITING).filter((key) => isMine(JSON.parse(this.store.area.getItem(key))));
  }

  keys(prefix) {
    return this.store.keys().filter((key) => key.startsWith(prefix)).sort();
  }
}
