/*
 * Which simulated node or GPU a range of addresses belongs to. A short list: a benchmark holds a
 * handful of buffers.
 */
#include "sim.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static struct {
	pthread_mutex_t lock;
	struct sim_range *v;
	size_t n, cap;
	uint64_t changes;
} ranges = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* Each thread has its place, as with the kernel's own affinity and policy. */
static __thread int pinned_node;
static __thread int policy_node = -1;

int sim_range_add(const struct sim_range *r)
{
	int e = 0;

	pthread_mutex_lock(&ranges.lock);
	if (ranges.n == ranges.cap) {
		size_t cap = ranges.cap ? ranges.cap * 2 : 16;
		struct sim_range *v = realloc(ranges.v, cap * sizeof(*v));

		if (v) {
			ranges.v = v;
			ranges.cap = cap;
		} else {
			e = -ENOMEM;
		}
	}
	if (!e)
		ranges.v[ranges.n++] = *r;
	__atomic_fetch_add(&ranges.changes, 1, __ATOMIC_RELEASE);
	pthread_mutex_unlock(&ranges.lock);
	return e;
}

/* Index of the range, or n. Called with the lock held. */
static size_t lookup(const void *p, enum sim_mem kind)
{
	const char *c = p;
	size_t i = 0;

	while (i < ranges.n && !(ranges.v[i].kind == kind && c >= ranges.v[i].base &&
				 c < ranges.v[i].base + ranges.v[i].bytes))
		i++;
	return i;
}

int sim_range_remove(const void *base, enum sim_mem kind, struct sim_range *out)
{
	int e = -ENOENT;
	size_t i;

	pthread_mutex_lock(&ranges.lock);
	i = lookup(base, kind);
	if (i < ranges.n && ranges.v[i].base == base) {
		*out = ranges.v[i];
		ranges.v[i] = ranges.v[--ranges.n];
		__atomic_fetch_add(&ranges.changes, 1, __ATOMIC_RELEASE);
		e = 0;
	}
	pthread_mutex_unlock(&ranges.lock);
	return e;
}

uint64_t sim_range_changes(void)
{
	return __atomic_load_n(&ranges.changes, __ATOMIC_ACQUIRE);
}

bool sim_range_find(const void *p, enum sim_mem kind, struct sim_range *out)
{
	size_t i;
	bool found;

	pthread_mutex_lock(&ranges.lock);
	i = lookup(p, kind);
	found = i < ranges.n;
	if (found)
		*out = ranges.v[i];
	pthread_mutex_unlock(&ranges.lock);
	return found;
}

int sim_host_node(const void *p)
{
	struct sim_range r;

	if (sim_range_find(p, SIM_PLACED, &r) || sim_range_find(p, SIM_PINNED, &r) ||
	    sim_range_find(p, SIM_REGISTERED, &r))
		return r.node;
	return sim_memory_node();
}

int sim_map(size_t bytes, char **out)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t whole = (bytes + page - 1) / page * page;
	char *p = mmap(NULL, whole, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		return -ENOMEM;
	madvise(p, whole, MADV_HUGEPAGE);
	*out = p;
	return 0;
}

void sim_pin(int node)
{
	pinned_node = node;
}

void sim_set_policy(int node)
{
	policy_node = node;
}

int sim_memory_node(void)
{
	return policy_node >= 0 ? policy_node : pinned_node;
}
