// What moves in the figures, painted on one canvas over them.
//
// BokehJS lays a figure out again for every change (10 ms and more each, measured with 3.9); these
// painters need a tenth of that. Bokeh keeps what stands still: frames, axes and tools.

export const LABEL_FONT = "11px system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif";
const SMOOTHING = 5; // ms, least width of the average a rate is drawn with
const SPIKE_STROKE = 0.45; // of a trace's range, above it
const BEYOND = 1e4; // px outside of its frame to which a line is followed
const TICKS = 4; // wanted on the time axis: four labels like 112 000 fit into a narrow figure

/** A rectangle of pixels that shows a range of time and of values; values grow upwards. */
export class Frame {
  constructor(left, top, width, height, time, values) {
    Object.assign(this, { left, top, width, height, time, values });
  }

  x(time) {
    return this.left + ((time - this.time[0]) / (this.time[1] - this.time[0])) * this.width;
  }

  y(value) {
    return this.top + ((this.values[1] - value) / (this.values[1] - this.values[0])) * this.height;
  }

  timeAt(x) {
    return this.time[0] + ((x - this.left) / this.width) * (this.time[1] - this.time[0]);
  }

  valueAt(y) {
    return this.values[1] - ((y - this.top) / this.height) * (this.values[1] - this.values[0]);
  }

  contains(x, y) {
    return x >= this.left && x <= this.left + this.width && y >= this.top && y <= this.top + this.height;
  }

  /** Call `paint` with the context clipped to the frame. */
  within(context, paint) {
    context.save();
    context.beginPath();
    context.rect(this.left, this.top, this.width, this.height);
    context.clip();
    paint();
    context.restore();
  }
}

/** The raster as a picture: a ring of columns, of which only the new ones are written. */
export class RasterBitmap {
  constructor(rows) {
    this.rows = rows;
    this.canvas = document.createElement("canvas");
  }

  /** Colours of the spike counts, one table of 256 pixels a band; all columns are written again. */
  setTables(tables) {
    this.tables = tables;
    this.columns = undefined;
  }

  /** Write the columns that have changed since the last call. */
  update(window, bands) {
    const { columns } = window.shape;
    let first = window.changed;
    if (this.columns !== columns || this.window !== window) {
      this.columns = columns;
      this.window = window;
      this.canvas.width = columns;
      this.canvas.height = this.rows;
      this.context = this.canvas.getContext("2d", { willReadFrequently: true });
      // Kept: as garbage of each frame it had the browser collect all of the page's every few seconds.
      this.image = this.context.createImageData(columns, this.rows);
      first = 0;
    }
    window.changed = Infinity;
    for (let from = Math.max(first, window.oldest); from <= window.newest; ) {
      const slot = window.slot(from);
      const n = Math.min(window.newest - from + 1, columns - slot);
      this._write(window, bands, slot, n);
      from += n;
    }
  }

  _write(window, bands, slot, n) {
    const pixels = new Uint32Array(this.image.data.buffer);
    bands.forEach((band, index) => {
      const table = this.tables[index];
      for (let row = band.first_row; row < band.first_row + band.rows; row++) {
        let to = (this.rows - 1 - row) * this.columns + slot;
        let from = slot * this.rows + row;
        for (let column = 0; column < n; column++, from += this.rows) pixels[to++] = table[window.raster[from]];
      }
    });
    this.context.putImageData(this.image, 0, 0, slot, 0, n, this.rows);
  }

  /** Write the columns of the window in their order. */
  unroll(context, window) {
    for (let from = window.oldest; from <= window.newest; ) {
      const slot = window.slot(from);
      const n = Math.min(window.newest - from + 1, this.columns - slot);
      context.drawImage(this.canvas, slot, 0, n, this.rows, from - window.oldest, 0, n, this.rows);
      from += n;
    }
  }

  paint(context, frame, window) {
    if (window.newest < 0) return;
    const top = frame.y(this.rows);
    const height = frame.y(0) - top;
    context.imageSmoothingEnabled = false;
    for (let from = window.oldest; from <= window.newest; ) {
      const slot = window.slot(from);
      const n = Math.min(window.newest - from + 1, this.columns - slot);
      const left = frame.x(from * window.columnTime);
      const width = frame.x((from + n) * window.columnTime) - left;
      context.drawImage(this.canvas, slot, 0, n, this.rows, left, top, width, height);
      from += n;
    }
  }
}

/**
 * Pixel for each spike count. A row of one neuron is inked or not; a row shared by many grows
 * darker with the count, and `usual` spikes make it half dark.
 */
