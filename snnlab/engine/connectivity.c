#include "snnlab_connectivity.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "snnlab_kernel.h"
#include "vector_math.h"

/* The last part of a Philox counter says what for; the draws of kernels have numbers from 16 on
 * (FIRST_DRAW), spikes and counts of random input 4 and 5. */
enum {
    FOR_UNIFORM = 2,
    FOR_ROW = 0xFFF0,
    FOR_CHOICE,
    FOR_REPEATED,
    FOR_CHANCE,
    FOR_NORMAL,
    FOR_COUNT
};

static inline void put(void *out, int64_t n, int bytes, int64_t j)
{
    if (bytes == 2)
        ((uint16_t *)out)[n] = (uint16_t)j;
    else
        ((uint32_t *)out)[n] = (uint32_t)j;
}

static int64_t put_range(int64_t first, int64_t last, int64_t skipped, int bytes, void *out)
{
    int64_t n = 0;
    if (!out) return last - first - (skipped >= first && skipped < last);
    for (int64_t j = first; j < last; ++j)
        if (j != skipped) put(out, n++, bytes, j);
    return n;
}

/* Rows by probability ----------------------------------------------------------------------- */

/* Places between two hits of a row with probability p: floor(ln u / ln(1 - p)), which is
 * geometric. */
SNN_CLONES
static void gaps(const uint32_t key[2], uint32_t first, uint32_t segment, uint32_t row,
                 double scale, int32_t *gap)
{
    uint32_t bits[4][BLOCK];
    double u[2 * BLOCK];
    philox_block(key, (uint64_t)segment << 32 | first, row, FOR_ROW, bits);
    unit_block(bits[0], bits[1], u);
    unit_block(bits[2], bits[3], u + BLOCK);
    log_block(u, u);
    log_block(u + BLOCK, u + BLOCK);
    for (int e = 0; e < 2 * BLOCK; ++e) {
        const double wide = u[e] * scale;
        gap[e] = (int32_t)(wide < 2147483646.0 ? wide : 2147483646.0);
    }
}

/* A row is drawn in segments that do not depend on the threads, so that each thread draws only
 * what is its own. */
static int64_t segment_length(double p)
{
    const double wanted = ceil(4.0 * BLOCK / p / 64.0);
    return wanted < 1e9 ? 64 * (int64_t)wanted : (int64_t)64000000000;
}

static int64_t bernoulli_row(const snn_rule *rule, int64_t row, int64_t first, int64_t last,
                             int64_t skipped, int bytes, void *out)
{
    if (rule->p <= 0.0) return 0;
    if (rule->p >= 1.0) return put_range(first, last, skipped, bytes, out);
    const double scale = 1.0 / log1p(-rule->p);
    const int64_t length = segment_length(rule->p);
    int64_t n = 0;
    for (int64_t segment = first / length; segment * length < last; ++segment) {
        int64_t end = (segment + 1) * length;
        if (end > last) end = last;
        int64_t j = segment * length - 1;
        for (uint32_t block = 0; j < end; block += BLOCK) {
            int32_t gap[2 * BLOCK];
            gaps(rule->key, block, (uint32_t)segment, (uint32_t)row, scale, gap);
            for (int e = 0; e < 2 * BLOCK; ++e) {
                j += 1 + (int64_t)gap[e];
                if (j >= end) break;
                if (j < first || j == skipped) continue;
                if (out) put(out, n, bytes, j);
                ++n;
            }
        }
    }
    return n;
}

/* Rows by number ---------------------------------------------------------------------------- */

/* Whole numbers below a bound, all equally likely (Lemire 2019, ACM Trans. Model. Comput. Simul.
 * 29, 3, doi:10.1145/3230636). */
typedef struct {
    uint32_t key[2], row, first;
    int at;
    uint32_t word[4][BLOCK];
} words;

SNN_CLONES
static void refill(words *w)
{
    philox_block(w->key, w->first, w->row, FOR_CHOICE, w->word);
    w->first += BLOCK;
    w->at = 0;
}

