/* What generated kernels and the engine agree on.
 *
 * A generated kernel includes this header and nothing else. It never touches threads,
 * memory management or Python: it gets arrays and numbers and runs over a range.
 */
#ifndef SNNLAB_KERNEL_H
#define SNNLAB_KERNEL_H

#include <stdint.h>

#include "snnlab_math.h"

/* How a kernel declares the functions of libm that it calls. With SNN_VECTOR gcc may take glibc's
 * vector form (libmvec), which -fno-math-errno alone does not allow. SNNLAB_LIBMVEC is the
 * minor number of glibc's version; 2.35 brought more functions. */
#define SNN_PURE __attribute__((const))
#if defined(__GNUC__) && !defined(__clang__) && defined(SNNLAB_LIBMVEC)
#define SNN_VECTOR __attribute__((simd("notinbranch"), const))
#else
#define SNN_VECTOR SNN_PURE
#endif
#if defined(SNNLAB_LIBMVEC) && SNNLAB_LIBMVEC >= 35
#define SNN_VECTOR_2_35 SNN_VECTOR
#else
#define SNN_VECTOR_2_35 SNN_PURE
#endif

/* Before a loop whose iterations touch different elements, whatever its arrays are. `restrict` alone does not reach gcc's
 * vectoriser here, which gives up when it would have to compare more than ten pairs of arrays. */
#if defined(__clang__)
#define SNN_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#elif defined(__GNUC__)
#define SNN_INDEPENDENT _Pragma("GCC ivdep")
#else
#define SNN_INDEPENDENT
#endif

/* An inner loop that is left keeps the outer one from being vectorised. */
#if defined(__clang__)
#define SNN_UNROLL_10 _Pragma("clang loop unroll(full)")
#elif defined(__GNUC__)
#define SNN_UNROLL_10 _Pragma("GCC unroll 10")
#else
#define SNN_UNROLL_10
#endif

#define SNN_INFINITY __builtin_inf()
#define SNN_NAN __builtin_nan("")

/* Raised whenever a struct or a function type below changes. */
#define SNNLAB_ABI 3

typedef struct {
    void *const *buffer;  /* arrays, in the order of the kernel's signature */
    const double *scalar; /* values shared by all elements, in the order of the signature */
    const double *fixed;  /* what the kernel's preparation made of them */
    uint32_t key[2];      /* of the random numbers: (seed, object) */
    int32_t delay;        /* of a projection, steps */
    int32_t distinct;     /* of a projection: no row has a target twice */
    int64_t stride;       /* of a projection from all to all: synapses of a row */
} snn_args;

typedef struct {
    int64_t step; /* index of the step that is computed */
    double t;     /* step * dt, ms */
    double dt;    /* ms */
} snn_clock;

/* What a kernel needs that the scalars and the time step (ms) decide. */
typedef void (*snn_preparation)(const double *scalar, double time_step, double *fixed);

/* Neurons begin <= i < end; whole blocks where the kernel writes flags. */
#define SNN_BLOCK 64
typedef void (*snn_range_kernel)(const snn_args *, const snn_clock *, int64_t begin, int64_t end);

/* Synapses begin <= k < end, which all belong to neuron `row`. */
typedef void (*snn_row_kernel)(const snn_args *, const snn_clock *, int64_t row, int64_t begin,
                               int64_t end);

/* Synapses as their post neurons see them, for post_spike (incoming.py). Numbers of synapses take
 * three bytes each. */
SNN_INLINE uint32_t snn_three_bytes(const uint8_t *place)
{
    uint32_t word; /* the memory goes on for one more byte */
    memcpy(&word, place, 4);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap32(word);
#endif
    return word & 0xFFFFFF;
}

/* In large projections they are told by their distances: an entry is the number of synapses since
 * the one before, and in its lowest bits how many rows its own is behind that in which its block
 * of synapses begins. The largest such number stands for "this many or more"; an entry of 0 is
 * no synapse but the longest distance. */
typedef struct {
    const uint8_t *entry;
    const uint32_t *row;  /* of the first synapse of each block */
    const int64_t *ends;  /* of the rows */
    int row_bits, block_bits;
    int64_t synapse, ahead; /* the present one, and that SNN_AHEAD entries later */
    uint32_t rows;          /* between the present synapse and the beginning of its block */
} snn_incoming;

