// The frame around a view: title, explanation, table switch, and what it says when there is
// nothing to draw.

import { isAway } from "./api.js";
import { h, icon } from "./dom.js";
import { explain, pick, t } from "./i18n.js";
import { addressOf } from "./links.js";
import { BarsView } from "./views/bars.js";
import { StatView } from "./views/stat.js";
import { TableView } from "./views/table.js";
import { TextView } from "./views/text.js";
import { TimeSeriesView } from "./views/timeseries.js";

const VIEWS = {
  stat: StatView,
  timeseries: TimeSeriesView,
  barchart: BarsView,
  table: TableView,
  text: TextView,
};
const INFO = "M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13ZM8 7v4M8 4.7v.3";
const AWAY = "M6.500 3H3v10h10V9.500M9.500 2.500h4v4M13.500 2.500 7.500 8.500";
const GRID = "M2 3h12v10H2ZM2 6.5h12M2 9.8h12M6.5 6.5V13";

export class PanelFrame {
  constructor(panel) {
    this.panel = panel;
    this.id = panel.id;
    this.hasData = panel.hasData;
    this.tabular = false;
    this.marks = [];
    this.body = h("div", { className: "panel-body" });
    this.message = h("div", { className: "panel-message", hidden: true });
    this.build();
  }

  /** Make everything that depends on the language; data already there is drawn again. */
  build() {
    const View = VIEWS[this.panel.type] ?? TextView;
    const title = `p${this.id}-title`;
    this.view = new View(this.panel);
    this.view.mark?.(this.marks);
    this.alternative = null;
    // On a small panel it scrolls, also by keyboard.
    this.about = h("p", {
      className: "panel-about",
      id: `p${this.id}-about`,
      hidden: true,
      tabIndex: 0,
      role: "group",
      "aria-label": t("about"),
    });
    this.about.textContent = pick(this.panel.description ?? "");
    this.body.replaceChildren(this.view.element);
    const parts = [
      h(
        "header",
        {},
        h("h3", { id: title }, pick(this.panel.title)),
        h("div", { className: "panel-tools" }, this.tools()),
      ),
      this.about,
      this.body,
      this.message,
    ];
    if (this.element) {
      this.element.replaceChildren(...parts);
    } else {
      this.element = h(
        "section",
        { className: `panel ${this.panel.type}`, "aria-labelledby": title, "aria-busy": "true" },
        ...parts,
      );
      this.element.style.setProperty("--w", this.panel.gridPos.w);
      this.element.style.setProperty("--h", this.panel.gridPos.h);
    }
    this.element.dataset.query = this.panel.query;
    if (this.data) this.draw();
    else this.wait();
  }

  tools() {
    const tools = [];
    if (this.panel.type === "timeseries" || this.panel.type === "barchart") {
      this.switch = h(
        "button",
        { type: "button", className: "tool", on: { click: () => this.toggle() } },
        icon(GRID),
      );
      this.nameSwitch();
      tools.push(this.switch);
    }
    for (const link of this.panel.links ?? []) {
      const name = pick(link.title);
      const label = `${name}: ${pick(this.panel.title)}`;
      const away = h("a", { className: "tool", href: addressOf(link), title: name, "aria-label": label }, icon(AWAY));
      // The period may have changed since this was drawn.
      away.addEventListener("pointerdown", () => (away.href = addressOf(link)));
      away.addEventListener("focus", () => (away.href = addressOf(link)));
      tools.push(away);
    }
    if (this.panel.description) {
      const button = h(
        "button",
        {
          type: "button",
          className: "tool",
          title: t("about"),
          "aria-label": `${t("about")}: ${pick(this.panel.title)}`,
          "aria-expanded": "false",
          "aria-controls": `p${this.id}-about`,
        },
        icon(INFO),
      );
      button.addEventListener("click", () => {
        this.about.hidden = !this.about.hidden;
        button.setAttribute("aria-expanded", String(!this.about.hidden));
      });
      tools.push(button);
    }
    return tools;
  }

  nameSwitch() {
    const name = t(this.tabular ? "asChart" : "asTable");
    this.switch.title = name;
    this.switch.setAttribute("aria-label", `${name}: ${pick(this.panel.title)}`);
    this.switch.setAttribute("aria-pressed", String(this.tabular));
  }

  toggle() {
    this.tabular = !this.tabular;
    this.nameSwitch();
    if (this.data) this.draw();
  }

  /** Nothing is known yet: the place is kept, a shimmer says so. */
  wait() {
    this.element.setAttribute("aria-busy", "true");
    this.element.classList.remove("stale");
  }

  /** Another question was asked: what is there is old until the answer comes. */
  ask() {
    this.element.classList.add("stale");
    this.view.reset?.();
    this.alternative?.reset();
  }

  show(data) {
    const text = JSON.stringify({ ...data, took_ms: 0 });
    this.element.setAttribute("aria-busy", "false");
    this.element.classList.remove("stale");
    this.answeredAt = Date.now();
    this.element.classList.remove("failed");
    if (text === this.text && this.message.hidden) return;
    this.text = text;
    this.data = data;
    this.draw();
  }

  draw() {
    this.element.setAttribute("aria-busy", "false");
    const empty = this.view.isEmpty(this.data);
    const said = pick(this.panel.defaults.noValue ?? "");
    this.say(empty ? (said && said !== "—" ? said : t("empty")) : "");
    this.body.hidden = empty;
    if (empty) return;
    if (this.tabular) {
      this.alternative ??= new TableView(this.panel);
      this.body.replaceChildren(this.alternative.element);
      if (this.view.asTable) {
        this.view.data = this.data;
        this.alternative.update(this.view.asTable(t("time")));
      } else {
        this.alternative.update(this.data);
      }
      return;
    }
    if (!this.view.element.isConnected) this.body.replaceChildren(this.view.element);
    this.view.update(this.data);
  }

  /** What was drawn stays, marked as old; without it the reason takes its place. */
  fail(error) {
    const { what, help } = explain(error);
    this.element.setAttribute("aria-busy", "false");
    this.element.classList.remove("stale");
    this.element.classList.add("failed");
    const keeps = this.data && error.code !== "bad_request" && !this.view.isEmpty(this.data);
    this.body.hidden = !keeps;
    if (keeps && isAway(error)) {
      this.say(t("stale", Math.round((Date.now() - this.answeredAt) / 1000)));
      this.message.classList.add("note");
    } else {
      this.say(what, help);
    }
  }

  say(what, help = "") {
    this.message.classList.remove("note");
    this.message.hidden = !what;
    this.message.replaceChildren(h("p", {}, what), ...(help ? [h("p", {}, help)] : []));
  }

  /** What changed in the period, for a view that can show it. */
  mark(marks) {
    this.marks = marks;
    this.view.mark?.(marks);
  }

  /** The theme changed: what is drawn on a canvas is drawn anew. */
  repaint() {
    this.view.draw?.();
  }
}
