/*
 * The only file with instructions of one architecture: a hint for spinning, and stores that go
 * past the cache. ARCH_NT_STORE2_N writes two vectors of N doubles to consecutive addresses
 * that are aligned to one vector.
 */
#ifndef ASSAY_KERNELS_ARCH_H
#define ASSAY_KERNELS_ARCH_H

#if defined(__x86_64__)
#include <immintrin.h>

#define ARCH_HAS_NT		  1
#define ARCH_RELAX()		  _mm_pause()
#define ARCH_NT_FENCE()		  _mm_sfence()
#define ARCH_NT_STORE2_2(p, x, y) (_mm_stream_pd((p), (x)), _mm_stream_pd((p) + 2, (y)))
#define ARCH_NT_STORE2_4(p, x, y) (_mm256_stream_pd((p), (x)), _mm256_stream_pd((p) + 4, (y)))
#define ARCH_NT_STORE2_8(p, x, y) (_mm512_stream_pd((p), (x)), _mm512_stream_pd((p) + 8, (y)))

#elif defined(__aarch64__)

#define ARCH_HAS_NT	1
#define ARCH_RELAX()	__asm__ volatile("yield")
#define ARCH_NT_FENCE() __asm__ volatile("dmb ish" ::: "memory")
#define ARCH_NT_STORE2_2(p, x, y)                                                                  \
	__asm__ volatile("stnp %q1, %q2, [%0]" ::"r"(p), "w"(x), "w"(y) : "memory")

#else

#define ARCH_HAS_NT		  0
#define ARCH_RELAX()		  ((void)0)
#define ARCH_NT_FENCE()		  ((void)0)
#define ARCH_NT_STORE2_2(p, x, y) ((void)0)

#endif

#endif
