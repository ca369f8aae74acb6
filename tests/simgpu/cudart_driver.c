/*
 * Functions of the driver that a program finds through the runtime. A tensor map here begins with
 * the address of its tensor: a kernel's model reads no more of it. What the driver would refuse is
 * refused.
 */
#include "cudart.h"

#include <cuda.h>
#include <string.h>

#define MAX_BOX	   256
#define SWIZZLED_B 128 /* most bytes of a swizzled box's row */

static unsigned element_bytes(CUtensorMapDataType kind)
{
	switch (kind) {
	case CU_TENSOR_MAP_DATA_TYPE_UINT8:
		return 1;
	case CU_TENSOR_MAP_DATA_TYPE_UINT16:
	case CU_TENSOR_MAP_DATA_TYPE_FLOAT16:
	case CU_TENSOR_MAP_DATA_TYPE_BFLOAT16:
		return 2;
	case CU_TENSOR_MAP_DATA_TYPE_UINT32:
	case CU_TENSOR_MAP_DATA_TYPE_FLOAT32:
	case CU_TENSOR_MAP_DATA_TYPE_TFLOAT32:
		return 4;
	default:
		return 8;
	}
}

/* cuTensorMapEncodeTiled of two dimensions, and its rules (CUDA driver API). */
static CUresult encode_tiled(CUtensorMap *map, CUtensorMapDataType kind, cuuint32_t rank,
			     void *address, const cuuint64_t *sizes, const cuuint64_t *strides,
			     const cuuint32_t *box, const cuuint32_t *steps,
			     CUtensorMapInterleave interleave, CUtensorMapSwizzle swizzle,
			     CUtensorMapL2promotion promotion, CUtensorMapFloatOOBfill fill)
{
	const unsigned bytes = element_bytes(kind);
	uint64_t base = (uint64_t)(uintptr_t)address;

	if (rank != 2 || (uintptr_t)map % 64 || base % 16 || strides[0] % 16 ||
	    interleave != CU_TENSOR_MAP_INTERLEAVE_NONE)
		return CUDA_ERROR_INVALID_VALUE;
	if (swizzle == CU_TENSOR_MAP_SWIZZLE_128B && box[0] * bytes > SWIZZLED_B)
		return CUDA_ERROR_INVALID_VALUE;
	for (int i = 0; i < 2; i++) {
		if (!sizes[i] || sizes[i] > (uint64_t)1 << 32 || !box[i] || box[i] > MAX_BOX ||
		    steps[i] != 1)
			return CUDA_ERROR_INVALID_VALUE;
	}
	if (strides[0] < sizes[0] * bytes || box[0] * bytes % 16)
		return CUDA_ERROR_INVALID_VALUE;
	memset(map, 0, sizeof(*map));
	memcpy(map, &base, sizeof(base));
	return CUDA_SUCCESS;
}

static cudaError_t find(const char *name, void **out, enum cudaDriverEntryPointQueryResult *found)
{
	bool known = name && !strcmp(name, "cuTensorMapEncodeTiled");

	if (out)
		*out = known ? (void *)encode_tiled : NULL;
	if (found)
		*found = known ? cudaDriverEntryPointSuccess : cudaDriverEntryPointSymbolNotFound;
	return out ? cudaSuccess : cudaErrorInvalidValue;
}

#if CUDART_VERSION >= 12050
cudaError_t cudaGetDriverEntryPointByVersion(const char *name, void **out, unsigned version,
					     unsigned long long flags,
					     enum cudaDriverEntryPointQueryResult *found)
#else
cudaError_t cudaGetDriverEntryPoint(const char *name, void **out, unsigned long long flags,
				    enum cudaDriverEntryPointQueryResult *found)
#endif
{
	cudaError_t e = rt_enter();

	return rt_leave(e == cudaSuccess ? find(name, out, found) : e);
}
