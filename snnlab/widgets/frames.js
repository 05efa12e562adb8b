// One frame of the kernel: a layout and one buffer, and the window it is added to.

const ARRAYS = {
  int32: Int32Array,
  float32: Float32Array,
  float64: Float64Array,
};
const FEW_BITS = { uint1: 1, uint2: 2, uint4: 4, uint8: 8 };

/**
 * The arrays of a packed buffer by name, each with its shape. `spare` keeps memory between calls:
 * what was given by the last one with it is overwritten.
 */
export function unpack(layout, buffer, spare = {}) {
  // A typed array cannot look at an odd place of the message, where the buffer may lie.
  const inPlace = buffer.byteOffset % 8 === 0;
  const bytes = inPlace ? buffer.buffer : buffer.buffer.slice(buffer.byteOffset, buffer.byteOffset + buffer.byteLength);
  const start = inPlace ? buffer.byteOffset : 0;
  const arrays = {};
  const room = (name, size) => {
    if (!(spare[name]?.length >= size)) spare[name] = new Uint8Array(size);
    return spare[name].subarray(0, size);
  };
  const counts = (name, { dtype, offset, shape }) => spread(new Uint8Array(bytes, start + offset), FEW_BITS[dtype], room(name, sizeOf(shape)));
  for (const entry of layout) {
    const { name, dtype, offset, shape, rest } = entry;
    if (!FEW_BITS[dtype]) arrays[name] = { shape, data: new ARRAYS[dtype](bytes, start + offset, sizeOf(shape)) };
    else {
      const data = counts(name, entry);
      if (rest) addRest(data, 2 ** FEW_BITS[dtype] - 1, counts(`rest of ${name}`, rest));
      arrays[name] = { shape, data };
    }
  }
  return arrays;
}

function sizeOf(shape) {
  return shape.reduce((product, length) => product * length, 1);
}

/** Counts that lie several in a byte, each in a byte of its own. */
function spread(packed, bits, counts) {
  const mask = 2 ** bits - 1;
  for (let from = 0, to = 0; to < counts.length; from++) {
    for (let shift = 0; shift < 8; shift += bits) counts[to++] = (packed[from] >> shift) & mask;
  }
  return counts;
}

/** What did not fit into the bits of a count: one number for each that is `largest`. */
function addRest(counts, largest, rest) {
  for (let at = 0, from = 0; from < rest.length; at++) if (counts[at] === largest) counts[at] += rest[from++];
}

/** The columns that the figures show: rings that the frames are written into. */
export class TimeWindow {
  constructor(rows, bands, traces) {
    this.rows = rows;
    this.bands = bands;
    this.traces = traces;
    this.version = 0; // changes with what it holds
    this.resize({ columnSteps: 1, columns: 1, dt: 1 });
  }

  resize(shape) {
    this.shape = shape;
    this.newest = -1;
    this.changed = 0; // oldest column that was written since somebody set this to Infinity
    this.raster = new Uint8Array(shape.columns * this.rows);
    this.sums = new Float32Array(shape.columns * this.bands);
    this.pairs = new Float32Array(shape.columns * this.traces * 2).fill(NaN);
    this.hasEarlier = false; // whether a run was left that can be compared
    this.earlierSums = new Float32Array(this.sums.length).fill(NaN);
    this.earlierPairs = new Float32Array(this.pairs.length).fill(NaN);
    this.spikes = Array.from({ length: this.traces }, () => []);
  }

  /** Length of a column in ms. */
  get columnTime() {
    return this.shape.columnSteps * this.shape.dt;
  }

  get oldest() {
    return Math.max(0, this.newest - this.shape.columns + 1);
  }

  /** Where a column is kept. */
  slot(column) {
    return column % this.shape.columns;
  }

  /** Write the columns of a frame. */
  add(frame, arrays) {
    const { columns, columnSteps, dt } = frame.window;
    const same = columns === this.shape.columns && columnSteps === this.shape.columnSteps && dt === this.shape.dt;
    if (frame.whole || !same) this.resize(frame.window);
    if (frame.whole || !same || frame.state.running || frame.last !== this.newest) this.version += 1;
    this.newest = frame.last;
    if (frame.last < 0) return;
    this.hasEarlier = arrays.earlier_sums !== undefined;
    this.changed = Math.min(this.changed, frame.first);
    for (let column = frame.first; column <= frame.last; column++) {
      const from = column - frame.first;
      this._copy(arrays.raster, this.raster, this.rows, from, column);
      this._copy(arrays.sums, this.sums, this.bands, from, column);
      this._copy(arrays.traces, this.pairs, this.traces * 2, from, column);
      if (!this.hasEarlier) continue;
      this._copy(arrays.earlier_sums, this.earlierSums, this.bands, from, column);
      this._copy(arrays.earlier_traces, this.earlierPairs, this.traces * 2, from, column);
    }
    this._addSpikes(frame.first, arrays.spike_trace.data, arrays.spike_step.data);
  }

  _copy(array, ring, width, from, column) {
    ring.set(array.data.subarray(from * width, (from + 1) * width), this.slot(column) * width);
  }

  _addSpikes(first, traces, steps) {
    const begin = this.oldest * this.shape.columnSteps;
    const resent = first * this.shape.columnSteps;
    this.spikes = this.spikes.map((known) => known.filter((step) => step >= begin && step < resent));
    for (let i = 0; i < traces.length; i++) this.spikes[traces[i]].push(steps[i]);
  }
}
