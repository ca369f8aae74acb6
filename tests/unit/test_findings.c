/* One finding for what has one cause: which GPU, pair, direction, and the worst of its numbers. */
#include "rules_case.h"
#include "../../reports/digest.h"
#include "../../reports/findings.h"

static void begin(struct mk_report *m)
{
	*m = (struct mk_report){.d = {.n_plan = 0}};
	mk_gpus(&m->d, 8);
	mk_metric(&m->d, "p2p", "bandwidth", "bytes/s", "higher", "bandwidth");
	mk_metric(&m->d, "p2p", "latency", "s", "lower", "latency");
	mk_manifest(&m->d, "metric.p2p.bandwidth.siblings", "gpu,peer");
	mk_manifest(&m->d, "metric.p2p.latency.siblings", "gpu,peer");
}

/* All ordered pairs at two sizes; slow tells by how much of the rate a pair keeps. */
static void pairs(struct mk_report *m, double (*share)(unsigned gpu, unsigned peer))
{
	begin(m);
	for (unsigned g = 0; g < 8; g++)
		for (unsigned p = 0; p < 8; p++)
			for (unsigned size = 1; size < 3 && g != p; size++)
				case_key(&m->d, "p2p", "bandwidth", share(g, p) * 380e9 * size,
					 "gpu=%u,peer=%u,size=%u", g, p, size << 20);
}

static double one_way(unsigned g, unsigned p)
{
	return g == 2 && p == 5 ? 0.5 : 1;
}

static double both_ways(unsigned g, unsigned p)
{
	return (g == 2 && p == 5) || (g == 5 && p == 2) ? 0.5 : 1;
}

static double one_gpu(unsigned g, unsigned p)
{
	return g == 2 || p == 2 ? 0.7 : 1;
}

static double two_pairs(unsigned g, unsigned p)
{
	return (g == 2 && p == 5) || (g == 6 && p == 7) ? 0.5 : 1;
}

static double none(unsigned g, unsigned p)
{
	(void)g, (void)p;
	return 1;
}

static void told(struct mk_report *m, const char *const *where, size_t n)
{
	struct findings f;

	assert_int_equal(mk_judge(m), 0);
	findings_make(&f, &m->report);
	assert_int_equal(f.n, n);
	for (size_t i = 0; i < n; i++)
		assert_string_equal(f.f[i].where, where[i]);
	findings_free(&f);
}

static void pairs_told(double (*share)(unsigned gpu, unsigned peer), const char *const *where,
		       size_t n)
{
	struct mk_report m;

	pairs(&m, share);
	told(&m, where, n);
	mk_report_free(&m);
}

#define PAIRS(share, ...)                                                                          \
	pairs_told(share, (const char *const[]){__VA_ARGS__},                                      \
		   sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *))

static void test_pairs(void **state)
{
	PAIRS(one_way, "GPU 2 (0000:3a:00.0) to GPU 5 (0000:6a:00.0)");
	PAIRS(both_ways, "GPU 2 (0000:3a:00.0) to and from GPU 5 (0000:6a:00.0)");
	PAIRS(one_gpu, "GPU 2 (0000:3a:00.0) to and from GPUs 0, 1, 3–7");
	PAIRS(two_pairs, "GPU 2 (0000:3a:00.0) to GPU 5 (0000:6a:00.0)",
	      "GPU 6 (0000:7a:00.0) to GPU 7 (0000:8a:00.0)");
	pairs_told(none, NULL, 0);
}

/* Bandwidths and latencies of one fault are one finding, and the worst is quoted. */
static void test_the_worst_is_quoted(void **state)
{
	struct mk_report m;
	struct findings f;

	begin(&m);
	for (unsigned p = 1; p < 6; p++) {
		case_key(&m.d, "p2p", "bandwidth", p == 4 ? 300e9 : 380e9, "gpu=0,peer=%u", p);
		case_key(&m.d, "p2p", "latency", p == 4 ? 9e-6 : 2e-6, "gpu=0,peer=%u", p);
	}
	assert_int_equal(mk_judge(&m), 0);
	findings_make(&f, &m.report);
	assert_int_equal(f.n, 1);
	assert_int_equal(f.f[0].rows, 2);
	assert_string_equal(f.f[0].where, "GPU 0 (0000:1a:00.0) to GPU 4 (0000:5a:00.0)");
	HAS(f.f[0].reason, "2 values, the farthest: 78 % slower than its siblings: ");
	assert_string_equal(f.f[0].advice, "");
	findings_free(&f);
	mk_report_free(&m);
}

