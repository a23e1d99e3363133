// The list of mentions: a bounded number of them, newest first, put in a few at a time so that the
// page answers meanwhile. One tab stop; arrows and page keys go from mention to mention.

import { card } from "../mentions/card.js";

const AT_MOST = 200;
const PER_FRAME = 6;
const shownBy = new WeakMap(); // articles to their mentions

export class Feed {
  /** `onShown` is called with the mentions that have been put in. */
  constructor(element, onShown) {
    this.element = element;
    this.onShown = onShown;
    this.seen = new Set();
    this.waiting = []; // oldest first
    this.held = false;
    this.frame = 0;
    element.addEventListener("keydown", (event) => this.move(event));
    element.addEventListener("focusin", ({ target }) => this.stopAt(target.closest("article")));
  }

  /** Take mentions, oldest first; those that are there already do not come twice. */
  add(mentions) {
    for (const mention of mentions) {
      if (this.seen.has(mention.mention_id)) continue;
      this.seen.add(mention.mention_id);
      this.waiting.push(mention);
    }
    while (this.waiting.length > AT_MOST) this.waiting.shift();
    if (!this.held) this.flush();
  }

  /** Put in nothing until it is let go again. */
  hold(held) {
    this.held = held;
    if (!held) this.flush();
  }

  flush() {
    if (this.frame || !this.waiting.length) return;
    this.element.setAttribute("aria-busy", "true");
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      if (this.held) return;
      // In a burst everything is new; to light up all of it would only keep the browser busy.
      const isCalm = this.waiting.length <= PER_FRAME;
      const some = this.waiting.splice(0, PER_FRAME);
      for (const mention of some) {
        const article = articleOf(mention);
        article.classList.toggle("arrived", isCalm);
        this.element.prepend(article);
      }
      this.element.hidden = false; // a feed without articles is none
      this.trim();
      this.onShown(some);
      if (this.waiting.length) this.flush();
      else this.element.setAttribute("aria-busy", "false");
    });
  }

  trim() {
    while (this.element.childElementCount > AT_MOST) this.forget(this.element.lastElementChild);
    // Ids of what was dropped while it waited are let go of, too.
    if (this.seen.size > 20 * AT_MOST) this.seen = new Set([...this.seen].slice(-10 * AT_MOST));
    if (!this.element.querySelector('article[tabindex="0"]')) this.stopAt(this.element.firstElementChild);
  }

  forget(article) {
    if (article === document.activeElement) article.previousElementSibling?.focus();
    article.remove();
  }

  clear() {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    this.seen.clear();
    this.waiting = [];
    this.element.replaceChildren();
    this.element.hidden = true;
    this.element.setAttribute("aria-busy", "false");
  }

  /** Say everything again, in the page's language. */
  redraw() {
    for (const article of [...this.element.children]) article.replaceWith(articleOf(shownBy.get(article)));
    this.stopAt(this.element.firstElementChild);
  }

  stopAt(article) {
    if (!article) return;
    for (const other of this.element.querySelectorAll('article[tabindex="0"]')) other.tabIndex = -1;
    article.tabIndex = 0;
  }

  move(event) {
    const here = event.target;
    if (!here.matches("article") || event.altKey || event.ctrlKey || event.metaKey) return;
    const to = {
      ArrowDown: here.nextElementSibling,
      PageDown: here.nextElementSibling,
      ArrowUp: here.previousElementSibling,
      PageUp: here.previousElementSibling,
      Home: this.element.firstElementChild,
      End: this.element.lastElementChild,
    };
    if (!(event.key in to)) return;
    event.preventDefault();
    to[event.key]?.focus();
  }
}

function articleOf(mention) {
  const article = card(mention, "h2");
  shownBy.set(article, mention);
  return article;
}
