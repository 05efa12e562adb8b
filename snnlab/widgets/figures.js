// The dashboard's figures: Bokeh's frames and axes, and what moves painted over them.

import { neuronAt, reading } from "./figure_values.js";
import { element, embed, paintTheme, put, skipStyleSheets } from "./page.js";
import { Frame, RasterBitmap, inkTable, LABEL_FONT, paintLine, paintMarker, paintStrokes, paintTimeAxis, rateLine, spikeStrokes, traceLine, usualCount } from "./paint.js";
import { SpikePoints } from "./spike_points.js";
import { timeText } from "./transport.js";

const TIME_FIGURES = ["raster-figure", "traces-figure", "rates-figure"]; // from the top

const INK_PERIOD = 500; // ms
const STEADY = 4; // px that the pointer of a click may move
const NO_TOOL = ["To move or zoom, choose a tool", "at the right of this figure"];
export const FAINT = 0.35; // how much ink the lines of an earlier run have

export class LiveFigures {
  constructor(bokeh, picture) {
    this.bokeh = bokeh;
    this.picture = picture;
    this.rows = picture.bands.reduce((sum, band) => sum + band.rows, 0);
    this.bitmap = new RasterBitmap(this.rows);
    this.points = new SpikePoints((wanted) => this.onPoints(wanted));
    this.hidden = new Set(); // names of populations whose lines are not shown
    this.following = true;
    this.diverged = null; // ms, a time to be marked
    this.onFollow = () => {};
    this.onPick = () => {}; // a neuron of the raster was clicked
    this.onPoints = () => {}; // the single spikes of a part of the raster are wanted
    this.grown = 1; // times the height that the figures were made with
    this.showsEarlier = true; // lines of the run that was left
    this._span = [0, 1];
    this._ranges = new Map();
  }

  /** Put the figures into `target`. */
  async embed(item, target) {
    this.target = target;
    this.views = await embed(this.bokeh, item, target);
    skipStyleSheets(this.views.roots[0]);
    this.doc = this.views.roots[0].model.document;
    this.plots = this.views.roots[0].child_views.filter((view) => TIME_FIGURES.includes(view.model.name));
    this._heights = this.plots.map(({ model }) => model.frame_height);
    this.time = this.modelNamed("time");
    this.time.change.connect(() => this._timeMoved());
    this.canvas = element("canvas", { class: "snn-live", "aria-hidden": "true" });
    target.append(this.canvas);
    // What is painted there reaches the screen past the page, which lays nothing out for it.
    this.surface = this.canvas.transferControlToOffscreen?.() ?? this.canvas;
    this.context = this.surface.getContext("2d");
    this.readout = element("div", { class: "snn-readout", hidden: true });
    target.append(this.readout);
    target.append(this.points.note);
    this.elsewhere = element("div", { class: "snn-elsewhere", role: "status", hidden: true });
    target.append(this.elsewhere);
    this.doc.on_event("reset", () => this._showAll());
    for (const { model } of this.plots) model.subscribed_events = new Set(["reset"]);
    for (const { model } of this.plots) model.y_range.change.connect(() => this._rowsMoved(model));
    this._observer = new ResizeObserver(() => this.resize());
    this._observer.observe(target);
    target.addEventListener("pointermove", (event) => this._point(event));
    target.addEventListener("pointerleave", () => this._point(undefined));
    target.addEventListener("click", (event) => this._pick(event));
    target.addEventListener("pointerdown", ({ clientX, clientY }) => (this._pressed = [clientX, clientY]), { capture: true });
    target.addEventListener("pointerdown", () => this._hold(), { capture: true, passive: true });
    // A wheel may zoom, but it mostly scrolls the page, and nothing tells when it ends.
    target.addEventListener("wheel", () => this.tellTime(), { capture: true, passive: true });
    for (const event of ["pointerup", "pointercancel"]) target.addEventListener(event, () => (this._held = false));
    this.resize();
  }

  /** Take the figures off the page. */
  close() {
    this.points.close();
    this._observer?.disconnect();
    for (const view of this.views?.roots ?? []) view.remove?.();
  }

  modelNamed(name) {
    return this.doc.get_model_by_name(name);
  }

  /** Height in px of all frames as they were made. */
  get ownHeight() {
    return this._heights.reduce((sum, height) => sum + height, 0);
  }

