/*
 * The loops of tensor_probe on the GPU at hand, without a harness: rate of the median, slowest and
 * fastest SM, how many answered, how many sums are wrong. tests/gpu/tensor-loops compiles it also
 * as PTX of older architectures, which the driver makes code of: so their fragments are checked on
 * a newer GPU, whatever their rate is there. AS_MAJOR, AS_MINOR: the architecture that is meant.
 */
extern "C" {
#include "../../kernels/compute.h"
}
#include "../../kernels/tensor_probe.h"
#include "gpu_program.h"

#include <set>

const void *foreign_kernel(void);

#define LAUNCHES      4
#define LAUNCH_CLOCKS 8e6

static int launch(const void *kernel, struct tensor_sm *told, int sms, int shared, unsigned turns)
{
	unsigned seed = 7;
	void *args[] = {&told, &turns, &seed};

	return failed("launch",
		      cudaLaunchKernel(kernel, dim3(sms), dim3(TENSOR_THREADS), args, shared, 0)) ||
	       failed("loop", cudaDeviceSynchronize());
}

static unsigned long report(const struct tensor_sm *told, int sms, double flop)
{
	std::vector<double> rate, mhz;
	std::set<unsigned> answered;
	unsigned long wrong = 0;

	for (int i = 0; i < sms; i++) {
		rate.push_back(flop / told[i].clocks);
		mhz.push_back(1e3 * told[i].clocks / told[i].ns);
		answered.insert(told[i].sm);
		wrong += told[i].wrong;
	}
	std::sort(rate.begin(), rate.end());
	std::sort(mhz.begin(), mhz.end());
	printf("  %.2f FLOP/clk/SM (%.2f to %.2f), %.1f MHz (%.1f to %.1f), %zu of %d SMs, highest "
	       "number %u, %lu sums wrong\n",
	       rate[sms / 2], rate[0], rate[sms - 1], mhz[sms / 2], mhz[0], mhz[sms - 1],
	       answered.size(), sms, *answered.rbegin(), wrong);
	return wrong;
}

static int probe(enum compute_type type, struct tensor_sm *told, int sms, int most)
{
	enum tensor_way way = tensor_way(AS_MAJOR, AS_MINOR, type);
	struct tensor_shape shape = tensor_shape(AS_MAJOR, AS_MINOR, type);
	const void *kernel =
		way == TENSOR_WGMMA ? tensor_wgmma_kernel(type) : tensor_mma_kernel(type);
	struct cudaFuncAttributes a;
	unsigned turns = 32;
	int shared, bad;

	if (way == TENSOR_NONE)
		return 0;
	if (failed("attributes", cudaFuncGetAttributes(&a, kernel)))
		return 1;
	shared = most - (int)a.sharedSizeBytes;
	printf("%s, m%un%uk%u, code for %d, %d registers\n", compute_name(type), shape.m, shape.n,
	       shape.k, a.binaryVersion, a.numRegs);
	if (failed("shared memory",
		   cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
					shared)))
		return 1;
	bad = launch(kernel, told, sms, shared, turns);
	turns = std::max(1u, (unsigned)(turns * LAUNCH_CLOCKS / told[0].clocks));
	for (int i = 0; i < LAUNCHES && !bad; i++) {
		bad = launch(kernel, told, sms, shared, turns);
		bad = bad || report(told, sms, tensor_flop(&shape, turns));
	}
	return bad;
}

int main(void)
{
	struct cudaDeviceProp gpu;
	struct cudaFuncAttributes a;
	struct tensor_sm *told;
	int most, bad = 0;

	if (failed("GPU", cudaGetDeviceProperties(&gpu, 0)) ||
	    failed("GPU",
		   cudaDeviceGetAttribute(&most, cudaDevAttrMaxSharedMemoryPerBlockOptin, 0)) ||
	    failed("memory", cudaHostAlloc((void **)&told, gpu.multiProcessorCount * sizeof(*told),
					   cudaHostAllocMapped)))
		return 1;
	printf("== %s, loops of %d.%d; code for another architecture alone: %s\n", gpu.name,
	       AS_MAJOR, AS_MINOR, cudaGetErrorName(cudaFuncGetAttributes(&a, foreign_kernel())));
	cudaGetLastError();
	for (int t = 0; t < COMPUTE_TYPES; t++)
		bad |= probe((enum compute_type)t, told, gpu.multiProcessorCount, most);
	return bad;
}
