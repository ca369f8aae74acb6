/*
 * What the machine is: host, processors, memory by node. Known error: whether this is a
 * virtual machine is told by the firmware's maker and a CPU flag; both can be hidden.
 */
#include "host.h"
#include "cpu.h"
#include "cpuset.h"
#include "dimm.h"
#include "sysfs.h"
#include "topology.h"
#include "../base/buf.h"
#include "../base/mem.h"
#include "../base/self.h"
#include "../base/units.h"

#include <gnu/libc-version.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- host ---- */

static void os_row(const struct rows *r)
{
	char *text = sysfs_read("/etc/os-release"), *save = NULL;

	for (char *line = text ? strtok_r(text, "\n", &save) : NULL; line;
	     line = strtok_r(NULL, "\n", &save))
		if (!strncmp(line, "PRETTY_NAME=", 12)) {
			char *value = line + 12 + (line[12] == '"');

			value[strcspn(value, "\"")] = '\0';
			row(r, "host.os", "/etc/os-release", "%s", value);
		}
	free(text);
}

static bool virtual_maker(const char *maker)
{
	static const char *const makers[] = {"QEMU",   "VMware",  "Xen",     "Amazon EC2",
					     "Google", "innotek", "Red Hat", "OpenStack"};

	for (size_t i = 0; i < sizeof(makers) / sizeof(*makers); i++)
		if (strstr(maker, makers[i]))
			return true;
	return false;
}

static bool has_word(const char *text, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = text; p && (p = strstr(p, word)); p += n)
		if ((p == text || p[-1] == ' ') && (!p[n] || p[n] == ' '))
			return true;
	return false;
}

static void virtual_row(const struct rows *r)
{
	char *flags = cpu_info("flags");
	char *maker = sysfs_read("/sys/class/dmi/id/sys_vendor");
	char *product = sysfs_read("/sys/class/dmi/id/product_name");

	if (has_word(flags, "hypervisor"))
		row(r, "host.virtual", "flag hypervisor in /proc/cpuinfo", "yes");
	else if (product && strstr(product, "metal"))
		row(r, "host.virtual", "/sys/class/dmi/id/product_name", "no");
	else if ((maker && virtual_maker(maker)) || (product && strstr(product, "Virtual Machine")))
		row(r, "host.virtual", "/sys/class/dmi/id", "yes");
	else if (flags)
		row(r, "host.virtual", "no flag hypervisor in /proc/cpuinfo", "no");
	else
		row(r, "host.virtual", "neither /proc/cpuinfo nor DMI says", "unknown");
	free(flags);
	free(maker);
	free(product);
}

/* Whose loader and libraries this process runs on; what is not the bundle's own is named. */
static void userland_rows(const struct rows *r)
{
	char *dir = self_portable_dir();
	char *foreign = dir ? self_foreign_library(dir) : NULL;

	row(r, "program.userland", "the C library that is mapped", dir ? "portable" : "system");
	if (foreign)
		row(r, "program.foreign_library", "dl_iterate_phdr", "%s", foreign);
	free(foreign);
	free(dir);
}

static void host_rows(const struct rows *r)
{
	file_row(r, "host.name", "/proc/sys/kernel/hostname");
	file_row(r, "host.boot_id", "/proc/sys/kernel/random/boot_id");
	file_row(r, "host.kernel", "/proc/sys/kernel/osrelease");
	os_row(r);
	row(r, "host.libc", "gnu_get_libc_version", "glibc %s", gnu_get_libc_version());
	userland_rows(r);
	file_row(r, "host.maker", "/sys/class/dmi/id/sys_vendor");
	file_row(r, "host.product", "/sys/class/dmi/id/product_name");
	file_row(r, "host.bios", "/sys/class/dmi/id/bios_version");
	file_row(r, "host.bios_date", "/sys/class/dmi/id/bios_date");
	virtual_row(r);
}

/* ---- processors ---- */

static void smt_row(const struct rows *r)
{
	const char *path = "/sys/devices/system/cpu/smt/active";
	int64_t v = sysfs_int(-1, "%s", path);

	if (v >= 0)
		row(r, "cpu.smt", path, "%s", v ? "on" : "off");
}

