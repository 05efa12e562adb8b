# cython: language_level=3
"""Where the items of a NumPy array lie."""

from libc.stdint cimport uintptr_t


cdef inline void *data_of(array) except? NULL:
    """NULL for None."""
    if array is None:
        return NULL
    return <void *><uintptr_t>array.ctypes.data
