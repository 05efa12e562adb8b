/* Elementary functions without a branch or a call, so that a compiler turns a loop over them into
 * vector instructions. One code for every element: a value does not depend on where it stands in an
 * array.
 *
 * Exponentials: x = k ln 2 + r with |r| <= ln(2)/2, and exp(r) = 1 + r P(r). P is the polynomial through the
 * values of (exp(r) - 1)/r at the Chebyshev points of that range, with P(0) = 1: its error is below
 * 4e-17 in double precision and 1e-8 in single precision.
 */
#ifndef SNNLAB_MATH_H
#define SNNLAB_MATH_H

#include <stdint.h>
#include <string.h>

#ifdef __FMA__
#define SNN_FMA(a, b, c) __builtin_fma(a, b, c)
#define SNN_FMAF(a, b, c) __builtin_fmaf(a, b, c)
#else
#define SNN_FMA(a, b, c) ((a) * (b) + (c))
#define SNN_FMAF(a, b, c) ((a) * (b) + (c))
#endif

/* A call that is left in a loop keeps it from being vectorised. */
#define SNN_INLINE static inline __attribute__((always_inline))

#define SNN_LOG2E 1.4426950408889634
/* ln 2 in two parts; a whole number below 2^20 times the first is exact. */
#define SNN_LN2_HIGH 6.93147180369123816490e-01
#define SNN_LN2_LOW 1.90821492927058770002e-10
#define SNN_LN2_HIGHF 6.93359375e-01f
#define SNN_LN2_LOWF -2.12194440e-4f
/* Added to a number and taken away again they round it; in between its last bits are the integer. */
#define SNN_ROUND 6755399441055744.0 /* 1.5 * 2^52 */
#define SNN_ROUNDF 12582912.0f       /* 1.5 * 2^23 */

/* 2^k for a k to which SNN_ROUND has been added, -1023 < k < 1024. */
SNN_INLINE double snn_power_of_2(double rounded)
{
    int64_t bits;
    double value;
    memcpy(&bits, &rounded, 8);
    bits = (int64_t)((uint64_t)(bits + 1023) << 52);
    memcpy(&value, &bits, 8);
    return value;
}

SNN_INLINE float snn_power_of_2f(float rounded)
{
    int32_t bits;
    float value;
    memcpy(&bits, &rounded, 4);
    bits = (int32_t)((uint32_t)(bits + 127) << 23);
    memcpy(&value, &bits, 4);
    return value;
}

SNN_INLINE double snn_exprel_near_0(double r)
{
    double p = 2.5100472505694996e-08;
    p = SNN_FMA(p, r, 2.7620201591031547e-07);
    p = SNN_FMA(p, r, 2.7557268276905696e-06);
    p = SNN_FMA(p, r, 2.4801521057868204e-05);
    p = SNN_FMA(p, r, 0.00019841269863171557);
    p = SNN_FMA(p, r, 0.0013888888917367081);
    p = SNN_FMA(p, r, 0.008333333333330039);
    p = SNN_FMA(p, r, 0.041666666666623824);
    p = SNN_FMA(p, r, 0.16666666666666669);
    p = SNN_FMA(p, r, 0.5);
    return SNN_FMA(p, r, 1.0);
}

/* exp(x); beyond the range of numbers infinity and 0. Error below 1 unit in the last place. */
SNN_INLINE double snn_exp(double x)
{
    const double inside = x > 710.0 ? 710.0 : x < -746.0 ? -746.0 : x; /* NaN stays */
    const double rounded = SNN_FMA(inside, SNN_LOG2E, SNN_ROUND), k = rounded - SNN_ROUND;
    const double r = SNN_FMA(-k, SNN_LN2_LOW, SNN_FMA(-k, SNN_LN2_HIGH, inside));
    /* 2^k in two factors: one alone would leave the range before exp(x) does. */
    const double half = k * 0.5 + SNN_ROUND, rest = (k - (half - SNN_ROUND)) + SNN_ROUND;
    const double value = SNN_FMA(r, snn_exprel_near_0(r), 1.0);
    return value * snn_power_of_2(half) * snn_power_of_2(rest);
}

/* The numerator of (exp(x) - 1)/x, and x below it; the quotient itself, and 1, where k is 0. */
SNN_INLINE double snn_above_exprel(double x, double *below)
{
    const double inside = x > 710.0 ? 710.0 : x < -50.0 ? -50.0 : x;
    const double rounded = SNN_FMA(inside, SNN_LOG2E, SNN_ROUND), k = rounded - SNN_ROUND;
    const double r = SNN_FMA(-k, SNN_LN2_LOW, SNN_FMA(-k, SNN_LN2_HIGH, inside));
    const double p = snn_exprel_near_0(r);
    const double half_power = snn_power_of_2(rounded - 1.0); /* 2^1024 would be infinite */
    const double less_1 = 2.0 * SNN_FMA(half_power, r * p, half_power - 0.5);
    *below = k == 0.0 ? 1.0 : x;
    return k == 0.0 ? p : less_1;
}

/* (exp(x) - 1)/x, and 1 at 0. Error below 3 units in the last place at every distance from 0. */
SNN_INLINE double snn_exprel(double x)
{
    double below;
    const double above = snn_above_exprel(x, &below);
    return above / below;
}

/* x/(exp(x) - 1), and 1 at 0. */
SNN_INLINE double snn_inverse_exprel(double x)
{
    double below;
    const double above = snn_above_exprel(x, &below);
    return below / above;
}

