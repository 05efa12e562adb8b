// The kinds of analyses: histogram of weights, weight matrix, phase portrait, power spectrum.

import { AnalysisFigure, titled, valueText } from "./analysis_figure.js";
import { ticksBetween } from "./paint.js";

const DECADE_TICKS = [1, 2, 5]; // labelled on a logarithmic axis
const PALEST = 0.15; // how much ink the least weight of a matrix has

class Histogram extends AnalysisFigure {
  across() {
    return [this.x[0], this.x[this.x.length - 1]];
  }

  up() {
    return [0, 1.08 * extremes(this.y)[1] || 1];
  }

  paintValues(context) {
    const { frame, x } = this;
    this.y.forEach((count, i) => {
      const start = frame.x(x[i]);
      const height = count ? Math.max(1, frame.y(0) - frame.y(count)) : 0; // a single synapse can be seen
      context.fillRect(start, frame.y(0) - height, Math.max(1, frame.x(x[i + 1]) - start - 0.5), height);
    });
  }

  valueUnder(across) {
    const [low, high] = this.across();
    const bin = Math.min(this.y.length - 1, Math.max(0, Math.floor(((across - low) / (high - low)) * this.y.length)));
    return `${valueText(this.x[bin], { unit: "" })} … ${valueText(this.x[bin + 1], this.about.x)}\n${Math.round(this.y[bin])} synapses`;
  }

  table() {
    const { x } = this.about;
    const rows = [...this.y].map((count, i) => [this.x[i], this.x[i + 1], count]);
    return csv([titled({ ...x, name: "weight from" }), titled({ ...x, name: "weight to" }), "synapses"], rows);
  }
}

/** A kind whose values are points of two coordinates. */
class PointsFigure extends AnalysisFigure {
  table() {
    const { x, y } = this.about;
    return csv([titled(x), titled(y)], [...this.y].map((value, i) => [this.x[i], value]));
  }
}

class PhasePortrait extends PointsFigure {
  across() {
    return widened(extremes(this.x));
  }

  up() {
    return widened(extremes(this.y));
  }

  paintValues(context) {
    const { frame, x, y } = this;
    context.globalAlpha = 0.6;
    y.forEach((value, i) => context.fillRect(frame.x(x[i]) - 1, frame.y(value) - 1, 2, 2));
    context.globalAlpha = 1;
    const last = y.length - 1; // where the neuron is now
    context.beginPath();
    context.arc(frame.x(x[last]), frame.y(y[last]), 4, 0, 2 * Math.PI);
    context.fill();
  }

  valueUnder(across, up) {
    const { x, y } = this.about;
    return `${x.name}: ${valueText(across, x)}\n${y.name}: ${valueText(up, y)}`;
  }
}

/** Its frame's horizontal axis holds decimal logarithms. */
class Spectrum extends PointsFigure {
  across() {
    return extremes(this.x).map(Math.log10);
  }

  up() {
    return [0, 1.08 * extremes(this.y)[1] || 1];
  }

  ticksAcross(range) {
    const ticks = decadeTicks(...range);
    return ticks.length > 1 ? ticks : ticksBetween(...range).map(({ at }) => ({ at, label: (10 ** at).toPrecision(3) }));
  }

  paintValues(context) {
    context.lineWidth = 1.5;
    context.beginPath();
    this.y.forEach((value, i) => context.lineTo(this.frame.x(Math.log10(this.x[i])), this.frame.y(value)));
    context.stroke();
  }

  valueUnder(across) {
    const distance = (value) => Math.abs(Math.log10(value) - across);
    const nearest = this.x.reduce((best, value, i) => (distance(value) < distance(this.x[best]) ? i : best), 0);
    return `${valueText(this.x[nearest], this.about.x)}\n${valueText(this.y[nearest], this.about.y)}`;
  }
}

/** Mean weights of blocks: `x` holds the synapses of each block, `y` their mean, row by row. */
class Matrix extends AnalysisFigure {
  get pre() {
    return { ...this.about.x, blocks: Math.min(this.about.x.neurons, this.about.blocks) };
  }

  get post() {
    return { ...this.about.y, blocks: Math.min(this.about.y.neurons, this.about.blocks) };
  }

  get margin() {
    return 74; // for the scale
  }

  across() {
    return [0, this.about.x.neurons];
  }

  up() {
    return [0, this.about.y.neurons];
  }

  show(x, y) {
    super.show(x, y);
    if (!y.length) return;
    const [low, high] = extremes(y);
    // Widened at once, narrowed only when much is empty: colours that keep their meaning.
    const old = this.scale;
    if (!old || low < old[0] || high > old[1] || high - low < 0.5 * (old[1] - old[0])) this.scale = [low, high];
  }

