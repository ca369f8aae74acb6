/*
 * Copy and read of the loops of kernels/hbm.h in other shapes on the GPU at hand: threads a block,
 * blocks an SM, accesses under way in a thread, those of a thread far apart (as hbm.h has it) or
 * near, and other hints to the caches. In turns, some rounds; what was copied and read is checked.
 * The first row of each is hbm.h's own kernel. TB/s: bytes read and written.
 */
extern "C" {
#include "../../kernels/stream.h"
}
#include "../../kernels/hbm.h"
#include "gpu_program.h"

#define ROUNDS	7
#define WALKS	4		    /* through the arrays, a launch */
#define BYTES	((uint64_t)2 << 30) /* of an array: a power of two */
#define VECTORS ((uint32_t)(BYTES / sizeof(struct hbm_vector)))
#define SEED	42

enum hint { CG, PLAIN, CS, EVICT_FIRST };
static const char *const hint_names[] = {"cg", "plain", "cs", "evict_first"};

template <int H> static __device__ __forceinline__ struct hbm_vector load(const void *p)
{
	struct hbm_vector v;
	uint64_t policy;

	if constexpr (H == PLAIN) {
		asm volatile("ld.global.v2.f64 {%0, %1}, [%2];"
			     : "=d"(v.e[0]), "=d"(v.e[1])
			     : "l"(p));
	} else if constexpr (H == CS) {
		asm volatile("ld.global.cs.v2.f64 {%0, %1}, [%2];"
			     : "=d"(v.e[0]), "=d"(v.e[1])
			     : "l"(p));
	} else if constexpr (H == EVICT_FIRST) {
		asm volatile("createpolicy.fractional.L2::evict_first.b64 %0, 1.0;" : "=l"(policy));
		asm volatile("ld.global.L1::no_allocate.L2::cache_hint.v2.f64 {%0, %1}, [%2], %3;"
			     : "=d"(v.e[0]), "=d"(v.e[1])
			     : "l"(p), "l"(policy));
	} else {
		v = hbm_load(p, 0);
	}
	return v;
}

template <int H> static __device__ __forceinline__ void store(void *p, struct hbm_vector v)
{
	uint64_t policy;

	if constexpr (H == PLAIN) {
		asm volatile("st.global.v2.f64 [%0], {%1, %2};" ::"l"(p), "d"(v.e[0]), "d"(v.e[1])
			     : "memory");
	} else if constexpr (H == CS) {
		asm volatile("st.global.cs.v2.f64 [%0], {%1, %2};" ::"l"(p), "d"(v.e[0]),
			     "d"(v.e[1])
			     : "memory");
	} else if constexpr (H == EVICT_FIRST) {
		asm volatile("createpolicy.fractional.L2::evict_first.b64 %0, 1.0;" : "=l"(policy));
		asm volatile("st.global.L2::cache_hint.v2.f64 [%0], {%1, %2}, %3;" ::"l"(p),
			     "d"(v.e[0]), "d"(v.e[1]), "l"(policy)
			     : "memory");
	} else {
		hbm_store(p, 0, v);
	}
}

/* UNDER_WAY vectors a turn; near: neighbours of a block, else as far apart as all threads reach. */
template <int OP, int THREADS, int BLOCKS, int UNDER_WAY, bool NEAR, int H>
__global__ void __launch_bounds__(THREADS, BLOCKS)
	shape_kernel(struct hbm_vector *a, const struct hbm_vector *b, unsigned long long *sum)
{
	const uint32_t all = gridDim.x * THREADS, apart = NEAR ? THREADS : all;
	const uint32_t own = threadIdx.x + blockIdx.x * THREADS * (NEAR ? UNDER_WAY : 1);
	const uint64_t end = (uint64_t)WALKS * VECTORS;
	unsigned long long read = 0;

	for (uint64_t at = own; at < end; at += (uint64_t)all * UNDER_WAY) {
		struct hbm_vector x[UNDER_WAY];

#pragma unroll
		for (int i = 0; i < UNDER_WAY; i++) {
			if (at + i * apart < end)
				x[i] = load<H>(b + (uint32_t)(at + i * apart) % VECTORS);
		}
#pragma unroll
		for (int i = 0; i < UNDER_WAY; i++) {
			if (at + i * apart >= end)
				break;
			if (OP == STREAM_READ)
				read += hbm_bits_of(x[i].e[0]) + hbm_bits_of(x[i].e[1]);
			else
				store<H>(a + (uint32_t)(at + i * apart) % VECTORS, x[i]);
		}
	}
	if (OP == STREAM_READ)
		atomicAdd(sum, read);
}

typedef void kernel_fn(struct hbm_vector *, const struct hbm_vector *, unsigned long long *);

struct shape {
	enum stream_op op;
	kernel_fn *kernel; /* NULL: hbm.h's */
	int threads, blocks, under_way;
	bool near;
	enum hint hint;
	std::vector<double> rates;
	int wrong;
};

template <int OP, int THREADS, int BLOCKS, int UNDER_WAY, bool NEAR, int H>
static struct shape shape(void)
{
	return {(enum stream_op)OP,
		shape_kernel<OP, THREADS, BLOCKS, UNDER_WAY, NEAR, H>,
		THREADS,
		BLOCKS,
		UNDER_WAY,
		NEAR,
		(enum hint)H,
		{},
		0};
}

