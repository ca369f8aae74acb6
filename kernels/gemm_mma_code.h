/*
 * The instructions of the portable matrix product, for nvcc: copies into shared memory beside the
 * work (sm_80 and up), ldmatrix, and one multiplication of 16 rows by 8 columns along 32 bytes
 * of K for each format. Where an architecture has smaller instructions, several are put together
 * to the same fragments; where it has none, there is nothing, and nobody launches it.
 */
#ifndef ASSAY_KERNELS_GEMM_MMA_CODE_H
#define ASSAY_KERNELS_GEMM_MMA_CODE_H

#include <stdint.h>

#define CODE static __device__ __forceinline__

#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
#define HAS_80 1
#else
#define HAS_80 0
#endif
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 890
#define HAS_89 1
#else
#define HAS_89 0
#endif
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
#define HAS_90 1
#else
#define HAS_90 0
#endif

/* ---- memory ---- */

CODE void copy_chunk(uint32_t shared, const char *from)
{
#if HAS_80
	asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(shared), "l"(from));
#else
	uint4 v = *(const uint4 *)from;

	asm volatile("st.shared.v4.u32 [%0], {%1, %2, %3, %4};" ::"r"(shared), "r"(v.x), "r"(v.y),
		     "r"(v.z), "r"(v.w)
		     : "memory");
#endif
}

CODE void end_of_slice(void)
{
#if HAS_80
	asm volatile("cp.async.commit_group;" ::);
#endif
}

/* Until at most so many of the last slices are still on the way. */
template <int MOST> CODE void wait_for_slices(void)
{
#if HAS_80
	asm volatile("cp.async.wait_group %0;" ::"n"(MOST) : "memory");
#endif
}

CODE void load_parts(uint32_t (&r)[4], uint32_t shared)
{
	asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
		     : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
		     : "r"(shared)
		     : "memory");
}

/* volatile: else ptxas makes one load of those of two steps, and puts it off until it is needed. */
CODE void load_number(float2 &v, uint32_t shared)
{
	asm volatile("ld.volatile.shared.v2.f32 {%0, %1}, [%2];"
		     : "=f"(v.x), "=f"(v.y)
		     : "r"(shared)
		     : "memory");
}

CODE void load_number(double &v, uint32_t shared)
{
	asm volatile("ld.shared.f64 %0, [%1];" : "=d"(v) : "r"(shared) : "memory");
}

CODE void load_number(double2 &v, uint32_t shared)
{
	asm volatile("ld.shared.v2.f64 {%0, %1}, [%2];"
		     : "=d"(v.x), "=d"(v.y)
		     : "r"(shared)
		     : "memory");
}

/* ---- multiplication: c += a · b ---- */

#define MMA(shape, types)                                                                          \
	"mma.sync.aligned." shape ".row.col." types " {%0, %1, %2, %3}, {%4, %5, %6, %7}, "        \
	"{%8, %9}, {%0, %1, %2, %3};"
#define MMA_OPERANDS(of)                                                                           \
	: "+" of(c[0]), "+" of(c[1]), "+" of(c[2]), "+" of(c[3])                                   \
	: "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1])

struct Tf32 {
	typedef float sum;
	CODE void mma(float (&c)[4], const uint32_t (&a)[4], const uint32_t *b)
	{
#if HAS_80
		asm(MMA("m16n8k8", "f32.tf32.tf32.f32") MMA_OPERANDS("f"));
#endif
	}
};

struct Bf16 {
	typedef float sum;
	CODE void mma(float (&c)[4], const uint32_t (&a)[4], const uint32_t *b)
	{
#if HAS_80
		asm(MMA("m16n8k16", "f32.bf16.bf16.f32") MMA_OPERANDS("f"));
#endif
	}
};

struct Fp16 {
	typedef float sum;
	CODE void mma(float (&c)[4], const uint32_t (&a)[4], const uint32_t *b)
	{
#if HAS_80
		asm(MMA("m16n8k16", "f32.f16.f16.f32") MMA_OPERANDS("f"));
#else
		for (int half = 0; half < 2; half++)
			asm("mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 "
			    "{%0, %1, %2, %3}, {%4, %5}, {%6}, {%0, %1, %2, %3};"
			    : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
			    : "r"(a[2 * half]), "r"(a[2 * half + 1]), "r"(b[half]));
#endif
	}
};

struct Fp8 {
	typedef float sum;
	CODE void mma(float (&c)[4], const uint32_t (&a)[4], const uint32_t *b)
	{
#if HAS_89
		asm(MMA("m16n8k32", "f32.e4m3.e4m3.f32") MMA_OPERANDS("f"));
#endif
	}
};

struct Int8 {
	typedef int32_t sum;
	CODE void mma(int32_t (&c)[4], const uint32_t (&a)[4], const uint32_t *b)
	{
#if HAS_80
		asm(MMA("m16n8k32", "s32.s8.s8.s32") MMA_OPERANDS("r"));
#else
		for (int part = 0; part < 4; part++)
			asm("mma.sync.aligned.m8n8k16.row.col.s32.s8.s8.s32 "
			    "{%0, %1}, {%2}, {%3}, {%0, %1};"
			    : "+r"(c[part % 2 * 2]), "+r"(c[part % 2 * 2 + 1])
			    : "r"(a[part]), "r"(b[part / 2]));
#endif
	}
};

/*
 * Along eight numbers of K, of which a lane has two of each row. The larger instruction of sm_90
 * takes both at once; m8n8k4 has rows above and below, and either number, in four.
 */
CODE void mma_fp64(double (&c)[4], double2 above, double2 below, double2 b)
{
#if HAS_90
	asm("mma.sync.aligned.m16n8k8.row.col.f64.f64.f64.f64 "
	    "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
	    : "+d"(c[0]), "+d"(c[1]), "+d"(c[2]), "+d"(c[3])
	    : "d"(above.x), "d"(below.x), "d"(above.y), "d"(below.y), "d"(b.x), "d"(b.y));
#elif HAS_80
	for (int part = 0; part < 4; part++) {
		const double2 a = part % 2 ? below : above;

		asm("mma.sync.aligned.m8n8k4.row.col.f64.f64.f64.f64 "
		    "{%0, %1}, {%2}, {%3}, {%0, %1};"
		    : "+d"(c[part % 2 * 2]), "+d"(c[part % 2 * 2 + 1])
		    : "d"(part < 2 ? a.x : a.y), "d"(part < 2 ? b.x : b.y));
	}
#endif
}

#endif
