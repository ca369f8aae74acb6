/* See gemm_loop.h. The kernel's own code, compiled for the CPU with mma_threads.h as its GPU. */
#include "mma_threads.h"

using std::fma;

#include "../../kernels/gemm_check.h"
#include "../../kernels/gemm_mma_loop.h"
#include "../gpu/gemm_tiles.h"
#include "gemm_loop.h"

static const uint32_t SEED = 42;

/* The second of two tiles: C is one tile high. */
struct job {
	int m, n, k_bytes;
	std::vector<char> a, b, c;
};
static struct job job;

static void fill(std::vector<char> &v, enum compute_type type, uint32_t seed)
{
	const size_t bytes = compute_bytes(type);

	for (size_t i = 0; i < v.size() / bytes; i++) {
		uint64_t bits = gemm_bits(type, i, seed);

		memcpy(&v[i * bytes], &bits, bytes);
	}
}

static void make(struct gemm_shape s, enum compute_type type, int slices)
{
	job.m = s.rows;
	job.n = 2 * s.columns;
	job.k_bytes = slices * s.slice;
	job.a.resize((size_t)job.m * (size_t)job.k_bytes);
	job.b.resize((size_t)job.n * (size_t)job.k_bytes);
	job.c.resize((size_t)job.m * (size_t)job.n * gemm_sum_bytes(type));
	fill(job.a, type, SEED);
	fill(job.b, type, gemm_seed_b(SEED));
}

template <class SUM> static int wrong_sums(struct gemm_shape s, enum compute_type type)
{
	const int k = job.k_bytes / (int)compute_bytes(type);
	const SUM *c = (const SUM *)job.c.data();
	int wrong = 0;

	for (int row = 0; row < job.m; row += 3) {
		for (int column = s.columns; column < job.n; column += 5) {
			struct gemm_want w =
				gemm_want(type, SEED, (uint64_t)row, (uint64_t)column, k);

			wrong += !(std::fabs((double)c[row * job.n + column] - w.sum) <= w.bound);
		}
	}
	return wrong;
}

template <class WORK> static void multiply(void)
{
	product<WORK>(job.a.data(), job.b.data(), (typename WORK::sum *)job.c.data(), job.m, job.n,
		      job.k_bytes);
}

template <class WORK> static int check(enum compute_type type, int slices)
{
	constexpr struct gemm_shape s = WORK::shape();
	int wrong = 0;

	make(s, type, slices);
	blockIdx.x = 1;
	kernel = multiply<WORK>;
	for (int mode = 0; mode < 4; mode++) {
		late = mode % 2;
		memset(memory, 0xff, sizeof(memory));
		memset(job.c.data(), 0xff, job.c.size());
		run_block(gemm_threads(s), mode / 2);
		wrong += wrong_sums<typename WORK::sum>(s, type);
	}
	return wrong;
}

struct test {
	enum compute_type type;
	struct gemm_shape shape;
	int (*run)(enum compute_type type, int slices);
};

template <class WORK> static struct test test(enum compute_type type)
{
	return {type, WORK::shape(), check<WORK>};
}

template <int I> static void add_tiles(std::vector<struct test> &all)
{
	all.push_back(test<Matrix<Bf16, Tile<I>>>(COMPUTE_BF16));
	if constexpr (I > 0)
		add_tiles<I - 1>(all);
}

static std::vector<struct test> tests(void)
{
	std::vector<struct test> all = {
		test<Matrix<Bf16, Shipped<COMPUTE_BF16, 75>>>(COMPUTE_BF16),
		test<Matrix<Bf16, Shipped<COMPUTE_BF16, 80>>>(COMPUTE_BF16),
		test<Matrix<Bf16, Shipped<COMPUTE_BF16, 86>>>(COMPUTE_BF16),
		test<Matrix<Bf16, Shipped<COMPUTE_BF16, 90>>>(COMPUTE_BF16),
		test<Matrix64<Shipped<COMPUTE_FP64, 90>>>(COMPUTE_FP64),
		test<Plain<double, double, Shipped<COMPUTE_FP64, 75>>>(COMPUTE_FP64),
		test<Plain<float, float2, Shipped<COMPUTE_FP32, 75>>>(COMPUTE_FP32),
		test<Plain<float, float2, Shipped<COMPUTE_FP32, 90>>>(COMPUTE_FP32),
	};

	add_tiles<GEMM_TILES - 1>(all);
	return all;
}

/* Each shape with so many slices that all stages come round, and with one alone. */
int gemm_loop_wrong(int i, char *what, size_t size)
{
	static const std::vector<struct test> all = tests();
	const size_t which = (size_t)i / 2;

	if (which >= all.size())
		return -1;
	const struct test &t = all[which];
	const int slices = i % 2 ? 1 : t.shape.stages + 3;

	snprintf(what, size, "%s, %d x %d, warps %d x %d, %d slices of %d bytes in %d stages%s",
		 compute_name(t.type), t.shape.rows, t.shape.columns, t.shape.warp_rows,
		 t.shape.warp_columns, slices, t.shape.slice, t.shape.stages,
		 t.shape.spread ? ", copies spread" : "");
	return t.run(t.type, slices);
}