#define SNN_AHEAD 32
#define SNN_PREFETCH(place) __builtin_prefetch((place), 1)

SNN_INLINE snn_incoming snn_incoming_from(const uint8_t *entry, const uint32_t *row,
                                          const int64_t *ends, const int32_t *bits)
{
    const snn_incoming none = {entry, row, ends, 0, 0, -1, -1, 0};
    snn_incoming in = none;
    if (bits) {
        in.row_bits = bits[0];
        in.block_bits = bits[1];
    }
    return in;
}

SNN_INLINE int64_t snn_distance(const snn_incoming *in, uint32_t entry)
{
    return entry ? entry >> in->row_bits : (1 << (24 - in->row_bits)) - 1;
}

/* To entry m of those ahead. */
SNN_INLINE void snn_incoming_ahead(snn_incoming *in, int64_t m)
{
    in->ahead += snn_distance(in, snn_three_bytes(in->entry + 3*m));
}

/* To entry m; 0 if it is no synapse. */
SNN_INLINE int snn_incoming_next(snn_incoming *in, int64_t m)
{
    const uint32_t entry = snn_three_bytes(in->entry + 3*m);
    in->synapse += snn_distance(in, entry);
    in->rows = entry & ((1u << in->row_bits) - 1);
    return entry != 0;
}

/* The pre neuron of the present synapse. */
SNN_INLINE int64_t snn_incoming_source(const snn_incoming *in)
{
    const int64_t block = in->synapse >> in->block_bits;
    int64_t row = in->row[block] + in->rows;
    if (in->rows < (1u << in->row_bits) - 1) return row;
    for (int64_t last = in->row[block + 1]; row < last;) {
        const int64_t middle = (row + last + 1) / 2;
        if (in->ends[middle] <= in->synapse)
            row = middle;
        else
            last = middle - 1;
    }
    return row;
}

/* Philox4x32-10 (Salmon et al. 2011, SC'11, doi:10.1145/2063384.2063405): four 32-bit numbers
 * for a 128-bit counter and a 64-bit key. */