static std::vector<struct shape> shapes(void)
{
	const enum stream_op C = STREAM_COPY, R = STREAM_READ;

	return {
		{C, NULL, HBM_THREADS, HBM_BLOCKS_OF_SM, HBM_UNDER_WAY(C), false, CG, {}, 0},
		shape<STREAM_COPY, 512, 2, 4, false, CG>(),
		shape<STREAM_COPY, 512, 2, 8, false, CG>(),
		shape<STREAM_COPY, 512, 4, 4, false, CG>(),
		shape<STREAM_COPY, 1024, 2, 2, false, CG>(),
		shape<STREAM_COPY, 256, 2, 8, false, CG>(),
		shape<STREAM_COPY, 512, 2, 4, true, CG>(),
		shape<STREAM_COPY, 512, 2, 8, true, CG>(),
		shape<STREAM_COPY, 1024, 1, 8, true, CG>(),
		shape<STREAM_COPY, 512, 2, 4, false, PLAIN>(),
		shape<STREAM_COPY, 512, 2, 4, false, CS>(),
		shape<STREAM_COPY, 512, 2, 4, false, EVICT_FIRST>(),
		shape<STREAM_COPY, 512, 2, 8, true, CS>(),
		shape<STREAM_COPY, 512, 2, 8, true, EVICT_FIRST>(),
		{R, NULL, HBM_THREADS, HBM_BLOCKS_OF_SM, HBM_UNDER_WAY(R), false, CG, {}, 0},
		shape<STREAM_READ, 512, 2, 8, false, CG>(),
		shape<STREAM_READ, 512, 4, 4, false, CG>(),
		shape<STREAM_READ, 1024, 2, 4, false, CG>(),
		shape<STREAM_READ, 512, 2, 8, true, CG>(),
		shape<STREAM_READ, 512, 2, 8, false, CS>(),
		shape<STREAM_READ, 512, 2, 8, false, EVICT_FIRST>(),
	};
}

struct told {
	struct pattern_diff diff;
	uint64_t sum;
};

struct bench {
	int sms;
	struct hbm_vector *a, *b;
	struct told *told; /* pinned */
	cudaEvent_t begin, end;
	uint64_t want; /* what b adds up to, all walks */
};

static int queue(const struct bench *b, const struct shape *s)
{
	const struct hbm_part p = {b->a, b->b, NULL, 0, VECTORS, (uint64_t)WALKS * VECTORS};

	if (!s->kernel)
		return hbm_launch(s->op, &p, &b->told->sum, b->sms, 0);
	s->kernel<<<b->sms * s->blocks, s->threads>>>(b->a, b->b,
						      (unsigned long long *)&b->told->sum);
	return cudaGetLastError();
}

static int verify(const struct bench *b, struct shape *s)
{
	const struct pattern_diff none = PATTERN_DIFF_INIT;

	b->told->diff = none;
	b->told->sum = 0;
	if (failed("memset", cudaMemset(b->a, 0xff, BYTES)) || failed("loop", queue(b, s)) ||
	    (s->op == STREAM_COPY &&
	     failed("check", hbm_check_launch(s->op, b->a, BYTES, SEED, &b->told->diff, 0))) ||
	    failed("loop", cudaDeviceSynchronize()))
		return 1;
	s->wrong = s->op == STREAM_READ ? b->told->sum != b->want : b->told->diff.bytes != 0;
	return 0;
}

static int measure(const struct bench *b, struct shape *s)
{
	float ms = 0;

	if (failed("event", cudaEventRecord(b->begin)) || failed("loop", queue(b, s)) ||
	    failed("event", cudaEventRecord(b->end)) || failed("loop", cudaDeviceSynchronize()) ||
	    failed("event", cudaEventElapsedTime(&ms, b->begin, b->end)))
		return 1;
	s->rates.push_back((s->op == STREAM_COPY ? 2.0 : 1.0) * WALKS * BYTES / ms * 1e-9);
	return 0;
}

static void print(const struct shape *s)
{
	printf("%-5s %7d %6d %9d  %-4s %-12s %6.3f %6.3f %6.3f %s%s\n",
	       s->op == STREAM_COPY ? "copy" : "read", s->threads, s->blocks, s->under_way,
	       s->near ? "near" : "far", hint_names[s->hint], median(s->rates),
	       *std::min_element(s->rates.begin(), s->rates.end()),
	       *std::max_element(s->rates.begin(), s->rates.end()), s->wrong ? "WRONG" : "right",
	       s->kernel ? "" : ", hbm.h");
}

static int open_bench(struct bench *b)
{
	struct cudaDeviceProp gpu;

	if (failed("GPU", cudaGetDeviceProperties(&gpu, 0)) ||
	    failed("memory", cudaMalloc((void **)&b->a, BYTES)) ||
	    failed("memory", cudaMalloc((void **)&b->b, BYTES)) ||
	    failed("memory",
		   cudaHostAlloc((void **)&b->told, sizeof(*b->told), cudaHostAllocMapped)) ||
	    failed("event", cudaEventCreate(&b->begin)) ||
	    failed("event", cudaEventCreate(&b->end)) ||
	    failed("fill", hbm_fill_launch(b->b, BYTES, SEED, 0, 0)))
		return 1;
	b->sms = gpu.multiProcessorCount;
	b->want = WALKS * hbm_sum(BYTES, SEED);
	printf("== %s, arrays of %u MiB; TB/s: median, least, most of %d\n"
	       "op    threads blocks under way      hint\n",
	       gpu.name, (unsigned)(BYTES >> 20), ROUNDS);
	return 0;
}

int main(void)
{
	std::vector<struct shape> all = shapes();
	struct bench b = {};
	int bad = open_bench(&b), wrong = 0;

	for (size_t i = 0; i < all.size() && !bad; i++)
		bad |= verify(&b, &all[i]);
	for (size_t i = 0; i < ROUNDS * all.size() && !bad; i++)
		bad |= measure(&b, &all[i % all.size()]);
	for (size_t i = 0; i < all.size() && !bad; i++) {
		print(&all[i]);
		wrong |= all[i].wrong;
	}
	return bad || wrong;
}
