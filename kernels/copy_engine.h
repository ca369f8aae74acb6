/*
 * One copy between host memory and a GPU, one way, by the copy engine or by the SMs, and the proof
 * that it arrived. Needs CUDA headers to be built, not to be included.
 */
#ifndef ASSAY_KERNELS_COPY_ENGINE_H
#define ASSAY_KERNELS_COPY_ENGINE_H

#include "copy_memory.h"
#include "pattern.h"

struct CUstream_st;

/* Both sides hold the same pattern, so that one pair of buffers does for both ways. */
struct copy_way {
	const struct copy_memory *memory;
	uint8_t *device;	   /* memory of the GPU, as large as the host's */
	struct pattern_diff *diff; /* memory of the GPU: what a check found */
	size_t at, size;	   /* the bytes [at, at + size) of both */
	uint32_t seed;		   /* of the pattern, which starts anew at `at` */
	int sms;		   /* how many the GPU has */
	bool by_sm, to_device;
};

/* Queues the copy on a stream of the GPU, which is the current one. Returns a cudaError_t. */
int copy_way_queue(const struct copy_way *w, struct CUstream_st *stream);

/* Makes the source again, lest an earlier copy is blamed on this one; poisons the destination. */
int copy_way_prepare(const struct copy_way *w, struct CUstream_st *stream, struct err *e);

/*
 * What of the destination is wrong; every byte is looked at, by the side that it lies on. Only
 * write-combined memory the GPU looks at too: the CPU would read it word by word past its caches.
 */
int copy_way_check(const struct copy_way *w, struct CUstream_st *stream, struct pattern_diff *out,
		   struct err *e);

/*
 * -EBADMSG: "gpu 3: d2h copy of 4096 bytes (pinned, ce): 1 byte is wrong, the first at offset
 * 17" where diff says so, else 0.
 */
int copy_way_verdict(const struct copy_way *w, int gpu, const struct pattern_diff *diff,
		     struct err *e);

/* Device memory for one GPU's copies: `bytes` with the pattern, and a diff. 0 or negative errno. */
int copy_device_open(uint8_t **device, struct pattern_diff **diff, size_t bytes, uint32_t seed,
		     struct CUstream_st *stream, struct err *e);
void copy_device_close(uint8_t *device, struct pattern_diff *diff);

#endif
