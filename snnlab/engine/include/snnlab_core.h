/* The step loop: populations, projections, recorders, and the schedule that runs them.
 *
 * All memory is owned by the caller (the Cython stepper) except the spike logs, which grow
 * while the loop runs without Python.
 *
 * SAFETY: a thread writes only to the neurons between its two bounds, to the synapses onto
 * them, to its own spike lists and to its own log. It reads other threads' spike lists of
 * earlier steps only; the barrier that ends each step separates the two.
 */
#ifndef SNNLAB_CORE_H
#define SNNLAB_CORE_H

#include "snnlab_connectivity.h"
#include "snnlab_kernel.h"

#define SNN_CACHE_LINE 64
#define SNN_ROWS 4 /* of a matrix are multiplied at once */

typedef struct { /* spikes of one thread, in the order in which they happened */
    int32_t *neuron;
    int64_t n_spikes, capacity;
    int64_t *end_of_step; /* n_spikes after each step of the current run */
    int64_t n_steps, step_capacity;
    int out_of_memory;
    int64_t n_drained; /* spikes taken out, while it is emptied */
    char gap[SNN_CACHE_LINE]; /* the next thread's is not in the same line */
} snn_spike_log;

typedef struct {
    int64_t size;   /* neurons */
    int64_t padded; /* rounded up to whole vectors */
    const int64_t *bounds; /* (n_threads + 1): thread k owns bounds[k] <= i < bounds[k + 1] */
    uint8_t *spiked;       /* (padded), written by the update kernel */
    int32_t *last_spike;   /* (padded), step of each neuron's latest spike */
    int32_t n_slots;       /* length of the ring of spike lists: longest delay + 1 */
    int32_t *neuron;       /* (n_slots, padded); a thread's list begins at its bound */
    int64_t *count;        /* (n_slots, n_threads * 8): one cache line a thread */
    snn_spike_log *log;    /* (n_threads), or NULL */
    int64_t generation;    /* counts how often the lists were replaced from outside */
} snn_population;

typedef struct snn_inbox snn_inbox;

typedef struct {
    const snn_population *pre, *post;
    /* Rows are cut into pieces: piece p of row i begins at part[i * n_pieces + p]. Thread k delivers
     * the pieces piece[k] <= p < piece[k + 1], with targets counted from the neuron base[p]. */
    const int64_t *part;   /* (pre->size * n_pieces + 1) */
    int64_t n_pieces;
    const int64_t *piece;  /* (n_threads + 1) */
    const int64_t *base;   /* (n_pieces), 0 where targets are told to generated code */
    const void *target;    /* (n_synapses), post neuron, sorted within a piece */
    int target_bytes;      /* 2 or 4 */
    const void *weight;    /* (n_synapses), or one value */
    int weight_bytes;      /* 4 or 8; 0: one double for all */
    void *conductance;     /* (post->padded) */
    int real_bytes;        /* 4 or 8 */
    int32_t delay;         /* steps, >= 1 */
    /* Synapses with delays of their own that write ahead, or NULL: `arrival` is uint8. */
    snn_inbox *inbox;
    /* A delay for each synapse, or NULL. Without an inbox a thread's part of a row is delivered in
     * the order of the delays: `target` and `weight` are in that order, kernels keep that of the
     * synapses. */
    const void *arrival;   /* (n_synapses), steps, ascending within a part without an inbox */
    int arrival_bytes;     /* 1 or 2 */
    const uint32_t *order; /* (n_synapses), the synapse at each place of the order */
    const int32_t *delays; /* (n_delays), those that occur, ascending */
    int n_delays;
    snn_row_kernel kernel; /* generated code in place of `conductance += weight` */
    snn_args args;
    /* Seen from the post neuron, for post_spike. */
    const int64_t *post_row; /* (post->size + 1) */
    snn_row_kernel post_kernel;
    snn_args post_args;
    /* Equations of the synapses, every step. */
    snn_row_kernel update_kernel;
    snn_args update_args;
    /* Continuous transmission, every step. */
    snn_row_kernel psp_kernel;
    snn_row_kernel psp_rows_kernel; /* for SNN_ROWS whole rows at once, or NULL */
    snn_args psp_args;
} snn_projection;

