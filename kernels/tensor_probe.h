/*
 * The loops of matrix instructions of tensor_probe: which instruction for which GPU and format,
 * what each register and each byte of shared memory holds, what every sum must be. Compiles for the
 * host as well, where tests run it for every thread.
 *
 * A block has an SM for itself. Each of its issuers (a warp; for warpgroup MMA a warpgroup) has
 * rows of A of its own and several independent sums. A turn adds products and takes them away
 * again, so that sums stay small, whole and exact in every format, also where the hardware keeps
 * fewer bits than fp32 has (fp8 on 9.0); one more product ends it. Whatever goes wrong on the way
 * stays in its sum.
 *
 * Fragments and descriptors are laid out as the PTX ISA says (mma.m16n8k*, wgmma.m64n256k*).
 * Counted in registers they are the same in all formats: a register holds `per` neighbours along K.
 */
#ifndef ASSAY_KERNELS_TENSOR_PROBE_H
#define ASSAY_KERNELS_TENSOR_PROBE_H

#include "compute.h"
#include "pattern.h"

#ifdef __CUDACC__
#define TENSOR_FN static __host__ __device__ constexpr inline
#else
#define TENSOR_FN static inline
#endif

/* Each sum and each register has a loop of its own: unrolled they would be a lot of code. */
#ifdef __CUDA_ARCH__
#define TENSOR_ROLLED _Pragma("unroll 1")
#else
#define TENSOR_ROLLED
#endif

enum tensor_way {
	TENSOR_NONE,  /* there is no such instruction, or another one is needed for the rate */
	TENSOR_MMA,   /* mma.sync: all operands in registers */
	TENSOR_WGMMA, /* A in registers, B in shared memory */
};

enum { TENSOR_THREADS = 256 };

/* What a block tells of its SM. */
struct tensor_sm {
	uint32_t sm;	 /* its number, %smid */
	uint32_t wrong;	 /* sums that are not what they must be */
	uint64_t clocks; /* from the first instruction to the last, %clock64 */
	uint64_t ns;	 /* the same by %globaltimer */
};

/* ---- which instructions ---- */

TENSOR_FN enum tensor_way tensor_way(int major, int minor, enum compute_type type)
{
	const int cc = 10 * major + minor;

	if (type >= COMPUTE_TYPES || type == COMPUTE_FP32 || cc < 75 || major == 10 || major == 11)
		return TENSOR_NONE;
	if (cc == 75)
		return type == COMPUTE_FP16 || type == COMPUTE_INT8 ? TENSOR_MMA : TENSOR_NONE;
	if (cc == 90 && type != COMPUTE_FP64)
		return TENSOR_WGMMA;
	return type != COMPUTE_FP8 || cc >= 89 ? TENSOR_MMA : TENSOR_NONE;
}

struct tensor_shape {
	uint32_t m, n, k; /* of one instruction */
	uint32_t per;	  /* elements of a register */
	uint32_t issuers; /* of a block */
	uint32_t sums;	  /* of an issuer, each m x n */
	uint32_t pairs;	  /* a turn adds and takes away so often */
};

TENSOR_FN struct tensor_shape tensor_shape(int major, int minor, enum compute_type type)
{
	const uint32_t per = type == COMPUTE_FP64 || type == COMPUTE_TF32   ? 1
			     : type == COMPUTE_BF16 || type == COMPUTE_FP16 ? 2
									    : 4;
	struct tensor_shape s = {16, 8, 8 * per, per, 8, 8, 1};

	if (tensor_way(major, minor, type) == TENSOR_WGMMA) {
		s.m = 64;
		s.n = 256;
		s.issuers = 2;
		s.sums = 1;
		s.pairs = 4;
	} else if (type == COMPUTE_FP64) {
		s.m = major == 9 ? 16 : 8;
		s.k = major == 9 ? 16 : 4;
	} else if (major == 7) { /* Turing's are half as deep, and of whole numbers half as high */
		s.m = type == COMPUTE_INT8 ? 8 : 16;
		s.k = 4 * per;
	}
	return s;
}

/* Operations of one block: a multiplication and an addition are two. */
TENSOR_FN double tensor_flop(const struct tensor_shape *s, uint32_t turns)
{
	return 2.0 * s->m * s->n * s->k * s->issuers * s->sums * (2.0 * s->pairs * turns + 1);
}

/* ---- the numbers: row of A or column of B of the whole block, k below s.k ---- */

PATTERN_FN int tensor_a(uint32_t row, uint32_t k, uint32_t seed)
{
	const uint32_t word = pattern_word(row * 64 + k, seed);
	const int size = 1 + (int)((word >> 16 & 0xff) * 3 >> 8); /* 1, 2 or 3 */

	return word >> 31 ? -size : size;
}

PATTERN_FN int tensor_b(uint32_t column, uint32_t k, uint32_t seed)
{
	return tensor_a(column, k, ~seed);
}

/* What a sum is before the first instruction. */
PATTERN_FN int tensor_start(uint32_t row, uint32_t column, uint32_t seed)
{
	return (int)(pattern_word(row * 256 + column, seed) >> 26) - 32;
}

