// The dialog that puts a draft in force: what changes, what that does, and why.

import { h } from "../dom.js";
import { publish } from "./api.js";
import { diffView } from "./diff_view.js";
import { effectsSum } from "./effects.js";
import { count, r, told } from "./words.js";

/**
 * Ask and publish. `draft` has text, base (the number it was begun from), baseText and preview;
 * `calls` are preview(), published(rules, fate), rebased(theirs) and taken(theirs), and who(), which
 * resolves to the name of whoever publishes.
 */
export class PublishDialog {
  constructor(draft, limits, calls) {
    this.draft = draft;
    this.limits = limits;
    this.calls = calls;
    this.element = h("dialog", { className: "publish", "aria-labelledby": "publish-title" });
    this.element.addEventListener("close", () => this.element.remove());
    document.body.append(this.element);
    this.ask();
    this.element.showModal();
  }

  ask(note = null) {
    const { text, baseText, preview } = this.draft;
    const reason = h("textarea", {
      id: "reason",
      rows: 2,
      required: true,
      maxLength: this.limits.reason,
      value: this.reason ?? "",
      "aria-describedby": "reason-help",
    });
    reason.addEventListener("input", () => (this.reason = reason.value));
    const without = h("input", { type: "checkbox", id: "without", required: true });
    const fate = h("p", { className: "fate", role: "status" });
    const submit = h("button", { type: "submit", className: "quiet strong" }, r("publishNow"));
    const form = h(
      "form",
      { noValidate: true },
      note,
      h("h3", {}, r("changes")),
      diffView(baseText, text),
      h("h3", {}, r("effect")),
      preview
        ? h("p", { id: "effect-sum" }, effectsSum(preview))
        : h(
            "div",
            { className: "no-preview" },
            h("p", {}, r("noPreview")),
            this.button(r("preview"), () => {
              this.element.close();
              this.calls.preview();
            }),
            h("label", { className: "check" }, without, h("span", {}, r("without"))),
          ),
      h("label", { for: "reason", className: "reason-label" }, r("reason")),
      reason,
      h("p", { className: "muted", id: "reason-help" }, r("reasonHelp")),
      h("div", { className: "dialog-actions" }, submit, this.button(r("cancel"), () => this.element.close())),
      fate,
    );
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      reason.setCustomValidity(reason.value.trim() ? "" : r("reasonMissing"));
      if (!form.reportValidity()) return;
      submit.disabled = true;
      fate.textContent = r("publishing");
      await this.send(reason.value.trim(), fate);
      submit.disabled = false;
    });
    reason.addEventListener("input", () => reason.setCustomValidity(""));
    this.show(form);
    reason.focus();
  }

  async send(reason, fate) {
    const made_by = await this.calls.who();
    if (!made_by) {
      fate.textContent = "";
      return;
    }
    const { text, base } = this.draft;
    try {
      const done = await publish({ listening: text, expected_sequence: base, reason, made_by });
      this.tell(done);
      this.calls.published(done.in_force, done.fate);
    } catch (error) {
      if (error.code === "changed_meanwhile" && error.item) {
        this.conflict(error.item);
        return;
      }
      const { what, help } = told(error);
      fate.textContent = `${what} ${help}`;
    }
  }

  tell({ fate, in_force }) {
    const close = this.button(r("close"), () => this.element.close(), "quiet strong");
    if (fate === "unchanged") {
      this.show(h("p", { role: "status" }, r("unchangedFate")), close);
      close.focus();
      return;
    }
    this.show(
      h("p", { role: "status", id: "published" }, h("strong", {}, r("published", count(in_force.sequence)))),
      h("p", {}, r("publishedHelp")),
      h("p", {}, h("code", {}, "escucha rules backfill --days 30")),
      close,
    );
    close.focus();
  }

  /** Somebody else was first: show what they did, and let go or go on. */
  conflict(theirs) {
    const keep = this.button(r("keepMine"), () => {
      this.draft = { ...this.draft, base: theirs.sequence, baseText: theirs.listening, preview: null };
      this.calls.rebased(theirs);
      this.ask(h("p", { className: "warn" }, r("keptMine")));
    }, "quiet strong");
    const take = this.button(r("takeTheirs"), () => {
      this.calls.taken(theirs);
      this.element.close();
    });
    this.show(
      h("p", { role: "alert" }, h("strong", {}, r("conflict", theirs.applied_by, theirs.sequence))),
      theirs.reason ? h("p", {}, r("conflictReason", theirs.reason)) : null,
      h("p", {}, r("conflictHelp")),
      diffView(this.draft.baseText, theirs.listening),
      h("div", { className: "dialog-actions" }, keep, take, this.button(r("cancel"), () => this.element.close())),
    );
    keep.focus();
  }

  show(...parts) {
    this.element.replaceChildren(h("h2", { id: "publish-title" }, r("publishTitle")), ...parts.filter(Boolean));
  }

  button(name, onClick, className = "quiet") {
    return h("button", { type: "button", className, on: { click: onClick } }, name);
  }
}
