/*
 * Streams through the memory of a GPU by its SMs, the loops of stream.h: read, write, copy, triad
 * of doubles. 512 threads a block, two blocks an SM, 16 bytes an access, four to eight under way in
 * each thread. The arrays are walked round and round, so that a launch lasts long beside its
 * start and its end whatever their size. What one thread does is written for host and GPU alike,
 * so that a test without a GPU sees that every element is done, and right.
 */
#ifndef ASSAY_KERNELS_HBM_H
#define ASSAY_KERNELS_HBM_H

#include "pattern.h"
#include "stream.h"

#ifdef __CUDACC__
#define HBM_FN static __host__ __device__ __forceinline__
#else
#define HBM_FN static inline
#endif
#ifdef __CUDA_ARCH__
#define HBM_UNROLL _Pragma("unroll")
#else
#define HBM_UNROLL
#endif

enum { HBM_THREADS = 512, HBM_BLOCKS_OF_SM = 2, HBM_MOST = 8 };
#define HBM_UNDER_WAY(op)   ((op) == STREAM_READ ? HBM_MOST : 4) /* accesses to each array */
#define HBM_VECTOR_BYTES    16
#define HBM_MAX_ARRAY_BYTES ((uint64_t)16 << 30)

struct __attribute__((aligned(16))) hbm_vector {
	double e[2];
};

/* ---- what the arrays hold ---- */

/*
 * Element i of b or c: a number of [1, 2), its fraction 48 bits long, no two of b or c equal. So
 * nothing is zero, a moved element shows, and b + 3 c is exact, however it is rounded.
 */
HBM_FN uint64_t hbm_bits(uint64_t i, uint64_t seed, int is_c)
{
	/* 2^48 divided by the golden ratio, and another odd number: steps that leave no two alike
	 */
	uint64_t m = is_c ? i * 0x5851f42d4c95u + (seed >> 16) : i * 0x9e3779b97f4bu + seed;

	return (uint64_t)0x3ff << 52 | (m & 0xffffffffffffu) << 4;
}

HBM_FN double hbm_double(uint64_t bits)
{
	union {
		uint64_t bits;
		double d;
	} u = {bits};

	return u.d;
}

HBM_FN uint64_t hbm_bits_of(double d)
{
	union {
		double d;
		uint64_t bits;
	} u = {d};

	return u.bits;
}

/* What write puts everywhere; triad's factor is STREAM_Q. */
HBM_FN double hbm_fill_value(uint64_t seed)
{
	return hbm_double(hbm_bits(1, ~seed, 0));
}

/* What element i of a must be after the operation, as bits. Read changes nothing: b. */
HBM_FN uint64_t hbm_want(enum stream_op op, uint64_t i, uint64_t seed)
{
	if (op == STREAM_WRITE)
		return hbm_bits_of(hbm_fill_value(seed));
	if (op == STREAM_TRIAD)
		return hbm_bits_of(hbm_double(hbm_bits(i, seed, 0)) +
				   STREAM_Q * hbm_double(hbm_bits(i, seed, 1)));
	return hbm_bits(i, seed, 0);
}

/* What `bytes` of b add up to as whole numbers, modulo 2^64. On the host some 0.1 s a GiB. */
HBM_FN uint64_t hbm_sum(uint64_t bytes, uint64_t seed)
{
	uint64_t sum = 0;

	for (uint64_t i = 0; i < bytes / sizeof(sum); i++)
		sum += hbm_bits(i, seed, 0);
	return sum;
}

/* ---- one thread's part ---- */

struct hbm_part {
	void *a;
	const void *b, *c; /* as stream.h; what an operation does not use may be NULL */
	double q;	   /* what write puts */
	uint32_t vectors;  /* of each array, of 16 bytes; below 2^31 */
	uint64_t walk;	   /* vectors that all threads do together: rounds x vectors */
};