  /** Make all frames so many times as high as they were made. */
  grow(factor) {
    this.grown = factor;
    this.plots.forEach(({ model }, index) => (model.frame_height = Math.floor(factor * this._heights[index])));
  }

  /** Fit the canvas to the figures. */
  resize() {
    const ratio = globalThis.devicePixelRatio || 1;
    const { clientWidth: width, clientHeight: height } = this.target;
    if (this.surface.width !== Math.round(width * ratio) || this.surface.height !== Math.round(height * ratio)) {
      this.surface.width = Math.round(width * ratio);
      this.surface.height = Math.round(height * ratio);
    }
    this._ratio = ratio;
    const origin = this.target.getBoundingClientRect();
    this._origins = this.plots.map((view) => {
      const { left, top } = view.el.getBoundingClientRect();
      return [left - origin.left, top - origin.top];
    });
    if (this.window) this.draw(this.window);
  }

  /** A person takes hold of a figure: its own axis must show what is painted over it. */
  _hold() {
    this.tellTime();
    this._held = true;
  }

  tellTime() {
    if (!this.following) return;
    this._telling = true;
    this.time.setv({ start: this._span[0], end: this._span[1] });
    this._telling = false;
  }

  /** A person has panned or zoomed: stop following until asked to again. */
  _timeMoved() {
    if (this._telling) return;
    if (this.following) this.follow(false);
    else if (this.window) this.draw(this.window);
  }

  /** Another part of the raster is to be seen. */
  _rowsMoved(model) {
    if (model.name === "raster-figure" && this.window) this.draw(this.window);
  }

  /** The spikes of a part of the raster, as the kernel knows them. */
  takePoints(content, arrays) {
    this.points.take(content, arrays);
    if (this.window) this.draw(this.window);
  }

  follow(following) {
    this.following = following;
    this._held = false;
    this.tellTime();
    this.onFollow(following);
    if (this.window) this.draw(this.window);
  }

  /** A person has reset a figure: Bokeh goes back to the axes it was made with, which show nothing. */
  _showAll() {
    this._ranges.clear();
    this.follow(true);
  }

  setTheme(theme) {
    this.theme = theme;
    paintTheme(this.doc, theme);
    this.usual = undefined;
  }

  /** Ink the raster so that its usual count is half dark; looked at twice a second while it moves. */
  _chooseInk(window) {
    const now = performance.now();
    if (this.usual && !this.resting && now - this._inked < INK_PERIOD) return;
    this._inked = now;
    const usual = this.picture.bands.map((band) => (band.neurons > band.rows ? usualCount(window, band) : 1));
    const changed = !this.usual || usual.some((count, index) => Math.abs(Math.log(count / this.usual[index])) > 0.25);
    if (!changed) return;
    this.usual = usual;
    this.bitmap.setTables(this.picture.bands.map((band, index) => inkTable(this.shade(band.colour), band.neurons / band.rows, usual[index])));
  }

  shade(colour) {
    return this.theme.dark ? colour.dark : colour.light;
  }

  /** Paint the window. */
  draw(window) {
    if (!this.theme) return;
    this.window = window;
    const width = window.shape.columns * window.columnTime;
    const end = Math.max((window.newest + 1) * window.columnTime, width);
    this._span = [end - width, end];
    const { context } = this;
    context.setTransform(this._ratio, 0, 0, this._ratio, 0, 0);
    context.clearRect(0, 0, this.surface.width, this.surface.height);
    const rates = this.picture.bands.map((band, index) => rateLine(window, band, index, this.rates?.[index]));
    const traces = this.picture.traces.map((_, index) => {
      const line = traceLine(window, index, this.traces?.[index]);
      return { ...line, strokes: spikeStrokes(window, index, line) };
    });
    const earlier = this._earlier(window);
    if (this.following) {
      this._fitRates([...rates, ...earlier.rates]);
      this._fitTraces([...traces, ...earlier.traces]);
    }
    const frames = this.plots.map((view, index) => this._frame(view, index));
    Object.assign(this, { frames, rates, traces, earlier });
    this._tellElsewhere(window);
    this._read();
    if (!frames.length) return;
    paintTimeAxis(context, frames, this.theme);
    frames.forEach((frame, index) => {
      frame.within(context, () => {
        switch (this.plots[index].model.name) {
          case "raster-figure":
            this._paintRaster(frame, window);
            break;
          case "traces-figure":
            this.paintTraces(context, frame);
            break;
          case "rates-figure":
            this.paintRates(context, frame);
        }
      });
    });
    if (this.diverged !== null) paintMarker(context, frames, this.diverged, this.theme);
  }

