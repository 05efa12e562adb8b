// Eight populations; every synapse has a weight and a delay of its own.
//
// Each thread owns a part of every population. Its input lies in a ring: a step a row, a neuron a
// column; a synapse knows how many places ahead of the present step it writes.
#include "common.hpp"

constexpr int POPULATIONS = 8;
constexpr int SIZES[] = {SIZES_LIST};
constexpr double CURRENTS[] = {CURRENTS_LIST}, ARRIVALS[] = {ARRIVALS_LIST};
constexpr double MEANS[] = {START_MEAN_LIST}, SDS[] = {START_SD_LIST};
constexpr int64_t COUNTS[] = {COUNTS_LIST};  // by target, then by source
constexpr double WEIGHTS[] = {WEIGHTS_LIST}; // alike
constexpr int REFRACTORY = (int)(T_REF / DT + 0.5);
constexpr int LONGEST = 127; // steps; 11 standard deviations above the mean
constexpr int SLOTS = 128;

struct Part {
    int size = 0, stride = 0;
    int begin[POPULATIONS + 1], number[POPULATIONS]; // own ranges; first neuron's whole number
    std::vector<int64_t> row;                        // (N + 1)
    std::vector<uint32_t> ahead;
    std::vector<real> weight;
    real *v, *current, *input;
    int32_t *wait;
    uint8_t *spiked;
    SpikeList list[2];
    Lanes lanes;
    int64_t n_spikes = 0;

    void build(int thread)
    {
        Random random(1 + thread);
        lanes.seed(random);
        for (int k = 0, first = 0; k < POPULATIONS; first += SIZES[k++]) {
            const int low = (int)((int64_t)SIZES[k] * thread / THREADS);
            begin[k] = size;
            number[k] = first + low;
            size += (int)((int64_t)SIZES[k] * (thread + 1) / THREADS) - low;
        }
        begin[POPULATIONS] = size;
        stride = (size + 15) / 16 * 16;
        v = aligned<real>(stride);
        current = aligned<real>(stride);
        input = aligned<real>((size_t)stride * SLOTS);
        wait = aligned<int32_t>(stride);
        spiked = aligned<uint8_t>(stride);
        for (SpikeList &one : list) one = {aligned<int32_t>(size), 0};
        for (int k = 0; k < POPULATIONS; ++k)
            for (int i = begin[k]; i < begin[k + 1]; ++i)
                v[i] = (real)(MEANS[k] + SDS[k] * random.normal());
        connect(thread);
    }

    // Draws every synapse twice from the same seed: to count, then to place.
    void connect(int thread)
    {
        row.assign(N + 2, 0);
        for (int filling = 0; filling < 2; ++filling) {
            Random random(1000 + thread);
            for (int a = 0; a < POPULATIONS; ++a)
                for (int b = 0, first = 0; b < POPULATIONS; first += SIZES[b++]) {
                    const int own = begin[a + 1] - begin[a];
                    const int64_t n = COUNTS[8 * a + b] * own / SIZES[a];
                    for (int64_t s = 0; s < n; ++s) {
                        const int64_t pre = first + random.below(SIZES[b]);
                        const int64_t post = begin[a] + random.below(own);
                        if (!filling)
                            ++row[pre + 2];
                        else
                            place(row[pre + 1]++, (uint32_t)post, b, WEIGHTS[8 * a + b], random);
                        if (!filling) skip(b, WEIGHTS[8 * a + b], random);
                    }
                }
            if (!filling) {
                for (int i = 0; i <= N; ++i) row[i + 1] += row[i];
                ahead.resize(row[N + 1]);
                weight.resize(row[N + 1]);
            }
        }
    }

    static void draw(int source, double mean, Random &random, double &weight, int &delay)
    {
        do weight = mean * (1 + WEIGHT_SD * random.normal());
        while (weight * mean < 0);
        const double middle = source % 2 ? DELAY_INH : DELAY_EXC;
        double ms;
        do ms = middle * (1 + DELAY_SD * random.normal());
        while (ms < DT / 2);
        delay = std::clamp((int)std::lround(ms / DT), 1, LONGEST);
    }
    static void skip(int source, double mean, Random &random)
    {
        double w;
        int d;
        draw(source, mean, random, w, d);
    }
    void place(int64_t k, uint32_t post, int source, double mean, Random &random)
    {
        double w;
        int d;
        draw(source, mean, random, w, d);
        weight[k] = (real)w;
        ahead[k] = (uint32_t)d * (uint32_t)stride + post;
    }

