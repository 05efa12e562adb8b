# cython: language_level=3, boundscheck=False, wraparound=False
"""Rows of synapses and random values, made without the GIL: the Python side of `connectivity.c`.

Each function does a range of rows or values; `rows` calls them for several ranges at once.
"""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t, uintptr_t

import numpy as np

from snnlab.engine.arrays cimport data_of


cdef extern from "snnlab_connectivity.h" nogil:
    ctypedef struct snn_rule:
        int kind
        uint32_t key[2]
        int64_t n_candidates
        double p
        int64_t n
        const int64_t *ends
        const int32_t *skipped

    ctypedef struct snn_distribution:
        int kind
        double a, b, low, high
        uint32_t key[2]
        uint32_t draw

    ctypedef struct snn_space:
        int n_dimensions, n_terms
        int64_t n_places
        const double *places
        double amplitude[2]
        double scale[2]
        double least

    int SNN_EVERYONE, SNN_COUNTERPART, SNN_BERNOULLI, SNN_DISTINCT, SNN_REPEATED
    int SNN_VALUE_UNIFORM, SNN_VALUE_NORMAL, SNN_VALUE_LOGNORMAL, SNN_VALUE_EXPONENTIAL, SNN_VALUE_DISCRETE_UNIFORM
    int SNN_VALUE_GAMMA, SNN_VALUE_BINOMIAL, SNN_VALUE_POISSON, SNN_VALUE_SUCCESS
    enum: SNN_ATTEMPTS

    int64_t snn_rule_scratch(const snn_rule *rule)
    int64_t snn_row(const snn_rule *rule, int64_t row, int64_t first, int64_t last, void *scratch,
                    int bytes, void *out)
    int snn_fill(const snn_distribution *distribution, int64_t first, int64_t n, int bytes,
                 void *out)
    int64_t snn_space_row(const snn_space *space, const double *own, int64_t first, int64_t last,
                          int64_t skipped, int bytes, void *out, double *weights)
    int64_t snn_chance_row(const uint32_t *key, int64_t row, int64_t n, const double *chance,
                           int64_t stride, int64_t skipped, int bytes, void *out)
    void snn_count_sources(const void *source, int bytes, int64_t first, int64_t last,
                           int64_t *count)
    void snn_spread_pairs(const void *source, const void *target, int bytes, int64_t first,
                          int64_t last, int64_t *place, uint64_t *pair)
    void snn_sort_row(uint64_t *pair, uint64_t *scratch, int64_t n, int n_bits, int bytes,
                      void *target, uint32_t *order)
    void snn_columns(const int64_t *ends, int64_t first_row, int64_t last_row, const void *target,
                     int bytes, int64_t *place, int entry_bytes, void *entry, uint16_t *source)
    void snn_distances(const int64_t *ends, int64_t n_rows, const void *target, int bytes,
                       const uint32_t *row_of_block, int row_bits, int block_bits, int64_t *latest,
                       int64_t *place, uint8_t *entry)
    void snn_split_row(const uint32_t *target, int64_t n, const int64_t *slab, int64_t n_slabs,
                       int64_t begin, int64_t *segment_end, uint16_t *number)
    int64_t snn_dense_row(const double *row, int64_t n, int bytes, void *out, double *weights)
    void snn_uniform_fill(const uint32_t *key, uint32_t draw, int64_t first, int64_t n, double *out)


RULES = {
    "everyone": SNN_EVERYONE,
    "counterpart": SNN_COUNTERPART,
    "bernoulli": SNN_BERNOULLI,
    "distinct": SNN_DISTINCT,
    "repeated": SNN_REPEATED,
}
DISTRIBUTIONS = {
    "uniform": SNN_VALUE_UNIFORM,
    "normal": SNN_VALUE_NORMAL,
    "lognormal": SNN_VALUE_LOGNORMAL,
    "exponential": SNN_VALUE_EXPONENTIAL,
    "discrete uniform": SNN_VALUE_DISCRETE_UNIFORM,
    "gamma": SNN_VALUE_GAMMA,
    "binomial": SNN_VALUE_BINOMIAL,
    "poisson": SNN_VALUE_POISSON,
    "bernoulli": SNN_VALUE_SUCCESS,
}
ATTEMPTS = SNN_ATTEMPTS