  /** Say why the figures are empty when a person looks at a time that they do not hold. */
  _tellElsewhere(window) {
    const [oldest, end] = [window.oldest, window.newest + 1].map((column) => column * window.columnTime);
    let text = "";
    if (!this.following && window.newest >= 0) {
      const held = timeText(window.shape.columns * window.columnTime, 0);
      if (this.time.end <= oldest) text = `The network has run past this time: the figures hold the latest ${held} ms. Press Follow ▸${this.resting ? "" : "; to zoom, pause first"}.`;
      else if (this.time.start >= end) text = "The network has not come to this time yet. Press Follow ▸.";
    }
    put(this.elsewhere, "hidden", !text);
    put(this.elsewhere, "textContent", text);
  }

  /** Lines of the run that was left by going back, where it had come as far. */
  _earlier(window) {
    if (!this.showsEarlier || !window.hasEarlier) return { rates: [], traces: [] };
    return {
      rates: this.picture.bands.map((band, index) => rateLine(window, band, index, this.earlier?.rates[index], window.earlierSums)),
      traces: this.picture.traces.map((_, index) => {
        const line = traceLine(window, index, this.earlier?.traces[index], window.earlierPairs);
        return { ...line, strokes: { x: [], end: line.high } };
      }),
    };
  }

  /** Where a figure's frame lies on the canvas and what it shows. */
  _frame(view, index) {
    const { left, top, width, height } = view.frame.bbox;
    const [x, y] = this._origins[index];
    const { y_range: values } = view.model;
    const time = this.following && !this._held ? this._span : [this.time.start, this.time.end];
    return new Frame(x + left, y + top, width, height, time, [values.start, values.end]);
  }

  /** Pictures of counts, and in their place single spikes where these are known. */
  _paintRaster(frame, window) {
    const { context } = this;
    this._chooseInk(window);
    this.bitmap.update(window, this.picture.bands);
    this.points.look(frame, window, this.resting);
    this.points.around(context, frame, () => this.bitmap.paint(context, frame, window));
    this.points.paint(context, frame, this.picture.bands, (colour) => this.shade(colour));
  }

  paintTraces(context, frame) {
    const { traces } = this;
    const lost = this.picture.traces.filter((_, index) => traces[index].endless && !Number.isFinite(traces[index].low));
    if (lost.length) {
      const names = lost.map(({ variable, label }) => `${variable} ${label}`).join(", ");
      this._write(context, frame, `${names}: beyond ±3·10³⁸, too large to be drawn`, this.theme.bad);
    } else if (this.resting && this.window.newest >= 0) {
      this._tellUnknown(context, frame);
    }
    this.picture.traces.forEach(({ population, colour }, index) => {
      if (this.hidden.has(population)) return;
      this._paintFaint(context, frame, this.earlier.traces[index], colour, 1);
      paintLine(context, frame, traces[index], this.shade(colour), 1);
      paintStrokes(context, frame, traces[index].strokes, this.shade(colour), 1);
    });
  }

  /** A neuron that was just picked has no past: say why its line is not there. */
  _tellUnknown(context, frame) {
    const unknown = this.picture.traces.filter((_, index) => this.traces[index].y.every(Number.isNaN));
    if (!unknown.length) return;
    if (unknown.length === this.traces.length) {
      this._write(context, frame, "followed from now on: press play ▸", this.theme.muted);
      return;
    }
    const names = unknown.map(({ variable, label }) => `${variable} ${label}`).join(", ");
    const { left, top, width } = frame;
    this._write(context, new Frame(left, top, width, 16), `${names}: followed from now on`, this.theme.muted);
  }

  paintRates(context, frame) {
    this.picture.bands.forEach(({ name, colour }, index) => {
      if (this.hidden.has(name)) return;
      this._paintFaint(context, frame, this.earlier.rates[index], colour, 2);
      paintLine(context, frame, this.rates[index], this.shade(colour), 2);
    });
  }