/* Past the caches of the SM, whose hits would be taken for memory's. */
HBM_FN struct hbm_vector hbm_load(const void *array, uint32_t i)
{
	const struct hbm_vector *p = (const struct hbm_vector *)array + i;
#ifdef __CUDA_ARCH__
	struct hbm_vector v;

	asm volatile("ld.global.cg.v2.f64 {%0, %1}, [%2];" : "=d"(v.e[0]), "=d"(v.e[1]) : "l"(p));
	return v;
#else
	return *p;
#endif
}

HBM_FN void hbm_store(void *array, uint32_t i, struct hbm_vector v)
{
	struct hbm_vector *p = (struct hbm_vector *)array + i;
#ifdef __CUDA_ARCH__
	asm volatile("st.global.cg.v2.f64 [%0], {%1, %2};" ::"l"(p), "d"(v.e[0]), "d"(v.e[1])
		     : "memory");
#else
	*p = v;
#endif
}

/* `step` further round an array; both are below `vectors`. */
HBM_FN uint32_t hbm_further(uint32_t at, uint32_t step, uint32_t vectors)
{
	uint32_t next = at + step;

	return next < vectors ? next : next - vectors;
}

/* n <= HBM_MOST vectors from *at on, a step apart: all loads before the first store. */
HBM_FN uint64_t hbm_some(enum stream_op op, const struct hbm_part *p, int n, uint32_t *at,
			 uint32_t step)
{
	struct hbm_vector x[HBM_MOST], y[HBM_MOST];
	uint32_t i[HBM_MOST];
	uint64_t sum = 0;

	HBM_UNROLL
	for (int k = 0; k < n; k++) {
		i[k] = *at;
		*at = hbm_further(*at, step, p->vectors);
		if (op == STREAM_WRITE)
			x[k].e[0] = x[k].e[1] = p->q;
		else
			x[k] = hbm_load(p->b, i[k]);
		if (op == STREAM_TRIAD)
			y[k] = hbm_load(p->c, i[k]);
	}
	HBM_UNROLL
	for (int k = 0; k < n; k++) {
		if (op == STREAM_TRIAD) {
			x[k].e[0] += STREAM_Q * y[k].e[0];
			x[k].e[1] += STREAM_Q * y[k].e[1];
		}
		if (op == STREAM_READ)
			sum += hbm_bits_of(x[k].e[0]) + hbm_bits_of(x[k].e[1]);
		else
			hbm_store(p->a, i[k], x[k]);
	}
	return sum;
}

/*
 * The part of thread `index` of `threads`: neighbours do neighbouring vectors, so that a warp moves
 * 512 bytes in a row. Returns for read the sum of what it read, as whole numbers modulo 2^64,
 * which is the same in any order; else 0.
 */
HBM_FN uint64_t hbm_do(enum stream_op op, const struct hbm_part *p, uint64_t index,
		       uint64_t threads)
{
	uint32_t at = (uint32_t)(index % p->vectors), step = (uint32_t)(threads % p->vectors);
	uint64_t left = index < p->walk ? (p->walk - index + threads - 1) / threads : 0, sum = 0;

	for (; left >= HBM_UNDER_WAY(op); left -= HBM_UNDER_WAY(op))
		sum += hbm_some(op, p, HBM_UNDER_WAY(op), &at, step);
	for (; left; left--)
		sum += hbm_some(op, p, 1, &at, step);
	return sum;
}

#ifdef __cplusplus
extern "C" {
#endif

/*
 * On the GPU, queued on a stream; all pointers are of its memory. sms: how many it has. read adds
 * its sum to *sum. fill writes b or c; check adds to *diff, which counts bytes and begins as
 * PATTERN_DIFF_INIT, where a (b for read) is not what hbm_want says. Return a cudaError_t.
 */
struct CUstream_st;
int hbm_launch(enum stream_op op, const struct hbm_part *p, uint64_t *sum, int sms,
	       struct CUstream_st *stream);
int hbm_fill_launch(void *p, uint64_t bytes, uint64_t seed, int is_c, struct CUstream_st *stream);
int hbm_check_launch(enum stream_op op, const void *p, uint64_t bytes, uint64_t seed,
		     struct pattern_diff *diff, struct CUstream_st *stream);

#ifdef __cplusplus
}
#endif

#endif
