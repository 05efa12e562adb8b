/* What generated kernels and the engine agree on.
 *
 * A generated kernel includes this header and nothing else. It never touches threads,
 * memory management or Python: it gets arrays and numbers and runs over a range.
 */
#ifndef SNNLAB_KERNEL_H
#define SNNLAB_KERNEL_H

#include <stdint.h>

/* How a kernel declares the functions of libm that it calls. With SNN_VECTOR gcc may take glibc's
 * vector form (libmvec), which -fno-math-errno alone does not allow. */
#define SNN_PURE __attribute__((const))
#if defined(__GNUC__) && !defined(__clang__) && defined(SNNLAB_LIBMVEC)
#define SNN_VECTOR __attribute__((simd("notinbranch"), const))
#else
#define SNN_VECTOR SNN_PURE
#endif

#define SNN_INFINITY __builtin_inf()
#define SNN_NAN __builtin_nan("")

/* Raised whenever a struct or a function type below changes. */
#define SNNLAB_ABI 1

typedef struct {
    void *const *buffer;  /* arrays, in the order of the kernel's signature */
    const double *scalar; /* values shared by all elements, in the order of the signature */
    uint32_t key[2];      /* of the random numbers: (seed, object) */
    int32_t delay;        /* of a projection, steps */
} snn_args;

typedef struct {
    int64_t step; /* index of the step that is computed */
    double t;     /* step * dt, ms */
    double dt;    /* ms */
} snn_clock;

/* Neurons begin <= i < end. */
typedef void (*snn_range_kernel)(const snn_args *, const snn_clock *, int64_t begin, int64_t end);

/* Synapses begin <= k < end, which all belong to neuron `row`. */
typedef void (*snn_row_kernel)(const snn_args *, const snn_clock *, int64_t row, int64_t begin,
                               int64_t end);

/* Philox4x32-10 (Salmon et al. 2011, SC'11, doi:10.1145/2063384.2063405): four 32-bit numbers
 * for a 128-bit counter and a 64-bit key. */
static inline void snn_philox(const uint32_t key[2], uint32_t c0, uint32_t c1, uint32_t c2,
                              uint32_t c3, uint32_t out[4])
{
    uint32_t k0 = key[0], k1 = key[1];
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

/* 52 random bits as a double in (0, 1): never 0, so that its logarithm exists. */
static inline double snn_unit(uint32_t high, uint32_t low)
{
    const uint64_t bits = ((uint64_t)high << 20) ^ (low >> 12);
    return ((double)(int64_t)bits + 0.5) * (1.0 / 4503599627370496.0);
}

#define snn_draw_uniform(bits, low, high) \
    ((low) + ((high) - (low)) * snn_unit((bits)[0], (bits)[1]))
#define snn_draw_discreteuniform(bits, low, high) \
    ((low) + __builtin_floor(((high) - (low) + 1.0) * snn_unit((bits)[0], (bits)[1])))
#define snn_draw_exponential(bits, rate) \
    (-__builtin_log(snn_unit((bits)[0], (bits)[1])) / (rate))
/* Box and Muller (1958), Ann. Math. Stat. 29, 610-611; one of the pair. */
#define snn_draw_normal(bits, mean, sd)                                    \
    ((mean) + (sd) * __builtin_sqrt(-2.0 * __builtin_log(snn_unit((bits)[0], (bits)[1]))) * \
                  __builtin_cos(6.283185307179586 * snn_unit((bits)[2], (bits)[3])))
#define snn_draw_lognormal(bits, mean, sd) __builtin_exp(snn_draw_normal(bits, mean, sd))

#endif
