/* Random bits and elementary functions for blocks of numbers, in plain loops that compilers turn
 * into vector instructions.
 *
 * SNN_CLONES compiles a function for several processors; which one runs does not change a bit of
 * the result.
 */
#ifndef SNNLAB_VECTOR_MATH_H
#define SNNLAB_VECTOR_MATH_H

#include <stdint.h>
#include <string.h>

#include "snnlab_kernel.h"

#define BLOCK 32

#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && defined(__GLIBC__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) /* they start too late */
#define SNN_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define SNN_CLONES
#endif

#define EACH for (int e = 0; e < BLOCK; ++e)

/* snn_philox of the counters (first + e, c2, c3). */
static inline void philox_block(const uint32_t key[2], uint64_t first, uint32_t c2, uint32_t c3,
                                uint32_t out[4][BLOCK])
{
    uint32_t low[BLOCK], high[BLOCK];
    EACH {
        low[e] = (uint32_t)(first + (uint64_t)e);
        high[e] = (uint32_t)((first + (uint64_t)e) >> 32);
    }
    EACH {
        uint32_t one[4];
        snn_philox(key, low[e], high[e], c2, c3, one);
        out[0][e] = one[0];
        out[1][e] = one[1];
        out[2][e] = one[2];
        out[3][e] = one[3];
    }
}

static inline void unit_block(const uint32_t *high, const uint32_t *low, double *u)
{
    EACH u[e] = snn_unit(high[e], low[e]);
}

static inline void log_block(const double *x, double *y)
{
    EACH y[e] = snn_log(x[e]);
}

/* Exponentials to 2 units in the last place; 0 below the normal numbers, infinite above. */
static inline void exp_block(const double *x, double *y)
{
    EACH {
        const double limited = x[e] < -746.0 ? -746.0 : x[e] > 710.0 ? 710.0 : x[e];
        /* Adding 1.5 2^52 rounds to the nearest whole number, in the lowest bits. */
        const double shifted = limited * 1.4426950408889634 + 6755399441055744.0;
        const double k = shifted - 6755399441055744.0;
        const double r = (limited - k * 0x1.62E42FEFA38p-1) - k * 0x1.EF35793C7673p-45;
        double sum = 1.0 / 6227020800.0;
        sum = sum * r + 1.0 / 479001600.0;
        sum = sum * r + 1.0 / 39916800.0;
        sum = sum * r + 1.0 / 3628800.0;
        sum = sum * r + 1.0 / 362880.0;
        sum = sum * r + 1.0 / 40320.0;
        sum = sum * r + 1.0 / 5040.0;
        sum = sum * r + 1.0 / 720.0;
        sum = sum * r + 1.0 / 120.0;
        sum = sum * r + 1.0 / 24.0;
        sum = sum * r + 1.0 / 6.0;
        sum = sum * r + 0.5;
        sum = sum * r + 1.0;
        sum = sum * r + 1.0;
        uint64_t n;
        memcpy(&n, &shifted, 8);
        /* In two factors, since 2^k alone may be too large or too small for a number. */
        const int64_t whole = (int64_t)(n << 13) >> 13, half = whole >> 1;
        const uint64_t bits_a = (uint64_t)(half + 1023) << 52;
        const uint64_t bits_b = (uint64_t)(whole - half + 1023) << 52;
        double a, b;
        memcpy(&a, &bits_a, 8);
        memcpy(&b, &bits_b, 8);
        y[e] = sum * a * b;
    }
}

/* Cosine and sine of 2 pi u, 0 <= u < 1, to 2 units in the last place: of an angle of at most an
 * eighth of the circle, turned by quarters. */
static inline void turn_block(const double *u, double *cosine, double *sine)
{
    EACH {
        const double shifted = 4.0 * u[e] + 6755399441055744.0;
        const double x = 6.283185307179586 * (u[e] - 0.25 * (shifted - 6755399441055744.0));
        const double q = x * x;
        double s = 1.0 / 355687428096000.0;
        s = s * q - 1.0 / 1307674368000.0;
        s = s * q + 1.0 / 6227020800.0;
        s = s * q - 1.0 / 39916800.0;
        s = s * q + 1.0 / 362880.0;
        s = s * q - 1.0 / 5040.0;
        s = s * q + 1.0 / 120.0;
        s = s * q - 1.0 / 6.0;
        s = s * q * x + x;
        double c = 1.0 / 20922789888000.0;
        c = c * q - 1.0 / 87178291200.0;
        c = c * q + 1.0 / 479001600.0;
        c = c * q - 1.0 / 3628800.0;
        c = c * q + 1.0 / 40320.0;
        c = c * q - 1.0 / 720.0;
        c = c * q + 1.0 / 24.0;
        c = c * q - 0.5;
        c = c * q + 1.0;
        uint64_t quarters;
        memcpy(&quarters, &shifted, 8);
        const int odd = (int)(quarters & 1u);
        const uint64_t c_sign = ((quarters + 1u) & 2u) << 62, s_sign = (quarters & 2u) << 62;
        const double c_here = odd ? s : c, s_here = odd ? c : s;
        uint64_t c_bits, s_bits;
        memcpy(&c_bits, &c_here, 8);
        memcpy(&s_bits, &s_here, 8);
        c_bits ^= c_sign;
        s_bits ^= s_sign;
        memcpy(&cosine[e], &c_bits, 8);
        memcpy(&sine[e], &s_bits, 8);
    }
}

#endif
