// Asks again and again, only for what is in sight, less often while answers fail.

const SLOWEST_MS = 60_000;
const UNITS = { s: 1_000, m: 60_000, h: 3_600_000 };

export class Poller {
  /** `ask(frame, signal)` resolves to true when the answer came. */
  constructor(ask, onRound) {
    this.ask = ask;
    this.onRound = onRound;
    this.frames = new Map(); // element to frame
    this.visible = new Set();
    this.answered = new Set();
    this.intervalMs = 0;
    this.paused = false;
    this.failures = 0;
    this.round = null;
    this.observer = new IntersectionObserver((entries) => this.seen(entries), {
      rootMargin: "300px",
    });
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && !this.paused && this.intervalMs) this.now();
    });
  }

  watch(frames) {
    for (const frame of frames) {
      this.frames.set(frame.element, frame);
      this.observer.observe(frame.element);
    }
  }

  every(text) {
    const match = /^(\d+)([smh])$/.exec(text ?? "");
    this.intervalMs = match ? Number(match[1]) * UNITS[match[2]] : 0;
    this.plan();
  }

  pause(paused) {
    this.paused = paused;
    if (paused) clearTimeout(this.timer);
    else this.now();
  }

  /** The question changed: drop what is under way and ask everything in sight anew. */
  restart() {
    this.answered.clear();
    this.failures = 0;
    this.now();
  }

  async now() {
    clearTimeout(this.timer);
    this.round?.abort();
    const round = new AbortController();
    this.round = round;
    const outcomes = await Promise.all(
      [...this.visible].map((frame) => this.one(frame, round.signal)),
    );
    if (round.signal.aborted) return;
    this.failures = outcomes.every(Boolean) ? 0 : this.failures + 1;
    this.onRound(this.failures);
    this.plan();
  }

  async one(frame, signal) {
    const fine = await this.ask(frame, signal);
    if (fine && !signal.aborted) this.answered.add(frame);
    return fine;
  }

  plan() {
    clearTimeout(this.timer);
    if (this.paused || document.hidden) return;
    const wait = this.failures
      ? Math.min(Math.max(this.intervalMs, 2_000) * 2 ** Math.min(this.failures, 6), SLOWEST_MS)
      : this.intervalMs;
    if (wait) this.timer = setTimeout(() => this.now(), wait);
  }

  seen(entries) {
    const fresh = [];
    for (const entry of entries) {
      const frame = this.frames.get(entry.target);
      if (!frame) continue;
      if (entry.isIntersecting) {
        this.visible.add(frame);
        if (!this.answered.has(frame)) fresh.push(frame);
      } else {
        this.visible.delete(frame);
      }
    }
    if (!this.round) this.now();
    else for (const frame of fresh) this.one(frame, this.round.signal);
  }
}