/* And after the last. */
PATTERN_FN int tensor_end(uint32_t row, uint32_t column, uint32_t depth, uint32_t seed)
{
	int sum = tensor_start(row, column, seed);

	TENSOR_ROLLED
	for (uint32_t k = 0; k < depth; k++)
		sum += tensor_a(row, k, seed) * tensor_b(column, k, seed);
	return sum;
}

/* One of them in a format of 32 bits or fewer (fp64 needs no such thing). */
PATTERN_FN uint32_t tensor_encode(enum compute_type type, int value)
{
	const uint32_t size = (uint32_t)(value < 0 ? -value : value);
	const uint32_t log2 = size >= 2; /* of 1, 2, 3 */
	const uint32_t half = size == 3; /* the first bit of the fraction */
	const uint32_t sign = value < 0;

	if (type == COMPUTE_INT8)
		return (uint32_t)value & 0xff;
	if (type == COMPUTE_TF32)
		return sign << 31 | (127 + log2) << 23 | half << 22;
	if (type == COMPUTE_BF16)
		return sign << 15 | (127 + log2) << 7 | half << 6;
	if (type == COMPUTE_FP16)
		return sign << 15 | (15 + log2) << 10 | half << 9;
	return sign << 7 | (7 + log2) << 3 | half << 2; /* e4m3 */
}

/* ---- fragments: element i of register `reg` of a lane ---- */

TENSOR_FN uint32_t tensor_a_row(uint32_t lane, uint32_t reg)
{
	return lane / 4 + 8 * (reg % 2);
}

TENSOR_FN uint32_t tensor_a_k(uint32_t lane, uint32_t reg, uint32_t per, uint32_t i)
{
	return per * (lane % 4 + 4 * (reg / 2)) + i;
}

TENSOR_FN uint32_t tensor_b_column(uint32_t lane)
{
	return lane / 4;
}

/* In words along K. */
TENSOR_FN uint32_t tensor_b_at(uint32_t lane, uint32_t reg)
{
	return lane % 4 + 4 * reg;
}

/* Registers of A (or -A) and of B, for a warp whose rows and columns begin there; not of fp64. */
PATTERN_FN uint32_t tensor_a_word(enum compute_type type, uint32_t per, uint32_t row, uint32_t lane,
				  uint32_t reg, uint32_t seed, int sign)
{
	uint32_t word = 0;

	TENSOR_ROLLED
	for (uint32_t i = 0; i < per; i++)
		word |= tensor_encode(type, sign * tensor_a(row + tensor_a_row(lane, reg),
							    tensor_a_k(lane, reg, per, i), seed))
			<< (32 / per * i);
	return word;
}

/* `at`: which of the words along K. */
PATTERN_FN uint32_t tensor_b_word(enum compute_type type, uint32_t per, uint32_t column,
				  uint32_t at, uint32_t seed)
{
	uint32_t word = 0;

	TENSOR_ROLLED
	for (uint32_t i = 0; i < per; i++)
		word |= tensor_encode(type, tensor_b(column, per * at + i, seed)) << (32 / per * i);
	return word;
}

/* Of sums; those of warpgroup MMA go on in further columns. A warp has 16 of its 64 rows. */
TENSOR_FN uint32_t tensor_c_row(uint32_t lane, uint32_t reg)
{
	return lane / 4 + 8 * (reg / 2 % 2);
}

TENSOR_FN uint32_t tensor_c_column(uint32_t lane, uint32_t reg)
{
	return 8 * (reg / 4) + 2 * (lane % 4) + reg % 2;
}

/* ---- B of warpgroup MMA in shared memory, without a swizzle ---- */

/*
 * "Core matrices" of 8 columns, 16 bytes of K each, in one piece of 128 bytes; two side by side
 * along K, and those pairs one after another along N.
 */
enum { TENSOR_CORE_BYTES = 128, TENSOR_B_BYTES = 256 * 32 };

TENSOR_FN uint32_t tensor_b_offset(uint32_t column, uint32_t k_bytes)
{
	return column / 8 * 2 * TENSOR_CORE_BYTES + k_bytes / 16 * TENSOR_CORE_BYTES +
	       column % 8 * 16 + k_bytes % 16;
}

/* Start, distance along K and distance along N, in units of 16 bytes; no swizzle: 0 in the top
 * bits. */
TENSOR_FN uint64_t tensor_b_descriptor(uint32_t shared_address)
{
	return (uint64_t)(shared_address >> 4 & 0x3fff) | (uint64_t)(TENSOR_CORE_BYTES >> 4) << 16 |
	       (uint64_t)(2 * TENSOR_CORE_BYTES >> 4) << 32;
}

/*
 * The kernel of that way and format, for cudaLaunchKernel and cudaFuncGetAttributes; NULL where
 * this program has none. Its arguments: struct tensor_sm *of_blocks, uint32_t turns, uint32_t seed;
 * blocks of TENSOR_THREADS, and TENSOR_B_BYTES of dynamic shared memory or more.
 */
#ifdef __cplusplus
extern "C" {
#endif
const void *tensor_mma_kernel(enum compute_type type);
const void *tensor_wgmma_kernel(enum compute_type type);
#ifdef __cplusplus
}
#endif

#endif
