// A model's card as parts of a page: what it learnt from, how good it is, where it fails.

import { h } from "../dom.js";
import { formatTime, formatValue } from "../format.js";
import { currentLanguage } from "../i18n.js";
import { number, row, share, table } from "./figures.js";
import { headName, m } from "./words.js";

/** The whole card as an element. */
export function sheet(card) {
  const s = m("sheet");
  const part = (title, ...content) => h("section", {}, h("h4", {}, title), content.flat().filter(Boolean));
  return h(
    "div",
    { className: "sheet" },
    part(s.data, learnt(card)),
    part(s.figures, h("p", { className: "muted" }, s.figuresNote(card.folds)), metrics(card)),
    Object.keys(card.by_language).length ? part(s.byLanguage, h("p", { className: "muted" }, `${s.byLanguageNote} ${calibrated(card)}`), byLanguage(card)) : null,
    part(s.limits, limits(card.behaviour)),
    part(s.bias, card.bias.length ? [h("p", { className: "muted" }, s.biasNote), apart(card.bias)] : h("p", {}, s.noBias)),
    card.accurate ? part(s.accurate, accurate(card.accurate)) : null,
    part(s.made, h("p", {}, h("code", {}, card.version), ` · ${s.seed} ${card.seed} · ${s.labels} `, h("code", {}, card.label_set_hash), ` · ${s.file} `, h("code", {}, card.sha256))),
  );
}

function learnt(card) {
  const s = m("sheet");
  const labels = (counts) => Object.entries(counts).map(([label, count]) => `${label} ${formatValue(count)}`).join(", ");
  return [
    h("ul", {}, (currentLanguage() === "es" ? card.trained_on_es : card.trained_on).map((one) => h("li", {}, one))),
    card.data.length ? table(s.files, [s.files, s.mentions], 1, card.data.map((one) => row(one.name, [formatValue(one.mentions)]))) : null,
    h("p", {}, Object.entries(card.counts).filter(([name]) => name === "lang" || name === "intent").map(([, counts]) => labels(counts)).join(" · ")),
    card.taught ? h("p", {}, m("taught", formatValue(card.taught))) : null,
    card.held_out ? h("p", {}, s.heldOut(formatValue(card.held_out))) : null,
    card.notes_what_it_learnt ? null : h("p", {}, s.noNote),
  ];
}

function metrics(card) {
  const s = m("sheet");
  const names = m("metric");
  const rows = Object.entries(card.metrics).map(([name, one]) =>
    row(headName(name), [formatValue(one.mentions), number(one.macro_f1), number(one.average_precision), number(one.prevalence), number(one.log_loss), number(one.baseline_log_loss)]),
  );
  return table(s.figures, [m("head"), s.mentions, names.macro_f1, names.average_precision, s.chance, s.logLoss, s.ofShares], 1, rows);
}

function byLanguage(card) {
  const s = m("sheet");
  const names = m("metric");
  const rows = Object.entries(card.by_language).map(([lang, one]) =>
    row(m("langName", lang), [formatValue(one.mentions), share(one.prevalence), number(one.threshold, 2), number(one.precision), number(one.recall), number(one.f1), number(one.average_precision)]),
  );
  return table(s.byLanguage, [s.byLanguage, s.mentions, s.prevalence, s.threshold, names.precision, names.recall, names.f1, names.average_precision], 1, rows);
}

/** What chances and thresholds of intent were chosen for. */
function calibrated(found) {
  return m("sheet").calibrated(found.prevalence === null ? "" : share(found.prevalence), found.precision === null ? "" : share(found.precision));
}

function accurate(heads) {
  return [
    h("p", {}, m("sheet").encoder(heads.encoder), ` · ${formatTime(heads.created_at)}`),
    h("p", { className: "muted" }, calibrated(heads)),
    Object.keys(heads.by_language).length ? byLanguage(heads) : null,
    limits(heads.behaviour),
  ].flat();
}

function limits(found) {
  const s = m("sheet");
  if (!found) return h("p", {}, s.noLimits);
  const named = (one) => ({ ...one, head: headName(one.head) });
  const worst = [
    ...found.functionality.slice(0, 5).map((one) => s.fails(named(one))),
    ...found.direction.slice(0, 4).map((one) => s.wrong(named(one))),
    ...found.invariance.slice(0, 4).map((one) => s.flips(named(one))),
  ];
  return [
    h("p", {}, s.plain(found.passed, found.asked)),
    worst.length ? h("p", {}, `${s.worst}:`) : null,
    worst.length ? h("ul", {}, worst.map((one) => h("li", {}, one))) : null,
  ];
}

/** What lies apart first; the whole table for who wants it. */
function apart(rates) {
  const s = m("sheet");
  const odd = rates.filter((one) => !one.group || (one.apart.some((name) => name === "missed" || name === "false_alarms") && !one.small));
  return h("div", {}, bias(odd), h("details", { className: "more" }, h("summary", {}, s.allGroups(rates.length)), bias(rates)));
}

function bias(rates) {
  const s = m("sheet");
  const of = (one, name) => {
    const rate = one[name];
    if (!rate.of) return "–";
    return `${share(rate.hits / rate.of)} (${share(rate.low)}–${share(rate.high)})${one.apart.includes(name) ? " *" : ""}`;
  };
  const rows = rates.map((one) =>
    row(
      one.group ? `${one.group}${one.small ? ` (${s.few})` : ""}` : `${headName(one.head)}: ${s.all.toLowerCase()}`,
      [formatValue(one.labelled.of), of(one, "labelled"), of(one, "predicted"), of(one, "missed"), of(one, "false_alarms")],
      one.group ? "of-language" : "",
    ),
  );
  return table(s.bias, [s.group, s.mentions, s.labelled, s.predicted, s.missed, s.alarms], 1, rows);
}