cdef class Rule:
    """The rule by which each of ``n_rows`` rows chooses from candidates 0 .. n_candidates - 1.

    ``kind`` is one of `RULES`. "bernoulli" takes ``p``, "distinct" and "repeated" take ``n`` of a
    row, or ``ends`` int64 (n_rows + 1) where rows differ. ``skipped`` int32 (n_rows) names the
    candidate that a row leaves out, or -1.
    """

    cdef snn_rule rule
    cdef readonly object kind, key, ends, skipped
    cdef readonly int64_t n_rows, n_candidates
    cdef object _longest

    def __cinit__(self, kind, key, int64_t n_rows, int64_t n_candidates, *, double p=0.0,
                  int64_t n=0, ends=None, skipped=None):
        self.kind, self.key, self.ends, self.skipped = kind, key, ends, skipped
        self.n_rows, self.n_candidates = n_rows, n_candidates
        self.rule.kind = RULES[kind]
        self.rule.key[0] = key[0]
        self.rule.key[1] = key[1]
        self.rule.n_candidates = n_candidates
        self.rule.p = p
        self.rule.n = n
        if ends is not None:
            self.rule.ends = <const int64_t *>data_of(ends)
            self.rule.n = np.diff(ends).max(initial=0)
        if skipped is not None and n_rows:
            self.rule.skipped = <const int32_t *>data_of(skipped)

    @property
    def address(self):
        """Of the C struct, for the stepper."""
        return <uintptr_t>&self.rule

    @property
    def n(self):
        """Synapses of a row, or of the longest."""
        return self.rule.n

    def scratch(self):
        """Memory that one thread needs to make rows."""
        return np.zeros(max(1, snn_rule_scratch(&self.rule)), np.uint8)

    def count(self, int64_t first_row, int64_t last_row, int64_t first=0, last=None):
        """int64 (last_row - first_row): candidates of each row in ``first <= j < last``."""
        counts = np.zeros(last_row - first_row, np.int64)
        if first_row >= last_row:
            return counts
        scratch = self.scratch()
        cdef void *memory = data_of(scratch)
        cdef int64_t *count = <int64_t *>data_of(counts)
        cdef int64_t row, end = self.n_candidates if last is None else last
        with nogil:
            for row in range(first_row, last_row):
                count[row - first_row] = snn_row(&self.rule, row, first, end, memory, 4, NULL)
        return counts

    def fill(self, int64_t first_row, int64_t last_row, ends, out):
        """Write the candidates of row i to ``out[ends[i]:]``, uint16 or uint32."""
        if first_row >= last_row or not len(out):
            return
        scratch = self.scratch()
        cdef void *memory = data_of(scratch)
        cdef const int64_t *end = <const int64_t *>data_of(ends)
        cdef char *to = <char *>data_of(out)
        cdef int item = out.itemsize
        cdef int64_t row
        with nogil:
            for row in range(first_row, last_row):
                snn_row(&self.rule, row, 0, self.n_candidates, memory, item, to + end[row] * item)

    def fill_segments(self, int64_t first_row, int64_t last_row, ends, slabs, segment_ends, numbers):
        """As `fill`, and then `split_rows`: of each row at once."""
        if first_row >= last_row:
            return
        scratch = self.scratch()
        one_row = np.empty(max(1, int(np.diff(ends[first_row:last_row + 1]).max())), np.uint32)
        cdef void *memory = data_of(scratch)
        cdef const int64_t *end = <const int64_t *>data_of(ends)
        cdef const int64_t *slab = <const int64_t *>data_of(slabs)
        cdef uint32_t *candidate = <uint32_t *>data_of(one_row)
        cdef int64_t *segment_end = <int64_t *>data_of(segment_ends)
        cdef uint16_t *number = <uint16_t *>data_of(numbers)
        cdef int64_t n_slabs = len(slabs) - 1, row, n
        with nogil:
            for row in range(first_row, last_row):
                n = snn_row(&self.rule, row, 0, self.n_candidates, memory, 4, candidate)
                snn_split_row(candidate, n, slab, n_slabs, end[row],
                              segment_end + row * n_slabs + 1, number + end[row])

    def count_transposed(self, int64_t first_row, int64_t last_row):
        """int64 (n_candidates): how many of the rows have each candidate."""
        counts = np.zeros(self.n_candidates, np.int64)
        if first_row >= last_row or not self.n_candidates:
            return counts
        scratch = self.scratch()
        one_row = np.empty(max(1, self.n_candidates, self.rule.n), np.uint32)
        cdef void *memory = data_of(scratch)
        cdef int64_t *count = <int64_t *>data_of(counts)
        cdef uint32_t *candidate = <uint32_t *>data_of(one_row)
        cdef int64_t row, k, n
        with nogil:
            for row in range(first_row, last_row):
                n = snn_row(&self.rule, row, 0, self.n_candidates, memory, 4, candidate)
                for k in range(n):
                    count[candidate[k]] += 1
        return counts

    def fill_transposed(self, int64_t first_row, int64_t last_row, places, out):
        """Write each row's number to ``out[places[j]]`` for its candidates j; ``places`` go on."""
        if first_row >= last_row or not len(out):
            return
        scratch = self.scratch()
        one_row = np.empty(max(1, self.n_candidates, self.rule.n), np.uint32)
        cdef void *memory = data_of(scratch)
        cdef int64_t *place = <int64_t *>data_of(places)
        cdef uint32_t *candidate = <uint32_t *>data_of(one_row)
        cdef bint narrow = out.itemsize == 2
        cdef uint16_t *out16 = <uint16_t *>data_of(out)
        cdef uint32_t *out32 = <uint32_t *>data_of(out)
        cdef int64_t row, k, n
        with nogil:
            for row in range(first_row, last_row):
                n = snn_row(&self.rule, row, 0, self.n_candidates, memory, 4, candidate)
                for k in range(n):
                    if narrow:
                        out16[place[candidate[k]]] = <uint16_t>row
                    else:
                        out32[place[candidate[k]]] = <uint32_t>row
                    place[candidate[k]] += 1


