/* Who takes part in which role: controls, screens and their confirmation; noise, strays, clocks. */
#include "compare_case.h"

static void test_info_takes_no_part(void **state)
{
	struct ab m = {.d = {.n_plan = 0}};
	struct mk_ab_metric l = {"mem", "about", "size=4", 0, 5, 0.1, 0, false};

	mk_ab_head(&m.d, "mem.about{}", "0", "0", "0");
	mk_ab_blocks(&m.d, &l, 0, 8);
	judge(&m);
	assert_int_equal(m.c.n, 0);
	done(&m);
}

/* Controls: step 9, a process before each step of each arm. */
static void add_controls(struct ab *m, double shift)
{
	struct rng r = {5};

	for (unsigned block = 0; block < 8; block++)
		for (unsigned step = 0; step < 3; step++)
			for (int b = 0; b < 2; b++) {
				double x = 0.002 * rng_normal(&r) + (b ? shift : 0);
				struct mk_key k = {.arm = b ? "podman" : "host",
						   .bench = "control",
						   .metric = "time",
						   .labels = "kind=alu",
						   .step = 9,
						   .process = step};

				/* one slow process must not count: the median does */
				mk_ab_process(&m->d, &k, block,
					      1e-3 * exp(x) * (step == 2 && b ? 2 : 1), ST_PASS,
					      "");
			}
}

static void test_controls(void **state)
{
	for (int moved = 0; moved < 2; moved++) {
		struct ab m = {.d = {.n_plan = 0}};
		struct mk_ab_metric l = LATENCY("size=4", 0);

		mk_ab_head(&m.d, "mem.latency{}", "1", "1", "0");
		mk_ab_blocks(&m.d, &l, 0, 8);
		add_controls(&m, moved ? 0.1 : 0);
		judge(&m);
		const struct compared *r = row(&m, "kind=alu");
		assert_int_equal(r->role, ROLE_CONTROL);
		assert_int_equal(r->pairs, 8);
		assert_int_equal(m.c.unproven, moved);
		assert_int_equal(m.c.exit, moved ? EXIT_INCONCLUSIVE : EXIT_PASSED);
		if (moved)
			HAS(m.c.sentence, "UNPROVEN: the control");
		done(&m);
	}
}

/* A gate that is worse on a machine that changed by itself: open, no alarm. */
static void test_unproven_is_no_alarm(void **state)
{
	struct ab m = {.d = {.n_plan = 0}};
	struct mk_ab_metric l = LATENCY("size=4", 0.1);

	mk_ab_head(&m.d, "mem.latency{}", "1", "1", "0");
	mk_ab_blocks(&m.d, &l, 0, 8);
	add_controls(&m, 0.1);
	judge(&m);
	assert_int_equal(verdict(&m, "size=4"), VERDICT_REGRESSED);
	assert_true(m.c.unproven);
	assert_int_equal(m.c.exit, EXIT_INCONCLUSIVE);
	assert_int_equal(comparison_gate_exit(&m.c), EXIT_INCONCLUSIVE);
	done(&m);
}

static void test_noisy_machine(void **state)
{
	struct ab m = {.d = {.n_plan = 0}};
	struct mk_ab_metric l = LATENCY("size=4", 0);

	l.sd = 0.05;
	mk_ab_head(&m.d, "mem.latency{}", "1", "0", "0");
	mk_ab_blocks(&m.d, &l, 0, 32);
	judge(&m);
	assert_true(m.c.noisy);
	assert_true(m.c.detectable > 0.06);
	assert_int_equal(m.c.exit, EXIT_INCONCLUSIVE);
	HAS(m.c.sentence, "This machine is too noisy");
	HAS(row(&m, "size=4")->reason, "reaches over the margin of 2 %");
	done(&m);
}

/* A shift that was found, whatever the noise: not "too noisy to tell". */
static void test_found_is_not_too_noisy(void **state)
{
	struct ab m = {.d = {.n_plan = 0}};
	struct mk_ab_metric l = LATENCY("size=4", 0.5);

	l.sd = 0.05;
	mk_ab_head(&m.d, "mem.latency{}", "1", "0", "0");
	mk_ab_blocks(&m.d, &l, 0, 8);
	judge(&m);
	assert_int_equal(verdict(&m, "size=4"), VERDICT_REGRESSED);
	assert_true(row(&m, "size=4")->detectable > 0.06);
	assert_false(m.c.noisy);
	assert_int_equal(m.c.exit, EXIT_FAILED);
	done(&m);
}

