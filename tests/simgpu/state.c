/*
 * What the processes of one run share: who has a context on which GPU, locked clocks, and the
 * energy a GPU has used. One file (ASSAY_SIM_STATE) that all map; without it the process has a
 * state of its own. A process that was killed leaves its pid behind, which is why pids are asked
 * before they count.
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
	_Atomic uint64_t energy_nj, capped_ns, hot_ns, works;
	_Atomic uint64_t peer_copies, products;
	_Atomic uint64_t lock; /* min << 32 | max, MHz; 0: none */
	struct sim_sharer sharer[SIM_SHARERS];
};

struct state {
	struct gpu_state gpu[SIM_MAX_DEVICES];
	_Atomic int32_t client[SLOTS]; /* pids of those that use NVML */
	_Atomic uint32_t processes;
};

static struct {
	pthread_once_t once;
	struct state *map;
	enum sim_load load[SIM_MAX_DEVICES]; /* of this process alone */
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

/* A place for this process, where one is left. */
static void take_slot(_Atomic int32_t *pid)
{
	for (int i = 0; i < SLOTS; i++) {
		int32_t was = pid[i];

		if (was == getpid() || (!alive(was) && atomic_compare_exchange_strong(
							       &pid[i], &was, (int32_t)getpid())))
			return;
	}
}

static void leave_slot(_Atomic int32_t *pid)
{
	for (int i = 0; i < SLOTS; i++) {
		int32_t me = (int32_t)getpid();

		atomic_compare_exchange_strong(&pid[i], &me, 0);
	}
}

static int whole(int gpu)
{
	return sim_profile()->gpu[gpu].parent;
}

void sim_context_open(int gpu)
{
	sim_forget_lock(whole(gpu));
	take_slot(state(gpu)->pid);
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

void sim_load(int gpu, enum sim_load load)
{
	shared.load[gpu] = load;
}

enum sim_load sim_load_now(int gpu)
{
	const struct sim_profile *p = sim_profile();
	int pid;
	enum sim_load most = sim_context_pids(gpu, &pid, 1) ? SIM_LIGHT : SIM_IDLE;

	for (int d = 0; d < p->n_devices; d++) {
		if (p->gpu[d].parent == gpu && shared.load[d] > most)
			most = shared.load[d];
	}
	return most;
}

void sim_worked(int gpu, enum sim_load load, double seconds)
{
	struct gpu_state *s = state(whole(gpu));
	unsigned events = sim_clock_events(gpu, load);
	uint64_t ns = (uint64_t)(seconds * 1e9);

	atomic_fetch_add(&s->energy_nj, (uint64_t)(seconds * sim_power_w(gpu, load) * 1e9));
	atomic_fetch_add(&s->capped_ns, events & SIM_EVENT_POWER_CAP ? ns : 0);
	atomic_fetch_add(&s->hot_ns,
			 events & (SIM_EVENT_SW_THERMAL | SIM_EVENT_HW_THERMAL) ? ns : 0);
	atomic_fetch_add(&s->works, 1);
}

struct sim_count sim_counted(int gpu)
{
	struct gpu_state *s = state(whole(gpu));

	/* A day idle before the run, so that the counter does not start at zero. */
	return (struct sim_count){
		86400 * sim_profile()->gpu[gpu].power_idle_w + 1e-9 * (double)s->energy_nj,
		1e-9 * (double)s->capped_ns, 1e-9 * (double)s->hot_ns, (double)s->works};
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

/* ---- locked clocks ---- */

void sim_set_lock(int gpu, unsigned min_mhz, unsigned max_mhz)
{
	state(gpu)->lock = (uint64_t)min_mhz << 32 | max_mhz;
}

/* To be asked before a process becomes the first client again. */
void sim_forget_lock(int gpu)
{
	int pid, clients = sim_context_pids(gpu, &pid, 1);

	for (int i = 0; i < SLOTS; i++)
		clients += alive(shared.map->client[i]);
	if (!clients && strcmp(sim_profile()->gpu[gpu].persistence, "on") != 0)
		state(gpu)->lock = 0;
}

bool sim_lock(int gpu, unsigned *min_mhz, unsigned *max_mhz)
{
	uint64_t lock = state(whole(gpu))->lock;

	*min_mhz = (unsigned)(lock >> 32);
	*max_mhz = (unsigned)lock;
	return lock != 0;
}

void sim_client_open(void)
{
	state(0);
	for (int g = 0; g < sim_profile()->n_gpus; g++)
		sim_forget_lock(g);
	take_slot(shared.map->client);
}

void sim_client_close(void)
{
	leave_slot(shared.map->client);
}

/* A context ends with its process. */
__attribute__((destructor)) static void close_contexts(void)
{
	if (!shared.map)
		return;
	for (int g = 0; g < SIM_MAX_DEVICES; g++)
		leave_slot(shared.map->gpu[g].pid);
	leave_slot(shared.map->client);
}
