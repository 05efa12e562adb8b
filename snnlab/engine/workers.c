#define _GNU_SOURCE
#include "snnlab_workers.h"

#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#if defined(__linux__)
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#endif

enum { MOST = 256 }; /* threads */
enum { LOOKS = 5000 }; /* before a thread sleeps, some 80 us: between two slices less time goes by */
enum { IDLE, GIVEN, TAKEN };

typedef struct {
    uint32_t state;
    int asleep, number, tid;
    pthread_mutex_t lock;
    pthread_cond_t wake;
#if defined(__linux__)
    cpu_set_t cores; /* where it was told to run; none at first */
#endif
    char gap[128]; /* the next one's is not in the same line */
} worker;

static worker *workers[MOST + 1]; /* from 1 */
static int n_workers, claimed;
static int32_t waiting; /* for a worker to be done */
static snn_work present_work;
static void *present_object;

void snn_sleep(int32_t *sleepers, const uint32_t *word, uint32_t seen, double seconds)
{
#if defined(__linux__)
    const struct timespec most = {(time_t)seconds, (long)(1e9 * (seconds - (long)seconds))};
    __atomic_add_fetch(sleepers, 1, __ATOMIC_SEQ_CST);
    syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, seen, &most, NULL, 0);
    __atomic_sub_fetch(sleepers, 1, __ATOMIC_SEQ_CST);
#else
    (void)sleepers;
    (void)word;
    (void)seen;
    (void)seconds;
    sched_yield();
#endif
}

void snn_wake(const uint32_t *word)
{
#if defined(__linux__)
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
#else
    (void)word;
#endif
}

int snn_own_tid(void)
{
#if defined(__linux__)
    return (int)syscall(SYS_gettid);
#else
    return 1;
#endif
}

#if defined(__linux__)
void snn_worker_place(int thread, const void *cores)
{
    worker *const one = workers[thread];
    if (!memcmp(&one->cores, cores, sizeof one->cores)) return;
    memcpy(&one->cores, cores, sizeof one->cores);
    sched_setaffinity(one->tid, sizeof one->cores, &one->cores);
}

void snn_worker_displaced(int thread)
{
    CPU_ZERO(&workers[thread]->cores);
}
#endif

static int is_given(const worker *self)
{
    return __atomic_load_n(&self->state, __ATOMIC_SEQ_CST) == GIVEN;
}

/* Who gives work sees that a thread is asleep, or the thread sees the work before it sleeps. */
static void wait_for_work(worker *self)
{
    for (int looks = 0; looks < LOOKS; ++looks) {
        if (is_given(self)) return;
        snn_pause();
    }
    pthread_mutex_lock(&self->lock);
    __atomic_store_n(&self->asleep, 1, __ATOMIC_SEQ_CST);
    while (!is_given(self)) pthread_cond_wait(&self->wake, &self->lock);
    __atomic_store_n(&self->asleep, 0, __ATOMIC_SEQ_CST);
    pthread_mutex_unlock(&self->lock);
}

static void *serve(void *given)
{
    worker *const self = given;
    __atomic_store_n(&self->tid, snn_own_tid(), __ATOMIC_RELEASE);
    for (;;) {
        wait_for_work(self);
        uint32_t state = GIVEN;
        if (!__atomic_compare_exchange_n(&self->state, &state, TAKEN, 0, __ATOMIC_ACQUIRE,
                                         __ATOMIC_RELAXED))
            continue; /* taken back */
        present_work(present_object, self->number);
        snn_tell(&waiting, &self->state, IDLE);
    }
    return NULL;
}

/* Returns 0 if the system grants no thread. Signals are for the threads of Python. */
static int add_worker(void)
{
    worker *const made = calloc(1, sizeof *made);
    if (!made) return 0;
    made->number = n_workers + 1;
    pthread_mutex_init(&made->lock, NULL);
    pthread_cond_init(&made->wake, NULL);
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_t thread;
    const int failed = pthread_create(&thread, NULL, serve, made);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed) {
        free(made);
        return 0;
    }
    pthread_detach(thread);
    while (!__atomic_load_n(&made->tid, __ATOMIC_ACQUIRE)) sched_yield();
    workers[++n_workers] = made;
    return 1;
}

/* Threads are not inherited. */
static void forget_workers(void)
{
    n_workers = claimed = waiting = 0;
}

static void watch_forks(void)
{
    pthread_atfork(NULL, NULL, forget_workers);
}

int snn_workers_claim(int n)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, watch_forks);
    int nobody = 0;
    if (!__atomic_compare_exchange_n(&claimed, &nobody, 1, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
        return 0;
    while (n_workers < n)
        if (n_workers == MOST || !add_worker()) {
            snn_workers_dismiss();
            return 0;
        }
    return 1;
}

void snn_workers_dismiss(void)
{
    __atomic_store_n(&claimed, 0, __ATOMIC_RELEASE);
}

int snn_worker_tid(int thread)
{
    return workers[thread]->tid;
}

void snn_workers_begin(int n, snn_work work, void *object)
{
    present_work = work;
    present_object = object;
    for (int thread = 1; thread <= n; ++thread) {
        worker *const one = workers[thread];
        __atomic_store_n(&one->state, GIVEN, __ATOMIC_SEQ_CST);
        if (!__atomic_load_n(&one->asleep, __ATOMIC_SEQ_CST)) continue;
        pthread_mutex_lock(&one->lock);
        pthread_cond_signal(&one->wake);
        pthread_mutex_unlock(&one->lock);
    }
}

int snn_worker_is_done(int thread)
{
    uint32_t state = GIVEN;
    __atomic_compare_exchange_n(&workers[thread]->state, &state, IDLE, 0, __ATOMIC_ACQUIRE,
                                __ATOMIC_ACQUIRE);
    return state != TAKEN;
}

void snn_worker_await(int thread, double seconds)
{
    snn_sleep(&waiting, &workers[thread]->state, TAKEN, seconds);
}
