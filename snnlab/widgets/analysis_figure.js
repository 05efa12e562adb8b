// One analysis below the live figures: its title, axes, value under the pointer, zoom and files.

import { element } from "./page.js";
import { Frame, ticksBetween } from "./paint.js";
import { saveAs } from "./save.js";
import { SvgContext } from "./svg.js";

const AXIS_FONT = "11px system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif";
const SMALLEST_ZOOM = 6; // px, a shorter drag is a click
const BETWEEN_LABELS = 7; // px, at least
const FILE_SCALE = 2; // pixels of a saved picture for one of the page
const TITLE_HEIGHT = 26; // px, of the title in a saved picture

/** A name with its unit. */
export function titled({ name, unit }) {
  return unit ? `${name} (${unit})` : name;
}

export function valueText(value, { unit }) {
  return `${value.toPrecision(4)}${unit ? ` ${unit}` : ""}`;
}

/**
 * What all kinds share. A kind says which ranges its axes have (`across`, `up`), paints its values
 * (`paintValues`), tells the value at a place (`valueUnder`) and lists them all (`table`).
 */
export class AnalysisFigure {
  constructor(about, send) {
    Object.assign(this, { about, x: [], y: [] });
    this.canvas = element("canvas", { role: "img", "aria-label": about.title, title: "drag to zoom, double click to see all" });
    this.readout = element("div", { class: "snn-readout", hidden: true });
    this.box = element("div", { class: "snn-zoom-box", hidden: true });
    const button = (text, label, act) => {
      const made = element("button", { type: "button", title: label, "aria-label": label }, text);
      made.addEventListener("click", act);
      return made;
    };
    const file = (format, make) => button(format.toUpperCase(), `Save ${about.title} as ${format.toUpperCase()}`, () => make((blob) => saveAs(`${about.kind}.${format}`, blob)));
    this.root = element(
      "figure",
      { class: "snn-analysis", "data-kind": about.kind },
      element(
        "figcaption",
        {},
        element("span", { title: about.title }, about.title),
        element(
          "div",
          {},
          file("png", (save) => this.png(save)),
          file("svg", (save) => save(new Blob([this.svg()], { type: "image/svg+xml" }))),
          button("HTML", `Save ${about.title} as HTML`, () => send({ type: "analysis page", number: about.number })),
          file("csv", (save) => save(new Blob([this.table()], { type: "text/csv" }))),
          button("×", `Take away ${about.title}`, () => send({ type: "unanalyse", number: about.number })),
        ),
      ),
      element("div", { class: "snn-analysis-plot" }, this.canvas, this.box, this.readout),
    );
    this.canvas.addEventListener("pointermove", (event) => this.point(event));
    this.canvas.addEventListener("pointerleave", () => {
      this.pointer = undefined;
      this.read();
    });
    this.canvas.addEventListener("pointerdown", (event) => this.press(event));
    this.canvas.addEventListener("pointerup", (event) => this.release(event));
    this.canvas.addEventListener("dblclick", () => this.zoom(undefined));
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

  get colour() {
    return this.theme.dark ? this.about.colour.dark : this.about.colour.light;
  }

  get empty() {
    return !this.y.length;
  }

  /** Room on the right of the frame. */
  get margin() {
    return 14;
  }

  draw() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (!this.theme || !width) return;
    const ratio = globalThis.devicePixelRatio || 1;
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    const context = this.canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.paint(context, width, height);
    this.read();
  }

  png(save) {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    const canvas = element("canvas", { width: FILE_SCALE * width, height: FILE_SCALE * (height + TITLE_HEIGHT) });
    const context = canvas.getContext("2d");
    context.scale(FILE_SCALE, FILE_SCALE);
    this.paintFile(context, width, height);
    canvas.toBlob(save);
  }