/* A GPU that is not there spoils fourteen steps, and is one finding. */
static void test_steps_of_one_gpu(void **state)
{
	struct mk_report m;
	struct findings f;

	begin(&m);
	for (unsigned g = 0; g < 8; g++) {
		char *there = mem_printf("gpu=3 peer=%u", g),
		     *back = mem_printf("gpu=%u peer=3", g);

		for (int i = 0; i < 2 && g != 3; i++) {
			unsigned step = (unsigned)m.d.n_plan;

			mk_plan(&m.d, step, "p2p", i ? there : back, false, "");
			mk_step(&m.d, step, 0, ST_FAIL,
				"it is on the bus but CUDA does not show it");
		}
		free(there);
		free(back);
	}
	assert_int_equal(mk_judge(&m), 0);
	findings_make(&f, &m.report);
	assert_int_equal(f.n, 1);
	assert_string_equal(f.f[0].where, "GPU 3 (0000:4a:00.0) to and from GPUs 0–2, 4–7");
	findings_free(&f);
	mk_report_free(&m);
}

static void test_sets(void **state)
{
	struct mk_report m;
	struct findings f;

	begin(&m);
	mk_plan(&m.d, 0, "nccl", "coll=all_reduce gpus=0+1+2+3", false, "");
	mk_step(&m.d, 0, 0, ST_TIMEOUT, "no end within the deadline of 60 s");
	mk_plan(&m.d, 1, "p2p", "gpu=0 peer=none", false, "");
	mk_step(&m.d, 1, 0, ST_SKIP, "a single GPU has no peer");
	assert_int_equal(mk_judge(&m), 0);
	findings_make(&f, &m.report);
	assert_int_equal(f.n, 2);
	assert_string_equal(f.f[0].where, "GPUs 0–3, all_reduce");
	HAS(f.f[0].advice, "nvidia-smi");
	assert_string_equal(f.f[1].where, "GPU 0 (0000:1a:00.0)");
	findings_free(&f);
	mk_report_free(&m);
}

/* What passed and is worth a look: by GPU where it is slower than others, else told once. */
static void test_remarks(void **state)
{
	struct mk_report m;
	struct findings f;

	begin(&m);
	for (unsigned g = 0; g < 8; g++)
		for (unsigned size = 1; size < 3; size++)
			case_key(&m.d, "p2p", "bandwidth", (g == 3 || g == 6 ? 0.92 : 1) * 380e9,
				 "gpu=%u,peer=none,size=%u", g, size << 20);
	for (unsigned g = 0; g < 4; g++)
		case_key(&m.d, "p2p", "latency", 1e-6, "gpu=%u,peer=none,size=4", g);
	case_fact(&m.d, "the power limit of 700 W held the clock down",
		  "fact.remark.p2p.latency{}");
	assert_int_equal(mk_judge(&m), 0);
	findings_make(&f, &m.report);
	assert_int_equal(f.failures, 0);
	assert_int_equal(f.skipped, 0);
	assert_int_equal(f.n, 3);
	const char *const where[] = {"GPU 3 ", "GPU 6 ", ""};
	const char *const reason[] = {"8 % slower than its siblings", "8 % slower", "700 W"};
	unsigned seen = 0;

	for (size_t i = 0; i < f.n; i++)
		for (size_t k = 0; k < 3; k++)
			if (strstr(f.f[i].where, where[k]) && strstr(f.f[i].reason, reason[k]))
				seen |= 1u << k;
	assert_int_equal(seen, 7);
	findings_free(&f);
	mk_report_free(&m);
}

static void test_instances(void **state)
{
	static const char *const gpu[] = {"0:1.0", "0:2.0", "1:9.0", "1:10.0", "1:11.0", "2"};
	struct mk_report m;
	struct findings f;
	struct digest_line line[DIGEST_LINES];
	unsigned found = 0;

	begin(&m);
	for (unsigned i = 0; i < 6; i++) {
		char *params = mem_printf("gpu=%s peer=none size=4096", gpu[i]);

		mk_plan(&m.d, i, "p2p", params, false, "");
		mk_step(&m.d, i, 0, ST_SKIP, "not applicable here");
		free(params);
	}
	assert_int_equal(mk_judge(&m), 0);
	findings_make(&f, &m.report);
	assert_int_equal(f.n, 1);
	assert_string_equal(f.f[0].where, "GPU 0, MIG 1.0, 2.0; GPU 1, MIG 9.0–11.0; GPU 2, 4 KiB");
	size_t n = digest_make(line, &m.report, &f);
	for (size_t i = 0; i < n; i++) {
		if (!strcmp(line[i].name, "Not measured"))
			assert_string_equal(line[i].text.s,
					    "p2p GPU 0, MIG 1.0, 2.0; GPU 1, MIG 9.0–11.0; GPU 2 "
					    "(not applicable here)");
		found += !strcmp(line[i].name, "Not measured");
		buf_free(&line[i].text);
	}
	assert_int_equal(found, 1);
	findings_free(&f);
	mk_report_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_the_worst_is_quoted),
		cmocka_unit_test(test_steps_of_one_gpu),
		cmocka_unit_test(test_sets),
		cmocka_unit_test(test_remarks),
		cmocka_unit_test(test_instances),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
