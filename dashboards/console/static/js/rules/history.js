// Every set of rules that was ever published: who, when, why, and what it changed.

import { h } from "../dom.js";
import { diffView } from "./diff_view.js";
import { version } from "./api.js";
import { moment, r, told } from "./words.js";

const texts = new Map(); // by number: what was published stays as it is

/** The text of a version; that of number 0 is the one a release brings along. */
export async function textOf(number) {
  if (!texts.has(number)) texts.set(number, (await version(number)).listening);
  return texts.get(number);
}

/** The list; `onTake` gets number and text of the one to take into the editor. */
export function historyView(versions, { onTake, canEdit }) {
  if (!versions.length) return h("p", { className: "muted" }, r("noHistory"));
  return h("ol", { className: "versions" }, versions.map((one, at) => item(one, versions[at + 1]?.sequence ?? 0, at === 0, { onTake, canEdit })));
}

function item(one, before, isCurrent, { onTake, canEdit }) {
  const place = h("div", { className: "version-diff", hidden: true });
  const button = (name, onClick, expands) => {
    const element = h("button", { type: "button", className: "quiet", "aria-expanded": expands ? "false" : null }, name);
    element.addEventListener("click", async () => {
      try {
        await onClick(element);
      } catch (error) {
        const { what, help } = told(error);
        place.hidden = false;
        place.replaceChildren(h("p", { role: "alert" }, `${what} ${help}`));
      }
    });
    return element;
  };
  const compare = async (element) => {
    const open = element.getAttribute("aria-expanded") === "true";
    element.setAttribute("aria-expanded", String(!open));
    place.hidden = open;
    if (open) return;
    const [old, now] = await Promise.all([textOf(before), textOf(one.sequence)]);
    const from = before ? before : r("bundledNumber");
    place.replaceChildren(h("p", { className: "muted" }, r("compare", from, one.sequence)), diffView(old, now));
  };
  return h(
    "li",
    { className: "version", data: { number: one.sequence } },
    h(
      "div",
      { className: "version-head" },
      h("strong", {}, r("number", one.sequence)),
      isCurrent ? h("span", { className: "badge" }, r("current")) : null,
      h("span", { className: "muted" }, `${one.applied_by} · ${moment(one.applied_at)}`),
    ),
    one.reason ? h("p", { className: "version-reason" }, one.reason) : null,
    h(
      "div",
      { className: "version-actions" },
      button(r("whatChanged"), compare, true),
      canEdit ? button(r("intoEditor"), async () => onTake(one.sequence, await textOf(one.sequence))) : null,
    ),
    place,
  );
}
