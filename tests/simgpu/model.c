/*
 * The server of this process: its profile, its faults, its virtual clock, and what is near to
 * what. How long transfers take is in flow.c.
 */
#include "sim.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct {
	pthread_once_t once;
	struct sim_profile profile;
	struct fault_list faults;
	char title[512];
	double now;
} model = {.once = PTHREAD_ONCE_INIT};

static void refuse(const struct err *e)
{
	err_print(e, "simulated server", stderr);
	_exit(2);
}

/* What a fault names must be there: the parser knows no more than how many GPUs there are. */
static int check_faults(struct err *e)
{
	const struct fault *f = fault_find(&model.faults, FAULT_WRONG_NUMA, -1);
	const struct fault *set = fault_find(&model.faults, FAULT_CPUSET, -1);
	const struct fault *down = fault_find(&model.faults, FAULT_NVLINK_DOWN, -1);
	int nodes = sim_profile_nodes(&model.profile);

	for (int i = 0; i < model.faults.n; i++) {
		const struct fault *sm = &model.faults.f[i];

		if ((sm->kind == FAULT_DEAD_SM || sm->kind == FAULT_SLOW_SM) &&
		    sm->sm >= model.profile.gpu[sm->gpu].sms)
			return err_set(e, EINVAL, "sm=%d: GPU %d has %d SMs, numbered from 0",
				       (int)sm->sm, (int)sm->gpu,
				       (int)model.profile.gpu[sm->gpu].sms);
	}
	if (down && down->link >= model.profile.gpu[down->gpu].nvlinks)
		return err_set(e, EINVAL, "nvlink_down: GPU %d has %d NVLinks, numbered from 0",
			       (int)down->gpu, (int)model.profile.gpu[down->gpu].nvlinks);
	if (set && set->node >= nodes)
		return err_set(e, EINVAL, "cpuset: no node %d, there are %d", (int)set->node,
			       nodes);
	if (f && f->node >= nodes)
		return err_set(e, EINVAL, "wrong_numa: no node %d, there are %d", (int)f->node,
			       nodes);
	return 0;
}

static void load(void)
{
	const char *path = getenv("ASSAY_SIM"), *fault = getenv("ASSAY_SIM_FAULT");
	char arm[128];
	struct err e = ERR_INIT;

	if (!path || !*path) {
		err_set(&e, EINVAL, "ASSAY_SIM names no profile; start this through scripts/sim");
		refuse(&e);
	}
	if (sim_profile_load(&model.profile, path, &e) || sim_identify(&model.profile, &e) ||
	    fault_parse(&model.faults, fault, model.profile.n_gpus, &e) || check_faults(&e))
		refuse(&e);
	sim_own_arm(arm, sizeof(arm));
	fault_keep_arm(&model.faults, arm);
	snprintf(model.title, sizeof(model.title), "%s%s%s", model.profile.server.name,
		 fault && *fault ? " fault: " : "", fault ? fault : "");
}

const struct sim_profile *sim_profile(void)
{
	pthread_once(&model.once, load);
	return &model.profile;
}

/* Faults are given to whole GPUs: what hits one hits its MIG instances. */
static int whole(int gpu)
{
	return gpu < 0 ? gpu : sim_profile()->gpu[gpu].parent;
}

const struct fault *sim_fault(enum fault_kind kind, int gpu)
{
	sim_profile();
	return fault_find(&model.faults, kind, whole(gpu));
}

const struct fault *sim_fault_with(enum fault_kind kind, int gpu, int peer, int link)
{
	sim_profile();
	return fault_find_with(&model.faults, kind, gpu, peer, link);
}

double sim_shift(const char *what, int gpu)
{
	sim_profile();
	return fault_shift(&model.faults, what, whole(gpu));
}

const char *sim_fault_help(int i)
{
	return fault_help(i);
}

const char *sim_title(void)
{
	sim_profile();
	return model.title;
}

/* Too old for the runtime that this façade stands for: the newest driver below its minimum. */
#if SIM_CUDA_MAJOR >= 13
#define OLD_DRIVER "525.147.05"
#define OLD_CUDA   12000
#else
#define OLD_DRIVER "470.256.02"
#define OLD_CUDA   11040
#endif

const char *sim_driver(void)
{
	return sim_fault(FAULT_DRIVER_TOO_OLD, -1) ? OLD_DRIVER : sim_profile()->server.driver;
}

const char *sim_module(void)
{
	return sim_fault(FAULT_DRIVER_MISMATCH, -1) ? OLD_DRIVER : sim_driver();
}

int sim_driver_cuda(void)
{
	return sim_fault(FAULT_DRIVER_TOO_OLD, -1) ? OLD_CUDA : (int)sim_profile()->server.cuda;
}

double sim_now(void)
{
	return model.now;
}

void sim_advance(double seconds)
{
	model.now += seconds;
}

void sim_advance_to(double when)
{
	if (when > model.now)
		model.now = when;
}

void sim_link(int gpu, int *gen, int *width)
{
	const struct sim_gpu *g = &sim_profile()->gpu[gpu];
	const struct fault *f = sim_fault(FAULT_PCIE_DOWNTRAIN, gpu);

	*gen = (int)(f && f->gen < g->pcie_gen ? f->gen : g->pcie_gen);
	*width = (int)(f && f->width && f->width < g->pcie_width ? f->width : g->pcie_width);
}

bool sim_is_c2c(int gpu)
{
	return !strcmp(sim_profile()->gpu[gpu].link, "c2c");
}

double sim_trained_share(int gpu)
{
	const struct sim_gpu *g = &sim_profile()->gpu[gpu];
	int gen, width;

	sim_link(gpu, &gen, &width);
	return sim_is_c2c(gpu) ? 1
			       : sim_link_bytes_s(gen, width) /
					 sim_link_bytes_s(g->pcie_gen, g->pcie_width);
}

int sim_gpu_near(int gpu)
{
	const struct sim_gpu *g = &sim_profile()->gpu[gpu];

	return (int)(g->node_near >= 0 ? g->node_near : g->node);
}

int sim_gpu_node(int gpu)
{
	const struct fault *f = sim_fault(FAULT_WRONG_NUMA, gpu);

	return (int)(f ? f->node : sim_profile()->gpu[gpu].node);
}

int sim_node_gpu(int node)
{
	int g = sim_profile()->n_gpus - 1;

	while (g >= 0 && (node < 0 || sim_profile()->gpu[g].memory_node != node))
		g--;
	return g;
}

int sim_node_socket(int node)
{
	int gpu = sim_node_gpu(node);

	return (gpu < 0 ? node : sim_gpu_near(gpu)) / (int)sim_profile()->cpu.nodes_per_socket;
}

void sim_hang(void)
{
	for (;;)
		pause();
}
