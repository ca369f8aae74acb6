/*
 * Reads servers/NAME.ini with inih. Every key stands in one table with its type and range, a key
 * that is not there, is given twice or is missing is an error with its line.
 */
#include "profile.h"
#include "../../harness/base/units.h"

#include <errno.h>
#include <ini.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum type { TEXT, INT, NUM, SIZE };

struct key {
	const char *section, *name;
	enum type type;
	size_t offset;
	double min, max;
	const char *choices; /* TEXT: "on|off", NULL: anything */
};

#define S(n)                                                                                       \
	{                                                                                          \
		"server", #n, TEXT, offsetof(struct sim_server, n), 0, 0, NULL                     \
	}
#define SI(n)                                                                                      \
	{                                                                                          \
		"server", #n, INT, offsetof(struct sim_server, n), 0, 1e7, NULL                    \
	}
#define C(n, ch)                                                                                   \
	{                                                                                          \
		"cpu", #n, TEXT, offsetof(struct sim_cpu, n), 0, 0, ch                             \
	}
#define CI(n, lo, hi)                                                                              \
	{                                                                                          \
		"cpu", #n, INT, offsetof(struct sim_cpu, n), lo, hi, NULL                          \
	}
#define CZ(n)                                                                                      \
	{                                                                                          \
		"cpu", #n, SIZE, offsetof(struct sim_cpu, n), 1, 1e12, NULL                        \
	}
#define MI(n, lo, hi)                                                                              \
	{                                                                                          \
		"memory", #n, INT, offsetof(struct sim_memory, n), lo, hi, NULL                    \
	}
#define MZ(n)                                                                                      \
	{                                                                                          \
		"memory", #n, SIZE, offsetof(struct sim_memory, n), 1, 1e14, NULL                  \
	}
#define MN(n, lo, hi)                                                                              \
	{                                                                                          \
		"memory", #n, NUM, offsetof(struct sim_memory, n), lo, hi, NULL                    \
	}
#define NN(n, lo, hi)                                                                              \
	{                                                                                          \
		"noise", #n, NUM, offsetof(struct sim_noise_cfg, n), lo, hi, NULL                  \
	}
#define G(n, ch)                                                                                   \
	{                                                                                          \
		"gpu", #n, TEXT, offsetof(struct sim_gpu, n), 0, 0, ch                             \
	}
#define GI(n, lo, hi)                                                                              \
	{                                                                                          \
		"gpu", #n, INT, offsetof(struct sim_gpu, n), lo, hi, NULL                          \
	}
#define GZ(n)                                                                                      \
	{                                                                                          \
		"gpu", #n, SIZE, offsetof(struct sim_gpu, n), 1, 1e13, NULL                        \
	}
#define GN(n, lo, hi)                                                                              \
	{                                                                                          \
		"gpu", #n, NUM, offsetof(struct sim_gpu, n), lo, hi, NULL                          \
	}
#define MR(n) MN(n, 1e6, 1e13)
#define GR(n) GN(n, 1e6, 1e13)
#define GT(n) GN(n, 0, 100)