static inline uint32_t below(words *w, uint32_t bound)
{
    for (;;) {
        if (w->at == 4 * BLOCK) refill(w);
        const uint64_t product = (uint64_t)((uint32_t *)w->word)[w->at++] * bound;
        if ((uint32_t)product >= bound || (uint32_t)product >= -bound % bound)
            return (uint32_t)(product >> 32);
    }
}

/* Floyd's choice of k from m (Bentley & Floyd 1987, Commun. ACM 30, 754) into a set of bits, whose
 * words that are not 0 are bits of a second set: so the numbers come out in order. The sets are
 * empty before and after. */
static int64_t distinct_row(const snn_rule *rule, int64_t row, int64_t n, int64_t first,
                            int64_t last, int64_t skipped, uint64_t *set, int bytes, void *out)
{
    const int64_t m = rule->n_candidates - (skipped >= 0);
    const int64_t n_words = (rule->n_candidates + 63) / 64;
    uint64_t *used = set + n_words;
    const int inverse = 2 * n > m; /* choose those that are left out */
    const int64_t k = inverse ? m - n : n;
    words random = {{rule->key[0], rule->key[1]}, (uint32_t)row, 0, 4 * BLOCK, {{0}}};
    for (int64_t j = m - k; j < m; ++j) {
        int64_t t = below(&random, (uint32_t)(j + 1));
        if (set[t >> 6] >> (t & 63) & 1) t = j;
        set[t >> 6] |= (uint64_t)1 << (t & 63);
        used[t >> 12] |= (uint64_t)1 << (t >> 6 & 63);
    }
    int64_t found = 0;
    if (inverse) {
        for (int64_t w = 0; w < n_words; ++w) {
            uint64_t bits = ~set[w];
            set[w] = 0;
            if (w == m >> 6) bits &= ((uint64_t)1 << (m & 63)) - 1;
            if (w > m >> 6) break;
            for (; bits; bits &= bits - 1) {
                int64_t j = 64 * w + __builtin_ctzll(bits);
                if (skipped >= 0 && j >= skipped) ++j;
                if (j < first || j >= last) continue;
                if (out) put(out, found, bytes, j);
                ++found;
            }
        }
        memset(used, 0, (size_t)(n_words + 63) / 64 * sizeof *used);
        return found;
    }
    for (int64_t u = 0; u < (n_words + 63) / 64; ++u) {
        for (; used[u]; used[u] &= used[u] - 1) {
            const int64_t w = 64 * u + __builtin_ctzll(used[u]);
            for (; set[w]; set[w] &= set[w] - 1) {
                int64_t j = 64 * w + __builtin_ctzll(set[w]);
                if (skipped >= 0 && j >= skipped) ++j;
                if (j < first || j >= last) continue;
                if (out) put(out, found, bytes, j);
                ++found;
            }
        }
    }
    return found;
}

SNN_CLONES
static void exponentials(const uint32_t key[2], uint64_t first, uint32_t row, double *out)
{
    uint32_t bits[4][BLOCK];
    philox_block(key, first, row, FOR_REPEATED, bits);
    unit_block(bits[0], bits[1], out);
    unit_block(bits[2], bits[3], out + BLOCK);
    log_block(out, out);
    log_block(out + BLOCK, out + BLOCK);
}

/* n draws come in ascending order as the partial sums of n + 1 exponential numbers over their
 * total (Devroye 1986, Non-Uniform Random Variate Generation, V.2.3). */
static int64_t repeated_row(const snn_rule *rule, int64_t row, int64_t n, int64_t first,
                            int64_t last, int64_t skipped, double *sum, int bytes, void *out)
{
    if (n == 0) return 0;
    const int64_t m = rule->n_candidates - (skipped >= 0);
    for (int64_t k = 0; k <= n; k += 2 * BLOCK)
        exponentials(rule->key, (uint64_t)(k / 2), (uint32_t)row, sum + k);
    for (int64_t k = 1; k <= n; ++k) sum[k] += sum[k - 1];
    const double scale = (double)m / sum[n];
    int64_t found = 0;
    for (int64_t k = 0; k < n; ++k) {
        int64_t j = (int64_t)(sum[k] * scale);
        if (j >= m) j = m - 1; /* by rounding */
        if (skipped >= 0 && j >= skipped) ++j;
        if (j < first || j >= last) continue;
        if (out) put(out, found, bytes, j);
        ++found;
    }
    return found;
}