    void update(int64_t step)
    {
        static const auto tables = [] {
            std::vector<PoissonTable<EXTERNAL_MOST>> made;
            for (double mean : ARRIVALS) made.emplace_back(mean);
            return made;
        }();
        const double m = TAU_M, s = TAU_SYN;
        const real decay = std::exp(-DT / m), decay_syn = std::exp(-DT / s);
        const real from_syn = m * s / (C_M * (m - s)) * (std::exp(-DT / m) - std::exp(-DT / s));
        real *const input = this->input + (step % SLOTS) * stride;
        for (int k = 0; k < POPULATIONS; ++k) {
            const PoissonTable<EXTERNAL_MOST> &poisson = tables[k];
            const real constant = (real)(TAU_M / C_M * CURRENTS[k] * (1 - std::exp(-DT / m)));
            for (int from = begin[k]; from < begin[k + 1]; from += 16) {
                uint32_t bits[16];
                real arrived[16];
                lanes.draw(bits);
#pragma omp simd
                for (int l = 0; l < 16; ++l) arrived[l] = (real)(int32_t)poisson.count(bits[l]);
                const int end = std::min(16, begin[k + 1] - from);
#pragma omp simd
                for (int l = 0; l < end; ++l) {
                    const int i = from + l;
                    const real present = current[i] + input[i];
                    const real next = (real)E_L + (v[i] - (real)E_L) * decay +
                                      present * from_syn + constant;
                    const real free = wait[i] <= 0 ? next : v[i];
                    const bool fired = free > (real)V_TH;
                    v[i] = fired ? (real)E_L : free;
                    wait[i] = fired ? REFRACTORY : wait[i] - 1;
                    spiked[i] = fired;
                    current[i] = present * decay_syn + (real)EXTERNAL_WEIGHT * arrived[l];
                    input[i] = 0;
                }
            }
        }
    }

    void gather(SpikeList &out)
    {
        out.n = 0;
        for (int k = 0; k < POPULATIONS; ++k) {
            for (int i = begin[k]; i < begin[k + 1];) {
                if (i % 8 == 0 && i + 8 <= begin[k + 1]) {
                    uint64_t eight;
                    std::memcpy(&eight, spiked + i, 8);
                    if (!eight) {
                        i += 8;
                        continue;
                    }
                }
                if (spiked[i]) out.neuron[out.n++] = number[k] + i - begin[k];
                ++i;
            }
        }
        n_spikes += out.n;
    }

    void deliver(const SpikeList &spikes, int64_t step)
    {
        const uint32_t here = (uint32_t)(step % SLOTS) * (uint32_t)stride;
        const uint32_t whole = (uint32_t)SLOTS * (uint32_t)stride;
        for (int s = 0; s < spikes.n; ++s) {
            const int pre = spikes.neuron[s];
            if (s + 1 < spikes.n) {
                __builtin_prefetch(ahead.data() + row[spikes.neuron[s + 1]]);
                __builtin_prefetch(weight.data() + row[spikes.neuron[s + 1]]);
            }
            for (int64_t k = row[pre]; k < row[pre + 1]; ++k) {
                const uint32_t place = here + ahead[k];
                input[place < whole ? place : place - whole] += weight[k];
            }
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
        own.update(s);
        own.gather(own.list[s % 2]);
        barrier.wait();
        for (const Part &other : parts) own.deliver(other.list[s % 2], s);
    }
}

int main()
{
    const double start = now();
    size_t bytes = 0, n_synapses = 0;
#pragma omp parallel num_threads(THREADS)
    parts[omp_get_thread_num()].build(omp_get_thread_num());
    for (const Part &part : parts) {
        n_synapses += part.ahead.size();
        bytes += part.ahead.size() * (4 + sizeof(real)) + part.row.size() * sizeof(int64_t);
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
