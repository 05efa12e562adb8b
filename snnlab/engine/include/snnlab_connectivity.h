/* Who is connected with whom, and random values of synapses.
 *
 * Everything here is a function of keys and places: a row of a rule, or value number k of a
 * distribution, comes out the same in any order, on any thread, and whether it is stored or made
 * anew when a neuron spikes. No operation depends on the processor: only sums, products, quotients
 * and roots are used, and they are never contracted.
 */
#ifndef SNNLAB_CONNECTIVITY_H
#define SNNLAB_CONNECTIVITY_H

#include <stdint.h>

enum {
    SNN_EVERYONE,    /* every candidate */
    SNN_COUNTERPART, /* the candidate with the row's number */
    SNN_BERNOULLI,   /* every candidate with probability p, independently */
    SNN_DISTINCT,    /* n different candidates */
    SNN_REPEATED     /* n draws of a candidate */
};

typedef struct {
    int kind;
    uint32_t key[2];
    int64_t n_candidates;
    double p;
    int64_t n;              /* of every row, where `ends` is NULL */
    const int64_t *ends;    /* (n_rows + 1): row i has ends[i + 1] - ends[i], or NULL */
    const int32_t *skipped; /* (n_rows), the candidate that a row leaves out or -1, or NULL */
} snn_rule;

/* Bytes of scratch memory that a row of the rule needs; zeros before the first row. */
int64_t snn_rule_scratch(const snn_rule *rule);

/* The candidates of a row in first <= j < last, ascending; written with `bytes` (2 or 4) each to
 * `out`, unless it is NULL. Returns how many there are. */
int64_t snn_row(const snn_rule *rule, int64_t row, int64_t first, int64_t last, void *scratch,
                int bytes, void *out);

enum {
    SNN_VALUE_UNIFORM,          /* between a and b */
    SNN_VALUE_NORMAL,           /* mean a, standard deviation b, within [low, high] */
    SNN_VALUE_LOGNORMAL,        /* exp of that */
    SNN_VALUE_EXPONENTIAL,      /* mean 1 / a */
    SNN_VALUE_DISCRETE_UNIFORM, /* whole numbers from a to b */
    SNN_VALUE_GAMMA,            /* shape a, scale b */
    SNN_VALUE_BINOMIAL,         /* a trials of probability b */
    SNN_VALUE_POISSON,          /* mean a */
    SNN_VALUE_SUCCESS           /* 1 with probability a, else 0 */
};

typedef struct {
    int kind;
    double a, b, low, high;
    uint32_t key[2];
    uint32_t draw;
} snn_distribution;

/* Values first <= k < first + n of a distribution, as float (`bytes` 4) or double (8). Returns 0,
 * or 1 if a value stayed outside [low, high] after SNN_ATTEMPTS draws. */
int snn_fill(const snn_distribution *distribution, int64_t first, int64_t n, int bytes, void *out);

#define SNN_ATTEMPTS 1000

/* One row of a rule of distances. `own` (n_dimensions) is the place of the row's neuron, `places`
 * (n_dimensions, n_places) those of the candidates, of which first <= j < last are looked at. The
 * weight at the distance d is sum_m amplitude[m] exp(-d^2 scale[m]) over the n_terms; candidates
 * with an absolute weight above `least` are written, unless `out` is NULL. */
typedef struct {
    int n_dimensions, n_terms;
    int64_t n_places;
    const double *places;
    double amplitude[2], scale[2], least;
} snn_space;

int64_t snn_space_row(const snn_space *space, const double *own, int64_t first, int64_t last,
                      int64_t skipped, int bytes, void *out, double *weights);

/* The candidates j < n of a row that are hit with probability chance[j * stride]: a uniform number
 * of the row is below it. Written unless `out` is NULL. */
int64_t snn_chance_row(const uint32_t key[2], int64_t row, int64_t n, const double *chance,
                       int64_t stride, int64_t skipped, int bytes, void *out);

/* Pairs are sorted by source, then by target, equal ones in their order: counted by source, spread
 * to their rows, and each row is sorted. `source` and `target` have `bytes` (4 or 8) each. */
void snn_count_sources(const void *source, int bytes, int64_t first, int64_t last, int64_t *count);

/* The pairs first <= k < last go to `pair`, as target << 32 | k, from place[source] on; `place` goes
 * on. */
void snn_spread_pairs(const void *source, const void *target, int bytes, int64_t first,
                      int64_t last, int64_t *place, uint64_t *pair);

/* A row of n pairs, with targets below 2^n_bits: its targets, with `bytes` (2 or 4) each, and the
 * numbers k. `pair` and `scratch` (n) are overwritten. */
void snn_sort_row(uint64_t *pair, uint64_t *scratch, int64_t n, int n_bits, int bytes,
                  void *target, uint32_t *order);

/* Synapses as their post neurons see them (incoming.py), added in the order of their numbers: each
 * to entry place[target], which goes on. Without an `entry` they are only counted. */

/* Its number in 2 or 3 bytes, and its row. */
void snn_columns(const int64_t *ends, int64_t first_row, int64_t last_row, const void *target,
                 int bytes, int64_t *place, int entry_bytes, void *entry, uint16_t *source);

/* As distances, snn_incoming in snnlab_kernel.h; `latest` (n_post) are -1 before the first row. */
void snn_distances(const int64_t *ends, int64_t n_rows, const void *target, int bytes,
                   const uint32_t *row_of_block, int row_bits, int block_bits, int64_t *latest,
                   int64_t *place, uint8_t *entry);

/* A row of n targets in segments (segments.py): where the one onto each slab ends, if the first
 * synapse is number `begin`, and the number of each target in its slab. `slab` (n_slabs + 1) are bounds. */
void snn_split_row(const uint32_t *target, int64_t n, const int64_t *slab, int64_t n_slabs,
                   int64_t begin, int64_t *segment_end, uint16_t *number);

/* The numbers of a row that are not NaN: where they stand and what they are, unless `out` is
 * NULL. Returns how many there are. */
int64_t snn_dense_row(const double *row, int64_t n, int bytes, void *out, double *weights);

/* n uniform numbers in (0, 1) of stream (key, draw), from number `first` on. */
void snn_uniform_fill(const uint32_t key[2], uint32_t draw, int64_t first, int64_t n, double *out);

#endif
