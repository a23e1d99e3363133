// The draft, kept in this browser until it is published or discarded.

import { recall, remember } from "../state.js";

const KEY = "rules";

/** What was written and not published: text, base (the number it was begun from) and at; or null. */
export function storedDraft() {
  try {
    const draft = JSON.parse(recall(KEY));
    return typeof draft?.text === "string" && Number.isInteger(draft.base) ? draft : null;
  } catch {
    return null;
  }
}

/** Keep it; false where this browser keeps nothing. */
export function storeDraft(text, base) {
  remember(KEY, JSON.stringify({ text, base, at: Date.now() }));
  return storedDraft()?.text === text;
}

export function dropDraft() {
  remember(KEY, "null");
}