/* Even where every gate is equal within a wide margin, a noisy machine passes nothing. */
static void test_noisy_is_no_pass(void **state)
{
	struct ab m = {.d = {.n_plan = 0}};
	struct mk_ab_metric l = LATENCY("size=4", 0);

	l.sd = 0.02;
	mk_ab_head(&m.d, "mem.latency{}", "1", "0", "0");
	mk_manifest(&m.d, "ab.margin.latency", "0.2");
	mk_ab_blocks(&m.d, &l, 0, 32);
	judge(&m);
	NEAR(row(&m, "size=4")->margin, 0.2, 0);
	assert_int_equal(verdict(&m, "size=4"), VERDICT_EQUIVALENT);
	assert_int_equal(m.c.exit, EXIT_INCONCLUSIVE);
	done(&m);
}

static void test_strays(void **state)
{
	struct ab m = {.d = {.n_plan = 0}};
	struct mk_ab_metric l = LATENCY("size=4", 0);

	l.sd = 0.001;
	mk_ab_head(&m.d, "mem.latency{}", "1", "0", "0");
	mk_ab_blocks(&m.d, &l, 0, 16);
	for (size_t i = 0; i < m.d.n_samples; i++) {
		struct sample_row *s = &m.d.samples[i];

		if ((s->block == 2 && !strcmp(s->arm, "host")) ||
		    (s->block == 5 && !strcmp(s->arm, "podman")))
			s->value *= 1.3;
	}
	judge(&m);
	const struct compared *r = row(&m, "size=4");
	assert_true(r->pair[2].stray_a && !r->pair[2].stray_b);
	assert_true(r->pair[5].stray_b && !r->pair[5].stray_a);
	assert_true(r->strays_a == 1 && r->strays_b == 1);
	HAS(m.c.guarantee, "2 processes strayed");
	done(&m);
}

/* Screens: no verdict from the first blocks; fresh ones confirm, or do not. */
static void test_screens(void **state)
{
	struct ab m = {.d = {.n_plan = 0}};
	struct mk_ab_metric gate = LATENCY("size=4", 0), real = RATE("size=1", 0.1),
			    gone = RATE("size=2", 0.1), flat = RATE("size=3", 0);

	mk_ab_head(&m.d, "mem.latency{}", "1", "0", "3");
	mk_ab_blocks(&m.d, &gate, 0, 8);
	real.step = 1;
	gone.step = 2;
	flat.step = 3;
	mk_ab_blocks(&m.d, &real, 0, 8);
	mk_ab_blocks(&m.d, &gone, 0, 8);
	mk_ab_blocks(&m.d, &flat, 0, 8);
	mk_ab_blocks(&m.d, &real, 32, 40);
	gone.shift = 0;
	mk_ab_blocks(&m.d, &gone, 32, 40);
	judge(&m);
	assert_int_equal(m.c.candidates, 2);
	assert_int_equal(row(&m, "size=1")->pairs, 8);
	assert_int_equal(verdict(&m, "size=1"), VERDICT_REGRESSED);
	assert_int_equal(verdict(&m, "size=2"), VERDICT_EQUIVALENT);
	assert_false(row(&m, "size=3")->candidate);
	assert_int_equal(row(&m, "size=3")->decision.look.k, 0);
	assert_true(isfinite(row(&m, "size=3")->ratio) && isnan(row(&m, "size=3")->lo));
	assert_int_equal(m.c.confirmed[VERDICT_REGRESSED], 1);
	assert_int_equal(m.c.exit, EXIT_FAILED);
	HAS(m.c.sentence, "of 3 screened 2 show a shift beyond the margin");
	HAS(m.c.sentence, "confirm 1 as slower: mem rate 1 B by ");
	HAS(m.c.guarantee, "at most 3 %, and 1 %");
	done(&m);
}

static void test_unconfirmed_candidate_is_open(void **state)
{
	struct ab m = {.d = {.n_plan = 0}};
	struct mk_ab_metric gate = LATENCY("size=4", 0), real = RATE("size=1", 0.1);

	mk_ab_head(&m.d, "mem.latency{}", "1", "0", "1");
	mk_ab_blocks(&m.d, &gate, 0, 8);
	real.step = 1;
	mk_ab_blocks(&m.d, &real, 0, 32); /* the first phase's blocks never confirm */
	judge(&m);
	assert_true(row(&m, "size=1")->candidate);
	assert_int_equal(row(&m, "size=1")->decision.wants, 8);
	assert_int_equal(m.c.exit, EXIT_INCONCLUSIVE);
	done(&m);
}

