// One mention: what was said, by whom, where, what it is about, and why it is taken for intent.

import { h, safeLink } from "../dom.js";
import { formatTime, formatValue } from "../format.js";
import { guide } from "../labels/form.js";
import { fromCodePoints, marked, placesOf } from "./highlight.js";
import { m } from "./words.js";

/**
 * The mention as an article, its author a heading of this level; where a search found it, its
 * matches are marked, else what drove the intent.
 */
export function card(mention, heading) {
  const id = `m-${mention.mention_id}`;
  return h(
    "article",
    { className: "mention card", tabIndex: -1, "aria-labelledby": `${id}-who`, "aria-describedby": `${id}-text`, data: { id: mention.mention_id } },
    head(mention, id, heading),
    mention.parent_text
      ? h("blockquote", { className: "parent", dir: "auto" }, h("span", { className: "muted" }, `${m("parent")}: `), mention.parent_text)
      : null,
    h("p", { className: "text", id: `${id}-text`, lang: mention.lang || null, dir: "auto" }, textOf(mention)),
    why(mention),
    facts(mention),
  );
}

function head(mention, id, heading) {
  const { heads } = guide();
  const percent = formatValue(mention.probability, { unit: "percentunit", decimals: 0 });
  const intent = heads.intent.labels[mention.intent]?.name ?? mention.intent;
  const stage = heads.stage.labels[mention.stage]?.name;
  return h(
    "div",
    { className: "mention-head" },
    h(heading, { id: `${id}-who` }, mention.author || m("nobody")),
    h("span", { className: "badge", data: { intent: mention.intent }, title: m("intentHelp") }, `${intent} ${percent}`),
    stage && mention.stage !== "none" ? h("span", { className: "badge" }, stage) : null,
    h("time", { dateTime: new Date(mention.published_at).toISOString() }, formatTime(mention.published_at)),
  );
}

function textOf({ text, matches, intent_words: words }) {
  if (matches) return marked(text, fromCodePoints(text, matches), "hit");
  return marked(text, placesOf(text, words), "why");
}

function why({ intent_words: words }) {
  if (!words.length) return null;
  return h(
    "p",
    { className: "why-line", title: m("whyHelp") },
    h("span", { className: "muted" }, `${m("why")}: `),
    words.map((word) => h("span", { className: "why-word" }, word)),
  );
}

function facts(mention) {
  const link = safeLink(mention.url ?? "");
  return h(
    "p",
    { className: "facts" },
    h("span", {}, mention.source),
    mention.lang ? h("span", {}, mention.lang) : null,
    mention.brands.map((brand) => h("span", { className: "brand-name" }, brand)),
    mention.topics.map((topic) => h("span", {}, topic)),
    link === null ? null : h("a", { href: link, target: "_blank", rel: "noopener noreferrer" }, m("original")),
  );
}
