/* Random input: Poisson spikes drawn by geometric skipping, and sums of many Poisson sources.
 *
 * Both work in blocks of neurons that are the same for any number of threads: a number depends on
 * the key, the step and the block, and on nothing else.
 */
#include "snnlab_core.h"

#include <math.h>
#include <string.h>

#if defined(__GNUC__) && defined(__x86_64__)
#include <immintrin.h>
#define SNN_X86 1
#endif
#define INLINE static inline __attribute__((always_inline))

enum { SPIKE_NUMBER = 4, COUNT_NUMBER = 5 }; /* of the streams; below 16 they are the engine's */

static inline double rate_of(const snn_poisson *p, int64_t i)
{
    return p->item_bytes == 8 ? ((const double *)p->rate)[i] : ((const float *)p->rate)[i];
}

/* Of whole vectors. The padding has rates, too: too high a bound costs time, nothing else. */
#define HIGHEST(REAL)                                                                  \
    {                                                                                  \
        const REAL *rate = (const REAL *)p->rate;                                      \
        REAL top[16] = {0};                                                            \
        for (int64_t i = begin; i < end; i += 16)                                      \
            for (int l = 0; l < 16; ++l) top[l] = rate[i + l] > top[l] ? rate[i + l] : top[l]; \
        for (int l = 0; l < 16; ++l) highest = top[l] > highest ? top[l] : highest;    \
    }

static double highest_rate(const snn_poisson *p, int64_t begin, int64_t end)
{
    double highest = 0.0;
    if (!p->each) return rate_of(p, 0);
    if (p->item_bytes == 8)
        HIGHEST(double)
    else
        HIGHEST(float)
    return highest;
}

/* From one spike to the next the gap is geometric with the block's highest rate; a neuron with a
 * lower one keeps a spike with the ratio of the probabilities (Lewis & Shedler 1979, Nav. Res.
 * Logist. Q. 26, 403-413). */
void snn_emit_poisson(const snn_poisson *p, const snn_clock *clock, int first_part, int last_part)
{
    const snn_population *population = p->population;
    const int64_t first = population->bounds[first_part];
    int64_t last = population->bounds[last_part];
    if (last > population->size) last = population->size;
    const uint32_t low = (uint32_t)clock->step, high = (uint32_t)(clock->step >> 32);
    for (int64_t block = first / SNN_POISSON_BLOCK; block * SNN_POISSON_BLOCK < last; ++block) {
        const int64_t begin = block * SNN_POISSON_BLOCK;
        int64_t end = begin + SNN_POISSON_BLOCK;
        if (end > population->padded) end = population->padded;
        const double mean = highest_rate(p, begin, end) * p->scale;
        if (!(mean > 0.0)) continue;
        const double inverse = -1.0 / mean, highest = p->each ? expm1(-mean) : 0.0;
        double j = (double)begin - 1.0;
        for (uint32_t k = 0;; ++k) {
            uint32_t bits[4];
            snn_philox(p->key, low, high, (uint32_t)block, SPIKE_NUMBER | k << 16, bits);
            j += 1.0 + floor(log(snn_unit(bits[0], bits[1])) * inverse);
            if (j >= (double)end || j >= (double)last) break;
            const int64_t i = (int64_t)j;
            if (i < first || i >= last) continue;
            if (p->each) {
                const double own = expm1(-rate_of(p, i) * p->scale);
                if (!(snn_unit(bits[2], bits[3]) * highest > own)) continue;
            }
            population->spiked[i] = 1;
        }
    }
}

/* 64 numbers: those of neuron n are word n / 16 of the Philox counter n % 16 of the block. */
typedef void (*random_block)(const uint32_t key[2], int64_t step, uint32_t block,
                             uint32_t out[64]);