static int64_t length_of_row(const snn_rule *rule, int64_t row)
{
    return rule->ends ? rule->ends[row + 1] - rule->ends[row] : rule->n;
}

int64_t snn_rule_scratch(const snn_rule *rule)
{
    const int64_t n_words = (rule->n_candidates + 63) / 64;
    if (rule->kind == SNN_DISTINCT) return 8 * (n_words + (n_words + 63) / 64);
    if (rule->kind == SNN_REPEATED) return 8 * (rule->n + 2 * BLOCK);
    return 0;
}

int64_t snn_row(const snn_rule *rule, int64_t row, int64_t first, int64_t last, void *scratch,
                int bytes, void *out)
{
    const int64_t skipped = rule->skipped ? rule->skipped[row] : -1;
    switch (rule->kind) {
    case SNN_EVERYONE:
        return put_range(first, last, skipped, bytes, out);
    case SNN_COUNTERPART:
        if (row < first || row >= last || row == skipped) return 0;
        return put_range(row, row + 1, -1, bytes, out);
    case SNN_BERNOULLI:
        return bernoulli_row(rule, row, first, last, skipped, bytes, out);
    case SNN_DISTINCT:
        return distinct_row(rule, row, length_of_row(rule, row), first, last, skipped, scratch,
                            bytes, out);
    default:
        return repeated_row(rule, row, length_of_row(rule, row), first, last, skipped, scratch,
                            bytes, out);
    }
}

/* Rows by distance and by chance ------------------------------------------------------------ */

SNN_CLONES
static void weights_at(const snn_space *space, const double *own, const double *places, double *w)
{
    double squared[BLOCK] = {0}, x[BLOCK], term[BLOCK];
    for (int d = 0; d < space->n_dimensions; ++d)
        EACH {
            const double apart = own[d] - places[d * space->n_places + e];
            squared[e] += apart * apart;
        }
    EACH w[e] = 0.0;
    for (int m = 0; m < space->n_terms; ++m) {
        EACH x[e] = -squared[e] * space->scale[m];
        exp_block(x, term);
        EACH w[e] += space->amplitude[m] * term[e];
    }
}

int64_t snn_space_row(const snn_space *space, const double *own, int64_t first, int64_t last,
                      int64_t skipped, int bytes, void *out, double *weights)
{
    int64_t n = 0;
    for (int64_t begin = first; begin < last; begin += BLOCK) {
        /* The last block looks back; what it saw before is passed over. */
        double w[BLOCK];
        int64_t at = begin;
        if (at + BLOCK > space->n_places) at = space->n_places - BLOCK;
        weights_at(space, own, space->places + at, w);
        for (int64_t j = begin; j < last && j < begin + BLOCK; ++j) {
            if (!(fabs(w[j - at]) > space->least) || j == skipped) continue;
            if (out) {
                put(out, n, bytes, j);
                weights[n] = w[j - at];
            }
            ++n;
        }
    }
    return n;
}

SNN_CLONES
static void uniforms(const uint32_t key[2], uint64_t first, uint32_t draw, uint32_t purpose,
                     double *u)
{
    uint32_t bits[4][BLOCK];
    philox_block(key, first, draw, purpose, bits);
    unit_block(bits[0], bits[1], u);
}

