/* A small network on two threads, for ThreadSanitizer: the engine's C files alone, without Python.
 *
 * Spikes arrive by synapses that wear off, by those whose targets are counted from each thread's first
 * neuron, by those with delays of their own through an inbox, and by those made anew; neurons get Poisson input and counts, and are recorded. `network overlap`
 * lets both threads compute one neuron, which has to be found.
 */
#include <stdio.h>
#include <string.h>

#include "snnlab_core.h"

enum { SIZE = 1000, PADDED = 1024, THREADS = 2, STEPS = 100, RUNS = 4, SLOTS = 16, ROW = 40 };

static double v[PADDED], g[PADDED], rate = 0.02, one = 0.004;
static uint8_t spiked[PADDED];
static int32_t last_spike[PADDED], lists[SLOTS * PADDED], numbers[SIZE];
static int64_t count[SLOTS * THREADS * 8], bounds[THREADS + 1] = {0, PADDED / 2, PADDED};
static snn_spike_log logs[THREADS];
static snn_population population = {SIZE,  PADDED, bounds, spiked, last_spike, SLOTS,
                                    lists, count,  logs,   0};

static void update(const snn_args *args, const snn_clock *clock, int64_t begin, int64_t end)
{
    (void)args;
    (void)clock;
    for (int64_t i = begin; i < end; ++i) {
        v[i] += 0.05 * (1.05 - v[i]) + 0.1 * g[i];
        g[i] *= 0.98;
        spiked[i] = v[i] > 1.0;
        if (spiked[i]) v[i] = 0.0;
    }
}

static void update_too_far(const snn_args *args, const snn_clock *clock, int64_t begin, int64_t end)
{
    update(args, clock, begin ? begin - 1 : begin, end);
}

static int64_t part[SIZE * THREADS + 1];
static const int64_t piece[THREADS + 1] = {0, 1, 2}, from_first[THREADS] = {0, 0};
static uint16_t target[SIZE * ROW], number[SIZE * ROW];
static double weight[SIZE * ROW];
static uint8_t arrival[SIZE * ROW];

static void connect(void)
{
    for (int64_t i = 0; i < SIZE; ++i) {
        int64_t *row = part + i * THREADS; /* and the beginning of the next one */
        row[0] = i * ROW;
        row[2] = (i + 1) * ROW;
        for (int64_t k = row[0]; k < row[2]; ++k) {
            target[k] = (uint16_t)((k - row[0]) * (SIZE / ROW) + i % (SIZE / ROW));
            weight[k] = 0.002 + 0.0001 * (double)(i % 7);
            arrival[k] = (uint8_t)(1 + k % (SLOTS - 2));
        }
        row[1] = row[0];
        while (row[1] < row[2] && target[row[1]] < bounds[1]) ++row[1];
        for (int64_t k = row[0]; k < row[2]; ++k)
            number[k] = (uint16_t)(target[k] - (k < row[1] ? bounds[0] : bounds[1]));
    }
}

static void wear(const snn_args *args, const snn_clock *clock, int64_t row, int64_t begin,
                 int64_t end)
{
    (void)args;
    (void)clock;
    (void)row;
    for (int64_t k = begin; k < end; ++k) {
        g[target[k]] += weight[k];
        weight[k] *= 0.999;
    }
}

int main(int argc, char **argv)
{
    connect();
    for (int i = 0; i < SIZE; ++i) numbers[i] = i;
    const int overlap = argc > 1 && !strcmp(argv[1], "overlap");

    snn_projection worn = {.pre = &population, .post = &population, .part = part, .n_pieces = THREADS,
                           .piece = piece, .base = from_first, .target = target, .target_bytes = 2,
                           .weight = weight, .weight_bytes = 8,
                           .conductance = g, .real_bytes = 8, .delay = 5, .kernel = wear};
    snn_projection spread = worn, plain = worn;
    plain.kernel = NULL;
    plain.target = number;
    plain.base = bounds;
    static double ring[SLOTS * PADDED];
    static int64_t known[THREADS * 8] = {0};
    const snn_projection *members[1] = {&spread};
    snn_inbox inbox = {&population, g, 8, ring, SLOTS, SLOTS - 2, members, 1, known};
    spread.kernel = NULL;
    spread.weight = &one;
    spread.weight_bytes = 0;
    spread.inbox = &inbox;
    spread.arrival = arrival;
    spread.arrival_bytes = 1;

    const snn_rule rule = {.kind = SNN_BERNOULLI, .key = {1, 2}, .n_candidates = SIZE, .p = 0.02};
    static uint32_t room[THREADS][SIZE];
    static double values[THREADS][SIZE];
    static uint64_t scratch[THREADS];
    void *const scratches[THREADS] = {&scratch[0], &scratch[1]};
    uint32_t *const rooms[THREADS] = {room[0], room[1]};
    void *const value[THREADS] = {values[0], values[1]};
    snn_procedural made = {.pre = &population, .rule = &rule, .bounds = bounds, .weight = &one,
                           .scratch = scratches, .target = rooms, .value = value,
                           .conductance = g, .real_bytes = 8, .delay = 3};

    snn_poisson poisson = {&population, {3, 4}, &rate, 8, 0, 0.1};
    const uint32_t thresholds[2] = {3900000000u, 0xFFFFFFFFu};
    const int32_t smallest = 0;
    snn_drive drive = {.population = &population, .key = {5, 6}, .threshold = thresholds,
                       .smallest = &smallest, .n_thresholds = 2, .n_used = 1, .weight = &one,
                       .out = g, .real_bytes = 8};
    snn_update neurons = {&population, overlap ? update_too_far : update, {0}};
    static double samples[STEPS * SIZE];
    const int64_t split[THREADS + 1] = {0, PADDED / 2, SIZE};
    snn_recorder recorder = {v, 8, numbers, SIZE, split, 1, 0, (char *)samples};
    const snn_phase phases[] = {
        {SNN_DRIVE, &drive},     {SNN_DELIVER, &worn},       {SNN_DELIVER, &plain},
        {SNN_DELIVER, &spread},
        {SNN_GENERATE, &made},   {SNN_UPDATE, &neurons},     {SNN_POISSON, &poisson},
        {SNN_COLLECT, &population}, {SNN_RECORD, &recorder},
    };
    static snn_arrival arrivals[THREADS];
    snn_engine engine = {.n_threads = THREADS, .n_phases = sizeof phases / sizeof *phases,
                         .phases = phases, .dt = 0.1, .spin = 100, .arrival = arrivals};
    for (int run = 0; run < RUNS; ++run) { /* the second thread is kept, awake or asleep */
        recorder.next_step = engine.step;
        snn_run(&engine, STEPS, THREADS, 0.0);
        if (engine.team_steps != STEPS) return 2;
    }
    printf("%lld spikes\n", (long long)(logs[0].n_spikes + logs[1].n_spikes));
    return 0;
}
