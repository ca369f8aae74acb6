/* Where a GPU is, if nobody said: what measured copies tell, and when they do not. */
#include "make_bundle.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct copy {
	const char *labels;
	double value;
};

/* Judges copies of one machine; who: value of gpu.0.numa_node, NULL for none. */
static void judge(struct mk_report *m, const char *node, const struct copy *c, size_t n)
{
	*m = (struct mk_report){.d = {.n_plan = 0}};
	mk_metric(&m->d, "copy", "bandwidth", "bytes/s", "higher", "bandwidth");
	if (node)
		mk_manifest_of(&m->d, "host", "gpu.0.numa_node", node);
	for (size_t i = 0; i < n; i++) {
		struct mk_key k = {.bench = "copy",
				   .metric = "bandwidth",
				   .labels = c[i].labels,
				   .step = (unsigned)i};

		mk_plan(&m->d, (unsigned)i, "copy", c[i].labels, false, "");
		mk_step(&m->d, (unsigned)i, 0, ST_PASS, "");
		mk_noise(&m->d, &k, c[i].value, 0, 0.001, 50);
	}
	assert_int_equal(mk_judge(m), 0);
}

static const char *said_of(const struct mk_report *m, const char *labels)
{
	for (size_t i = 0; i < m->results.n; i++) {
		if (!strcmp(m->results.r[i].labels, labels) && m->results.r[i].s.n)
			return m->results.r[i].reason;
	}
	fail_msg("no result %s", labels);
	return "";
}

#define NEAR "dir=h2d,engine=ce,gpu=0,memory=pinned,node=1,size=268435456"
#define FAR  "dir=h2d,engine=ce,gpu=0,memory=pinned,node=0,size=268435456"

static const struct copy clear_cut[] = {
	{NEAR, 55e9},
	{FAR, 39e9},
	{"dir=d2h,engine=ce,gpu=0,memory=pinned,node=0,size=268435456", 54e9},
	{"dir=d2h,engine=ce,gpu=0,memory=pinned,node=1,size=268435456", 39e9},
	{"dir=h2d,engine=ce,gpu=0,memory=pageable,node=0,size=268435456", 20e9},
	{"dir=h2d,engine=ce,gpu=0,memory=pageable,node=1,size=268435456", 10e9},
	{"dir=h2d,engine=sm,gpu=0,memory=pinned,node=0,size=268435456", 50e9},
	{"dir=h2d,engine=sm,gpu=0,memory=pinned,node=1,size=268435456", 30e9},
	{"dir=h2d,engine=ce,gpu=0,memory=pinned,node=0,size=4096", 2e9},
	{"dir=h2d,engine=ce,gpu=0,memory=pinned,node=1,size=4096", 1e9},
};
#define N_CLEAR (sizeof(clear_cut) / sizeof(*clear_cut))

/* The largest pinned copy by the copy engine to the device decides, and one remark says it. */
static void the_fastest_node_is_inferred(void **state)
{
	struct mk_report m;
	unsigned told = 0;

	judge(&m, "-1", clear_cut, N_CLEAR);
	assert_non_null(strstr(said_of(&m, NEAR), "GPU 0 is; inferred: node 1 ("));
	assert_non_null(strstr(said_of(&m, NEAR), "from node 0)"));
	for (size_t i = 0; i < m.results.n; i++) {
		told += strstr(m.results.r[i].reason, "nobody says") != NULL;
		assert_int_equal(m.results.r[i].status, ST_PASS);
	}
	assert_int_equal(told, 1);
	mk_report_free(&m);
}

static void alike_nodes_tell_nothing(void **state)
{
	static const struct copy alike[] = {{NEAR, 55e9}, {FAR, 54e9}};
	struct mk_report m;

	judge(&m, "-1", alike, 2);
	assert_non_null(strstr(said_of(&m, NEAR), "copies do not tell: nodes 1 and 0 are alike"));
	mk_report_free(&m);
}

/* Where somebody said it, or one node alone was measured, nothing is inferred. */
static void what_is_known_is_not_inferred(void **state)
{
	static const char *const nodes[] = {"1", NULL};
	struct mk_report m;

	for (size_t i = 0; i < 2; i++) {
		judge(&m, nodes[i], clear_cut, N_CLEAR);
		for (size_t k = 0; k < m.results.n; k++)
			assert_null(strstr(m.results.r[k].reason, "inferred"));
		mk_report_free(&m);
	}
	judge(&m, "-1", clear_cut, 1);
	assert_string_equal(said_of(&m, NEAR), "");
	mk_report_free(&m);
}

/* A GPU whose node is not for us: each of its copies says so, and stays what it is. */
static void out_of_reach(void **state)
{
	struct mk_report m = {.d = {.n_plan = 0}};
	struct mk_key k = {.bench = "copy", .metric = "bandwidth", .labels = FAR};

	mk_metric(&m.d, "copy", "bandwidth", "bytes/s", "higher", "bandwidth");
	mk_manifest_of(&m.d, "host", "gpu.0.out_of_reach", "its NUMA node 1 is out of reach: …");
	mk_plan(&m.d, 0, "copy", FAR, false, "");
	mk_step(&m.d, 0, 0, ST_PASS, "");
	mk_noise(&m.d, &k, 39e9, 0, 0.001, 50);
	assert_int_equal(mk_judge(&m), 0);
	assert_string_equal(said_of(&m, FAR), "its NUMA node 1 is out of reach: …");
	assert_int_equal(m.results.r[0].status, ST_PASS);
	mk_report_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_fastest_node_is_inferred),
		cmocka_unit_test(alike_nodes_tell_nothing),
		cmocka_unit_test(what_is_known_is_not_inferred),
		cmocka_unit_test(out_of_reach),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
