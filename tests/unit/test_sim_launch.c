/*
 * launch, graph, alloc and overlap on the simulated server: the profile's times; kernels that are
 * lost are found; how far copies hide; the stand-ins for graphs and pools refuse what the runtime
 * refuses.
 */
#include "sim_bench.h"

#include "../simgpu/sim.h"

#include <errno.h>

extern const struct bench bench_launch, bench_graph, bench_alloc, bench_overlap;

#ifdef ASSAY_CUDA

#include <cuda_runtime_api.h>

/* Its values are those of the metric; NULL: of the first. */
static struct ctx *ran(const struct bench *b, const char *const *set, const char *metric)
{
	struct ctx *c = started(b, set);
	struct err e = ERR_INIT;

	c->metric = metric;
	if (b->run(c, &e)) {
		fprintf(stderr, "%s\n", e.text);
		_exit(1);
	}
	return c;
}

/* That metric is as long as it should be, and the case is verified. */
static void expect(const struct bench *b, const char *const *set, const char *metric, double want)
{
	struct ctx *c = ran(b, set, metric);
	struct err e = ERR_INIT;
	double got = c->value[c->values - 1];

	if (fabs(got / want - 1) > 0.03)
		fprintf(stderr, "%s %s: %g s, wanted %g\n", b->name, set[2], got, want);
	CHECK(fabs(got / want - 1) <= 0.03);
	CHECK(!b->verify(c, &e));
	fake_end(c);
}

static void what_the_profile_says(void)
{
	static const char *const event[] = {"gpu=0", "node=0", "op=event", NULL};
	static const char *const kernel[] = {"gpu=0", "node=0", "op=kernel_4k", NULL};
	static const char *const sync[] = {"gpu=0", "node=0", "op=sync", NULL};
	static const char *const graph[] = {"gpu=0", "node=0", "nodes=256", NULL};
	static const char *const warm[] = {"gpu=0", "node=0", "from=pool", "size=1MiB", NULL};
	static const char *const cold[] = {"gpu=0", "node=0", "from=pool_cold", "size=1GiB", NULL};
	static const char *const driver[] = {"gpu=0", "node=0", "from=driver", "size=1GiB", NULL};
	const struct sim_gpu *g = &sim_profile()->gpu[0];
	double map_s = (double)(1 << 30) / g->malloc_bytes_s;

	expect(&bench_launch, event, "call", g->call_s);
	expect(&bench_launch, kernel, "call", g->call_s);
	expect(&bench_launch, sync, "call", g->call_s);
	expect(&bench_graph, graph, "call", g->call_s + g->graph_call_s);
	expect(&bench_graph, graph, "per_node", g->graph_node_s + g->launch_s / 256);
	expect(&bench_graph, graph, "instantiate", g->graph_instantiate_s + g->call_s / 256);
	expect(&bench_launch, kernel, "latency_host",
	       g->call_s + g->launch_s + g->args_4k_s + g->sync_s);
	expect(&bench_launch, sync, "latency_host", g->call_s + g->sync_s);
	expect(&bench_alloc, warm, "allocate", g->call_s + g->pool_s);
	expect(&bench_alloc, cold, "allocate", g->call_s + g->pool_s + g->malloc_s + map_s);
	expect(&bench_alloc, driver, "allocate", g->call_s + g->malloc_s + map_s);
}

static void fails(const struct bench *b, const char *const *set, const char *why)
{
	struct ctx *c = ran(b, set, NULL);
	struct err e = ERR_INIT;

	CHECK(b->verify(c, &e) == -EBADMSG);
	if (!strstr(e.text, why))
		fprintf(stderr, "%s\n", e.text);
	CHECK(strstr(e.text, why));
	fake_end(c);
}

static void lost(void)
{
	static const char *const kernel[] = {"gpu=0", "node=0", "op=kernel", NULL};
	static const char *const kernel_4k[] = {"gpu=0", "node=0", "op=kernel_4k", NULL};
	static const char *const graph[] = {"gpu=0", "node=0", "nodes=64", NULL};

	fails(&bench_launch, kernel, "98 of 100 kernels ran");
	fails(&bench_launch, kernel_4k, "98 of 100 kernels ran");
	fails(&bench_graph, graph, "two graphs of 64 kernels: 126 kernels ran");
}

/* Beside copies: what a block did not compute, and a copy that lost a bit. */
static void lost_beside_copies(void)
{
	static const char *const set[] = {"gpu=0", "node=0", "dir=both", "size=1MiB", NULL};

	fails(&bench_overlap, set,
	      "256 of 135168 threads that computed beside copies have a wrong "
	      "result, the first is thread 0 of block 527");
}

static void corrupted_beside_kernels(void)
{
	static const char *const set[] = {"gpu=0", "node=0", "dir=both", "size=1MiB", NULL};

	fails(&bench_overlap, set, "gpu 0: d2h copy of 1048576 bytes");
}

static void hidden_is(double want, const char *words)
{
	static const char *const set[] = {"gpu=0", "node=0", "dir=h2d", "size=64MiB", NULL};
	struct ctx *c = ran(&bench_overlap, set, NULL);
	double sum = 0;

	for (size_t i = 0; i < c->values; i++)
		sum += c->value[i] / (double)c->values;
	CHECK(fabs(sum - want) < 0.01);
	CHECK(!strcmp(fake_fact(c, "found.overlap"), words));
	CHECK(!strcmp(fake_fact(c, "wanted.overlap"), "side by side"));
	fake_end(c);
}

