// Spike-timing-dependent plasticity between Poisson sources and conductance-based neurons.
//
// Traces belong to neurons. The weights are a matrix, a row a source. Each thread owns columns and
// draws the same spikes of the sources as every other, so that the threads never wait.
#include "common.hpp"

struct Part {
    int size;
    std::vector<real> weight; // (N_SOURCES, size)
    real *source_trace, *trace, *v, *g;
    uint8_t *spiked;
    int32_t *list;
    Random random{7};
    int64_t n_spikes = 0;

    void build(int thread)
    {
        size = (int)((int64_t)N * (thread + 1) / THREADS) - (int)((int64_t)N * thread / THREADS);
        Random own(100 + thread);
        weight.resize((size_t)N_SOURCES * size);
        for (real &w : weight) w = (real)own.between(0, W_MAX);
        source_trace = aligned<real>(N_SOURCES);
        for (real **array : {&trace, &v, &g}) *array = aligned<real>(size);
        spiked = aligned<uint8_t>(size);
        list = aligned<int32_t>(size);
        std::fill(v, v + size, (real)V_RESET);
    }

    void step()
    {
        const real decay_plus = std::exp(-DT / TAU_PLUS), decay_minus = std::exp(-DT / TAU_MINUS);
        const real most = W_MAX;
        static const double scale = 1 / std::log1p(-RATE * DT / 1000);
        for (int i = 0; i < N_SOURCES; ++i) source_trace[i] *= decay_plus;
#pragma omp simd
        for (int j = 0; j < size; ++j) {
            trace[j] *= decay_minus;
            const real next = v[j] + (real)(DT / TAU_M) *
                                         ((real)E_L - v[j] + g[j] * ((real)E_EXC - v[j]));
            g[j] *= (real)(1 - DT / TAU_EXC);
            const bool fired = next > (real)V_TH;
            v[j] = fired ? (real)V_RESET : next;
            spiked[j] = fired;
        }
        const int n = collect(spiked, size, 0, list);
        for (int64_t i = -1;;) { // sources that spike: the gap to the next is geometric
            i += 1 + (int64_t)(std::log(random.uniform()) * scale);
            if (i >= N_SOURCES) break;
            source_trace[i] += (real)(A_PLUS * W_MAX);
            real *const row = weight.data() + i * size;
#pragma omp simd
            for (int j = 0; j < size; ++j) {
                g[j] += row[j];
                row[j] = std::max((real)0, std::min(most, row[j] - trace[j]));
            }
        }
        n_spikes += n;
        for (int s = 0; s < n; ++s) {
            trace[list[s]] += (real)(A_MINUS * W_MAX);
            real *const column = weight.data() + list[s];
            for (int i = 0; i < N_SOURCES; ++i) {
                real &w = column[(size_t)i * size];
                w = std::max((real)0, std::min(most, w + source_trace[i]));
            }
        }
    }
};

static Part parts[THREADS];

int main()
{
    const double start = now();
#pragma omp parallel num_threads(THREADS)
    parts[omp_get_thread_num()].build(omp_get_thread_num());
    return serve(now() - start, sizeof(real), DT, [](int64_t n_steps) {
        int64_t n_spikes = 0;
        for (Part &part : parts) part.n_spikes = 0;
#pragma omp parallel num_threads(THREADS)
        {
            Part &own = parts[omp_get_thread_num()];
            if (own.size)
                for (int64_t s = 0; s < n_steps; ++s) own.step();
        }
        for (const Part &part : parts) n_spikes += part.n_spikes;
        return (double)n_spikes / N / ((double)n_steps * DT / 1000);
    });
}
