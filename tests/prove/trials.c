/*
 * Trials on threads. Trial i draws from its own stream and only whole numbers are added up, so
 * neither the number of threads nor their order can be seen in the counts.
 */
#include "prove.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_JOBS 64
#define CHUNK	  16 /* trials that a thread takes at once */

struct work {
	trial_fn *fn;
	const void *arg;
	unsigned n;
	uint64_t stream;
	atomic_uint next;
	pthread_mutex_t lock; /* of count */
	uint64_t *count;
};

static void *worker(void *arg)
{
	struct work *w = arg;
	uint64_t count[COUNTS] = {0};
	unsigned first;

	while ((first = atomic_fetch_add(&w->next, CHUNK)) < w->n) {
		for (unsigned i = first; i < w->n && i < first + CHUNK; i++) {
			struct rng r = {.state = rng_hash(w->stream, i)};

			w->fn(w->arg, &r, count);
		}
	}
	pthread_mutex_lock(&w->lock);
	for (int i = 0; i < COUNTS; i++)
		w->count[i] += count[i];
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

uint64_t trials_stream(const char *name, const struct options *o)
{
	return rng_hash_str(rng_hash(0, o->seed), name);
}

const char *option_value(const char *word, const char *name)
{
	size_t n = strlen(name);

	return !strncmp(word, name, n) && word[n] == '=' ? word + n + 1 : NULL;
}

void trials_run(uint64_t count[COUNTS], trial_fn *fn, const void *arg, unsigned n, const char *name,
		const struct options *o)
{
	struct work w = {.fn = fn, .arg = arg, .n = n, .count = count};
	unsigned jobs = o->jobs < MOST_JOBS ? o->jobs : MOST_JOBS, started = 0;
	pthread_t thread[MOST_JOBS];

	w.stream = trials_stream(name, o);
	pthread_mutex_init(&w.lock, NULL);
	memset(count, 0, COUNTS * sizeof(*count));
	while (started + 1 < jobs && !pthread_create(&thread[started], NULL, worker, &w))
		started++;
	worker(&w); /* this thread works, too */
	while (started)
		pthread_join(thread[--started], NULL);
	pthread_mutex_destroy(&w.lock);
}
