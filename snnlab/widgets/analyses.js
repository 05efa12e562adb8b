// The analyses below the live figures: histograms of weights, phase portraits, power spectra.

import { element } from "./page.js";
import { Frame, ticksBetween } from "./paint.js";
import { saveAs } from "./save.js";

const LABEL_FONT = "11px system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif";
const DECADE_TICKS = [1, 2, 5]; // labelled on a logarithmic axis

/** All analyses of a dashboard; `send` takes messages to the kernel. */
export class Analyses {
  constructor(send) {
    this.send = send;
    this.root = element("div", { class: "snn-analyses", "aria-label": "analyses" });
    this.shown = new Map(); // by number
    this.newest = {}; // arrays of the last frame that had any
  }

  /** Show these analyses and no others. */
  setUp(described) {
    const before = this.shown;
    this.shown = new Map(described.map((about) => [about.number, before.get(about.number) ?? new AnalysisFigure(about, this.send)]));
    this.root.replaceChildren(...[...this.shown.values()].map((figure) => figure.root));
    for (const [number, figure] of before) if (!this.shown.has(number)) figure.close();
    this.paint();
  }

  /** Keep the numbers of a frame; most frames have none. */
  take(arrays) {
    if (!Object.keys(arrays).some((name) => name.startsWith("analysis-"))) return;
    this.newest = arrays;
    this.changed = true;
  }

  setTheme(theme) {
    this.theme = theme;
    for (const figure of this.shown.values()) figure.setTheme(theme);
  }

  /** Paint what is new. */
  paint() {
    if (!this.theme) return;
    this.changed = false;
    for (const [number, figure] of this.shown) {
      const [x, y] = ["x", "y"].map((axis) => this.newest[`analysis-${number}-${axis}`]?.data);
      if (x) figure.show(x, y);
      figure.setTheme(this.theme);
    }
  }
}

/** One analysis: title, buttons and a canvas of its own. */
class AnalysisFigure {
  constructor(about, send) {
    Object.assign(this, { about, x: [], y: [] });
    this.canvas = element("canvas", { role: "img", "aria-label": about.title });
    this.readout = element("div", { class: "snn-readout", hidden: true });
    const button = (text, label, act) => {
      const made = element("button", { type: "button", title: label, "aria-label": label }, text);
      made.addEventListener("click", act);
      return made;
    };
    this.root = element(
      "figure",
      { class: "snn-analysis", "data-kind": about.kind },
      element(
        "figcaption",
        {},
        element("span", { title: about.title }, about.title),
        button("PNG", `Save ${about.title} as PNG`, () => this.canvas.toBlob((blob) => saveAs(`${about.kind}.png`, blob))),
        button("CSV", `Save ${about.title} as CSV`, () => saveAs(`${about.kind}.csv`, new Blob([this.table()], { type: "text/csv" }))),
        button("×", `Take away ${about.title}`, () => send({ type: "unanalyse", number: about.number })),
      ),
      element("div", { class: "snn-analysis-plot" }, this.canvas, this.readout),
    );
    this.canvas.addEventListener("pointermove", (event) => this.read(event.offsetX, event.offsetY));
    this.canvas.addEventListener("pointerleave", () => (this.readout.hidden = true));
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(this.canvas);
  }

  close() {
    this.observer.disconnect();
  }

  show(x, y) {
    this.x = x;
    this.y = y;
  }

  setTheme(theme) {
    this.theme = theme;
    this.draw();
  }

  get logarithmic() {
    return this.about.kind === "spectrum";
  }

  /** What is shown, one line a point or a bin. */
  table() {
    const { kind, x, y } = this.about;
    const head = ({ name, unit }) => (unit ? `"${name} (${unit})"` : name);
    const [first, rows] =
      kind === "weights"
        ? [`${head({ ...x, name: "weight from" })},${head({ ...x, name: "weight to" })}`, [...this.y].map((count, i) => [this.x[i], this.x[i + 1], count])]
        : [head(x), [...this.y].map((value, i) => [this.x[i], value])];
    return `${[`${first},${head(y)}`, ...rows.map((row) => row.join(","))].join("\n")}\n`;
  }

