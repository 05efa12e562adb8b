# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Spikes and samples decimated into the columns of a picture, while others hold Python's lock.

A column is a whole number of steps; columns lie in rings, column ``c`` in slot ``c % n_columns``.
"""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t

import numpy as np

from snnlab.engine.arrays cimport data_of


def count_spikes(steps, neurons, int64_t column_steps, counts, sums, rows, int64_t n_neurons,
                 int64_t band):
    """Count spikes of one population: in ``counts`` by row, and in ``sums`` as a whole.

    Parameters
    ----------
    steps, neurons
        (n,), sorted by step; all in columns that the rings hold.
    counts
        (n_columns, row), uint8; a count ends at 255. The population has the ``rows`` (first, n).
    sums
        (n_columns, band), float32.
    """
    steps = np.ascontiguousarray(steps, np.int64)
    neurons = np.ascontiguousarray(neurons, np.int32)
    cdef const int64_t *step = <const int64_t *>data_of(steps)
    cdef const int32_t *neuron = <const int32_t *>data_of(neurons)
    cdef uint8_t *count = <uint8_t *>data_of(counts)
    cdef float *sum_of = <float *>data_of(sums)
    cdef int64_t first_row = rows[0], n_rows = rows[1]
    cdef int64_t width = counts.shape[1], n_bands = sums.shape[1], n_columns = counts.shape[0]
    cdef int64_t k, slot, n = len(steps), end = -1
    cdef uint64_t row
    cdef uint8_t *cell
    cdef float *total
    with nogil:
        for k in range(n):
            if step[k] >= end:
                slot = step[k] // column_steps
                end = (slot + 1) * column_steps
                slot %= n_columns
                cell = count + slot * width + first_row
                total = sum_of + slot * n_bands + band
            total[0] += 1
            row = <uint64_t>neuron[k] * <uint64_t>n_rows // <uint64_t>n_neurons
            if row < <uint64_t>n_rows and cell[row] < 255:
                cell[row] += 1


def find_extremes(steps, values, int64_t column_steps, int64_t first, low, high, low_step,
                  high_step):
    """Lower ``low`` and raise ``high`` to the samples of some traces, and note their steps.

    Of equal samples the first one counts; what is not a number is passed over.

    Parameters
    ----------
    steps
        (n,), sorted; all in columns that the rings hold.
    values
        (n, n_traces), of the traces from ``first`` on.
    low, high
        (n_columns, trace), float32; nan where nothing is known.
    low_step, high_step
        The same, int64.
    """
    steps = np.ascontiguousarray(steps, np.int64)
    values = np.ascontiguousarray(values, np.float32)
    cdef const int64_t *step = <const int64_t *>data_of(steps)
    cdef const float *value = <const float *>data_of(values)
    cdef float *lowest = <float *>data_of(low)
    cdef float *highest = <float *>data_of(high)
    cdef int64_t *lowest_step = <int64_t *>data_of(low_step)
    cdef int64_t *highest_step = <int64_t *>data_of(high_step)
    cdef int64_t n = values.shape[0], n_traces = values.shape[1]
    cdef int64_t n_columns = low.shape[0], width = low.shape[1]
    cdef int64_t k, j, at
    with nogil:
        for k in range(n):
            at = step[k] // column_steps % n_columns * width + first
            for j in range(at, at + n_traces):
                if not lowest[j] <= value[0] and value[0] == value[0]:
                    lowest[j] = value[0]
                    lowest_step[j] = step[k]
                if not highest[j] >= value[0] and value[0] == value[0]:
                    highest[j] = value[0]
                    highest_step[j] = step[k]
                value += 1


def count_values(counts):
    """How often each value is there, (256,), in ``counts``, uint8 and contiguous."""
    n_of = np.zeros(256, np.int64)
    cdef const uint8_t *count = <const uint8_t *>data_of(counts)
    cdef int64_t *found = <int64_t *>data_of(n_of)
    cdef int64_t k, n = counts.size
    with nogil:
        for k in range(n):
            found[count[k]] += 1
    return n_of


def pack_counts(counts, int bits, int64_t n_rest):
    """Counts in ``bits`` bits each, lowest bits first, and what is left over of large ones.

    Parameters
    ----------
    counts
        uint8, contiguous.
    bits
        1, 2, 4 or 8. A count above the largest number of so many bits becomes that number.
    n_rest
        How many counts are that number or more; 0: none is more.

    Returns
    -------
    The packed counts and, (n_rest,), by how much each of those that became the largest number was
    above it.
    """
    cdef int64_t n = counts.size, k, bytes_needed = (n * bits + 7) // 8
    packed, rest = np.zeros(bytes_needed, np.uint8), np.empty(n_rest, np.uint8)
    cdef const uint8_t *count = <const uint8_t *>data_of(counts)
    cdef uint8_t *byte = <uint8_t *>data_of(packed)
    cdef uint8_t *left = <uint8_t *>data_of(rest)
    cdef int top = (1 << bits) - 1, value, shift = 0
    cdef int64_t n_left = 0
    with nogil:
        for k in range(n):
            value = count[k]
            if value >= top:
                if n_left < n_rest:
                    left[n_left] = <uint8_t>(value - top)
                    n_left += 1
                value = top
            byte[0] |= <uint8_t>(value << shift)
            shift += bits
            if shift == 8:
                shift = 0
                byte += 1
    return packed, rest
