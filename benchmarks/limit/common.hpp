// What the limit programs share: threads, random numbers, spike lists, and the protocol.
//
// Constants of the network, THREADS and REAL come from the command line of the compiler, so that
// it knows every number.
#pragma once

#include <immintrin.h>
#include <omp.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <vector>

using real = REAL;

inline double now()
{
    using namespace std::chrono;
    return duration<double>(steady_clock::now().time_since_epoch()).count();
}

// SplitMix64 (Steele, Lea & Flood 2014), for everything that is drawn before the first step.
struct Random {
    uint64_t state;

    // Seeds lie far apart, not at multiples of the step: else one stream is another one, shifted.
    explicit Random(uint64_t seed) : state(seed << 48) { state = bits(); }

    uint64_t bits()
    {
        uint64_t z = state += 0x9E3779B97F4A7C15u;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
        return z ^ (z >> 31);
    }
    double uniform() { return ((double)(bits() >> 12) + 0.5) / 4503599627370496.0; }
    double between(double low, double high) { return low + (high - low) * uniform(); }
    double normal()
    {
        return std::sqrt(-2 * std::log(uniform())) * std::cos(2 * M_PI * uniform());
    }
    int64_t below(int64_t n) { return (int64_t)(((unsigned __int128)bits() * (uint64_t)n) >> 64); }
};

// Sixteen xorshift generators side by side (Marsaglia 2003): a vector of 32 random bits each.
struct alignas(64) Lanes {
    uint32_t x[16], y[16], z[16], w[16];

    void seed(Random &random)
    {
        for (int l = 0; l < 16; ++l) {
            x[l] = (uint32_t)random.bits();
            y[l] = (uint32_t)random.bits();
            z[l] = (uint32_t)random.bits();
            w[l] = (uint32_t)random.bits() | 1;
        }
    }
    inline void draw(uint32_t *out)
    {
#pragma omp simd
        for (int l = 0; l < 16; ++l) {
            const uint32_t t = x[l] ^ (x[l] << 11);
            x[l] = y[l];
            y[l] = z[l];
            z[l] = w[l];
            w[l] = w[l] ^ (w[l] >> 19) ^ t ^ (t >> 8);
            out[l] = w[l];
        }
    }
};

// Poisson counts by inversion: how many of the cumulated probabilities a random number exceeds.
template <int MOST> struct PoissonTable {
    uint32_t threshold[MOST];

    explicit PoissonTable(double mean)
    {
        double p = std::exp(-mean), sum = 0;
        for (int k = 0; k < MOST; ++k) {
            sum += p;
            threshold[k] = (uint32_t)std::min(4294967295.0, sum * 4294967296.0);
            p *= mean / (k + 1);
        }
    }
    inline uint32_t count(uint32_t bits) const
    {
        uint32_t n = 0;
        for (int k = 0; k < MOST; ++k) n += bits > threshold[k];
        return n;
    }
};

template <class T> T *aligned(size_t n)
{
    const size_t bytes = (n * sizeof(T) + 127) / 64 * 64;
    void *memory = aligned_alloc(64, bytes);
    std::memset(memory, 0, bytes);
    return (T *)memory;
}

// One spin barrier. A thread that has waited for long gives its core away: another program may need
// it, perhaps the thread that is waited for.
struct alignas(64) Barrier {
    std::atomic<int> arrived{0};
    alignas(64) std::atomic<int> generation{0};

    inline void wait()
    {
        if (THREADS == 1) return;
        const int before = generation.load(std::memory_order_relaxed);
        if (arrived.fetch_add(1, std::memory_order_acq_rel) == THREADS - 1) {
            arrived.store(0, std::memory_order_relaxed);
            generation.store(before + 1, std::memory_order_release);
        } else {
            for (int looks = 0; generation.load(std::memory_order_acquire) == before; ++looks)
                if (looks < 5000)
                    _mm_pause();
                else
                    sched_yield();
        }
    }
};

struct SpikeList {
    int32_t *neuron;
    int n;
};

// Neurons whose flag is set, in ascending order, each plus `first`.
inline int collect(const uint8_t *spiked, int size, int first, int32_t *out)
{
    int n = 0, i = 0;
#ifdef __AVX512BW__
    for (; i + 64 <= size; i += 64) {
        uint64_t mask = _mm512_test_epi8_mask(_mm512_load_si512(spiked + i),
                                              _mm512_load_si512(spiked + i));
        for (; mask; mask &= mask - 1) out[n++] = first + i + __builtin_ctzll(mask);
    }
#else
    for (; i + 8 <= size; i += 8) {
        uint64_t eight;
        std::memcpy(&eight, spiked + i, 8);
        if (eight)
            for (int k = i; k < i + 8; ++k)
                if (spiked[k]) out[n++] = first + k;
    }
#endif
    for (; i < size; ++i)
        if (spiked[i]) out[n++] = first + i;
    return n;
}

// Peak memory of this process in MB.
inline double peak_megabytes()
{
    double kilobytes = 0;
    if (FILE *file = std::fopen("/proc/self/status", "r")) {
        char line[256];
        while (std::fgets(line, sizeof line, file))
            if (!std::strncmp(line, "VmHWM:", 6)) kilobytes = std::atof(line + 6);
        std::fclose(file);
    }
    return kilobytes / 1024;
}

// Tell what building took, then run for every line, a duration in seconds of biology.
// `run` gets a number of steps and returns a rate.
inline int serve(double build_seconds, double bytes_a_synapse, double dt,
                 const std::function<double(int64_t)> &run)
{
    std::printf("{\"build\": %.6f, \"bytes\": %.3f, \"megabytes\": %.2f}\n", build_seconds,
                bytes_a_synapse, peak_megabytes());
    std::fflush(stdout);
    char line[64];
    while (std::fgets(line, sizeof line, stdin)) {
        const int64_t n_steps = std::llround(std::atof(line) * 1000 / dt);
        const double start = now(), rate = run(n_steps);
        std::printf("{\"seconds\": %.6f, \"rate\": %.6f, \"megabytes\": %.2f}\n", now() - start,
                    rate, peak_megabytes());
        std::fflush(stdout);
    }
    return 0;
}
