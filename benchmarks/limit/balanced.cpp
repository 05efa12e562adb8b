// Networks of excitatory and inhibitory neurons joined at random: CONDUCTANCE, CURRENT,
// HODGKINHUXLEY or DELTA is defined.
//
// One parallel region a run. Each thread owns a range of the neurons and the synapses onto them,
// by presynaptic neuron; one barrier a step; spikes wait in a ring of lists for their delay.
#include "common.hpp"

#if N < 65536
using Target = uint16_t;
#else
using Target = uint32_t;
#endif

#ifdef DELTA
constexpr int DELAY_STEPS = (int)(DELAY / DT + 0.5);
#else
constexpr int DELAY_STEPS = 1;
#endif
constexpr int SLOTS = DELAY_STEPS + 1;
constexpr int REFRACTORY = (int)(T_REF / DT + 0.5);

struct Part {
    int first, size;
    std::vector<int64_t> row; // (N + 1)
    std::vector<Target> target;
    real *v, *g_exc, *g_inh, *m, *n, *h;
    int32_t *wait;
    uint8_t *spiked;
    SpikeList list[SLOTS];
    Lanes lanes;
    int64_t n_spikes = 0;

    void build(int thread)
    {
        first = (int)((int64_t)N * thread / THREADS);
        size = (int)((int64_t)N * (thread + 1) / THREADS) - first;
        Random random(1 + thread);
        lanes.seed(random);
        row.resize(N + 1);
        target.reserve((size_t)(1.02 * N * size * PROBABILITY) + 1000);
        const double scale = 1 / std::log1p(-PROBABILITY); // the gap to the next is geometric
        for (int pre = 0; pre < N; ++pre) {
            row[pre] = (int64_t)target.size();
            for (int64_t k = -1;;) {
                k += 1 + (int64_t)(std::log(random.uniform()) * scale);
                if (k >= size) break;
                target.push_back((Target)k);
            }
        }
        row[N] = (int64_t)target.size();
        for (real **array : {&v, &g_exc, &g_inh, &m, &n, &h}) *array = aligned<real>(size);
        wait = aligned<int32_t>(size);
        spiked = aligned<uint8_t>(size);
        for (SpikeList &one : list) one = {aligned<int32_t>(size), 0};
        for (int i = 0; i < size; ++i) {
#if defined(HODGKINHUXLEY)
            v[i] = (real)(V_START_MEAN + V_START_SD * random.normal());
            g_exc[i] = (real)(G_EXC_START_MEAN + G_EXC_START_SD * random.normal());
            g_inh[i] = (real)(G_INH_START_MEAN + G_INH_START_SD * random.normal());
#elif defined(DELTA)
            v[i] = (real)random.between(0, V_TH);
#else
            v[i] = (real)random.between(V_RESET, V_TH);
#endif
        }
    }

