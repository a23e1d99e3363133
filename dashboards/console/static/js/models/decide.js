// The dialogs in which somebody puts a model in force: the gate's answer, a reason, and a second look.

import { h } from "../dom.js";
import { gate, jobBar, nameOf } from "./parts.js";
import { m } from "./words.js";

/**
 * Ask about a promotion. `state` tells how things stand now, `ask` begins a comparison, `cancel` ends
 * it, `send` does it and returns what went wrong, or nothing. Returns what draws the dialog anew.
 */
export function decidePromotion(version, { state, ask, cancel, send }) {
  const before = state().current;
  let job = null; // drawn once: its button must not lose the focus at every step
  return open(m("promoteTitle", nameOf(version), before && nameOf(before)), {
    ready: () => {
      if (!before) return { parts: [h("p", {}, m("first"))], posted: {}, isAllowed: true };
      const { running, comparisons } = state();
      const made = comparisons.find((one) => one.a === before && one.b === version && one.state !== "cancelled");
      if (running) {
        const isThis = running.a === before && running.b === version;
        if (job?.id !== running.id) {
          const bar = jobBar(running, cancel);
          job = { id: running.id, bar, parts: isThis ? [bar] : [h("p", {}, m("busy")), bar] };
        }
        Object.assign(job.bar.querySelector("progress"), { max: running.of, value: running.done });
        return { parts: job.parts, isAllowed: false };
      }
      if (!made) {
        const button = h("button", { type: "button", className: "quiet strong", on: { click: () => ask(before, version) } }, m("askGate"));
        return { parts: [h("p", {}, m("notAsked")), h("div", {}, button)], isAllowed: false };
      }
      return { parts: [gate(made)], posted: { comparison: made.id }, isAllowed: Boolean(made.passed), mayForce: !made.passed };
    },
    confirm: m("confirmPromote", nameOf(version)),
    yes: m("yesPromote"),
    send: (posted) => send({ version, instead_of: before, ...posted }),
  });
}

/** Ask about going back to the model before. */
export function decideRollBack({ state, send }) {
  const { current, before } = state();
  return open(m("rollBackTitle", nameOf(before), nameOf(current)), {
    ready: () => ({ parts: [], posted: {}, isAllowed: true }),
    confirm: m("confirmRollBack", nameOf(before)),
    yes: m("yesRollBack"),
    send: ({ reason }) => send({ to: before, instead_of: current, reason }),
  });
}

function open(title, { ready, confirm, yes, send }) {
  const reason = h("textarea", { id: "decide-reason", rows: 3, maxLength: 1_000, required: true });
  const force = h("input", { type: "checkbox", id: "decide-force" });
  const about = h("div", { className: "sheet" });
  const forced = h("label", { className: "check" }, force, h("span", {}, m("force")));
  const why = h("div", {}, h("label", { for: "decide-reason" }, m("why")), reason);
  const sure = h("p", { role: "alert" });
  const fault = h("p", { className: "fault", role: "alert" });
  const back = h("button", { type: "button", className: "quiet" });
  const next = h("button", { type: "submit", className: "quiet strong" });
  const form = h("form", { noValidate: false }, h("h2", { id: "decide-title" }, title), about, forced, why, sure, fault, h("div", { className: "row-actions" }, back, next));
  const dialog = h("dialog", { className: "decide", "aria-labelledby": "decide-title" }, form);
  let isSure = false;
  let isSending = false;
  let now = {};

  const draw = () => {
    now = ready();
    const parts = now.parts.filter(Boolean);
    if (parts.length !== about.children.length || parts.some((one, index) => one !== about.children[index])) about.replaceChildren(...parts);
    forced.hidden = !now.mayForce || isSure;
    const mayGoOn = now.isAllowed || (now.mayForce && force.checked);
    why.hidden = isSure || !(now.isAllowed || now.mayForce);
    reason.disabled = why.hidden;
    sure.textContent = isSure ? confirm : "";
    back.textContent = m(isSure ? "back" : "close");
    next.textContent = isSure ? yes : m("goOn");
    next.hidden = !now.isAllowed && !now.mayForce;
    next.disabled = !mayGoOn || isSending;
  };
  force.addEventListener("change", draw);
  back.addEventListener("click", () => {
    if (!isSure) return dialog.close();
    isSure = false;
    draw();
    reason.focus();
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!reason.value.trim()) return;
    if (!isSure) {
      isSure = true;
      fault.textContent = "";
      draw();
      next.focus();
      return;
    }
    isSending = true;
    draw();
    const wrong = await send({ reason: reason.value.trim(), ...now.posted, ...(now.mayForce ? { force: force.checked } : {}) });
    isSending = false;
    if (!wrong) return dialog.close();
    isSure = false;
    fault.textContent = wrong;
    draw();
  });
  const decided = { draw, isOpen: true };
  dialog.addEventListener("close", () => {
    decided.isOpen = false;
    dialog.remove();
  });
  draw();
  document.body.append(dialog);
  dialog.showModal();
  return decided;
}
