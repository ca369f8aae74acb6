/*
 * Sockets, NUMA nodes, caches: see topology.h. Known errors: sub-NUMA clustering reports one
 * last-level cache to several nodes, each is then said to have all of it; page_bytes of a
 * recorded tree is that of its /proc/self/smaps, without one that of this machine.
 */
#include "topology.h"
#include "cpu.h"
#include "cpuset.h"
#include "sysfs.h"
#include "../base/mem.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#define KIB 1024u

struct cpus {
	int id[TOPO_MAX_CPUS];
	int n;
};

/* ---- CPUs ---- */

static void read_online(struct cpus *c)
{
	char *text = sysfs_read("/sys/devices/system/cpu/online");

	c->n = text ? sysfs_parse_list(text, c->id, TOPO_MAX_CPUS) : -1;
	free(text);
	if (c->n > 0)
		return;
	long n = *sysfs_root() ? 1 : sysconf(_SC_NPROCESSORS_ONLN);

	for (c->n = 0; c->n < n && c->n < TOPO_MAX_CPUS; c->n++)
		c->id[c->n] = c->n;
}

static bool has(const int *ids, int n, int id)
{
	for (int i = 0; i < n; i++)
		if (ids[i] == id)
			return true;
	return false;
}

static void keep_common(struct cpus *c, const struct cpus *other)
{
	int n = 0;

	for (int i = 0; i < c->n; i++)
		if (has(other->id, other->n, c->id[i]))
			c->id[n++] = c->id[i];
	c->n = n;
}

/* A recorded tree is about another machine: this process's mask says nothing there. */
static void keep_allowed(struct cpus *c)
{
	cpu_set_t *set = CPU_ALLOC(TOPO_MAX_CPUS);
	size_t size = CPU_ALLOC_SIZE(TOPO_MAX_CPUS);
	int n = 0;

	if (!*sysfs_root() && set && !sched_getaffinity(0, size, set)) {
		for (int i = 0; i < c->n; i++)
			if (CPU_ISSET_S((size_t)c->id[i], size, set))
				c->id[n++] = c->id[i];
		c->n = n;
	}
	CPU_FREE(set);
}

static void give_cpus(struct topo_node *node, struct cpus *c)
{
	node->n_online = c->n;
	keep_allowed(c);
	node->n_cpus = c->n;
	node->cpus = mem_zalloc((size_t)c->n + 1, sizeof(int));
	memcpy(node->cpus, c->id, (size_t)c->n * sizeof(int));
}

/* ---- memory ---- */

/* "Node 0 MemTotal:  131 kB" or "MemTotal:  131 kB" -> bytes, 0 if the line is missing. */
static uint64_t meminfo(const char *text, const char *name)
{
	const char *p = text ? strstr(text, name) : NULL;
	unsigned long long kib = 0;

	if (!p || sscanf(p + strlen(name), " %llu", &kib) != 1)
		return 0;
	return (uint64_t)kib * KIB;
}

static void read_memory(struct topo_node *node, char *text)
{
	node->mem_total_bytes = meminfo(text, "MemTotal:");
	/* the kernel gives idle file pages away before it swaps */
	node->mem_free_bytes = meminfo(text, "MemFree:") + meminfo(text, "Inactive(file):");
	free(text);
}

/* As with CPUs: a recorded tree is about another machine. */
static bool is_denied(int node)
{
	char *why = *sysfs_root() ? NULL : cpuset_obstacle(node, false, true);
	bool denied = why;

	free(why);
	return denied;
}

static uint64_t non_negative(int64_t v)
{
	return v > 0 ? (uint64_t)v : 0;
}

/* ---- nodes ---- */

static void read_distances(struct topology *t, struct topo_node *node)
{
	char *text = sysfs_read("/sys/devices/system/node/node%d/distance", node->id);
	char *save = NULL, *word = text ? strtok_r(text, " \t", &save) : NULL;

	for (int i = 0; i < t->n_nodes; i++) {
		int d = word ? atoi(word) : 0;
		int self = t->nodes[i].id == node->id;

		node->distance[i] = d >= 10 ? d : self ? 10 : 20;
		word = word ? strtok_r(NULL, " \t", &save) : NULL;
	}
	free(text);
}

