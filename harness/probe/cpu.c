/*
 * Processors: see cpu.h. Known error: arm64 kernels give no model name, so a part that the
 * table below lacks is shown by its numbers.
 */
#include "cpu.h"
#include "sysfs.h"
#include "../base/mem.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CPU_DIR "/sys/devices/system/cpu/cpu"

int cpu_socket(int cpu)
{
	return (int)sysfs_int(-1, CPU_DIR "%d/topology/physical_package_id", cpu);
}

int cpu_sockets(const int *cpus, int n)
{
	int *seen = mem_zalloc((size_t)n + 1, sizeof(*seen));
	int found = 0;

	for (int i = 0; i < n; i++) {
		int id = cpu_socket(cpus[i]);
		int k = 0;

		while (k < found && seen[k] != id)
			k++;
		if (id >= 0 && k == found)
			seen[found++] = id;
	}
	free(seen);
	return found ? found : 1;
}

/* ---- caches ---- */

struct llc {
	char *shared; /* shared_cpu_list: what tells one cache from another */
	uint64_t bytes;
	int first_cpu;
};

static uint64_t cache_size(const char *text)
{
	char *end;
	unsigned long long v = strtoull(text, &end, 10);

	return v * (*end == 'K' ? 1u << 10 : *end == 'M' ? 1u << 20 : *end == 'G' ? 1u << 30 : 1u);
}

/* The last data or unified level of one CPU. */
static struct llc last_level(int cpu)
{
	struct llc best = {NULL, 0, cpu};
	int64_t best_level = 0;

	for (int i = 0; i < 10; i++) {
		int64_t level = sysfs_int(-1, CPU_DIR "%d/cache/index%d/level", cpu, i);

		if (level < 0)
			break;
		char *type = sysfs_read(CPU_DIR "%d/cache/index%d/type", cpu, i);
		char *size = sysfs_read(CPU_DIR "%d/cache/index%d/size", cpu, i);

		if (level > best_level && size && type && strcmp(type, "Instruction")) {
			best_level = level;
			best.bytes = cache_size(size);
			free(best.shared);
			best.shared =
				sysfs_read(CPU_DIR "%d/cache/index%d/shared_cpu_list", cpu, i);
		}
		free(type);
		free(size);
	}
	return best;
}

static bool add_llc(struct llc *all, size_t n, struct llc one)
{
	if (!one.shared)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!strcmp(all[i].shared, one.shared)) {
			free(one.shared);
			return false;
		}
	all[n] = one;
	return true;
}

/* Whether the cache serves some CPU of this node. */
static bool serves(const struct llc *c, int node)
{
	static const size_t max = TOPO_MAX_CPUS;
	int *a = mem_zalloc(2 * max, sizeof(*a)), *b = a + max;
	char *list = sysfs_read("/sys/devices/system/node/node%d/cpulist", node);
	int n = sysfs_parse_list(c->shared, a, (int)max);
	int m = list ? sysfs_parse_list(list, b, (int)max) : -1;
	bool yes = !list;

	for (int i = 0, k = 0; !yes && i < n && k < m;) {
		if (a[i] == b[k])
			yes = true;
		else if (a[i] < b[k])
			i++;
		else
			k++;
	}
	free(list);
	free(a);
	return yes;
}

static void without_sysfs(struct topology *t)
{
#ifdef _SC_LEVEL3_CACHE_SIZE
	long v = *sysfs_root() ? 0 : sysconf(_SC_LEVEL3_CACHE_SIZE);

	t->llc_bytes = t->llc_total_bytes = v > 0 ? (uint64_t)v : 0;
#endif
}

void cpu_caches(struct topology *t, const int *cpus, int n)
{
	struct llc *all = mem_zalloc((size_t)n + 1, sizeof(*all));
	size_t n_all = 0;

	for (int i = 0; i < n; i++)
		n_all += add_llc(all, n_all, last_level(cpus[i]));
	for (int k = 0; k < t->n_nodes; k++) {
		uint64_t total = 0;

		for (size_t i = 0; i < n_all; i++)
			total += serves(&all[i], t->nodes[k].id) ? all[i].bytes : 0;
		if (total > t->llc_total_bytes)
			t->llc_total_bytes = total;
	}
	for (size_t i = 0; i < n_all; i++) {
		if (all[i].bytes > t->llc_bytes)
			t->llc_bytes = all[i].bytes;
		free(all[i].shared);
	}
	free(all);
	if (!n_all)
		without_sysfs(t);
}

/* ---- the model's name ---- */

char *cpu_info(const char *name)
{
	char *text = sysfs_read("/proc/cpuinfo");
	char *save = NULL, *found = NULL;
	size_t n = strlen(name);

	for (char *line = text ? strtok_r(text, "\n", &save) : NULL; line && !found;
	     line = strtok_r(NULL, "\n", &save)) {
		const char *rest = line + n;

		if (strncmp(line, name, n) || !*rest)
			continue;
		rest += strspn(rest, " \t");
		if (*rest == ':')
			found = mem_strdup(rest + 1 + strspn(rest + 1, " \t"));
	}
	free(text);
	return found;
}

/* MIDR implementer and part numbers as their makers document them. */
static const struct {
	unsigned implementer, part;
	const char *name;
} arm_parts[] = {
	{0x41, 0xd08, "Cortex-A72"},  {0x41, 0xd0c, "Neoverse-N1"}, {0x41, 0xd40, "Neoverse-V1"},
	{0x41, 0xd49, "Neoverse-N2"}, {0x41, 0xd4f, "Neoverse-V2"}, {0x41, 0xd84, "Neoverse-V3"},
	{0x41, 0xd8e, "Neoverse-N3"}, {0x46, 0x001, "A64FX"},	    {0x48, 0xd01, "Kunpeng-920"},
	{0x4e, 0x004, "Carmel"},      {0x4e, 0x010, "Olympus"},	    {0xc0, 0xac3, "Ampere-1"},
	{0xc0, 0xac4, "Ampere-1a"},
};

static bool arm_model(char *out, size_t size)
{
	char *implementer = cpu_info("CPU implementer"), *part = cpu_info("CPU part");
	bool known = implementer && part;

	if (known) {
		unsigned i = (unsigned)strtoul(implementer, NULL, 0);
		unsigned p = (unsigned)strtoul(part, NULL, 0);

		snprintf(out, size, "arm64 implementer 0x%02x part 0x%03x", i, p);
		for (size_t k = 0; k < sizeof(arm_parts) / sizeof(*arm_parts); k++)
			if (arm_parts[k].implementer == i && arm_parts[k].part == p)
				snprintf(out, size, "%s", arm_parts[k].name);
	}
	free(implementer);
	free(part);
	return known;
}

void cpu_model(char *out, size_t size)
{
	char *name = cpu_info("model name");

	if (name && *name)
		snprintf(out, size, "%s", name);
	else if (!arm_model(out, size))
		snprintf(out, size, "unknown");
	free(name);
}
