# cython: language_level=3, boundscheck=False, wraparound=False
"""The step loop's Python side: structs filled from NumPy arrays, and `Stepper.run`.

Each class owns one C struct and keeps the arrays that it points to alive.
"""

from cpython.ref cimport PyObject
from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uintptr_t
from libc.stdlib cimport calloc, free

import numpy as np

from snnlab.engine.arrays cimport data_of
from snnlab.engine.memory import aligned_zeros, inbox_slots
from snnlab.engine.rows import parts_of_rows


cdef extern from "snnlab_core.h" nogil:
    ctypedef struct snn_args:
        void **buffer
        const double *scalar
        const double *fixed
        uint32_t key[2]
        int32_t delay
        int32_t distinct
        int64_t stride

    ctypedef void (*snn_preparation)(const double *, double, double *)
    ctypedef void (*snn_range_kernel)(const snn_args *, const void *, int64_t, int64_t)
    ctypedef void (*snn_row_kernel)(const snn_args *, const void *, int64_t, int64_t, int64_t)

    ctypedef struct snn_spike_log:
        int32_t *neuron
        int64_t n_spikes, capacity
        int64_t *end_of_step
        int64_t n_steps, step_capacity
        int out_of_memory

    ctypedef struct snn_population:
        int64_t size, padded
        const int64_t *bounds
        uint8_t *spiked
        int32_t *last_spike
        int32_t n_slots
        int32_t *neuron
        int64_t *count
        snn_spike_log *log
        int64_t generation

    ctypedef struct snn_inbox

    ctypedef struct snn_projection:
        const snn_population *pre
        const snn_population *post
        const int64_t *part
        int64_t n_pieces
        const int64_t *piece
        const int64_t *base
        const void *target
        int target_bytes
        const void *weight
        int weight_bytes
        void *conductance
        int real_bytes
        int32_t delay
        snn_inbox *inbox
        const void *arrival
        int arrival_bytes
        const uint32_t *order
        const int32_t *delays
        int n_delays
        snn_row_kernel kernel
        snn_args args
        const int64_t *post_row
        snn_row_kernel post_kernel
        snn_args post_args
        snn_row_kernel update_kernel
        snn_args update_args
        snn_row_kernel psp_kernel
        snn_row_kernel psp_rows_kernel
        snn_args psp_args

    ctypedef struct snn_inbox:
        const snn_population *post
        void *conductance
        int real_bytes
        void *ring
        int64_t n_slots
        int64_t longest
        const snn_projection **member
        int n_members
        int64_t *known

    ctypedef struct snn_rule:
        pass

    ctypedef struct snn_distribution:
        pass

    ctypedef struct snn_procedural:
        const snn_population *pre
        const snn_rule *rule
        const int32_t *row
        const int32_t *post_neuron
        const int64_t *bounds
        const double *weight
        const snn_distribution *distribution
        const int64_t *part
        void **scratch
        uint32_t **target
        void **value
        void *conductance
        int real_bytes
        int32_t delay

    ctypedef struct snn_combination:
        const snn_population *post
        const int64_t *n_inputs
        void *scratch
        void *out
        int real_bytes
        int operation

    ctypedef struct snn_clear:
        const snn_population *population
        void *array
        int item_bytes
        double value

    ctypedef struct snn_history:
        const snn_population *population
        const void *source
        void *ring
        void *out
        int item_bytes
        int32_t delay

    ctypedef struct snn_past:
        const snn_population *population
        const void *source
        void *ring
        int item_bytes
        int32_t length

    ctypedef struct snn_reduction:
        const void *source
        int64_t size
        int real_bytes
        int operation
        void *out

    ctypedef struct snn_update:
        const snn_population *population
        snn_range_kernel kernel
        snn_args args

    ctypedef struct snn_arrivals:
        const snn_population *population
        snn_range_kernel kernel
        snn_args args
        int32_t delay

    ctypedef struct snn_spike_player:
        const snn_population *population
        int64_t n_spikes
        const int64_t *step
        const int32_t *neuron

    ctypedef struct snn_mask:
        const snn_population *population
        const uint8_t *silenced

    ctypedef struct snn_stimulus:
        const snn_population *population
        int64_t n_values
        const int64_t *start
        const double *value
        const uint8_t *chosen
        const void *base
        void *out
        int real_bytes

    ctypedef struct snn_value_player:
        const snn_population *population
        int64_t n_rows
        const int64_t *start
        const void *rows
        int one_for_all
        void *out
        int item_bytes
        int64_t period

    ctypedef struct snn_poisson:
        const snn_population *population
        uint32_t key[2]
        const void *rate
        int item_bytes
        int each
        double scale

    ctypedef struct snn_drive:
        const snn_population *population
        uint32_t key[2]
        const uint32_t *threshold
        const int32_t *smallest
        const int32_t *row
        int64_t n_thresholds
        int64_t n_used
        const double *weight
        int weights
        void *out
        int real_bytes

    ctypedef struct snn_recorder:
        const void *source
        int item_bytes
        const int32_t *neuron
        int64_t n_neurons
        const int64_t *split
        int64_t period
        int64_t next_step
        char *out
        int neighbours

    ctypedef struct snn_phase:
        int kind
        void *object

    ctypedef struct snn_prepared:
        snn_preparation compute
        const double *scalar
        double *fixed

    ctypedef struct snn_arrival:
        pass

    ctypedef struct snn_engine:
        int n_threads
        int n_phases
        const snn_phase *phases
        int n_prepared
        const snn_prepared *prepared
        double dt
        int64_t step
        int spin
        snn_arrival *arrival
        const int32_t *stop
        int64_t team_steps, alone_steps
        double team_seconds, alone_seconds

    int SNN_DELIVER, SNN_GENERATE, SNN_UPDATE, SNN_ONCE, SNN_COLLECT, SNN_SYNAPSES, SNN_POST, SNN_RECORD
    int SNN_BARRIER, SNN_TRANSMIT, SNN_COMBINE, SNN_CLEAR, SNN_HISTORY, SNN_REDUCE
    int SNN_ARRIVE, SNN_PAST, SNN_EMIT, SNN_MASK, SNN_STIMULATE, SNN_PLAY, SNN_POISSON, SNN_DRIVE
    int SNN_SUM, SNN_MEAN, SNN_MAX, SNN_MIN, SNN_NORM1, SNN_NORM2

    enum: SNN_SHARED_STEPS
    enum: SNN_DRAIN_ROOM

    int snn_run(snn_engine *engine, int64_t n_steps, int team, double patience)
    void snn_drain(snn_spike_log *log, int n_threads, int64_t n_steps, int64_t *counts,
                   int32_t *neuron)
    int snn_delay_order(const int64_t *begins, const int64_t *ends, int64_t n_parts,
                        const uint16_t *delay, uint32_t *order)