/* One value where all CPUs agree, else all that occur. */
static void cpu_file_row(const struct rows *r, const struct topology *t, const char *key,
			 const char *file)
{
	struct buf seen = BUF_INIT;
	char *source = mem_printf("/sys/devices/system/cpu/cpu*/%s", file);

	for (int i = 0; i < t->n_nodes; i++)
		for (int k = 0; k < t->nodes[i].n_cpus; k++) {
			char *v = sysfs_read("/sys/devices/system/cpu/cpu%d/%s",
					     t->nodes[i].cpus[k], file);

			if (v && !has_word(buf_str(&seen), v))
				buf_printf(&seen, "%s%s", seen.len ? " " : "", v);
			free(v);
		}
	if (seen.len)
		row(r, key, source, "%s", buf_str(&seen));
	buf_free(&seen);
	free(source);
}

static void clock_row(const struct rows *r)
{
	const char *path = "/sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq";
	int64_t khz = sysfs_int(0, "%s", path);

	if (khz > 0)
		row(r, "cpu.clock_max", path, "%lld", (long long)khz * 1000);
}

static void turbo_row(const struct rows *r)
{
	const char *intel = "/sys/devices/system/cpu/intel_pstate/no_turbo";
	const char *other = "/sys/devices/system/cpu/cpufreq/boost";
	int64_t off = sysfs_int(-1, "%s", intel), on = sysfs_int(-1, "%s", other);

	if (off >= 0)
		row(r, "cpu.turbo", intel, "%s", off ? "off" : "on");
	else if (on >= 0)
		row(r, "cpu.turbo", other, "%s", on ? "on" : "off");
}

/* The deepest idle state that is not disabled, with the time to leave it. */
static void idle_rows(const struct rows *r)
{
	const char *dir = "/sys/devices/system/cpu/cpu0/cpuidle/state";
	int64_t worst = -1;
	char text[40], *name = NULL;

	for (int i = 0; sysfs_exists("%s%d/latency", dir, i); i++) {
		int64_t us = sysfs_int(-1, "%s%d/latency", dir, i);

		if (us <= worst || sysfs_int(0, "%s%d/disable", dir, i) == 1)
			continue;
		worst = us;
		free(name);
		name = sysfs_read("%s%d/name", dir, i);
	}
	if (name) {
		row(r, "cpu.idle_deepest", "/sys/devices/system/cpu/cpu0/cpuidle", "%s", name);
		row(r, "cpu.idle_latency", "/sys/devices/system/cpu/cpu0/cpuidle", "%s",
		    units_exact(text, sizeof(text), (double)worst / 1e6));
	}
	free(name);
}

static void cpu_rows(const struct rows *r, const struct topology *t)
{
	row(r, "cpu.model", "/proc/cpuinfo", "%s", t->cpu_model);
	row(r, "cpu.arch", "/proc/sys/kernel/arch or uname", "%s", t->arch);
	row(r, "cpu.count", "/sys/devices/system/cpu/online", "%d", t->n_cpus);
	row(r, "cpu.sockets", "topology/physical_package_id", "%d", t->n_sockets);
	if (t->llc_bytes) {
		row(r, "cpu.llc", "/sys/devices/system/cpu/cpu*/cache", "%llu",
		    (unsigned long long)t->llc_bytes);
		row(r, "cpu.llc_of_node", "/sys/devices/system/cpu/cpu*/cache", "%llu",
		    (unsigned long long)t->llc_total_bytes);
	}
	file_row(r, "cpu.microcode", "/sys/devices/system/cpu/cpu0/microcode/version");
	smt_row(r);
	cpu_file_row(r, t, "cpu.governor", "cpufreq/scaling_governor");
	cpu_file_row(r, t, "cpu.preference", "cpufreq/energy_performance_preference");
	file_row(r, "cpu.clock_driver", "/sys/devices/system/cpu/cpu0/cpufreq/scaling_driver");
	clock_row(r);
	turbo_row(r);
	idle_rows(r);
}

/* ---- memory ---- */

static void node_row(const struct rows *r, int node, const char *field, const char *source,
		     const char *value)
{
	char *key = mem_printf("node.%d.%s", node, field);

	row(r, key, source, "%s", value);
	free(key);
}

/* A file of the node's folder, whole or as a number of bytes. */
static void node_file_row(const struct rows *r, int node, const char *field, const char *file)
{
	char *path = mem_printf("/sys/devices/system/node/node%d/%s", node, file);
	char *value = sysfs_read("%s", path);

	if (value)
		node_row(r, node, field, path, value);
	free(value);
	free(path);
}

