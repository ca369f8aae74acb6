/* What a comparison measures next: first looks, undecided gates, invalid blocks, fresh blocks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../../harness/ab/schedule.h"

#define STEPS 3 /* two that measure, and the controls */

/* A bundle in the making, without files. */
struct world {
	struct plan plan;
	struct plan_step step[STEPS];
	struct bundle_data d;
	struct step_row row[2 * AB_BLOCKS * AB_TRIES * STEPS];
	struct comparison c;
	struct compared compared[2];
	struct pair pair[2][COMPARE_CONFIRM];
};

static struct world *new_world(void)
{
	static struct world w;
	static char bench[][8] = {"null", "null", COMPARE_CONTROL}, none[] = "";

	memset(&w, 0, sizeof(w));
	for (unsigned i = 0; i < STEPS; i++) {
		w.step[i].row.step = i;
		w.step[i].row.bench = bench[i];
		w.step[i].row.skip = none;
	}
	w.plan.step = w.step;
	w.plan.n = STEPS;
	w.d.steps = w.row;
	w.c.row = w.compared;
	return &w;
}

static void ended(struct world *w, const char *arm, unsigned step, unsigned block, unsigned attempt,
		  enum status status)
{
	w->row[w->d.n_steps++] = (struct step_row){.arm = (char *)(uintptr_t)arm,
						   .step = step,
						   .block = block,
						   .attempt = attempt,
						   .status = status};
}

static void both(struct world *w, unsigned step, unsigned from, unsigned to)
{
	for (unsigned b = from; b < to; b++) {
		ended(w, "a", step, b, 0, ST_PASS);
		ended(w, "b", step, b, 0, ST_PASS);
	}
}

/* A row of step 0 that wants so many valid blocks, of which the first `valid` are there. */
static struct compared *row(struct world *w, enum role role, unsigned wants, unsigned valid)
{
	size_t i = w->c.n++;

	for (unsigned b = 0; b < valid; b++)
		w->pair[i][b] = (struct pair){.block = b, .a = 1, .b = 1, .valid = true};
	w->compared[i] = (struct compared){.role = role,
					   .step = 0,
					   .pair = w->pair[i],
					   .pairs = valid,
					   .decision.wants = wants,
					   .candidate = role == ROLE_SCREEN};
	return &w->compared[i];
}

static bool has(const struct schedule *s, unsigned step, unsigned block, unsigned attempt)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->todo[i].step == step && s->todo[i].block == block &&
		    s->todo[i].attempt == attempt)
			return true;
	return false;
}

static void test_first_look(void **state)
{
	struct world *w = new_world();
	struct schedule s;

	(void)state;
	schedule_make(&s, &w->plan, &w->d, &w->c);
	assert_int_equal(s.n, 16);
	for (unsigned b = 0; b < 8; b++) /* block by block, in each the steps */
		for (unsigned i = 0; i < 2; i++)
			assert_true(s.todo[2 * b + i].block == b && s.todo[2 * b + i].step == i);
	schedule_free(&s);
	/* half a block, left by a kill, is measured again in both arms, and nothing whole is */
	both(w, 0, 0, 8);
	both(w, 1, 0, 7);
	ended(w, "b", 1, 7, 0, ST_PASS);
	schedule_make(&s, &w->plan, &w->d, &w->c);
	assert_int_equal(s.n, 1);
	assert_true(has(&s, 1, 7, 1));
	schedule_free(&s);
}

static void test_undecided(void **state)
{
	struct world *w = new_world();
	struct schedule s;

	(void)state;
	both(w, 0, 0, 8);
	both(w, 1, 0, 8);
	schedule_make(&s, &w->plan, &w->d, &w->c);
	assert_int_equal(s.n, 0); /* nothing is undecided */
	row(w, ROLE_GATE, 16, 8);
	schedule_make(&s, &w->plan, &w->d, &w->c);
	assert_int_equal(s.n, 8); /* only that step goes on */
	for (unsigned b = 8; b < 16; b++)
		assert_true(has(&s, 0, b, 0));
	assert_false(s.confirms);
	schedule_free(&s);
}

static void test_invalid(void **state)
{
	struct world *w = new_world();
	struct compared *r;
	struct schedule s;

	(void)state;
	both(w, 0, 0, 8);
	both(w, 1, 0, 8);
	r = row(w, ROLE_GATE, 8, 8);
	r->pair[3].valid = false;
	schedule_make(&s, &w->plan, &w->d, &w->c);
	assert_int_equal(s.n, 1);
	assert_true(has(&s, 0, 3, 1)); /* again, both arms */
	schedule_free(&s);
	for (unsigned attempt = 1; attempt < AB_TRIES; attempt++) {
		ended(w, "a", 0, 3, attempt, ST_PASS);
		ended(w, "b", 0, 3, attempt, ST_BUSY);
	}
	schedule_make(&s, &w->plan, &w->d, &w->c);
	assert_int_equal(s.n, 1);
	assert_true(has(&s, 0, 8, 0)); /* twice is enough: another block takes its place */
	schedule_free(&s);
}

