/* The step loop with a second thread that is held away: how often the first one looks for it.
 *
 * A clock could not tell. Compiled with the loop itself, whose pauses it counts, in place of workers.c.
 */
#define _GNU_SOURCE /* for cores */
#include "snnlab_workers.h"

static int64_t n_pauses;
static void count_pause(void) { ++n_pauses; }
#define snn_pause count_pause
#include "core.c"

static snn_arrival arrivals[2];
static uint32_t n_came; /* segments to which the second thread comes, 0 or 1 */

int snn_workers_claim(int n) { return n == 1; }
void snn_workers_dismiss(void) {}
int snn_worker_tid(int thread) { return thread; }
int snn_own_tid(void) { return 1; }
int snn_worker_is_done(int thread) { return thread == 1; }
void snn_worker_await(int thread, double seconds) { (void)thread, (void)seconds; }
void snn_worker_place(int thread, const void *cores) { (void)thread, (void)cores; }
void snn_worker_displaced(int thread) { (void)thread; }
void snn_wake(const uint32_t *word) { (void)word; }

void snn_sleep(int32_t *sleepers, const uint32_t *word, uint32_t seen, double seconds)
{
    (void)sleepers, (void)word, (void)seen, (void)seconds;
}

void snn_workers_begin(int n, snn_work work, void *object)
{
    (void)n, (void)work, (void)object;
    if (!n_came) return;
    arrivals[1].taken = n_came;
    arrivals[1].arrived = 4 * n_came;
}

int late_looks(void) { return SNN_LATE_LOOKS; }

/* Pauses of the first thread in a run of a network without phases; -1 if steps are missing. */
int64_t pauses(int64_t n_steps, uint32_t came)
{
    snn_engine engine = {.n_threads = 2, .dt = 0.1, .spin = 2000, .arrival = arrivals};
    n_came = came;
    n_pauses = 0;
    const int failed = snn_run(&engine, n_steps, 2, 0.0);
    return failed || engine.team_steps != n_steps ? -1 : n_pauses;
}
