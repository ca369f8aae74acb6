/*
 * The threads of a block on the CPU, and what gemm_mma_loop.h needs of a GPU: every thread is a
 * coroutine; a warp goes on to the next barrier before another one begins, and an instruction of a
 * warp waits for all of its lanes. Copies land at once or, if `late`, when their thread waits for
 * them: what the kernel may rely on lies between the two. Included by gemm_loop.cc alone.
 */
#ifndef ASSAY_TESTS_MMA_THREADS_H
#define ASSAY_TESTS_MMA_THREADS_H

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
#include <ucontext.h>
#include <vector>

#define CODE static inline
#define __device__
#define __shared__
#define __align__(n)

enum { SHARED_BYTES = 227 << 10, SHARED_FROM = 1024, STACK_BYTES = 64 << 10, MOST_THREADS = 512 };
enum pause { RUNS, WAITS_FOR_WARP, WAITS_FOR_BLOCK, ENDED };

struct float2 {
	float x, y;
};
struct double2 {
	double x, y;
};

alignas(128) unsigned char memory[SHARED_BYTES];

struct async_copy {
	uint32_t to;
	const char *from;
};

struct thread {
	ucontext_t context;
	std::vector<char> stack = std::vector<char>(STACK_BYTES);
	std::deque<std::vector<async_copy>> slices; /* ended, not waited for */
	std::vector<async_copy> slice;
	enum pause state = RUNS;
	unsigned exchanges = 0;
};

/* What a lane shows to its warp. */
struct shown {
	uint32_t word[6];
	double number[6];
};

static struct {
	int x;
} threadIdx, blockIdx;
static std::vector<std::unique_ptr<thread>> threads;
static ucontext_t scheduler;
static bool late;

static thread &self(void)
{
	return *threads[threadIdx.x];
}

static void wait(enum pause why)
{
	thread &t = self();

	t.state = why;
	swapcontext(&t.context, &scheduler);
}

/* Of all lanes of the warp; two places in turn, for lanes that are ahead. */
static const shown *exchange(const shown &own)
{
	static shown of[2][MOST_THREADS];
	shown *place = of[self().exchanges++ % 2];

	place[threadIdx.x] = own;
	wait(WAITS_FOR_WARP);
	return place + threadIdx.x / 32 * 32;
}

/* ---- the names that the kernel uses ---- */

static inline void __syncthreads(void)
{
	wait(WAITS_FOR_BLOCK);
}

static inline uint32_t __cvta_generic_to_shared(const void *)
{
	return SHARED_FROM;
}

static void land(const async_copy &c)
{
	memcpy(memory + c.to - SHARED_FROM, c.from, 16);
}

CODE void copy_chunk(uint32_t to, const char *from)
{
	if (late)
		self().slice.push_back({to, from});
	else
		land({to, from});
}

CODE void end_of_slice(void)
{
	self().slices.push_back(self().slice);
	self().slice.clear();
}

template <int MOST> CODE void wait_for_slices(void)
{
	for (auto &slices = self().slices; slices.size() > MOST; slices.pop_front()) {
		for (const async_copy &c : slices.front())
			land(c);
	}
}

template <class T> CODE void load_number(T &v, uint32_t shared)
{
	memcpy(&v, memory + shared - SHARED_FROM, sizeof(v));
}

/* ldmatrix.x4 and mma as in mma_hw.h, seen by one lane. */
CODE void load_parts(uint32_t (&r)[4], uint32_t shared)
{
	const int lane = threadIdx.x % 32;
	const shown *all = exchange({{shared}, {}});

	for (int p = 0; p < 4; p++)
		load_number(r[p], all[8 * p + lane / 4].word[0] + (uint32_t)lane % 4 * 4);
}

static float bf16(uint32_t upper)
{
	float f;

	memcpy(&f, &upper, sizeof(f));
	return f;
}

struct Bf16 {
	typedef float sum;
	static void mma(float (&c)[4], const uint32_t (&a)[4], const uint32_t *b)
	{
		const int lane = threadIdx.x % 32;
		const shown *all = exchange({{a[0], a[1], a[2], a[3], b[0], b[1]}, {}});

		for (int i = 0; i < 32; i++) { /* r of c, quarter of 16 bytes, half of 32 */
			int r = i / 8, quarter = i / 2 % 4, half = i % 2;
			uint32_t x = all[lane / 4 * 4 + quarter].word[r / 2 + 2 * half];
			uint32_t y = all[(lane % 4 * 2 + r % 2) * 4 + quarter].word[4 + half];

			c[r] += bf16(x << 16) * bf16(y << 16) +
				bf16(x & 0xffff0000) * bf16(y & 0xffff0000);
		}
	}
};

/* m16n8k8: the numbers x are its columns 0 to 3 of A, y 4 to 7. */
CODE void mma_fp64(double (&c)[4], double2 above, double2 below, double2 b)
{
	const int lane = threadIdx.x % 32;
	const shown *all = exchange({{}, {above.x, below.x, above.y, below.y, b.x, b.y}});

	for (int i = 0; i < 32; i++) {
		int r = i / 8, k = i % 4, upper = i / 4 % 2;

		c[r] += all[lane / 4 * 4 + k].number[upper * 2 + r / 2] *
			all[(lane % 4 * 2 + r % 2) * 4 + k].number[4 + upper];
	}
}

/* ---- running ---- */

static void (*kernel)(void);

static void entry(void)
{
	kernel();
	wait(ENDED);
}

/* All of these threads must have come to the same place. */
static enum pause common(int first, int end)
{
	for (int t = first; t < end; t++) {
		if (threads[t]->state != threads[first]->state) {
			fprintf(stderr, "threads %d and %d wait for different things\n", first, t);
			abort();
		}
	}
	return threads[first]->state;
}

static void run_warp(int warp)
{
	const int first = warp * 32, end = first + 32;

	do {
		for (int t = first; t < end; t++) {
			threadIdx.x = t;
			threads[t]->state = RUNS;
			swapcontext(&scheduler, &threads[t]->context);
		}
	} while (common(first, end) == WAITS_FOR_WARP);
}

static void run_block(int n, bool backwards)
{
	threads.clear();
	for (int t = 0; t < n; t++) {
		threads.emplace_back(new thread);
		getcontext(&threads[t]->context);
		threads[t]->context.uc_stack.ss_sp = threads[t]->stack.data();
		threads[t]->context.uc_stack.ss_size = STACK_BYTES;
		makecontext(&threads[t]->context, entry, 0);
	}
	do {
		for (int w = 0; w < n / 32; w++)
			run_warp(backwards ? n / 32 - 1 - w : w);
	} while (common(0, n) == WAITS_FOR_BLOCK);
}

#endif
