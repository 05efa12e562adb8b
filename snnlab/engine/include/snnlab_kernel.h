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

static inline double snn_draw_poisson(const snn_stream *stream, double mean)
{
    if (!(mean > 0.0)) return 0.0;
    if (mean > SNN_LARGE_MEAN) return snn_large_count(stream, mean, mean);
    const double u = snn_draw_uniform(stream, 0.0, 1.0);
    double n = 0.0, probability = __builtin_exp(-mean), sum = probability;
    while (u > sum && probability > 0.0) {
        n += 1.0;
        probability *= mean / n;
        sum += probability;
    }
    return n;
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
        double probability = __builtin_exp(n * __builtin_log1p(-rarer)), sum = probability;
        while (u > sum && k < n) {
            probability *= odds * (n - k) / (k + 1.0);
            k += 1.0;
            sum += probability;
        }
    }
    return p > 0.5 ? n - k : k;
}

/* Marsaglia and Tsang (2000), ACM Trans. Math. Softw. 26, 363-372. */
static inline double snn_draw_gamma(const snn_stream *stream, double shape, double scale)
{
    if (!(shape > 0.0)) return 0.0;
    const double d = (shape < 1.0 ? shape + 1.0 : shape) - 1.0 / 3.0;
    const double c = 1.0 / __builtin_sqrt(9.0 * d);
    uint32_t bits[4];
    double value = d;
    for (uint32_t attempt = 1; attempt < 1000; ++attempt) {
        snn_bits(stream, attempt, bits);
        const double x = snn_gauss(bits), y = 1.0 + c * x, v = y * y * y;
        snn_bits(stream, attempt + 1000, bits);
        const double u = snn_unit(bits[0], bits[1]);
        if (v > 0.0 && snn_log(u) < 0.5 * x * x + d - d * v + d * snn_log(v)) {
            value = d * v;
            break;
        }
    }
    if (shape < 1.0) value *= __builtin_pow(snn_draw_uniform(stream, 0.0, 1.0), 1.0 / shape);
    return scale * value;
}

#endif
