// One sitting: which mentions come, which were judged or skipped, and the way back.

import { offer } from "../api.js";
import { NOTHING } from "./outbox.js";

const REFILL_AT = 6;
const MAX_SEEN = 900;
const SEEN = "escucha.seen.";

export class Session {
  constructor(outbox, guideVersion) {
    this.outbox = outbox;
    this.guideVersion = guideVersion;
    this.settings = null;
    this.past = [];
    this.ahead = [];
    this.current = null;
    this.seen = [];
  }

  get saved() {
    return this.past.filter(({ label }) => label).length;
  }

  get skipped() {
    return this.past.length - this.saved;
  }

  /** Begin again with other settings; what was judged stays judged. */
  begin(settings) {
    if (this.settings?.labeller !== settings.labeller) {
      this.past = [];
      this.seen = recallSeen(settings.labeller);
    }
    this.settings = settings;
    this.ahead = [];
    this.current = null;
  }

  /** Make the next mention the current one, null when there is none; throws when none could be got. */
  async next() {
    if (!this.ahead.length) await this.refill();
    this.current = this.ahead.shift() ?? null;
    if (this.current && this.ahead.length < REFILL_AT) this.refill().catch(() => {}); // asked again when it matters
    return this.current;
  }

  refill() {
    this.filling ??= this.ask(this.settings).finally(() => {
      this.filling = null;
    });
    return this.filling;
  }

  async ask(settings) {
    const here = [this.current, ...this.ahead].filter(Boolean).map(({ mention_id }) => mention_id);
    const { labeller, days, langs } = settings;
    const seen = [...this.seen.slice(-MAX_SEEN), ...here];
    const { mentions } = await offer({ labeller, days, langs, seen });
    if (settings !== this.settings) return; // they changed meanwhile
    const known = new Set([...this.seen, ...here]);
    this.ahead.push(...mentions.filter(({ mention_id }) => !known.has(mention_id)));
  }

  /** Save the answers to the current mention. */
  save(answers) {
    const mention = this.current;
    const label = {
      mention_id: mention.mention_id,
      labeller: this.settings.labeller,
      labelled_at: this.outbox.now(),
      guide_version: this.guideVersion,
      ...answers,
      how: mention.how,
      saw_model: Boolean(this.settings.showModel || mention.wasTold),
    };
    this.leave({ mention, label, key: this.outbox.add(label) });
  }

  skip() {
    this.leave({ mention: this.current, label: null });
  }

  /** Make the last mention the current one again and return its answers; null when there is none. */
  undo() {
    const last = this.past.pop();
    if (!last) return null;
    if (this.current) this.ahead.unshift(this.current);
    const { mention, label, key } = last;
    // The model's judgement was shown when it was saved.
    this.current = { ...mention, wasTold: mention.wasTold || Boolean(label) };
    if (label && !this.outbox.takeBack(key)) {
      this.outbox.add({ ...label, ...NOTHING, labelled_at: this.outbox.now() });
    }
    return label ?? NOTHING;
  }

  leave(step) {
    this.past.push(step);
    this.seen.push(step.mention.mention_id);
    try {
      sessionStorage.setItem(SEEN + this.settings.labeller, JSON.stringify(this.seen.slice(-MAX_SEEN)));
    } catch {
      // Then a skipped mention may come again after a reload.
    }
    this.current = null;
  }
}

function recallSeen(labeller) {
  try {
    return JSON.parse(sessionStorage.getItem(SEEN + labeller)) ?? [];
  } catch {
    return [];
  }
}