KINDS = {
    "deliver": SNN_DELIVER,
    "generate": SNN_GENERATE,
    "update": SNN_UPDATE,
    "once": SNN_ONCE,
    "collect": SNN_COLLECT,
    "synapses": SNN_SYNAPSES,
    "post": SNN_POST,
    "record": SNN_RECORD,
    "barrier": SNN_BARRIER,
    "transmit": SNN_TRANSMIT,
    "combine": SNN_COMBINE,
    "clear": SNN_CLEAR,
    "history": SNN_HISTORY,
    "past": SNN_PAST,
    "reduce": SNN_REDUCE,
    "emit": SNN_EMIT,
    "mask": SNN_MASK,
    "stimulate": SNN_STIMULATE,
    "arrive": SNN_ARRIVE,
    "fade": SNN_UPDATE,
    "play": SNN_PLAY,
    "poisson": SNN_POISSON,
    "drive": SNN_DRIVE,
}
SHARED_STEPS = SNN_SHARED_STEPS  # shorter runs use one thread
OPERATIONS = {
    "sum": SNN_SUM,
    "mean": SNN_MEAN,
    "max": SNN_MAX,
    "min": SNN_MIN,
    "norm1": SNN_NORM1,
    "norm2": SNN_NORM2,
}


cdef class Reals:
    """Arrays of float64 or float32 that are looked at together, again and again."""

    cdef object _keep
    cdef const void **_pointers
    cdef int64_t *_sizes  # below 0 for float32
    cdef int _n

    def __cinit__(self, arrays):
        self._keep = list(arrays)
        self._n = len(self._keep)
        self._pointers = <const void **>calloc(max(1, self._n), sizeof(void *))
        self._sizes = <int64_t *>calloc(max(1, self._n), sizeof(int64_t))
        if self._pointers == NULL or self._sizes == NULL:
            raise MemoryError
        for k, array in enumerate(self._keep):
            self._pointers[k] = data_of(array)
            self._sizes[k] = len(array) if array.dtype == np.float64 else -len(array)

    def are_finite(self):
        """Whether each value is a number, and not infinite."""
        cdef const double *wide
        cdef const float *narrow
        cdef int64_t i
        cdef int k
        cdef bint bad = False
        for k in range(self._n):
            wide = <const double *>self._pointers[k]
            narrow = <const float *>self._pointers[k]
            for i in range(self._sizes[k]):
                bad |= not wide[i] - wide[i] == 0
            for i in range(-self._sizes[k]):
                bad |= not narrow[i] - narrow[i] == 0
        return not bad

    def __dealloc__(self):
        free(self._pointers)
        free(self._sizes)


def steps_with_spikes(int64_t first_step, const int64_t[::1] counts):
    """The steps, int64, of which ``counts`` from ``first_step`` on are not 0, and those counts."""
    cdef int64_t n = 0, k
    for k in range(counts.shape[0]):
        n += counts[k] != 0
    steps, numbers = np.empty(n, np.int64), np.empty(n, np.int64)
    cdef int64_t *step = <int64_t *>data_of(steps)
    cdef int64_t *number = <int64_t *>data_of(numbers)
    n = 0
    for k in range(counts.shape[0]):
        if counts[k]:
            step[n] = first_step + k
            number[n] = counts[k]
            n += 1
    return steps, numbers


