/*
 * NVML of the simulated server: who uses a GPU, and how much of its memory. Known error: memory
 * that a process allocates is not added to its context's.
 */
#include "nvml.h"
#include "share.h"

/* Of the fault gpu_busy; just below the highest pid that Linux gives. */
#define FOREIGN_PID   4190001u
#define FOREIGN_BYTES (2048ull << 20)
#define CONTEXT_BYTES (500ull << 20)

struct nvml_memory {
	nvml_u64 total, free, used;
};

struct nvml_memory_v2 {
	unsigned version;
	nvml_u64 total, reserved, free, used;
};

struct nvml_process {
	unsigned pid;
	nvml_u64 used;
	unsigned gpu_instance, compute_instance;
};

NVML_API int nvmlDeviceGetComputeRunningProcesses_v3(nvmlDevice_t d, unsigned *n,
						     struct nvml_process *out);
NVML_API int nvmlDeviceGetGraphicsRunningProcesses_v3(nvmlDevice_t d, unsigned *n,
						      struct nvml_process *out);
NVML_API int nvmlDeviceGetMPSComputeRunningProcesses_v3(nvmlDevice_t d, unsigned *n,
							struct nvml_process *out);
NVML_API int nvmlDeviceGetMemoryInfo(nvmlDevice_t d, struct nvml_memory *m);
NVML_API int nvmlDeviceGetMemoryInfo_v2(nvmlDevice_t d, struct nvml_memory_v2 *m);
NVML_API int nvmlDeviceGetBAR1MemoryInfo(nvmlDevice_t d, struct nvml_memory *m);

bool nvml_busy(int gpu)
{
	int pid;

	return sim_context_pids(gpu, &pid, 1) > 0 || sim_fault(FAULT_GPU_BUSY, gpu);
}

enum sim_load nvml_load(int gpu)
{
	enum sim_load load = sim_load_now(gpu);

	return load == SIM_IDLE && nvml_busy(gpu) ? SIM_LIGHT : load;
}

static nvml_u64 used_bytes(int gpu)
{
	int pids[64], n = sim_context_pids(gpu, pids, 64);

	return (nvml_u64)nvml_profile(gpu)->memory_used_bytes + (nvml_u64)n * CONTEXT_BYTES +
	       (sim_fault(FAULT_GPU_BUSY, gpu) ? FOREIGN_BYTES : 0);
}

/* Clients of an MPS daemon are listed apart. */
static int list(nvmlDevice_t d, bool clients, unsigned *n, struct nvml_process *out)
{
	int pids[65], gpu, e = nvml_enter_any(d, &gpu), all;
	unsigned have = 0, room = *n;

	if (e)
		return e;
	all = sim_context_pids(gpu, pids, 64);
	for (int i = 0; i < all; i++) {
		if (sim_mps_serves(pids[i]) == clients)
			pids[have++] = pids[i];
	}
	if (sim_fault(FAULT_GPU_BUSY, gpu) && !clients)
		pids[have++] = (int)FOREIGN_PID;
	*n = have;
	if (have > room)
		return NVML_INSUFFICIENT_SIZE;
	for (unsigned i = 0; i < have; i++)
		out[i] = (struct nvml_process){
			(unsigned)pids[i],
			pids[i] == (int)FOREIGN_PID ? FOREIGN_BYTES : CONTEXT_BYTES, ~0u, ~0u};
	return NVML_OK;
}

int nvmlDeviceGetComputeRunningProcesses_v3(nvmlDevice_t d, unsigned *n, struct nvml_process *out)
{
	return list(d, false, n, out);
}

int nvmlDeviceGetMPSComputeRunningProcesses_v3(nvmlDevice_t d, unsigned *n,
					       struct nvml_process *out)
{
	return list(d, true, n, out);
}

int nvmlDeviceGetGraphicsRunningProcesses_v3(nvmlDevice_t d, unsigned *n, struct nvml_process *out)
{
	int gpu;

	*n = 0;
	return nvml_enter_any(d, &gpu);
}

int nvmlDeviceGetMemoryInfo(nvmlDevice_t d, struct nvml_memory *m)
{
	int gpu, e = nvml_enter_any(d, &gpu);

	if (e)
		return e;
	m->total = (nvml_u64)nvml_profile(gpu)->memory_bytes;
	m->used = used_bytes(gpu);
	m->free = m->total - m->used;
	return NVML_OK;
}

int nvmlDeviceGetMemoryInfo_v2(nvmlDevice_t d, struct nvml_memory_v2 *m)
{
	struct nvml_memory plain;
	int e;

	if (m->version != VERSION_WORD(sizeof(*m), 2))
		return NVML_ARGUMENT_VERSION_MISMATCH;
	e = nvmlDeviceGetMemoryInfo(d, &plain);
	if (e)
		return e;
	m->total = plain.total;
	m->free = plain.free;
	m->used = plain.used;
	m->reserved = 0;
	return NVML_OK;
}

int nvmlDeviceGetBAR1MemoryInfo(nvmlDevice_t d, struct nvml_memory *m)
{
	int gpu, e = nvml_enter(d, &gpu);

	if (e)
		return e;
	m->total = (nvml_u64)nvml_profile(gpu)->bar1_bytes;
	m->used = 1u << 20;
	m->free = m->total - m->used;
	return NVML_OK;
}