/* Fresh blocks that decide nothing are no alarm, and no screen is a promise. */
static void test_undecided_candidate_is_shown(void **state)
{
	struct ab m = {.d = {.n_plan = 0}};
	struct mk_ab_metric gate = LATENCY("size=4", 0), near = RATE("size=1", 0.1);

	mk_ab_head(&m.d, "mem.latency{}", "1", "0", "1");
	mk_ab_blocks(&m.d, &gate, 0, 8);
	near.step = 1;
	mk_ab_blocks(&m.d, &near, 0, 8);
	near.shift = log1p(0.02); /* the margin */
	mk_ab_blocks(&m.d, &near, 32, 64);
	judge(&m);
	assert_int_equal(m.c.confirmed[VERDICT_INCONCLUSIVE], 1);
	assert_int_equal(m.c.exit, EXIT_PASSED);
	HAS(m.c.sentence, "1 shows a shift beyond the margin");
	done(&m);
}

static void test_more_candidates_than_places(void **state)
{
	struct ab m = {.d = {.n_plan = 0}};

	mk_ab_head(&m.d, "", "0", "0", "20");
	for (unsigned i = 0; i < 20; i++) {
		char labels[16];
		struct mk_ab_metric s = RATE(labels, 0.1 + 0.01 * i);

		snprintf(labels, sizeof(labels), "size=%u", i + 1);
		s.step = i;
		mk_ab_blocks(&m.d, &s, 0, 8);
	}
	judge(&m);
	assert_int_equal(m.c.candidates, 16);
	assert_int_equal(m.c.dropped, 4);
	assert_false(row(&m, "size=4")->candidate);
	assert_true(row(&m, "size=20")->candidate);
	done(&m);
}

static void test_quick_is_one_look(void **state)
{
	struct ab m = {.d = {.n_plan = 0}};
	struct mk_ab_metric l = LATENCY("size=4", 0.02);

	mk_ab_head(&m.d, "mem.latency{}", "1", "0", "0");
	mk_manifest(&m.d, "ab.quick", "yes");
	mk_ab_blocks(&m.d, &l, 0, 8);
	judge(&m);
	assert_int_equal(verdict(&m, "size=4"), VERDICT_INCONCLUSIVE);
	assert_int_equal(row(&m, "size=4")->decision.wants, 0);
	HAS(row(&m, "size=4")->reason, "or accept a wider --margin");
	done(&m);
}

static void add_clock(struct ab *m, const char *arm, double t, double hz)
{
	mk_telemetry(&m->d, arm, t, 3, "clock_sm", hz);
}

/* A difference that the clocks explain is said to be theirs; idle times and ramps explain nothing.
 */
static void test_clock(void **state)
{
	for (int lower = 0; lower < 2; lower++) {
		struct ab m = {.d = {.n_plan = 0}};
		struct mk_ab_metric l = LATENCY("gpu=3", 0.1);

		mk_ab_head(&m.d, "mem.latency{}", "1", "0", "0");
		mk_ab_blocks(&m.d, &l, 0, 8);
		for (size_t i = 0; i < m.d.n_steps; i++) {
			bool b = !strcmp(m.d.steps[i].arm, "podman");
			const char *arm = b ? "podman" : "host";
			double t = m.d.steps[i].start_s *= 2; /* it lasts 1.5 s */

			add_clock(&m, arm, t, 2.1e8); /* idle, in podman longer */
			add_clock(&m, arm, t + (b ? 0.9 : 0.1), 1.5e9);
			add_clock(&m, arm, t + (b ? 1.1 : 0.2), b && lower ? 1.8e9 : 1.98e9);
		}
		judge(&m);
		if (lower)
			HAS(row(&m, "gpu=3")->reason,
			    "clock: the GPU ran at 1.980 GHz in host and at 1.800 GHz in");
		else
			assert_string_equal(row(&m, "gpu=3")->reason, "");
		done(&m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_info_takes_no_part),
		cmocka_unit_test(test_controls),
		cmocka_unit_test(test_unproven_is_no_alarm),
		cmocka_unit_test(test_undecided_candidate_is_shown),
		cmocka_unit_test(test_noisy_machine),
		cmocka_unit_test(test_found_is_not_too_noisy),
		cmocka_unit_test(test_noisy_is_no_pass),
		cmocka_unit_test(test_strays),
		cmocka_unit_test(test_screens),
		cmocka_unit_test(test_unconfirmed_candidate_is_open),
		cmocka_unit_test(test_more_candidates_than_places),
		cmocka_unit_test(test_quick_is_one_look),
		cmocka_unit_test(test_clock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
