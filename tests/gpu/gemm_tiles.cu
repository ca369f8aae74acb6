/*
 * The shapes of gemm_tiles.h on the GPU at hand, bf16: n × n × n in turns, so that heat and power
 * are the same for all; rates in FLOP per clock and SM, by the SMs' own counters, the median of
 * some rounds. Sampled sums of each are compared with float64. Ends with 1 if one is wrong.
 */
extern "C" {
#include "../../kernels/compute.h"
}
#include "../../kernels/gemm_check.h"
#include "../../kernels/gemm_mma_code.h"
#include "../../kernels/gemm_mma_loop.h"
#include "../../kernels/sm_clock.h"
#include "gemm_tiles.h"
#include "gpu_program.h"

#include <cmath>
#include <cstring>

#define SEED	42u
#define ROUNDS	5
#define SAMPLES 512

typedef void kernel_fn(const void *, const void *, void *, int, int, int);

template <int I>
__global__ void __launch_bounds__(gemm_threads(gemm_tiles(I)), gemm_tiles(I).blocks_of_sm)
	tile_kernel(const void *a, const void *b, void *c, int m, int n, int k)
{
	product<Matrix<Bf16, Tile<I>>>((const char *)a, (const char *)b, (float *)c, m, n, k * 2);
}

struct tile {
	kernel_fn *kernel;
	struct gemm_shape shape;
	int registers, blocks; /* blocks that an SM takes; 0: it does not fit */
	int wrong;
	std::vector<double> rates;
};

struct bench {
	int n, sms;
	void *a, *b;
	float *c;
	struct sm_tick *ticks;
	std::vector<struct gemm_want> want;
};

template <int I> static void add_tiles(struct tile *all)
{
	all[I] = {tile_kernel<I>, gemm_tiles(I), 0, 0, 0, {}};
	if constexpr (I > 0)
		add_tiles<I - 1>(all);
}

static int prepare(struct tile *t)
{
	struct cudaFuncAttributes a;
	const void *kernel = (const void *)t->kernel;
	int bytes = gemm_shared_bytes(t->shape);

	if (failed("attributes", cudaFuncGetAttributes(&a, kernel)))
		return 1;
	t->registers = a.numRegs;
	if (cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, bytes)) {
		cudaGetLastError();
		return 0;
	}
	return failed("occupancy", cudaOccupancyMaxActiveBlocksPerMultiprocessor(
					   &t->blocks, kernel, gemm_threads(t->shape), bytes));
}

static void queue(const struct bench *b, const struct tile *t)
{
	const struct gemm_shape s = t->shape;
	unsigned blocks = (unsigned)(b->n / s.rows) * (unsigned)(b->n / s.columns);

	t->kernel<<<blocks, gemm_threads(s), gemm_shared_bytes(s)>>>(b->a, b->b, b->c, b->n, b->n,
								     b->n);
}

static int verify(const struct bench *b, struct tile *t)
{
	size_t n = (size_t)b->n;

	if (failed("memset", cudaMemset(b->c, 0xff, n * n * sizeof(*b->c))))
		return 1;
	queue(b, t);
	if (failed("product", cudaDeviceSynchronize()))
		return 1;
	for (int i = 0; i < SAMPLES; i++) {
		float got;

		if (failed("sample", cudaMemcpy(&got, b->c + gemm_sampled(b->n, b->n, SEED, i),
						sizeof(got), cudaMemcpyDeviceToHost)))
			return 1;
		t->wrong += !(std::fabs(got - b->want[i].sum) <= b->want[i].bound);
	}
	return 0;
}

/* The median over the SMs of the clocks between two marks. */
static int measure(const struct bench *b, struct tile *t)
{
	const int products = 8192 / b->n * 2;
	struct sm_tick *end = b->ticks + SM_CLOCK_MOST;
	std::vector<double> clocks;

	sm_clock_launch(b->ticks, b->sms, 0);
	for (int i = 0; i < products; i++)
		queue(b, t);
	sm_clock_launch(end, b->sms, 0);
	if (failed("products", cudaDeviceSynchronize()))
		return 1;
	for (int i = 0; i < SM_CLOCK_MOST; i++) {
		if (b->ticks[i].ns && end[i].ns > b->ticks[i].ns)
			clocks.push_back((double)(end[i].clocks - b->ticks[i].clocks));
	}
	memset(b->ticks, 0, 2 * SM_CLOCK_MOST * sizeof(*b->ticks));
	if (clocks.empty()) {
		printf("no SM noted its clock at both ends\n");
		return 1;
	}
	t->rates.push_back(2.0 * b->n * b->n * b->n * products / b->sms / median(clocks));
	return 0;
}

