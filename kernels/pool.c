/*
 * The thread pool of the CPU benchmarks. `round` counts the calls of pool_run; `busy` the
 * threads that are not done with the current one. A sleeper announces itself before it looks
 * at the word again (inside futex), a waker changes the word before it looks for sleepers;
 * both sequentially consistent: one of them sees the other.
 */
#include "pool.h"

#include "../harness/base/mem.h"
#include "../harness/probe/placement.h"
#include "arch.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { SPINS = 4000, LINE_BYTES = 128 };

/* A word that threads wait on, alone in its cache lines. */
struct gauge {
	_Alignas(LINE_BYTES) atomic_uint value;
	atomic_uint sleepers;
};

struct worker {
	struct pool *pool;
	pthread_t thread;
	int index, cpu;
	struct err e; /* what pinning said */
};

struct pool {
	struct gauge round, busy;
	void (*fn)(void *arg, int thread);
	void *arg;
	bool closing;
	int n, started;
	struct worker *worker;
};

static void wait_while(struct gauge *g, unsigned value)
{
	for (int i = 0; i < SPINS; i++) {
		if (atomic_load_explicit(&g->value, memory_order_acquire) != value)
			return;
		ARCH_RELAX();
	}
	while (atomic_load(&g->value) == value) {
		atomic_fetch_add(&g->sleepers, 1);
		syscall(SYS_futex, &g->value, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
		atomic_fetch_sub(&g->sleepers, 1);
	}
}

static void wake(struct gauge *g)
{
	if (atomic_load(&g->sleepers) > 0)
		syscall(SYS_futex, &g->value, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

static void begin_round(struct pool *p)
{
	atomic_store(&p->busy.value, (unsigned)p->started);
	atomic_fetch_add(&p->round.value, 1);
	wake(&p->round);
}

void pool_wait(struct pool *p)
{
	unsigned left;

	while ((left = atomic_load(&p->busy.value)) > 0)
		wait_while(&p->busy, left);
}

static void done(struct pool *p)
{
	if (atomic_fetch_sub(&p->busy.value, 1) == 1)
		wake(&p->busy);
}

/* The first round is the pinning, whose outcome lies in worker.e. */
static void *work(void *arg)
{
	struct worker *w = arg;
	struct pool *p = w->pool;

	placement_pin_cpu(w->cpu, &w->e);
	done(p);
	for (unsigned round = 0;; round++) {
		wait_while(&p->round, round);
		if (p->closing)
			return NULL;
		p->fn(p->arg, w->index);
		done(p);
	}
}

static int start_workers(struct pool *p, struct err *e)
{
	int rc;

	atomic_store(&p->busy.value, (unsigned)p->n - 1);
	for (int i = 1; i < p->n; i++) {
		rc = pthread_create(&p->worker[i].thread, NULL, work, &p->worker[i]);
		if (rc) {
			atomic_fetch_sub(&p->busy.value, (unsigned)(p->n - i));
			pool_wait(p);
			return err_set(e, rc, "cannot start thread %d of %d: %s", i, p->n,
				       strerror(rc));
		}
		p->started++;
	}
	pool_wait(p);
	for (int i = 1; i < p->n; i++) {
		if (p->worker[i].e.code) {
			*e = p->worker[i].e;
			return -e->code;
		}
	}
	return 0;
}

int pool_open(struct pool **out, const int *cpus, int n, struct err *e)
{
	struct pool *p = aligned_alloc(LINE_BYTES, sizeof(*p));
	int rc;

	*out = NULL;
	if (!p || n < 1) {
		free(p);
		return err_set(e, n < 1 ? EINVAL : ENOMEM, "cannot make %d threads", n);
	}
	memset(p, 0, sizeof(*p));
	p->n = n;
	p->worker = mem_zalloc((size_t)n, sizeof(*p->worker));
	for (int i = 0; i < n; i++)
		p->worker[i] = (struct worker){.pool = p, .index = i, .cpu = cpus[i]};
	rc = placement_pin_cpu(cpus[0], e);
	if (!rc)
		rc = start_workers(p, e);
	if (rc) {
		pool_close(p);
		return rc;
	}
	*out = p;
	return 0;
}

void pool_close(struct pool *p)
{
	if (!p)
		return;
	p->closing = true;
	begin_round(p);
	for (int i = 1; i <= p->started; i++)
		pthread_join(p->worker[i].thread, NULL);
	free(p->worker);
	free(p);
}

int pool_threads(const struct pool *p)
{
	return p->n;
}

void pool_start(struct pool *p, void (*fn)(void *arg, int thread), void *arg)
{
	p->fn = fn;
	p->arg = arg;
	begin_round(p);
}

void pool_run(struct pool *p, void (*fn)(void *arg, int thread), void *arg)
{
	pool_start(p, fn, arg);
	fn(arg, 0);
	pool_wait(p);
}