  svg() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    const context = new SvgContext(width, height + TITLE_HEIGHT);
    this.paintFile(context, width, height);
    return context.text;
  }

  /** What is shown, below its title: in a file there is no page to say what it is. */
  paintFile(context, width, height) {
    const { frame } = this;
    this.paint(context, width, height + TITLE_HEIGHT, TITLE_HEIGHT);
    this.frame = frame; // the one on the page
    context.font = AXIS_FONT.replace("11px", "13px");
    context.fillStyle = this.theme.text;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText(this.about.title, width / 2, TITLE_HEIGHT / 2 + 3);
  }

  /** Paint the figure into the part of so large a picture that begins at `top`. */
  paint(context, width, height, top = 0) {
    context.fillStyle = this.theme.ground; // a saved picture needs one, too
    context.fillRect(0, 0, width, height);
    context.font = AXIS_FONT;
    if (this.empty) {
      this.frame = undefined;
      context.fillStyle = this.theme.muted;
      context.textAlign = "center";
      context.fillText("nothing to show yet: run the network", width / 2, height / 2);
      return;
    }
    const [across, up] = this.zoomed ?? [this.across(), this.up()];
    const yTicks = this.ticksUp(up);
    const left = 28 + Math.max(0, ...yTicks.map(({ label }) => context.measureText(label).width));
    this.frame = new Frame(left, top + 8, width - left - this.margin, height - top - 50, across, up);
    this.paintAxes(context, this.ticksAcross(across), yTicks, width);
    context.fillStyle = context.strokeStyle = this.colour;
    this.frame.within(context, () => this.paintValues(context));
    this.paintBeside(context);
  }

  ticksAcross(range) {
    return ticksBetween(...range);
  }

  ticksUp(range) {
    return ticksBetween(...range);
  }

  /** What stands beside the frame; most kinds need nothing there. */
  paintBeside() {}

  paintAxes(context, xTicks, yTicks, width) {
    const { frame, theme, about } = this;
    const bottom = frame.top + frame.height;
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
    for (const [label, x] of apart(context, xTicks, frame, width)) context.fillText(label, x, bottom + 8);
    context.textAlign = "right";
    context.textBaseline = "middle";
    for (const { at, label } of yTicks) context.fillText(label, frame.left - 7, frame.y(at));
    context.fillStyle = theme.text;
    context.textAlign = "center";
    context.fillText(titled(about.x), frame.left + frame.width / 2, bottom + 32);
    context.save();
    context.translate(9, frame.top + frame.height / 2);
    context.rotate(-Math.PI / 2);
    context.fillText(titled(about.y), 0, 0);
    context.restore();
  }

  press(event) {
    if (event.button !== 0 || !this.frame?.contains(event.offsetX, event.offsetY)) return;
    this.pressed = [event.offsetX, event.offsetY];
    this.canvas.setPointerCapture(event.pointerId);
  }

  /** The pointer has moved: tell the value under it, and show what a drag would zoom into. */
  point(event) {
    this.pointer = [event.offsetX, event.offsetY];
    this.read();
    if (!this.pressed || !this.frame) return;
    const [x, y] = this.dragged(event);
    this.box.hidden = false;
    Object.assign(this.box.style, { left: `${x[0]}px`, width: `${x[1] - x[0]}px`, top: `${y[0]}px`, height: `${y[1] - y[0]}px` });
  }

  /** Write beside the pointer what lies under it. */
  read() {
    this.readout.hidden = !this.pointer || !this.frame?.contains(...this.pointer);
    if (this.readout.hidden) return;
    const [left, top] = this.pointer;
    this.readout.textContent = this.valueUnder(this.frame.timeAt(left), this.frame.valueAt(top));
    const room = this.canvas.clientWidth - this.readout.offsetWidth - 4;
    this.readout.style.transform = `translate(${Math.round(Math.min(left + 14, room))}px, ${Math.round(top + 14)}px)`;
  }

  release(event) {
    if (!this.pressed || !this.frame) return;
    const [x, y] = this.dragged(event);
    this.pressed = undefined;
    this.box.hidden = true;
    if (Math.min(x[1] - x[0], y[1] - y[0]) < SMALLEST_ZOOM) return;
    this.zoom([x.map((left) => this.frame.timeAt(left)), [this.frame.valueAt(y[1]), this.frame.valueAt(y[0])]]);
  }

  /** The ends of a drag in pixels within the frame, ascending. */
  dragged(event) {
    const { left, top, width, height } = this.frame;
    const ends = (first, second, low, high) => [first, second].map((end) => Math.min(high, Math.max(low, end))).sort((a, b) => a - b);
    return [ends(this.pressed[0], event.offsetX, left, left + width), ends(this.pressed[1], event.offsetY, top, top + height)];
  }

  zoom(ranges) {
    this.zoomed = ranges;
    this.draw();
  }
}

/** Labels of a horizontal axis and where they stand: all, or every second, third … of them that has room. */
function apart(context, ticks, frame, width) {
  const placed = ticks.map(({ at, label }) => {
    const half = context.measureText(label).width / 2;
    return { label, half, x: Math.min(frame.x(at), width - half - 1) };
  });
  const fit = (some) => some.every(({ x, half }, k) => k === 0 || x - half - (some[k - 1].x + some[k - 1].half) >= BETWEEN_LABELS);
  for (let stride = 1; ; stride++) {
    const some = placed.filter((_, k) => k % stride === 0);
    if (fit(some)) return some.map(({ label, x }) => [label, x]);
  }
}
