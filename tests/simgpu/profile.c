/*
 * Reads servers/NAME.ini with inih. Every key stands in one table with its type and range, a key
 * that is not there, is given twice or is missing is an error with its line.
 */
#include "mig.h"
#include "profile_keys.h"
#include "device_memory.h"
#include "../../harness/base/units.h"

#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The common section, then one a GPU, then one a kind of MIG instance. */
#define FIRST_KIND (SIM_MAX_GPUS + 1)
#define N_TARGETS  (FIRST_KIND + SIM_MAX_KINDS)

struct loader {
	struct sim_profile *p;
	struct err *e;
	struct sim_gpu common;
	char seen[N_TARGETS][SIM_MAX_KEYS];
};

static const struct key *find(const char *section, const char *name)
{
	for (size_t i = 0; i < sim_n_keys; i++) {
		if (!strcmp(sim_keys[i].section, section) && !strcmp(sim_keys[i].name, name))
			return &sim_keys[i];
	}
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
	if (k->type == KEY_TEXT) {
		if (strlen(value) >= SIM_TEXT)
			return err_set(e, EINVAL, "%s is longer than %d bytes", k->name,
				       SIM_TEXT - 1);
		if (k->choices && !in_choices(k->choices, value))
			return err_set(e, EINVAL, "%s=%s is none of %s", k->name, value,
				       k->choices);
		strcpy(base + k->offset, value);
		return 0;
	}
	if (k->type == KEY_SIZE) {
		if (units_parse_size(value, &u))
			return err_set(e, EINVAL, "%s=%s is no size (as in 80GiB)", k->name, value);
		d = (double)u;
	} else {
		errno = 0;
		d = strtod(value, &end);
		if (*end || errno || d != d || (k->type == KEY_INT && d != (double)(int64_t)d))
			return err_set(e, EINVAL, "%s=%s is no %s", k->name, value,
				       k->type == KEY_INT ? "whole number" : "number");
		u = (uint64_t)(int64_t)d;
	}
	if (d < k->min || d > k->max)
		return err_set(e, ERANGE, "%s=%s is not within %g and %g", k->name, value, k->min,
			       k->max);
	if (k->type == KEY_NUM)
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
			       "no section [%s]: server, cpu, memory, noise, gpu, gpu N, mig KIND",
			       section);
	if (i == l->p->n_gpus && i < SIM_MAX_GPUS) {
		l->p->gpu[i] = l->common;
		l->p->n_gpus++;
	}
	if (i < 0 || i != l->p->n_gpus - 1)
		return err_set(l->e, EINVAL, "[gpu N] sections count up from 0 to at most %d",
			       SIM_MAX_GPUS - 1);
	return i + 1;
}

/* "1g.10gb" of [mig 1g.10gb]: its target; a kind that is new is added. */
static int kind_target(struct loader *l, const char *name)
{
	int i = 0;

	while (i < l->p->n_kinds && strcmp(l->p->kind[i].name, name) != 0)
		i++;
	if (i == SIM_MAX_KINDS || strlen(name) >= SIM_TEXT)
		return err_set(l->e, EINVAL, "more than %d kinds of MIG instances", SIM_MAX_KINDS);
	if (i == l->p->n_kinds)
		strcpy(l->p->kind[l->p->n_kinds++].name, name);
	return FIRST_KIND + i;
}

static int on_key(void *arg, const char *section, const char *name, const char *value)
{
	struct loader *l = arg;
	char *base = sim_keys_base(l->p, section);
	bool kind = !strncmp(section, "mig ", 4);
	int target = base ? 0 : kind ? kind_target(l, section + 4) : gpu_target(l, section);
	const struct key *k;

	if (target < 0)
		return 0;
	if (kind)
		base = (char *)&l->p->kind[target - FIRST_KIND];
	else if (!base)
		base = (char *)(target ? &l->p->gpu[target - 1] : &l->common);
	k = find(kind ? "mig" : !strncmp(section, "gpu", 3) ? "gpu" : section, name);
	if (!k) {
		err_set(l->e, EINVAL, "[%s] has no key \"%s\"", section, name);
		return 0;
	}
	if (l->seen[target][k - sim_keys]++) {
		err_set(l->e, EINVAL, "%s is given twice in [%s]", name, section);
		return 0;
	}
	return !store(k, base, value, l->e);
}

static void set_defaults(struct loader *l)
{
	for (size_t k = 0; k < sim_n_keys; k++) {
		char *base = sim_keys_base(l->p, sim_keys[k].section);

		if (sim_keys[k].def)
			store(&sim_keys[k], base ? base : (char *)&l->common, sim_keys[k].def,
			      l->e);
	}
}