cdef class Arguments:
    """What one kernel is given: arrays, shared values and the key of its random numbers."""

    cdef snn_args args
    cdef snn_prepared prepared
    cdef object _keep, _fixed
    cdef void **_pointers

    def __cinit__(self, buffers, scalars, key, int32_t delay=0, *, bint distinct=False,
                  int64_t stride=0):
        """``buffers``: arrays in the order of the signature, or None; ``scalars``: float64 array.

        Of a projection: ``delay`` in steps, ``distinct`` where no row has a target twice, ``stride``
        the synapses of a row where all are connected to all.
        """
        self._keep = (list(buffers), scalars)
        self._pointers = <void **>calloc(max(1, len(buffers)), sizeof(void *))
        if self._pointers == NULL:
            raise MemoryError
        for n, buffer in enumerate(buffers):
            self._pointers[n] = data_of(buffer)
        self.args.buffer = self._pointers
        self.args.scalar = <const double *>data_of(scalars)
        self.args.key[0] = key[0]
        self.args.key[1] = key[1]
        self.args.delay = delay
        self.args.distinct = distinct
        self.args.stride = stride

    def prepare(self, uintptr_t kernel, int64_t n_values):
        """Let ``kernel`` compute ``n_values`` of the scalars whenever a run begins."""
        self._fixed = np.zeros(n_values)
        self.args.fixed = <const double *>data_of(self._fixed)
        self.prepared.compute = <snn_preparation><void *>kernel
        self.prepared.scalar = self.args.scalar
        self.prepared.fixed = <double *>data_of(self._fixed)

    def __dealloc__(self):
        free(self._pointers)


cdef class Object:
    """Anything that a phase can point to."""

    cdef list arguments  # of its kernels

    cdef void take(self, Arguments arguments):
        if self.arguments is None:
            self.arguments = []
        self.arguments.append(arguments)

    cdef void *pointer(self):
        return NULL


cdef class SpikeLists(Object):
    """A population's spikes: flags of this step, a ring of lists, and the log of a run."""

    cdef snn_population population
    cdef readonly object spiked, last_spike, neuron, count, bounds
    cdef int n_threads

    def __cinit__(self, int64_t size, spiked, last_spike, bounds, int n_slots):
        self.n_threads = len(bounds) - 1
        self.bounds = bounds
        self.spiked = spiked
        self.last_spike = last_spike
        self.neuron = np.zeros((n_slots, len(spiked)), np.int32)
        self.count = np.zeros((n_slots, self.n_threads, 8), np.int64)
        self.population.size = size
        self.population.padded = len(spiked)
        self.population.bounds = <const int64_t *>data_of(bounds)
        self.population.spiked = <uint8_t *>data_of(spiked)
        self.population.last_spike = <int32_t *>data_of(last_spike)
        self.population.n_slots = n_slots
        self.population.neuron = <int32_t *>data_of(self.neuron)
        self.population.count = <int64_t *>data_of(self.count)
        self.population.log = NULL

    cdef void *pointer(self):
        return &self.population

    def clear(self):
        """Forget every spike under way."""
        self.count[...] = 0
        self.population.generation += 1
        self.drain()

    def keep_log(self, bint wanted):
        """Log the spikes of the next runs, or stop it; what was logged is lost then."""
        if wanted and self.population.log == NULL:
            self.population.log = <snn_spike_log *>calloc(self.n_threads, sizeof(snn_spike_log))
            if self.population.log == NULL:
                raise MemoryError
        elif not wanted:
            self._free_log()

    cdef void _free_log(self):
        cdef int k
        if self.population.log == NULL:
            return
        for k in range(self.n_threads):
            free(self.population.log[k].neuron)
            free(self.population.log[k].end_of_step)
        free(self.population.log)
        self.population.log = NULL

    def drain(self):
        """Counts (n_steps,) of spikes in each logged step, and the neurons in order.

        The log is empty afterwards. Neurons of one step are in ascending order.
        """
        cdef snn_spike_log *log = self.population.log
        cdef int64_t total = 0, n_steps
        cdef int k
        if log == NULL or log[0].n_steps == 0:
            return np.zeros(0, np.int64), np.zeros(0, np.int32)
        n_steps = log[0].n_steps
        for k in range(self.n_threads):
            total += log[k].n_spikes
            n_steps = min(n_steps, log[k].n_steps)  # one may have had no memory for the last step
        counts = np.empty(n_steps, np.int64)
        neurons = np.empty(total + SNN_DRAIN_ROOM, np.int32)[:total]
        snn_drain(log, self.n_threads, n_steps, <int64_t *>data_of(counts),
                  <int32_t *>data_of(neurons))
        return counts, neurons

    def __dealloc__(self):
        self._free_log()


cdef class Update(Object):
    """A kernel that runs over the neurons of a population."""

    cdef snn_update update
    cdef object _keep

    def __cinit__(self, SpikeLists spikes, uintptr_t kernel, Arguments arguments):
        self._keep = spikes
        self.take(arguments)
        self.update.population = &spikes.population
        self.update.kernel = <snn_range_kernel><void *>kernel
        self.update.args = arguments.args

    cdef void *pointer(self):
        return &self.update


