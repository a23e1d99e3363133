// What the console pushes. Only while the page is in sight: a hidden one costs nobody anything.

import { pages } from "../api.js";

const AGAIN_MS = 5_000;

export class Stream {
  /** `onState` is told "connecting", "live", "away" or "database"; `onMentions` how many came, and some. */
  constructor({ onState, onMentions }) {
    this.calls = { onState, onMentions };
    this.query = "";
    this.source = null;
    document.addEventListener("visibilitychange", () => (document.hidden ? this.close() : this.open(this.query)));
  }

  /** Listen for what the filters let through, in place of what was listened for. */
  open(query) {
    this.close();
    this.query = query;
    if (document.hidden) return;
    this.calls.onState("connecting");
    const source = new EventSource(`/api/live?${query}`);
    this.source = source;
    source.addEventListener("state", ({ data }) => {
      const { state } = JSON.parse(data);
      this.calls.onState(state === "live" ? "live" : "database");
    });
    source.addEventListener("mentions", ({ data }) => {
      const { came, mentions } = JSON.parse(data);
      this.calls.onMentions(came, mentions);
    });
    source.addEventListener("error", () => {
      this.calls.onState("away");
      // Refused for good, in the browser's eyes; in ours the console may have room again.
      if (source.readyState !== EventSource.CLOSED) return;
      pages().catch(() => {}); // leaves for the page to sign in where the session is over
      this.timer = setTimeout(() => this.open(this.query), AGAIN_MS);
    });
  }

  close() {
    clearTimeout(this.timer);
    this.source?.close();
    this.source = null;
  }
}
