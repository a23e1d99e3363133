// One mention as the person reads it, and what the model makes of it in words.

import { h, safeLink } from "../dom.js";
import { formatTime, formatValue } from "../format.js";
import { guide } from "./form.js";
import { w } from "./words.js";

/** The mention as an element; the model's judgement only when asked for. */
export function mentionView(mention, { showModel }) {
  const link = safeLink(mention.url ?? "");
  return h(
    "article",
    { className: "mention card", tabIndex: -1, "aria-labelledby": "mention-text" },
    h(
      "p",
      { className: "facts" },
      h("span", { className: "why", title: w("whyHelp")[mention.how], data: { how: mention.how } }, w("why")[mention.how]),
      h("span", {}, w(mention.lang)),
      h("span", {}, mention.source),
      h("time", { dateTime: new Date(mention.published_at).toISOString() }, formatTime(mention.published_at)),
      mention.brands.map((brand) => h("span", { className: "brand-name" }, brand)),
      link === null ? null : h("a", { href: link, target: "_blank", rel: "noopener noreferrer" }, w("original")),
    ),
    mention.parent_text ? parentOf(mention) : null,
    h("p", { className: "text", id: "mention-text", lang: mention.lang, dir: "auto" }, mention.text),
    showModel ? modelOf(mention) : null,
  );
}

/** What the model said, in words. */
export function judgementOf({ model }) {
  const { heads } = guide();
  const share = { none: 1 - model.intent_latent - model.intent_active, latent: model.intent_latent, active: model.intent_active };
  const percent = (value) => formatValue(value, { unit: "percentunit", decimals: 0 });
  const parts = [
    `${heads.intent.labels[model.intent]?.name ?? model.intent} (${percent(share[model.intent] ?? null)})`,
    heads.stage.labels[model.stage]?.name ?? model.stage,
  ];
  if (model.sentiment) {
    // Rows from before these heads have no sentiment, and nothing to say of the others.
    parts.push(w("needsReply")[model.needs_reply], heads.sentiment.labels[model.sentiment].name);
    parts.push(...model.acts.map((act) => heads.acts.labels[act]?.name ?? act));
  }
  return parts.join(" · ");
}

function parentOf({ parent_text, lang }) {
  const title = h("span", { className: "muted" }, `${w("parent")}: `);
  return h("blockquote", { className: "parent" }, title, h("span", { lang }, parent_text));
}

function modelOf(mention) {
  const title = h("strong", {}, `${w("model")}: `);
  return h("p", { className: "model" }, title, judgementOf(mention), conflictsOf(mention));
}

function conflictsOf({ conflicts }) {
  return conflicts.length ? h("span", { className: "conflicts" }, conflicts.map((code) => w("conflicts")[code]).join("; ")) : null;
}
