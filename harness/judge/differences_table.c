/*
 * Two tables of manifest keys: what always differs and is left out, and what is known to change
 * speed, in the order in which one would look at it. To name one more: a row here.
 */
#include "differences.h"

#include <fnmatch.h>

/* Times, counters, readings of the moment, names: different in every run. */
static const char *const left_out[] = {
	"ab.*",
	"bench.*",
	"container.confidence",
	"fact.*",
	"gpu.*.aer_*",
	"gpu.*.clock_mem",
	"gpu.*.clock_reasons",
	"gpu.*.clock_sm",
	"gpu.*.cuda_ordinal",
	"gpu.*.ecc_corrected*",
	"gpu.*.ecc_uncorrected*",
	"gpu.*.energy",
	"gpu.*.link_gen",
	"gpu.*.link_width",
	"gpu.*.mem_used",
	"gpu.*.not_reported",
	"gpu.*.pcie_gen",
	"gpu.*.pcie_replays",
	"gpu.*.pcie_width",
	"gpu.*.power",
	"gpu.*.processes*",
	"gpu.*.temperature*",
	"host.boot_id",
	"host.name",
	"memory.edac_*",
	"metric.*",
	"run.*",
	"simulated",
	"slurm.job",
	"slurm.step",
	"suite.*",
};

/* What matters, first to look at first. A pattern may name a key that only some machines have. */
static const struct subject {
	const char *pattern, *name, *unit;
} subjects[] = {
	{"driver.libcuda", "libcuda", ""},
	{"driver.libcuda_version", "libcuda version", ""},
	{"driver.version", "driver", ""},
	{"driver.kernel_module", "driver in the kernel", ""},
	{"driver.kernel_flavour", "driver flavour", ""},
	{"cuda.runtime", "CUDA runtime", ""},
	{"gpu.*.cuda_code", "GPU code", ""},
	{"nccl.version", "NCCL", ""},
	{"cublaslt.version", "cuBLASLt", ""},
	{"cudnn.version", "cuDNN", ""},
	{"limits.cpu_quota", "CPU quota", "CPUs"},
	{"limits.throttled_s", "held back by the CPU quota", "s"},
	{"limits.throttled_periods", "periods held back", ""},
	{"limits.cpuset_cpus", "CPUs of the cpuset", ""},
	{"limits.affinity", "CPU affinity", ""},
	{"limits.cpuset_mems", "nodes of the cpuset", ""},
	{"limits.mems", "memory nodes allowed", ""},
	{"limits.mbind", "mbind", ""},
	{"limits.set_mempolicy", "set_mempolicy", ""},
	{"limits.get_mempolicy", "get_mempolicy", ""},
	{"limits.move_pages", "move_pages", ""},
	{"limits.memlock", "memory that may be locked", "bytes"},
	{"limits.memory", "memory limit", "bytes"},
	{"limits.dev_shm", "/dev/shm", "bytes"},
	{"limits.seccomp", "seccomp", ""},
	{"container.root_fs", "root file system", ""},
	{"program.userland", "user space", ""},
	{"program.foreign_library", "preloaded library", ""},
	{"host.libc", "C library", ""},
	{"host.os", "distribution", ""},
	{"telemetry.gpu.*.clock_sm", "SM clock while measuring", "Hz"},
	{"telemetry.gpu.*.clock_mem", "memory clock while measuring", "Hz"},
	{"gpu.*.clock_sm_max", "highest SM clock", "Hz"},
	{"gpu.*.clock_sm_app", "application SM clock", "Hz"},
	{"gpu.*.clock_mem_max", "highest memory clock", "Hz"},
	{"gpu.*.clock_mem_app", "application memory clock", "Hz"},
	{"gpu.*.power_limit", "power limit", "W"},
	{"gpu.*.pcie_gen_max", "PCIe generation", ""},
	{"gpu.*.pcie_width_max", "PCIe width", ""},
	{"gpu.*.link_gen_max", "PCIe generation of the bus", ""},
	{"gpu.*.link_width_max", "PCIe width of the bus", ""},
	{"gpu.*.path_ceiling_h2d", "what the path allows to the GPU", "bytes/s"},
	{"gpu.*.path_ceiling_d2h", "what the path allows from the GPU", "bytes/s"},
	{"gpu.*.ecc_current", "ECC", ""},
	{"gpu.*.mig_current", "MIG", ""},
	{"gpu.*.mig_instances", "MIG instances", ""},
	{"gpu.*.mig.*.profile", "size of a MIG instance", ""},
	{"gpu.*.cuda_mps", "MPS", ""},
	{"gpu.*.persistence", "persistence mode", ""},
	{"gpu.*.iommu_type", "IOMMU", ""},
	{"gpu.*.vbios", "VBIOS", ""},
	{"host.kernel", "kernel", ""},
	{"kernel.cmdline.*", "boot option", ""},
	{"cpu.governor", "CPU governor", ""},
	{"cpu.preference", "CPU energy preference", ""},
	{"cpu.turbo", "turbo", ""},
	{"cpu.smt", "SMT", ""},
	{"cpu.clock_max", "highest CPU clock", "Hz"},
	{"cpu.idle_*", "idle states", ""},
	{"cpu.microcode", "microcode", ""},
	{"cpu.count", "CPUs online", ""},
	{"host.bios", "BIOS", ""},
	{"kernel.thp*", "transparent huge pages", ""},
	{"kernel.numa_balancing", "NUMA balancing", ""},
	{"kernel.*", "kernel setting", ""},
	{"node.*.huge*", "huge pages", ""},
	{"node.*.memory", "memory of a node", "bytes"},
	{"variable.*", "environment variable", ""},
	{"program.build", "build of assay", ""},
	{"program.version", "assay", ""},
};

bool differences_left_out(const char *key)
{
	for (size_t i = 0; i < sizeof(left_out) / sizeof(left_out[0]); i++)
		if (!fnmatch(left_out[i], key, 0))
			return true;
	return false;
}

bool differences_subject(const char *key, unsigned *rank, const char **name, const char **unit)
{
	unsigned n = sizeof(subjects) / sizeof(subjects[0]);

	for (*rank = 0; *rank < n; (*rank)++) {
		if (fnmatch(subjects[*rank].pattern, key, 0) != 0)
			continue;
		*name = subjects[*rank].name;
		*unit = subjects[*rank].unit;
		return true;
	}
	return false;
}
