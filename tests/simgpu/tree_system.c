/*
 * The rest of the tree: kernel, memory, driver, and the little of /proc/self that says that the
 * process runs on the bare server, in a cgroup without limits but those of a fault.
 */
#include "tree.h"
#include "../../harness/base/rng.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_arm(void)
{
	return !strcmp(sim_profile()->cpu.arch, "aarch64");
}

/* One processor of /proc/cpuinfo; arm64 kernels name no model but its maker and part. */
static int cpuinfo(char *out, size_t n, int cpu)
{
	const struct sim_cpu *c = &sim_profile()->cpu;
	bool vm = strcmp(sim_profile()->server.hypervisor, "none") != 0;

	if (is_arm()) /* Neoverse V2 */
		return snprintf(out, n,
				"processor\t: %d\nBogoMIPS\t: 2000.00\nFeatures\t: fp asimd "
				"atomics sve2\nCPU implementer\t: 0x41\nCPU architecture: 8\n"
				"CPU variant\t: 0x0\nCPU part\t: 0xd4f\nCPU revision\t: 0\n\n",
				cpu);
	return snprintf(out, n,
			"processor\t: %d\nvendor_id\t: %.32s\nmodel name\t: %.100s\n"
			"flags\t\t: fpu constant_tsc nonstop_tsc%s\n\n",
			cpu, c->vendor, c->model, vm ? " hypervisor" : "");
}

static void put_cpuinfo(struct tree *t)
{
	int n = sim_profile_cpus(sim_profile());
	size_t cap = (size_t)n * 256 + 1, len = 0;
	char *text = malloc(cap);

	if (!text) {
		err_set(&t->e, ENOMEM, "no memory");
		return;
	}
	for (int i = 0; i < n; i++)
		len += (size_t)cpuinfo(text + len, cap - len, i);
	tree_put(t, "/proc/cpuinfo", "%s", text);
	free(text);
}

static void put_memory(struct tree *t)
{
	const struct sim_memory *m = &sim_profile()->memory;
	long long nodes = sim_profile_nodes(sim_profile());
	long long page = sim_profile()->cpu.page_bytes; /* a huge one is a table of pages */
	const char *thp = sim_profile()->cpu.thp;

	tree_put(t, "/proc/meminfo",
		 "MemTotal:       %lld kB\nMemFree:        %lld kB\nMemAvailable:   %lld kB\n"
		 "HugePages_Total:   %lld\nHugePages_Free:    %lld\nHugepagesize:       %lld kB",
		 nodes * m->node_bytes / 1024, nodes * m->node_free_bytes / 1024,
		 nodes * m->node_free_bytes / 1024, nodes * m->huge2m_pages,
		 nodes * m->huge2m_pages, page * (page / 8) / 1024);
	tree_put(t, "/sys/kernel/mm/transparent_hugepage/enabled", "%s",
		 !strcmp(thp, "always")	   ? "[always] madvise never"
		 : !strcmp(thp, "madvise") ? "always [madvise] never"
					   : "always madvise [never]");
	tree_put(t, "/sys/kernel/mm/transparent_hugepage/defrag",
		 "always defer defer+madvise [madvise] never");
	tree_put(t, "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "%lld",
		 nodes * m->huge2m_pages);
	tree_put(t, "/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "%lld",
		 nodes * m->huge2m_pages);
	tree_put(t, "/proc/swaps", "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority");
	tree_put(t, "/proc/sys/vm/swappiness", "1");
	tree_put(t, "/proc/sys/vm/zone_reclaim_mode", "0");
	tree_put(t, "/proc/sys/vm/nr_hugepages", "%lld", nodes * m->huge2m_pages);
}

