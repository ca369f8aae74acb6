/* Two arms of a bundle: pairs, losses, causes, verdicts, missing gates, verdicts.csv. */
#include "compare_case.h"

static void test_equal_arms(void **state)
{
	struct ab m = {.d = {.n_plan = 0}};

	one_gate(&m, LATENCY("size=4", 0), 8);
	const struct compared *r = row(&m, "size=4");
	assert_int_equal(r->role, ROLE_GATE);
	assert_int_equal(r->pairs, 8);
	assert_int_equal(r->decision.look.k, 8);
	assert_int_equal(verdict(&m, "size=4"), VERDICT_EQUIVALENT);
	assert_true(r->pair[0].b_first == false && r->pair[1].b_first == true);
	assert_int_equal(m.c.exit, EXIT_PASSED);
	HAS(m.c.sentence, "Of 1 gate metric 1 is equivalent within 2 %");
	HAS(m.c.sentence, "(podman against host)");
	HAS(m.c.guarantee, "at most 4 %");
	done(&m);
}

/* The same shift in a time and in a rate has the same sign: + is worse. */
static void test_slower_is_regressed(void **state)
{
	struct mk_ab_metric both[] = {LATENCY("size=4", 0.1), RATE("size=4", 0.1)};

	for (int i = 0; i < 2; i++) {
		struct ab m = {.d = {.n_plan = 0}};

		one_gate(&m, both[i], 8);
		assert_int_equal(verdict(&m, "size=4"), VERDICT_REGRESSED);
		NEAR(row(&m, "size=4")->ratio, 0.1, 0.005);
		assert_true(row(&m, "size=4")->lo > 0.08 && row(&m, "size=4")->hi < 0.12);
		assert_int_equal(m.c.exit, EXIT_FAILED);
		HAS(m.c.sentence, "1 is slower: mem ");
		HAS(m.c.sentence, "4 B by ");
		done(&m);
	}
}

static void test_faster_is_improved(void **state)
{
	struct ab m = {.d = {.n_plan = 0}};

	one_gate(&m, RATE("size=4", -0.1), 8);
	assert_int_equal(verdict(&m, "size=4"), VERDICT_IMPROVED);
	assert_int_equal(m.c.exit, EXIT_PASSED);
	HAS(m.c.sentence, "1 is faster: mem rate 4 B by ");
	done(&m);
}

/* The family is what was planned, never less than what is there. */
static void test_planned_family(void **state)
{
	static const char *const gates[] = {"0", "40"};
	double half[2];

	for (int i = 0; i < 2; i++) {
		struct ab m = {.d = {.n_plan = 0}};
		struct mk_ab_metric l = LATENCY("size=4", 0);

		mk_ab_head(&m.d, "mem.latency{}", gates[i], "0", i ? "7" : "0");
		mk_plan(&m.d, 0, "mem", "size=4", true, "");
		mk_ab_blocks(&m.d, &l, 0, 8);
		judge(&m);
		assert_int_equal(m.c.gates, i ? 40 : 1);
		half[i] = row(&m, "size=4")->decision.look.half;
		done(&m);
	}
	assert_true(half[1] > 1.5 * half[0]);
}

static void test_too_few_blocks(void **state)
{
	struct ab m = {.d = {.n_plan = 0}};

	one_gate(&m, LATENCY("size=4", 0), 7);
	assert_int_equal(verdict(&m, "size=4"), VERDICT_INCONCLUSIVE);
	assert_int_equal(row(&m, "size=4")->decision.wants, 8);
	HAS(row(&m, "size=4")->reason, "7 blocks of 8 that the first look needs");
	assert_int_equal(m.c.exit, EXIT_INCONCLUSIVE);
	done(&m);
}

/* Replaces what arm b gave in a block. */
static void spoil(struct ab *m, unsigned block, enum status status, double value, const char *cause)
{
	for (size_t i = 0; i < m->d.n_steps; i++) {
		struct step_row *s = &m->d.steps[i];

		if (s->block == block && !strcmp(s->arm, "podman"))
			s->status = status;
	}
	for (size_t i = 0; i < m->d.n_samples; i++) {
		struct sample_row *s = &m->d.samples[i];

		if (s->block != block || strcmp(s->arm, "podman"))
			continue;
		free(s->valid);
		s->valid = mem_strdup(cause);
		s->value = value > -1e9 ? value : s->value;
	}
}

