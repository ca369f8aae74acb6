/*
 * The portable matrix product: a block of eight warps computes one tile of C. Slices of A and B
 * along K go to shared memory several ahead of the work; each warp keeps its sums in registers and
 * reads the next fragments while it multiplies. Its instructions do not change with the toolkit,
 * which makes it a yardstick. M, N and K must be multiples of the tile and the slice: gemm_mma.c.
 * Indices are those of gemm_mma.h. Known error: mma.sync reaches some 62-65 % of what sm_90 can do.
 */
#include "gemm_engine.h"
#include "gemm_mma.h"
#include "gemm_mma_code.h"

#include <cuda_runtime.h>
#include <type_traits>

#if defined(__CUDA_ARCH__)
#define ARCH (__CUDA_ARCH__ / 10)
#else
#define ARCH 80
#endif

/* ---- what a warp does with a slice ---- */

/* The sums of I × J instructions, of 16 rows and 8 columns each. */
template <int I, int J, class SUM>
CODE void store_sums(SUM *to, int n, int lane, const SUM (&c)[I][J][4])
{
#pragma unroll
	for (int i = 0; i < I; i++) {
#pragma unroll
		for (int j = 0; j < J; j++) {
#pragma unroll
			for (int r = 0; r < 4; r++) {
				const struct gemm_place p = gemm_sum(lane, i, j, r);

				to[(size_t)p.row * n + p.column] = c[i][j][r];
			}
		}
	}
}

/* Matrix instructions with sums of 32 bits: 64 × 64 sums a warp, 32 bytes of K a step. */
template <class FORMAT> struct Matrix {
	typedef typename FORMAT::sum sum;
	enum { ROWS = 128, COLUMNS = 256, WARP_ROWS = 64, WARP_COLUMNS = 64, STEPS = 2 };
	struct fragment {
		uint32_t a[4][4], b[4][4];
	};
	sum c[4][8][4];

	__device__ void load(fragment &f, uint32_t a, uint32_t b, int lane, int step) const
	{
#pragma unroll
		for (int i = 0; i < 4; i++) {
			load_parts(f.a[i], a + gemm_part_a(lane, i, step));
			load_parts(f.b[i], b + gemm_part_b(lane, i, step));
		}
	}

	__device__ void multiply(const fragment &f)
	{
#pragma unroll
		for (int i = 0; i < 4; i++) {
#pragma unroll
			for (int j = 0; j < 8; j++)
				FORMAT::mma(c[i][j], f.a[i], &f.b[j / 2][j % 2 * 2]);
		}
	}

	__device__ void store(sum *to, int n, int lane) const
	{
		store_sums<4, 8>(to, n, lane, c);
	}
};

/* fp64 by matrix instructions: 32 × 32 sums a warp, all 64 bytes in one step. */
struct Matrix64 {
	typedef double sum;
	enum { ROWS = 64, COLUMNS = 128, WARP_ROWS = 32, WARP_COLUMNS = 32, STEPS = 1 };
	struct fragment {
		double2 a[4], b[4];
	};
	double c[2][4][4];

	__device__ void load(fragment &f, uint32_t a, uint32_t b, int lane, int) const
	{
#pragma unroll
		for (int i = 0; i < 4; i++) {
			load_number(f.a[i], a + gemm_part_fp64(lane, i));
			load_number(f.b[i], b + gemm_part_fp64(lane, i));
		}
	}

	__device__ void multiply(const fragment &f)
	{
#pragma unroll
		for (int i = 0; i < 2; i++) {
#pragma unroll
			for (int j = 0; j < 4; j++) {
				mma_fp64(c[i][j], f.a[2 * i].x, f.a[2 * i + 1].x, f.b[j].x);
				mma_fp64(c[i][j], f.a[2 * i].y, f.a[2 * i + 1].y, f.b[j].y);
			}
		}
	}

	__device__ void store(double *to, int n, int lane) const
	{
		store_sums<2, 4>(to, n, lane, c);
	}
};

CODE void multiply_add(float &c, float2 a, float2 b)
{
	c = fmaf(a.x, b.x, c);
	c = fmaf(a.y, b.y, c);
}