/* What reaches an array of a population in the coming steps, from all projections with delays of
 * their own. It follows from the spike lists and the weights: whoever changes those from outside
 * makes it out of date, and it is made anew. It is no state. */
struct snn_inbox {
    const snn_population *post;
    void *conductance; /* (post->padded) */
    int real_bytes;    /* 4 or 8 */
    void *ring;        /* (n_slots, post->padded): row s % n_slots is for step s */
    int64_t n_slots;   /* a power of two, not below the longest delay */
    int64_t longest;   /* delay, steps */
    const snn_projection *const *member;
    int n_members;
    int64_t *known; /* (n_threads * 8): next step, generation of the lists; one cache line a thread */
};

typedef struct { /* a projection whose synapses are not stored */
    const snn_population *pre;
    const snn_rule *rule;
    const int32_t *row;         /* (pre->size), the row of each pre neuron or -1; NULL: its number */
    const int32_t *post_neuron; /* of each candidate, ascending; NULL: its number */
    const int64_t *bounds;      /* (n_threads + 1): thread k delivers to candidates from bounds[k] on */
    const double *weight;       /* one for all, without a distribution */
    const snn_distribution *distribution; /* of the weights by number of the synapse, or NULL */
    const int64_t *part; /* (n_rows, n_threads + 1): number of its synapse at each bound; with a distribution */
    void *const *scratch;    /* (n_threads): for `rule` */
    uint32_t *const *target; /* (n_threads): room for a row */
    void *const *value;      /* (n_threads): and its weights */
    void *conductance;       /* (post->padded) */
    int real_bytes;          /* 4 or 8 */
    int32_t delay;           /* steps, >= 1 */
} snn_procedural;

enum { SNN_SUM, SNN_MEAN, SNN_MAX, SNN_MIN, SNN_NORM1, SNN_NORM2 };

typedef struct { /* a neuron's inputs through one projection, reduced other than by a sum */
    const snn_population *post;
    const int64_t *n_inputs; /* (post->size) */
    void *scratch;           /* (post->padded): the reduction of this step */
    void *out;               /* (post->padded): what it is added to */
    int real_bytes;
    int operation; /* SNN_MEAN, SNN_MAX, SNN_MIN */
} snn_combination;

typedef struct { /* an array of a population that is emptied at the start of each step */
    const snn_population *population;
    void *array;
    int item_bytes;
    double value; /* what a real array is filled with */
} snn_clear;

typedef struct { /* an array as it was `delay` steps ago */
    const snn_population *population;
    const void *source; /* (padded) */
    void *ring;         /* (delay, padded) */
    void *out;          /* (padded): the values after step n - delay, while step n runs */
    int item_bytes;
    int32_t delay; /* steps, >= 1 */
} snn_history;

typedef struct { /* the values of an array in the latest steps, neuron by neuron */
    const snn_population *population;
    const void *source; /* (padded) */
    void *ring;         /* (padded, 2 * length): each value stands twice, `length` apart */
    int item_bytes;     /* 4 or 8 */
    int32_t length;     /* steps, >= 1 */
} snn_past;

typedef struct { /* one number over a population's neurons */
    const void *source;
    int64_t size;
    int real_bytes;
    int operation;
    void *out; /* one real */
} snn_reduction;

typedef struct {
    const snn_population *population;
    snn_range_kernel kernel;
    snn_args args;
} snn_update;

typedef struct { /* what a spike changes in its neuron when it arrives */
    const snn_population *population;
    snn_range_kernel kernel;
    snn_args args;
    int32_t delay; /* steps, >= 1 */
} snn_arrivals;

typedef struct { /* spikes at given steps */
    const snn_population *population;
    int64_t n_spikes;
    const int64_t *step;   /* (n_spikes), ascending */
    const int32_t *neuron; /* (n_spikes) */
} snn_spike_player;

typedef struct { /* neurons whose spikes nobody gets to know */
    const snn_population *population;
    const uint8_t *silenced; /* (padded) */
} snn_mask;