export function inkTable(colour, neuronsPerRow, usual) {
  const [red, green, blue] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  return Uint32Array.from({ length: 256 }, (_, count) => {
    if (count === 0) return 0;
    const ink = neuronsPerRow <= 1 ? 1 : Math.max(0.12, 1 - Math.exp((-0.69 * count) / usual));
    return ((Math.round(255 * ink) << 24) | (blue << 16) | (green << 8) | red) >>> 0;
  });
}

/** The mean count of the cells of a band that hold spikes, at least 0.6. */
export function usualCount(window, band) {
  let sum = 0;
  let n = 0;
  for (let column = window.oldest; column <= window.newest; column++) {
    const from = window.slot(column) * window.rows + band.first_row;
    for (let at = from; at < from + band.rows; at++) {
      if (window.raster[at]) {
        sum += window.raster[at];
        n++;
      }
    }
  }
  return Math.max(0.6, n ? sum / n : 0);
}

/** Arrays of `n` points: those of `old`, which is no longer needed, if they fit. */
function pointsOf(n, old) {
  return old?.x.length === n ? old : { x: new Float64Array(n), y: new Float64Array(n) };
}

/** Rate of one band over the window, averaged over `SMOOTHING`: times (ms), rates (Hz), maximum. */
export function rateLine(window, band, index, old, sums = window.sums) {
  const { oldest, newest, bands } = window;
  const reach = Math.max(1, Math.ceil(SMOOTHING / window.columnTime));
  const n = Math.max(0, newest - oldest); // the newest column is not full yet
  const { x, y } = pointsOf(n, old);
  const scale = 1000 / (band.neurons * window.columnTime);
  let sum = 0;
  let top = 0;
  let known = 0; // columns in a row; of an earlier run some are not
  for (let i = 0; i < n; i++) {
    const spikes = sums[window.slot(oldest + i) * bands + index];
    if (Number.isNaN(spikes)) {
      known = sum = 0;
      x[i] = (oldest + i + 0.5) * window.columnTime;
      y[i] = NaN;
      continue;
    }
    sum += spikes;
    if (known >= reach) sum -= sums[window.slot(oldest + i - reach) * bands + index];
    known += 1;
    const count = Math.min(known, reach);
    x[i] = (oldest + i + 1 - count / 2) * window.columnTime;
    // At the window's left edge a mean of fewer columns would leap; a run begins with its first ones.
    y[i] = count < reach && oldest > 0 ? NaN : (sum * scale) / count;
    if (known >= reach && y[i] > top) top = y[i];
  }
  return { x, y, low: 0, high: top };
}