template <class SUM> CODE void multiply_add(SUM &c, SUM a, SUM b)
{
	c = fma(a, b, c);
}

/* Without matrix instructions: 8 × WIDE sums a thread, 8 bytes of K a step, read as one PAIR. */
template <class SUM, class PAIR, int WIDE> struct Plain {
	typedef SUM sum;
	enum {
		ROWS = 128,
		COLUMNS = 16 * WIDE,
		WARP_ROWS = 32,
		WARP_COLUMNS = 8 * WIDE,
		STEPS = 8
	};
	struct fragment {
		PAIR a[8], b[WIDE];
	};
	SUM c[8][WIDE];

	__device__ void load(fragment &f, uint32_t a, uint32_t b, int lane, int step) const
	{
#pragma unroll
		for (int i = 0; i < 8; i++) {
			load_number(f.a[i], a + gemm_part_plain(gemm_row_plain(lane, i), step));
			if (i < WIDE)
				load_number(f.b[i],
					    b + gemm_part_plain(gemm_column_plain(lane, i), step));
		}
	}

	__device__ void multiply(const fragment &f)
	{
#pragma unroll
		for (int i = 0; i < 8; i++) {
#pragma unroll
			for (int j = 0; j < WIDE; j++)
				multiply_add(c[i][j], f.a[i], f.b[j]);
		}
	}

	__device__ void store(SUM *to, int n, int lane) const
	{
#pragma unroll
		for (int i = 0; i < 8; i++) {
#pragma unroll
			for (int j = 0; j < WIDE; j++)
				to[(size_t)gemm_row_plain(lane, i) * n +
				   gemm_column_plain(lane, j)] = c[i][j];
		}
	}
};

/* ---- what a block does ---- */

/* What a thread copies of each slice, ROWS rows from the tile's first. */
template <int ROWS> CODE void copy_slice(uint32_t shared, const char *from, size_t k_bytes)
{
#pragma unroll
	for (int i = 0; i < ROWS * GEMM_CHUNKS / GEMM_THREADS; i++) {
		const struct gemm_place p = gemm_copied((int)threadIdx.x, i);

		copy_chunk(shared + gemm_shared(p.row, p.column),
			   from + p.row * k_bytes + p.column * GEMM_CHUNK);
	}
}

template <class WORK>
CODE void product(const char *a, const char *b, typename WORK::sum *c, int m, int n, int k_bytes)
{
	extern __shared__ __align__(128) unsigned char memory[];
	enum {
		STAGES = ARCH >= 80 ? 4 : 2,
		A_BYTES = WORK::ROWS * GEMM_SLICE,
		BYTES = (WORK::ROWS + WORK::COLUMNS) * GEMM_SLICE,
	};
	const struct gemm_shape shape = {WORK::ROWS, WORK::COLUMNS, WORK::WARP_ROWS,
					 WORK::WARP_COLUMNS};
	const struct gemm_place tile =
		gemm_tile((int)blockIdx.x, m / WORK::ROWS, n / WORK::COLUMNS);
	const struct gemm_place warp = gemm_warp(shape, (int)threadIdx.x / 32);
	const int lane = (int)threadIdx.x % 32, slices = k_bytes / GEMM_SLICE;
	const uint32_t shared = (uint32_t)__cvta_generic_to_shared(memory);
	const uint32_t own_a = shared + warp.row * GEMM_SLICE,
		       own_b = shared + A_BYTES + warp.column * GEMM_SLICE;
	typename WORK::fragment f[2];
	WORK work = {};

	a += (size_t)tile.row * WORK::ROWS * k_bytes;
	b += (size_t)tile.column * WORK::COLUMNS * k_bytes;
	auto copy = [&](int slice) {
		uint32_t to = shared + slice % STAGES * BYTES;

		if (slice < slices) {
			copy_slice<WORK::ROWS>(to, a + (size_t)slice * GEMM_SLICE, k_bytes);
			copy_slice<WORK::COLUMNS>(to + A_BYTES, b + (size_t)slice * GEMM_SLICE,
						  k_bytes);
		}
		end_of_slice();
	};
	for (int s = 0; s < STAGES - 1; s++)
		copy(s);
	wait_for_slices<STAGES - 2>();
	__syncthreads();
	work.load(f[0], own_a, own_b, lane, 0);
	for (int slice = 0; slice < slices; slice++) {
#pragma unroll
		for (int step = 0; step < WORK::STEPS; step++) {
			const int last = step == WORK::STEPS - 1;
			const uint32_t at = (slice + last) % STAGES * BYTES;

			if (step == 0)
				copy(slice + STAGES - 1);
			if (last) {
				wait_for_slices<STAGES - 2>();
				__syncthreads();
			}
			work.load(f[(step + 1) % 2], own_a + at, own_b + at, lane,
				  last ? 0 : step + 1);
			work.multiply(f[step % 2]);
		}
		if (WORK::STEPS % 2)
			f[0] = f[1];
	}
	work.store(c + (size_t)(tile.row * WORK::ROWS + warp.row) * n +
			   tile.column * WORK::COLUMNS + warp.column,
		   n, lane);
}