  draw() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (!this.theme || !width) return;
    const ratio = globalThis.devicePixelRatio || 1;
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    const context = this.canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.fillStyle = this.theme.ground; // a saved picture needs one, too
    context.fillRect(0, 0, width, height);
    context.font = LABEL_FONT;
    if (!this.y.length) {
      this.frame = undefined;
      context.fillStyle = this.theme.muted;
      context.textAlign = "center";
      context.fillText("nothing to show yet", width / 2, height / 2);
      return;
    }
    const across = this.across();
    const up = this.up();
    const xTicks = this.logarithmic ? decadeTicks(...across) : ticksBetween(...across);
    const yTicks = ticksBetween(...up);
    const left = 28 + Math.max(...yTicks.map(({ label }) => context.measureText(label).width));
    this.frame = new Frame(left, 8, width - left - 14, height - 50, across, up);
    this.paintAxes(context, xTicks, yTicks);
    context.fillStyle = context.strokeStyle = this.theme.dark ? this.about.colour.dark : this.about.colour.light;
    this.frame.within(context, () => this.paintValues(context));
  }

  /** Where a value of the horizontal axis lies on it. */
  along(value) {
    return this.logarithmic ? Math.log10(value) : value;
  }

  across() {
    const [low, high] = extremes(this.x).map((value) => this.along(value));
    const margin = this.about.kind === "phase" ? 0.05 * (high - low) || 0.5 : 0;
    return [low - margin, high + margin];
  }

  up() {
    const [low, high] = extremes(this.y);
    if (this.about.kind !== "phase") return [0, 1.08 * high || 1];
    const margin = 0.05 * (high - low) || 0.5;
    return [low - margin, high + margin];
  }

  paintAxes(context, xTicks, yTicks) {
    const { frame, theme, about } = this;
    const bottom = frame.top + frame.height;
    const name = ({ name, unit }) => (unit ? `${name} (${unit})` : name);
    context.strokeStyle = theme.line;
    context.lineWidth = 1;
    context.beginPath();
    for (const { at } of xTicks) {
      context.moveTo(Math.round(frame.x(at)) + 0.5, frame.top);
      context.lineTo(Math.round(frame.x(at)) + 0.5, bottom + 4);
    }
    for (const { at } of yTicks) {
      context.moveTo(frame.left - 4, Math.round(frame.y(at)) + 0.5);
      context.lineTo(frame.left + frame.width, Math.round(frame.y(at)) + 0.5);
    }
    context.globalAlpha = 0.5;
    context.stroke();
    context.globalAlpha = 1;
    context.strokeRect(Math.round(frame.left) + 0.5, Math.round(frame.top) + 0.5, Math.round(frame.width), Math.round(frame.height));
    context.fillStyle = theme.muted;
    context.textAlign = "center";
    context.textBaseline = "top";
    for (const { at, label } of xTicks) context.fillText(label, frame.x(at), bottom + 8);
    context.textAlign = "right";
    context.textBaseline = "middle";
    for (const { at, label } of yTicks) context.fillText(label, frame.left - 7, frame.y(at));
    context.fillStyle = theme.text;
    context.textAlign = "center";
    context.fillText(name(about.x), frame.left + frame.width / 2, bottom + 32);
    context.save();
    context.translate(9, frame.top + frame.height / 2);
    context.rotate(-Math.PI / 2);
    context.fillText(name(about.y), 0, 0);
    context.restore();
  }

  paintValues(context) {
    const { frame, x, y } = this;
    switch (this.about.kind) {
      case "weights":
        y.forEach((count, i) => {
          const start = frame.x(x[i]);
          const height = count ? Math.max(1, frame.y(0) - frame.y(count)) : 0; // a single synapse can be seen
          context.fillRect(start, frame.y(0) - height, Math.max(1, frame.x(x[i + 1]) - start - 0.5), height);
        });
        break;
      case "phase": {
        context.globalAlpha = 0.6;
        y.forEach((value, i) => context.fillRect(frame.x(x[i]) - 1, frame.y(value) - 1, 2, 2));
        context.globalAlpha = 1;
        const last = y.length - 1; // where the neuron is now
        context.beginPath();
        context.arc(frame.x(x[last]), frame.y(y[last]), 4, 0, 2 * Math.PI);
        context.fill();
        break;
      }
      case "spectrum":
        context.lineWidth = 1.5;
        context.beginPath();
        y.forEach((value, i) => context.lineTo(frame.x(this.along(x[i])), frame.y(value)));
        context.stroke();
    }
  }

  /** Write beside the pointer what lies under it. */
  read(left, top) {
    this.readout.hidden = !this.frame?.contains(left, top);
    if (this.readout.hidden) return;
    this.readout.textContent = this.valueUnder(this.frame.timeAt(left), this.frame.valueAt(top));
    const room = this.canvas.clientWidth - this.readout.offsetWidth - 4;
    this.readout.style.transform = `translate(${Math.round(Math.min(left + 14, room))}px, ${Math.round(top + 14)}px)`;
  }

  valueUnder(across, up) {
    const { kind, x, y } = this.about;
    const text = (value, { unit }) => `${value.toPrecision(4)}${unit ? ` ${unit}` : ""}`;
    switch (kind) {
      case "weights": {
        const [low, high] = this.frame.time;
        const bin = Math.min(this.y.length - 1, Math.floor(((across - low) / (high - low)) * this.y.length));
        return `${text(this.x[bin], { unit: "" })} … ${text(this.x[bin + 1], x)}\n${Math.round(this.y[bin])} synapses`;
      }
      case "phase":
        return `${x.name}: ${text(across, x)}\n${y.name}: ${text(up, y)}`;
      default: {
        const distance = (value) => Math.abs(this.along(value) - across);
        const nearest = this.x.reduce((best, value, i) => (distance(value) < distance(this.x[best]) ? i : best), 0);
        return `${text(this.x[nearest], x)}\n${text(this.y[nearest], y)}`;
      }
    }
  }
}

/** The least and the greatest of the values that are finite. */
function extremes(values) {
  const finite = values.filter((value) => Number.isFinite(value));
  return finite.length ? [finite.reduce((a, b) => Math.min(a, b)), finite.reduce((a, b) => Math.max(a, b))] : [0, 1];
}

/** Ticks between two logarithms. */
function decadeTicks(low, high) {
  const ticks = [];
  for (let decade = Math.floor(low); decade <= high; decade++) {
    for (const factor of DECADE_TICKS) {
      const value = factor * 10 ** decade;
      const at = Math.log10(value);
      if (at >= low - 1e-9 && at <= high + 1e-9) ticks.push({ at, label: String(Number(value.toPrecision(3))) });
    }
  }
  return ticks;
}