int64_t snn_chance_row(const uint32_t key[2], int64_t row, int64_t n, const double *chance,
                       int64_t stride, int64_t skipped, int bytes, void *out)
{
    int64_t found = 0;
    for (int64_t begin = 0; begin < n; begin += BLOCK) {
        const int64_t m = n - begin < BLOCK ? n - begin : BLOCK;
        double u[BLOCK], highest = 0.0;
        for (int64_t e = 0; e < m; ++e) {
            const double p = chance[(begin + e) * stride];
            highest = p > highest ? p : highest;
        }
        if (!(highest > 0.0)) continue;
        uniforms(key, (uint64_t)begin, (uint32_t)row, FOR_CHANCE, u);
        for (int64_t e = 0; e < m; ++e) {
            const int64_t j = begin + e;
            if (!(u[e] < chance[j * stride]) || j == skipped) continue;
            if (out) put(out, found, bytes, j);
            ++found;
        }
    }
    return found;
}

/* Synapses seen from their targets ---------------------------------------------------------- */

static inline int64_t target_of(const void *target, int bytes, int64_t k)
{
    return bytes == 2 ? ((const uint16_t *)target)[k] : ((const uint32_t *)target)[k];
}

static inline void put_three_bytes(uint8_t *place, uint32_t value)
{
    place[0] = (uint8_t)value;
    place[1] = (uint8_t)(value >> 8);
    place[2] = (uint8_t)(value >> 16);
}

void snn_columns(const int64_t *ends, int64_t first_row, int64_t last_row, const void *target,
                 int bytes, int64_t *place, int entry_bytes, void *entry, uint16_t *source)
{
    for (int64_t row = first_row; row < last_row; ++row)
        for (int64_t k = ends[row]; k < ends[row + 1]; ++k) {
            const int64_t m = place[target_of(target, bytes, k)]++;
            if (!entry) continue;
            if (entry_bytes == 2)
                ((uint16_t *)entry)[m] = (uint16_t)k;
            else
                put_three_bytes((uint8_t *)entry + 3 * m, (uint32_t)k);
            source[m] = (uint16_t)row;
        }
}

void snn_distances(const int64_t *ends, int64_t n_rows, const void *target, int bytes,
                   const uint32_t *row_of_block, int row_bits, int block_bits, int64_t *latest,
                   int64_t *place, uint8_t *entry)
{
    const int64_t longest = ((int64_t)1 << (24 - row_bits)) - 1;
    const int64_t many = (1 << row_bits) - 1;
    for (int64_t row = 0; row < n_rows; ++row)
        for (int64_t k = ends[row]; k < ends[row + 1]; ++k) {
            const int64_t j = target_of(target, bytes, k);
            int64_t distance = k - latest[j];
            latest[j] = k;
            for (; distance > longest; distance -= longest) {
                if (entry) put_three_bytes(entry + 3 * place[j], 0);
                ++place[j];
            }
            if (entry) {
                const int64_t rows = row - row_of_block[k >> block_bits];
                put_three_bytes(entry + 3 * place[j],
                                (uint32_t)(distance << row_bits | (rows < many ? rows : many)));
            }
            ++place[j];
        }
}

void snn_split_row(const uint32_t *target, int64_t n, const int64_t *slab, int64_t n_slabs,
                   int64_t begin, int64_t *segment_end, uint16_t *number)
{
    int64_t k = 0;
    for (int64_t s = 0; s < n_slabs; ++s) {
        int64_t low = k, high = n;
        while (low < high) {
            const int64_t middle = low + (high - low) / 2;
            if (target[middle] < slab[s + 1])
                low = middle + 1;
            else
                high = middle;
        }
        for (; k < low; ++k) number[k] = (uint16_t)(target[k] - slab[s]);
        segment_end[s] = begin + k;
    }
}

/* Values of synapses ------------------------------------------------------------------------ */

static void to_real(const double *value, int64_t n, int bytes, void *out, int64_t at)
{
    if (bytes == 8)
        memcpy((double *)out + at, value, (size_t)n * 8);
    else
        for (int64_t e = 0; e < n; ++e) ((float *)out)[at + e] = (float)value[e];
}

/* 2 * BLOCK standard normal numbers, from number 2 * pair on: Box and Muller (1958), Ann. Math.
 * Stat. 29, 610-611, both of each pair. */
