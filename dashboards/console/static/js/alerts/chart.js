// A small chart of an alert: people by 20 minutes as bars, what is usual as a line (uPlot, a global).

import { h } from "../dom.js";
import { formatAxisTime, formatTick, formatTime, formatValue } from "../format.js";
import { a } from "./words.js";

const STRETCH_SEC = 1_200;
const drawn = new Set();
const seen = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) if (isIntersecting) target.chart?.draw();
});

/** The chart as an element; it draws itself once it is in sight. */
export function chart(item) {
  if (!item.counted.length) return h("p", { className: "muted" }, a("noChart"));
  return new Chart(item).element;
}

/** Let go of the charts that are no longer on the page. */
export function sweep() {
  for (const one of drawn) {
    if (one.element.isConnected) continue;
    one.plot?.destroy();
    one.resized.disconnect();
    seen.unobserve(one.element);
    drawn.delete(one);
  }
}

/** Draw anew, in the colours of another theme. */
export function redraw() {
  for (const one of drawn) {
    one.plot?.destroy();
    one.plot = null;
    one.draw();
  }
}

class Chart {
  constructor(item) {
    this.item = item;
    const sums = item.counted.reduce(([k, m], [, heard, usual]) => [k + heard, m + usual], [0, 0]);
    this.canvas = h("div", {
      className: "chart",
      role: "img",
      "aria-label": a("chart", item.series, sums[0], formatValue(sums[1], { decimals: 1 })),
    });
    this.tip = h("div", { className: "tip", hidden: true });
    const key = (name, words) => h("li", {}, h("span", { className: `swatch ${name}` }), words);
    const legend = h("ul", { className: "legend" }, key("heard", a("heard")), key("usual", a("usualLine")), key("since", a("since")));
    this.element = h("div", { className: "alert-chart" }, this.canvas, legend);
    this.element.chart = this;
    this.resized = new ResizeObserver(() => this.plot?.setSize(this.size()));
    this.resized.observe(this.canvas);
    seen.observe(this.element);
    drawn.add(this);
  }

  size() {
    return { width: this.canvas.clientWidth, height: this.canvas.clientHeight };
  }

  draw() {
    const { width, height } = this.size();
    if (this.plot || width < 40) return;
    const [times, heard, usual] = [0, 1, 2].map((column) => this.item.counted.map((row) => row[column]));
    const colors = Object.fromEntries(["heard", "usual", "rest"].map((name) => [name, colorOf(this.canvas, name)]));
    const line = { stroke: colors.rest.line, width: 1 };
    const axis = { stroke: colors.rest.ink, font: "12px Inter, system-ui, sans-serif" };
    const end = times.at(-1) + STRETCH_SEC;
    this.plot = new uPlot(
      {
        width,
        height,
        padding: [8, 16, 0, 0],
        legend: { show: false },
        cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
        scales: { x: { time: true, range: [times[0], end] }, y: { range: (_, __, most) => [0, Math.max(most * 1.1, 1)] } },
        axes: [
          { ...axis, space: 60, size: 28, grid: { show: false }, ticks: { ...line, size: 4 }, values: (_, splits) => splits.map((at) => formatAxisTime(at * 1000, (end - times[0]) * 1000)) },
          { ...axis, size: 34, space: 30, grid: line, ticks: { show: false }, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 1e4, 1e5], values: (_, splits) => splits.map((value) => formatTick(value)) },
        ],
        series: [
          {},
          { fill: colors.heard.ink, width: 0, points: { show: false }, paths: uPlot.paths.bars({ size: [0.86, 60], align: 1 }) },
          { stroke: colors.usual.ink, width: 2, points: { show: false }, paths: uPlot.paths.stepped({ align: 1 }) },
        ],
        hooks: { setCursor: [(plot) => this.point(plot)], draw: [(plot) => this.markSince(plot, colors.rest.ink)] },
      },
      [times, heard, usual],
      this.canvas,
    );
    this.plot.over.append(this.tip);
  }

  markSince({ ctx, bbox, valToPos }, color) {
    const x = Math.round(valToPos(this.item.since / 1000, "x", true));
    if (x < bbox.left || x > bbox.left + bbox.width) return;
    ctx.save();
    ctx.strokeStyle = color;
    ctx.lineWidth = devicePixelRatio;
    ctx.setLineDash([4 * devicePixelRatio, 3 * devicePixelRatio]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.restore();
  }

  point(plot) {
    const { idx, left } = plot.cursor;
    this.tip.hidden = idx === null || idx === undefined || left < 0;
    if (this.tip.hidden) return;
    const [at, heard, usual] = this.item.counted[idx];
    const row = (name, words, value) => h("div", {}, h("span", { className: `swatch ${name}` }), h("span", {}, words), h("b", {}, value));
    this.tip.replaceChildren(
      h("p", {}, formatTime(at * 1000)),
      row("heard", a("heard"), String(heard)),
      row("usual", a("usualLine"), formatValue(usual, { decimals: 2 })),
    );
    const room = plot.over.clientWidth - this.tip.offsetWidth - 12;
    this.tip.style.left = `${left + 12 > room ? Math.max(left - this.tip.offsetWidth - 12, 0) : left + 12}px`;
  }
}

/** Colours of the theme as a canvas takes them. */
function colorOf(element, name) {
  const probe = h("i", { className: `probe ${name}` });
  element.append(probe);
  const style = getComputedStyle(probe);
  const colors = { ink: style.color, line: style.borderTopColor };
  probe.remove();
  return colors;
}