static void side_by_side(void)
{
	hidden_is(1, "side by side");
}

/* Copies that take 5 % longer beside kernels hide that much less of themselves. */
static void slower_beside(void)
{
	hidden_is(2 - 1 / 0.95, "side by side");
}

static void one_after_the_other(void)
{
	hidden_is(0.01, "one after the other");
}

static void too_large(void)
{
	static const char *const set[] = {"gpu=0", "node=0", "from=driver", "size=6GiB", NULL};
	struct ctx *c = calloc(1, sizeof(*c));
	struct err e = ERR_INIT;

	c->bench = &bench_alloc;
	c->set = set;
	CHECK(!fake_setup(c, &e));
	CHECK(bench_alloc.run(c, &e) == -ENOTSUP);
	CHECK(strstr(e.text, "more than half"));
	fake_end(c);
}

/* ---- the stand-ins ---- */

static void captures(void)
{
	cudaStream_t s;
	cudaEvent_t ev;
	cudaGraph_t graph;

	CHECK(cudaStreamBeginCapture(NULL, cudaStreamCaptureModeRelaxed) ==
	      cudaErrorStreamCaptureUnsupported);
	CHECK(!cudaStreamCreateWithFlags(&s, cudaStreamNonBlocking));
	CHECK(!cudaEventCreate(&ev));
	CHECK(cudaStreamEndCapture(s, &graph) == cudaErrorIllegalState);
	CHECK(!cudaStreamBeginCapture(s, cudaStreamCaptureModeRelaxed));
	CHECK(cudaStreamBeginCapture(s, cudaStreamCaptureModeRelaxed) ==
	      cudaErrorStreamCaptureUnsupported);
	CHECK(cudaEventRecord(ev, s) == cudaErrorStreamCaptureUnsupported); /* not in ours */
	CHECK(cudaStreamEndCapture(s, &graph) == cudaErrorStreamCaptureInvalidated);
	CHECK(!graph);
	CHECK(!cudaStreamSynchronize(s));
}

/* Without a threshold a synchronisation takes from the pool what nobody uses. */
static void pools(void)
{
	uint64_t all = UINT64_MAX;
	cudaMemPool_t pool;
	double start, cold, warm;
	void *p;

	CHECK(!cudaDeviceGetDefaultMemPool(&pool, 0));
	CHECK(cudaDeviceGetDefaultMemPool(&pool, 99) == cudaErrorInvalidDevice);
	for (int kept = 0; kept < 2; kept++) {
		CHECK(!cudaMallocAsync(&p, 1 << 20, NULL));
		CHECK(!cudaFreeAsync(p, NULL));
		CHECK(cudaFreeAsync(p, NULL) == cudaErrorInvalidValue);
		CHECK(!cudaStreamSynchronize(NULL));
		start = sim_now();
		CHECK(!cudaMallocAsync(&p, 1 << 20, NULL));
		*(kept ? &warm : &cold) = sim_now() - start;
		CHECK(!cudaFreeAsync(p, NULL));
		CHECK(!cudaMemPoolSetAttribute(pool, cudaMemPoolAttrReleaseThreshold, &all));
	}
	CHECK(cold > 10 * warm);
	CHECK(!cudaMemPoolTrimTo(pool, 0));
	start = sim_now();
	CHECK(!cudaMallocAsync(&p, 1 << 20, NULL));
	CHECK(sim_now() - start > 10 * warm);
}

static void times_are_the_profiles(void **state)
{
	assert_server("hgx-h100", "", what_the_profile_says);
	assert_server("gb200-nvl4", "", what_the_profile_says);
}

static void lost_kernels_are_found(void **state)
{
	assert_server("hgx-h100", "lost_kernel gpu=0", lost);
}

static void what_is_wrong_beside_each_other_is_found(void **state)
{
	assert_server("hgx-h100", "lost_kernel gpu=0", lost_beside_copies);
	assert_server("hgx-h100", "corrupt_copy gpu=0 dir=d2h", corrupted_beside_kernels);
}

static void copies_hide_as_far_as_they_do(void **state)
{
	assert_server("hgx-h100", "", side_by_side);
	assert_server("hgx-h100", "shift what=overlap by=0.05", slower_beside);
	assert_server("hgx-h100", "no_overlap gpu=0", one_after_the_other);
}

static void memory_that_is_not_there_is_a_skip(void **state)
{
	assert_server("hgx-h100", "", too_large);
}

static void stand_ins_refuse_what_cuda_refuses(void **state)
{
	assert_server("hgx-h100", "", captures);
	assert_server("hgx-h100", "", pools);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_are_the_profiles),
		cmocka_unit_test(lost_kernels_are_found),
		cmocka_unit_test(what_is_wrong_beside_each_other_is_found),
		cmocka_unit_test(copies_hide_as_far_as_they_do),
		cmocka_unit_test(memory_that_is_not_there_is_a_skip),
		cmocka_unit_test(stand_ins_refuse_what_cuda_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#else
#include "without_nvcc.h"
#endif
