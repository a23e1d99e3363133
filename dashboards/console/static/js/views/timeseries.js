// Lines over time, or stacked bars, drawn by uPlot (a global: it is a classic script).

import { h } from "../dom.js";
import { fieldOf } from "../fields.js";
import { formatAxisTime, formatTick, formatTime, formatValue } from "../format.js";
import { pick } from "../i18n.js";
import { legend } from "./legend.js";

export class TimeSeriesView {
  constructor(panel) {
    this.panel = panel;
    this.stacked = panel.defaults.custom?.stacking?.mode === "normal";
    this.bars = panel.defaults.custom?.drawStyle === "bars";
    this.marks = [];
    this.canvas = h("div", { className: "chart" });
    this.legend = h("div");
    this.tip = h("div", { className: "tip", hidden: true });
    this.element = h("div", { className: "chart-view" }, this.canvas, this.legend);
    this.observer = new ResizeObserver(() => this.fit());
    this.observer.observe(this.canvas);
  }

  isEmpty(data) {
    return data.series.every((series) => series.values.every((value) => !value));
  }

  update(data) {
    this.data = data;
    this.fields = data.series.map((series) => fieldOf(this.panel, series.name));
    this.legend.replaceChildren(legend(this.fields));
    const shape = JSON.stringify([this.fields, data.interval_ms]);
    if (this.plot && shape === this.shape) {
      this.plot.setData(this.columns());
      this.plot.setScale("x", { min: data.from / 1000, max: data.to / 1000 });
    } else {
      this.shape = shape;
      this.draw();
    }
  }

  /** Moments to draw over the lines: time, text and colour of each. */
  mark(marks) {
    this.marks = marks;
    this.plot?.redraw(false);
  }

  /** Draw from nothing: for other series, another theme, another language. */
  draw() {
    if (!this.data) return;
    this.plot?.destroy();
    this.plot = null;
    const { width, height } = this.size();
    if (width < 40 || height < 40) return; // not laid out yet; the observer comes back
    this.plot = new uPlot(this.options(width, height), this.columns(), this.canvas);
    this.plot.over.append(this.tip);
  }

  fit() {
    const { width, height } = this.size();
    if (!this.plot) this.draw();
    else if (width > 40 && height > 40) this.plot.setSize({ width, height });
  }

  size() {
    return { width: this.canvas.clientWidth, height: this.canvas.clientHeight };
  }

  /** Times in seconds and the values; stacked ones added up, the tallest first. */
  columns() {
    const times = this.data.times.map((ms) => ms / 1000);
    const values = this.data.series.map((series) => series.values);
    if (!this.stacked) return [times, ...values];
    const below = times.map(() => 0);
    const sums = values.map((points) =>
      points.map((point, index) => (below[index] += point ?? 0)),
    );
    return [times, ...sums.reverse()];
  }

  options(width, height) {
    const colors = themeColors(this.canvas);
    const order = this.stacked ? [...this.fields].reverse() : this.fields;
    const unit = this.panel.defaults.unit;
    const axis = { stroke: colors.muted, font: "12px Inter, system-ui, sans-serif" };
    const line = { stroke: colors.line, width: 1 };
    return {
      width,
      height,
      padding: [10, 8, 0, 0],
      legend: { show: false },
      cursor: { y: false, points: { size: 7 }, drag: { x: false, y: false } },
      scales: {
        x: { time: true, range: () => [this.data.from / 1000, this.data.to / 1000] },
        y: { range: (_, __, most) => [0, most > 0 ? most * 1.08 : 1] },
      },
      axes: [
        {
          ...axis,
          space: 74,
          size: 30,
          grid: { show: false },
          ticks: { ...line, size: 4 },
          values: (_, splits) => this.axisTimes(splits),
        },
        {
          ...axis,
          size: 48,
          space: 36,
          grid: line,
          ticks: { show: false },
          border: { show: false },
          incrs: unit === "s" || unit === "percentunit" || this.panel.defaults.decimals ? undefined : [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6, 1e7, 1e8, 1e9],
          values: (_, splits) => splits.map((value) => formatTick(value, unit)),
        },
      ],
      series: [{}, ...order.map((field) => this.seriesOptions(field))],
      hooks: { setCursor: [(plot) => this.point(plot)], draw: [(plot) => this.drawMarks(plot)] },
    };
  }

