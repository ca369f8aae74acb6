/*
 * Which differences of the environment are known to slow what: one row a cause, with whom it
 * handicaps, the metrics that it can explain, and what to do. To add one: a row here and one in
 * tests/unit/test_hints.c that sees it appear and not appear. Known error: thresholds are coarse; a
 * hint says where to look, not how much a cause costs.
 */
#include "hints.h"
#include "words.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- conditions ---- */

static double number(const char *v)
{
	double x;

	if (!strcmp(v, "none") || !strcmp(v, "unlimited") || !strcmp(v, "max"))
		return INFINITY;
	return words_number(v, &x) ? x : NAN;
}

static enum loser less(const char *a, const char *b)
{
	double x = number(a), y = number(b);

	return x < y ? SIDE_A : y < x ? SIDE_B : NOBODY;
}

static enum loser more(const char *a, const char *b)
{
	return less(b, a);
}

/* A side that does not say is taken for 0: a counter that is not there has counted nothing. */
static enum loser more_than_none(const char *a, const char *b)
{
	return more(a[0] ? a : "0", b[0] ? b : "0");
}

/* Less, and little: a gigabyte is enough for everybody. */
static enum loser small(const char *a, const char *b)
{
	enum loser l = less(a, b);

	return l != NOBODY && fmin(number(a), number(b)) < 1073741824.0 ? l : NOBODY;
}

/* How many numbers a list like "0-3,8" holds; 0: none or no list. */
static unsigned long count_list(const char *s)
{
	unsigned long n = 0;

	while (*s) {
		char *end;
		unsigned long from = strtoul(s, &end, 10), to = from;

		if (end == s)
			return 0;
		if (*end == '-') {
			s = end + 1;
			to = strtoul(s, &end, 10);
			if (end == s || to < from)
				return 0;
		}
		n += to - from + 1;
		s = *end == ',' ? end + 1 : end;
		if (*end && *end != ',')
			return 0;
	}
	return n;
}

static enum loser fewer(const char *a, const char *b)
{
	unsigned long x = count_list(a), y = count_list(b);

	return !x || !y || x == y ? NOBODY : x < y ? SIDE_A : SIDE_B;
}

/* The side of which something is true, where it is not true of the other. */
static enum loser only(bool a, bool b)
{
	return a == b ? NOBODY : a ? SIDE_A : SIDE_B;
}

static enum loser refused(const char *a, const char *b)
{
	return !a[0] || !b[0] ? NOBODY : only(strcmp(a, "allowed") != 0, strcmp(b, "allowed") != 0);
}

static enum loser compat(const char *a, const char *b)
{
	return only(strstr(a, "compat") != NULL, strstr(b, "compat") != NULL);
}

static enum loser overlay(const char *a, const char *b)
{
	return only(strstr(a, "overlay") != NULL, strstr(b, "overlay") != NULL);
}

static enum loser jit(const char *a, const char *b)
{
	return only(!strcmp(a, "ptx"), !strcmp(b, "ptx"));
}

static enum loser filtered(const char *a, const char *b)
{
	return only(!strcmp(a, "filter"), !strcmp(b, "filter"));
}

static enum loser off(const char *a, const char *b)
{
	return only(!strcmp(a, "off"), !strcmp(b, "off"));
}

static enum loser on(const char *a, const char *b)
{
	return only(!strcmp(a, "on") || !strcmp(a, "1"), !strcmp(b, "on") || !strcmp(b, "1"));
}

static enum loser not_performance(const char *a, const char *b)
{
	return !a[0] || !b[0] ? NOBODY
			      : only(strcmp(a, "performance") != 0, strcmp(b, "performance") != 0);
}

/* Whoever is worse: the difference itself does not say whom it holds back. */
static enum loser any(const char *a, const char *b)
{
	(void)a, (void)b;
	return EITHER;
}

#define OF_GPU	 "*{*gpu=*}"
#define OF_HOST	 "host_*"
#define OF_CALLS "startup.* context.* launch.* graph.* alloc.*" /* what the CPU does for them */
#define VARIABLE                                                                                   \
	"the environment variable {name} is {value} in {who}, {its} in {other}", "",               \
		"unset it, or set it on both sides"