    void update()
    {
        real *const v = this->v, *const g_exc = this->g_exc, *const g_inh = this->g_inh;
        int32_t *const wait = this->wait;
        uint8_t *const spiked = this->spiked;
        const int size = this->size;
#if defined(CONDUCTANCE)
        const real decay_exc = std::exp(-DT / TAU_EXC), decay_inh = std::exp(-DT / TAU_INH);
#pragma omp simd
        for (int i = 0; i < size; ++i) {
            const real leak = 1 + g_exc[i] + g_inh[i];
            const real rest = ((real)(E_L + DRIVE) + g_exc[i] * (real)E_EXC +
                               g_inh[i] * (real)E_INH) / leak;
            const real next = rest + (v[i] - rest) * std::exp((real)(-DT / TAU_M) * leak);
            const real free = wait[i] <= 0 ? next : v[i];
            const bool fired = free > (real)V_TH;
            v[i] = fired ? (real)V_RESET : free;
            wait[i] = fired ? REFRACTORY : wait[i] - 1;
            spiked[i] = fired;
            g_exc[i] *= decay_exc;
            g_inh[i] *= decay_inh;
        }
#elif defined(CURRENT)
        const double m = TAU_M, e = TAU_EXC, q = TAU_INH;
        const real decay_exc = std::exp(-DT / e), decay_inh = std::exp(-DT / q);
        const real decay = std::exp(-DT / m);
        const real from_exc = e / (m - e) * (std::exp(-DT / m) - std::exp(-DT / e));
        const real from_inh = q / (m - q) * (std::exp(-DT / m) - std::exp(-DT / q));
#pragma omp simd
        for (int i = 0; i < size; ++i) {
            const real next = (real)E_L + (v[i] - (real)E_L) * decay + g_exc[i] * from_exc +
                              g_inh[i] * from_inh;
            const real free = wait[i] <= 0 ? next : v[i];
            const bool fired = free > (real)V_TH;
            v[i] = fired ? (real)V_RESET : free;
            wait[i] = fired ? REFRACTORY : wait[i] - 1;
            spiked[i] = fired;
            g_exc[i] *= decay_exc;
            g_inh[i] *= decay_inh;
        }
#elif defined(HODGKINHUXLEY)
        // x / (exp(x) - 1), which is 1 - x / 2 near 0.
        const auto ratio = [](real x) {
            return std::fabs(x) < (real)1e-4 ? 1 - x / 2 : x / (std::exp(x) - 1);
        };
        const auto relax = [](real x, real up, real down) {
            const real speed = up + down, rest = up / speed;
            return rest + (x - rest) * std::exp((real)-DT * speed);
        };
        real *const m = this->m, *const n = this->n, *const h = this->h;
        const real decay_exc = std::exp(-DT / TAU_EXC), decay_inh = std::exp(-DT / TAU_INH);
#pragma omp simd
        for (int i = 0; i < size; ++i) {
            const real u = v[i] - (real)V_T;
            const real sodium = (real)G_NA * m[i] * m[i] * m[i] * h[i];
            const real square = n[i] * n[i], potassium = (real)G_K * square * square;
            const real total = (real)G_L + g_exc[i] + g_inh[i] + sodium + potassium;
            const real rest = ((real)(G_L * E_L) + g_exc[i] * (real)E_EXC +
                               g_inh[i] * (real)E_INH + sodium * (real)E_NA +
                               potassium * (real)E_K) / total;
            const real next = rest + (v[i] - rest) * std::exp((real)(-DT / C_M) * total);
            m[i] = relax(m[i], (real)1.28 * ratio((13 - u) / 4), (real)1.4 * ratio((u - 40) / 5));
            n[i] = relax(n[i], (real)0.16 * ratio((15 - u) / 5),
                         (real)0.5 * std::exp((10 - u) / 40));
            h[i] = relax(h[i], (real)0.128 * std::exp((17 - u) / 18),
                         4 / (1 + std::exp((40 - u) / 5)));
            const bool fired = (next > (real)V_TH) & (wait[i] <= 0);
            v[i] = next;
            wait[i] = fired ? REFRACTORY : wait[i] - 1;
            spiked[i] = fired;
            g_exc[i] *= decay_exc;
            g_inh[i] *= decay_inh;
        }
#elif defined(DELTA)
        static const PoissonTable<EXTERNAL_MOST> poisson(EXTERNAL_SPIKES);
        const real decay = std::exp(-DT / TAU_M);
        for (int begin = 0; begin < size; begin += 16) {
            uint32_t bits[16];
            real arrived[16];
            lanes.draw(bits);
#pragma omp simd
            for (int l = 0; l < 16; ++l) arrived[l] = (real)(int32_t)poisson.count(bits[l]);
            const int end = std::min(16, size - begin);
#pragma omp simd
            for (int l = 0; l < end; ++l) {
                const int i = begin + l;
                const real next = v[i] * decay + g_exc[i] + (real)J * arrived[l];
                const real free = wait[i] <= 0 ? next : v[i];
                const bool fired = free > (real)V_TH;
                v[i] = fired ? (real)V_RESET : free;
                wait[i] = fired ? REFRACTORY : wait[i] - 1;
                spiked[i] = fired;
                g_exc[i] = 0;
            }
        }
#endif
    }

    void deliver(const SpikeList &spikes)
    {
#ifdef DELTA
        const real w_exc = J, w_inh = -G * J;
        real *const exc = g_exc, *const inh = g_exc;
#else
        const real w_exc = W_EXC, w_inh = W_INH;
        real *const exc = g_exc, *const inh = g_inh;
#endif
        const Target *const target = this->target.data();
        const int64_t *const row = this->row.data();
        for (int s = 0; s < spikes.n; ++s) {
            const int pre = spikes.neuron[s];
            if (s + 1 < spikes.n) __builtin_prefetch(target + row[spikes.neuron[s + 1]]);
            const bool excites = pre < N_EXCITATORY;
            real *const g = excites ? exc : inh;
            const real w = excites ? w_exc : w_inh;
            const Target *const end = target + row[pre + 1];
            for (const Target *k = target + row[pre]; k != end; ++k) g[*k] += w;
        }
    }
};

static Part parts[THREADS];
static Barrier barrier;
static int64_t step = 0;

static void run_part(int thread, int64_t n_steps)
{
    Part &own = parts[thread];
    for (int64_t s = step; s < step + n_steps; ++s) {
        own.update();
        SpikeList &list = own.list[s % SLOTS];
        list.n = collect(own.spiked, own.size, own.first, list.neuron);
        own.n_spikes += list.n;
        barrier.wait();
        const int64_t emitted = s - (DELAY_STEPS - 1);
        if (emitted >= 0)
            for (const Part &other : parts) own.deliver(other.list[emitted % SLOTS]);
    }
}

int main()
{
    const double start = now();
    size_t bytes = 0, n_synapses = 0;
#pragma omp parallel num_threads(THREADS)
    parts[omp_get_thread_num()].build(omp_get_thread_num());
    for (const Part &part : parts) {
        n_synapses += part.target.size();
        bytes += part.target.size() * sizeof(Target) + part.row.size() * sizeof(int64_t);
    }
    return serve(now() - start, (double)bytes / (double)n_synapses, DT, [](int64_t n_steps) {
        int64_t n_spikes = 0;
        for (Part &part : parts) part.n_spikes = 0;
#pragma omp parallel num_threads(THREADS)
        run_part(omp_get_thread_num(), n_steps);
        step += n_steps;
        for (const Part &part : parts) n_spikes += part.n_spikes;
        return (double)n_spikes / N / ((double)n_steps * DT / 1000);
    });
}