SNN_CLONES
static void normals(const snn_distribution *d, uint64_t pair, uint32_t attempt, double *out)
{
    uint32_t bits[4][BLOCK];
    double radius[BLOCK], turn[BLOCK], cosine[BLOCK], sine[BLOCK];
    philox_block(d->key, pair, d->draw, FOR_NORMAL | attempt << 16, bits);
    unit_block(bits[0], bits[1], radius);
    unit_block(bits[2], bits[3], turn);
    log_block(radius, radius);
    EACH radius[e] = __builtin_sqrt(-2.0 * radius[e]);
    turn_block(turn, cosine, sine);
    EACH {
        out[2 * e] = d->a + d->b * (radius[e] * cosine[e]);
        out[2 * e + 1] = d->a + d->b * (radius[e] * sine[e]);
    }
}

SNN_CLONES
static void raise_e(double *x)
{
    exp_block(x, x);
    exp_block(x + BLOCK, x + BLOCK);
}

/* Values outside [low, high] are drawn again, one by one. */
static int redraw(const snn_distribution *d, uint64_t first, double *value)
{
    for (int e = 0; e < 2 * BLOCK; ++e) {
        for (uint32_t attempt = 1; !(value[e] >= d->low && value[e] <= d->high); ++attempt) {
            double fresh[2 * BLOCK];
            if (attempt == SNN_ATTEMPTS) return 1;
            normals(d, (first + (uint64_t)e) / 2, attempt, fresh);
            value[e] = fresh[e % 2];
        }
    }
    return 0;
}

SNN_CLONES
static void from_uniforms(const snn_distribution *d, double *u)
{
    switch (d->kind) {
    case SNN_VALUE_UNIFORM:
        EACH u[e] = d->a + (d->b - d->a) * u[e];
        break;
    case SNN_VALUE_EXPONENTIAL:
        log_block(u, u);
        EACH u[e] = -u[e] / d->a;
        break;
    case SNN_VALUE_DISCRETE_UNIFORM:
        for (int e = 0; e < BLOCK; ++e) u[e] = floor(d->a + (d->b - d->a + 1.0) * u[e]);
        break;
    default:
        EACH u[e] = u[e] < d->a ? 1.0 : 0.0;
    }
}

/* SNN_DRAWS values, from the number of the stream's step on. */
SNN_CLONES
static void in_rounds(const snn_distribution *d, const snn_stream *stream, double *out)
{
    double a[SNN_DRAWS], b[SNN_DRAWS];
    for (int e = 0; e < SNN_DRAWS; ++e) {
        a[e] = d->a;
        b[e] = d->b;
    }
    switch (d->kind) {
    case SNN_VALUE_GAMMA: snn_draws_gamma(stream, 1, a, b, out); break;
    case SNN_VALUE_BINOMIAL: snn_draws_binomial(stream, 1, a, b, out); break;
    default: snn_alike_poisson(stream, 1, d->a, out);
    }
}

int snn_fill(const snn_distribution *d, int64_t first, int64_t n, int bytes, void *out)
{
    double value[SNN_DRAWS]; /* 2 * BLOCK */
    const int normal = d->kind == SNN_VALUE_NORMAL || d->kind == SNN_VALUE_LOGNORMAL;
    if (d->kind == SNN_VALUE_GAMMA || d->kind == SNN_VALUE_BINOMIAL || d->kind == SNN_VALUE_POISSON) {
        for (int64_t k = 0; k < n; k += SNN_DRAWS) {
            const snn_stream stream = {{d->key[0], d->key[1]}, first + k, d->draw, FOR_COUNT};
            in_rounds(d, &stream, value);
            to_real(value, n - k < SNN_DRAWS ? n - k : SNN_DRAWS, bytes, out, k);
        }
        return 0;
    }
    const int width = normal ? 2 * BLOCK : BLOCK;
    for (int64_t k = 0; k < n;) {
        const int64_t begin = normal ? (first + k) & ~(int64_t)1 : first + k;
        const int64_t offset = first + k - begin;
        if (normal) {
            normals(d, (uint64_t)begin / 2, 0, value);
            if (redraw(d, (uint64_t)begin, value)) return 1;
            if (d->kind == SNN_VALUE_LOGNORMAL) raise_e(value);
        } else {
            uniforms(d->key, (uint64_t)begin, d->draw, FOR_UNIFORM, value);
            from_uniforms(d, value);
        }
        int64_t m = width - offset;
        if (m > n - k) m = n - k;
        to_real(value + offset, m, bytes, out, k);
        k += m;
    }
    return 0;
}

