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
    this.onPick = () => {}; // a neuron of the raster was clicked
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
    this.NDArray = this._model("raster")?.data.image[0].constructor;
    this.time = this._model("time");
    this.time.change.connect(() => this._timeMoved());
    this.canvas = element("canvas", { class: "snn-live", "aria-hidden": "true" });
    target.append(this.canvas);
    this.context = this.canvas.getContext("2d");
    this.readout = element("div", { class: "snn-readout", hidden: true });
    target.append(this.readout);
    this._observer = new ResizeObserver(() => this.resize());
    this._observer.observe(target);
    target.addEventListener("pointermove", (event) => this._point(event));
    target.addEventListener("pointerleave", () => this._point(undefined));
    target.addEventListener("click", (event) => this._pick(event));
    target.addEventListener("pointerdown", ({ clientX, clientY }) => (this._pressed = [clientX, clientY]), { capture: true });
    for (const event of ["pointerdown", "wheel"]) target.addEventListener(event, () => this._hold(), { capture: true, passive: true });
    for (const event of ["pointerup", "pointercancel"]) target.addEventListener(event, () => (this._held = false));
    this.resize();
  }

  /** Take the figures off the page. */
  close() {
    this._observer?.disconnect();
    for (const view of this.views?.roots ?? []) view.remove?.();
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

  /** A button for each population that hides and shows its lines, and one that takes a trace away. */
  legend(untrace) {
    const chip = (colour, properties, ...children) => {
      const made = element("button", { type: "button", class: "snn-chip", ...properties }, ...children);
      made.style.setProperty("--snn-light", colour.light);
      made.style.setProperty("--snn-dark", colour.dark);
      return made;
    };
    const names = new Map();
    for (const { name, colour } of this.picture.bands) names.set(name, colour);
    for (const { population, colour } of this.picture.traces) if (!names.has(population)) names.set(population, colour);
    const populations = [...names].map(([name, colour]) => {
      const made = chip(colour, { "aria-pressed": "true", title: `Show or hide the lines of ${name}` }, name);
      made.addEventListener("click", () => {
        if (!this.hidden.delete(name)) this.hidden.add(name);
        made.setAttribute("aria-pressed", String(!this.hidden.has(name)));
        this.draw(this.window);
      });
      return made;
    });
    const traces = this.picture.traces.map(({ population, variable, neuron, label, colour }) => {
      const title = `Take the trace of ${variable} of ${label} away`;
      const made = chip(colour, { class: "snn-chip snn-trace-chip", title, "aria-label": title }, `${variable} ${label}`, element("span", { "aria-hidden": "true" }, "×"));
      made.addEventListener("click", () => untrace({ population, variable, neuron }));
      return made;
    });
    return element("div", { class: "snn-legend", role: "group", "aria-label": "populations and traces" }, ...populations, ...traces);
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
    Object.assign(this, { frames, rates, traces });
    if (this._pointer) this._read();
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
    this._ranges.set(name, [start, high + room]);
    this._model(name).setv({ start, end: high + room });
  }

  _place(event) {
    const origin = this.target.getBoundingClientRect();
    return [event.clientX - origin.left, event.clientY - origin.top];
  }

  /** Click on a neuron of the raster: its trace is wanted. A drag is no click. */
  _pick(event) {
    const [x, y] = this._pressed ?? [event.clientX, event.clientY];
    if (Math.hypot(event.clientX - x, event.clientY - y) > 4) return;
    const [left, top] = this._place(event);
    const index = this._figureAt(left, top);
    if (this.plots[index]?.model.name !== "raster-figure") return;
    const found = this._neuronAt(this.frames[index].valueAt(top));
    if (found) this.onPick(found.band.name, found.first);
  }

  _figureAt(x, y) {
    return this.frames?.findIndex((frame) => frame.contains(x, y)) ?? -1;
  }

  /** Which neurons a height in the raster stands for. */
  _neuronAt(value) {
    const row = Math.floor(value);
    const band = this.picture.bands.find(({ first_row, rows }) => row >= first_row && row < first_row + rows);
    if (!band) return undefined;
    const first = Math.ceil(((row - band.first_row) * band.neurons) / band.rows);
    const last = Math.ceil(((row + 1 - band.first_row) * band.neurons) / band.rows) - 1;
    return { band, row, first, last };
  }

  _point(event) {
    this._pointer = event && this._place(event);
    if (this._pointer) this._read();
    else this.readout.hidden = true;
  }

  /** Write beside the pointer what lies under it. */
  _read() {
    const [x, y] = this._pointer;
    const index = this._figureAt(x, y);
    this.readout.hidden = index < 0;
    if (index < 0) return;
    const frame = this.frames[index];
    const time = frame.timeAt(x);
    const lines = [`${time.toFixed(this.window.columnTime < 1 ? 2 : 1)} ms`];
    switch (this.plots[index].model.name) {
      case "raster-figure":
        lines.push(...this._readRaster(time, frame.valueAt(y)));
        break;
      case "traces-figure":
        this.picture.traces.forEach(({ label, variable, unit }, at) => {
          const value = valueNear(this.traces[at], time);
          if (value !== undefined) lines.push(`${variable} ${label}: ${value.toPrecision(4)}${unit ? ` ${unit}` : ""}`);
        });
        break;
      case "rates-figure":
        this.picture.bands.forEach(({ name }, at) => {
          const value = valueNear(this.rates[at], time);
          if (value !== undefined) lines.push(`${name}: ${value.toFixed(1)} Hz`);
        });
    }
    this.readout.textContent = lines.join("\n");
    const room = this.target.clientWidth - this.readout.offsetWidth - 4;
    this.readout.style.transform = `translate(${Math.round(Math.min(x + 14, room))}px, ${Math.round(y + 14)}px)`;
  }

  _readRaster(time, value) {
    const found = this._neuronAt(value);
    if (!found) return [];
    const { band, row, first, last } = found;
    const lines = [first === last ? `${band.name}[${first}]` : `${band.name}[${first} … ${last}]`];
    const column = Math.floor(time / this.window.columnTime);
    if (column >= this.window.oldest && column <= this.window.newest) {
      const count = this.window.raster[this.window.slot(column) * this.window.rows + row];
      lines.push(`${count} ${count === 1 ? "spike" : "spikes"} in ${this.window.columnTime} ms`);
    }
    return lines;
  }

  /** The time figures as Bokeh draws them, with what they show now as its data. */
  async export(name, format) {
    const view = this.plots.find(({ model }) => model.name === name);
    const { xaxis, xgrid } = { xaxis: view.model.below[0], xgrid: view.model.center.find((part) => part.axis === view.model.below[0]) };
    const before = { label: xaxis.major_label_text_alpha, size: xaxis.major_label_text_font_size };
    const fill = this._sourcesOf(name);
    this._tellTime();
    for (const [source, data] of fill) Object.assign(this._model(source), { data });
    xaxis.setv({ major_label_text_alpha: 1, major_label_text_font_size: "11px" });
    xgrid?.setv({ grid_line_alpha: 0.5 });
    try {
      return await view.export(format).to_blob();
    } finally {
      for (const [source, data] of fill) this._model(source).data = Object.fromEntries(Object.keys(data).map((key) => [key, []]));
      xaxis.setv({ major_label_text_alpha: before.label, major_label_text_font_size: before.size });
      xgrid?.setv({ grid_line_alpha: 0 });
    }
  }

  /** Names of a figure's Bokeh sources and what belongs into them. */
  _sourcesOf(name) {
    switch (name) {
      case "raster-figure":
        return [["raster", this._rasterSource()]];
      case "traces-figure":
        return this.traces.flatMap(({ x, y, strokes }, index) => [
          [`trace-${index}`, { x, y }],
          [`spikes-${index}`, { x: strokes.x, low: strokes.low, high: new Float64Array(strokes.x.length).fill(strokes.end) }],
        ]);
      default:
        return this.rates.map(({ x, y }, index) => [`rate-${index}`, { x, y }]);
    }
  }

  _rasterSource() {
    const { oldest, newest, columnTime } = this.window;
    const n = newest - oldest + 1;
    const pixels = this.bitmap.pixels(this.window);
    const { NDArray } = this;
    return { image: [new NDArray(pixels, [this.rows, n])], x: [oldest * columnTime], dw: [n * columnTime], y: [0], dh: [this.rows] };
  }
}

/** The value of a line at the time nearest to `time`, or undefined. */
function valueNear({ x, y }, time) {
  if (!x.length || time < x[0] - 5 || time > x[x.length - 1] + 5) return undefined;
  let low = 0;
  let high = x.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (x[middle] < time) low = middle + 1;
    else high = middle;
  }
  if (low > 0 && time - x[low - 1] < x[low] - time) low -= 1;
  return Number.isNaN(y[low]) ? undefined : y[low];
}
