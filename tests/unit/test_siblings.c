/* Siblings: the slow one is found and nobody else is; what differs for a reason accuses nobody. */
#include "rules_case.h"

static void begin(struct mk_report *m, const char *siblings)
{
	*m = (struct mk_report){.d = {.n_plan = 0}};
	mk_metric(&m->d, "copy", "bandwidth", "bytes/s", "higher", "bandwidth");
	mk_metric(&m->d, "copy", "latency", "s", "lower", "latency");
	mk_manifest(&m->d, "metric.copy.bandwidth.siblings", siblings);
	mk_manifest(&m->d, "metric.copy.latency.siblings", siblings);
}

/* Eight GPUs at 55 GB/s, GPU 3 at a share of it. */
static struct case_count eight(struct mk_report *m, double share)
{
	begin(m, "gpu");
	for (unsigned g = 0; g < 8; g++)
		case_key(&m->d, "copy", "bandwidth", g == 3 ? share * 55e9 : 55e9, "gpu=%u", g);
	return case_judge(m);
}

static void test_one_is_slow(void **state)
{
	struct mk_report m;
	struct case_count c = eight(&m, 0.8);
	const struct result *r = case_find(&m.results, "bandwidth", "gpu=3");

	assert_int_equal(c.failed, 1);
	assert_int_equal(c.remarks, 0);
	assert_int_equal(r->status, ST_FAIL);
	assert_string_equal(r->rule, "siblings");
	HAS(r->reason, "20 % slower than its siblings: 4");
	HAS(r->reason, "the median of 8 is 5");
	HAS(r->reason, "compare its clocks, temperatures, ECC errors"); /* no way is in the key */
	mk_report_free(&m);

	c = eight(&m, 0.92);
	assert_int_equal(c.failed, 0);
	assert_int_equal(c.remarks, 1);
	HAS(case_find(&m.results, "bandwidth", "gpu=3")->reason, "8 % slower than its siblings");
	mk_report_free(&m);

	c = eight(&m, 0.96);
	assert_int_equal(c.failed + c.remarks, 0);
	mk_report_free(&m);
	c = eight(&m, 1.3); /* faster is nobody's fault */
	assert_int_equal(c.failed + c.remarks, 0);
	mk_report_free(&m);
}

static void test_times(void **state)
{
	struct mk_report m;

	begin(&m, "gpu,peer");
	for (unsigned g = 0; g < 3; g++)
		for (unsigned p = 0; p < 3; p++)
			if (g != p)
				case_key(&m.d, "copy", "latency", g == 1 && p == 2 ? 3e-6 : 2e-6,
					 "gpu=%u,peer=%u", g, p);
	assert_int_equal(case_judge(&m).failed, 1);
	const struct result *r = case_find(&m.results, "latency", "gpu=1,peer=2");
	assert_int_equal(r->status, ST_FAIL);
	HAS(r->reason, "33 % slower than its siblings: ");
	HAS(r->reason, "the median of 6 is ");
	mk_report_free(&m);
}

/* A hundred sizes on eight GPUs whose processes differ by 3 %: nobody is blamed. */
static void test_noise_blames_nobody(void **state)
{
	struct mk_report m;
	char labels[64];

	begin(&m, "gpu");
	for (unsigned size = 1; size <= 100; size++)
		for (unsigned g = 0; g < 8; g++) {
			snprintf(labels, sizeof(labels), "gpu=%u,size=%u", g, size);
			case_add(&m.d, "copy", "bandwidth", labels, 55e9, 0.03, CASE_PROCESSES);
		}
	struct case_count c = case_judge(&m);
	assert_int_equal(c.failed, 0);
	assert_true(c.remarks <= 1);
	mk_report_free(&m);
}

/* One process each says nothing of other processes: 12 % may be chance, 25 % is not. */
static void test_single_processes(void **state)
{
	for (int i = 0; i < 2; i++) {
		struct mk_report m;
		char labels[16];

		begin(&m, "gpu");
		for (unsigned g = 0; g < 8; g++) {
			snprintf(labels, sizeof(labels), "gpu=%u", g);
			case_add(&m.d, "copy", "bandwidth", labels,
				 g == 3 ? (i ? 0.75 : 0.88) * 55e9 : 55e9, 0.003, 1);
		}
		struct case_count c = case_judge(&m);
		assert_int_equal(c.failed, i);
		assert_int_equal(c.remarks, 1 - i);
		mk_report_free(&m);
	}
}

