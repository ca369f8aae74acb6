/* What a benchmark found beside what is right: who fails, who does not, and in which words. */
#include "rules_case.h"

/* Four GPUs with a bandwidth and a latency each; the link of each as found. */
static void links(struct mk_report *m, const char *const found[4])
{
	*m = (struct mk_report){.d = {.n_plan = 0}};
	mk_metric(&m->d, "copy", "bandwidth", "bytes/s", "higher", "bandwidth");
	mk_metric(&m->d, "copy", "latency", "s", "lower", "latency");
	for (unsigned g = 0; g < 4; g++) {
		case_key(&m->d, "copy", "bandwidth", 55e9, "gpu=%u,size=1024", g);
		case_key(&m->d, "copy", "latency", 2e-6, "gpu=%u,size=4", g);
		case_fact(&m->d, found[g], "fact.found.link.copy.bandwidth{gpu=%u}", g);
		case_fact(&m->d, "Gen5 x16", "fact.wanted.link.copy.bandwidth{gpu=%u}", g);
	}
}

static void test_link(void **state)
{
	const char *const bad[] = {"Gen5 x16", "Gen5 x16", "Gen5 x16", "Gen3 x16"};
	const char *const good[] = {"Gen5 x16", "Gen5 x16", "Gen5 x16", "Gen5 x16"};
	struct mk_report m;

	links(&m, bad);
	assert_int_equal(case_judge(&m).failed, 1);
	const struct result *r = case_find(&m.results, "bandwidth", "gpu=3,size=1024");
	assert_int_equal(r->status, ST_FAIL);
	assert_string_equal(r->rule, "link");
	assert_false(r->untrue);
	assert_string_equal(r->reason,
			    "the PCIe link runs at Gen3 x16 under load, Gen5 x16 is possible: "
			    "reseat the card, check riser and BIOS link speed");
	assert_int_equal(m.outcome.exit, EXIT_FAILED);
	mk_report_free(&m);
	links(&m, good);
	assert_int_equal(case_judge(&m).failed, 0);
	assert_int_equal(m.outcome.exit, EXIT_PASSED);
	mk_report_free(&m);
}

/* The link was up in one process and down in another: the bad one counts, in either order. */
static void test_processes_that_disagree(void **state)
{
	for (int order = 0; order < 2; order++) {
		const char *const found[] = {order ? "Gen1 x16" : "Gen5 x16", "Gen5 x16",
					     "Gen5 x16", "Gen5 x16"};
		struct mk_report m;

		links(&m, found);
		case_fact(&m.d, order ? "Gen5 x16" : "Gen1 x16",
			  "fact.found.link.copy.bandwidth{gpu=0}");
		assert_int_equal(case_judge(&m).failed, 1);
		HAS(case_find(&m.results, "bandwidth", "gpu=0,size=1024")->reason, "Gen1 x16");
		mk_report_free(&m);
	}
}

/* Every WHAT has words that name both sides and say what to do; an unknown one is judged, too. */
static void test_words(void **state)
{
	static const char *const what[][3] = {
		{"link", "the PCIe link", "reseat"},
		{"nvlink", "belong there", "Fabric Manager"},
		{"nvlink_errors", "NVLink errors", "XID 74"},
		{"peer_access", "peer access: ", "IOMMU"},
		{"transport", "NCCL went by", "NCCL_*"},
		{"clock_events", "clocks were held down by", "fans"},
		{"ecc", "ECC errors", "XID 48"},
		{"sms", "SMs answered", "service"},
		{"sm_speed", "of its SMs", "reset the GPU"},
		{"repeats", "repeats of the same product", "silent data corruption"},
		{"mps", "MPS was", "CUDA_MPS_PIPE_DIRECTORY"},
		{"node", "host memory lay on node", "cpuset"},
		{"never_heard_of", "never_heard_of found: ", "mend this"},
	};

	for (size_t i = 0; i < sizeof(what) / sizeof(what[0]); i++) {
		struct mk_report m = {.d = {.n_plan = 0}};

		case_key(&m.d, "p2p", "latency", 1e-6, "gpu=0,peer=1");
		case_key(&m.d, "p2p", "latency", 1e-6, "gpu=0,peer=2");
		case_key(&m.d, "p2p_all", "latency", 1e-6, "gpu=0,peer=1");
		case_fact(&m.d, "THIS", "fact.found.%s.p2p{gpu=0,peer=1}", what[i][0]);
		case_fact(&m.d, "THAT", "fact.wanted.%s.p2p{gpu=0,peer=1}", what[i][0]);
		assert_int_equal(case_judge(&m).failed, 1);
		for (size_t k = 0; k < m.results.n; k++) {
			const struct result *r = &m.results.r[k];

			if (r->status != ST_FAIL)
				continue;
			assert_string_equal(r->bench, "p2p");
			assert_string_equal(r->labels, "gpu=0,peer=1");
			HAS(r->reason, "THIS");
			HAS(r->reason, "THAT");
			HAS(r->reason, what[i][1]);
			HAS(r->reason, what[i][2]);
		}
		mk_report_free(&m);
	}
}

static void test_half_a_statement_says_nothing(void **state)
{
	struct mk_report m = {.d = {.n_plan = 0}};

	case_key(&m.d, "p2p", "latency", 1e-6, "gpu=0,peer=1");
	case_fact(&m.d, "17", "fact.found.nvlink.p2p{gpu=0}");
	case_fact(&m.d, "18", "fact.wanted.link.p2p{gpu=0}");
	assert_int_equal(case_judge(&m).failed, 0);
	mk_report_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_link),
		cmocka_unit_test(test_processes_that_disagree),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_half_a_statement_says_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
