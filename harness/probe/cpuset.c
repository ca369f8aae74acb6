/*
 * CPUs and nodes that are left: see cpuset.h. /proc/self/status has what holds for this process;
 * the nearest control group with a cpuset tells whether that is its doing or an affinity mask's.
 */
#include "cpuset.h"
#include "cgroup.h"
#include "limits.h"
#include "sysfs.h"
#include "topology.h"
#include "../base/buf.h"
#include "../base/mem.h"

#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>

enum { MASK_CPUS = 8192 }; /* the kernel wants room for all that it could have */

/* What can be narrowed: the line of /proc/self/status, the cgroup's file (v2, v1), a word. */
static const struct kind {
	const char *status, *file, *file_v1, *word;
} cpus = {"Cpus_allowed_list", "cpuset.cpus.effective", "cpuset.effective_cpus", "the CPUs"},
  mems = {"Mems_allowed_list", "cpuset.mems.effective", "cpuset.effective_mems",
	  "the memory nodes"};

/* The nearest group that says which are left. */
struct nearest {
	const struct kind *kind;
	char *value, *where; /* owned; NULL where no group says */
};

static void nearest_fn(void *arg, const char *dir)
{
	struct nearest *n = arg;
	const char *files[] = {n->kind->file, n->kind->file_v1};

	for (size_t i = 0; i < 2 && !n->value; i++) {
		n->value = sysfs_read("%s/%s", dir, files[i]);
		if (n->value)
			n->where = mem_printf("%s/%s", dir, files[i]);
	}
}

static struct nearest find_nearest(const struct kind *kind)
{
	struct nearest n = {.kind = kind};

	cgroup_walk("cpuset", nearest_fn, &n);
	return n;
}

static void nearest_free(struct nearest *n)
{
	free(n->value);
	free(n->where);
}

/* ---- rows ---- */

static void cpuset_row(const struct rows *r, const char *key, const struct kind *kind)
{
	struct nearest n = find_nearest(kind);

	if (n.value)
		row(r, key, n.where, "%s", n.value);
	nearest_free(&n);
}

/* The CPUs of this process's mask as a list, NULL where the kernel does not say. Caller frees. */
static char *own_mask(void)
{
	size_t size = CPU_ALLOC_SIZE(MASK_CPUS);
	cpu_set_t *set = CPU_ALLOC(MASK_CPUS);
	int *ids = mem_zalloc(MASK_CPUS, sizeof(*ids)), n = 0;
	char *text = NULL;

	if (set && !sched_getaffinity(0, size, set)) {
		for (int i = 0; i < MASK_CPUS; i++) {
			if (CPU_ISSET_S((size_t)i, size, set))
				ids[n++] = i;
		}
		text = sysfs_format_list(ids, n);
	}
	CPU_FREE(set);
	free(ids);
	return text;
}

static void affinity_rows(const struct rows *r)
{
	bool tree = *sysfs_root() != '\0';
	char *list = tree ? limits_status(cpus.status) : own_mask();
	char *nodes = limits_status(mems.status);

	if (list)
		row(r, "limits.affinity", tree ? "/proc/self/status" : "sched_getaffinity", "%s",
		    list);
	if (nodes)
		row(r, "limits.mems", "/proc/self/status", "%s", nodes);
	free(list);
	free(nodes);
}

void cpuset_rows(const struct rows *r)
{
	affinity_rows(r);
	cpuset_row(r, "limits.cpuset_cpus", &cpus);
	cpuset_row(r, "limits.cpuset_mems", &mems);
}

/* ---- what keeps us from a node ---- */

/* Whether the lists have a number in common; one that cannot be read has all. */
static bool meet(const char *a, const char *b)
{
	int *x = mem_zalloc(2 * TOPO_MAX_CPUS, sizeof(*x)), *y = x + TOPO_MAX_CPUS, i = 0, k = 0;
	int n = sysfs_parse_list(a, x, TOPO_MAX_CPUS), m = sysfs_parse_list(b, y, TOPO_MAX_CPUS);

	while (i < n && k < m && x[i] != y[k]) {
		if (x[i] < y[k])
			i++;
		else
			k++;
	}
	free(x);
	return n < 0 || m < 0 || (i < n && k < m);
}

/* What is allowed; NULL where a recorded tree does not hold it: ours is about another machine. */
static char *read_allowed(const struct kind *kind)
{
	char *own = sysfs_real_path("%s", "/proc/self/status");
	char *allowed = own ? limits_status(kind->status) : NULL;

	free(own);
	return allowed;
}

/* Adds what is allowed instead, if none of `wanted` is. */
static void add_bar(struct buf *out, const struct kind *kind, const char *wanted)
{
	char *allowed = read_allowed(kind);
	struct nearest set = {.kind = kind};

	if (allowed && !meet(wanted, allowed)) {
		set = find_nearest(kind);
		buf_printf(out, "%s %s ", out->len ? " and" : "only", kind->word);
		if (set.value && !meet(wanted, set.value))
			buf_printf(out, "%s (cpuset %s)", set.value, set.where);
		else
			buf_printf(out, "%s (%s in /proc/self/status)", allowed, kind->status);
	}
	nearest_free(&set);
	free(allowed);
}

/* A node without memory lacks none. */
static void add_memory_bar(struct buf *out, int node)
{
	char *with = sysfs_read("/sys/devices/system/node/has_memory");
	char *number = mem_printf("%d", node);

	if (!with || meet(number, with))
		add_bar(out, &mems, number);
	free(number);
	free(with);
}

char *cpuset_obstacle(int node, bool to_run, bool to_allocate)
{
	char *own = sysfs_read("/sys/devices/system/node/node%d/cpulist", node);
	struct buf out = BUF_INIT;

	if (to_run && own && *own)
		add_bar(&out, &cpus, own);
	if (to_allocate)
		add_memory_bar(&out, node);
	free(own);
	if (!out.len)
		return NULL;
	buf_puts(&out, " are allowed");
	return buf_steal(&out);
}

int cpuset_no_memory(int node, struct err *e)
{
	char *why = cpuset_obstacle(node, false, true);
	int rc = err_set(e, ENOTSUP, "no memory of NUMA node %d for this process: %s", node,
			 why ? why : "it has none, or none that may be bound");

	free(why);
	return rc;
}