static const struct key keys[] = {
	S(name),
	S(summary),
	S(utc),
	S(hostname),
	S(kernel),
	S(driver),
	S(module),
	S(hypervisor),
	SI(cuda),
	SI(nccl),
	SI(cublaslt),
	SI(cudnn),
	C(model, NULL),
	C(vendor, NULL),
	C(governor, NULL),
	C(thp, "always|madvise|never"),
	CI(sockets, 1, 8),
	CI(nodes_per_socket, 1, 8),
	CI(cores_per_socket, 1, 256),
	CI(threads_per_core, 1, 4),
	CI(max_hz, 1e8, 1e10),
	CZ(l1d_bytes),
	CZ(l2_bytes),
	CZ(llc_bytes),
	CI(llc_cores, 1, 256),
	MZ(node_bytes),
	MZ(node_free_bytes),
	MI(huge2m_pages, 0, 1e6),
	MI(distance_local, 10, 254),
	MI(distance_remote, 10, 254),
	MN(latency_local_s, 1e-9, 1e-3),
	MN(latency_remote_s, 1e-9, 1e-3),
	MR(read_bytes_s),
	MR(write_bytes_s),
	MR(copy_bytes_s),
	MR(triad_bytes_s),
	MR(thread_bytes_s),
	MN(remote_share, 0.01, 1),
	NN(process_sd, 0, 0.5),
	NN(sample_sd, 0, 0.5),
	NN(autocorrelation, 0, 0.999),
	NN(session_sd, 0, 0.5),
	NN(node_sd, 0, 0.5),
	G(model, NULL),
	G(pci, NULL),
	G(path, NULL),
	G(part, NULL),
	G(vbios, NULL),
	G(ecc, "on|off|none"),
	G(mig, "on|off|none"),
	G(persistence, "on|off"),
	G(lock_clocks, "yes|no"),
	G(fabric, "completed|not_supported"),
	GI(node, -1, SIM_MAX_NODES - 1),
	GI(device_id, 1, 65535),
	GI(cc_major, 5, 20),
	GI(cc_minor, 0, 9),
	GI(sms, 1, 1000),
	GI(bus_bits, 32, 16384),
	GI(copy_engines, 1, 16),
	GZ(memory_bytes),
	GZ(memory_used_bytes),
	GZ(l2_bytes),
	GZ(bar1_bytes),
	GI(pcie_gen, 1, 6),
	GI(pcie_width, 1, 16),
	GI(sm_max_hz, 1e8, 1e10),
	GI(sm_idle_hz, 1e8, 1e10),
	GI(memory_hz, 1e8, 1e11),
	GN(power_limit_w, 1, 5000),
	GN(power_idle_w, 1, 5000),
	GN(power_busy_w, 1, 5000),
	GI(temperature_idle_c, 0, 120),
	GI(temperature_busy_c, 0, 120),
	GR(h2d_pinned_bytes_s),
	GR(d2h_pinned_bytes_s),
	GR(h2d_pageable_bytes_s),
	GR(d2h_pageable_bytes_s),
	GN(remote_share, 0.01, 1),
	GT(copy_latency_s),
	GT(pageable_latency_s),
	GR(memory_copy_bytes_s),
	GN(peer_bytes_s, 0, 1e13),
	GT(call_s),
	GT(sync_s),
	GT(launch_s),
	GT(context_s),
	GI(nvlinks, 0, 72),
};

#define N_KEYS	  (sizeof(keys) / sizeof(keys[0]))
#define N_TARGETS (SIM_MAX_GPUS + 1) /* the common section, then one a GPU */

struct loader {
	struct sim_profile *p;
	struct err *e;
	struct sim_gpu common;
	char seen[N_TARGETS][N_KEYS];
};

static const struct key *find(const char *section, const char *name)
{
	for (size_t i = 0; i < N_KEYS; i++) {
		if (!strcmp(keys[i].section, section) && !strcmp(keys[i].name, name))
			return &keys[i];
	}
	return NULL;
}

static char *base_of(struct sim_profile *p, const char *section)
{
	if (!strcmp(section, "server"))
		return (char *)&p->server;
	if (!strcmp(section, "cpu"))
		return (char *)&p->cpu;
	if (!strcmp(section, "memory"))
		return (char *)&p->memory;
	if (!strcmp(section, "noise"))
		return (char *)&p->noise;
	return NULL;
}

static int in_choices(const char *choices, const char *v)
{
	size_t n = strlen(v);

	for (const char *c = choices; c; c = strchr(c, '|') ? strchr(c, '|') + 1 : NULL) {
		if (!strncmp(c, v, n) && (!c[n] || c[n] == '|'))
			return 1;
	}
	return 0;
}