typedef struct { /* a course of time that is added to an array for some neurons */
    const snn_population *population;
    int64_t n_values;
    const int64_t *start; /* (n_values + 1), step at which each begins, ascending, and the end */
    const double *value;  /* (n_values) */
    const uint8_t *chosen; /* (padded); NULL: all */
    const void *base;     /* (padded), what `out` is before it is added, or NULL */
    void *out;            /* (padded) */
    int real_bytes;
} snn_stimulus;

typedef struct { /* an array that takes given rows one after the other */
    const snn_population *population;
    int64_t n_rows;
    const int64_t *start; /* (n_rows), step at which each row begins, ascending */
    const void *rows;     /* (n_rows, padded), or (n_rows) */
    int one_for_all;      /* the latter */
    void *out;            /* (padded) */
    int item_bytes;
    int64_t period; /* steps after which the rows begin anew; 0: never */
} snn_value_player;

/* Poisson spikes are drawn in blocks of neurons, the same for any number of threads. */
#define SNN_POISSON_BLOCK 1024

typedef struct { /* neurons that spike at random, each with probability 1 - exp(-rate * scale) */
    const snn_population *population;
    uint32_t key[2];
    const void *rate; /* (padded), or one for all */
    int item_bytes;   /* of a rate, 4 or 8 */
    int each;         /* every neuron has its own rate */
    double scale;
} snn_poisson;

/* Random counts with a weight are added to an array. A count is `smallest` and the number of
 * thresholds that 32 random bits exceed. */
typedef struct {
    const snn_population *population;
    uint32_t key[2];
    const uint32_t *threshold; /* (n_rows, n_thresholds), ascending */
    const int32_t *smallest;   /* (n_rows) */
    const int32_t *row;        /* (padded), the row of each neuron; NULL: there is one row */
    int64_t n_thresholds;      /* a power of two; the last one is never exceeded */
    int64_t n_used;            /* thresholds that can be exceeded */
    const double *weight;      /* (padded), or one for all */
    int weights;               /* every neuron has its own weight */
    void *out;                 /* (padded) */
    int real_bytes;
} snn_drive;

typedef struct {
    const void *source; /* array of the population */
    int item_bytes;     /* 1, 4 or 8 */
    const int32_t *neuron; /* (n_neurons), ascending */
    int64_t n_neurons;
    const int64_t *split; /* (n_threads + 1): positions in `neuron` that each thread copies */
    int64_t period;       /* steps */
    int64_t next_step;    /* first step to record in this run */
    char *out;            /* (samples of this run, n_neurons) */
    int neighbours;       /* the neurons follow one another without a gap */
} snn_recorder;

enum {
    SNN_DELIVER,   /* snn_projection: spikes arrive */
    SNN_GENERATE,  /* snn_procedural: spikes arrive at synapses that are not stored */
    SNN_UPDATE,    /* snn_update: equations, spike test, reset */
    SNN_ONCE,      /* snn_update run by one thread: population-wide equations */
    SNN_COLLECT,   /* snn_population: spike flags become spike lists */
    SNN_SYNAPSES,  /* snn_projection: synapse equations */
    SNN_POST,      /* snn_projection: post_spike */
    SNN_RECORD,    /* snn_recorder */
    SNN_TRANSMIT,  /* snn_projection: continuous transmission */
    SNN_COMBINE,   /* snn_combination */
    SNN_CLEAR,     /* snn_clear */
    SNN_HISTORY,   /* snn_history */
    SNN_REDUCE,    /* snn_reduction */
    SNN_PAST,      /* snn_past */
    SNN_ARRIVE,    /* snn_arrivals: traces of pre neurons */
    SNN_EMIT,      /* snn_spike_player: after the update, before its spikes are collected */
    SNN_MASK,      /* snn_mask: when all spikes of the step are known, before they are collected */
    SNN_STIMULATE, /* snn_stimulus: before the update */
    SNN_PLAY,      /* snn_value_player */
    SNN_POISSON,   /* snn_poisson: after the update, before its spikes are collected */
    SNN_DRIVE,     /* snn_drive: with the arriving spikes */
    SNN_BARRIER    /* wait for the other threads */
};

typedef struct {
    int kind;
    void *object;
} snn_phase;