cdef class Arrivals(Object):
    """A kernel that runs for each neuron whose spike of ``delay`` steps ago arrives."""

    cdef snn_arrivals arrivals
    cdef object _keep

    def __cinit__(self, SpikeLists spikes, uintptr_t kernel, Arguments arguments, int32_t delay):
        self._keep = spikes
        self.take(arguments)
        self.arrivals.population = &spikes.population
        self.arrivals.kernel = <snn_range_kernel><void *>kernel
        self.arrivals.args = arguments.args
        self.arrivals.delay = delay

    cdef void *pointer(self):
        return &self.arrivals


cdef class Synapses(Object):
    """A projection's synapses, by pre neuron, and the kernels that run over them."""

    cdef snn_projection projection
    cdef object _keep
    cdef object _sorted_weight  # by delay, and the synapse of each
    cdef Inbox _inbox

    def __cinit__(self, SpikeLists pre, SpikeLists post, pieces, target, weight, conductance,
                  int32_t delay):
        """``pieces`` (`segments.Pieces`) of the rows of ``target`` (n_synapses), ``weight`` an array
        or one float64 in an array of shape (1,) given as 0-d view, ``conductance`` (n_post
        padded)."""
        part, piece, base = pieces.part, pieces.of_thread, pieces.base
        self._keep = [pre, post, part, target, weight, conductance, piece, base]
        self.projection.pre = &pre.population
        self.projection.post = &post.population
        self.projection.part = <const int64_t *>data_of(part)
        self.projection.n_pieces = len(base)
        self.projection.piece = <const int64_t *>data_of(piece)
        self.projection.base = <const int64_t *>data_of(base)
        self.projection.target = data_of(target)
        self.projection.target_bytes = target.itemsize
        self.projection.weight = data_of(weight)
        self.projection.weight_bytes = weight.itemsize if weight.ndim else 0
        self.projection.conductance = data_of(conductance)
        self.projection.real_bytes = conductance.itemsize
        self.projection.delay = delay

    cdef void *pointer(self):
        return &self.projection

    def on_pre(self, uintptr_t kernel, Arguments arguments):
        self.take(arguments)
        self.projection.kernel = <snn_row_kernel><void *>kernel
        self.projection.args = arguments.args

    def on_post(self, uintptr_t kernel, Arguments arguments, post_row):
        self.take(arguments)
        self._keep.append(post_row)
        self.projection.post_kernel = <snn_row_kernel><void *>kernel
        self.projection.post_args = arguments.args
        self.projection.post_row = <const int64_t *>data_of(post_row)

    def each_step(self, uintptr_t kernel, Arguments arguments):
        self.take(arguments)
        self.projection.update_kernel = <snn_row_kernel><void *>kernel
        self.projection.update_args = arguments.args

    def weights_changed(self):
        """Take over the values that the array of weights has now."""
        if self._sorted_weight is not None:
            sorted_weight, order = self._sorted_weight
            np.take(self._keep[4], order, out=sorted_weight)
        if self._inbox is not None:
            self._inbox.forget()

    def delay_each(self, delay):
        """Deliver each synapse after its own ``delay``, uint8 or uint16 (n_synapses,), steps."""
        part, target = self._keep[2], self._keep[3]
        wide = np.ascontiguousarray(delay, np.uint16)
        order = np.empty(len(delay), np.uint32)
        cdef int64_t n_parts = len(part) - 1
        cdef const int64_t *begin = <const int64_t *>data_of(part)
        cdef const int64_t *end = begin + 1
        cdef const uint16_t *steps = <const uint16_t *>data_of(wide)
        cdef uint32_t *place = <uint32_t *>data_of(order)
        cdef int failed
        with nogil:
            failed = snn_delay_order(begin, end, n_parts, steps, place)
        if failed:
            raise MemoryError
        arrival, sorted_target = delay[order], target[order]
        delays = np.unique(delay).astype(np.int32)
        self._keep[3] = sorted_target
        self._keep.append((arrival, order, delays))
        self.projection.target = data_of(sorted_target)
        if self._keep[4].ndim:
            self._sorted_weight = self._keep[4][order], order
            self.projection.weight = data_of(self._sorted_weight[0])
        self.projection.arrival = data_of(arrival)
        self.projection.arrival_bytes = arrival.itemsize
        self.projection.order = <const uint32_t *>data_of(order)
        self.projection.delays = <const int32_t *>data_of(delays)
        self.projection.n_delays = len(delays)

    def continuously(self, uintptr_t kernel, Arguments arguments, uintptr_t rows_kernel=0):
        """``rows_kernel`` takes several whole rows at once."""
        self.take(arguments)
        self.projection.psp_rows_kernel = <snn_row_kernel><void *>rows_kernel
        self.projection.psp_kernel = <snn_row_kernel><void *>kernel
        self.projection.psp_args = arguments.args