INLINE void random_plain(const uint32_t key[2], int64_t step, uint32_t block, uint32_t out[64])
{
    for (uint32_t lane = 0; lane < 16; ++lane) {
        uint32_t bits[4];
        snn_philox(key, (uint32_t)step, (uint32_t)(step >> 32), 16 * block + lane, COUNT_NUMBER,
                   bits);
        for (int word = 0; word < 4; ++word) out[16 * word + lane] = bits[word];
    }
}

#ifdef SNN_X86
/* `snn_philox` of N counters, one in each 64-bit lane. The products read the lower halves of the
 * lanes only, so what is left in the upper ones does no harm. */
#define PHILOX_LANES(VECTOR, SET, SET_LANES, MULTIPLY, SHIFT, XOR3)                           \
    VECTOR c0 = SET((int64_t)(uint32_t)step), c1 = SET((int64_t)(uint32_t)(step >> 32));      \
    VECTOR c2 = SET_LANES, c3 = SET(COUNT_NUMBER);                                            \
    uint32_t k0 = key[0], k1 = key[1];                                                        \
    for (int round = 0; round < 10; ++round) {                                                \
        const VECTOR p0 = MULTIPLY(c0, SET(0xD2511F53u)), p1 = MULTIPLY(c2, SET(0xCD9E8D57u)); \
        c0 = XOR3(SHIFT(p1, 32), c1, SET((int64_t)k0));                                       \
        c1 = p1;                                                                              \
        c2 = XOR3(SHIFT(p0, 32), c3, SET((int64_t)k1));                                       \
        c3 = p0;                                                                              \
        k0 += 0x9E3779B9u;                                                                    \
        k1 += 0xBB67AE85u;                                                                    \
    }

#define XOR3_512(a, b, c) _mm512_ternarylogic_epi64(a, b, c, 0x96)

__attribute__((target("avx512f"))) INLINE void random_avx512(const uint32_t key[2], int64_t step,
                                                             uint32_t block, uint32_t out[64])
{
    for (int half = 0; half < 2; ++half) {
        const __m512i lanes =
            _mm512_add_epi64(_mm512_set1_epi64(16 * (int64_t)block + 8 * half),
                             _mm512_set_epi64(7, 6, 5, 4, 3, 2, 1, 0));
        PHILOX_LANES(__m512i, _mm512_set1_epi64, lanes, _mm512_mul_epu32, _mm512_srli_epi64,
                     XOR3_512)
        uint32_t *place = out + 8 * half;
        _mm256_storeu_si256((__m256i *)place, _mm512_cvtepi64_epi32(c0));
        _mm256_storeu_si256((__m256i *)(place + 16), _mm512_cvtepi64_epi32(c1));
        _mm256_storeu_si256((__m256i *)(place + 32), _mm512_cvtepi64_epi32(c2));
        _mm256_storeu_si256((__m256i *)(place + 48), _mm512_cvtepi64_epi32(c3));
    }
}

#define XOR3_256(a, b, c) _mm256_xor_si256(_mm256_xor_si256(a, b), c)

__attribute__((target("avx2"))) INLINE void random_avx2(const uint32_t key[2], int64_t step,
                                                        uint32_t block, uint32_t out[64])
{
    const __m256i even = _mm256_set_epi32(7, 5, 3, 1, 6, 4, 2, 0);
    for (int quarter = 0; quarter < 4; ++quarter) {
        const __m256i lanes = _mm256_add_epi64(
            _mm256_set1_epi64x(16 * (int64_t)block + 4 * quarter), _mm256_set_epi64x(3, 2, 1, 0));
        PHILOX_LANES(__m256i, _mm256_set1_epi64x, lanes, _mm256_mul_epu32, _mm256_srli_epi64,
                     XOR3_256)
        const __m256i words[4] = {c0, c1, c2, c3};
        for (int word = 0; word < 4; ++word)
            _mm_storeu_si128((__m128i *)(out + 16 * word + 4 * quarter),
                             _mm256_castsi256_si128(
                                 _mm256_permutevar8x32_epi32(words[word], even)));
    }
}
#endif

