/*
 * The loops of stream.c for one width of vectors; included once for each. Before: LANES
 * (doubles a vector), NAME(x) (a suffix for x), TARGET (attribute that allows the
 * instructions), NT_STORE2 (see arch.h). No include guard, on purpose.
 *
 * One block is four vectors. The empty asm is a barrier for the compiler alone: without it
 * both compilers may make one call of memcpy or memset out of a loop.
 */
typedef double NAME(vec) __attribute__((vector_size(LANES * 8), may_alias));

#define VEC	 NAME(vec)
#define AT(p, k) (*(const VEC *)(const void *)((p) + i + (k)*LANES))
#define TO(p, k) (*(VEC *)(void *)((p) + i + (k)*LANES))
#define STEP	 ((size_t)4 * LANES)
#define KEEP()	 __asm__ volatile("" ::: "memory")

static TARGET double NAME(read)(double *a, const double *b, const double *c, size_t n)
{
	VEC s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};
	double sum = 0;

	for (size_t i = 0; i < n; i += STEP) {
		s0 += AT(b, 0);
		s1 += AT(b, 1);
		s2 += AT(b, 2);
		s3 += AT(b, 3);
	}
	s0 += s1 + s2 + s3;
	for (int k = 0; k < LANES; k++)
		sum += s0[k];
	return sum;
}

static TARGET double NAME(write)(double *a, const double *b, const double *c, size_t n)
{
	const VEC q = (VEC){0} + STREAM_Q;

	for (size_t i = 0; i < n; i += STEP) {
		TO(a, 0) = q;
		TO(a, 1) = q;
		TO(a, 2) = q;
		TO(a, 3) = q;
		KEEP();
	}
	return 0;
}

static TARGET double NAME(copy)(double *a, const double *b, const double *c, size_t n)
{
	for (size_t i = 0; i < n; i += STEP) {
		VEC x0 = AT(b, 0), x1 = AT(b, 1), x2 = AT(b, 2), x3 = AT(b, 3);
		TO(a, 0) = x0;
		TO(a, 1) = x1;
		TO(a, 2) = x2;
		TO(a, 3) = x3;
		KEEP();
	}
	return 0;
}

static TARGET double NAME(triad)(double *a, const double *b, const double *c, size_t n)
{
	const VEC q = (VEC){0} + STREAM_Q;

	for (size_t i = 0; i < n; i += STEP) {
		VEC x0 = AT(b, 0) + q * AT(c, 0), x1 = AT(b, 1) + q * AT(c, 1);
		VEC x2 = AT(b, 2) + q * AT(c, 2), x3 = AT(b, 3) + q * AT(c, 3);
		TO(a, 0) = x0;
		TO(a, 1) = x1;
		TO(a, 2) = x2;
		TO(a, 3) = x3;
		KEEP();
	}
	return 0;
}

#if ARCH_HAS_NT
static TARGET double NAME(write_nt)(double *a, const double *b, const double *c, size_t n)
{
	const VEC q = (VEC){0} + STREAM_Q;

	for (size_t i = 0; i < n; i += STEP) {
		NT_STORE2(a + i, q, q);
		NT_STORE2(a + i + 2 * LANES, q, q);
	}
	ARCH_NT_FENCE();
	return 0;
}

static TARGET double NAME(copy_nt)(double *a, const double *b, const double *c, size_t n)
{
	for (size_t i = 0; i < n; i += STEP) {
		NT_STORE2(a + i, AT(b, 0), AT(b, 1));
		NT_STORE2(a + i + 2 * LANES, AT(b, 2), AT(b, 3));
	}
	ARCH_NT_FENCE();
	return 0;
}

static TARGET double NAME(triad_nt)(double *a, const double *b, const double *c, size_t n)
{
	const VEC q = (VEC){0} + STREAM_Q;

	for (size_t i = 0; i < n; i += STEP) {
		NT_STORE2(a + i, AT(b, 0) + q * AT(c, 0), AT(b, 1) + q * AT(c, 1));
		NT_STORE2(a + i + 2 * LANES, AT(b, 2) + q * AT(c, 2), AT(b, 3) + q * AT(c, 3));
	}
	ARCH_NT_FENCE();
	return 0;
}
#define NT_LOOPS NULL, NAME(write_nt), NAME(copy_nt), NAME(triad_nt)
#else
#define NT_LOOPS NULL, NULL, NULL, NULL
#endif

static stream_fn *const NAME(loops)[2][4] = {
	{NAME(read), NAME(write), NAME(copy), NAME(triad)},
	{NT_LOOPS},
};

#undef VEC
#undef AT
#undef TO
#undef STEP
#undef KEEP
#undef NT_LOOPS
#undef LANES
#undef NAME
#undef TARGET
#undef NT_STORE2