  /** How much ink a weight gets. */
  ink(value) {
    const [low, high] = this.scale;
    return high > low ? PALEST + ((1 - PALEST) * (value - low)) / (high - low) : 1;
  }

  paintValues(context) {
    const [rows, columns] = [this.post.blocks, this.pre.blocks];
    const image = new ImageData(columns, rows);
    const pixels = new Uint32Array(image.data.buffer);
    const [red, green, blue] = [1, 3, 5].map((at) => parseInt(this.colour.slice(at, at + 2), 16));
    const hue = (blue << 16) | (green << 8) | red;
    this.y.forEach((value, at) => {
      if (Number.isNaN(value)) return;
      const row = rows - 1 - Math.floor(at / columns); // the first neuron is at the bottom
      pixels[row * columns + (at % columns)] = ((Math.round(255 * this.ink(value)) << 24) | hue) >>> 0;
    });
    const canvas = Object.assign(document.createElement("canvas"), { width: columns, height: rows });
    canvas.getContext("2d").putImageData(image, 0, 0);
    context.imageSmoothingEnabled = false;
    const { frame } = this;
    const [left, top] = [frame.x(0), frame.y(this.post.neurons)];
    context.drawImage(canvas, left, top, frame.x(this.pre.neurons) - left, frame.y(0) - top);
  }

  /** The scale of weights. */
  paintBeside(context) {
    const { frame, theme } = this;
    const left = frame.left + frame.width + 10;
    const steps = Math.round(frame.height); // of a pixel each: none leaves a gap to the next
    const [low, high] = this.scale;
    context.fillStyle = this.colour;
    for (let k = 0; k < steps; k++) {
      context.globalAlpha = this.ink(high - ((high - low) * (k + 0.5)) / steps);
      context.fillRect(left, Math.round(frame.top) + k, 10, 1);
    }
    context.globalAlpha = 1;
    context.fillStyle = theme.muted;
    context.textAlign = "left";
    context.textBaseline = "middle";
    const labels = high > low ? [[low, 1], [(low + high) / 2, 0.5], [high, 0]] : [[low, 0.5]];
    for (const [value, part] of labels) context.fillText(Number(value.toPrecision(3)), left + 14, frame.top + part * (frame.height - 10) + 5);
    context.fillStyle = theme.text;
    context.textAlign = "center";
    context.fillText(titled(this.about.value), left + 18, frame.top + frame.height + 32);
  }

  valueUnder(across, up) {
    const block = (value, { neurons, blocks }) => Math.min(blocks - 1, Math.max(0, Math.floor((Math.floor(value) * blocks) / neurons)));
    const [column, row] = [block(across, this.pre), block(up, this.post)];
    const at = row * this.pre.blocks + column;
    const n = Math.round(this.x[at]);
    const weight = n ? `${this.about.value.name}: ${valueText(this.y[at], this.about.value)}` : "no synapse";
    const [pre, post] = [some(this.pre, column), some(this.post, row)];
    return `pre ${pre}\npost ${post}\n${weight}${n > 1 ? `, mean of ${n}` : ""}`;
  }

  table() {
    const rows = [];
    this.y.forEach((value, at) => {
      if (!this.x[at]) return;
      const ends = [[this.pre, at % this.pre.blocks], [this.post, Math.floor(at / this.pre.blocks)]].flatMap(([group, block]) => neuronsOf(group, block));
      rows.push([...ends, value, Math.round(this.x[at])]);
    });
    return csv(["pre from", "pre to", "post from", "post to", titled({ ...this.about.value, name: "mean weight" }), "synapses"], rows);
  }
}

const KINDS = { weights: Histogram, matrix: Matrix, phase: PhasePortrait, spectrum: Spectrum };

/** The figure of an analysis. */
export function figureOf(about, send) {
  return new KINDS[about.kind](about, send);
}

/** The first and the last neuron of a block. */
function neuronsOf({ neurons, blocks }, block) {
  return [Math.ceil((block * neurons) / blocks), Math.ceil(((block + 1) * neurons) / blocks) - 1];
}

function some(group, block) {
  const [first, last] = neuronsOf(group, block);
  return first === last ? `${group.population}[${first}]` : `${group.population}[${first} … ${last}]`;
}

/** A table as text; names may hold commas. */
function csv(names, rows) {
  const quoted = names.map((name) => `"${name.replaceAll('"', '""')}"`);
  return `${[quoted, ...rows].map((row) => row.join(",")).join("\n")}\n`;
}

function widened([low, high]) {
  const margin = 0.05 * (high - low) || 0.5;
  return [low - margin, high + margin];
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