SNN_INLINE float snn_exprel_near_0f(float r)
{
    float p = 0.00019891081f;
    p = SNN_FMAF(p, r, 0.0013933731f);
    p = SNN_FMAF(p, r, 0.0083333108f);
    p = SNN_FMAF(p, r, 0.041666465f);
    p = SNN_FMAF(p, r, 0.16666667f);
    p = SNN_FMAF(p, r, 0.5f);
    return SNN_FMAF(p, r, 1.0f);
}

SNN_INLINE float snn_expf(float x)
{
    const float inside = x > 89.0f ? 89.0f : x < -105.0f ? -105.0f : x;
    const float rounded = SNN_FMAF(inside, (float)SNN_LOG2E, SNN_ROUNDF), k = rounded - SNN_ROUNDF;
    const float r = SNN_FMAF(-k, SNN_LN2_LOWF, SNN_FMAF(-k, SNN_LN2_HIGHF, inside));
    const float half = k * 0.5f + SNN_ROUNDF, rest = (k - (half - SNN_ROUNDF)) + SNN_ROUNDF;
    const float value = SNN_FMAF(r, snn_exprel_near_0f(r), 1.0f);
    return value * snn_power_of_2f(half) * snn_power_of_2f(rest);
}

SNN_INLINE float snn_above_exprelf(float x, float *below)
{
    const float inside = x > 89.0f ? 89.0f : x < -25.0f ? -25.0f : x;
    const float rounded = SNN_FMAF(inside, (float)SNN_LOG2E, SNN_ROUNDF), k = rounded - SNN_ROUNDF;
    const float r = SNN_FMAF(-k, SNN_LN2_LOWF, SNN_FMAF(-k, SNN_LN2_HIGHF, inside));
    const float p = snn_exprel_near_0f(r);
    const float half_power = snn_power_of_2f(rounded - 1.0f);
    const float less_1 = 2.0f * SNN_FMAF(half_power, r * p, half_power - 0.5f);
    *below = k == 0.0f ? 1.0f : x;
    return k == 0.0f ? p : less_1;
}

SNN_INLINE float snn_exprelf(float x)
{
    float below;
    const float above = snn_above_exprelf(x, &below);
    return above / below;
}

SNN_INLINE float snn_inverse_exprelf(float x)
{
    float below;
    const float above = snn_above_exprelf(x, &below);
    return below / above;
}

/* The natural logarithm of a normal positive number, to 2 units in the last place. With x = m 2^k and
 * m between the roots of 1/2 and 2, log m is 2 artanh((m - 1) / (m + 1)). */
SNN_INLINE double snn_log(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, 8);
    /* Adding the distance of sqrt(1/2) from 1 carries into the exponent where m > sqrt(2). */
    const uint64_t exponent = (bits + 0x00095F619980C433u) >> 52;
    const uint64_t bits_of_m = bits - ((exponent - 1023u) << 52);
    const uint64_t bits_of_k = 0x4330000000000000u | exponent; /* 2^52 + exponent */
    double m, k;
    memcpy(&m, &bits_of_m, 8);
    memcpy(&k, &bits_of_k, 8);
    k -= 4503599627370496.0 + 1023.0;
    const double s = (m - 1.0) / (m + 1.0), q = s * s;
    double sum = 1.0 / 21.0;
    sum = SNN_FMA(sum, q, 1.0 / 19.0);
    sum = SNN_FMA(sum, q, 1.0 / 17.0);
    sum = SNN_FMA(sum, q, 1.0 / 15.0);
    sum = SNN_FMA(sum, q, 1.0 / 13.0);
    sum = SNN_FMA(sum, q, 1.0 / 11.0);
    sum = SNN_FMA(sum, q, 1.0 / 9.0);
    sum = SNN_FMA(sum, q, 1.0 / 7.0);
    sum = SNN_FMA(sum, q, 1.0 / 5.0);
    sum = SNN_FMA(sum, q, 1.0 / 3.0);
    const double two_s = s + s;
    /* ln 2 in two parts: the first has so few digits that its product with k is exact. */
    const double rest = SNN_FMA(two_s * q, sum, k * 0x1.EF35793C7673p-45);
    return SNN_FMA(k, 0x1.62E42FEFA38p-1, two_s + rest);
}

/* The cosine of 2 pi u, to 2 units in the last place, where u is a multiple of 2^-53 in [0, 1]: the
 * sine of at most a quarter of the circle, and how much of a quarter is found without rounding. */
SNN_INLINE double snn_cosine_of_turn(double u)
{
    const double x = 6.283185307179586 * (__builtin_fabs(u - 0.5) - 0.25), q = x * x;
    double s = 1.0 / 51090942171709440000.0;
    s = SNN_FMA(s, q, -1.0 / 121645100408832000.0);
    s = SNN_FMA(s, q, 1.0 / 355687428096000.0);
    s = SNN_FMA(s, q, -1.0 / 1307674368000.0);
    s = SNN_FMA(s, q, 1.0 / 6227020800.0);
    s = SNN_FMA(s, q, -1.0 / 39916800.0);
    s = SNN_FMA(s, q, 1.0 / 362880.0);
    s = SNN_FMA(s, q, -1.0 / 5040.0);
    s = SNN_FMA(s, q, 1.0 / 120.0);
    s = SNN_FMA(s, q, -1.0 / 6.0);
    return SNN_FMA(s * q, x, x);
}

#endif