cdef class Inbox:
    """What reaches an array of a population in the coming steps, by delays of single synapses."""

    cdef snn_inbox inbox
    cdef readonly list arrays  # that steps change, and that a refill makes anew
    cdef object _keep, _known
    cdef const snn_projection **_members

    def __cinit__(self, SpikeLists post, conductance, members):
        """``members``: (synapses, delays), in the order of their phases; all add a weight to
        ``conductance``. Delays uint8 (n_synapses,), steps."""
        cdef Synapses synapses
        members = list(members)
        longest = max(int(delays.max(initial=1)) for _, delays in members)
        ring = aligned_zeros(inbox_slots(longest) * len(conductance), conductance.dtype)
        self._known = np.full((post.n_threads, 8), -1, np.int64)
        self._keep = (post, conductance, members)
        self.arrays = [ring, self._known]
        self._members = <const snn_projection **>calloc(len(members), sizeof(void *))
        if self._members == NULL:
            raise MemoryError
        for k, (synapses, delays) in enumerate(members):
            self._members[k] = &synapses.projection
            synapses._inbox = self
            synapses.projection.inbox = &self.inbox
            synapses.projection.arrival = data_of(delays)
            synapses.projection.arrival_bytes = 1
        self.inbox.post = &post.population
        self.inbox.conductance = data_of(conductance)
        self.inbox.real_bytes = conductance.itemsize
        self.inbox.ring = data_of(ring)
        self.inbox.n_slots = inbox_slots(longest)
        self.inbox.longest = longest
        self.inbox.member = self._members
        self.inbox.n_members = len(members)
        self.inbox.known = <int64_t *>data_of(self._known)

    def __dealloc__(self):
        free(self._members)

    def forget(self):
        """Enter the spikes under way anew before the next step."""
        self._known[...] = -1


cdef class ProceduralSynapses(Object):
    """A projection's synapses that are not stored, but made anew when a neuron spikes."""

    cdef snn_procedural procedural
    cdef object _keep
    cdef void **_rooms

    def __cinit__(self, SpikeLists pre, SpikeLists post, rule, row, post_neuron, weight, values,
                  ends, conductance, int32_t delay):
        """``rule`` chooses from candidates, which are the neurons ``post_neuron`` int32 or, if
        None, the numbers of post neurons; ``row`` int32 (n_pre) is the row of each pre neuron
        or -1, None: its number. ``weight`` is one float64 of shape () for all, or ``values`` are
        those of all synapses in their order, rows of which end at ``ends`` int64 (n_rows + 1).
        """
        cdef int n_threads = pre.n_threads, k
        bounds = np.minimum(post.bounds, post.population.size)
        if post_neuron is None:
            bounds = np.minimum(bounds, rule.n_candidates)
        else:
            bounds = np.searchsorted(post_neuron, bounds)
        bounds = np.ascontiguousarray(bounds, np.int64)
        part = None if values is None else parts_of_rows(rule, ends, bounds)
        longest = max(1, rule.n if rule.kind == "repeated" else rule.n_candidates)
        n_values = 1 if values is None else longest
        rooms = [
            (rule.scratch(), np.empty(longest, np.uint32), np.empty(n_values, conductance.dtype))
            for _ in range(n_threads)
        ]
        self._keep = (pre, post, rule, row, post_neuron, weight, values, part, conductance, bounds,
                      rooms)
        self._rooms = <void **>calloc(3 * n_threads, sizeof(void *))
        if self._rooms == NULL:
            raise MemoryError
        for k, (scratch, target, value) in enumerate(rooms):
            self._rooms[k] = data_of(scratch)
            self._rooms[n_threads + k] = data_of(target)
            self._rooms[2 * n_threads + k] = data_of(value)
        self.procedural.pre = &pre.population
        self.procedural.rule = <const snn_rule *><uintptr_t>rule.address
        self.procedural.row = NULL if row is None else <const int32_t *>data_of(row)
        if post_neuron is not None:
            self.procedural.post_neuron = <const int32_t *>data_of(post_neuron)
        self.procedural.bounds = <const int64_t *>data_of(bounds)
        self.procedural.weight = <const double *>data_of(weight)
        if values is not None:
            self.procedural.distribution = <const snn_distribution *><uintptr_t>values.address
            self.procedural.part = <const int64_t *>data_of(part)
        self.procedural.scratch = self._rooms
        self.procedural.target = <uint32_t **>(self._rooms + n_threads)
        self.procedural.value = self._rooms + 2 * n_threads
        self.procedural.conductance = data_of(conductance)
        self.procedural.real_bytes = conductance.itemsize
        self.procedural.delay = delay

    def __dealloc__(self):
        free(self._rooms)

    cdef void *pointer(self):
        return &self.procedural

    def weights_changed(self):
        """Nothing is kept in an order of its own."""