  /** Words in the middle of a figure that has nothing else to show. */
  _write(context, frame, text, colour) {
    context.fillStyle = colour;
    context.font = LABEL_FONT;
    context.textAlign = "center";
    context.textBaseline = "middle";
    const [x, y] = [frame.left + frame.width / 2, frame.top + frame.height / 2];
    const room = context.measureText(text).width + 12;
    context.save();
    context.fillStyle = this.theme.ground; // lines may run there
    context.globalAlpha = 0.85;
    context.fillRect(x - room / 2, y - 8, room, 16);
    context.restore();
    context.fillText(text, x, y);
  }

  _paintFaint(context, frame, line, colour, width) {
    if (!line) return;
    context.globalAlpha = FAINT;
    paintLine(context, frame, line, this.shade(colour), width);
    context.globalAlpha = 1;
  }

  _fitRates(rates) {
    if (rates.length) this._fit("rate-range", 0, Math.max(1.1 * Math.max(...rates.map((rate) => rate.high)), 1));
  }

  _fitTraces(traces) {
    const known = traces.filter(({ low, strokes }) => Number.isFinite(strokes.end - low));
    if (!known.length) return;
    const bottom = Math.min(...known.map((trace) => trace.low));
    const top = Math.max(...known.map((trace) => trace.strokes.end));
    const margin = 0.06 * (top - bottom) || 0.5;
    this._fit("trace-range", bottom - margin, top + margin);
  }

  /** Widen an axis at once, narrow it only when much is empty: a calm axis can be read. */
  _fit(name, low, high) {
    const old = this._ranges.get(name);
    const span = high - low;
    if (old && low >= old[0] && high <= old[1] && old[1] - old[0] < 1.7 * span) return;
    const room = old ? 0.1 * span : 0;
    const start = name === "rate-range" ? 0 : low - room;
    if (!old) this._labelValues(name);
    this._ranges.set(name, [start, high + room]);
    this.modelNamed(name).setv({ start, end: high + room });
  }

  /** The axis of the traces has no numbers before there are values. */
  _labelValues(name) {
    if (name === "trace-range") this.plots.find(({ model }) => model.name === "traces-figure").model.left[0].setv({ major_label_text_alpha: 1 });
  }

  _place(event) {
    const origin = this.target.getBoundingClientRect();
    return [event.clientX - origin.left, event.clientY - origin.top];
  }

  /** Click on a neuron of the raster: its trace is wanted. A drag is no click. */
  _pick(event) {
    const [x, y] = this._pressed ?? [event.clientX, event.clientY];
    if (Math.hypot(event.clientX - x, event.clientY - y) > STEADY) return;
    const [left, top] = this._place(event);
    const index = this.figureAt(left, top);
    if (this.plots[index]?.model.name !== "raster-figure") return;
    const found = neuronAt(this.picture.bands, this.frames[index].valueAt(top));
    if (found) this.onPick(found.band.name, found.first);
  }

  figureAt(x, y) {
    return this.frames?.findIndex((frame) => frame.contains(x, y)) ?? -1;
  }

  _point(event) {
    this._pointer = event && this._place(event);
    this._dragged = this._drags(event);
    this._read();
  }

  /** Whether a person drags a figure that has no tool for it. */
  _drags(event) {
    if (!event?.buttons || !this._pressed) return false;
    const [x, y] = this._pressed;
    const { left, top } = this.target.getBoundingClientRect();
    const plot = this.plots[this.figureAt(x - left, y - top)];
    if (!plot || plot.model.toolbar.tools.some((tool) => tool.active && tool.event_types?.includes("pan"))) return false;
    return Math.hypot(event.clientX - x, event.clientY - y) > STEADY;
  }

  /** Write beside the pointer what lies under it. */
  _read() {
    const read = this._pointer && this.elsewhere.hidden;
    const lines = this._dragged ? NO_TOOL : read ? reading(this, ...this._pointer) : [];
    put(this.readout, "hidden", !lines.length);
    if (!lines.length) return;
    const [x, y] = this._pointer;
    this.readout.textContent = lines.join("\n");
    const room = this.target.clientWidth - this.readout.offsetWidth - 4;
    this.readout.style.transform = `translate(${Math.round(Math.min(x + 14, room))}px, ${Math.round(y + 14)}px)`;
  }
}