  axisTimes(splits) {
    const span = this.data.to - this.data.from;
    const texts = splits.map((seconds) => formatAxisTime(seconds * 1000, span));
    return texts.map((text, index) => (text === texts[index - 1] ? "" : text)); // one a day
  }

  seriesOptions(field) {
    if (!this.bars) {
      return { stroke: field.color, width: 2, points: { show: false }, spanGaps: true };
    }
    const slots = (this.data.to - this.data.from) / bucketMs(this.data);
    const room = (this.size().width - 60) / slots;
    const wide = Math.max(room > 4 ? room - 1.5 : room, 1);
    return {
      fill: field.color,
      stroke: field.color,
      width: 0,
      points: { show: false },
      paths: uPlot.paths.bars({ size: [1, wide, 1], align: 1 }),
    };
  }

  drawMarks({ ctx, bbox, valToPos }) {
    ctx.save();
    ctx.lineWidth = devicePixelRatio;
    ctx.setLineDash([4 * devicePixelRatio, 3 * devicePixelRatio]);
    for (const { time, color } of this.marks) {
      if (time < this.data.from || time > this.data.to) continue;
      const x = Math.round(valToPos(time / 1000, "x", true));
      ctx.strokeStyle = color;
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
    }
    ctx.restore();
  }

  /** What changed within a few pixels of the cursor. */
  marksAt(plot) {
    return this.marks.filter(
      ({ time }) => Math.abs(plot.valToPos(time / 1000, "x") - plot.cursor.left) < 8,
    );
  }

  point(plot) {
    const index = plot.cursor.idx;
    if (index === null || index === undefined || plot.cursor.left < 0) {
      this.tip.hidden = true;
      return;
    }
    this.tip.replaceChildren(
      h("p", {}, formatTime(this.data.times[index])),
      ...this.data.series.map((series, position) => {
        const field = this.fields[position];
        const swatch = h("span", { className: "swatch" });
        swatch.style.backgroundColor = field.color;
        const value = formatValue(series.values[index], field);
        return h("div", {}, swatch, h("span", {}, field.name), h("b", {}, value));
      }),
      ...this.marksAt(plot).map(({ time, text }) => h("p", {}, `${formatTime(time)} ${pick(text)}`)),
    );
    this.tip.hidden = false;
    const room = plot.over.clientWidth - this.tip.offsetWidth - 12;
    const left = plot.cursor.left + 12;
    this.tip.style.left = `${left > room ? Math.max(left - this.tip.offsetWidth - 24, 0) : left}px`;
  }

  /** The same numbers as the rows of a table. */
  asTable(timeName) {
    return {
      columns: [
        { name: timeName, kind: "time" },
        ...this.data.series.map((series) => ({ name: series.name, kind: "number" })),
      ],
      rows: this.data.times
        .map((time, index) => [time, ...this.data.series.map((series) => series.values[index])])
        .reverse(),
    };
  }
}

/** How wide a bucket really is: the query may make it wider than what was proposed. */
function bucketMs({ times, interval_ms: proposed }) {
  const gaps = times.slice(1).map((time, index) => time - times[index]);
  return gaps.length ? Math.min(...gaps) : proposed;
}

/** Colours of the theme as a canvas takes them. */
function themeColors(element) {
  const probe = h("i", { className: "probe" });
  element.append(probe);
  const style = getComputedStyle(probe);
  const colors = { muted: style.color, line: style.borderTopColor };
  probe.remove();
  return colors;
}