cdef class Combination(Object):
    """Adds a neuron's reduced inputs (``scratch``) to ``out``: their mean, maximum or minimum."""

    cdef snn_combination combination
    cdef object _keep

    def __cinit__(self, SpikeLists post, n_inputs, scratch, out, operation):
        """``n_inputs`` int64 (n_post,); neurons without inputs get nothing."""
        self._keep = (post, n_inputs, scratch, out)
        self.combination.post = &post.population
        self.combination.n_inputs = <const int64_t *>data_of(n_inputs)
        self.combination.scratch = data_of(scratch)
        self.combination.out = data_of(out)
        self.combination.real_bytes = out.itemsize
        self.combination.operation = OPERATIONS[operation]

    cdef void *pointer(self):
        return &self.combination


cdef class Clear(Object):
    """Fills an array of a population with one value."""

    cdef snn_clear clear
    cdef object _keep

    def __cinit__(self, SpikeLists population, array, double value=0.0):
        self._keep = (population, array)
        self.clear.population = &population.population
        self.clear.array = data_of(array)
        self.clear.item_bytes = array.itemsize
        self.clear.value = value

    cdef void *pointer(self):
        return &self.clear


cdef class History(Object):
    """``out`` is ``source`` as it was ``delay`` steps ago; before the first step as it is now."""

    cdef snn_history history
    cdef readonly object out, ring
    cdef object _keep

    def __cinit__(self, SpikeLists population, source, int32_t delay):
        self.ring = np.tile(source, (delay, 1))
        self.out = source.copy()
        self._keep = (population, source)
        self.history.population = &population.population
        self.history.source = data_of(source)
        self.history.ring = data_of(self.ring)
        self.history.out = data_of(self.out)
        self.history.item_bytes = source.itemsize
        self.history.delay = delay

    cdef void *pointer(self):
        return &self.history

    def fill(self):
        """Forget the past: it was always as it is now."""
        self.ring[...] = self._keep[1]
        self.out[...] = self._keep[1]


cdef class Past(Object):
    """``ring`` (padded, 2 * length): ``source`` of the latest ``length`` steps, each twice.

    While step n runs, the values of d steps ago stand at ``n % length + length - d``.
    """

    cdef snn_past past
    cdef readonly object ring
    cdef object _keep

    def __cinit__(self, SpikeLists population, source, int32_t length):
        self.ring = np.repeat(source[:, np.newaxis], 2 * length, axis=1)
        self._keep = (population, source)
        self.past.population = &population.population
        self.past.source = data_of(source)
        self.past.ring = data_of(self.ring)
        self.past.item_bytes = source.itemsize
        self.past.length = length

    cdef void *pointer(self):
        return &self.past

    def fill(self):
        """Forget the past: it was always as it is now."""
        self.ring[...] = self._keep[1][:, np.newaxis]


cdef class Reduction(Object):
    """One number over all neurons of a population."""

    cdef snn_reduction reduction
    cdef object _keep

    def __cinit__(self, source, int64_t size, out, operation):
        self._keep = (source, out)
        self.reduction.source = data_of(source)
        self.reduction.size = size
        self.reduction.real_bytes = source.itemsize
        self.reduction.operation = OPERATIONS[operation]
        self.reduction.out = data_of(out)

    cdef void *pointer(self):
        return &self.reduction


cdef class SpikePlayer(Object):
    """Makes neurons spike at given steps."""

    cdef snn_spike_player player
    cdef object _keep

    def __cinit__(self, SpikeLists spikes, steps, neurons):
        """``steps`` int64, ascending, and ``neurons`` int32, one of each for a spike."""
        self._keep = (spikes, steps, neurons)
        self.player.population = &spikes.population
        self.player.n_spikes = len(steps)
        self.player.step = <const int64_t *>data_of(steps)
        self.player.neuron = <const int32_t *>data_of(neurons)

    cdef void *pointer(self):
        return &self.player


cdef class Mask(Object):
    """Takes away the spikes of the neurons where ``silenced``, uint8 (padded), is 1."""

    cdef snn_mask mask
    cdef object _keep

    def __cinit__(self, SpikeLists spikes, silenced):
        self._keep = (spikes, silenced)
        self.mask.population = &spikes.population
        self.mask.silenced = <const uint8_t *>data_of(silenced)

    cdef void *pointer(self):
        return &self.mask


cdef class Stimulus(Object):
    """Adds to ``out`` one value after the other, for the neurons ``chosen``."""

    cdef snn_stimulus stimulus
    cdef object _keep

    def __cinit__(self, SpikeLists population, starts, values, chosen, base, out):
        """``starts`` int64 (n + 1,), the first step of each of the ``values``, float64 (n,), and
        the first step after them; ``chosen`` uint8 (padded), None for all; ``base`` (padded), what
        ``out`` is made before, or None."""
        self._keep = (population, starts, values, chosen, base, out)
        self.stimulus.population = &population.population
        self.stimulus.n_values = len(values)
        self.stimulus.start = <const int64_t *>data_of(starts)
        self.stimulus.value = <const double *>data_of(values)
        self.stimulus.chosen = <const uint8_t *>data_of(chosen)
        self.stimulus.base = data_of(base)
        self.stimulus.out = data_of(out)
        self.stimulus.real_bytes = out.itemsize

    cdef void *pointer(self):
        return &self.stimulus


