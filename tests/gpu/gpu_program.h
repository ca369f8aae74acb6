/* What the programs of this folder share that run on a GPU without a harness. */
#ifndef ASSAY_TESTS_GPU_PROGRAM_H
#define ASSAY_TESTS_GPU_PROGRAM_H

#include <algorithm>
#include <cstdio>
#include <cuda_runtime.h>
#include <vector>

/* Says what failed, if it did. */
static inline int failed(const char *what, int code)
{
	if (code)
		printf("%s: %s\n", what, cudaGetErrorName((cudaError_t)code));
	return code != cudaSuccess;
}

static inline double median(std::vector<double> v)
{
	std::sort(v.begin(), v.end());
	return v.empty() ? 0 : v[v.size() / 2];
}

#endif