/*
 * The one socket of a node's CPUs, allowed to this process or not; -1 for none or several. A CPU
 * that is offline has none, and kernels before 4.14 list it all the same.
 */
static int socket_of(const char *cpulist)
{
	int *cpu = mem_zalloc(TOPO_MAX_CPUS, sizeof(*cpu));
	int n = sysfs_parse_list(cpulist, cpu, TOPO_MAX_CPUS);
	int found = -1;
	bool several = false;

	for (int i = 0; i < n; i++) {
		int socket = cpu_socket(cpu[i]);

		several |= found >= 0 && socket >= 0 && socket != found;
		found = socket >= 0 ? socket : found;
	}
	free(cpu);
	return several ? -1 : found;
}

static void socket_row(const struct rows *r, int node)
{
	char *list = sysfs_read("/sys/devices/system/node/node%d/cpulist", node);
	int socket = list ? socket_of(list) : -1;
	char text[16];

	snprintf(text, sizeof(text), "%d", socket);
	if (socket >= 0)
		node_row(r, node, "socket", "topology/physical_package_id", text);
	free(list);
}

/* Only where something keeps this process from the node. */
static void reach_row(const struct rows *r, int node)
{
	char *why = cpuset_obstacle(node, true, true);

	if (why)
		node_row(r, node, "out_of_reach", "/proc/self/status, cgroup", why);
	free(why);
}

static void node_rows(const struct rows *r, const struct topology *t)
{
	char text[40];

	for (int i = 0; i < t->n_nodes; i++) {
		const struct topo_node *n = &t->nodes[i];

		node_file_row(r, n->id, "cpus", "cpulist");
		socket_row(r, n->id);
		node_file_row(r, n->id, "distance", "distance");
		node_file_row(r, n->id, "huge2m", "hugepages/hugepages-2048kB/nr_hugepages");
		node_file_row(r, n->id, "huge1g", "hugepages/hugepages-1048576kB/nr_hugepages");
		snprintf(text, sizeof(text), "%llu", (unsigned long long)n->mem_total_bytes);
		node_row(r, n->id, "memory", "MemTotal", text);
		if (n->n_cpus || n->mem_total_bytes)
			reach_row(r, n->id);
	}
}

static void swap_row(const struct rows *r)
{
	char *text = sysfs_read("/proc/swaps"), *save = NULL;
	unsigned long long total = 0, kib;

	if (!text)
		return;
	strtok_r(text, "\n", &save); /* the heading */
	for (char *line; (line = strtok_r(NULL, "\n", &save));)
		if (sscanf(line, "%*s %*s %llu", &kib) == 1)
			total += kib * 1024;
	row(r, "memory.swap", "/proc/swaps", "%llu", total);
	free(text);
}

/* Errors that the memory controllers counted since the boot. */
static void edac_row(const struct rows *r, const char *key, const char *file)
{
	char **names;
	size_t n = sysfs_list(&names, "/sys/devices/system/edac/mc");
	long long total = 0;
	bool any = false;

	for (size_t i = 0; i < n; i++) {
		int64_t v = sysfs_int(-1, "/sys/devices/system/edac/mc/%s/%s", names[i], file);

		any |= v >= 0;
		total += v > 0 ? v : 0;
	}
	if (any)
		row(r, key, "/sys/devices/system/edac/mc", "%lld", total);
	sysfs_list_free(names, n);
}

/* Only where the firmware's tables may be read. */
static void dimm_row(const struct rows *r)
{
	struct dimms d;
	char text[40];

	dimms_read(&d);
	if (d.bytes_per_s > 0)
		row(r, "memory.modules_peak", d.why, "%s", rows_number(text, d.bytes_per_s));
}

void machine_rows(const struct rows *r)
{
	struct err e = ERR_INIT;
	struct topology t;

	host_rows(r);
	if (topology_read(&t, &e)) {
		row(r, "host.topology", "sysfs", "%s", e.text);
		return;
	}
	cpu_rows(r, &t);
	row(r, "memory.page", "sysconf, /proc/self/smaps of a recorded tree", "%llu",
	    (unsigned long long)t.page_bytes);
	node_rows(r, &t);
	swap_row(r);
	dimm_row(r);
	edac_row(r, "memory.edac_corrected", "ce_count");
	edac_row(r, "memory.edac_uncorrected", "ue_count");
	topology_free(&t);
}