/* A metric that no block gives is no reason to go on. */
static void test_no_number(void **state)
{
	struct world *w = new_world();
	struct compared *r;
	struct schedule s;

	(void)state;
	both(w, 0, 0, 8);
	both(w, 1, 0, 8);
	r = row(w, ROLE_GATE, 8, 8);
	for (unsigned b = 0; b < 8; b++)
		r->pair[b] = (struct pair){.block = b, .a = NAN, .b = NAN};
	schedule_make(&s, &w->plan, &w->d, &w->c);
	assert_int_equal(s.n, 0);
	r->pair[5].a = 1; /* one arm did once: then another block may */
	schedule_make(&s, &w->plan, &w->d, &w->c);
	assert_int_equal(s.n, 8);
	schedule_free(&s);
}

static void test_given_up(void **state)
{
	static const enum status bad[] = {ST_FAIL, ST_ERROR, ST_TIMEOUT, ST_SKIP};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct world *w = new_world();
		struct schedule s;

		ended(w, "a", 0, 0, 0, ST_PASS);
		ended(w, "b", 0, 0, 0, bad[i]);
		schedule_make(&s, &w->plan, &w->d, &w->c);
		assert_int_equal(s.n, 8); /* the other step alone */
		assert_false(has(&s, 0, 1, 0));
		schedule_free(&s);
	}
}

static void test_skipped(void **state)
{
	struct world *w = new_world();
	static char why[] = "SKIP:no GPU";
	struct schedule s;

	(void)state;
	w->step[0].row.skip = why;
	schedule_make(&s, &w->plan, &w->d, &w->c);
	assert_int_equal(s.n, 8);
	assert_true(has(&s, 1, 0, 0));
	schedule_free(&s);
}

static void test_screens(void **state)
{
	struct world *w = new_world();
	struct compared *gate, *screen;
	struct schedule s;

	(void)state;
	both(w, 0, 0, 8);
	both(w, 1, 0, 8);
	gate = row(w, ROLE_GATE, 16, 8);
	screen = row(w, ROLE_SCREEN, 8, 8);
	schedule_make(&s, &w->plan, &w->d, &w->c);
	assert_true(has(&s, 0, 8, 0)); /* gates first */
	assert_false(has(&s, 0, COMPARE_CONFIRM, 0));
	schedule_free(&s);
	gate->decision.wants = 0;
	schedule_make(&s, &w->plan, &w->d, &w->c);
	assert_int_equal(s.n, 8);
	assert_true(s.confirms);
	assert_true(has(&s, 0, COMPARE_CONFIRM, 0) && has(&s, 0, COMPARE_CONFIRM + 7, 0));
	schedule_free(&s);
	both(w, 0, COMPARE_CONFIRM, COMPARE_CONFIRM + 8);
	screen->decision.wants = 16;
	schedule_make(&s, &w->plan, &w->d, &w->c);
	assert_int_equal(s.n, 8);
	assert_true(has(&s, 0, COMPARE_CONFIRM + 15, 0));
	schedule_free(&s);
	screen->candidate = false; /* no large shift */
	schedule_make(&s, &w->plan, &w->d, &w->c);
	assert_int_equal(s.n, 0);
}

static void test_end(void **state)
{
	struct world *w = new_world();
	struct schedule s;

	(void)state;
	both(w, 0, 0, COMPARE_CONFIRM);
	both(w, 1, 0, 8);
	/* never valid: there are no blocks left, and no endless loop */
	row(w, ROLE_GATE, 32, 1)->pair[0].valid = false;
	for (unsigned attempt = 1; attempt < AB_TRIES; attempt++)
		for (unsigned b = 0; b < COMPARE_CONFIRM; b++) {
			ended(w, "a", 0, b, attempt, ST_PASS);
			ended(w, "b", 0, b, attempt, ST_PASS);
		}
	schedule_make(&s, &w->plan, &w->d, &w->c);
	assert_int_equal(s.n, 0);
}

static void test_order(void **state)
{
	unsigned differ = 0;

	(void)state;
	for (unsigned step = 0; step < 20; step++)
		for (unsigned g = 0; g < 8; g++) {
			unsigned b_first = 0;

			for (unsigned i = 0; i < 4; i++) {
				b_first += schedule_b_first(7, step, 4 * g + i);
				differ += schedule_b_first(7, step, 4 * g + i) !=
					  schedule_b_first(8, step, 4 * g + i);
			}
			assert_int_equal(b_first, 2);
		}
	assert_in_range(differ, 100, 540); /* of 640: another seed is another order */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_look), cmocka_unit_test(test_undecided),
		cmocka_unit_test(test_invalid),	   cmocka_unit_test(test_no_number),
		cmocka_unit_test(test_given_up),   cmocka_unit_test(test_skipped),
		cmocka_unit_test(test_screens),	   cmocka_unit_test(test_end),
		cmocka_unit_test(test_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
