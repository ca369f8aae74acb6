/* Processors, caches and NUMA nodes of the simulated server. */
#include "tree.h"

#include <stdio.h>

#define LIST 1024

static bool of_all(int cpu, int arg)
{
	return true;
}

static int core_of(int cpu)
{
	return cpu % (int)(sim_profile()->cpu.sockets * sim_profile()->cpu.cores_per_socket);
}

static bool of_core(int cpu, int core)
{
	return core_of(cpu) == core;
}

static bool of_llc(int cpu, int llc)
{
	return core_of(cpu) / (int)sim_profile()->cpu.llc_cores == llc;
}

static void put_cache(struct tree *t, int cpu, int index, int level, const char *type,
		      int64_t bytes, const char *shared)
{
	char path[128];

#define FILE_OF(name)                                                                              \
	(snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/cache/index%d/" name, cpu,    \
		  index),                                                                          \
	 path)
	tree_put(t, FILE_OF("level"), "%d", level);
	tree_put(t, FILE_OF("type"), "%s", type);
	tree_put(t, FILE_OF("size"), "%lldK", (long long)bytes / 1024);
	tree_put(t, FILE_OF("shared_cpu_list"), "%s", shared);
#undef FILE_OF
}

/* The first thread of a core. */
static void put_core(struct tree *t, int cpu)
{
	const struct sim_cpu *c = &sim_profile()->cpu;
	char path[128], siblings[LIST], llc[LIST];
	int core = core_of(cpu), first = core / (int)c->llc_cores * (int)c->llc_cores;

#define FILE_OF(name)                                                                              \
	(snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/" name, cpu), path)
	tree_cpulist(siblings, sizeof(siblings), of_core, core);
	tree_put(t, FILE_OF("topology/physical_package_id"), "%d", core / (int)c->cores_per_socket);
	tree_put(t, FILE_OF("topology/core_id"), "%d", core % (int)c->cores_per_socket);
	tree_put(t, FILE_OF("topology/thread_siblings_list"), "%s", siblings);
	tree_put(t, FILE_OF("cpufreq/scaling_governor"), "%s", c->governor);
	tree_put(t, FILE_OF("cpufreq/cpuinfo_max_freq"), "%lld", (long long)c->max_hz / 1000);
#undef FILE_OF
	put_cache(t, cpu, 0, 1, "Data", c->l1d_bytes, siblings);
	put_cache(t, cpu, 1, 2, "Unified", c->l2_bytes, siblings);
	if (cpu == first) {
		tree_cpulist(llc, sizeof(llc), of_llc, core / (int)c->llc_cores);
		put_cache(t, cpu, 2, 3, "Unified", c->llc_bytes, llc);
	} else {
		snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/cache/index2", cpu);
		tree_link(t, path, "../../cpu%d/cache/index2", first);
	}
}

/* What is the same for several CPUs is written once and linked: hundreds of them take time. */
static void put_cpus(struct tree *t)
{
	char path[64];

	for (int c = 0; c < sim_profile_cpus(sim_profile()); c++) {
		snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d", c);
		if (c == core_of(c))
			put_core(t, c);
		else
			tree_link(t, path, "cpu%d", core_of(c));
	}
}

/* ---- nodes ---- */

/* Each GPU whose memory is a node has eight numbers: the seven others are kept for MIG, empty. */
#define NODES_PER_GPU 8
#define NODE_NUMBERS  (SIM_MAX_MEMORY_NODE + NODES_PER_GPU)

static bool has_cpus(int node, int arg)
{
	return node < sim_profile_nodes(sim_profile());
}

/* The GPU that keeps that number, -1. */
static int gpu_of(int node)
{
	int g = sim_profile()->n_gpus - 1;

	for (; g >= 0; g--) {
		int64_t first = sim_profile()->gpu[g].memory_node;

		if (first >= 0 && node >= first && node < first + NODES_PER_GPU)
			break;
	}
	return g;
}

static bool is_node(int node, int arg)
{
	return has_cpus(node, 0) || gpu_of(node) >= 0;
}

static bool has_memory(int node, int arg)
{
	return has_cpus(node, 0) || sim_node_gpu(node) >= 0;
}

void tree_memory_nodes(char *out, size_t n)
{
	tree_list(out, n, NODE_NUMBERS, has_memory, 0);
}

static int socket_of(int node)
{
	return gpu_of(node) < 0 ? sim_node_socket(node)
				: sim_node_socket(sim_gpu_near(gpu_of(node)));
}

/* 80, 120 and 255 (no way): as the firmware of Grace machines has them. */
static long long distance(int a, int b)
{
	const struct sim_memory *m = &sim_profile()->memory;
	bool near = socket_of(a) == socket_of(b);

	if (a == b)
		return m->distance_local;
	if (!has_cpus(a, 0) && !has_cpus(b, 0))
		return 255;
	if (!has_cpus(a, 0) || !has_cpus(b, 0))
		return near ? 80 : 120;
	return near ? m->distance_local + 2 : m->distance_remote;
}

#define FILE_OF(name)                                                                              \
	(snprintf(path, sizeof(path), "/sys/devices/system/node/node%d/" name, node), path)

static void put_node_memory(struct tree *t, int node)
{
	const struct sim_memory *m = &sim_profile()->memory;
	int gpu = sim_node_gpu(node);
	const struct sim_gpu *g = gpu < 0 ? NULL : &sim_profile()->gpu[gpu];
	long long total = g ? g->memory_bytes : has_cpus(node, 0) ? m->node_bytes : 0;
	long long free = g		     ? g->memory_bytes - g->memory_used_bytes
			 : has_cpus(node, 0) ? m->node_free_bytes
					     : 0;
	long long huge = has_cpus(node, 0) ? m->huge2m_pages : 0;
	char path[128];

	tree_put(t, FILE_OF("meminfo"),
		 "Node %d MemTotal:       %lld kB\nNode %d MemFree:        %lld kB", node,
		 total / 1024, node, free / 1024);
	tree_put(t, FILE_OF("hugepages/hugepages-2048kB/nr_hugepages"), "%lld", huge);
	tree_put(t, FILE_OF("hugepages/hugepages-2048kB/free_hugepages"), "%lld", huge);
}

static void put_node(struct tree *t, int node)
{
	char path[128], list[LIST], distances[LIST] = "";
	size_t len = 0;

	tree_cpulist(list, sizeof(list), tree_cpu_of_node, node);
	for (int i = 0; i < NODE_NUMBERS; i++) {
		if (is_node(i, 0))
			len += (size_t)snprintf(distances + len, sizeof(distances) - len, "%s%lld",
						len ? " " : "", distance(node, i));
	}
	tree_put(t, FILE_OF("cpulist"), "%s", list);
	tree_put(t, FILE_OF("distance"), "%s", distances);
	put_node_memory(t, node);
}

#undef FILE_OF

static void put_nodes(struct tree *t)
{
	char list[LIST];

	tree_list(list, sizeof(list), NODE_NUMBERS, is_node, 0);
	tree_put(t, "/sys/devices/system/node/online", "%s", list);
	tree_memory_nodes(list, sizeof(list));
	tree_put(t, "/sys/devices/system/node/has_memory", "%s", list);
	tree_list(list, sizeof(list), NODE_NUMBERS, has_cpus, 0);
	tree_put(t, "/sys/devices/system/node/has_cpu", "%s", list);
	for (int n = 0; n < NODE_NUMBERS; n++) {
		if (is_node(n, 0))
			put_node(t, n);
	}
}

void tree_cpus(struct tree *t)
{
	char list[LIST];

	tree_cpulist(list, sizeof(list), of_all, 0);
	tree_put(t, "/sys/devices/system/cpu/online", "%s", list);
	tree_put(t, "/sys/devices/system/cpu/present", "%s", list);
	tree_put(t, "/sys/devices/system/cpu/smt/active", "%d",
		 sim_profile()->cpu.threads_per_core > 1);
	put_cpus(t);
	put_nodes(t);
}