static int check_kinds(struct loader *l, size_t k)
{
	for (int i = 0; i < l->p->n_kinds; i++) {
		if (!l->seen[FIRST_KIND + i][k])
			return err_set(l->e, EINVAL, "[mig %s] lacks %s", l->p->kind[i].name,
				       sim_keys[k].name);
	}
	return 0;
}

static int check_complete(struct loader *l)
{
	for (size_t k = 0; k < sim_n_keys; k++) {
		if (l->seen[0][k] || sim_keys[k].def)
			continue;
		if (!strcmp(sim_keys[k].section, "mig")) {
			if (check_kinds(l, k))
				return -EINVAL;
			continue;
		}
		if (strcmp(sim_keys[k].section, "gpu") != 0)
			return err_set(l->e, EINVAL, "[%s] lacks %s", sim_keys[k].section,
				       sim_keys[k].name);
		for (int g = 0; g < l->p->n_gpus; g++) {
			if (!l->seen[g + 1][k])
				return err_set(l->e, EINVAL, "neither [gpu] nor [gpu %d] has %s", g,
					       sim_keys[k].name);
		}
	}
	return 0;
}

/* Most that one direction of the GPU's way to the host can carry: facts, NVLink-C2C and PCIe. */
static double way_bytes_s(const struct sim_gpu *u, bool to_device)
{
	if (!strcmp(u->link, "c2c"))
		return 450e9;
	return sim_link_bytes_s(u->pcie_gen, u->pcie_width) * 512 / (to_device ? 532 : 536);
}

static int check_gpu(const struct sim_profile *p, int g, struct err *e)
{
	const struct sim_gpu *u = &p->gpu[g];
	int nodes = sim_profile_nodes(p);
	double to = way_bytes_s(u, true), from = way_bytes_s(u, false);

	if (u->node >= nodes || u->node_near >= nodes)
		return err_set(e, EINVAL, "[gpu %d] lies on node %d, there are %d", g,
			       (int)(u->node >= nodes ? u->node : u->node_near), nodes);
	if (u->memory_node >= 0 && u->memory_node < nodes)
		return err_set(e, EINVAL, "[gpu %d] memory_node=%d is a node with CPUs", g,
			       (int)u->memory_node);
	if (u->h2d_pinned_bytes_s > to || u->h2d_sm_bytes_s > to || u->h2d_wc_bytes_s > to ||
	    u->d2h_pinned_bytes_s > from || u->d2h_sm_bytes_s > from || u->d2h_wc_bytes_s > from)
		return err_set(e, EINVAL, "[gpu %d] copies faster than its %s link can", g,
			       strcmp(u->link, "c2c") != 0 ? "PCIe" : "C2C");
	if (u->sm_compute_hz > u->sm_max_hz || u->power_compute_w > u->power_limit_w)
		return err_set(e, EINVAL, "[gpu %d] computes above its %s", g,
			       u->sm_compute_hz > u->sm_max_hz ? "sm_max_hz" : "power_limit_w");
	return 0;
}

/* "switch", or as many links to other GPUs as it has. */
static int check_nvlinks(const struct sim_profile *p, int g, struct err *e)
{
	const char *at = p->gpu[g].nvlink_to;
	int to, n, used, all = 0;

	if (!strcmp(at, "switch"))
		return 0;
	while (sscanf(at, " %d x%d%n", &to, &n, &used) == 2) {
		if (to < 0 || to >= p->n_gpus || to == g || n < 1)
			return err_set(e, EINVAL, "[gpu %d] nvlink_to: no GPU %d, or no link to it",
				       g, to);
		all += n;
		at += used;
		at += strspn(at, ", ");
	}
	if (*at || all != p->gpu[g].nvlinks)
		return err_set(e, EINVAL,
			       "[gpu %d] nvlink_to is switch, or names %d links: \"1 x6, 2 x6\"", g,
			       (int)p->gpu[g].nvlinks);
	return 0;
}

static int check_sense(struct loader *l)
{
	const struct sim_profile *p = l->p;

	if (sim_profile_nodes(p) > SIM_MAX_NODES)
		return err_set(l->e, EINVAL, "more than %d NUMA nodes", SIM_MAX_NODES);
	if (p->cpu.cores_per_socket % p->cpu.nodes_per_socket)
		return err_set(l->e, EINVAL, "cores_per_socket is no multiple of nodes_per_socket");
	for (int g = 0; g < p->n_gpus; g++) {
		if (check_gpu(p, g, l->e) || check_nvlinks(p, g, l->e))
			return -EINVAL;
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
	set_defaults(l);
	line = ini_parse(path, on_key, l);
	if (line < 0) {
		r = err_at(e, ENOENT, path, 0, "cannot be read");
		goto out;
	}
	for (int g = 0; g < p->n_gpus; g++)
		sim_device_memory_defaults(&p->gpu[g]);
	if (line > 0 || check_complete(l) || check_sense(l) || sim_mig_divide(p, l->e)) {
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