cdef class Values:
    """Random numbers: element k depends on ``key``, ``draw`` and k alone.

    ``kind`` is one of `DISTRIBUTIONS`, with its parameters ``a`` and ``b``; normal numbers outside
    [low, high] are drawn again.
    """

    cdef snn_distribution distribution
    cdef readonly object kind

    def __cinit__(self, kind, key, uint32_t draw, double a, double b=0.0,
                  double low=-np.inf, double high=np.inf):
        self.kind = kind
        self.distribution.kind = DISTRIBUTIONS[kind]
        self.distribution.a = a
        self.distribution.b = b
        self.distribution.low = low
        self.distribution.high = high
        self.distribution.key[0] = key[0]
        self.distribution.key[1] = key[1]
        self.distribution.draw = draw

    @property
    def address(self):
        """Of the C struct, for the stepper."""
        return <uintptr_t>&self.distribution

    def fill(self, int64_t first, out):
        """Give ``out``, float32 or float64, the values ``first``, first + 1, ...

        Returns False if a value stayed outside [low, high] after `ATTEMPTS` draws.
        """
        cdef int64_t n = len(out)
        if not n:
            return True
        cdef void *to = data_of(out)
        cdef int item = out.itemsize, failed
        with nogil:
            failed = snn_fill(&self.distribution, first, n, item, to)
        return not failed


cdef class Space:
    """Weights ``sum_m amplitudes[m] exp(-d**2 scales[m])`` of neurons at the distance d.

    ``places`` float64 (n_dimensions, n_places) are those of the candidates; smaller weights than
    ``least`` are none.
    """

    cdef snn_space space
    cdef readonly int64_t n_candidates
    cdef object _keep

    def __cinit__(self, places, amplitudes, scales, double least):
        # The last block of a row looks back over whole vectors: few places get company far away.
        n = places.shape[1]
        wide = np.full((places.shape[0], max(n, 64)), 1e150)
        wide[:, :n] = places
        self._keep = wide
        self.n_candidates = n
        self.space.n_dimensions = wide.shape[0]
        self.space.n_terms = len(amplitudes)
        self.space.n_places = wide.shape[1]
        self.space.places = <const double *>data_of(wide)
        for m, (amplitude, scale) in enumerate(zip(amplitudes, scales, strict=True)):
            self.space.amplitude[m] = amplitude
            self.space.scale[m] = scale
        self.space.least = least

    def rows(self, own, firsts, lasts, skipped, ends=None, targets=None, weights=None):
        """Rows of the neurons at ``own`` float64 (n_rows, n_dimensions).

        Candidates ``firsts[i] <= j < lasts[i]`` are looked at, int64. Returns the length of each
        row, int64 (n_rows); with ``ends``, row i is written to ``targets[ends[i]:]`` and
        ``weights``, float64.
        """
        cdef int64_t n_rows = len(own), row, left_out = -1
        counts = np.zeros(n_rows, np.int64)
        if not n_rows or (ends is not None and not len(targets)):
            return counts
        cdef int64_t *count = <int64_t *>data_of(counts)
        cdef const double *at = <const double *>data_of(own)
        cdef const int64_t *first = <const int64_t *>data_of(firsts)
        cdef const int64_t *last = <const int64_t *>data_of(lasts)
        cdef const int32_t *skip = NULL if skipped is None else <const int32_t *>data_of(skipped)
        cdef const int64_t *end = NULL if ends is None else <const int64_t *>data_of(ends)
        cdef char *out = NULL if ends is None else <char *>data_of(targets)
        cdef double *w = NULL if ends is None else <double *>data_of(weights)
        cdef int item = 4 if ends is None else targets.itemsize
        cdef int64_t begin = 0
        with nogil:
            for row in range(n_rows):
                if skip != NULL:
                    left_out = skip[row]
                if end != NULL:
                    begin = end[row]
                count[row] = snn_space_row(
                    &self.space, at + row * self.space.n_dimensions, first[row], last[row],
                    left_out, item, NULL if end == NULL else out + begin * item,
                    NULL if end == NULL else w + begin)
        return counts