static void test_who_is_no_sibling(void **state)
{
	struct mk_report m;

	begin(&m, "gpu"); /* two cannot tell who of them is slow */
	case_key(&m.d, "copy", "bandwidth", 55e9, "gpu=0");
	case_key(&m.d, "copy", "bandwidth", 30e9, "gpu=1");
	assert_int_equal(case_judge(&m).failed, 0);
	mk_report_free(&m);

	begin(&m, "gpu"); /* all differ: none stands out */
	for (unsigned g = 0; g < 6; g++)
		case_key(&m.d, "copy", "bandwidth", 60e9 - 8e9 * g, "gpu=%u", g);
	assert_int_equal(case_judge(&m).failed, 0);
	mk_report_free(&m);

	begin(&m, ""); /* a metric without siblings */
	for (unsigned g = 0; g < 8; g++)
		case_key(&m.d, "copy", "bandwidth", g ? 55e9 : 20e9, "gpu=%u", g);
	assert_int_equal(case_judge(&m).failed, 0);
	mk_report_free(&m);

	begin(&m, "member"); /* the sum is none of its parts */
	for (unsigned g = 0; g < 4; g++)
		case_key(&m.d, "copy", "latency", 2e-6, "gpus=0+1+2+3,member=%u", g);
	case_key(&m.d, "copy", "latency", 8e-6, "gpus=0+1+2+3,member=sum");
	assert_int_equal(case_judge(&m).failed, 0);
	mk_report_free(&m);
}

/* Pairs behind one switch and pairs across sockets: with kin nobody is blamed, but the one. */
static void pairs(struct mk_report *m, bool kin, double of_2_3)
{
	begin(m, "gpu,peer");
	for (unsigned g = 0; g < 6; g++)
		for (unsigned p = 0; p < 6; p++) {
			bool near = g / 2 == p / 2;

			if (g == p)
				continue;
			if (kin)
				case_fact(&m->d, near ? "switch" : "socket",
					  "fact.kin.copy{gpu=%u,peer=%u}", g, p);
			case_key(&m->d, "copy", "bandwidth",
				 g == 2 && p == 3 ? of_2_3
				 : near		  ? 20e9
						  : 25e9,
				 "gpu=%u,peer=%u", g, p);
		}
}

static void test_kin(void **state)
{
	struct mk_report m;

	pairs(&m, true, 20e9);
	assert_int_equal(case_judge(&m).failed, 0);
	mk_report_free(&m);
	pairs(&m, false, 20e9);
	assert_int_equal(case_judge(&m).failed, 6);
	mk_report_free(&m);
	pairs(&m, true, 15e9);
	assert_int_equal(case_judge(&m).failed, 1);
	assert_int_equal(case_find(&m.results, "bandwidth", "gpu=2,peer=3")->status, ST_FAIL);
	mk_report_free(&m);
}

/* Eight GPUs on two nodes, each measured from both; GPU 5 has its own speeds. */
static struct case_count nodes(struct mk_report *m, double local, double remote)
{
	begin(m, "gpu,node");
	for (unsigned g = 0; g < 8; g++) {
		case_fact(&m->d, g < 4 ? "0" : "1", "gpu.%u.numa_node", g);
		for (unsigned n = 0; n < 2; n++) {
			bool own = n == g / 4;

			case_key(&m->d, "copy", "bandwidth",
				 g == 5 ? (own ? local : remote)
				 : own	? 55e9
					: 40e9,
				 "gpu=%u,node=%u", g, n);
		}
	}
	return case_judge(m);
}

static void test_local_and_remote_are_apart(void **state)
{
	struct mk_report m;
	struct case_count c = nodes(&m, 55e9, 40e9);

	assert_int_equal(c.failed + c.remarks, 0);
	mk_report_free(&m);
	c = nodes(&m, 45e9, 40e9);
	assert_int_equal(c.failed, 1);
	assert_int_equal(case_find(&m.results, "bandwidth", "gpu=5,node=1")->status, ST_FAIL);
	mk_report_free(&m);
	c = nodes(&m, 55e9, 30e9); /* how far remote is differs: a remark */
	assert_int_equal(c.failed, 0);
	assert_int_equal(c.remarks, 1);
	mk_report_free(&m);
}

