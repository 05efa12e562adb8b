/* Synapses that are not stored: a row is made anew whenever its neuron spikes. */
#include "snnlab_core.h"

#define ADD(REAL)                                                                          \
    {                                                                                      \
        REAL *const g = (REAL *)p->conductance;                                            \
        const REAL *const weight = (const REAL *)p->value[thread];                         \
        const REAL one = (REAL)*p->weight;                                                 \
        if (p->distribution)                                                               \
            for (int64_t k = 0; k < n; ++k) g[target[k]] += weight[k];                     \
        else                                                                               \
            for (int64_t k = 0; k < n; ++k) g[target[k]] += one;                           \
    }

/* Every neuron of a range gets the one weight, but the row's own neuron. */
#define ADD_TO_ALL(REAL)                                                                   \
    {                                                                                      \
        REAL *const g = (REAL *)p->conductance;                                            \
        const REAL one = (REAL)*p->weight;                                                 \
        const int64_t own = skipped >= first && skipped < last ? skipped : last;           \
        for (int64_t j = first; j < own; ++j) g[j] += one;                                 \
        for (int64_t j = own + 1; j < last; ++j) g[j] += one;                              \
    }

static void deliver_row(const snn_procedural *p, int64_t row, int n_threads, int thread)
{
    const int64_t first = p->bounds[thread], last = p->bounds[thread + 1];
    uint32_t *const target = p->target[thread];
    if (p->rule->kind == SNN_EVERYONE && !p->distribution && !p->post_neuron) {
        const int64_t skipped = p->rule->skipped ? p->rule->skipped[row] : -1;
        if (p->real_bytes == 8)
            ADD_TO_ALL(double)
        else
            ADD_TO_ALL(float)
        return;
    }
    const int64_t n = snn_row(p->rule, row, first, last, p->scratch[thread], 4, target);
    if (!n) return;
    if (p->distribution)
        /* A value out of reach was refused when the network was built. */
        (void)snn_fill(p->distribution, p->part[row * (n_threads + 1) + thread], n,
                       p->real_bytes, p->value[thread]);
    if (p->post_neuron)
        for (int64_t k = 0; k < n; ++k) target[k] = (uint32_t)p->post_neuron[target[k]];
    if (p->real_bytes == 8)
        ADD(double)
    else
        ADD(float)
}

/* The same sums in the same order as those of stored synapses. */
void snn_deliver_procedural(const snn_procedural *p, const snn_clock *clock, int n_threads,
                            int thread)
{
    const int64_t emitted = clock->step - p->delay;
    if (emitted < 0 || p->bounds[thread] == p->bounds[thread + 1]) return;
    const snn_population *pre = p->pre;
    const int64_t slot = emitted % pre->n_slots;
    for (int owner = 0; owner < n_threads; ++owner) {
        const int32_t *neuron = pre->neuron + slot * pre->padded + pre->bounds[owner];
        const int64_t n = pre->count[(slot * n_threads + owner) * 8];
        for (int64_t s = 0; s < n; ++s) {
            const int64_t row = p->row ? p->row[neuron[s]] : neuron[s];
            if (row >= 0) deliver_row(p, row, n_threads, thread);
        }
    }
}