/* Numbers of `bytes` bytes. Empty where the architecture cannot do it: nobody launches that. */
#define KERNEL(name, type, work, bytes)                                                            \
	extern "C" __global__ void __launch_bounds__(GEMM_THREADS, 1)                              \
		assay_gemm_mma_##name(const void *a, const void *b, void *c, int m, int n, int k)  \
	{                                                                                          \
		if constexpr (gemm_mma_has(type, ARCH))                                            \
			product<work>((const char *)a, (const char *)b, (work::sum *)c, m, n,      \
				      k * bytes);                                                  \
	}

typedef std::conditional<ARCH >= 80, Matrix64, Plain<double, double, 4>>::type Fp64;
typedef Plain<float, float2, 8> Fp32;

KERNEL(fp64, COMPUTE_FP64, Fp64, 8)
KERNEL(fp32, COMPUTE_FP32, Fp32, 4)
KERNEL(tf32, COMPUTE_TF32, Matrix<Tf32>, 4)
KERNEL(bf16, COMPUTE_BF16, Matrix<Bf16>, 2)
KERNEL(fp16, COMPUTE_FP16, Matrix<Fp16>, 2)
KERNEL(fp8, COMPUTE_FP8, Matrix<Fp8>, 1)
KERNEL(int8, COMPUTE_INT8, Matrix<Int8>, 1)

/* ---- launching ---- */

typedef void kernel_fn(const void *, const void *, void *, int, int, int);
static kernel_fn *const kernels[COMPUTE_TYPES] = {
	assay_gemm_mma_fp64, assay_gemm_mma_fp32, assay_gemm_mma_tf32, assay_gemm_mma_bf16,
	assay_gemm_mma_fp16, assay_gemm_mma_fp8,  assay_gemm_mma_int8,
};

static int shared_bytes(enum compute_type type, int arch)
{
	struct gemm_shape s = gemm_shape(type, arch);

	return gemm_stages(arch) * (s.rows + s.columns) * GEMM_SLICE;
}

extern "C" int gemm_mma_prepare(enum compute_type type, int *arch)
{
	struct cudaFuncAttributes attributes;
	cudaError_t rc = cudaFuncGetAttributes(&attributes, (const void *)kernels[type]);

	*arch = attributes.ptxVersion;
	if (!rc)
		rc = cudaFuncSetAttribute((const void *)kernels[type],
					  cudaFuncAttributeMaxDynamicSharedMemorySize,
					  shared_bytes(type, *arch));
	return rc;
}

extern "C" int gemm_mma_launch(const struct gemm_job *j, int arch, struct CUstream_st *stream)
{
	struct gemm_shape s = gemm_shape(j->type, arch);
	unsigned blocks = (unsigned)(j->m / s.rows) * (unsigned)(j->n / s.columns);

	kernels[j->type]<<<blocks, GEMM_THREADS, shared_bytes(j->type, arch), stream>>>(
		j->a, j->b, j->c, j->m, j->n, j->k);
	return cudaGetLastError();
}
