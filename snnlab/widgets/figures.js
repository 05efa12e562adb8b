// The dashboard's figures: Bokeh's frames and axes, and what moves painted over them.

import { element, paintTheme, skipStyleSheets } from "./page.js";
import { Frame, RasterBitmap, inkTable, paintLine, paintStrokes, paintTimeAxis, rateLine, spikeStrokes, traceLine, usualCount } from "./paint.js";

const TIME_FIGURES = ["raster-figure", "traces-figure", "rates-figure"]; // from the top

const INK_PERIOD = 500; // ms

export class LiveFigures {
  constructor(bokeh, picture) {
    this.bokeh = bokeh;
    this.picture = picture;
    this.rows = picture.bands.reduce((sum, band) => sum + band.rows, 0);
    this.bitmap = new RasterBitmap(this.rows);
    this.hidden = new Set(); // names of populations whose lines are not shown
    this.following = true;
    this.onFollow = () => {};
    this._span = [0, 1];
    this._ranges = new Map();
  }

  /** Put the figures into `target`. */
  async embed(item, target) {
    this.target = target;
    this.views = await this.bokeh.embed.embed_item(item, target);
    skipStyleSheets(this.views.roots[0]);
    this.doc = this.views.roots[0].model.document;
    this.plots = this.views.roots[0].child_views.filter((view) => TIME_FIGURES.includes(view.model.name));
    this.time = this.doc.get_model_by_name("time");
    this.time.change.connect(() => this._timeMoved());
    this.canvas = element("canvas", { class: "snn-live", "aria-hidden": "true" });
    target.append(this.canvas);
    this.context = this.canvas.getContext("2d");
    const observer = new ResizeObserver(() => this.resize());
    observer.observe(target);
    for (const event of ["pointerdown", "wheel"]) target.addEventListener(event, () => this._hold(), { capture: true, passive: true });
    for (const event of ["pointerup", "pointercancel"]) target.addEventListener(event, () => (this._held = false));
    this.resize();
  }

  _model(name) {
    return this.doc.get_model_by_name(name);
  }

  /** Fit the canvas to the figures. */
  resize() {
    const ratio = globalThis.devicePixelRatio || 1;
    const { clientWidth: width, clientHeight: height } = this.target;
    if (this.canvas.width !== Math.round(width * ratio) || this.canvas.height !== Math.round(height * ratio)) {
      this.canvas.width = Math.round(width * ratio);
      this.canvas.height = Math.round(height * ratio);
    }
    this._ratio = ratio;
    const origin = this.target.getBoundingClientRect();
    this._origins = this.plots.map((view) => {
      const { left, top } = view.el.getBoundingClientRect();
      return [left - origin.left, top - origin.top];
    });
    if (this.window) this.draw(this.window);
  }

  /** One button a population, in its colour; it hides and shows the population's lines. */
  legend() {
    const names = new Map();
    for (const { name, colour } of this.picture.bands) names.set(name, { colour, labels: [] });
    for (const { population, colour, label } of this.picture.traces) {
      if (!names.has(population)) names.set(population, { colour, labels: [] });
      names.get(population).labels.push(label);
    }
    const chips = [...names].map(([name, { colour, labels }]) => {
      const chip = element("button", { type: "button", class: "snn-chip", "aria-pressed": "true", title: `Show or hide the lines of ${name}` }, name);
      if (labels.length) chip.append(element("span", {}, `trace ${labels.join(", ")}`));
      chip.style.setProperty("--snn-light", colour.light);
      chip.style.setProperty("--snn-dark", colour.dark);
      chip.addEventListener("click", () => {
        if (!this.hidden.delete(name)) this.hidden.add(name);
        chip.setAttribute("aria-pressed", String(!this.hidden.has(name)));
        this.draw(this.window);
      });
      return chip;
    });
    return element("div", { class: "snn-legend", role: "group", "aria-label": "populations" }, ...chips);
  }

  /** A person takes hold of a figure: its own axis must show what is painted over it. */
  _hold() {
    this._tellTime();
    this._held = true;
  }

  _tellTime() {
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

  follow(following) {
    this.following = following;
    this._held = false;
    this._tellTime();
    this.onFollow(following);
    if (this.window) this.draw(this.window);
  }

  setTheme(theme) {
    this.theme = theme;
    paintTheme(this.doc, theme);
    this.usual = undefined;
  }

  /** Ink the raster so that its usual count is half dark; looked at twice a second. */
  _chooseInk(window) {
    const now = performance.now();
    if (this.usual && now - this._inked < INK_PERIOD) return;
    this._inked = now;
    const usual = this.picture.bands.map((band) => (band.neurons > band.rows ? usualCount(window, band) : 1));
    const changed = !this.usual || usual.some((count, index) => Math.abs(Math.log(count / this.usual[index])) > 0.25);
    if (!changed) return;
    this.usual = usual;
    this.bitmap.setTables(this.picture.bands.map((band, index) => inkTable(this._shade(band.colour), band.neurons / band.rows, usual[index])));
  }

  _shade(colour) {
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
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    const rates = this.picture.bands.map((band, index) => rateLine(window, band, index));
    const traces = this.picture.traces.map((_, index) => {
      const line = traceLine(window, index);
      return { ...line, strokes: spikeStrokes(window, index, line) };
    });
    if (this.following) {
      this._fitRates(rates);
      this._fitTraces(traces);
    }
    const frames = this.plots.map((view, index) => this._frame(view, index));
    if (!frames.length) return;
    paintTimeAxis(context, frames, this.theme);
    frames.forEach((frame, index) => {
      frame.within(context, () => {
        switch (this.plots[index].model.name) {
          case "raster-figure":
            this._chooseInk(window);
            this.bitmap.update(window, this.picture.bands);
            this.bitmap.paint(context, frame, window);
            break;
          case "traces-figure":
            this._paintTraces(frame, traces);
            break;
          case "rates-figure":
            this._paintRates(frame, rates);
        }
      });
    });
  }

  /** Where a figure's frame lies on the canvas and what it shows. */
  _frame(view, index) {
    const { left, top, width, height } = view.frame.bbox;
    const [x, y] = this._origins[index];
    const { y_range: values } = view.model;
    const time = this.following && !this._held ? this._span : [this.time.start, this.time.end];
    return new Frame(x + left, y + top, width, height, time, [values.start, values.end]);
  }

  _paintTraces(frame, traces) {
    this.picture.traces.forEach(({ population, colour }, index) => {
      if (this.hidden.has(population)) return;
      paintLine(this.context, frame, traces[index], this._shade(colour), 1);
      paintStrokes(this.context, frame, traces[index].strokes, this._shade(colour), 1);
    });
  }

  _paintRates(frame, rates) {
    this.picture.bands.forEach(({ name, colour }, index) => {
      if (!this.hidden.has(name)) paintLine(this.context, frame, rates[index], this._shade(colour), 2);
    });
  }

  _fitRates(rates) {
    if (rates.length) this._fit("rate-range", 0, Math.max(1.1 * Math.max(...rates.map((rate) => rate.high)), 1));
  }

  _fitTraces(traces) {
    const bottom = Math.min(...traces.map((trace) => trace.low));
    const top = Math.max(...traces.map((trace) => trace.strokes.end));
    if (!(bottom <= top) || !Number.isFinite(top - bottom)) return;
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
    this._ranges.set(name, [start, high + room]);
    this._model(name).setv({ start, end: high + room });
  }
}
