/* Threads that are kept from one run to the next, and how a thread waits for another one.
 *
 * They belong to the process. One run has them at a time; another one that asks meanwhile gets none.
 */
#ifndef SNNLAB_WORKERS_H
#define SNNLAB_WORKERS_H

#include <stdint.h>

typedef void (*snn_work)(void *object, int thread);

/* Have `n` threads at hand, numbered from 1. Returns 0 if another run has them or the system grants
 * no more; else they are the caller's until it dismisses them. */
int snn_workers_claim(int n);
void snn_workers_dismiss(void);

/* The system's number of a thread, for as long as the process runs, and of the caller. */
int snn_worker_tid(int thread);
int snn_own_tid(void);

#if defined(__linux__)
/* Where a thread may run, a cpu_set_t; told the same as the last time, it stays as it is. */
void snn_worker_place(int thread, const void *cores);
/* Somebody else has moved it. */
void snn_worker_displaced(int thread);
#endif

/* Let the threads 1 .. n do `work`. */
void snn_workers_begin(int n, snn_work work, void *object);

/* Whether a thread is done. One that has not begun will not any more. */
int snn_worker_is_done(int thread);

/* Sleep for `seconds` at most, until the thread may be done. */
void snn_worker_await(int thread, double seconds);

/* Sleep while `word` is `seen`, for `seconds` at most; `sleepers` counts who does. */
void snn_sleep(int32_t *sleepers, const uint32_t *word, uint32_t seen, double seconds);

/* Wake who sleeps on `word`. */
void snn_wake(const uint32_t *word);

static inline void snn_pause(void)
{
#if defined(__SSE2__)
    __builtin_ia32_pause();
#endif
}

/* Whoever falls asleep after this look at the sleepers finds the new value, and stays awake. It waits
 * until other cores have given up the line. */
static inline void snn_tell(const int32_t *sleepers, uint32_t *word, uint32_t value)
{
    __atomic_store_n(word, value, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(sleepers, __ATOMIC_SEQ_CST)) snn_wake(word);
}

/* As `snn_tell`, without that wait. Who falls asleep in those 100 ns may miss it, and finds out after
 * a nap. */
static inline void snn_tell_soon(const int32_t *sleepers, uint32_t *word, uint32_t value)
{
    __atomic_store_n(word, value, __ATOMIC_RELEASE);
    if (__atomic_load_n(sleepers, __ATOMIC_RELAXED)) snn_wake(word);
}

#endif