cdef class ValuePlayer(Object):
    """Gives an array of a population the values of one row after the other."""

    cdef snn_value_player player
    cdef object _keep

    def __cinit__(self, SpikeLists population, starts, rows, out, int64_t period):
        """``starts`` int64 (n_rows,), the first step of each row; rows (n_rows, padded), or
        (n_rows, 1) for all neurons alike."""
        self._keep = (population, starts, rows, out)
        self.player.population = &population.population
        self.player.n_rows = len(starts)
        self.player.start = <const int64_t *>data_of(starts)
        self.player.rows = data_of(rows)
        self.player.one_for_all = rows.shape[1] == 1
        self.player.out = data_of(out)
        self.player.item_bytes = out.itemsize
        self.player.period = period

    cdef void *pointer(self):
        return &self.player


cdef class PoissonSpikes(Object):
    """Makes neurons spike at random, each in a step with probability 1 - exp(-rate * scale)."""

    cdef snn_poisson poisson
    cdef object _keep

    def __cinit__(self, SpikeLists spikes, key, rate, double scale):
        """``rate`` (n_padded,), or shape () or (1,) for all neurons."""
        self._keep = (spikes, rate)
        self.poisson.population = &spikes.population
        self.poisson.key[0] = key[0]
        self.poisson.key[1] = key[1]
        self.poisson.rate = data_of(rate)
        self.poisson.item_bytes = rate.itemsize
        self.poisson.each = rate.ndim > 0 and len(rate) == len(spikes.spiked)
        self.poisson.scale = scale

    cdef void *pointer(self):
        return &self.poisson


cdef class Drive(Object):
    """Adds random counts, each times a weight, to an array of a population in every step."""

    cdef snn_drive drive
    cdef object _keep, _counts, _weight

    def __cinit__(self, SpikeLists population, key, out):
        self._keep = (population, out)
        self.drive.population = &population.population
        self.drive.key[0] = key[0]
        self.drive.key[1] = key[1]
        self.drive.out = data_of(out)
        self.drive.real_bytes = out.itemsize

    cdef void *pointer(self):
        return &self.drive

    def draw(self, threshold, smallest, row=None):
        """Draw from these distributions from now on (`snnlab.engine.counts.CountTable`).

        ``threshold`` uint32 (n_rows, n_thresholds), ``smallest`` int32 (n_rows,), ``row`` int32
        (n_padded,): which row each neuron has.
        """
        self._counts = (threshold, smallest, row)
        self.drive.threshold = <const uint32_t *>data_of(threshold)
        self.drive.n_thresholds = threshold.shape[1]
        self.drive.n_used = int((threshold[0] < 0xFFFFFFFF).sum())
        self.drive.smallest = <const int32_t *>data_of(smallest)
        self.drive.row = NULL
        if row is not None:
            self.drive.row = <const int32_t *>data_of(row)

    def weigh(self, weight):
        """``weight`` float64 (n_padded,), or (1,) for all neurons."""
        self._weight = weight
        self.drive.weight = <const double *>data_of(weight)
        self.drive.weights = len(weight) > 1


cdef class Recorder(Object):
    """Copies chosen elements of one array at the end of every ``period``-th step."""

    cdef snn_recorder recorder
    cdef object _keep, _out
    cdef object _dtype
    cdef object _block    # samples that lie side by side; the first _n_used are taken
    cdef int64_t _n_used
    cdef list _lent       # blocks that come back when nobody has a part of them any more

    def __cinit__(self, source, neuron, bounds, int64_t period, int64_t first_step):
        """``neuron`` int32, ascending; ``bounds`` those of the population's threads."""
        split = np.searchsorted(neuron, bounds).astype(np.int64)
        self._keep = (source, neuron, split)
        self._dtype = source.dtype
        self.recorder.source = data_of(source)
        self.recorder.item_bytes = source.itemsize
        self.recorder.neuron = <const int32_t *>data_of(neuron)
        self.recorder.n_neurons = len(neuron)
        self.recorder.neighbours = bool((np.diff(neuron) == 1).all())
        self.recorder.split = <const int64_t *>data_of(split)
        self.recorder.period = period
        self.recorder.next_step = first_step
        self._out = self._block = None
        self._n_used = 0
        self._lent = []

    cdef void *pointer(self):
        return &self.recorder

    @property
    def next_step(self):
        return self.recorder.next_step

    @next_step.setter
    def next_step(self, int64_t step):
        self.recorder.next_step = step

    cdef int64_t _n_samples(self, int64_t end):
        cdef int64_t left = end - self.recorder.next_step
        return 0 if left <= 0 else (left - 1) // self.recorder.period + 1

    def prepare(self, int64_t step, int64_t n_steps, int64_t n_expected=0):
        """Make room for a run of ``n_steps`` that begins at ``step``.

        Samples of the ``n_expected`` steps from there on, this run and those that follow it, will
        lie side by side, so that they need not be copied to be joined.
        """
        cdef int64_t n_samples = self._n_samples(step + n_steps)
        cdef int64_t n_room = 0 if self._block is None else len(self._block) - self._n_used
        if self._block is None or n_room < n_samples:
            self._n_used = 0
            self._block = None
            if n_expected:
                n_room = max(n_samples, self._n_samples(step + n_expected))
                self._block = np.empty((n_room, self.recorder.n_neurons), self._dtype)
            else:
                self._block = self._come_back(n_samples)
        self._out = self._block[self._n_used : self._n_used + n_samples]
        self.recorder.out = <char *>data_of(self._out)

    cdef object _come_back(self, int64_t n_samples):
        """Room for ``n_samples`` or more, in a block that nobody has any more if there is one.

        The system clears memory when it is first written to, which takes several times as long
        as a step: what is recorded and forgotten goes through the same few blocks.
        """
        cdef list lent = []
        cdef object found = None
        cdef int n_free = 0
        for block in self._lent:
            if (<PyObject *>block).ob_refcnt > 2:  # the list and this loop: a sample refers to it
                lent.append(block)
            elif found is None and n_samples <= len(block) <= 4 * n_samples:
                found = block
            elif n_free < 2:
                n_free += 1
                lent.append(block)
        if found is None:
            n_room = 1 << max(0, n_samples - 1).bit_length()
            found = np.empty((n_room, self.recorder.n_neurons), self._dtype)
        lent.append(found)
        self._lent = lent
        return found

    def take(self, int64_t end):
        """Steps (n_samples,) and values (n_samples, n_neurons) of a run until ``end``."""
        cdef int64_t n_samples = self._n_samples(end)
        values = self._out[:n_samples]  # fewer than there is room for when the run was stopped
        steps = self.recorder.next_step + self.recorder.period * np.arange(n_samples)
        self.recorder.next_step += self.recorder.period * n_samples
        self._out = None
        self._n_used += n_samples
        if self._n_used == len(self._block):
            self._block = None
        return steps, values