/* Distances of the firmware's table keep near and far remote nodes apart. */
static void test_distances(void **state)
{
	static const char *const row[] = {"10 12 32 32", "12 10 32 32", "32 32 10 12",
					  "32 32 12 10"};
	struct mk_report m;

	begin(&m, "gpu,node");
	for (unsigned g = 0; g < 4; g++) {
		char node[8];

		snprintf(node, sizeof(node), "%u", g);
		case_fact(&m.d, node, "gpu.%u.numa_node", g);
		case_fact(&m.d, row[g], "node.%u.distance", g);
		case_fact(&m.d, "1e9", "node.%u.memory", g);
		for (unsigned n = 0; n < 4; n++)
			case_key(&m.d, "copy", "bandwidth",
				 n == g		  ? 55e9
				 : n / 2 == g / 2 ? 30e9
						  : 50e9,
				 "gpu=%u,node=%u", g, n);
	}
	struct case_count c = case_judge(&m);
	assert_int_equal(c.failed + c.remarks, 0);
	mk_report_free(&m);
}

/* A slow link is told once: what else is slow of that GPU is a remark. */
static void test_what_is_explained(void **state)
{
	struct mk_report m;

	begin(&m, "gpu");
	for (unsigned g = 0; g < 8; g++) {
		case_key(&m.d, "copy", "bandwidth", g == 3 ? 12e9 : 55e9, "gpu=%u", g);
		case_key(&m.d, "copy", "latency", g == 3 ? 6e-6 : 2e-6, "gpu=%u", g);
	}
	case_fact(&m.d, "Gen3 x16", "fact.found.link.copy.bandwidth{gpu=3}");
	case_fact(&m.d, "Gen5 x16", "fact.wanted.link.copy.bandwidth{gpu=3}");
	struct case_count c = case_judge(&m);
	assert_int_equal(c.failed, 1);
	assert_int_equal(c.remarks, 1);
	assert_string_equal(case_find(&m.results, "bandwidth", "gpu=3")->rule, "link");
	mk_report_free(&m);
}

/* Those whose links are slow are no measure for the others. */
/* What the benchmark says itself explains that metric alone: others of the same GPU are judged. */
static void test_what_the_benchmark_explains(void **state)
{
	struct mk_report m;

	begin(&m, "gpu");
	for (unsigned g = 0; g < 8; g++) {
		case_key(&m.d, "copy", "bandwidth", g == 3 ? 40e9 : 55e9, "gpu=%u", g);
		case_key(&m.d, "copy", "latency", g == 3 ? 3e-6 : 2e-6, "gpu=%u", g);
	}
	case_fact(&m.d, "held down by its power limit", "fact.remark.copy.bandwidth{gpu=3}");
	struct case_count c = case_judge(&m);
	const struct result *r = case_find(&m.results, "bandwidth", "gpu=3");

	assert_int_equal(c.failed, 1);
	assert_int_equal(c.remarks, 1);
	assert_int_equal(r->status, ST_PASS);
	HAS(r->reason, "held down by its power limit; 27 % slower than its siblings");
	assert_int_equal(case_find(&m.results, "latency", "gpu=3")->status, ST_FAIL);
	mk_report_free(&m);
}

static void test_what_has_failed_measures_nobody(void **state)
{
	struct mk_report m;

	begin(&m, "gpu");
	for (unsigned g = 0; g < 8; g++) {
		case_key(&m.d, "copy", "bandwidth",
			 g < 5	 ? 12e9
			 : g < 7 ? 55e9
				 : 40e9,
			 "gpu=%u", g);
		case_fact(&m.d, g < 5 ? "Gen3 x16" : "Gen5 x16", "fact.found.link.copy{gpu=%u}", g);
		case_fact(&m.d, "Gen5 x16", "fact.wanted.link.copy{gpu=%u}", g);
	}
	assert_int_equal(case_judge(&m).failed, 6);
	assert_string_equal(case_find(&m.results, "bandwidth", "gpu=7")->rule, "siblings");
	mk_report_free(&m);
}