const struct cause hints_causes[] = {
	{"quota", "limits.cpu_quota", less, OF_HOST " *.rate_wall* " OF_CALLS, false,
	 "limits.throttled_s", "{who} may use {value} ({other}: {its}): a CPU quota of its cgroup",
	 ", and was held back for {also} in all",
	 "run it without a quota (docker and podman: no --cpus; systemd: CPUQuota=)"},
	{"quota", "limits.throttled_periods", more_than_none, OF_HOST " *.rate_wall* " OF_CALLS,
	 true, "limits.throttled_s", "the CPU quota of {who} held it back in {value} periods",
	 ", {also} in all", "raise or remove the quota; medians of samples may not show it"},
	{"cpus", "limits.cpuset_cpus", fewer, OF_HOST " startup.*", false, NULL,
	 "the cpuset of {who} has the CPUs {value} only ({other}: {its})", "",
	 "give it the same CPUs (--cpuset-cpus; in Slurm --cpus-per-task or --exclusive)"},
	{"cpus", "limits.affinity", fewer, OF_HOST " startup.*", false, NULL,
	 "{who} is bound to the CPUs {value} ({other}: {its})", "",
	 "start it with the same affinity (taskset -p, srun --cpu-bind)"},
	{"mems", "limits.cpuset_mems", fewer, OF_HOST " copy.*", true, NULL,
	 "the cpuset of {who} has the memory nodes {value} only ({other}: {its}), so that memory "
	 "of another node cannot be had",
	 "", "give it the same nodes (--cpuset-mems)"},
	{"mems", "limits.mems", fewer, OF_HOST " copy.*", true, NULL,
	 "{who} may use the memory nodes {value} only ({other}: {its})", "",
	 "give it the same nodes (--cpuset-mems, numactl --membind)"},
	{"policy", "limits.mbind", refused, OF_HOST " copy.*", true, NULL,
	 "{who} may not call mbind ({value}), so that memory lies where the kernel puts it", "",
	 "allow the NUMA calls (docker: --cap-add SYS_NICE; podman allows them)"},
	{"policy", "limits.set_mempolicy", refused, OF_HOST " copy.*", true, NULL,
	 "{who} may not call set_mempolicy ({value}), so that memory lies where the kernel puts it",
	 "", "allow the NUMA calls (docker: --cap-add SYS_NICE; podman allows them)"},
	{"pages", "limits.move_pages", refused, "", true, NULL,
	 "{who} may not call move_pages ({value}), so that it cannot be proved where its memory "
	 "lies",
	 "", "read the placement in the report: UNPROVEN is not wrong, but not known"},
	{"libcuda", "driver.libcuda", compat, OF_GPU, true, NULL,
	 "{who} uses the compatibility library of its image ({value}) in place of the driver's own "
	 "({other}: {its})",
	 "",
	 "take the compat folder out of its library path (LD_LIBRARY_PATH, "
	 "/usr/local/cuda/compat), or "
	 "use an image that is not newer than the driver"},
	{"libcuda", "driver.libcuda_version", any, OF_GPU, false, NULL,
	 "{who} uses libcuda {value}, {other} {its}", "",
	 "compare with the same libcuda on both sides"},
	{"root", "container.root_fs", overlay, "host_io.*where=root*", false, NULL,
	 "the root of {who} is an overlay file system ({other}: {its})", "",
	 "put the data on a bind mount or a volume; host_io with where=bind shows what that gives"},
	{"shm", "limits.dev_shm", small, "nccl*", false, NULL,
	 "/dev/shm of {who} holds {value} ({other}: {its}), and NCCL may have gone another way", "",
	 "docker and podman: --ipc host or --shm-size 8g"},
	{"jit", "gpu.*.cuda_code", jit, OF_GPU, false, NULL,
	 "{who} compiled its GPU code from PTX when it started ({value}; {other}: {its})", "",
	 "keep the compute cache (CUDA_CACHE_PATH on a volume), or build for this GPU"},
	{"clock", "telemetry.gpu.*.clock_sm", less, OF_GPU, false, NULL,
	 "the SM clock of {who} was {value} while measuring ({other}: {its})", "",
	 "lock the clocks (nvidia-smi -lgc) on both sides, and look for what heats the machine"},
	{"clock", "gpu.*.clock_sm_*", less, OF_GPU, false, NULL,
	 "{who} allows an SM clock of {value} ({other}: {its})", "",
	 "set the same clocks (nvidia-smi -rac, -rgc)"},
	{"memory clock", "*gpu.*.clock_mem*", less, OF_GPU, false, NULL,
	 "the memory clock of {who} is {value} ({other}: {its})", "",
	 "set the same clocks (nvidia-smi -rac, -rmc)"},
	{"power", "gpu.*.power_limit", less, OF_GPU, false, NULL,
	 "the power limit of {who} is {value} ({other}: {its})", "",
	 "set the same limit (nvidia-smi -pl)"},
	{"link", "gpu.*.link_*_max", less, OF_GPU, false, NULL,
	 "the PCIe link of {who} can do {value} ({other}: {its}; generation or lanes)", "",
	 "look at the slot, the riser and the BIOS setting of the link"},
	{"link", "gpu.*.pcie_*_max", less, OF_GPU, false, NULL,
	 "the PCIe link of {who} can do {value} ({other}: {its}; generation or lanes)", "",
	 "look at the slot, the riser and the BIOS setting of the link"},
	{"ecc", "gpu.*.ecc_current", on, OF_GPU, false, NULL, "ECC is on in {who} only", "",
	 "set it alike (nvidia-smi -e), and reboot"},
	{"mps", "gpu.*.cuda_mps", on, OF_GPU, false, NULL, "{who} goes through an MPS daemon", "",
	 "unset CUDA_MPS_PIPE_DIRECTORY or stop the daemon"},
	{"persistence", "gpu.*.persistence", off, "context.*", false, NULL,
	 "persistence mode is off in {who}, so that the driver starts anew each time", "",
	 "nvidia-smi -pm 1, or run nvidia-persistenced"},
	{"memory", "limits.memory", less, "host_io.* host_bandwidth.*", false, NULL,
	 "{who} may use {value} of memory ({other}: {its}), the page cache among it", "",
	 "give it the same limit (--memory)"},
	{"memlock", "limits.memlock", less, "copy.* nccl*", false, NULL,
	 "{who} may lock {value} of memory ({other}: {its})", "", "--ulimit memlock=-1"},
	{"seccomp", "limits.seccomp", filtered, "startup.* host_io.* *.rate_wall*", false, NULL,
	 "a seccomp filter looks at each system call of {who}", "",
	 "try --security-opt seccomp=unconfined, for this test only"},
	{"governor", "cpu.governor", not_performance, OF_HOST " " OF_CALLS, false, NULL,
	 "the CPU governor of {who} is {value} ({other}: {its})", "",
	 "cpupower frequency-set -g performance"},
	{"turbo", "cpu.turbo", off, OF_HOST " " OF_CALLS, false, NULL, "turbo is off in {who}", "",
	 "set it alike (BIOS, or /sys/devices/system/cpu)"},
	{"idle", "cpu.idle_latency", more, OF_HOST " " OF_CALLS " copy.latency*", false, NULL,
	 "the CPUs of {who} sleep more deeply ({value} s to wake; {other}: {its} s)", "",
	 "set the same idle states (cpupower idle-set)"},
	{"boot", "kernel.cmdline.*", any, "*", false, NULL,
	 "the boot option {name} is {value} in {who}, {its} in {other}", "",
	 "boot both with the same options (/proc/cmdline)"},
	{"thp", "kernel.thp*", any, "host_bandwidth.* host_latency.*", false, NULL,
	 "transparent huge pages are set to {value} in {who}, {its} in {other}", "",
	 "set them alike in /sys/kernel/mm/transparent_hugepage"},
	{"balancing", "kernel.numa_balancing", any, OF_HOST " copy.*", false, NULL,
	 "NUMA balancing is {value} in {who}, {its} in {other}", "",
	 "set it alike (sysctl kernel.numa_balancing)"},
	{"GPU variable", "variable.cuda_*", any, OF_GPU " nccl*", false, NULL, VARIABLE},
	{"GPU variable", "variable.nvidia_*", any, OF_GPU " nccl*", false, NULL, VARIABLE},
	{"NCCL variable", "variable.nccl_*", any, "nccl*", false, NULL, VARIABLE},
	{"NCCL variable", "variable.ucx_*", any, "nccl*", false, NULL, VARIABLE},
	{"variable", "variable.omp_*", any, "*", false, NULL, VARIABLE},
	{"variable", "variable.malloc_*", any, "*", false, NULL, VARIABLE},
	{"variable", "variable.glibc_tunables", any, "*", false, NULL, VARIABLE},
	{"variable", "variable.ld_preload", any, "*", false, NULL, VARIABLE},
	{"userland", "program.userland", any, OF_HOST " startup.*", false, NULL,
	 "{who} ran with the user space {value}, {other} with {its}", "",
	 "compare with the bundled user space on both sides"},
	{"userland", "host.libc", any, "host_bandwidth.* startup.*", false, NULL,
	 "{who} has the C library {value}, {other} {its}: its memory copies may differ", "",
	 "compare with the bundled user space on both sides"},
	{"kernel", "host.kernel", any, OF_HOST " startup.*", false, NULL,
	 "{who} runs kernel {value}, {other} {its}", "", "boot the other kernel once more"},
	{.topic = NULL},
};
