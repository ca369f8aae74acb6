/*
 * A gate in front of a stream: everything queued behind it starts at once when it opens, so
 * that what a copy costs to launch stays outside the measured interval.
 *
 * Never queue more than GATE_MAX_OPS operations behind a closed gate (the driver's queue
 * fills and the host would wait for a device that waits for the host), nothing that makes the
 * driver synchronise (a pageable copy), and no kernel whose code is not loaded yet.
 */
#ifndef ASSAY_KERNELS_GATE_H
#define ASSAY_KERNELS_GATE_H

#include <stdint.h>

#define GATE_MAX_OPS	128
#define GATE_GIVE_UP_NS 5000000000ULL

/* In pinned host memory; the host and the kernel each write one word of it. */
struct gate {
	uint32_t open;	  /* host: 1 lets the stream go on */
	uint32_t gave_up; /* kernel: 1 where it waited give_up_ns in vain */
};

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Queues the waiting kernel on a stream. gate: device address of a struct gate (equal to the
 * host's where addresses are unified). Returns a cudaError_t.
 */
struct CUstream_st;
int gate_launch(struct gate *gate, uint64_t give_up_ns, struct CUstream_st *stream);

#ifdef __cplusplus
}
#endif

#endif
