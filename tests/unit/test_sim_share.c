/*
 * How the simulated server divides what transfers share, and what each takes alone, against values
 * computed by hand from the profiles: hops, both directions, DRAM, the link between sockets.
 */
#include "sim_quiet.h"

#ifdef ASSAY_CUDA

#include "../simgpu/device_memory.h"
#include "../simgpu/sim.h"

#include <math.h>

struct flows {
	struct sim_flow f[16];
	int n;
};

static void add(struct flows *all, int gpu, enum sim_dir dir, int node)
{
	sim_flow_host(&all->f[all->n++], gpu, dir, SIM_CE, SIM_KIND_PINNED, node, 1e9);
}

/* The rates of all, in GB/s, are these. */
static void expect(const struct flows *all, const double *gb_s)
{
	const struct sim_flow *f[16];
	double rate[16];

	for (int i = 0; i < all->n; i++)
		f[i] = &all->f[i];
	sim_share(f, all->n, rate);
	for (int i = 0; i < all->n; i++) {
		if (fabs(rate[i] / (gb_s[i] * 1e9) - 1) > 1e-6)
			fprintf(stderr, "flow %d: %.6g, expected %.6g\n", i, rate[i] / 1e9,
				gb_s[i]);
		CHECK(fabs(rate[i] / (gb_s[i] * 1e9) - 1) <= 1e-6);
	}
}

#define EXPECT(all, ...) expect(all, (const double[]){__VA_ARGS__})

/* hgx-h100: 0 and 1, 2 and 3 share a switch; 55.3 and 54.9 GB/s; both ways 0.78 of it. */
static void h100_shares(void)
{
	struct flows pair = {.n = 0}, two = {.n = 0}, both = {.n = 0}, all = {.n = 0};

	add(&pair, 0, SIM_H2D, 0);
	add(&pair, 1, SIM_H2D, 0);
	EXPECT(&pair, 55.3 / 2, 55.3 / 2);
	add(&pair, 0, SIM_D2H, 0); /* the other way is free, but for GPU 0's own link */
	EXPECT(&pair, 55.3 / 2, 55.3 / 2, 54.9 * 0.78);

	add(&two, 0, SIM_H2D, 0);
	add(&two, 2, SIM_H2D, 0);
	EXPECT(&two, 55.3, 55.3);

	add(&both, 5, SIM_H2D, 1);
	add(&both, 5, SIM_D2H, 1);
	EXPECT(&both, 55.3 * 0.78, 54.9 * 0.78);

	for (int g = 0; g < 8; g++)
		add(&all, g, SIM_D2H, g / 4);
	EXPECT(&all, 27.45, 27.45, 27.45, 27.45, 27.45, 27.45, 27.45, 27.45);
}

/* hgx-h200: no shared hop; DRAM 330, the link between sockets 126, remote 0.73 of 55.4. */
static void h200_shares(void)
{
	struct flows both = {.n = 0}, far = {.n = 0}, mixed = {.n = 0};

	for (int g = 0; g < 4; g++) {
		add(&both, g, SIM_H2D, 0);
		add(&both, g, SIM_D2H, 0);
	}
	EXPECT(&both, 41.25, 41.25, 41.25, 41.25, 41.25, 41.25, 41.25, 41.25);

	for (int g = 0; g < 4; g++)
		add(&far, g, SIM_H2D, 1);
	EXPECT(&far, 31.5, 31.5, 31.5, 31.5);

	/* three far ones fit the link; a near one does not mind */
	for (int g = 0; g < 3; g++)
		add(&mixed, g, SIM_H2D, 1);
	add(&mixed, 4, SIM_H2D, 1);
	EXPECT(&mixed, 55.4 * 0.73, 55.4 * 0.73, 55.4 * 0.73, 55.4);
}

/* gb200-nvl4: C2C, no PCIe; DRAM 440 for two GPUs both ways, 128 between sockets. */
static void gb200_shares(void)
{
	struct flows one_way = {.n = 0}, both = {.n = 0}, far = {.n = 0};

	add(&one_way, 0, SIM_H2D, 0);
	add(&one_way, 1, SIM_H2D, 0);
	EXPECT(&one_way, 201, 201);
	for (int g = 0; g < 2; g++) {
		add(&both, g, SIM_H2D, 0);
		add(&both, g, SIM_D2H, 0);
	}
	EXPECT(&both, 110, 110, 110, 110);
	add(&far, 0, SIM_D2H, 1);
	EXPECT(&far, 193 * 0.35);
	add(&far, 1, SIM_D2H, 1);
	EXPECT(&far, 64, 64);
}