static void test_invalid_blocks_name_their_cause(void **state)
{
	static const struct {
		enum status status;
		double value;
		const char *cause, *said;
	} cases[] = {
		{ST_PASS, -1e10, "thermal", "podman: thermal"},
		{ST_PASS, 0, "", "podman: not positive"},
		{ST_PASS, -5, "", "podman: not positive"},
		{ST_BUSY, -1e10, "", "podman: busy"},
		{ST_FAIL, -1e10, "", "podman: failed"},
		{ST_TIMEOUT, -1e10, "", "podman: timed out"},
		{ST_ERROR, -1e10, "", "podman: error"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ab m = {.d = {.n_plan = 0}};
		struct mk_ab_metric l = LATENCY("size=4", 0);

		mk_ab_head(&m.d, "mem.latency{}", "1", "0", "0");
		mk_ab_blocks(&m.d, &l, 0, 8);
		spoil(&m, 3, cases[i].status, cases[i].value, cases[i].cause);
		judge(&m);
		const struct compared *r = row(&m, "size=4");
		assert_false(r->pair[3].valid);
		assert_true(isnan(r->pair[3].d));
		assert_string_equal(r->pair[3].cause, cases[i].said);
		assert_true(r->lost_b == 1 && r->lost_a == 0);
		assert_int_equal(r->decision.look.k, 0);
		HAS(r->reason, cases[i].said);
		done(&m);
	}
}

/* Blocks measured again: the new numbers count, the losses of the old ones do as well. */
static void test_losses_of_earlier_attempts(void **state)
{
	struct ab m = {.d = {.n_plan = 0}};
	struct mk_ab_metric l = LATENCY("size=4", 0);
	struct mk_key k = {.bench = "mem", .metric = "latency", .labels = "size=4"};

	mk_ab_head(&m.d, "mem.latency{}", "1", "0", "0");
	mk_ab_blocks(&m.d, &l, 0, 8);
	for (unsigned attempt = 1; attempt < 3; attempt++)
		for (unsigned block = 0; block < 2; block++)
			for (int b = 0; b < 2; b++) {
				k.arm = b ? "podman" : "host";
				k.attempt = attempt;
				mk_ab_process(&m.d, &k, block,
					      1e-7 * (1 + 1e-3 * attempt + 1e-3 * b), ST_PASS, "");
			}
	/* attempt 0 of both blocks was lost by podman: once by its status, once by its samples;
	 * attempt 1 of block 0 as well */
	for (size_t i = 0; i < m.d.n_steps; i++) {
		struct step_row *s = &m.d.steps[i];

		if (s->block == 0 && s->attempt < 2 && !strcmp(s->arm, "podman"))
			s->status = ST_TIMEOUT;
	}
	for (size_t i = 0; i < m.d.n_samples; i++) {
		struct sample_row *s = &m.d.samples[i];

		if (s->block == 1 && !s->attempt && !strcmp(s->arm, "podman")) {
			free(s->valid);
			s->valid = mem_strdup("thermal");
		}
	}
	judge(&m);
	const struct compared *r = row(&m, "size=4");
	assert_int_equal(r->pairs, 8);
	assert_true(r->pair[0].valid);
	NEAR(r->pair[0].a, 1.002e-7, 1e-11);
	assert_int_equal(r->lost_a, 0);
	assert_int_equal(r->lost_b, 3);
	/* lopsided: neither equal nor better is believed */
	assert_int_equal(r->decision.look.why, UNRESOLVED_LOPSIDED);
	HAS(r->reason, "host lost 0 blocks and podman 3");
	assert_int_equal(m.c.exit, EXIT_INCONCLUSIVE);
	done(&m);
}

static void test_metric_in_one_arm_only(void **state)
{
	struct ab m = {.d = {.n_plan = 0}};
	struct mk_ab_metric l = LATENCY("size=4", 0);

	mk_ab_head(&m.d, "mem.latency{}", "1", "0", "0");
	mk_ab_blocks(&m.d, &l, 0, 8);
	for (size_t i = 0; i < m.d.n_samples; i++)
		if (!strcmp(m.d.samples[i].arm, "podman")) {
			free(m.d.samples[i].labels);
			m.d.samples[i].labels = mem_strdup("size=8");
		}
	judge(&m);
	assert_int_equal(m.c.n, 2);
	HAS(row(&m, "size=4")->reason, "podman: no number (8)");
	HAS(row(&m, "size=8")->reason, "host: no number (8)");
	assert_int_equal(m.c.exit, EXIT_NOTHING);
	done(&m);
}

/* A number above its ceiling is a broken measurement, whatever it compares to. */
static void test_untrue_numbers(void **state)
{
	struct ab m = {.d = {.n_plan = 0}};
	struct mk_ab_metric r = RATE("size=4", 0), s = RATE("size=8", 0);

	mk_ab_head(&m.d, "mem.rate{}", "2", "0", "0");
	mk_manifest_of(&m.d, "podman", "fact.ceiling.mem.rate{size=4}", "1e10");
	mk_manifest_of(&m.d, "host", "fact.placement.mem.rate{size=8}", "WRONG");
	mk_ab_blocks(&m.d, &r, 0, 8);
	s.step = 1;
	mk_ab_blocks(&m.d, &s, 0, 8);
	judge(&m);
	HAS(row(&m, "size=4")->reason, "podman: above the physical ceiling (8)");
	HAS(row(&m, "size=8")->reason, "host: memory misplaced (8)");
	done(&m);
}

/* A gate without any number is not forgotten; what no case is (4096: the step passed) is none. */
static void test_missing_gates(void **state)
{
	struct ab m = {.d = {.n_plan = 0}};
	struct mk_ab_metric l = LATENCY("size=4", 0);

	mk_ab_head(&m.d, "mem.latency{}", "4", "0", "0");
	mk_manifest(&m.d, "bench.mem.options", "reps");
	mk_plan(&m.d, 0, "mem", "size=4,4096 reps=7", true, "");
	mk_plan(&m.d, 1, "mem", "size=8,16 reps=7", false, "SKIP:no GPU");
	mk_plan(&m.d, 2, "mem", "size=32 reps=7", true, "");
	mk_ab_blocks(&m.d, &l, 0, 8);
	for (unsigned block = 0; block < 8; block++) {
		struct mk_key k = {.arm = block % 2 ? "host" : "podman", .step = 2};

		mk_ab_process(&m.d, &k, block, 1, ST_ERROR, "");
		k.arm = block % 2 ? "podman" : "host";
		mk_ab_process(&m.d, &k, block, 1, ST_ERROR, "");
	}
	judge(&m);
	assert_int_equal(m.c.n, 4);
	assert_int_equal(verdict(&m, "size=4"), VERDICT_EQUIVALENT);
	assert_true(row(&m, "size=8")->skipped && row(&m, "size=16")->skipped);
	HAS(row(&m, "size=8")->reason, "no GPU");
	assert_false(row(&m, "size=32")->skipped);
	HAS(row(&m, "size=32")->reason, "host: ERROR");
	HAS(row(&m, "size=32")->reason, "podman: ERROR");
	assert_int_equal(m.c.of_gates[VERDICT_INCONCLUSIVE], 3);
	assert_int_equal(m.c.skipped, 2);
	assert_int_equal(m.c.exit, EXIT_INCONCLUSIVE);
	HAS(m.c.sentence, "1 undecided, 2 skipped on both sides");
	done(&m);
}

static void test_only_optional_skips_pass(void **state)
{
	for (int required = 0; required < 2; required++) {
		struct ab m = {.d = {.n_plan = 0}};
		struct mk_ab_metric l = LATENCY("size=4", 0);

		mk_ab_head(&m.d, "mem.latency{}", "2", "0", "0");
		mk_plan(&m.d, 0, "mem", "size=4", true, "");
		mk_plan(&m.d, 1, "mem", "size=8", required, "SKIP:no GPU");
		mk_ab_blocks(&m.d, &l, 0, 8);
		judge(&m);
		assert_int_equal(m.c.exit, required ? EXIT_INCONCLUSIVE : EXIT_PASSED);
		done(&m);
	}
}

static void test_bad_margin_is_named(void **state)
{
	static const char *const bad[] = {"nan", "0", "-1", "2", "1x", ""};

	for (size_t i = 0; i < 6; i++) {
		struct ab m = {.d = {.n_plan = 0}};
		struct mk_ab_metric l = LATENCY("size=4", 0);
		struct err e = ERR_INIT;

		mk_ab_head(&m.d, "mem.latency{}", "1", "0", "0");
		mk_manifest(&m.d, "ab.margin.latency", bad[i]);
		m.d.dir = (char *)"results/x";
		mk_ab_blocks(&m.d, &l, 0, 8);
		assert_int_equal(results_make(&m.r, &m.d, &e), 0);
		assert_true(comparison_of_arms(&m.c, &m.d, &m.r, &e) < 0);
		HAS(e.text, "ab.margin.latency should be a share");
		done(&m);
	}
}

static void test_no_arms(void **state)
{
	struct ab m = {.d = {.n_plan = 0}};
	struct err e = ERR_INIT;

	mk_head(&m.d, "quick", "", "lab");
	m.d.dir = (char *)"results/x";
	assert_false(comparison_is_ab(&m.d));
	assert_true(comparison_of_arms(&m.c, &m.d, &m.r, &e) < 0);
	HAS(e.text, "holds no two arms");
	done(&m);
}

static void test_verdicts_csv(void **state)
{
	struct ab m = {.d = {.n_plan = 0}};
	struct buf out = BUF_INIT;

	one_gate(&m, LATENCY("size=4", 0.1), 8);
	comparison_csv(&out, &m.c);
	HAS(out.s, "side_a,side_b,bench,metric,labels,unit,better,role,a,b,shift,lo,hi,margin,"
		   "verdict,blocks,valid,");
	HAS(out.s, "host,podman,mem,latency,size=4,s,lower,gate,");
	HAS(out.s, ",0.02,REGRESSED,8,8,0,0,0,0,");
	buf_free(&out);
	done(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_equal_arms),
		cmocka_unit_test(test_slower_is_regressed),
		cmocka_unit_test(test_faster_is_improved),
		cmocka_unit_test(test_planned_family),
		cmocka_unit_test(test_too_few_blocks),
		cmocka_unit_test(test_invalid_blocks_name_their_cause),
		cmocka_unit_test(test_losses_of_earlier_attempts),
		cmocka_unit_test(test_metric_in_one_arm_only),
		cmocka_unit_test(test_untrue_numbers),
		cmocka_unit_test(test_missing_gates),
		cmocka_unit_test(test_only_optional_skips_pass),
		cmocka_unit_test(test_bad_margin_is_named),
		cmocka_unit_test(test_no_arms),
		cmocka_unit_test(test_verdicts_csv),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
