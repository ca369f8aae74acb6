/*
 * The engine `mma` of gemm_engine.h: matrix products whose instructions do not change with the
 * toolkit, on every GPU from sm_75 on; fp32 by plain multiply-add, as there is no matrix
 * instruction for it. M and N must be multiples of the tile of a block, K of a slice: edges would
 * be other code than what is timed. It is a yardstick, the same on every driver, and no peak.
 *
 * Known error: on sm_90 mma.sync itself stops at 66.7 % of what the SMs can do (bf16 in the loops
 * of tests/gpu/tensor-loops on an H200). The kernel up to commit 6ae9d55 reached 44 % there; in
 * half of its steps it asked for fragments only when it needed them. This one asks earlier, and
 * copies lines of 128 bytes; it has not been seen on a GPU yet. What is left between the two:
 * reads and copies keep shared memory busy for 352 of the 384 clocks of 128 × 256 sums and 32
 * bytes of K, 2048 tiles of n = 8192 are 15.5 waves of 132 SMs, and nothing is multiplied while
 * a tile is stored.
 */
#include "gemm_engine.h"

#ifdef ASSAY_CUDA

#include "gemm_mma.h"
#include "gpu.h"

#include <errno.h>

struct mma {
	int arch; /* that the kernel was compiled for */
};

static int has_kernel(const struct gemm_job *j, int arch, struct err *e)
{
	if (gemm_mma_has(j->type, arch))
		return 0;
	if (j->type == COMPUTE_FP8)
		return err_set(e, ENOTSUP,
			       "mma.sync multiplies fp8 on compute capability 8.9 and from 12.0 "
			       "on, and the code for this GPU is of %d.%d",
			       arch / 10, arch % 10);
	return err_set(e, ENOTSUP,
		       "mma.sync has %s from compute capability 8.0 on, and the code for "
		       "this GPU is of %d.%d",
		       compute_name(j->type), arch / 10, arch % 10);
}

static int open_engine(void *state, const struct gemm_job *j, char *chosen, size_t size,
		       struct err *e)
{
	struct mma *s = state;
	struct gemm_shape tile;
	int rc = gpu_error(gemm_mma_prepare(j->type, &s->arch), e, "asking for the kernel of %s",
			   compute_name(j->type));

	*chosen = '\0';
	if (!rc)
		rc = has_kernel(j, s->arch, e);
	if (rc)
		return rc;
	tile = gemm_shape(j->type, s->arch);
	if (j->m % tile.rows || j->n % tile.columns ||
	    (size_t)j->k * compute_bytes(j->type) % (size_t)tile.slice)
		return err_set(e, ENOTSUP,
			       "%d × %d × %d is no whole number of tiles of %d × %d and %d bytes "
			       "of K",
			       j->m, j->n, j->k, tile.rows, tile.columns, tile.slice);
	return 0;
}

static int queue(void *state, const struct gemm_job *j, struct CUstream_st *stream)
{
	const struct mma *s = state;

	return gemm_mma_launch(j, s->arch, stream);
}

const struct gemm_engine gemm_mma = {
	.name = "mma",
	.state_bytes = sizeof(struct mma),
	.open = open_engine,
	.queue = queue,
};

#endif