static int store(const struct key *k, char *base, const char *value, struct err *e)
{
	char *end;
	double d;
	uint64_t u;

	if (!*value)
		return err_set(e, EINVAL, "%s has no value", k->name);
	if (k->type == TEXT) {
		if (strlen(value) >= SIM_TEXT)
			return err_set(e, EINVAL, "%s is longer than %d bytes", k->name,
				       SIM_TEXT - 1);
		if (k->choices && !in_choices(k->choices, value))
			return err_set(e, EINVAL, "%s=%s is none of %s", k->name, value,
				       k->choices);
		strcpy(base + k->offset, value);
		return 0;
	}
	if (k->type == SIZE) {
		if (units_parse_size(value, &u))
			return err_set(e, EINVAL, "%s=%s is no size (as in 80GiB)", k->name, value);
		d = (double)u;
	} else {
		errno = 0;
		d = strtod(value, &end);
		if (*end || errno || d != d || (k->type == INT && d != (double)(int64_t)d))
			return err_set(e, EINVAL, "%s=%s is no %s", k->name, value,
				       k->type == INT ? "whole number" : "number");
		u = (uint64_t)(int64_t)d;
	}
	if (d < k->min || d > k->max)
		return err_set(e, ERANGE, "%s=%s is not within %g and %g", k->name, value, k->min,
			       k->max);
	if (k->type == NUM)
		memcpy(base + k->offset, &d, sizeof(d));
	else
		memcpy(base + k->offset, &u, sizeof(u));
	return 0;
}

/* "gpu" -> 0, "gpu 3" -> 4; -1 if it is neither. A GPU starts as a copy of [gpu]. */
static int gpu_target(struct loader *l, const char *section)
{
	char extra;
	int i;

	if (!strcmp(section, "gpu"))
		return l->p->n_gpus
			       ? err_set(l->e, EINVAL, "[gpu] must stand before the first [gpu N]")
			       : 0;
	if (sscanf(section, "gpu %d%c", &i, &extra) != 1)
		return err_set(l->e, EINVAL,
			       "no section [%s]: server, cpu, memory, noise, gpu, gpu N", section);
	if (i == l->p->n_gpus && i < SIM_MAX_GPUS) {
		l->p->gpu[i] = l->common;
		l->p->n_gpus++;
	}
	if (i < 0 || i != l->p->n_gpus - 1)
		return err_set(l->e, EINVAL, "[gpu N] sections count up from 0 to at most %d",
			       SIM_MAX_GPUS - 1);
	return i + 1;
}

static int on_key(void *arg, const char *section, const char *name, const char *value)
{
	struct loader *l = arg;
	char *base = base_of(l->p, section);
	int target = base ? 0 : gpu_target(l, section);
	const struct key *k;

	if (target < 0)
		return 0;
	if (!base)
		base = (char *)(target ? &l->p->gpu[target - 1] : &l->common);
	k = find(!strncmp(section, "gpu", 3) ? "gpu" : section, name);
	if (!k) {
		err_set(l->e, EINVAL, "[%s] has no key \"%s\"", section, name);
		return 0;
	}
	if (l->seen[target][k - keys]++) {
		err_set(l->e, EINVAL, "%s is given twice in [%s]", name, section);
		return 0;
	}
	return !store(k, base, value, l->e);
}

static int check_complete(struct loader *l)
{
	for (size_t k = 0; k < N_KEYS; k++) {
		if (l->seen[0][k])
			continue;
		if (strcmp(keys[k].section, "gpu") != 0)
			return err_set(l->e, EINVAL, "[%s] lacks %s", keys[k].section,
				       keys[k].name);
		for (int g = 0; g < l->p->n_gpus; g++) {
			if (!l->seen[g + 1][k])
				return err_set(l->e, EINVAL, "neither [gpu] nor [gpu %d] has %s", g,
					       keys[k].name);
		}
	}
	return 0;
}