static int read_node(struct topo_node *node, const struct cpus *online, struct err *e)
{
	const char *dir = "/sys/devices/system/node/node";
	char *list = sysfs_read("%s%d/cpulist", dir, node->id);
	struct cpus *c = mem_zalloc(1, sizeof(*c));
	int rc = 0;

	c->n = list ? sysfs_parse_list(list, c->id, TOPO_MAX_CPUS) : 0;
	if (c->n < 0) {
		rc = err_set(e, EINVAL, "%s%d/cpulist is no list of CPUs: \"%.40s\"", dir, node->id,
			     list);
		goto out;
	}
	keep_common(c, online);
	give_cpus(node, c);
	node->denied = is_denied(node->id);
	read_memory(node, sysfs_read("%s%d/meminfo", dir, node->id));
	node->huge2m_free = non_negative(
		sysfs_int(0, "%s%d/hugepages/hugepages-2048kB/free_hugepages", dir, node->id));
out:
	free(c);
	free(list);
	return rc;
}

static void single_node(struct topology *t, const struct cpus *online)
{
	struct cpus *c = mem_zalloc(1, sizeof(*c));
	struct topo_node *node = mem_zalloc(1, sizeof(*node));

	*c = *online;
	give_cpus(node, c);
	read_memory(node, sysfs_read("/proc/meminfo"));
	node->huge2m_free = non_negative(
		sysfs_int(0, "/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages"));
	node->distance[0] = 10;
	t->nodes = node;
	t->n_nodes = 1;
	free(c);
}

static int read_nodes(struct topology *t, const struct cpus *online, struct err *e)
{
	int ids[TOPO_MAX_NODES + 1];
	char *text = sysfs_read("/sys/devices/system/node/online");
	int n = text ? sysfs_parse_list(text, ids, TOPO_MAX_NODES + 1) : 0;
	int rc = 0;

	if (n < 0 || n > TOPO_MAX_NODES)
		rc = err_set(e, EINVAL,
			     "/sys/devices/system/node/online is no list of at most %d nodes: "
			     "\"%.40s\"",
			     TOPO_MAX_NODES, text);
	free(text);
	if (rc)
		return rc;
	if (!n) {
		single_node(t, online);
		return 0;
	}
	t->nodes = mem_zalloc((size_t)n, sizeof(*t->nodes));
	t->n_nodes = n;
	for (int i = 0; i < n; i++)
		t->nodes[i].id = ids[i];
	for (int i = 0; !rc && i < n; i++) {
		rc = read_node(&t->nodes[i], online, e);
		read_distances(t, &t->nodes[i]);
	}
	return rc;
}

/* ---- the machine as a whole ---- */

static void read_thp(struct topology *t)
{
	char *text = sysfs_read("/sys/kernel/mm/transparent_hugepage/enabled");

	if (text && sscanf(text, "%*[^[][%15[^]]", t->thp) != 1)
		sscanf(text, "[%15[^]]", t->thp);
	free(text);
}

static void read_arch(struct topology *t)
{
	char *text = sysfs_read("/proc/sys/kernel/arch");
	struct utsname u;

	if (!text && !uname(&u))
		text = mem_strdup(u.machine);
	snprintf(t->arch, sizeof(t->arch), "%s", text ? text : "");
	free(text);
}

static uint64_t page_bytes(void)
{
	char *smaps = *sysfs_root() ? sysfs_read("%s", "/proc/self/smaps") : NULL;
	uint64_t bytes = meminfo(smaps, "KernelPageSize:");

	free(smaps);
	return bytes ? bytes : (uint64_t)sysconf(_SC_PAGESIZE);
}

int topology_read(struct topology *t, struct err *e)
{
	struct cpus *online = mem_zalloc(1, sizeof(*online));

	memset(t, 0, sizeof(*t));
	read_online(online);
	t->n_cpus = online->n;
	int rc = read_nodes(t, online, e);

	if (!rc) {
		t->n_sockets = cpu_sockets(online->id, online->n);
		cpu_caches(t, online->id, online->n);
		read_arch(t);
		cpu_model(t->cpu_model, sizeof(t->cpu_model));
		t->page_bytes = page_bytes();
		read_thp(t);
	} else {
		topology_free(t);
	}
	free(online);
	return rc;
}

void topology_free(struct topology *t)
{
	for (int i = 0; i < t->n_nodes; i++)
		free(t->nodes[i].cpus);
	free(t->nodes);
	memset(t, 0, sizeof(*t));
}

const struct topo_node *topology_node(const struct topology *t, int id)
{
	for (int i = 0; i < t->n_nodes; i++)
		if (t->nodes[i].id == id)
			return &t->nodes[i];
	return NULL;
}