/* GPU 0 trained to Gen1: 4 of 31.5 GB/s; its neighbour behind the switch has the rest. */
static void a100_downtrained(void)
{
	double slow = 25.9 * (2.5 * 8 / 10) / (16.0 * 128 / 130);
	struct flows pair = {.n = 0}, both = {.n = 0};

	add(&pair, 0, SIM_H2D, 0);
	add(&pair, 1, SIM_H2D, 0);
	EXPECT(&pair, slow, 25.9 - slow);
	add(&both, 0, SIM_H2D, 0);
	add(&both, 0, SIM_D2H, 0);
	EXPECT(&both, slow * 0.715, slow / 25.9 * 26.0 * 0.715);
	CHECK(fabs(sim_sm_copy_s(0, SIM_H2D, SIM_KIND_PINNED, 0, 1e9) * slow / 25.9 * 24.3 - 1) <
	      1e-9);
}

static double alone_s(enum sim_engine engine, enum sim_kind kind, int node)
{
	struct sim_flow f;

	sim_flow_host(&f, 0, SIM_H2D, engine, kind, node, 1e9);
	return sim_flow_s(&f, f.rate);
}

static bool is(double value, double truth)
{
	if (fabs(value / truth - 1) > 1e-9)
		fprintf(stderr, "%.9g, expected %.9g\n", value, truth);
	return fabs(value / truth - 1) <= 1e-9;
}

static void kinds(void)
{
	CHECK(is(alone_s(SIM_CE, SIM_KIND_PINNED, 0), 1.4e-6 + 1 / 55.3));
	CHECK(is(alone_s(SIM_CE, SIM_KIND_WC, 0), 1.4e-6 + 1 / 54.6));
	CHECK(is(alone_s(SIM_CE, SIM_KIND_PAGEABLE, 0), 6.1e-6 + 1 / 18.4));
	CHECK(is(alone_s(SIM_SM, SIM_KIND_PINNED, 0), 1 / 51.2));
	CHECK(is(alone_s(SIM_SM, SIM_KIND_PINNED, 1), 1 / 51.2 / 0.71));
	CHECK(is(sim_sm_copy_s(0, SIM_D2H, SIM_KIND_PINNED, 0, 1e9), 1 / 52.4));
	CHECK(is(sim_sm_chase_s(0, 0, 1e6), 0.83));
	CHECK(is(sim_sm_chase_s(0, 1, 1e6), 0.83 + (0.171 - 0.098)));
	CHECK(is(sim_local_copy_s(0, 1e9), 1.4e-6 + 2 / 2900.));
}

static void shifted(void)
{
	CHECK(is(alone_s(SIM_CE, SIM_KIND_PINNED, 0), 1.4e-6 + 1 / 55.3));
	CHECK(is(alone_s(SIM_SM, SIM_KIND_PINNED, 0), 1 / 51.2 / 0.9));
	CHECK(is(sim_sm_chase_s(0, 0, 1e6), 0.83 * 1.2));
	CHECK(is(sim_local_copy_s(0, 1e9), (1.4e-6 + 2 / 2900.) / 0.95));
}

/* ---- tests ---- */

static void test_shares(void **s)
{
	on_quiet("hgx-h100", "", h100_shares);
	on_quiet("hgx-h200", "", h200_shares);
	on_quiet("gb200-nvl4", "", gb200_shares);
	on_quiet("a100-pcie", "pcie_downtrain gpu=0 gen=1", a100_downtrained);
}

static void test_alone(void **s)
{
	on_quiet("hgx-h100", "", kinds);
	on_quiet("hgx-h100",
		 "shift what=h2d_sm by=0.1; shift what=sm_latency by=0.2; shift what=d2d by=0.05",
		 shifted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shares),
		cmocka_unit_test(test_alone),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	unlink(quiet);
	return failed;
}

#else
#include "without_nvcc.h"
#endif
