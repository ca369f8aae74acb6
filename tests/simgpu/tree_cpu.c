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

static void put_node(struct tree *t, int node)
{
	const struct sim_memory *m = &sim_profile()->memory;
	char path[128], list[LIST], distance[LIST] = "";
	int nodes = sim_profile_nodes(sim_profile()),
	    per = (int)sim_profile()->cpu.nodes_per_socket;
	size_t len = 0;

#define FILE_OF(name)                                                                              \
	(snprintf(path, sizeof(path), "/sys/devices/system/node/node%d/" name, node), path)
	tree_cpulist(list, sizeof(list), tree_cpu_of_node, node);
	for (int i = 0; i < nodes; i++) {
		long long d = i == node		      ? m->distance_local
			      : i / per == node / per ? m->distance_local + 2
						      : m->distance_remote;

		len += (size_t)snprintf(distance + len, sizeof(distance) - len, "%s%lld",
					i ? " " : "", d);
	}
	tree_put(t, FILE_OF("cpulist"), "%s", list);
	tree_put(t, FILE_OF("distance"), "%s", distance);
	tree_put(t, FILE_OF("meminfo"),
		 "Node %d MemTotal:       %lld kB\nNode %d MemFree:        %lld kB", node,
		 (long long)m->node_bytes / 1024, node, (long long)m->node_free_bytes / 1024);
	tree_put(t, FILE_OF("hugepages/hugepages-2048kB/nr_hugepages"), "%lld",
		 (long long)m->huge2m_pages);
	tree_put(t, FILE_OF("hugepages/hugepages-2048kB/free_hugepages"), "%lld",
		 (long long)m->huge2m_pages);
#undef FILE_OF
}

void tree_cpus(struct tree *t)
{
	int nodes = sim_profile_nodes(sim_profile());
	char list[LIST], all[32];

	tree_cpulist(list, sizeof(list), of_all, 0);
	tree_put(t, "/sys/devices/system/cpu/online", "%s", list);
	tree_put(t, "/sys/devices/system/cpu/present", "%s", list);
	tree_put(t, "/sys/devices/system/cpu/smt/active", "%d",
		 sim_profile()->cpu.threads_per_core > 1);
	put_cpus(t);
	snprintf(all, sizeof(all), nodes > 1 ? "0-%d" : "%d", nodes - 1);
	tree_put(t, "/sys/devices/system/node/online", "%s", all);
	tree_put(t, "/sys/devices/system/node/has_memory", "%s", all);
	tree_put(t, "/sys/devices/system/node/has_cpu", "%s", all);
	for (int n = 0; n < nodes; n++)
		put_node(t, n);
}