static void print(const struct tile *t, double most, int shipped)
{
	const struct gemm_shape s = t->shape;

	printf("%3d x %3d  %2d x %2d %6d %6d  %-6s %9d %6d %6d", s.rows, s.columns, s.warp_rows,
	       s.warp_columns, s.slice, s.stages, s.spread ? "spread" : "first", t->registers,
	       gemm_shared_bytes(s) >> 10, t->blocks);
	if (!t->blocks)
		printf("  does not fit on this GPU");
	else
		printf(" %8.1f %7.1f %7.1f %6.1f %% %6d", median(t->rates),
		       *std::min_element(t->rates.begin(), t->rates.end()),
		       *std::max_element(t->rates.begin(), t->rates.end()),
		       most ? 100 * median(t->rates) / most : NAN, t->wrong);
	printf("%s\n", shipped ? "  as shipped" : "");
}

static int is_shipped(struct gemm_shape s, int arch)
{
	const struct gemm_shape o = gemm_shape(COMPUTE_BF16, arch);

	return s.rows == o.rows && s.columns == o.columns && s.warp_columns == o.warp_columns &&
	       s.slice == o.slice && s.stages == o.stages && s.spread == o.spread;
}

static int compare(struct bench *b, struct tile *all, int major, int minor)
{
	int bad = 0, wrong = 0;

	b->want.clear();
	for (int i = 0; i < SAMPLES; i++) {
		uint64_t at = gemm_sampled(b->n, b->n, SEED, i);

		b->want.push_back(
			gemm_want(COMPUTE_BF16, SEED, at / b->n, at % (unsigned)b->n, b->n));
	}
	bad |= failed("A", gemm_fill_launch(b->a, (uint64_t)b->n * b->n, COMPUTE_BF16, SEED, 0));
	bad |= failed("B", gemm_fill_launch(b->b, (uint64_t)b->n * b->n, COMPUTE_BF16,
					    gemm_seed_b(SEED), 0));
	for (int i = 0; i < GEMM_TILES && !bad; i++) {
		all[i].wrong = 0;
		all[i].rates.clear();
		bad |= all[i].blocks && verify(b, &all[i]);
	}
	for (int i = 0; i < ROUNDS * GEMM_TILES && !bad; i++)
		bad |= all[i % GEMM_TILES].blocks && measure(b, &all[i % GEMM_TILES]);
	printf("n %d, bf16; FLOP/clk/SM, %d rounds; wrong sums of %d\n"
	       "     tile     warp  slice stages  copies registers    KiB blocks   median   least"
	       "    most    share  wrong\n",
	       b->n, ROUNDS, SAMPLES);
	for (int i = 0; i < GEMM_TILES && !bad; i++) {
		print(&all[i], compute_rate(major, minor, COMPUTE_BF16),
		      is_shipped(all[i].shape, major * 10 + minor));
		wrong |= all[i].wrong;
	}
	return bad || wrong;
}

int main(void)
{
	const size_t most = (size_t)8192 * 8192;
	static struct tile all[GEMM_TILES];
	struct cudaDeviceProp gpu;
	struct bench b = {};
	int bad = 0;

	if (failed("GPU", cudaGetDeviceProperties(&gpu, 0)) ||
	    failed("memory", cudaMalloc(&b.a, most * 2)) ||
	    failed("memory", cudaMalloc(&b.b, most * 2)) ||
	    failed("memory", cudaMalloc((void **)&b.c, most * sizeof(*b.c))) ||
	    failed("memory", cudaHostAlloc((void **)&b.ticks, 2 * SM_CLOCK_MOST * sizeof(*b.ticks),
					   cudaHostAllocMapped)))
		return 1;
	if (gpu.major < 8) {
		printf("mma.sync has bf16 from compute capability 8.0 on\n");
		return 0;
	}
	printf("== %s, compute capability %d.%d\n", gpu.name, gpu.major, gpu.minor);
	memset(b.ticks, 0, 2 * SM_CLOCK_MOST * sizeof(*b.ticks));
	b.sms = gpu.multiProcessorCount;
	add_tiles<GEMM_TILES - 1>(all);
	for (int i = 0; i < GEMM_TILES; i++)
		bad |= prepare(&all[i]);
	for (b.n = 8192; b.n >= 4096 && !bad; b.n /= 2)
		bad |= compare(&b, all, gpu.major, gpu.minor);
	return bad;
}