cdef class Stepper:
    """Runs a list of phases, step after step, without the GIL.

    Neurons and the synapses onto them are divided into ``n_threads`` parts, which as many threads
    or fewer run. The order of all sums is that of the parts, whoever runs them.
    """

    cdef snn_engine engine
    cdef snn_phase *_phases
    cdef snn_prepared *_prepared
    cdef snn_arrival *_arrivals
    cdef object _keep

    def __cinit__(self, phases, int n_threads, double dt, int spin=2000):
        """``phases``: pairs (kind, object), kinds as in `KINDS`."""
        phases = list(phases)
        self._keep = phases
        self._phases = <snn_phase *>calloc(max(1, len(phases)), sizeof(snn_phase))
        if self._phases == NULL:
            raise MemoryError
        cdef Object target
        cdef Arguments own
        arguments = {}  # each once: an object may have several phases
        for n, (kind, item) in enumerate(phases):
            self._phases[n].kind = KINDS[kind]
            if item is not None:
                target = item
                self._phases[n].object = target.pointer()
                arguments.update((id(one), one) for one in target.arguments or ())
        self._prepared = <snn_prepared *>calloc(max(1, len(arguments)), sizeof(snn_prepared))
        if self._prepared == NULL:
            raise MemoryError
        for own in arguments.values():
            if own.prepared.compute != NULL:
                self._prepared[self.engine.n_prepared] = own.prepared
                self.engine.n_prepared += 1
        self.engine.prepared = self._prepared
        self._arrivals = <snn_arrival *>calloc(n_threads, sizeof(snn_arrival))
        if self._arrivals == NULL:
            raise MemoryError
        self.engine.arrival = self._arrivals
        self.engine.phases = self._phases
        self.engine.n_phases = len(phases)
        self.engine.n_threads = n_threads
        self.engine.dt = dt
        self.engine.spin = spin

    def __dealloc__(self):
        free(self._phases)
        free(self._prepared)
        free(self._arrivals)

    @property
    def in_python(self):
        """Whether Python runs during a slice, and other threads of Python do not."""
        return False

    @property
    def step(self):
        return self.engine.step

    @step.setter
    def step(self, int64_t step):
        self.engine.step = step

    def run(self, int64_t n_steps, team=None, double patience=0.0, stop=None):
        """Run ``n_steps`` steps on ``team`` threads, as many as there are parts if not given.

        When the team takes more than ``patience`` seconds a step (0: it may), one thread goes on
        alone. It ends after the step in which ``stop``, an int32 array (1,), becomes 1, and after at
        least one. Returns what the team did and what one thread did: (steps, seconds) of each.

        Raises
        ------
        MemoryError
            If the log of spikes could not grow; the state is that of the last step.
        """
        cdef int failed, n_threads = self.engine.n_threads if team is None else team
        self.engine.stop = <const int32_t *>data_of(stop)
        with nogil:
            failed = snn_run(&self.engine, n_steps, n_threads, patience)
        if failed:
            raise MemoryError("the log of spikes could not grow")
        shared = self.engine.team_steps
        alone = self.engine.alone_steps
        return (shared, self.engine.team_seconds), (alone, self.engine.alone_seconds)
