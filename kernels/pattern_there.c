/* The part of pattern.h that asks a GPU what it found. Without nvcc this file is empty. */
#include "pattern.h"

#ifdef ASSAY_CUDA

#include <cuda_runtime_api.h>

int pattern_check_there(const void *p, uint64_t bytes, uint32_t seed, struct pattern_diff *there,
			struct CUstream_st *stream, struct pattern_diff *out)
{
	cudaError_t rc;

	*out = (struct pattern_diff)PATTERN_DIFF_INIT;
	rc = cudaMemcpyAsync(there, out, sizeof(*out), cudaMemcpyHostToDevice, stream);
	if (!rc)
		rc = (cudaError_t)pattern_check_launch(p, bytes, seed, there, stream);
	if (!rc)
		rc = cudaMemcpyAsync(out, there, sizeof(*out), cudaMemcpyDeviceToHost, stream);
	if (!rc)
		rc = cudaStreamSynchronize(stream);
	return (int)rc;
}

#endif
