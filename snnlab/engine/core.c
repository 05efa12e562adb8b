#define _GNU_SOURCE /* for cores */
#include "snnlab_core.h"
#include "snnlab_workers.h"
#include "vector_math.h"

#include <math.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if defined(__GNUC__) && defined(__x86_64__)
#include <immintrin.h>
#define SNN_X86 1
#elif defined(__SSE2__)
#include <xmmintrin.h>
#endif
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

#define INLINE static inline __attribute__((always_inline))

static double now(void) /* seconds */
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

#if defined(__linux__)
/* How long (ns) a thread has been on a core; it stands still while another program has its core. -1
 * when this process has no such thread any more. */
static int64_t time_on_core(int tid)
{
    _Static_assert(sizeof(cpu_set_t) == sizeof ((snn_engine *)0)->allowed, "the size of a set of cores");
    const clockid_t clock = (clockid_t)((~(unsigned int)tid << 3) | 6); /* its CPU clock */
    struct timespec t;
    return clock_gettime(clock, &t) ? -1 : (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Let a thread that has lost its core go on where the caller runs, who will sleep. */
static void pull(snn_arrival *arrival, int tid)
{
    cpu_set_t here;
    CPU_ZERO(&here);
    CPU_SET(sched_getcpu(), &here);
    __atomic_store_n(&arrival->pulled, SNN_PULLED, __ATOMIC_RELAXED);
    sched_setaffinity(tid, sizeof here, &here);
}

/* Where a thread of the team may run: not on the core of the first one, nor where it was pulled to.
 * A thread that is woken often begins on the core of the one that woke it, and both then share
 * it for many milliseconds, until the system moves one. */
static void keep_off(const snn_engine *engine, int core, int tid)
{
    cpu_set_t others;
    memcpy(&others, engine->allowed, sizeof others);
    if (core >= 0) CPU_CLR(core, &others);
    if (CPU_COUNT(&others)) sched_setaffinity(tid, sizeof others, &others);
}
#endif

/* Whether a person wants the run to end after the present step. */
static int is_stopped(const snn_engine *engine)
{
    return engine->stop && __atomic_load_n(engine->stop, __ATOMIC_RELAXED);
}

/* Whether to end the team's run after `n_done` steps: the first thread decides. */
static int is_over(const snn_engine *engine, int64_t n_done)
{
    if (is_stopped(engine)) return 1;
    if (!(engine->patience > 0.0) || n_done % engine->glance) return 0;
    return now() - engine->started > SNN_GRACE + (double)n_done * engine->patience;
}

/* Where the conductance of the neuron `base` stands. */
static inline void *conductance_from(const snn_projection *projection, int64_t base)
{
    return (char *)projection->conductance + base * projection->real_bytes;
}

/* The end of the pieces from `p` on, before `end`, whose targets are counted from one neuron. */
static inline int64_t alike_until(const snn_projection *projection, int64_t p, int64_t end)
{
    const int64_t base = projection->base[p];
    for (++p; p < end && projection->base[p] == base; ++p) continue;
    return p;
}

/* conductance[target] += weight for one row. */
#define DELIVER(REAL, INDEX, WEIGHT, VALUE)                                                      \
    {                                                                                            \
        REAL *const g = (REAL *)conductance;                                                     \
        const INDEX *const target = (const INDEX *)projection->target;                           \
        const WEIGHT *const weight = (const WEIGHT *)projection->weight;                         \
        (void)weight;                                                                            \
        for (int64_t k = begin; k < end; ++k) g[target[k]] += (REAL)(VALUE);                     \
        return;                                                                                  \
    }

static void deliver_row(const snn_projection *projection, void *conductance, int64_t begin,
                        int64_t end)
{
    const int narrow = projection->target_bytes == 2;
    if (projection->real_bytes == 8) {
        if (projection->weight_bytes == 0) {
            const double one = *(const double *)projection->weight;
            if (narrow) DELIVER(double, uint16_t, double, one)
            DELIVER(double, uint32_t, double, one)
        }
        if (projection->weight_bytes == 4) {
            if (narrow) DELIVER(double, uint16_t, float, weight[k])
            DELIVER(double, uint32_t, float, weight[k])
        }
        if (narrow) DELIVER(double, uint16_t, double, weight[k])
        DELIVER(double, uint32_t, double, weight[k])
    }
    if (projection->weight_bytes == 0) {
        const double one = *(const double *)projection->weight;
        if (narrow) DELIVER(float, uint16_t, double, one)
        DELIVER(float, uint32_t, double, one)
    }
    if (projection->weight_bytes == 4) {
        if (narrow) DELIVER(float, uint16_t, float, weight[k])
        DELIVER(float, uint32_t, float, weight[k])
    }
    if (narrow) DELIVER(float, uint16_t, double, weight[k])
    DELIVER(float, uint32_t, double, weight[k])
}

/* The lines of a row that will be read soon; of a long row the processor fetches the rest itself. */
static inline void fetch_row(const snn_projection *projection, int64_t begin, int64_t end)
{
    enum { LINES = 2 };
    const char *target = (const char *)projection->target + begin * projection->target_bytes;
    const int64_t n_bytes = (end - begin) * projection->target_bytes;
    for (int64_t k = 0; k < n_bytes && k < LINES * SNN_CACHE_LINE; k += SNN_CACHE_LINE)
        __builtin_prefetch(target + k);
    if (projection->weight_bytes)
        __builtin_prefetch((const char *)projection->weight + begin * projection->weight_bytes);
}

/* Spikes of one thread's neurons reach those of the pieces first <= p < last, which are counted from
 * one neuron, in ascending order of the pre neuron. */
static inline void deliver_pieces(const snn_projection *projection, const snn_clock *clock,
                                  const int32_t *neuron, int64_t n, int64_t first, int64_t last)
{
    enum { OFFSETS_AHEAD = 8, ROWS_AHEAD = 2 }; /* spikes: offsets are fetched first, then rows */
    const int64_t width = projection->n_pieces;
    const int64_t *begins = projection->part + first, *ends = projection->part + last;
    void *const conductance = conductance_from(projection, projection->base[first]);
    for (int64_t s = 0; s < n; ++s) {
        if (s + OFFSETS_AHEAD < n) __builtin_prefetch(begins + neuron[s + OFFSETS_AHEAD] * width);
        if (s + ROWS_AHEAD < n) {
            const int64_t next = neuron[s + ROWS_AHEAD] * width;
            fetch_row(projection, begins[next], ends[next]);
        }
        const int64_t begin = begins[neuron[s] * width];
        const int64_t end = ends[neuron[s] * width];
        if (begin == end) continue;
        if (projection->kernel)
            projection->kernel(&projection->args, clock, neuron[s], begin, end);
        else
            deliver_row(projection, conductance, begin, end);
    }
}

/* Spikes of `delay` steps ago reach the neurons of the parts first <= part < last, in ascending
 * order of the pre neuron: a neuron sums its inputs in the same order for any number of threads. */
static void deliver(const snn_engine *engine, const snn_projection *projection,
                    const snn_clock *clock, int first, int last)
{
    const int64_t emitted = clock->step - projection->delay;
    if (emitted < 0) return;
    const snn_population *pre = projection->pre;
    const int n_threads = engine->n_threads;
    const int64_t slot = emitted % pre->n_slots, end = projection->piece[last];
    for (int owner = 0; owner < n_threads; ++owner) {
        const int32_t *neuron = pre->neuron + slot * pre->padded + pre->bounds[owner];
        const int64_t n = pre->count[(slot * n_threads + owner) * 8];
        if (!n) continue;
        int64_t until;
        for (int64_t p = projection->piece[first]; p < end; p = until) {
            until = alike_until(projection, p, end);
            deliver_pieces(projection, clock, neuron, n, p, until);
        }
    }
}

/* Rows that are delivered one after the other, of one projection or several: what the next ones need
 * is on its way meanwhile, also where a step has few spikes. */
enum { ROWS_IN_LINE = 32 };

typedef struct {
    const snn_projection *projection[ROWS_IN_LINE];
    int32_t neuron[ROWS_IN_LINE];
    int n;
    int64_t first, last, base; /* the pieces of all of them, which are counted from one neuron */
} snn_line;

static inline const int64_t *part_of_row(const snn_line *line, int row)
{
    const snn_projection *projection = line->projection[row];
    return projection->part + line->neuron[row] * projection->n_pieces;
}

static inline void fetch_in_line(const snn_line *line, int row)
{
    const int64_t *part = part_of_row(line, row);
    fetch_row(line->projection[row], part[line->first], part[line->last]);
}

static void deliver_line(snn_line *line, const snn_clock *clock)
{
    enum { AHEAD = 3 };
    for (int row = 0; row < AHEAD && row < line->n; ++row) fetch_in_line(line, row);
    for (int row = 0; row < line->n; ++row) {
        if (row + AHEAD < line->n) fetch_in_line(line, row + AHEAD);
        const snn_projection *projection = line->projection[row];
        const int64_t *part = part_of_row(line, row);
        const int64_t begin = part[line->first], end = part[line->last];
        if (begin == end) continue;
        if (projection->kernel)
            projection->kernel(&projection->args, clock, line->neuron[row], begin, end);
        else
            deliver_row(projection, conductance_from(projection, line->base), begin, end);
    }
    line->n = 0;
}

/* Add the rows of one thread's spikes; all of a line have the same pieces. */
static inline void add_to_line(snn_line *line, const snn_projection *projection,
                               const snn_clock *clock, const int32_t *neuron, int64_t n,
                               int64_t first, int64_t last)
{
    const int64_t base = projection->base[first];
    if (line->first != first || line->last != last || line->base != base) {
        deliver_line(line, clock);
        line->first = first;
        line->last = last;
        line->base = base;
    }
    for (int64_t s = 0; s < n; ++s) {
        line->projection[line->n] = projection;
        line->neuron[line->n] = neuron[s];
        __builtin_prefetch(part_of_row(line, line->n) + first);
        if (++line->n == ROWS_IN_LINE) deliver_line(line, clock);
    }
}

/* As `deliver`, for phases that are neighbours. */
static void deliver_together(const snn_engine *engine, const snn_phase *phase, int n_phases,
                             const snn_clock *clock, int first, int last)
{
    const int n_threads = engine->n_threads;
    snn_line line;
    line.n = 0;
    line.first = line.last = line.base = 0;
    for (int k = 0; k < n_phases; ++k) {
        const snn_projection *projection = phase[k].object;
        const int64_t emitted = clock->step - projection->delay;
        if (emitted < 0) continue;
        const snn_population *pre = projection->pre;
        const int64_t slot = emitted % pre->n_slots;
        for (int owner = 0; owner < n_threads; ++owner) {
            const int32_t *neuron = pre->neuron + slot * pre->padded + pre->bounds[owner];
            const int64_t n = pre->count[(slot * n_threads + owner) * 8];
            if (!n) continue;
            const int64_t end = projection->piece[last];
            int64_t until;
            for (int64_t p = projection->piece[first]; p < end; p = until) {
                until = alike_until(projection, p, end);
                add_to_line(&line, projection, clock, neuron, n, p, until);
            }
        }
    }
    deliver_line(&line, clock);
}

/* After every synapse has seen the traces as they were before. */
static void arrive(const snn_engine *engine, const snn_arrivals *arrivals, const snn_clock *clock,
                   int thread)
{
    const int64_t emitted = clock->step - arrivals->delay;
    if (emitted < 0) return;
    const snn_population *population = arrivals->population;
    const int64_t slot = emitted % population->n_slots;
    const int32_t *neuron = population->neuron + slot * population->padded + population->bounds[thread];
    const int64_t n = population->count[(slot * engine->n_threads + thread) * 8];
    for (int64_t s = 0; s < n; ++s)
        arrivals->kernel(&arrivals->args, clock, neuron[s], neuron[s] + 1);
}

static inline int32_t arrival_at(const snn_projection *projection, int64_t k)
{
    return projection->arrival_bytes == 1 ? ((const uint8_t *)projection->arrival)[k]
                                          : ((const uint16_t *)projection->arrival)[k];
}

/* The first place of begin <= k < end whose delay is not below `delay`. */
static int64_t first_from(const snn_projection *projection, int64_t begin, int64_t end,
                          int32_t delay)
{
    while (begin < end) {
        const int64_t middle = begin + (end - begin) / 2;
        if (arrival_at(projection, middle) < delay)
            begin = middle + 1;
        else
            end = middle;
    }
    return begin;
}

/* Generated code keeps the order of the synapses: it is called for runs of neighbours. */
static void run_in_order(const snn_projection *projection, const snn_args *args,
                         const snn_clock *clock, int64_t row, int64_t begin, int64_t end)
{
    const uint32_t *order = projection->order;
    while (begin < end) {
        const int64_t first = order[begin];
        int64_t n = 1;
        while (begin + n < end && order[begin + n] == first + n) ++n;
        projection->kernel(args, clock, row, first, first + n);
        begin += n;
    }
}

/* As `deliver`, for one piece of synapses with delays of their own: the latest spikes first, so that
 * the order in which a neuron sums does not depend on the number of threads. */
static void deliver_delayed(const snn_engine *engine, const snn_projection *projection,
                            const snn_clock *clock, int64_t piece)
{
    const snn_population *pre = projection->pre;
    const int n_threads = engine->n_threads;
    const int64_t *part = projection->part + piece;
    const int64_t width = projection->n_pieces;
    void *const conductance = conductance_from(projection, projection->base[piece]);
    const char *arrival = (const char *)projection->arrival;
    snn_args args = projection->args;
    for (int d = 0; d < projection->n_delays; ++d) {
        const int32_t delay = projection->delays[d];
        const int64_t emitted = clock->step - delay;
        if (emitted < 0) return;
        args.delay = delay;
        const int64_t slot = emitted % pre->n_slots;
        for (int owner = 0; owner < n_threads; ++owner) {
            const int32_t *neuron = pre->neuron + slot * pre->padded + pre->bounds[owner];
            const int64_t n = pre->count[(slot * n_threads + owner) * 8];
            for (int64_t s = 0; s < n; ++s) {
                if (s + 1 < n)
                    __builtin_prefetch(arrival +
                                       part[neuron[s + 1] * width] * projection->arrival_bytes);
                const int64_t last = part[neuron[s] * width + 1];
                const int64_t begin =
                    first_from(projection, part[neuron[s] * width], last, delay);
                int64_t end = begin;
                while (end < last && arrival_at(projection, end) == delay) ++end;
                if (begin == end) continue;
                if (projection->kernel)
                    run_in_order(projection, &args, clock, neuron[s], begin, end);
                else
                    deliver_row(projection, conductance, begin, end);
            }
        }
    }
}

/* ring[step][target] += weight for those of a row that arrive `least` steps later, or more. */
#define DELIVER_AHEAD(REAL, INDEX, WEIGHT, VALUE)                                                \
    {                                                                                            \
        REAL *const ring = (REAL *)inbox->ring + base;                                           \
        const INDEX *const target = (const INDEX *)projection->target;                           \
        const WEIGHT *const weight = (const WEIGHT *)projection->weight;                         \
        (void)weight;                                                                            \
        for (int64_t k = begin; k < end; ++k) {                                                  \
            if (delay[k] < least) continue;                                                      \
            ring[((emitted + delay[k]) & mask) * stride + target[k]] += (REAL)(VALUE);           \
        }                                                                                        \
        return;                                                                                  \
    }

static void deliver_row_ahead(const snn_inbox *inbox, const snn_projection *projection,
                              int64_t base, int64_t begin, int64_t end, int64_t emitted,
                              int64_t least)
{
    const int narrow = projection->target_bytes == 2;
    const uint8_t *const delay = (const uint8_t *)projection->arrival;
    const int64_t mask = inbox->n_slots - 1, stride = inbox->post->padded;
    if (inbox->real_bytes == 8) {
        if (projection->weight_bytes == 0) {
            const double one = *(const double *)projection->weight;
            if (narrow) DELIVER_AHEAD(double, uint16_t, double, one)
            DELIVER_AHEAD(double, uint32_t, double, one)
        }
        if (narrow) DELIVER_AHEAD(double, uint16_t, double, weight[k])
        DELIVER_AHEAD(double, uint32_t, double, weight[k])
    }
    if (projection->weight_bytes == 0) {
        const double one = *(const double *)projection->weight;
        if (narrow) DELIVER_AHEAD(float, uint16_t, double, one)
        DELIVER_AHEAD(float, uint32_t, double, one)
    }
    if (narrow) DELIVER_AHEAD(float, uint16_t, float, weight[k])
    DELIVER_AHEAD(float, uint32_t, float, weight[k])
}

static inline void fetch(const void *array, int64_t begin, int64_t end, int64_t bytes)
{
    enum { LINES = 6 }; /* of a long row the processor fetches the rest itself */
    const char *first = (const char *)array + begin * bytes;
    int64_t n_bytes = (end - begin) * bytes;
    if (n_bytes > LINES * SNN_CACHE_LINE) n_bytes = LINES * SNN_CACHE_LINE;
    for (int64_t k = 0; k < n_bytes; k += SNN_CACHE_LINE) __builtin_prefetch(first + k);
}

/* Spikes on their way to the inbox: rows are few and far apart, so that they are asked for together
 * before the first is needed. */
enum { ROWS_AT_ONCE = 32 };

typedef struct {
    const snn_projection *projection[ROWS_AT_ONCE];
    const int64_t *part[ROWS_AT_ONCE];
    int n;
    int64_t n_pieces, base; /* of all of them */
} snn_rows;

static void deliver_rows(const snn_inbox *inbox, snn_rows *rows, int64_t emitted, int64_t least)
{
    for (int r = 0; r < rows->n; ++r) {
        const snn_projection *projection = rows->projection[r];
        const int64_t begin = rows->part[r][0], end = rows->part[r][rows->n_pieces];
        fetch(projection->target, begin, end, projection->target_bytes);
        fetch(projection->arrival, begin, end, 1);
        if (projection->weight_bytes)
            fetch(projection->weight, begin, end, projection->weight_bytes);
    }
    for (int r = 0; r < rows->n; ++r)
        deliver_row_ahead(inbox, rows->projection[r], rows->base, rows->part[r][0],
                          rows->part[r][rows->n_pieces], emitted, least);
    rows->n = 0;
}

/* Spikes of one thread's neurons are on their way to those of the pieces first <= p < last. */
static void send_pieces(const snn_inbox *inbox, const snn_projection *projection, snn_rows *rows,
                        const int32_t *neuron, int64_t n, int64_t first, int64_t last,
                        int64_t emitted, int64_t least)
{
    const int64_t width = projection->n_pieces, base = projection->base[first];
    if (last - first != rows->n_pieces || base != rows->base) {
        deliver_rows(inbox, rows, emitted, least);
        rows->n_pieces = last - first;
        rows->base = base;
    }
    for (int64_t s = 0; s < n; ++s) {
        const int64_t *part = projection->part + neuron[s] * width + first;
        __builtin_prefetch(part);
        rows->projection[rows->n] = projection;
        rows->part[rows->n] = part;
        if (++rows->n == ROWS_AT_ONCE) deliver_rows(inbox, rows, emitted, least);
    }
}

/* The spikes of a step, by projection and then by pre neuron, reach the neurons of the parts
 * first <= part < last after `least` steps or more. */
static void send(const snn_engine *engine, const snn_inbox *inbox, int64_t emitted, int64_t least,
                 int first, int last)
{
    const int n_threads = engine->n_threads;
    snn_rows rows = {.n = 0};
    for (int m = 0; m < inbox->n_members; ++m) {
        const snn_projection *projection = inbox->member[m];
        const snn_population *pre = projection->pre;
        const int64_t slot = emitted % pre->n_slots;
        for (int owner = 0; owner < n_threads; ++owner) {
            const int32_t *neuron = pre->neuron + slot * pre->padded + pre->bounds[owner];
            const int64_t n = pre->count[(slot * n_threads + owner) * 8];
            if (!n) continue;
            const int64_t end = projection->piece[last];
            int64_t until;
            for (int64_t p = projection->piece[first]; p < end; p = until) {
                until = alike_until(projection, p, end);
                send_pieces(inbox, projection, &rows, neuron, n, p, until, emitted, least);
            }
        }
    }
    deliver_rows(inbox, &rows, emitted, least);
}

#define TAKE_OUT(REAL)                                                                           \
    {                                                                                            \
        REAL *const g = (REAL *)inbox->conductance;                                              \
        REAL *const ring = (REAL *)inbox->ring + slot * inbox->post->padded;                     \
        for (int64_t i = begin; i < end; ++i) {                                                  \
            g[i] += ring[i];                                                                     \
            ring[i] = 0;                                                                         \
        }                                                                                        \
    }

SNN_CLONES
static void take_out(const snn_inbox *inbox, int64_t slot, int64_t begin, int64_t end)
{
    if (inbox->real_bytes == 8)
        TAKE_OUT(double)
    else
        TAKE_OUT(float)
}

/* All that is under way to the neurons of one part, but for the spikes of the last step. */
static void refill(const snn_engine *engine, const snn_inbox *inbox, int64_t step, int thread)
{
    const int64_t begin = inbox->post->bounds[thread], end = inbox->post->bounds[thread + 1];
    for (int64_t slot = 0; slot < inbox->n_slots; ++slot)
        memset((char *)inbox->ring + (slot * inbox->post->padded + begin) * inbox->real_bytes, 0,
               (size_t)((end - begin) * inbox->real_bytes));
    const int64_t oldest = step - inbox->longest;
    for (int64_t emitted = oldest < 0 ? 0 : oldest; emitted < step - 1; ++emitted)
        send(engine, inbox, emitted, step - emitted, thread, thread + 1);
}

/* The spikes of the last step are entered for the steps in which they arrive, in ascending order of
 * their neurons, and the input of this step is taken out: a neuron sums the oldest spikes first, for
 * any number of threads. */
static void deliver_inbox(const snn_engine *engine, const snn_inbox *inbox, const snn_clock *clock,
                          int first, int last)
{
    int64_t generation = 0;
    for (int m = 0; m < inbox->n_members; ++m) generation += inbox->member[m]->pre->generation;
    for (int thread = first; thread < last; ++thread) {
        int64_t *known = inbox->known + thread * 8;
        if (known[0] != clock->step || known[1] != generation)
            refill(engine, inbox, clock->step, thread);
        known[0] = clock->step + 1;
        known[1] = generation;
    }
    if (clock->step > 0) send(engine, inbox, clock->step - 1, 1, first, last);
    take_out(inbox, clock->step & (inbox->n_slots - 1), inbox->post->bounds[first],
             inbox->post->bounds[last]);
}

static void update_synapses(const snn_projection *projection, const snn_clock *clock, int thread)
{
    const int64_t first = projection->piece[thread], last = projection->piece[thread + 1];
    for (int64_t row = 0; row < projection->pre->size; ++row) {
        const int64_t *part = projection->part + row * projection->n_pieces;
        if (part[first] < part[last])
            projection->update_kernel(&projection->update_args, clock, row, part[first], part[last]);
    }
}

static void post_spikes(const snn_engine *engine, const snn_projection *projection,
                        const snn_clock *clock, int thread)
{
    const snn_population *post = projection->post;
    const int64_t slot = clock->step % post->n_slots;
    const int32_t *neuron = post->neuron + slot * post->padded + post->bounds[thread];
    const int64_t n = post->count[(slot * engine->n_threads + thread) * 8];
    for (int64_t s = 0; s < n; ++s) {
        const int64_t begin = projection->post_row[neuron[s]];
        const int64_t end = projection->post_row[neuron[s] + 1];
        if (begin < end)
            projection->post_kernel(&projection->post_args, clock, neuron[s], begin, end);
    }
}

static void log_spikes(snn_spike_log *log, const int32_t *neuron, int64_t n)
{
    if (log->out_of_memory) return;
    if (log->n_spikes + n > log->capacity) {
        const int64_t capacity = 2 * (log->n_spikes + n) + 1024;
        int32_t *grown = realloc(log->neuron,
                                 (size_t)(capacity + SNN_DRAIN_ROOM) * sizeof *grown);
        if (!grown) {
            log->out_of_memory = 1;
            return;
        }
        log->neuron = grown;
        log->capacity = capacity;
    }
    if (log->n_steps == log->step_capacity) {
        const int64_t capacity = 2 * log->step_capacity + 1024;
        int64_t *grown = realloc(log->end_of_step, (size_t)capacity * sizeof *grown);
        if (!grown) {
            log->out_of_memory = 1;
            return;
        }
        log->end_of_step = grown;
        log->step_capacity = capacity;
    }
    if (n) /* before the first spike there may be no memory to copy to */
        memcpy(log->neuron + log->n_spikes, neuron, (size_t)n * sizeof *neuron);
    log->n_spikes += n;
    log->end_of_step[log->n_steps++] = log->n_spikes;
}

void snn_drain(snn_spike_log *log, int n_threads, int64_t n_steps, int64_t *counts,
               int32_t *neuron)
{
    enum { FEW = SNN_DRAIN_ROOM }; /* are copied without a look at how many there are */
    static const int32_t none[FEW];
    for (int64_t step = 0; step < n_steps; ++step) counts[step] = 0;
    for (int k = 0; k < n_threads; ++k) {
        const int64_t *const end = log[k].end_of_step;
        if (n_steps) counts[0] += end[0];
        for (int64_t step = 1; step < n_steps; ++step) counts[step] += end[step] - end[step - 1];
        log[k].n_drained = 0;
    }
    for (int64_t step = 0; step < n_steps; ++step) {
        if (!counts[step]) continue;
        for (int k = 0; k < n_threads; ++k) {
            const int32_t *const from = log[k].neuron ? log[k].neuron + log[k].n_drained : none;
            const int64_t n = log[k].end_of_step[step] - log[k].n_drained;
            memcpy(neuron, from, FEW * sizeof *neuron);
            for (int64_t s = FEW; s < n; ++s) neuron[s] = from[s];
            neuron += n;
            log[k].n_drained += n;
        }
    }
    for (int k = 0; k < n_threads; ++k) log[k].n_spikes = log[k].n_steps = 0;
}

/* Bit k: whether flag k of 64, each 0 or 1, is set. Set flags are rare, so whole lines are left out. */
INLINE uint64_t bits_plain(const uint8_t *flag)
{
    typedef uint64_t pair __attribute__((vector_size(16)));
    pair part[4];
    memcpy(part, flag, 64);
    const pair any = part[0] | part[1] | part[2] | part[3];
    if (!(any[0] | any[1])) return 0;
    uint64_t bits = 0;
    for (int word = 0; word < 8; ++word) {
        uint64_t eight;
        memcpy(&eight, flag + 8 * word, 8);
        /* The product moves the lowest bit of byte k to bit 56 + k; nothing is carried there. */
        bits |= (eight * 0x0102040810204080u >> 56) << 8 * word;
    }
    return bits;
}

#ifdef SNN_X86
__attribute__((target("avx512bw"))) INLINE uint64_t bits_avx512(const uint8_t *flag)
{
    const __m512i all = _mm512_loadu_si512(flag);
    return _mm512_test_epi8_mask(all, all);
}

__attribute__((target("avx2"))) INLINE uint64_t bits_avx2(const uint8_t *flag)
{
    const __m256i low = _mm256_loadu_si256((const __m256i *)flag);
    const __m256i high = _mm256_loadu_si256((const __m256i *)(flag + 32));
    /* What stands in the lowest bit of a byte comes to its highest. */
    return (uint32_t)_mm256_movemask_epi8(_mm256_slli_epi16(low, 7)) |
           (uint64_t)(uint32_t)_mm256_movemask_epi8(_mm256_slli_epi16(high, 7)) << 32;
}
#endif

/* The numbers first <= i < last of flags that are set; returns how many there are. `first` is a
 * multiple of 64, and the array goes on to the next after `last`. */
#define FLAGS_SET(BITS)                                                      \
    {                                                                        \
        int64_t n = 0;                                                       \
        for (int64_t i = first; i < last; i += 64) {                         \
            uint64_t bits = BITS(flag + i);                                  \
            if (!bits) continue;                                             \
            if (last - i < 64) bits &= ((uint64_t)1 << (last - i)) - 1;      \
            for (; bits; bits &= bits - 1) out[n++] = (int32_t)(i + __builtin_ctzll(bits)); \
        }                                                                    \
        return n;                                                            \
    }

#ifdef SNN_X86
__attribute__((target("avx512bw"))) static int64_t flags_avx512(const uint8_t *flag, int64_t first,
                                                                int64_t last, int32_t *out)
    FLAGS_SET(bits_avx512)

__attribute__((target("avx2"))) static int64_t flags_avx2(const uint8_t *flag, int64_t first,
                                                          int64_t last, int32_t *out)
    FLAGS_SET(bits_avx2)
#endif

static int64_t flags_plain(const uint8_t *flag, int64_t first, int64_t last, int32_t *out)
    FLAGS_SET(bits_plain)

static int64_t flags_set(const uint8_t *flag, int64_t first, int64_t last, int32_t *out)
{
#ifdef SNN_X86
    if (__builtin_cpu_supports("avx512bw")) return flags_avx512(flag, first, last, out);
    if (__builtin_cpu_supports("avx2")) return flags_avx2(flag, first, last, out);
#endif
    return flags_plain(flag, first, last, out);
}

/* Spike flags become a list. */
static void collect(const snn_engine *engine, const snn_population *population,
                    const snn_clock *clock, int thread)
{
    const int64_t begin = population->bounds[thread];
    int64_t end = population->bounds[thread + 1];
    if (end > population->size) end = population->size; /* the padding computes, but is nobody */
    const int64_t slot = clock->step % population->n_slots;
    int32_t *neuron = population->neuron + slot * population->padded + begin;
    const int64_t n = flags_set(population->spiked, begin, end, neuron);
    population->count[(slot * engine->n_threads + thread) * 8] = n;
    for (int64_t s = 0; s < n; ++s) population->last_spike[neuron[s]] = (int32_t)clock->step;
    if (population->log) log_spikes(&population->log[thread], neuron, n);
}

static void record(const snn_recorder *recorder, const snn_clock *clock, int thread)
{
    const int64_t since = clock->step - recorder->next_step;
    if (since < 0 || since % recorder->period) return;
    const int64_t first = recorder->split[thread], last = recorder->split[thread + 1];
    const int64_t row = since / recorder->period * recorder->n_neurons;
    const int32_t *neuron = recorder->neuron;
    const int bytes = recorder->item_bytes;
    if (first >= last) return;
    if (recorder->neighbours) {
        memcpy(recorder->out + (row + first) * bytes,
               (const char *)recorder->source + neuron[first] * (int64_t)bytes,
               (size_t)((last - first) * bytes));
    } else if (bytes == 8) {
        const double *source = recorder->source;
        double *out = (double *)recorder->out + row;
        for (int64_t k = first; k < last; ++k) out[k] = source[neuron[k]];
    } else if (bytes == 4) {
        const float *source = recorder->source;
        float *out = (float *)recorder->out + row;
        for (int64_t k = first; k < last; ++k) out[k] = source[neuron[k]];
    } else {
        const char *source = recorder->source;
        char *out = recorder->out + row;
        for (int64_t k = first; k < last; ++k) out[k] = source[neuron[k]];
    }
}

static void transmit(const snn_projection *projection, const snn_clock *clock, int thread)
{
    const int64_t first = projection->piece[thread], last = projection->piece[thread + 1];
    const int64_t width = projection->n_pieces, size = projection->pre->size;
    int64_t row = 0;
    if (projection->psp_rows_kernel)
        for (; row + SNN_ROWS <= size; row += SNN_ROWS) {
            const int64_t begin = projection->part[row * width + first];
            const int64_t end = projection->part[row * width + last];
            if (begin < end)
                projection->psp_rows_kernel(&projection->psp_args, clock, row, begin, end);
        }
    for (; row < size; ++row) {
        const int64_t begin = projection->part[row * width + first];
        const int64_t end = projection->part[row * width + last];
        if (begin < end) projection->psp_kernel(&projection->psp_args, clock, row, begin, end);
    }
}

#define COMBINE(REAL)                                                                 \
    for (int64_t i = begin; i < end; ++i) {                                           \
        if (!c->n_inputs[i]) continue;                                                \
        const REAL value = ((const REAL *)c->scratch)[i];                             \
        ((REAL *)c->out)[i] +=                                                        \
            c->operation == SNN_MEAN ? value / (REAL)c->n_inputs[i] : value;          \
    }

static void combine(const snn_combination *c, int thread)
{
    const int64_t begin = c->post->bounds[thread];
    int64_t end = c->post->bounds[thread + 1];
    if (end > c->post->size) end = c->post->size;
    if (c->real_bytes == 8) {
        COMBINE(double)
    } else {
        COMBINE(float)
    }
}

static void clear(const snn_clear *c, int thread)
{
    const int64_t begin = c->population->bounds[thread], end = c->population->bounds[thread + 1];
    if (c->value == 0.0)
        memset((char *)c->array + begin * c->item_bytes, 0, (size_t)((end - begin) * c->item_bytes));
    else if (c->item_bytes == 8)
        for (int64_t i = begin; i < end; ++i) ((double *)c->array)[i] = c->value;
    else
        for (int64_t i = begin; i < end; ++i) ((float *)c->array)[i] = (float)c->value;
}

/* The newest values go in where the oldest but one came out a step ago. */
static void pass_history(const snn_history *h, const snn_clock *clock, int thread)
{
    const int64_t begin = h->population->bounds[thread], end = h->population->bounds[thread + 1];
    const size_t bytes = (size_t)((end - begin) * h->item_bytes);
    const int64_t row = h->population->padded * h->item_bytes, offset = begin * h->item_bytes;
    char *ring = h->ring;
    if (clock->step > 0 || h->delay == 1) /* of one step ago is what there is now */
        memcpy(ring + (clock->step - 1) % h->delay * row + offset, (const char *)h->source + offset,
               bytes);
    memcpy((char *)h->out + offset, ring + clock->step % h->delay * row + offset, bytes);
}

#define REMEMBER(REAL)                                                       \
    for (int64_t i = begin; i < end; ++i)                                    \
        ((REAL *)p->ring)[2 * i * p->length + slot] =                        \
            ((REAL *)p->ring)[(2 * i + 1) * p->length + slot] = ((const REAL *)p->source)[i];

static void remember(const snn_past *p, const snn_clock *clock, int thread)
{
    const int64_t begin = p->population->bounds[thread], end = p->population->bounds[thread + 1];
    if (clock->step == 0) return; /* what was before the first step stands there already */
    const int64_t slot = (clock->step - 1) % p->length;
    if (p->item_bytes == 8) {
        REMEMBER(double)
    } else {
        REMEMBER(float)
    }
}

#define REDUCE(REAL)                                                               \
    {                                                                              \
        const REAL *x = r->source;                                                 \
        double value = r->operation == SNN_MAX || r->operation == SNN_MIN ? x[0] : 0; \
        for (int64_t i = 0; i < r->size; ++i) {                                    \
            const double y = x[i];                                                 \
            switch (r->operation) {                                                \
            case SNN_MAX: value = y > value ? y : value; break;                    \
            case SNN_MIN: value = y < value ? y : value; break;                    \
            case SNN_NORM1: value += fabs(y); break;                               \
            case SNN_NORM2: value += y * y; break;                                 \
            default: value += y;                                                   \
            }                                                                      \
        }                                                                          \
        if (r->operation == SNN_MEAN) value /= (double)r->size;                    \
        if (r->operation == SNN_NORM2) value = sqrt(value);                        \
        *(REAL *)r->out = (REAL)value;                                             \
    }

static void reduce(const snn_reduction *r)
{
    if (r->real_bytes == 8)
        REDUCE(double)
    else
        REDUCE(float)
}

/* How many of n ascending numbers are below `bound`. */
static int64_t count_below(const int64_t *number, int64_t n, int64_t bound)
{
    int64_t begin = 0, end = n;
    while (begin < end) {
        const int64_t middle = begin + (end - begin) / 2;
        if (number[middle] < bound)
            begin = middle + 1;
        else
            end = middle;
    }
    return begin;
}

static void emit_given(const snn_spike_player *player, const snn_clock *clock, int thread)
{
    const int64_t first = player->population->bounds[thread];
    const int64_t last = player->population->bounds[thread + 1];
    int64_t k = count_below(player->step, player->n_spikes, clock->step);
    for (; k < player->n_spikes && player->step[k] == clock->step; ++k)
        if (player->neuron[k] >= first && player->neuron[k] < last)
            player->population->spiked[player->neuron[k]] = 1;
}

static void silence(const snn_mask *mask, int thread)
{
    const int64_t end = mask->population->bounds[thread + 1];
    uint8_t *spiked = mask->population->spiked;
    for (int64_t i = mask->population->bounds[thread]; i < end; ++i)
        spiked[i] &= mask->silenced[i] ? 0 : 1;
}

static void fill(void *out, const void *value, int64_t n, int item_bytes)
{
    if (item_bytes == 8)
        for (int64_t i = 0; i < n; ++i) ((uint64_t *)out)[i] = *(const uint64_t *)value;
    else if (item_bytes == 4)
        for (int64_t i = 0; i < n; ++i) ((uint32_t *)out)[i] = *(const uint32_t *)value;
    else
        memset(out, *(const uint8_t *)value, (size_t)n);
}

static void play_values(const snn_value_player *player, const snn_clock *clock, int thread)
{
    const int64_t begin = player->population->bounds[thread];
    const int64_t end = player->population->bounds[thread + 1];
    const int64_t now = player->period ? clock->step % player->period : clock->step;
    const int64_t row = count_below(player->start, player->n_rows, now + 1) - 1;
    const int bytes = player->item_bytes;
    char *out = (char *)player->out + begin * bytes;
    if (row < 0)
        memset(out, 0, (size_t)((end - begin) * bytes));
    else if (player->one_for_all)
        fill(out, (const char *)player->rows + row * bytes, end - begin, bytes);
    else
        memcpy(out, (const char *)player->rows + (row * player->population->padded + begin) * bytes,
               (size_t)((end - begin) * bytes));
}

#define ADD_COURSE(REAL)                                            \
    for (int64_t i = begin; i < end; ++i)                           \
        if (!s->chosen || s->chosen[i]) ((REAL *)s->out)[i] += (REAL)value;

static void stimulate(const snn_stimulus *s, const snn_clock *clock, int thread)
{
    const int64_t begin = s->population->bounds[thread];
    const int64_t end = s->population->bounds[thread + 1];
    if (s->base)
        memcpy((char *)s->out + begin * s->real_bytes,
               (const char *)s->base + begin * s->real_bytes,
               (size_t)((end - begin) * s->real_bytes));
    const int64_t row = count_below(s->start, s->n_values + 1, clock->step + 1) - 1;
    if (row < 0 || row == s->n_values) return;
    const double value = s->value[row];
    if (s->real_bytes == 8) {
        ADD_COURSE(double)
    } else {
        ADD_COURSE(float)
    }
}

static void run_part(snn_engine *engine, const snn_phase *phase, const snn_clock *clock,
                     int thread)
{
    switch (phase->kind) {
    case SNN_DELIVER: {
        const snn_projection *projection = phase->object;
        for (int64_t p = projection->piece[thread]; p < projection->piece[thread + 1]; ++p)
            deliver_delayed(engine, projection, clock, p);
        break;
    }
    case SNN_GENERATE:
        snn_deliver_procedural(phase->object, clock, engine->n_threads, thread);
        break;
    case SNN_ONCE: {
        const snn_update *update = phase->object;
        if (thread == 0) update->kernel(&update->args, clock, 0, 1);
        break;
    }
    case SNN_PAST:
        remember(phase->object, clock, thread);
        break;
    case SNN_ARRIVE:
        arrive(engine, phase->object, clock, thread);
        break;
    case SNN_EMIT:
        emit_given(phase->object, clock, thread);
        break;
    case SNN_MASK:
        silence(phase->object, thread);
        break;
    case SNN_STIMULATE:
        stimulate(phase->object, clock, thread);
        break;
    case SNN_PLAY:
        play_values(phase->object, clock, thread);
        break;
    case SNN_DRIVE:
        snn_drive_neurons(phase->object, clock, thread);
        break;
    case SNN_COLLECT:
        collect(engine, phase->object, clock, thread);
        break;
    case SNN_SYNAPSES:
        update_synapses(phase->object, clock, thread);
        break;
    case SNN_POST:
        post_spikes(engine, phase->object, clock, thread);
        break;
    case SNN_RECORD:
        record(phase->object, clock, thread);
        break;
    case SNN_TRANSMIT:
        transmit(phase->object, clock, thread);
        break;
    case SNN_COMBINE:
        combine(phase->object, thread);
        break;
    case SNN_CLEAR:
        clear(phase->object, thread);
        break;
    case SNN_HISTORY:
        pass_history(phase->object, clock, thread);
        break;
    case SNN_REDUCE:
        if (thread == 0) reduce(phase->object);
        break;
    }
}

/* Every second step from the last neurons to the first: those that were updated last are still in
 * the nearest memory, which rarely holds all of them. */
static void update_neurons(const snn_update *update, const snn_clock *clock, int64_t begin,
                           int64_t end)
{
    enum { PIECE = 16 * SNN_BLOCK };
    if (clock->step % 2)
        for (; end - begin > PIECE; end -= PIECE)
            update->kernel(&update->args, clock, end - PIECE, end);
    if (begin < end) update->kernel(&update->args, clock, begin, end);
}

/* The last neurons before those of another thread, always backwards; returns where they begin. A
 * processor that sees lines asked for one after the other asks for those that follow, and would take
 * them from the thread that is about to write them. (Inlined, it makes the loop of one thread longer.) */
__attribute__((noinline)) static int64_t update_edge(const snn_update *update,
                                                     const snn_clock *clock, int64_t begin,
                                                     int64_t end)
{
    enum { EDGE = 4 * SNN_BLOCK };
    const int64_t edge = end - begin > EDGE ? end - EDGE : begin;
    for (; end > edge; end -= SNN_BLOCK) update->kernel(&update->args, clock, end - SNN_BLOCK, end);
    return edge;
}

/* What a phase does to the parts first <= part < last: at once where they are neighbours, since a
 * thread that is alone would else walk through the spikes once for each. */
static void run_phase(snn_engine *engine, const snn_phase *phase, const snn_clock *clock,
                      int first, int last)
{
    switch (phase->kind) {
    case SNN_DELIVER: {
        const snn_projection *projection = phase->object;
        if (projection->inbox) {
            if (projection == projection->inbox->member[0]) /* for all of them */
                deliver_inbox(engine, projection->inbox, clock, first, last);
            return;
        }
        if (projection->arrival) break;
        deliver(engine, projection, clock, first, last);
        return;
    }
    case SNN_UPDATE: {
        const snn_update *update = phase->object;
        const int64_t *bounds = update->population->bounds;
        int64_t end = bounds[last];
        if (last < engine->n_threads) end = update_edge(update, clock, bounds[first], end);
        update_neurons(update, clock, bounds[first], end);
        return;
    }
    case SNN_POISSON:
        snn_emit_poisson(phase->object, clock, first, last);
        return;
    }
    for (int thread = first; thread < last; ++thread) run_part(engine, phase, clock, thread);
}

/* How many phases from number `p` on deliver spikes, all of which arrive now. */
static int plain_deliveries(const snn_engine *engine, int p)
{
    int n = 0;
    for (; p + n < engine->n_phases && engine->phases[p + n].kind == SNN_DELIVER; ++n) {
        const snn_projection *projection = engine->phases[p + n].object;
        if (projection->inbox || projection->arrival) break;
    }
    return n;
}

/* The phases from number `p` on until the next barrier; returns the number of that one. */
INLINE int run_segment(snn_engine *engine, int p, const snn_clock *clock, int first, int last)
{
    for (; p < engine->n_phases && engine->phases[p].kind != SNN_BARRIER; ++p) {
        const int n = engine->phases[p].kind == SNN_DELIVER ? plain_deliveries(engine, p) : 0;
        if (n > 1) {
            deliver_together(engine, &engine->phases[p], n, clock, first, last);
            p += n - 1;
        } else {
            run_phase(engine, &engine->phases[p], clock, first, last);
        }
    }
    return p;
}

/* Ask for all that other threads queued in the last step before the first of it is needed, and for
 * where the spikes of this step will be queued: each line comes from another core. */
static void fetch_spikes(const snn_engine *engine, int64_t step, int first, int last)
{
    for (int p = 0; p < engine->n_phases; ++p) {
        if (engine->phases[p].kind != SNN_COLLECT) continue;
        const snn_population *population = engine->phases[p].object;
        const int64_t slot = step % population->n_slots;
        const int64_t before = (slot ? slot : population->n_slots) - 1;
        const int64_t *const bounds = population->bounds;
        for (int owner = 0; owner < engine->n_threads; ++owner) {
            if (owner >= first && owner < last) continue;
            __builtin_prefetch(population->count + (before * engine->n_threads + owner) * 8);
            __builtin_prefetch(population->neuron + before * population->padded + bounds[owner]);
        }
        for (int owner = first; owner < last; ++owner) {
            __builtin_prefetch(population->count + (slot * engine->n_threads + owner) * 8, 1);
            __builtin_prefetch(population->neuron + slot * population->padded + bounds[owner], 1);
        }
    }
}

/* Where the segment after `n_barriers` barriers of a step begins. */
static int segment_begin(const snn_engine *engine, uint32_t n_barriers)
{
    int p = 0;
    for (; n_barriers; ++p) n_barriers -= engine->phases[p].kind == SNN_BARRIER;
    return p;
}

static uint32_t segments_of_step(const snn_engine *engine)
{
    uint32_t n = 1;
    for (int p = 0; p < engine->n_phases; ++p) n += engine->phases[p].kind == SNN_BARRIER;
    return n;
}

/* What one thread knows of the team's run. A step is divided by its barriers into segments, the parts
 * of the network into one share for each thread. */
typedef struct {
    snn_engine *engine;
    int thread;
    uint32_t n_segments; /* of a step */
    uint32_t segment;    /* since the run began */
    int begin;           /* its first phase */
} snn_member;

/* Do the present segment of a share, if nobody else does. Returns whether it did. */
static int take_share(const snn_member *member, int share)
{
    snn_engine *const engine = member->engine;
    snn_arrival *const arrival = &engine->arrival[share];
    uint32_t segment = member->segment;
    if (__atomic_load_n(&arrival->taken, __ATOMIC_RELAXED) != segment) return 0;
    if (!__atomic_compare_exchange_n(&arrival->taken, &segment, segment + 1, 0, __ATOMIC_ACQUIRE,
                                     __ATOMIC_RELAXED))
        return 0;
    __atomic_store_n(&arrival->taker, member->thread, __ATOMIC_RELAXED);
    const int64_t n = member->segment / member->n_segments;
    const int first = engine->n_threads * share / engine->team;
    const int last = engine->n_threads * (share + 1) / engine->team;
    const snn_clock clock = {engine->step + n, (double)(engine->step + n) * engine->dt, engine->dt};
    if (member->begin == 0) fetch_spikes(engine, clock.step, first, last);
    const int p = run_segment(engine, member->begin, &clock, first, last);
    uint32_t told = 4 * (member->segment + 1);
    if (share != member->thread) told |= SNN_FOREIGN;
    if (share == 0 && p == engine->n_phases && is_over(engine, n + 1)) {
        engine->team_steps = n + 1;
        told |= SNN_ENDS;
    }
    snn_tell_soon(&engine->sleepers.n, &arrival->arrived, told);
    return 1;
}

/* Let the thread that has the core of another program, or none, come and go on here. */
static void help(const snn_member *member, int taker)
{
#if defined(__linux__)
    snn_arrival *const other = &member->engine->arrival[taker];
    const int tid = __atomic_load_n(&other->tid, __ATOMIC_RELAXED);
    if (taker == member->thread || !tid) return;
    const int64_t before = time_on_core(tid);
    for (int k = 0; k < 100; ++k) snn_pause();
    if (before >= 0 && time_on_core(tid) == before) pull(other, tid);
#else
    (void)member;
    (void)taker;
#endif
}

/* After as many looks at a share that is not done. A thread looks `spin` times and then sleeps, because
 * the notebook's kernel and the browser need the core more. */
static void wait_a_moment(const snn_member *member, int share, uint32_t seen, int looks)
{
    snn_engine *const engine = member->engine;
    snn_arrival *const arrival = &engine->arrival[share];
    if (looks == engine->spin / 2) help(member, __atomic_load_n(&arrival->taker, __ATOMIC_RELAXED));
    if (looks < engine->spin) {
        snn_pause();
        return;
    }
    snn_sleep(&engine->sleepers.n, &arrival->arrived, seen, SNN_NAP);
    help(member, __atomic_load_n(&arrival->taker, __ATOMIC_RELAXED));
}

/* Wait until a share has come as far as the present segment; do it where nobody has begun. Returns
 * whether the run ends there. */
static int wait_for_share(const snn_member *member, int share)
{
    snn_engine *const engine = member->engine;
    snn_arrival *const arrival = &engine->arrival[share];
    const uint32_t here = 4 * (member->segment + 1);
    uint32_t seen = __atomic_load_n(&arrival->arrived, __ATOMIC_ACQUIRE);
    /* Who did not come to the last segment is not waited for in this one: it is back as soon as it
     * takes its share. */
    const int late = seen & SNN_FOREIGN ? 1 : SNN_LATE_LOOKS;
    for (int looks = 1; seen < here; ++looks) {
        if (looks < late || !take_share(member, share)) wait_a_moment(member, share, seen, looks);
        seen = __atomic_load_n(&arrival->arrived, __ATOMIC_ACQUIRE);
    }
    return seen < here + 4 && seen & SNN_ENDS;
}

/* After another thread had to be helped: back to a core of its own. */
static void settle(const snn_member *member)
{
#if defined(__linux__)
    snn_arrival *const own = &member->engine->arrival[member->thread];
    if (__atomic_load_n(&own->pulled, __ATOMIC_RELAXED) != SNN_PULLED) return;
    __atomic_store_n(&own->pulled, SNN_SETTLED, __ATOMIC_RELAXED);
    keep_off(member->engine, sched_getcpu(), 0);
#else
    (void)member;
#endif
}

/* Steps of one thread of a team. It does its share of each segment, then what the others have not
 * begun: another program may have their core. One that comes late goes on where the team is. */
static int64_t run_share(snn_engine *engine, int64_t n_steps, int thread)
{
    snn_member self = {engine, thread, segments_of_step(engine), 0, 0};
    const uint32_t end = (uint32_t)n_steps * self.n_segments;
    while (self.segment < end) {
        if (!take_share(&self, thread)) {
            const uint32_t taken = __atomic_load_n(&engine->arrival[thread].taken, __ATOMIC_ACQUIRE);
            if (taken > self.segment + 1) {
                self.segment = taken - 1;
                self.begin = segment_begin(engine, self.segment % self.n_segments);
            }
        }
        settle(&self);
        int is_last = 0;
        for (int share = 0; share < engine->team; ++share)
            if (wait_for_share(&self, share)) is_last = 1;
        ++self.segment;
        if (is_last) break;
        while (self.begin < engine->n_phases && engine->phases[self.begin].kind != SNN_BARRIER)
            ++self.begin;
        self.begin = self.begin == engine->n_phases ? 0 : self.begin + 1;
    }
    return self.segment / self.n_segments;
}

/* Every phase of each step for all parts. */
static int64_t run_alone(snn_engine *engine, int64_t n_steps)
{
    snn_clock clock = {engine->step, 0.0, engine->dt};
    int64_t n = 0;
    while (n < n_steps) {
        clock.t = (double)clock.step * engine->dt;
        for (int p = 0; p < engine->n_phases; ++p)
            p = run_segment(engine, p, &clock, 0, engine->n_threads);
        ++clock.step;
        ++n;
        if (is_stopped(engine)) break;
    }
    return n;
}

/* What `thread` of `engine->team` does: the phases of each step for its share of the parts, and what
 * others are late with. Returns the number of steps done. */
static int64_t run_thread(snn_engine *engine, int64_t n_steps, int thread)
{
#if defined(__SSE2__)
    /* A decaying conductance reaches denormal numbers, which cost a hundred cycles each. */
    const unsigned int control = _mm_getcsr();
    _mm_setcsr(control | 0x8040u);
#endif
    const int64_t n = engine->team > 1 ? run_share(engine, n_steps, thread)
                                       : run_alone(engine, n_steps);
#if defined(__SSE2__)
    _mm_setcsr(control);
#endif
    return n;
}

/* Wait until the other threads have left the run, and let those that have no core do it here. */
static void wait_until_left(snn_engine *engine)
{
    const snn_member first = {.engine = engine, .thread = 0};
    for (int thread = 1; thread < engine->team; ++thread) {
        for (int looks = 0; !snn_worker_is_done(thread); ++looks) {
            if (looks == engine->spin / 2) help(&first, thread);
            if (looks < engine->spin) {
                snn_pause();
            } else {
                snn_worker_await(thread, SNN_NAP);
                help(&first, thread);
            }
        }
    }
}

#if defined(__linux__)
/* The others leave the first one's core before they are woken: a thread begins where it last was, or
 * on the core of the one that woke it. */
static void place_team(snn_engine *engine)
{
    cpu_set_t cores;
    CPU_ZERO(&cores);
    sched_getaffinity(0, sizeof cores, &cores);
    memcpy(engine->allowed, &cores, sizeof cores);
    CPU_CLR(sched_getcpu(), &cores);
    if (!CPU_COUNT(&cores)) memcpy(&cores, engine->allowed, sizeof cores);
    for (int thread = 1; thread < engine->team; ++thread) snn_worker_place(thread, &cores);
}

/* Who was moved during the run may leave the core where it was moved to. */
static void displace_team(const snn_engine *engine)
{
    if (engine->arrival[0].pulled) keep_off(engine, -1, 0);
    for (int thread = 1; thread < engine->team; ++thread)
        if (engine->arrival[thread].pulled) snn_worker_displaced(thread);
}
#endif

typedef struct {
    snn_engine *engine;
    int64_t n_steps;
} snn_team_run;

static void join_team(void *object, int thread)
{
    const snn_team_run *run = object;
    run_thread(run->engine, run->n_steps, thread);
}

/* Up to n_steps by a team of threads; returns how many were done: none if there are no threads. */
static int64_t run_team(snn_engine *engine, int64_t n_steps)
{
    if (!snn_workers_claim(engine->team - 1)) return 0;
    snn_team_run run = {engine, n_steps};
    engine->team_steps = n_steps;
    for (int thread = 0; thread < engine->team; ++thread) {
        snn_arrival *const arrival = &engine->arrival[thread];
        arrival->arrived = SNN_FOREIGN; /* it has not come yet */
        arrival->taken = 0;
        arrival->pulled = arrival->taker = 0;
        arrival->tid = thread ? snn_worker_tid(thread) : snn_own_tid();
    }
#if defined(__linux__)
    place_team(engine);
#endif
    snn_workers_begin(engine->team - 1, join_team, &run);
    run_thread(engine, n_steps, 0);
    wait_until_left(engine);
#if defined(__linux__)
    displace_team(engine);
#endif
    snn_workers_dismiss();
    return engine->team_steps;
}

int snn_run(snn_engine *engine, int64_t n_steps, int team, double patience)
{
    engine->team = team < engine->n_threads ? team : engine->n_threads;
    engine->patience = patience;
    engine->glance = patience < SNN_SHORT_STEP ? SNN_GLANCE : 1;
    engine->started = now();
    for (int k = 0; k < engine->n_prepared; ++k) {
        const snn_prepared *one = &engine->prepared[k];
        one->compute(one->scalar, engine->dt, one->fixed);
    }
    int64_t done = 0;
    if (engine->team > 1 && n_steps >= SNN_SHARED_STEPS) done = run_team(engine, n_steps);
    engine->step += done;
    engine->team_steps = done;
    const double parted = now();
    engine->team_seconds = parted - engine->started;
    engine->alone_steps = 0;
    if (!done || !is_stopped(engine))
        engine->team = 1, engine->alone_steps = run_thread(engine, n_steps - done, 0);
    engine->step += engine->alone_steps;
    engine->alone_seconds = now() - parted;
    for (int p = 0; p < engine->n_phases; ++p) {
        if (engine->phases[p].kind != SNN_COLLECT) continue;
        const snn_population *population = engine->phases[p].object;
        if (!population->log) continue;
        for (int thread = 0; thread < engine->n_threads; ++thread)
            if (population->log[thread].out_of_memory) return 1;
    }
    return 0;
}

/* One byte of a radix sort from the lowest on: `from` into `to`, by delay >> shift. */
static void radix_pass(const uint32_t *from, uint32_t *to, int64_t n, const uint16_t *delay,
                       int shift)
{
    int64_t place[257] = {0};
    for (int64_t k = 0; k < n; ++k) ++place[(delay[from[k]] >> shift & 255) + 1];
    for (int b = 0; b < 256; ++b) place[b + 1] += place[b];
    for (int64_t k = 0; k < n; ++k) to[place[delay[from[k]] >> shift & 255]++] = from[k];
}

int snn_delay_order(const int64_t *begins, const int64_t *ends, int64_t n_parts,
                    const uint16_t *delay, uint32_t *order)
{
    int64_t longest = 1;
    for (int64_t p = 0; p < n_parts; ++p)
        if (ends[p] - begins[p] > longest) longest = ends[p] - begins[p];
    uint32_t *scratch = malloc((size_t)longest * sizeof *scratch);
    if (!scratch) return 1;
    for (int64_t p = 0; p < n_parts; ++p) {
        const int64_t n = ends[p] - begins[p];
        uint32_t *piece = order + begins[p];
        for (int64_t k = 0; k < n; ++k) piece[k] = (uint32_t)(begins[p] + k);
        radix_pass(piece, scratch, n, delay, 0);
        radix_pass(scratch, piece, n, delay, 8);
    }
    free(scratch);
    return 0;
}
