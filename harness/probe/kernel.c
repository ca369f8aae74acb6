/* How the kernel is set: memory policy, command line, modules, daemons, variables that steer. */
#include "host.h"
#include "sysfs.h"
#include "../base/mem.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

extern char **environ;

/* "always [madvise] never" -> "madvise" */
static void choice_row(const struct rows *r, const char *key, const char *path)
{
	char *text = sysfs_read("%s", path);
	char *open = text ? strchr(text, '[') : NULL;
	char *close = open ? strchr(open, ']') : NULL;

	if (close) {
		*close = '\0';
		row(r, key, path, "%s", open + 1);
	}
	free(text);
}

static void setting_rows(const struct rows *r)
{
	choice_row(r, "kernel.thp", "/sys/kernel/mm/transparent_hugepage/enabled");
	choice_row(r, "kernel.thp_defrag", "/sys/kernel/mm/transparent_hugepage/defrag");
	choice_row(r, "kernel.thp_shmem", "/sys/kernel/mm/transparent_hugepage/shmem_enabled");
	file_row(r, "kernel.hugepages", "/proc/sys/vm/nr_hugepages");
	file_row(r, "kernel.numa_balancing", "/proc/sys/kernel/numa_balancing");
	file_row(r, "kernel.zone_reclaim", "/proc/sys/vm/zone_reclaim_mode");
	file_row(r, "kernel.swappiness", "/proc/sys/vm/swappiness");
	file_row(r, "kernel.overcommit", "/proc/sys/vm/overcommit_memory");
	file_row(r, "kernel.dirty_ratio", "/proc/sys/vm/dirty_ratio");
	file_row(r, "kernel.dirty_background_ratio", "/proc/sys/vm/dirty_background_ratio");
	file_row(r, "kernel.clocksource",
		 "/sys/devices/system/clocksource/clocksource0/current_clocksource");
}

/* Only flags that change speed or what a device can reach: the rest is nobody's business. */
static bool telling(const char *name)
{
	static const char *const names[] = {"iommu",
					    "intel_iommu",
					    "amd_iommu",
					    "iommu.passthrough",
					    "iommu.strict",
					    "isolcpus",
					    "nohz_full",
					    "rcu_nocbs",
					    "irqaffinity",
					    "nosmt",
					    "maxcpus",
					    "nr_cpus",
					    "mitigations",
					    "numa_balancing",
					    "numa",
					    "hugepages",
					    "hugepagesz",
					    "default_hugepagesz",
					    "transparent_hugepage",
					    "init_on_alloc",
					    "idle",
					    "processor.max_cstate",
					    "intel_idle.max_cstate",
					    "intel_pstate",
					    "amd_pstate",
					    "pci",
					    "pcie_aspm",
					    "pcie_acs_override",
					    "pcie_ports",
					    "clocksource",
					    "tsc",
					    "preempt",
					    "skew_tick",
					    "nmi_watchdog",
					    "audit",
					    "mem"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

static void cmdline_rows(const struct rows *r)
{
	char *text = sysfs_read("/proc/cmdline"), *save = NULL;

	for (char *word = text ? strtok_r(text, " \t\n", &save) : NULL; word;
	     word = strtok_r(NULL, " \t\n", &save)) {
		char *value = strchr(word, '=');

		if (value)
			*value++ = '\0';
		if (!telling(word))
			continue;
		char *key = mem_printf("kernel.cmdline.%s", word);

		row(r, key, "/proc/cmdline", "%s", value ? value : "set");
		free(key);
	}
	free(text);
}

static void module_rows(const struct rows *r)
{
	static const char *const names[] = {"nvidia",	 "nvidia_uvm", "nvidia_peermem",
					    "nvidia_fs", "gdrdrv",     "nouveau"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char *key = mem_printf("module.%s", names[i]);

		row(r, key, "/sys/module", "%s",
		    sysfs_exists("/sys/module/%s", names[i]) ? "loaded" : "absent");
		free(key);
	}
}

/* comm is cut at 15 characters by the kernel. */
static const struct {
	const char *comm, *key;
} daemons[] = {
	{"slurmd", "daemon.slurmd"},
	{"kubelet", "daemon.kubelet"},
	{"nv-hostengine", "daemon.dcgm"},
	{"nv-fabricmanage", "daemon.fabricmanager"},
	{"nvidia-persiste", "daemon.persistenced"},
	{"nvidia-cuda-mps", "daemon.mps"},
	{"irqbalance", "daemon.irqbalance"},
	{"numad", "daemon.numad"},
	{"tuned", "daemon.tuned"},
};

#define N_DAEMONS (sizeof(daemons) / sizeof(*daemons))

static void daemon_rows(const struct rows *r)
{
	bool found[N_DAEMONS] = {false};
	char **names;
	size_t n = sysfs_list(&names, "/proc");

	for (size_t i = 0; i < n; i++) {
		if (!isdigit((unsigned char)names[i][0]))
			continue;
		char *comm = sysfs_read("/proc/%s/comm", names[i]);

		for (size_t k = 0; comm && k < N_DAEMONS; k++)
			found[k] |= !strcmp(comm, daemons[k].comm);
		free(comm);
	}
	for (size_t k = 0; k < N_DAEMONS; k++)
		row(r, daemons[k].key, "/proc/*/comm", "%s", found[k] ? "running" : "not seen");
	sysfs_list_free(names, n);
}

/* Variables that change what a step measures, sorted for equal bytes. */
static bool steers(const char *entry)
{
	static const char *const prefixes[] = {
		"CUDA_", "NVIDIA_",	    "NCCL_",	   "UCX_",
		"OMP_",	 "GLIBC_TUNABLES=", "LD_PRELOAD=", "MALLOC_"};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++)
		if (!strncmp(entry, prefixes[i], strlen(prefixes[i])))
			return true;
	return false;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void variable_rows(const struct rows *r)
{
	size_t n = 0, cap = 0;
	char **list = NULL;

	for (char **p = environ; p && *p; p++) {
		if (!steers(*p) || !strchr(*p, '='))
			continue;
		list = mem_grow(list, n, &cap, sizeof(*list));
		list[n++] = *p;
	}
	if (n)
		qsort(list, n, sizeof(*list), by_text);
	for (size_t i = 0; i < n; i++) {
		const char *value = strchr(list[i], '=') + 1;
		char *key = mem_printf("variable.%.*s", (int)(value - 1 - list[i]), list[i]);

		for (char *c = key; *c; c++)
			*c = (char)tolower((unsigned char)*c);
		row(r, key, "environment", "%s", value);
		free(key);
	}
	free(list);
}

void kernel_rows(const struct rows *r)
{
	setting_rows(r);
	cmdline_rows(r);
	module_rows(r);
	daemon_rows(r);
	variable_rows(r);
}
