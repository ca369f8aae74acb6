/*
 * The kernel that holds a stream until the host lets it go: one thread that polls a word of
 * pinned host memory. It gives up by itself, so that a host that died or waits for this very
 * stream leaves no GPU spinning. Known error: the poll crosses the bus, so the stream starts
 * about a microsecond after the host's write; the start event is queued behind the gate and
 * does not see it.
 */
#include "gate.h"
#include "gpu_timer.h"

#include <cuda_runtime.h>

extern "C" __global__ void assay_gate(struct gate *gate, uint64_t give_up_ns)
{
	volatile struct gate *g = gate;
	uint64_t start = gpu_timer_ns();

	while (!g->open) {
		if (gpu_timer_ns() - start > give_up_ns) {
			g->gave_up = 1;
			return;
		}
	}
}

extern "C" int gate_launch(struct gate *gate, uint64_t give_up_ns, struct CUstream_st *stream)
{
	assay_gate<<<1, 1, 0, stream>>>(gate, give_up_ns);
	return cudaGetLastError();
}
