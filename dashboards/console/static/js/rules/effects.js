// What a draft would match in stored mentions, name by name, with examples.

import { h, safeLink } from "../dom.js";
import { t } from "../i18n.js";
import { count, moment, r } from "./words.js";

/** The whole of a preview. */
export function effectsView(found, days) {
  const changed = found.effects.filter(isChanged).sort((one, other) => size(other) - size(one));
  const same = found.effects.filter((one) => !isChanged(one));
  const notes = [
    h("p", {}, r("looked", count(found.mentions), r("days", days))),
    found.whole ? null : h("p", { className: "warn" }, r("notWhole", count(found.mentions), count(found.total))),
    found.not_kept ? h("p", { className: "warn" }, r("notKept", count(found.not_kept))) : null,
    found.effects.length && !changed.length ? h("p", {}, h("strong", {}, r("noChange"))) : null,
    found.effects.length ? null : h("p", {}, h("strong", {}, r("nothing"))),
    h("p", { className: "muted" }, r("onlyStored")),
  ];
  return h(
    "div",
    { className: "effects" },
    notes,
    changed.length ? table(changed) : null,
    same.length
      ? h("details", { className: "more", open: !changed.length }, h("summary", {}, r("unchanged", same.length)), table(same))
      : null,
  );
}

/** One line about it. */
export function effectsSum(found) {
  const changed = found.effects.filter(isChanged);
  if (!changed.length) return r("noChange");
  const sum = (name) => count(changed.reduce((all, one) => all + one[name], 0));
  return r("effectSum", sum("gained"), sum("lost"), changed.length);
}

function isChanged({ gained, lost }) {
  return gained > 0 || lost > 0;
}

function size({ gained, lost }) {
  return gained + lost;
}

function table(effects) {
  const { name, inForce, fresh, gained, lost } = r("columns");
  const head = [name, inForce, fresh, gained, lost];
  return h(
    "div",
    { className: "effect-list" },
    h("div", { className: "effect-head", "aria-hidden": "true" }, head.map((text) => h("span", {}, text))),
    effects.map(effect),
  );
}

function effect(one) {
  const { inForce, fresh, gained, lost } = r("columns");
  const cell = (name, value, className = "") =>
    h("span", { className: `effect-count ${className}` }, h("span", { className: "effect-label" }, `${name} `), value);
  const summary = h(
    "summary",
    {},
    h("span", { className: "effect-name" }, h("small", {}, r("kinds")[one.kind] ?? one.kind), " ", one.name),
    cell(inForce, count(one.in_force)),
    cell(fresh, count(one.new)),
    cell(gained, one.gained ? `+${count(one.gained)}` : "0", one.gained ? "gained" : "zero"),
    cell(lost, one.lost ? `−${count(one.lost)}` : "0", one.lost ? "lost" : "zero"),
  );
  const groups = [
    ["gained", one.gained_examples],
    ["lost", one.lost_examples],
    ["kept", one.kept_examples],
  ].filter(([, examples]) => examples.length);
  return h(
    "details",
    { className: "effect", data: { name: one.name } },
    summary,
    groups.map(([word, examples]) =>
      h(
        "div",
        { className: "effect-examples", data: { fate: word } },
        h("p", { className: "muted" }, r(word)),
        h("ul", { "aria-label": `${r(word)}: ${one.name}` }, examples.map(example)),
      ),
    ),
  );
}

function example({ source, author, url, published_at, pieces }) {
  const link = safeLink(url);
  return h(
    "li",
    {},
    h("p", { className: "example-text" }, pieces.map(([text, found]) => (found ? h("mark", {}, text) : text))),
    h(
      "p",
      { className: "muted example-facts" },
      h("span", {}, `${source} · ${author} · ${moment(published_at)}`),
      link ? h("a", { href: link, target: "_blank", rel: "noopener noreferrer" }, t("link")) : null,
    ),
  );
}
