/* The loops of host_bandwidth: which one this CPU gets, and their data. */
#include "stream.h"

#include "arch.h"

#include <stdint.h>
#include <string.h>

#define LANES	2
#define NAME(x) x##_base
#define TARGET
#define NT_STORE2 ARCH_NT_STORE2_2
#include "stream_loops.h"

#if defined(__x86_64__)
#define LANES	  4
#define NAME(x)	  x##_avx2
#define TARGET	  __attribute__((target("avx2,fma")))
#define NT_STORE2 ARCH_NT_STORE2_4
#include "stream_loops.h"

#define LANES	  8
#define NAME(x)	  x##_avx512
#define TARGET	  __attribute__((target("avx512f")))
#define NT_STORE2 ARCH_NT_STORE2_8
#include "stream_loops.h"
#endif

/* Widest first; the last one runs everywhere. */
static const struct {
	const char *isa;
	stream_fn *const (*loops)[4];
} sets[] = {
#if defined(__x86_64__)
	{"avx512", loops_avx512},
	{"avx2", loops_avx2},
#endif
	{"base", loops_base},
};

static bool cpu_has(const char *isa)
{
#if defined(__x86_64__)
	if (!strcmp(isa, "avx512"))
		return __builtin_cpu_supports("avx512f");
	if (!strcmp(isa, "avx2"))
		return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#endif
	return true;
}

stream_fn *stream_loop_named(const char *isa, enum stream_op op, bool nontemporal)
{
	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
		if (!strcmp(sets[i].isa, isa))
			return cpu_has(isa) ? sets[i].loops[nontemporal][op] : NULL;
	}
	return NULL;
}

stream_fn *stream_loop(enum stream_op op, bool nontemporal, const char **isa)
{
	size_t i = 0;

	while (!cpu_has(sets[i].isa))
		i++;
	*isa = sets[i].isa;
	return sets[i].loops[nontemporal][op];
}

const char *stream_op_name(enum stream_op op)
{
	static const char *const names[] = {"read", "write", "copy", "triad"};

	return names[op];
}

enum stream_op stream_op(const char *name)
{
	int op = STREAM_READ;

	while (op < STREAM_TRIAD && strcmp(stream_op_name((enum stream_op)op), name) != 0)
		op++;
	return (enum stream_op)op;
}

int stream_arrays(enum stream_op op)
{
	static const int arrays[] = {1, 1, 2, 3};

	return arrays[op];
}

double stream_value(size_t i, bool is_c)
{
	uint32_t x = ((uint32_t)i + (is_c ? 0x51ed27u : 0)) * 0x9e3779b1u;

	return (double)(int)(1 + (x >> 22));
}

void stream_fill(double *p, size_t first, size_t n, bool is_c)
{
	for (size_t i = 0; i < n; i++)
		p[i] = stream_value(first + i, is_c);
}

static double expected(enum stream_op op, size_t i)
{
	switch (op) {
	case STREAM_COPY:
		return stream_value(i, false);
	case STREAM_TRIAD:
		return stream_value(i, false) + STREAM_Q * stream_value(i, true);
	case STREAM_READ:
	case STREAM_WRITE:
		break;
	}
	return STREAM_Q;
}

static size_t check_sum(double sum, size_t first, size_t n, size_t *at)
{
	double want = 0;

	for (size_t i = 0; i < n; i++)
		want += stream_value(first + i, false);
	if (sum == want)
		return 0;
	*at = first;
	return n;
}

size_t stream_check(enum stream_op op, const double *a, double sum, size_t first, size_t n,
		    size_t *at)
{
	size_t wrong = 0;

	if (op == STREAM_READ)
		return check_sum(sum, first, n, at);
	for (size_t i = 0; i < n; i++) {
		if (a[i] == expected(op, first + i))
			continue;
		if (wrong++ == 0)
			*at = first + i;
	}
	return wrong;
}