static void put_kernel(struct tree *t)
{
	const struct sim_server *s = &sim_profile()->server;
	uint64_t a = sim_boot_hash(sim_profile()), b = rng_mix(a);

	tree_put(t, "/proc/sys/kernel/hostname", "%s", s->hostname);
	tree_put(t, "/proc/sys/kernel/osrelease", "%s", s->kernel);
	tree_put(t, "/proc/sys/kernel/version", "#1 SMP simulated");
	tree_put(t, "/proc/sys/kernel/arch", "%s", sim_profile()->cpu.arch);
	tree_put(t, "/proc/sys/kernel/numa_balancing", "0");
	tree_put(t, "/proc/sys/kernel/random/boot_id", "%08x-%04x-4%03x-8%03x-%012llx",
		 (unsigned)(a >> 32), (unsigned)(a >> 16) & 0xffff, (unsigned)a & 0xfff,
		 (unsigned)(b >> 48) & 0xfff, (unsigned long long)(b & 0xffffffffffffull));
	tree_put(t, "/proc/version", "Linux version %s (simulated)", s->kernel);
	tree_put(t, "/proc/cmdline", "BOOT_IMAGE=/vmlinuz-%s ro iommu=pt", s->kernel);
	tree_put(t, "/sys/devices/system/clocksource/clocksource0/current_clocksource", "%s",
		 is_arm() ? "arch_sys_counter" : "tsc");
	tree_put(t, "/etc/os-release", "PRETTY_NAME=\"Simulated Linux\"");
	tree_put(t, "/sys/class/dmi/id/product_name", "simulated %s", s->name);
}

static void put_driver(struct tree *t)
{
	if (!sim_profile()->n_gpus)
		return;
	tree_put(t, "/proc/driver/nvidia/version",
		 "NVRM version: NVIDIA UNIX %s for %s  %s  Release Build  (simulated)\nGCC "
		 "version:  gcc",
		 sim_profile()->server.module, sim_profile()->cpu.arch, sim_module());
	tree_put(t, "/sys/module/nvidia/version", "%s", sim_module());
}

static void put_self(struct tree *t)
{
	const struct fault *set = sim_fault(FAULT_CPUSET, -1);
	char cpus[256], mems[256];
	int last = sim_profile_cpus(sim_profile()) - 1;
	long long page = sim_profile()->cpu.page_bytes / 1024;

	snprintf(cpus, sizeof(cpus), "0-%d", last);
	tree_memory_nodes(mems, sizeof(mems));
	if (set) {
		tree_cpulist(cpus, sizeof(cpus), tree_cpu_of_node, (int)set->node);
		snprintf(mems, sizeof(mems), "%d", (int)set->node);
	}
	tree_put(t, "/proc/self/cgroup", "0::/assay.scope");
	tree_put(t, "/proc/self/mountinfo",
		 "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
		 "29 22 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw");
	tree_put(t, "/proc/self/uid_map", "         0          0 4294967295");
	tree_put(t, "/proc/self/status",
		 "Name:\tassay\nCapEff:\t0000000000000000\nSeccomp:\t0\nCpus_allowed_list:\t%s\n"
		 "Mems_allowed_list:\t%s",
		 cpus, mems);
	tree_put(t, "/proc/self/smaps",
		 "KernelPageSize:     %4lld kB\nMMUPageSize:        %4lld kB", page, page);
	tree_link(t, "/proc/self/ns/cgroup", "cgroup:[4026531835]");
	tree_link(t, "/proc/self/ns/pid", "pid:[4026531836]");
	tree_link(t, "/proc/self/ns/user", "user:[4026531837]");
	tree_put(t, "/sys/fs/cgroup/cgroup.controllers", "cpuset cpu io memory pids");
	tree_put(t, "/sys/fs/cgroup/assay.scope/cpu.max", "max 100000");
	tree_put(t, "/sys/fs/cgroup/assay.scope/memory.max", "max");
	tree_put(t, "/sys/fs/cgroup/assay.scope/memory.current", "104857600");
	tree_put(t, "/sys/fs/cgroup/assay.scope/cpuset.cpus.effective", "%s", cpus);
	tree_put(t, "/sys/fs/cgroup/assay.scope/cpuset.mems.effective", "%s", mems);
}

void tree_system(struct tree *t)
{
	put_cpuinfo(t);
	put_memory(t);
	put_kernel(t);
	put_driver(t);
	put_self(t);
}