/* Links of a pair explain that pair, both ways, and no other pair of its GPUs. */
static void test_what_a_pair_explains(void **state)
{
	struct mk_report m;

	begin(&m, "gpu,peer");
	for (unsigned g = 0; g < 4; g++)
		for (unsigned p = 0; p < 4; p++) {
			bool down = g + p == 1, slow = g == 1 && p == 3;

			if (g != p)
				case_key(&m.d, "copy", "bandwidth", down || slow ? 200e9 : 380e9,
					 "gpu=%u,peer=%u", g, p);
		}
	case_fact(&m.d, "9 x NVLink4", "fact.found.nvlink.copy{gpu=0,peer=1}");
	case_fact(&m.d, "18 x NVLink4", "fact.wanted.nvlink.copy{gpu=0,peer=1}");
	struct case_count c = case_judge(&m);
	assert_int_equal(c.failed, 2);
	assert_int_equal(c.remarks, 1);
	assert_string_equal(case_find(&m.results, "bandwidth", "gpu=0,peer=1")->rule, "nvlink");
	assert_string_equal(case_find(&m.results, "bandwidth", "gpu=1,peer=0")->rule, "");
	const struct result *slow = case_find(&m.results, "bandwidth", "gpu=1,peer=3");
	assert_string_equal(slow->rule, "siblings");
	HAS(slow->reason, "compare its path with theirs");
	mk_report_free(&m);
}

/* Four small instances at half the rate of four large ones; one of the small is slower than its
 * kind. */
static void test_instances_of_one_size(void **state)
{
	struct mk_report m;

	begin(&m, "gpu");
	for (unsigned i = 0; i < 8; i++) {
		double rate = i == 6 ? 20e9 : i < 4 ? 54e9 : 27e9;

		case_key(&m.d, "copy", "bandwidth", rate, "gpu=%u:%u.0", i / 4, i);
		case_fact(&m.d, i < 4 ? "3g.40gb" : "1g.10gb", "gpu.%u.mig.%u.0.profile", i / 4, i);
	}
	assert_int_equal(case_judge(&m).failed, 1);
	HAS(case_find(&m.results, "bandwidth", "gpu=1:6.0")->reason, "the median of 4 is 2");
	mk_report_free(&m);
}

/* Two pairs of GPUs, each in both directions: one pair is slow, and nobody knows which is right. */
static void test_halves(void **state)
{
	static const struct {
		double rate[4];
		size_t remarks;
	} cases[] = {
		{{22e9, 22e9, 18e9, 18e9}, 2},
		{{22e9, 22e9, 20.5e9, 20.5e9}, 0}, /* not by a tenth */
		{{22e9, 20e9, 18e9, 16e9}, 0},	   /* no two halves */
		{{18e9, 18e9, 18e9, 22e9}, 0},	   /* most are slow */
	};

	for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
		struct mk_report m;

		begin(&m, "gpu,peer");
		for (unsigned i = 0; i < 4; i++)
			case_key(&m.d, "copy", "bandwidth", cases[k].rate[i], "gpu=%u,peer=%u", i,
				 i ^ 1);
		struct case_count c = case_judge(&m);
		assert_int_equal(c.failed, 0);
		assert_int_equal(c.remarks, cases[k].remarks);
		const struct result *r = case_find(&m.results, "bandwidth", "gpu=3,peer=2");
		if (!k)
			HAS(r->reason, "18 % slower than its siblings of the other half (their "
				       "median is 2");
		mk_report_free(&m);
	}
}

static void test_other_models(void **state)
{
	struct mk_report m;

	begin(&m, "gpu");
	for (unsigned g = 0; g < 6; g++) {
		case_key(&m.d, "copy", "bandwidth", g < 4 ? 55e9 : 26e9, "gpu=%u", g);
		case_fact(&m.d, g < 4 ? "NVIDIA H100" : "NVIDIA A100", "gpu.%u.name", g);
	}
	struct case_count c = case_judge(&m);
	assert_int_equal(c.failed + c.remarks, 0);
	mk_report_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_is_slow),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_noise_blames_nobody),
		cmocka_unit_test(test_single_processes),
		cmocka_unit_test(test_who_is_no_sibling),
		cmocka_unit_test(test_kin),
		cmocka_unit_test(test_local_and_remote_are_apart),
		cmocka_unit_test(test_distances),
		cmocka_unit_test(test_what_is_explained),
		cmocka_unit_test(test_what_a_pair_explains),
		cmocka_unit_test(test_what_the_benchmark_explains),
		cmocka_unit_test(test_what_has_failed_measures_nobody),
		cmocka_unit_test(test_instances_of_one_size),
		cmocka_unit_test(test_halves),
		cmocka_unit_test(test_other_models),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