/** One trace over the window: times (ms), values and their extremes. */
export function traceLine(window, index, old, pairs = window.pairs) {
  const { oldest, newest, traces } = window;
  const n = newest < 0 ? 0 : newest - oldest + 1;
  const { x, y } = pointsOf(2 * n, old);
  let low = Infinity;
  let high = -Infinity;
  let endless = false;
  for (let i = 0; i < n; i++) {
    const at = (window.slot(oldest + i) * traces + index) * 2;
    for (let half = 0; half < 2; half++) {
      const value = pairs[at + half];
      x[2 * i + half] = (oldest + i + 0.25 + half / 2) * window.columnTime;
      y[2 * i + half] = value;
      if (value === Infinity || value === -Infinity) {
        endless = true;
        continue;
      }
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  if (endless) [low, high] = usualExtent(y);
  return { x, y, low, high, endless };
}

/** Between which values nearly all of a line lies: what it did before it grew without end. */
function usualExtent(y) {
  const known = y.filter(Number.isFinite).sort();
  if (!known.length) return [Infinity, -Infinity];
  const [low, high] = [0.25, 0.75].map((part) => known[Math.floor(part * (known.length - 1))]);
  const room = 3 * (high - low);
  return [Math.max(known[0], low - room), Math.min(known[known.length - 1], high + room)];
}

/** Strokes at the spikes of a trace where it is known: times and where each begins; `end` is common. */
export function spikeStrokes(window, index, { low, high }) {
  const crest = (step) => {
    const at = (window.slot(Math.floor(step / window.shape.columnSteps)) * window.traces + index) * 2;
    return Math.max(window.pairs[at], window.pairs[at + 1]);
  };
  const spikes = window.spikes[index].filter((step) => !Number.isNaN(crest(step)));
  return {
    x: Float64Array.from(spikes, (step) => step * window.shape.dt),
    low: Float64Array.from(spikes, crest),
    end: spikes.length ? high + SPIKE_STROKE * Math.max(high - low, 1e-9) : high,
  };
}

/** A line through points; a value that is not a number is a gap, an infinite one leaves the frame. */
export function paintLine(context, frame, { x, y }, colour, width) {
  const path = newPath(context);
  const [above, below] = [frame.top - BEYOND, frame.top + frame.height + BEYOND];
  let open = false;
  for (let i = 0; i < x.length; i++) {
    if (Number.isNaN(y[i])) {
      open = false;
      continue;
    }
    const height = Math.min(below, Math.max(above, frame.y(y[i]))); // a path ignores what is infinite
    if (open) path.lineTo(frame.x(x[i]), height);
    else {
      path.moveTo(frame.x(x[i]), height);
      open = true;
    }
  }
  strokeWide(context, path, colour, width);
}

export function paintStrokes(context, frame, { x, low, end }, colour, width) {
  const path = newPath(context);
  x.forEach((time, i) => {
    path.moveTo(frame.x(time), frame.y(low[i]));
    path.lineTo(frame.x(time), frame.y(end));
  });
  strokeWide(context, path, colour, width);
}

/** A file of lines has paths of its own. */
function newPath(context) {
  return context.newPath?.() ?? new Path2D();
}

/**
 * Stroke a path of about `width` pixels as lines of one device pixel beside one another. Without a
 * graphics card a browser needs 5 ms for a wide line of 800 points and 0.2 ms for a thin one.
 */
function strokeWide(context, path, colour, width) {
  if (context.strokePath) {
    Object.assign(context, { strokeStyle: colour, lineWidth: width });
    context.strokePath(path);
    return;
  }
  const ratio = context.getTransform().a;
  const n = Math.max(1, Math.round(width * ratio));
  context.strokeStyle = colour;
  context.lineWidth = 1 / ratio;
  context.save();
  context.translate((-0.3 * (n - 1)) / ratio, (-0.3 * (n - 1)) / ratio);
  for (let k = 0; k < n; k++) {
    context.stroke(path);
    context.translate(0.6 / ratio, 0.6 / ratio);
  }
  context.restore();
}

/** Round positions for about `TICKS` ticks between two times. */
export function ticksBetween(start, end) {
  const rough = (end - start) / TICKS;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).reduce((best, next) => (Math.abs(next - rough) < Math.abs(best - rough) ? next : best));
  const ticks = [];
  for (let k = Math.ceil(start / step - 1e-9); k * step <= end * (1 + 1e-12); k++) ticks.push(k * step);
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return ticks.map((at) => ({ at, label: at.toFixed(digits).replace("-", "\u2212").replace(/\B(?=(\d{3})+(?!\d|\.\d*$))/g, digits ? "" : "\u2009") }));
}

/** Lines of the grid in every frame, and the labels under the lowest. */
export function paintTimeAxis(context, frames, theme) {
  const lowest = frames[frames.length - 1];
  const ticks = ticksBetween(...lowest.time);
  context.lineWidth = 1;
  context.strokeStyle = theme.line;
  context.globalAlpha = 0.5;
  context.beginPath();
  for (const { at } of ticks) {
    for (const frame of frames) {
      const x = Math.round(frame.x(at)) + 0.5;
      context.moveTo(x, frame.top);
      context.lineTo(x, frame.top + frame.height);
    }
  }
  context.stroke();
  context.globalAlpha = 1;
  const bottom = lowest.top + lowest.height;
  context.beginPath();
  context.font = LABEL_FONT;
  context.textAlign = "center";
  context.textBaseline = "top";
  context.fillStyle = theme.muted;
  for (const { at, label } of ticks) {
    const x = lowest.x(at);
    context.moveTo(Math.round(x) + 0.5, bottom);
    context.lineTo(Math.round(x) + 0.5, bottom + 4);
    context.fillText(label, x, bottom + 9);
  }
  context.stroke();
}

/** A line through all frames at the time at which a run diverged, and its name below the axis. */
export function paintMarker(context, frames, time, theme) {
  const lowest = frames[frames.length - 1];
  const x = lowest.x(time);
  if (x < lowest.left - 1 || x > lowest.left + lowest.width + 1) return;
  context.fillStyle = theme.bad;
  for (const { top, height } of frames) context.fillRect(x - 1, top, 2, height);
  const bottom = lowest.top + lowest.height;
  context.beginPath();
  context.moveTo(x, bottom);
  context.lineTo(x - 4, bottom + 7);
  context.lineTo(x + 4, bottom + 7);
  context.fill();
  context.textBaseline = "top";
  context.textAlign = x > lowest.left + lowest.width / 2 ? "right" : "left";
  context.fillText("diverged", x + (context.textAlign === "right" ? 4 : -4), bottom + 28); // beside the axis' name
}