static int check_sense(struct loader *l)
{
	const struct sim_profile *p = l->p;
	int nodes = sim_profile_nodes(p);

	if (nodes > SIM_MAX_NODES)
		return err_set(l->e, EINVAL, "more than %d NUMA nodes", SIM_MAX_NODES);
	if (p->cpu.cores_per_socket % p->cpu.nodes_per_socket)
		return err_set(l->e, EINVAL, "cores_per_socket is no multiple of nodes_per_socket");
	for (int g = 0; g < p->n_gpus; g++) {
		const struct sim_gpu *u = &p->gpu[g];
		double limit = sim_link_bytes_s(u->pcie_gen, u->pcie_width);

		if (u->node >= nodes)
			return err_set(l->e, EINVAL, "[gpu %d] lies on node %d, there are %d", g,
				       (int)u->node, nodes);
		if (u->h2d_pinned_bytes_s > limit * 512 / 532 ||
		    u->d2h_pinned_bytes_s > limit * 512 / 536)
			return err_set(l->e, EINVAL,
				       "[gpu %d] copies faster than its PCIe link can", g);
	}
	return 0;
}

int sim_profile_load(struct sim_profile *p, const char *path, struct err *e)
{
	struct err first = ERR_INIT;
	struct loader *l = calloc(1, sizeof(*l));
	int line, r = 0;

	if (!l)
		return err_set(e, ENOMEM, "no memory");
	memset(p, 0, sizeof(*p));
	l->p = p;
	l->e = &first;
	line = ini_parse(path, on_key, l);
	if (line < 0) {
		r = err_at(e, ENOENT, path, 0, "cannot be read");
		goto out;
	}
	if (line > 0 || check_complete(l) || check_sense(l)) {
		r = err_at(e, EINVAL, path, (unsigned)line, "%s",
			   first.code ? first.text : "neither a section, a key nor a comment");
		goto out;
	}
out:
	free(l);
	return r;
}

int sim_profile_nodes(const struct sim_profile *p)
{
	return (int)(p->cpu.sockets * p->cpu.nodes_per_socket);
}

int sim_profile_cpus(const struct sim_profile *p)
{
	return (int)(p->cpu.sockets * p->cpu.cores_per_socket * p->cpu.threads_per_core);
}

int sim_profile_cpu_node(const struct sim_profile *p, int cpu)
{
	int cores = (int)(p->cpu.sockets * p->cpu.cores_per_socket);

	return cpu % cores / (int)(p->cpu.cores_per_socket / p->cpu.nodes_per_socket);
}

void sim_profile_visit(const struct sim_profile *p, sim_profile_fn *fn, void *arg)
{
	for (int g = -1; g < p->n_gpus; g++) {
		for (size_t i = 0; i < N_KEYS; i++) {
			const struct key *k = &keys[i];
			int of_gpu = !strcmp(k->section, "gpu");
			const char *v =
				of_gpu ? (const char *)&p->gpu[g < 0 ? 0 : g]
				       : base_of((struct sim_profile *)(uintptr_t)p, k->section);
			char section[16], num[32];

			if (of_gpu != (g >= 0))
				continue;
			snprintf(section, sizeof(section), "%s", k->section);
			if (of_gpu)
				snprintf(section, sizeof(section), "gpu %d", g);
			if (k->type == NUM)
				units_exact(num, sizeof(num),
					    *(const double *)(const void *)(v + k->offset));
			else
				snprintf(
					num, sizeof(num), "%lld",
					(long long)*(const int64_t *)(const void *)(v + k->offset));
			fn(arg, section, k->name, k->type == TEXT ? v + k->offset : num);
		}
	}
}

/* Giga-transfers a second, payload bits of wire bits (Gen6: flits carry 236 of 256 bytes). */
double sim_link_bytes_s(int64_t gen, int64_t width)
{
	static const double lane[] = {0,
				      2.5e9 * 8 / 10 / 8,
				      5e9 * 8 / 10 / 8,
				      8e9 * 128 / 130 / 8,
				      16e9 * 128 / 130 / 8,
				      32e9 * 128 / 130 / 8,
				      64e9 * 236 / 256 / 8};

	return gen >= 1 && gen <= 6 ? lane[gen] * (double)width : 0;
}
