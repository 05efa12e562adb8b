# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Spikes and samples decimated into the columns of a picture, while others hold Python's lock.

A column is a whole number of steps; columns lie in rings, column ``c`` in slot ``c % n_columns``.
"""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t, uintptr_t

import numpy as np


cdef void *_data(array) except? NULL:
    return <void *><uintptr_t>array.ctypes.data


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
    cdef const int64_t *step = <const int64_t *>_data(steps)
    cdef const int32_t *neuron = <const int32_t *>_data(neurons)
    cdef uint8_t *count = <uint8_t *>_data(counts)
    cdef float *sum_of = <float *>_data(sums)
    cdef int64_t first_row = rows[0], n_rows = rows[1]
    cdef int64_t width = counts.shape[1], n_bands = sums.shape[1], n_columns = counts.shape[0]
    cdef int64_t k, slot, n = len(steps), end = -1
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
            slot = <uint64_t>neuron[k] * <uint64_t>n_rows // <uint64_t>n_neurons
            if slot < n_rows and cell[slot] < 255:
                cell[slot] += 1


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
    cdef const int64_t *step = <const int64_t *>_data(steps)
    cdef const float *value = <const float *>_data(values)
    cdef float *lowest = <float *>_data(low)
    cdef float *highest = <float *>_data(high)
    cdef int64_t *lowest_step = <int64_t *>_data(low_step)
    cdef int64_t *highest_step = <int64_t *>_data(high_step)
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