enum { SNN_PULLED = 1, SNN_SETTLED };
enum { SNN_ENDS = 1, SNN_FOREIGN = 2 }; /* the run ends there; another thread did the share */

typedef struct { /* of one thread of a team, and its share; lines that no other thread writes often */
    uint32_t arrived; /* segments of this run that are done, times 4, with SNN_ENDS and SNN_FOREIGN */
    char gap0[2 * SNN_CACHE_LINE - 4];
    uint32_t taken; /* segments that somebody has begun; nobody else looks at it while all is well */
    int taker;      /* the thread that began the newest */
    int tid;        /* the system's number of the thread */
    int pulled;     /* it was moved to the core of another one: SNN_PULLED, then SNN_SETTLED */
    char gap1[2 * SNN_CACHE_LINE - 16];
} snn_arrival;

typedef struct { /* what a kernel needs is computed when a run begins */
    snn_preparation compute;
    const double *scalar;
    double *fixed;
} snn_prepared;

typedef struct {
    int n_threads; /* parts into which neurons and the synapses onto them are divided */
    int n_phases;
    const snn_phase *phases;
    int n_prepared;
    const snn_prepared *prepared;
    double dt;
    int64_t step;
    int spin; /* how often a barrier looks before it gives the core away */
    snn_arrival *arrival; /* (n_threads) */
    struct {
        char gap0[SNN_CACHE_LINE]; /* what stands around it is read in every phase */
        int32_t n;                 /* threads that wait in the system */
        char gap1[SNN_CACHE_LINE];
    } sleepers;
    /* Of the present run. */
    int team;        /* threads, which share the n_threads parts of the network */
    double patience; /* seconds that the team may take for a step in the mean; 0: any */
    double started;
    uint64_t allowed[16]; /* cores of the first thread, as Linux tells them */
    const int32_t *stop; /* not 0: end after the present step; NULL: never */
    int64_t team_steps, alone_steps; /* done by the team, and by one thread */
    double team_seconds, alone_seconds;
    int64_t glance; /* steps between two looks at the clock */
} snn_engine;

/* Seconds that a team may be late before one thread goes on without it. */
#define SNN_GRACE 0.004

/* It looks at the clock after each step, and where it has less time (s) than this for one, after so
 * many. */
#define SNN_SHORT_STEP 0.00001
#define SNN_GLANCE 8

/* How often a thread looks for a share that nobody has begun until it does it. */
#define SNN_LATE_LOOKS 200

/* Seconds until a thread that sleeps looks whether the others still have a core. */
#define SNN_NAP 0.0002

/* Shorter runs are over before a second thread is awake: one thread does them for all. */
#define SNN_SHARED_STEPS 4

/* Run n_steps steps on `team` threads; one thread goes on alone when the team is slower than
 * `patience` allows. It ends after at least one step when `engine->stop` asks for it. Returns 0, or 1
 * when memory for a spike log ran out. */
int snn_run(snn_engine *engine, int64_t n_steps, int team, double patience);

/* The part of a phase that `thread` does. */
void snn_deliver_procedural(const snn_procedural *procedural, const snn_clock *clock, int n_threads,
                            int thread);
void snn_drive_neurons(const snn_drive *drive, const snn_clock *clock, int thread);

/* The same for the parts first <= part < last: the random numbers of a block are drawn once for all. */
void snn_emit_poisson(const snn_poisson *poisson, const snn_clock *clock, int first, int last);

#define SNN_DRAIN_ROOM 4

/* Empty the logs (n_threads) of a population, which hold n_steps or more: how many neurons spiked in
 * each step, `counts` (n_steps), and which in ascending order, `neuron`, behind which there is room
 * for SNN_DRAIN_ROOM more. */
void snn_drain(snn_spike_log *log, int n_threads, int64_t n_steps, int64_t *counts,
               int32_t *neuron);

/* Sort each of n_parts pieces (begins (n_parts), ends (n_parts)) of synapses by their delays:
 * `order` (n_synapses) tells the synapse at each place; equal delays keep their order. Returns 1
 * when memory ran out. */
int snn_delay_order(const int64_t *begins, const int64_t *ends, int64_t n_parts,
                    const uint16_t *delay, uint32_t *order);

#endif