SNN_INLINE void snn_philox(const uint32_t key[2], uint32_t c0, uint32_t c1, uint32_t c2,
                              uint32_t c3, uint32_t out[4])
{
    uint32_t k0 = key[0], k1 = key[1];
    SNN_UNROLL_10
    for (int round = 0; round < 10; ++round) {
        const uint64_t p0 = (uint64_t)0xD2511F53u * c0;
        const uint64_t p1 = (uint64_t)0xCD9E8D57u * c2;
        c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        c1 = (uint32_t)p1;
        c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c3 = (uint32_t)p0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

/* 52 random bits as a double in (0, 1): never 0, so that its logarithm exists. They become the mantissa
 * of a number in [1, 2), since few processors turn vectors of 64-bit integers into doubles. */
SNN_INLINE double snn_unit(uint32_t high, uint32_t low)
{
    const uint64_t bits = 0x3FF0000000000000u | (((uint64_t)high << 20) ^ (low >> 12));
    double one;
    memcpy(&one, &bits, 8);
    return (one - 1.0) + 0.5 / 4503599627370496.0;
}

/* The random numbers of one draw of one element in one step. */
typedef struct {
    uint32_t key[2];
    int64_t step;
    uint32_t element;
    uint32_t number; /* which draw of the object, below 65536 */
} snn_stream;

/* Four numbers; a rejection method asks again with the next `attempt`. */
SNN_INLINE void snn_bits(const snn_stream *stream, uint32_t attempt, uint32_t out[4])
{
    snn_philox(stream->key, (uint32_t)stream->step, (uint32_t)(stream->step >> 32),
               stream->element, stream->number | attempt << 16, out);
}

SNN_INLINE double snn_draw_uniform(const snn_stream *stream, double low, double high)
{
    uint32_t bits[4];
    snn_bits(stream, 0, bits);
    return low + (high - low) * snn_unit(bits[0], bits[1]);
}

SNN_INLINE double snn_draw_discreteuniform(const snn_stream *stream, double low, double high)
{
    return __builtin_floor(snn_draw_uniform(stream, low, high + 1.0));
}

SNN_INLINE double snn_draw_bernoulli(const snn_stream *stream, double p)
{
    return snn_draw_uniform(stream, 0.0, 1.0) < p ? 1.0 : 0.0;
}

SNN_INLINE double snn_draw_exponential(const snn_stream *stream, double rate)
{
    return -snn_log(snn_draw_uniform(stream, 0.0, 1.0)) / rate;
}

/* Box and Muller (1958), Ann. Math. Stat. 29, 610-611; one of the pair. */
SNN_INLINE double snn_gauss(const uint32_t bits[4])
{
    return __builtin_sqrt(-2.0 * snn_log(snn_unit(bits[0], bits[1]))) *
           snn_cosine_of_turn(snn_unit(bits[2], bits[3]));
}

SNN_INLINE double snn_draw_normal(const snn_stream *stream, double mean, double sd)
{
    uint32_t bits[4];
    snn_bits(stream, 0, bits);
    return mean + sd * snn_gauss(bits);
}

SNN_INLINE double snn_draw_lognormal(const snn_stream *stream, double mean, double sd)
{
    return snn_exp(snn_draw_normal(stream, mean, sd));
}

/* Above this mean counts come from the normal distribution with the same mean and variance, rounded;
 * below it from inversion (Devroye 1986, Non-Uniform Random Variate Generation, X.3.3). */
#define SNN_LARGE_MEAN 500.0

static inline double snn_large_count(const snn_stream *stream, double mean, double variance)
{
    const double n = __builtin_floor(snn_draw_normal(stream, mean, __builtin_sqrt(variance)) + 0.5);
    return n > 0.0 ? n : 0.0;
}

SNN_INLINE int snn_is_inverted(double mean)
{
    return mean > 0.0 && mean <= SNN_LARGE_MEAN;
}

static inline double snn_draw_poisson(const snn_stream *stream, double mean)
{
    if (!(mean > 0.0)) return 0.0;
    if (mean > SNN_LARGE_MEAN) return snn_large_count(stream, mean, mean);
    const double u = snn_draw_uniform(stream, 0.0, 1.0);
    double n = 0.0, probability = snn_exp(-mean), sum = probability;
    while (u > sum && probability > 0.0) {
        n += 1.0;
        probability *= mean / n;
        sum += probability;
    }
    return n;
}

/* log(1 - p) for 0 <= p < 1: what the difference loses is made up for (Goldberg 1991, ACM Comput.
 * Surv. 23, 5-48, theorem 4). */
SNN_INLINE double snn_log_of_rest(double p)
{
    const double rest = 1.0 - p;
    return rest == 1.0 ? -p : snn_log(rest) * (p / (1.0 - rest));
}

/* Failures are counted where they are rarer: the probability of no success is then never too small
 * for a number. */
static inline double snn_draw_binomial(const snn_stream *stream, double n, double p)
{
    if (!(p > 0.0) || !(n > 0.0)) return 0.0;
    if (p >= 1.0) return n;
    const double rarer = p > 0.5 ? 1.0 - p : p;
    double k = 0.0;
    if (n * rarer > SNN_LARGE_MEAN) {
        k = snn_large_count(stream, n * rarer, n * rarer * (1.0 - rarer));
        if (k > n) k = n;
    } else {
        const double u = snn_draw_uniform(stream, 0.0, 1.0), odds = rarer / (1.0 - rarer);
        double probability = snn_exp(n * snn_log_of_rest(rarer)), sum = probability;
        while (u > sum && k < n) {
            probability *= odds * (n - k) / (k + 1.0);
            k += 1.0;
            sum += probability;
        }
    }
    return p > 0.5 ? n - k : k;
}

/* One attempt of Marsaglia and Tsang (2000), ACM Trans. Math. Softw. 26, 363-372, for a shape d + 1/3
 * of 1 or more: the value, or a negative number. */
SNN_INLINE double snn_gamma_attempt(double d, const uint32_t normal[4], const uint32_t uniform[4])
{
    const double c = 1.0 / __builtin_sqrt(9.0 * d);
    const double x = snn_gauss(normal), y = 1.0 + c * x, v = y * y * y;
    const double inside = v > 0.0 ? v : 1.0;
    const double least = 0.5 * x * x + d - d * v + d * snn_log(inside);
    const double u = snn_log(snn_unit(uniform[0], uniform[1]));
    return u < least ? (v > 0.0 ? d * v : -1.0) : -1.0;
}

static inline double snn_gamma_from(const snn_stream *stream, double d, uint32_t attempt)
{
    for (; attempt < 1000; ++attempt) {
        uint32_t normal[4], uniform[4];
        snn_bits(stream, attempt, normal);
        snn_bits(stream, attempt + 1000, uniform);
        const double value = snn_gamma_attempt(d, normal, uniform);
        if (value >= 0.0) return value;
    }
    return d;
}

/* A shape below 1 is one above it times u^(1/shape). */
SNN_INLINE double snn_below_shape_1(double u, double shape)
{
    return snn_exp(snn_log(u) / shape);
}

static inline double snn_draw_gamma(const snn_stream *stream, double shape, double scale)
{
    if (!(shape > 0.0)) return 0.0;
    const double d = (shape < 1.0 ? shape + 1.0 : shape) - 1.0 / 3.0;
    double value = snn_gamma_from(stream, d, 1);
    if (shape < 1.0) value *= snn_below_shape_1(snn_draw_uniform(stream, 0.0, 1.0), shape);
    return scale * value;
}

/* Blocks of draws -----------------------------------------------------------------------------
 *
 * As many numbers at once, each the same as one by one: draw e is of element `element + e`, or of step
 * `step + e` where `by_step` is set. */
#define SNN_DRAWS SNN_BLOCK
#define SNN_EACH for (int e = 0; e < SNN_DRAWS; ++e)

SNN_INLINE void snn_bits_of(const snn_stream *stream, int by_step, uint32_t attempt,
                            uint32_t out[4][SNN_DRAWS])
{
    const uint64_t step = (uint64_t)stream->step;
    SNN_EACH {
        uint32_t bits[4];
        const uint64_t own = by_step ? step + (uint64_t)e : step;
        snn_philox(stream->key, (uint32_t)own, (uint32_t)(own >> 32),
                   by_step ? stream->element : stream->element + (uint32_t)e,
                   stream->number | attempt << 16, bits);
        out[0][e] = bits[0];
        out[1][e] = bits[1];
        out[2][e] = bits[2];
        out[3][e] = bits[3];
    }
}

SNN_INLINE void snn_uniforms(const snn_stream *stream, int by_step, double *u)
{
    uint32_t bits[4][SNN_DRAWS];
    snn_bits_of(stream, by_step, 0, bits);
    SNN_EACH u[e] = snn_unit(bits[0][e], bits[1][e]);
}

SNN_INLINE snn_stream snn_stream_of(const snn_stream *stream, int by_step, int e)
{
    snn_stream own = *stream;
    if (by_step)
        own.step += e;
    else
        own.element += (uint32_t)e;
    return own;
}

/* Counts by inversion that all begin at 0 have the same number in every round, so that a round is a
 * step of all that have not ended yet. */
SNN_INLINE void snn_draws_poisson(const snn_stream *stream, int by_step, const double *mean,
                                  double *out)
{
    double u[SNN_DRAWS], probability[SNN_DRAWS], sum[SNN_DRAWS];
    snn_uniforms(stream, by_step, u);
    int64_t going = 0, large = 0;
    SNN_EACH {
        const int inverted = snn_is_inverted(mean[e]);
        probability[e] = inverted ? snn_exp(-mean[e]) : 0.0;
        sum[e] = probability[e];
        out[e] = 0.0;
        large |= mean[e] > SNN_LARGE_MEAN;
    }
    double n = 0.0;
    do {
        n += 1.0;
        going = 0;
        SNN_EACH {
            const int64_t more = (u[e] > sum[e]) & (probability[e] > 0.0);
            const double next = probability[e] * (mean[e] / n);
            out[e] = more ? n : out[e];
            probability[e] = more ? next : probability[e];
            sum[e] = more ? sum[e] + next : sum[e];
            going |= more;
        }
    } while (going);
    if (large) SNN_EACH {
        if (!(mean[e] > SNN_LARGE_MEAN)) continue;
        const snn_stream own = snn_stream_of(stream, by_step, e);
        out[e] = snn_large_count(&own, mean[e], mean[e]);
    }
}

/* With one mean the sums are the same for all. */
SNN_INLINE void snn_alike_poisson(const snn_stream *stream, int by_step, double mean, double *out)
{
    double u[SNN_DRAWS];
    if (!snn_is_inverted(mean)) {
        SNN_EACH {
            const snn_stream own = snn_stream_of(stream, by_step, e);
            out[e] = snn_draw_poisson(&own, mean);
        }
        return;
    }
    snn_uniforms(stream, by_step, u);
    double highest = 0.0;
    SNN_EACH {
        highest = u[e] > highest ? u[e] : highest;
        out[e] = 0.0;
    }
    double n = 0.0, probability = snn_exp(-mean), sum = probability;
    while (highest > sum && probability > 0.0) {
        SNN_EACH out[e] += u[e] > sum ? 1.0 : 0.0;
        n += 1.0;
        probability *= mean / n;
        sum += probability;
    }
}

/* Whether as many of n trials as succeed are found by inversion, with the rarer of both outcomes. */
SNN_INLINE int snn_is_drawn(double n, double p, double rarer)
{
    return p > 0.0 && p < 1.0 && n > 0.0 && n * rarer <= SNN_LARGE_MEAN;
}

SNN_INLINE void snn_draws_binomial(const snn_stream *stream, int by_step, const double *n,
                                   const double *p, double *out)
{
    double u[SNN_DRAWS], odds[SNN_DRAWS], probability[SNN_DRAWS], sum[SNN_DRAWS];
    snn_uniforms(stream, by_step, u);
    int64_t going = 0, others = 0;
    SNN_EACH {
        const double rarer = p[e] > 0.5 ? 1.0 - p[e] : p[e];
        const int drawn = snn_is_drawn(n[e], p[e], rarer);
        const double own = drawn ? rarer : 0.5;
        odds[e] = own / (1.0 - own);
        probability[e] = drawn ? snn_exp(n[e] * snn_log_of_rest(own)) : 1.0;
        sum[e] = probability[e]; /* of the others 1, which no number exceeds */
        out[e] = 0.0;
        others |= !drawn;
    }
    double k = 0.0;
    do {
        going = 0;
        SNN_EACH {
            const int64_t more = (u[e] > sum[e]) & (k < n[e]);
            const double next = probability[e] * (odds[e] * (n[e] - k) / (k + 1.0));
            out[e] = more ? k + 1.0 : out[e];
            probability[e] = more ? next : probability[e];
            sum[e] = more ? sum[e] + next : sum[e];
            going |= more;
        }
        k += 1.0;
    } while (going);
    SNN_EACH out[e] = p[e] > 0.5 ? n[e] - out[e] : out[e];
    if (others) SNN_EACH {
        if (snn_is_drawn(n[e], p[e], p[e] > 0.5 ? 1.0 - p[e] : p[e])) continue;
        const snn_stream own = snn_stream_of(stream, by_step, e);
        out[e] = snn_draw_binomial(&own, n[e], p[e]);
    }
}

/* All make the first attempt together; the few that fail go on one by one. */
SNN_INLINE void snn_draws_gamma(const snn_stream *stream, int by_step, const double *shape,
                                const double *scale, double *out)
{
    uint32_t normal[4][SNN_DRAWS], uniform[4][SNN_DRAWS];
    double d[SNN_DRAWS];
    snn_bits_of(stream, by_step, 1, normal);
    snn_bits_of(stream, by_step, 1001, uniform);
    int64_t small = 0;
    SNN_EACH {
        const double own = shape[e] > 0.0 ? shape[e] : 1.0;
        d[e] = (own < 1.0 ? own + 1.0 : own) - 1.0 / 3.0;
        small |= shape[e] < 1.0;
    }
    SNN_EACH {
        const uint32_t first[4] = {normal[0][e], normal[1][e], normal[2][e], normal[3][e]};
        const uint32_t second[4] = {uniform[0][e], uniform[1][e], 0, 0};
        out[e] = snn_gamma_attempt(d[e], first, second);
    }
    SNN_EACH {
        if (out[e] >= 0.0) continue;
        const snn_stream own = snn_stream_of(stream, by_step, e);
        out[e] = snn_gamma_from(&own, d[e], 2);
    }
    if (small) {
        double u[SNN_DRAWS];
        snn_uniforms(stream, by_step, u);
        SNN_EACH {
            const double factor = snn_below_shape_1(u[e], shape[e] > 0.0 ? shape[e] : 1.0);
            out[e] = shape[e] < 1.0 ? out[e] * factor : out[e];
        }
    }
    SNN_EACH out[e] = shape[e] > 0.0 ? scale[e] * out[e] : 0.0;
}

#endif
