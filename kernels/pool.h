/*
 * Threads that stay, each pinned to its CPU, and work in step: every pool_run is one barrier
 * before and one after. They spin for a moment and then sleep on a futex, so that a machine
 * with fewer free CPUs than threads goes on.
 */
#ifndef ASSAY_KERNELS_POOL_H
#define ASSAY_KERNELS_POOL_H

#include "../harness/base/err.h"

struct pool;

/*
 * n threads on cpus[0..n); the caller is thread 0 and is pinned as well. 0, or negative errno
 * where a thread cannot be started or pinned.
 */
int pool_open(struct pool **out, const int *cpus, int n, struct err *e);
void pool_close(struct pool *p); /* NULL is fine */
int pool_threads(const struct pool *p);

/* fn(arg, thread) in every thread; returns when all are done. */
void pool_run(struct pool *p, void (*fn)(void *arg, int thread), void *arg);

/*
 * The two halves of it, for a caller that does something else meanwhile: fn(arg, thread) begins in
 * all threads but the caller's; wait returns when they are done.
 */
void pool_start(struct pool *p, void (*fn)(void *arg, int thread), void *arg);
void pool_wait(struct pool *p);

#endif