def chance_rows(key, int64_t first_row, chance, skipped, dtype):
    """Connect rows with the candidates that are hit with the probabilities ``chance``.

    ``chance`` float64 (n_rows, n_candidates) may have strides of 0. Returns the length of each
    row, int64 (n_rows), and the candidates of all of them, ``dtype`` uint16 or uint32.
    """
    cdef uint32_t c_key[2]
    c_key[0] = key[0]
    c_key[1] = key[1]
    cdef int64_t n_rows = chance.shape[0], n = chance.shape[1], row, total = 0, left_out = -1
    cdef int64_t row_stride = chance.strides[0] // 8, stride = chance.strides[1] // 8
    counts = np.zeros(n_rows, np.int64)
    targets = np.empty(n_rows * n, dtype)
    if not n_rows * n:
        return counts, targets
    cdef int64_t *count = <int64_t *>data_of(counts)
    cdef const double *p = <const double *>data_of(chance)
    cdef const int32_t *skip = NULL if skipped is None else <const int32_t *>data_of(skipped)
    cdef char *out = <char *>data_of(targets)
    cdef int item = targets.itemsize
    with nogil:
        for row in range(n_rows):
            if skip != NULL:
                left_out = skip[row]
            count[row] = snn_chance_row(c_key, first_row + row, n, p + row * row_stride, stride,
                                        left_out, item, out + total * item)
            total += count[row]
    return counts, targets[:total].copy()


def count_sources(sources, int64_t first, int64_t last, int64_t n_rows):
    """int64 (n_rows): how often each number is among ``sources[first:last]``, int32 or int64."""
    counts = np.zeros(n_rows, np.int64)
    if first >= last:
        return counts
    cdef const void *source = data_of(sources)
    cdef int64_t *count = <int64_t *>data_of(counts)
    cdef int item = sources.itemsize
    with nogil:
        snn_count_sources(source, item, first, last, count)
    return counts


def spread_pairs(sources, targets, int64_t first, int64_t last, places, pairs):
    """Write ``target << 32 | k`` of the pairs first <= k < last to ``pairs``, uint64.

    Those of row i go from ``places[i]`` on, int64, which goes on.
    """
    if first >= last:
        return
    cdef const void *source = data_of(sources)
    cdef const void *target = data_of(targets)
    cdef int64_t *place = <int64_t *>data_of(places)
    cdef uint64_t *pair = <uint64_t *>data_of(pairs)
    cdef int item = sources.itemsize
    with nogil:
        snn_spread_pairs(source, target, item, first, last, place, pair)


def sort_rows(int64_t first_row, int64_t last_row, ends, pairs, int n_bits, targets, order):
    """Sort each of the rows ``ends[i] <= k < ends[i + 1]`` of ``pairs`` by target, below 2^n_bits.

    ``targets``, uint16 or uint32, and ``order``, uint32, take what is found; ``pairs`` is used up.
    """
    cdef const int64_t *end = <const int64_t *>data_of(ends)
    if first_row >= last_row or end[first_row] == end[last_row]:
        return
    longest = int(np.diff(ends[first_row:last_row + 1]).max())
    scratch = np.empty(longest, np.uint64)
    cdef uint64_t *pair = <uint64_t *>data_of(pairs)
    cdef uint64_t *other = <uint64_t *>data_of(scratch)
    cdef char *target = <char *>data_of(targets)
    cdef uint32_t *item = <uint32_t *>data_of(order)
    cdef int width = targets.itemsize
    cdef int64_t row
    with nogil:
        for row in range(first_row, last_row):
            snn_sort_row(pair + end[row], other, end[row + 1] - end[row], n_bits, width,
                         target + end[row] * width, item + end[row])