/* How many thresholds each number exceeds: all are compared while they are few. The counts of 16
 * numbers stay in registers. */
typedef uint32_t lanes16 __attribute__((vector_size(64)));

INLINE void count_compared(const uint32_t *threshold, int64_t n, const uint32_t random[64],
                           int32_t count[64])
{
    lanes16 number[4], found[4] = {{0}};
    memcpy(number, random, sizeof number);
    for (int64_t q = 0; q < n; ++q)
        for (int part = 0; part < 4; ++part)
            found[part] -= (lanes16)(number[part] > threshold[q]);
    memcpy(count, found, sizeof found);
}

/* The same by bisection of `n` = 2^m thresholds, of which the last is never exceeded; lane l has
 * those that begin at start[l]. */
INLINE void count_bisected(const uint32_t *threshold, int64_t n, const int32_t start[64],
                                  const uint32_t random[64], int32_t count[64])
{
    for (int l = 0; l < 64; ++l) count[l] = 0;
    for (int32_t half = (int32_t)(n / 2); half > 0; half /= 2)
        for (int l = 0; l < 64; ++l)
            count[l] += random[l] > threshold[start[l] + count[l] + half - 1] ? half : 0;
}

#define ADD_COUNTS(REAL)                                                                   \
    {                                                                                      \
        REAL *out = (REAL *)drive->out + begin;                                            \
        const double *weight = drive->weight;                                              \
        if (drive->weights)                                                                \
            for (int l = 0; l < 64; ++l)                                                   \
                out[l] += (REAL)(weight[begin + l] * (double)(smallest[l] + count[l]));    \
        else                                                                               \
            for (int l = 0; l < 64; ++l)                                                   \
                out[l] += (REAL)(weight[0] * (double)(smallest[l] + count[l]));            \
    }

INLINE void drive_neurons(const snn_drive *drive, const snn_clock *clock, int thread,
                          random_block draw)
{
    const int64_t *bounds = drive->population->bounds + thread;
    const int few = !drive->row && drive->n_thresholds <= 32;
    int32_t start[64] = {0}, smallest[64], count[64];
    uint32_t random[64];
    for (int l = 0; l < 64; ++l) smallest[l] = drive->smallest[0];
    for (int64_t begin = bounds[0]; begin < bounds[1]; begin += 64) {
        draw(drive->key, clock->step, (uint32_t)(begin / 64), random);
        if (drive->row)
            for (int l = 0; l < 64; ++l) {
                start[l] = drive->row[begin + l] * (int32_t)drive->n_thresholds;
                smallest[l] = drive->smallest[drive->row[begin + l]];
            }
        if (few)
            count_compared(drive->threshold, drive->n_used, random, count);
        else
            count_bisected(drive->threshold, drive->n_thresholds, start, random, count);
        if (drive->real_bytes == 8)
            ADD_COUNTS(double)
        else
            ADD_COUNTS(float)
    }
}

#ifdef SNN_X86
__attribute__((target("avx512f"))) static void drive_avx512(const snn_drive *drive,
                                                            const snn_clock *clock, int thread)
{
    drive_neurons(drive, clock, thread, random_avx512);
}

__attribute__((target("avx2"))) static void drive_avx2(const snn_drive *drive,
                                                       const snn_clock *clock, int thread)
{
    drive_neurons(drive, clock, thread, random_avx2);
}
#endif

/* The widest vectors of the processor; whole numbers are the same in all of them. */
void snn_drive_neurons(const snn_drive *drive, const snn_clock *clock, int thread)
{
#ifdef SNN_X86
    if (__builtin_cpu_supports("avx512f")) {
        drive_avx512(drive, clock, thread);
        return;
    }
    if (__builtin_cpu_supports("avx2")) {
        drive_avx2(drive, clock, thread);
        return;
    }
#endif
    drive_neurons(drive, clock, thread, random_plain);
}
