/*
 * What the processes of one run share: who has a context on which GPU, and the energy it has
 * used. One file (ASSAY_SIM_STATE) that all map; without it the process has a state of its own.
 * A process that was killed leaves its pid behind, which is why pids are asked before they count.
 */
#include "share.h"
#include "sim.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SLOTS 64

struct gpu_state {
	_Atomic int32_t pid[SLOTS];
	_Atomic uint64_t busy_ns;
	_Atomic uint64_t peer_copies, products;
	_Atomic uint32_t lock_mhz;
	struct sim_sharer sharer[SIM_SHARERS];
};

struct state {
	struct gpu_state gpu[SIM_MAX_DEVICES];
	_Atomic uint32_t processes;
};

static struct {
	pthread_once_t once;
	struct state *map;
} shared = {.once = PTHREAD_ONCE_INIT};

static void open_state(void)
{
	const char *path = getenv("ASSAY_SIM_STATE");
	int fd = path && *path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;
	int flags = fd < 0 ? MAP_SHARED | MAP_ANONYMOUS : MAP_SHARED;

	if (path && *path && (fd < 0 || ftruncate(fd, sizeof(struct state)))) {
		fprintf(stderr, "simulated server: %s: %s\n", path, strerror(errno));
		_exit(2);
	}
	shared.map = mmap(NULL, sizeof(struct state), PROT_READ | PROT_WRITE, flags, fd, 0);
	if (fd >= 0)
		close(fd);
	if (shared.map == MAP_FAILED) {
		fprintf(stderr, "simulated server: no memory for its state\n");
		_exit(2);
	}
}

static struct gpu_state *state(int gpu)
{
	pthread_once(&shared.once, open_state);
	return &shared.map->gpu[gpu];
}

static bool alive(int pid)
{
	return pid > 0 && (!kill(pid, 0) || errno == EPERM);
}

void sim_context_open(int gpu)
{
	struct gpu_state *s = state(gpu);

	for (int i = 0; i < SLOTS; i++) {
		int32_t was = s->pid[i];

		if (was == getpid())
			return;
		if (!alive(was) &&
		    atomic_compare_exchange_strong(&s->pid[i], &was, (int32_t)getpid()))
			return;
	}
}

/* Those of a GPU are on it or on one of its MIG instances. */
int sim_context_pids(int gpu, int *pids, int max)
{
	const struct sim_profile *p = sim_profile();
	int n = 0;

	for (int d = 0; d < p->n_devices; d++) {
		struct gpu_state *s = state(d);

		if (d != gpu && p->gpu[d].parent != gpu)
			continue;
		for (int i = 0; i < SLOTS && n < max; i++) {
			if (alive(s->pid[i]))
				pids[n++] = s->pid[i];
		}
	}
	return n;
}

unsigned sim_processes_before(void)
{
	state(0);
	return atomic_fetch_add(&shared.map->processes, 1);
}

void sim_busy(int gpu, double seconds)
{
	atomic_fetch_add(&state(sim_profile()->gpu[gpu].parent)->busy_ns,
			 (uint64_t)(seconds * 1e9));
}

double sim_energy_j(int gpu)
{
	const struct sim_gpu *g = &sim_profile()->gpu[gpu];

	/* A day idle before the run, so that the counter does not start at zero. */
	return 86400 * g->power_idle_w + 1e-9 * (double)state(gpu)->busy_ns * g->power_busy_w;
}

void sim_peer_copied(int from, int to)
{
	atomic_fetch_add(&state(from)->peer_copies, 1);
	atomic_fetch_add(&state(to)->peer_copies, 1);
}

double sim_peer_copies(int gpu)
{
	return (double)state(gpu)->peer_copies;
}

uint64_t sim_products(int gpu)
{
	return atomic_fetch_add(&state(gpu)->products, 1);
}

struct sim_sharer *sim_sharers(int gpu)
{
	return state(gpu)->sharer;
}

void sim_set_lock(int gpu, unsigned mhz)
{
	state(gpu)->lock_mhz = mhz;
}

unsigned sim_lock(int gpu)
{
	return state(gpu)->lock_mhz;
}

/* A context ends with its process. */
__attribute__((destructor)) static void close_contexts(void)
{
	int32_t pid = (int32_t)getpid();

	if (!shared.map)
		return;
	for (int g = 0; g < SIM_MAX_DEVICES; g++) {
		for (int i = 0; i < SLOTS; i++) {
			int32_t me = pid;

			atomic_compare_exchange_strong(&shared.map->gpu[g].pid[i], &me, 0);
		}
	}
}