void snn_uniform_fill(const uint32_t key[2], uint32_t draw, int64_t first, int64_t n, double *out)
{
    const snn_distribution d = {SNN_VALUE_UNIFORM, 0.0, 1.0, 0.0, 0.0, {key[0], key[1]}, draw};
    snn_fill(&d, first, n, 8, out);
}

/* Pairs ------------------------------------------------------------------------------------- */

static inline int64_t number_at(const void *numbers, int bytes, int64_t k)
{
    return bytes == 4 ? ((const int32_t *)numbers)[k] : ((const int64_t *)numbers)[k];
}

void snn_count_sources(const void *source, int bytes, int64_t first, int64_t last, int64_t *count)
{
    for (int64_t k = first; k < last; ++k) ++count[number_at(source, bytes, k)];
}

void snn_spread_pairs(const void *source, const void *target, int bytes, int64_t first,
                      int64_t last, int64_t *place, uint64_t *pair)
{
    for (int64_t k = first; k < last; ++k)
        pair[place[number_at(source, bytes, k)]++] =
            (uint64_t)number_at(target, bytes, k) << 32 | (uint64_t)k;
}

/* Stable: equal targets stay in their order. */
static void insert_in_order(uint64_t *pair, int64_t n)
{
    for (int64_t k = 1; k < n; ++k) {
        const uint64_t moved = pair[k];
        int64_t j = k;
        for (; j > 0 && pair[j - 1] >> 32 > moved >> 32; --j) pair[j] = pair[j - 1];
        pair[j] = moved;
    }
}

/* Eight bits of the targets after the other, from the lowest on; the result is in `pair`. */
static void radix_sort(uint64_t *pair, uint64_t *scratch, int64_t n, int n_bits)
{
    uint64_t *from = pair, *to = scratch;
    for (int bit = 32; bit < 32 + n_bits; bit += 8) {
        int64_t place[257] = {0};
        for (int64_t k = 0; k < n; ++k) ++place[(from[k] >> bit & 255) + 1];
        for (int b = 0; b < 256; ++b) place[b + 1] += place[b];
        for (int64_t k = 0; k < n; ++k) to[place[from[k] >> bit & 255]++] = from[k];
        uint64_t *const swapped = from;
        from = to;
        to = swapped;
    }
    if (from != pair) memcpy(pair, from, (size_t)n * sizeof *pair);
}

void snn_sort_row(uint64_t *pair, uint64_t *scratch, int64_t n, int n_bits, int bytes,
                  void *target, uint32_t *order)
{
    if (n < 32)
        insert_in_order(pair, n);
    else
        radix_sort(pair, scratch, n, n_bits);
    for (int64_t k = 0; k < n; ++k) {
        put(target, k, bytes, (int64_t)(pair[k] >> 32));
        order[k] = (uint32_t)pair[k];
    }
}

int64_t snn_dense_row(const double *row, int64_t n, int bytes, void *out, double *weights)
{
    int64_t found = 0;
    for (int64_t j = 0; j < n; ++j) found += row[j] == row[j];
    if (!out) return found;
    if (found == n) {
        for (int64_t j = 0; j < n; ++j) put(out, j, bytes, j);
        memcpy(weights, row, (size_t)n * sizeof *row);
        return found;
    }
    /* Written in any case, and overwritten by the next; the last place is that of the last number. */
    int64_t at = 0;
    for (int64_t j = 0; at < found; ++j) {
        put(out, at, bytes, j);
        weights[at] = row[j];
        at += row[j] == row[j];
    }
    return found;
}
