// Period, filters and refreshing: native elements, so that keyboards and screen readers work.

import { h, icon } from "./dom.js";
import { pick, t } from "./i18n.js";
import { ranges } from "./state.js";

const PAUSE = "M5 3v10M11 3v10";
const PLAY = "M4.5 2.5v11l9-5.5Z";
const RELOAD = "M13.5 8a5.5 5.5 0 1 1-1.7-4M13.5 1.5V4.500h-3";

export class Controls {
  constructor(form, { onQuestion, onRefresh, onPause, onReload }) {
    this.form = form;
    this.calls = { onQuestion, onRefresh, onPause, onReload };
    form.addEventListener("submit", (event) => event.preventDefault());
    document.addEventListener("pointerdown", (event) => this.closeMenus(event.target));
    form.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      const menu = event.target.closest("details");
      this.closeMenus(null);
      menu?.querySelector("summary").focus();
    });
  }

  build(board, state, variables, paused) {
    this.state = state;
    this.filters = h("div", { className: "control-group" });
    this.fill(variables);
    this.form.replaceChildren(
      h("div", { className: "control-group" }, this.period(state)),
      this.filters,
      h("div", { className: "control-group end" }, this.interval(board, state), this.buttons(paused)),
    );
  }

  /** Put the values there are to choose from into their menus. */
  fill(variables) {
    const open = this.filters.querySelector("details[open]")?.dataset.name;
    if (open) return; // not under somebody's fingers
    this.filters.replaceChildren(...variables.map((variable) => this.menu(variable)));
  }

  period(state) {
    const options = ranges.map((from) => [from, t("ranges")[from]]);
    if (state.to !== "now" || !ranges.includes(state.from)) options.unshift(["", t("custom")]);
    const known = state.to === "now" && ranges.includes(state.from) ? state.from : "";
    return choice("range", t("range"), options, known, (value) => {
      if (!value) return;
      Object.assign(state, { from: value, to: "now" });
      this.calls.onQuestion();
    });
  }

  interval(board, state) {
    const intervals = new Set(["", state.refresh, ...board.intervals]);
    const options = [...intervals].map((value) => [value, value || t("off")]);
    return choice("refresh", t("refresh"), options, state.refresh, (value) => {
      state.refresh = value;
      this.calls.onRefresh();
    });
  }

  buttons(paused) {
    this.pauseButton = h("button", { type: "button", className: "button", id: "pause" });
    this.pauseButton.addEventListener("click", () => this.calls.onPause());
    this.showPaused(paused);
    const name = t("reload");
    const attributes = { type: "button", className: "button", title: name, "aria-label": name };
    const reload = h("button", attributes, icon(RELOAD));
    reload.addEventListener("click", () => this.calls.onReload());
    return [this.pauseButton, reload];
  }

  showPaused(paused) {
    const name = t(paused ? "resume" : "pause");
    this.pauseButton.replaceChildren(icon(paused ? PLAY : PAUSE));
    this.pauseButton.title = name;
    this.pauseButton.setAttribute("aria-label", name);
    this.pauseButton.setAttribute("aria-pressed", String(paused));
  }

  menu(variable) {
    const chosen = new Set(this.state.values.get(variable.name) ?? []);
    // A value of the address that the data no longer has stays visible, to be taken out.
    const options = [...new Set([...variable.options, ...chosen])];
    const summary = h("span", { className: "menu-value" });
    const say = () => {
      const [only] = chosen;
      summary.textContent =
        chosen.size === 0 ? t("all") : chosen.size === 1 ? only : t("chosen", chosen.size);
      menu.classList.toggle("active", chosen.size > 0);
    };
    const changed = () => {
      if (chosen.size) this.state.values.set(variable.name, [...chosen]);
      else this.state.values.delete(variable.name);
      say();
      this.calls.onQuestion();
    };
    const boxes = options.map((value) => {
      const box = h("input", { type: "checkbox", checked: chosen.has(value), value });
      box.addEventListener("change", () => {
        if (box.checked) chosen.add(value);
        else chosen.delete(value);
        changed();
      });
      return h("label", {}, box, h("span", {}, value));
    });
    const clear = h("button", { type: "button", className: "clear" }, t("clear"));
    clear.addEventListener("click", () => {
      chosen.clear();
      for (const box of menu.querySelectorAll("input")) box.checked = false;
      changed();
    });
    const label = pick(variable.label);
    const menu = h(
      "details",
      { className: "menu", data: { name: variable.name } },
      h("summary", {}, h("span", { className: "menu-label" }, label), summary),
      h(
        "div",
        { className: "menu-list", role: "group", "aria-label": label },
        boxes.length ? [clear, ...boxes] : h("p", { className: "muted" }, t("nothingToChoose")),
      ),
    );
    say();
    return menu;
  }

  closeMenus(target) {
    for (const menu of this.form.querySelectorAll("details[open]")) {
      if (!menu.contains(target)) menu.open = false;
    }
  }
}

function choice(id, label, options, value, onChange) {
  const select = h("select", { id });
  select.append(...options.map(([key, text]) => h("option", { value: key }, text)));
  select.value = value;
  select.addEventListener("change", () => onChange(select.value));
  return h("label", { className: "choice", for: id }, h("span", {}, label), select);
}