def columns(ends, targets, int64_t first_row, int64_t last_row, places, entries=None, sources=None):
    """Add the synapses of some rows to the entries of their targets, uint16 or uint32.

    Those of neuron j go from ``places[j]`` on, int64, which goes on: the synapse's number to
    ``entries``, uint16 or three bytes uint8, its row to ``sources`` uint16. Without them they are
    counted.
    """
    if first_row >= last_row or not len(targets):
        return
    cdef const int64_t *end = <const int64_t *>data_of(ends)
    cdef const void *target = data_of(targets)
    cdef int64_t *place = <int64_t *>data_of(places)
    cdef void *entry = NULL if entries is None else data_of(entries)
    cdef int entry_bytes = 2 if entries is None or entries.itemsize == 2 else 3
    cdef uint16_t *source = NULL if sources is None else <uint16_t *>data_of(sources)
    cdef int item = targets.itemsize
    with nogil:
        snn_columns(end, first_row, last_row, target, item, place, entry_bytes, entry, source)


def distances(ends, targets, rows, int row_bits, int block_bits, places, entries=None):
    """Add all synapses to the entries of their targets, told by their distances (`incoming`).

    ``rows`` uint32 are those of the first synapse of each block; ``places`` and ``entries`` are
    those of `columns`.
    """
    if not len(targets):
        return
    latest = np.full(len(places), -1, np.int64)
    cdef const int64_t *end = <const int64_t *>data_of(ends)
    cdef const void *target = data_of(targets)
    cdef const uint32_t *row = <const uint32_t *>data_of(rows)
    cdef int64_t *last = <int64_t *>data_of(latest)
    cdef int64_t *place = <int64_t *>data_of(places)
    cdef uint8_t *entry = NULL if entries is None else <uint8_t *>data_of(entries)
    cdef int64_t n_rows = len(ends) - 1
    cdef int item = targets.itemsize
    with nogil:
        snn_distances(end, n_rows, target, item, row, row_bits, block_bits, last, place, entry)


def split_rows(ends, targets, slabs, int64_t first_row, int64_t last_row, segment_ends, numbers):
    """Tell the synapses of some rows, with ``targets`` uint32, by slabs (`segments`).

    ``slabs`` int64 (n_slabs + 1) are bounds. Row i writes ``segment_ends[i * n_slabs + 1:]``,
    int64, and its ``numbers``, uint16.
    """
    if first_row >= last_row:
        return
    cdef const int64_t *end = <const int64_t *>data_of(ends)
    cdef const uint32_t *target = <const uint32_t *>data_of(targets)
    cdef const int64_t *slab = <const int64_t *>data_of(slabs)
    cdef int64_t *segment_end = <int64_t *>data_of(segment_ends)
    cdef uint16_t *number = <uint16_t *>data_of(numbers)
    cdef int64_t n_slabs = len(slabs) - 1, row
    with nogil:
        for row in range(first_row, last_row):
            snn_split_row(target + end[row], end[row + 1] - end[row], slab, n_slabs, end[row],
                          segment_end + row * n_slabs + 1, number + end[row])


def dense_rows(matrix, ends=None, targets=None, weights=None):
    """What is no NaN in the rows of ``matrix``, float64 (n_rows, n_columns) in rows.

    Returns the length of each row, int64 (n_rows); with ``ends``, row i is written to
    ``targets[ends[i]:]`` and ``weights``, float64.
    """
    cdef int64_t n_rows = matrix.shape[0], n = matrix.shape[1], row, begin = 0
    counts = np.zeros(n_rows, np.int64)
    if not n_rows * n or (ends is not None and not len(targets)):
        return counts
    cdef int64_t *count = <int64_t *>data_of(counts)
    cdef const double *number = <const double *>data_of(matrix)
    cdef const int64_t *end = NULL if ends is None else <const int64_t *>data_of(ends)
    cdef char *out = NULL if ends is None else <char *>data_of(targets)
    cdef double *w = NULL if ends is None else <double *>data_of(weights)
    cdef int item = 4 if ends is None else targets.itemsize
    with nogil:
        for row in range(n_rows):
            if end != NULL:
                begin = end[row]
            count[row] = snn_dense_row(number + row * n, n, item,
                                       NULL if end == NULL else out + begin * item,
                                       NULL if end == NULL else w + begin)
    return counts


def uniform_fill(key, uint32_t draw, int64_t first, out):
    """Give ``out`` the numbers ``first``, first + 1, ... of the stream ``draw`` of ``key``."""
    cdef uint32_t c_key[2]
    c_key[0] = key[0]
    c_key[1] = key[1]
    cdef int64_t n = len(out)
    if not n:
        return
    cdef double *to = <double *>data_of(out)
    with nogil:
        snn_uniform_fill(c_key, draw, first, n, to)
