/* The part of an OpenMP library that the engine needs, with threads that ThreadSanitizer knows.
 *
 * It does not see how libgomp's threads wait for one another, and would report every array that
 * two of them touch. Loaded before libgomp, this takes its place; compiled with the sanitizer.
 */
#include <pthread.h>
#include <stdlib.h>

typedef struct {
    void (*region)(void *);
    void *data;
    int thread, team;
} member;

static __thread int own_number = 0, own_team = 1;

int omp_get_thread_num(void) { return own_number; }
int omp_get_num_threads(void) { return own_team; }
int omp_get_max_threads(void) { return 2; }

static void *take_part(void *given)
{
    const member *self = given;
    own_number = self->thread;
    own_team = self->team;
    self->region(self->data);
    own_number = 0;
    own_team = 1;
    return NULL;
}

/* What gcc makes of `#pragma omp parallel`. */
void GOMP_parallel(void (*region)(void *), void *data, unsigned int n_threads, unsigned int flags)
{
    (void)flags;
    const int team = n_threads ? (int)n_threads : omp_get_max_threads();
    member *members = calloc((size_t)team, sizeof *members);
    pthread_t *threads = calloc((size_t)team, sizeof *threads);
    if (!members || !threads) abort();
    for (int k = 0; k < team; ++k) members[k] = (member){region, data, k, team};
    for (int k = 1; k < team; ++k)
        if (pthread_create(&threads[k], NULL, take_part, &members[k])) abort();
    take_part(&members[0]);
    for (int k = 1; k < team; ++k) pthread_join(threads[k], NULL);
    free(members);
    free(threads);
}
