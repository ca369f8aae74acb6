/* Before and after: sessions with and without a history, and everything that is refused. */
#include "make_session.h"

/* BASE and NEW: what is refused, or judged without a history. */
struct two {
	struct panel p;
	struct history h;
	struct comparison c;
	bool with_history;
};

static int compare(struct two *t, const char *dir, unsigned n, struct err *e)
{
	int rc = 0;

	panel_init(&t->p);
	for (unsigned i = 0; i < n && !rc; i++) {
		char base[16], new[16];

		snprintf(base, sizeof(base), "base%u", i);
		snprintf(new, sizeof(new), "new%u", i);
		rc = mk_panel_add(&t->p, dir, base, 0, e);
		if (!rc)
			rc = mk_panel_add(&t->p, dir, new, 1, e);
	}
	if (!rc)
		rc = comparison_of_sessions(&t->c, &t->p, t->with_history ? &t->h : NULL, NULL, e);
	return rc;
}

static void done(struct two *t)
{
	comparison_free(&t->c);
	if (t->with_history)
		history_free(&t->h);
	panel_free(&t->p);
}

static const struct compared *row(const struct two *t, const char *labels)
{
	for (size_t i = 0; i < t->c.n; i++)
		if (!strcmp(t->c.row[i].labels, labels))
			return &t->c.row[i];
	fail_msg("no row {%s}", labels);
	return NULL;
}

static enum verdict verdict(const struct two *t, const char *labels)
{
	return row(t, labels)->decision.look.verdict;
}

static void add_history(struct two *t, const char *dir, unsigned n)
{
	struct err e = ERR_INIT;
	char *folder = mem_printf("%s/history", dir);

	mk_sessions(folder, "night", n, (struct mk_session){.host = NULL});
	ok(history_load(&t->h, folder, &e), &e);
	t->with_history = true;
	free(folder);
}

/* A prior is shown, and decides nothing however large the shift. */
static void test_without_history(void **state)
{
	struct two t = {.with_history = false};
	struct err e = ERR_INIT;

	mk_sessions(*state, "base", 3, (struct mk_session){.host = NULL});
	mk_sessions(*state, "new", 3, (struct mk_session){.driver = "590.1", .shift = 0.2});
	ok(compare(&t, *state, 3, &e), &e);
	const struct compared *r = row(&t, "gpu=0,size=4");
	assert_int_equal(r->role, ROLE_GATE);
	assert_true(r->assumed);
	assert_true(fabs(r->ratio - 0.2) < 0.01 && r->lo > 0.1);
	assert_int_equal(verdict(&t, "gpu=0,size=4"), VERDICT_INCONCLUSIVE);
	HAS(r->reason, "no history: the interval assumes");
	assert_true(isnan(r->detectable));
	HAS(t.c.guarantee, "assumed, not known");
	assert_int_equal(t.c.exit, EXIT_INCONCLUSIVE);
	assert_int_equal(row(&t, "gpu=0,size=8")->role, ROLE_SCREEN);
	assert_true(row(&t, "gpu=0,size=8")->candidate);
	HAS(row(&t, "gpu=0,size=8")->reason, "not judged: only gates are");
	done(&t);
}

static void test_short_history_decides_nothing(void **state)
{
	struct two t = {.with_history = false};
	struct err e = ERR_INIT;

	add_history(&t, *state, 20); /* nu = 19 */
	mk_sessions(*state, "base", 2, (struct mk_session){.host = NULL});
	mk_sessions(*state, "new", 2, (struct mk_session){.shift = 0.2});
	ok(compare(&t, *state, 2, &e), &e);
	assert_int_equal(verdict(&t, "gpu=0,size=4"), VERDICT_INCONCLUSIVE);
	assert_false(row(&t, "gpu=0,size=4")->assumed);
	HAS(row(&t, "gpu=0,size=4")->reason, "19 of 20 degrees of freedom; measure 1 more");
	done(&t);
}

static void test_history_decides(void **state)
{
	static const struct {
		double shift;
		enum verdict verdict;
		enum exit_code exit;
	} cases[] = {
		{0, VERDICT_EQUIVALENT, EXIT_PASSED},
		{0.05, VERDICT_REGRESSED, EXIT_FAILED},
		{-0.05, VERDICT_IMPROVED, EXIT_PASSED},
		{0.01, VERDICT_INCONCLUSIVE, EXIT_INCONCLUSIVE},
	};

	for (size_t i = 0; i < 4; i++) {
		struct two t = {.with_history = false};
		struct err e = ERR_INIT;
		char *dir = mem_printf("%s/%zu", (char *)*state, i);

		add_history(&t, dir, 21); /* nu = 20 */
		mk_sessions(dir, "base", 3, (struct mk_session){.host = NULL});
		mk_sessions(dir, "new", 3,
			    (struct mk_session){.driver = "590.1", .shift = cases[i].shift});
		ok(compare(&t, dir, 3, &e), &e);
		assert_int_equal(verdict(&t, "gpu=0,size=4"), cases[i].verdict);
		assert_int_equal(t.c.exit, cases[i].exit);
		assert_int_equal(row(&t, "gpu=0,size=4")->decision.look.k, 6);
		if (!cases[i].verdict)
			HAS(row(&t, "gpu=0,size=4")->reason, row(&t, "gpu=0,size=4")->needed
								     ? "sessions a side, each after"
								     : "choose another --margin");
		done(&t);
		free(dir);
	}
}

/* What is advised: as many sessions as would have decided. */
static void test_advice(void **state)
{
	struct two t = {.with_history = false};
	struct err e = ERR_INIT;
	const char *key = "gpu=1,size=4";

	add_history(&t, *state, 21);
	mk_sessions(*state, "base", 1, (struct mk_session){.sd = 1e-6});
	mk_sessions(*state, "new", 1, (struct mk_session){.sd = 1e-6, .shift = 0.013});
	ok(compare(&t, *state, 1, &e), &e);
	const struct compared *r = row(&t, key);
	assert_int_equal(verdict(&t, key), VERDICT_INCONCLUSIVE);
	assert_in_range(r->needed, 2, 9);
	HAS(r->reason, "sessions a side, each after a reboot");
	done(&t);
}

/* One boot is one session, however many bundles it left. */
static void test_one_boot_is_one_session(void **state)
{
	struct two t = {.with_history = false};
	struct err e = ERR_INIT;

	for (int i = 0; i < 2; i++) {
		char base[24], new[24];

		snprintf(base, sizeof(base), "base%d", i);
		snprintf(new, sizeof(new), "new%d", i);
		mk_session(*state, base, &(struct mk_session){.boot = "one", .seed = 1});
		mk_session(*state, new, &(struct mk_session){.boot = "two", .seed = 2});
	}
	ok(compare(&t, *state, 2, &e), &e);
	assert_int_equal(t.p.n_sessions, 2);
	assert_int_equal(row(&t, "gpu=0,size=4")->decision.look.k, 2);
	assert_int_equal(panel_find(&t.p, "mem", "rate", "gpu=0,size=4")->cell[0].k, 6);
	done(&t);
}

static void test_unequal_bundles_of_a_boot(void **state)
{
	struct two t = {.with_history = false};
	struct err e = ERR_INIT;

	mk_session(*state, "base0", &(struct mk_session){.boot = "one"});
	mk_session(*state, "base1", &(struct mk_session){.boot = "one"});
	mk_sessions(*state, "new", 2, (struct mk_session){.host = NULL});
	assert_int_equal(compare(&t, *state, 2, &e), -EINVAL);
	HAS(e.text, "equally many processes");
	done(&t);
}

/* GPUs that the new driver counts in another order are joined by UUID. */
static void test_gpus_are_joined_by_uuid(void **state)
{
	struct two t = {.with_history = false};
	struct err e = ERR_INIT;

	mk_sessions(*state, "base", 1, (struct mk_session){.host = NULL});
	mk_sessions(*state, "new", 1, (struct mk_session){.uuid0 = "GPU-one", .uuid1 = "GPU-zero"});
	ok(compare(&t, *state, 1, &e), &e);
	assert_int_equal(t.c.n, 4);
	for (size_t i = 0; i < t.c.n; i++)
		assert_true(fabs(t.c.row[i].ratio) < 0.02); /* else 20 % */
	done(&t);
}

/* So are the members of a set, whose own name stays the ascending list. */
static void test_sets_are_joined_by_uuid(void **state)
{
	struct two t = {.with_history = false};
	struct err e = ERR_INIT;

	mk_sessions(*state, "base", 1, (struct mk_session){.sets = true});
	mk_sessions(*state, "new", 1,
		    (struct mk_session){.uuid0 = "GPU-one", .uuid1 = "GPU-zero", .sets = true});
	ok(compare(&t, *state, 1, &e), &e);
	assert_int_equal(t.c.n, 4);
	for (size_t i = 0; i < t.c.n; i++)
		assert_true(fabs(t.c.row[i].ratio) < 0.02);
	assert_non_null(row(&t, "gpus=0+1,member=1,size=8"));
	done(&t);
}

/* What must not be compared, with the reason. */
static void test_refusals(void **state)
{
	static const struct {
		struct mk_session new;
		const char *said;
	} cases[] = {
		{{.simulated = "hgx-h100"}, "is SIMULATED and "},
		{{.hash = "fedcba9876543210"}, "another suite"},
		{{.params = "size=4,8,16"}, "other parameters"},
		{{.processes = 5}, "with 5 processes"},
		{{.host = "lab-08"}, "was measured on lab-08"},
		{{.gpu_name = "A100", .uuid0 = "GPU-x", .uuid1 = "GPU-y"}, "is a \"A100\""},
		{{.uuid1 = "GPU-new"}, "GPU 1 (GPU-new) is not in"},
		{{.uuid1 = ""}, "does not say the UUID of GPU 1"},
		{{.boot = ""}, "in which boot it was measured"},
		{{.ab = true}, "holds two arms"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct two t = {.with_history = false};
		struct err e = ERR_INIT;
		char *dir = mem_printf("%s/%zu", (char *)*state, i);

		mk_session(dir, "base0", &(struct mk_session){.boot = "boot-0"});
		mk_session(dir, "new0", &cases[i].new);
		assert_int_equal(compare(&t, dir, 1, &e), -EINVAL);
		HAS(e.text, cases[i].said);
		HAS(e.file, "new0");
		done(&t);
		free(dir);
	}
}

static void test_lost_process_is_no_verdict(void **state)
{
	struct two t = {.with_history = false};
	struct err e = ERR_INIT;
	char *path = mem_printf("%s/new0", (char *)*state);

	add_history(&t, *state, 21);
	mk_sessions(*state, "base", 1, (struct mk_session){.host = NULL});
	mk_sessions(*state, "new", 1, (struct mk_session){.host = NULL});
	char *text = read_text(path, "processes.csv"), *at = strstr(text, ",1,\n");
	at[1] = '0';
	write_text(path, "processes.csv", text, strlen(text));
	ok(compare(&t, *state, 1, &e), &e);
	assert_int_equal(verdict(&t, "gpu=0,size=4"), VERDICT_INCONCLUSIVE);
	HAS(row(&t, "gpu=0,size=4")->reason, "unequally many processes");
	free(text);
	free(path);
	done(&t);
}

static void test_margins(void **state)
{
	struct margins m = {.n = 0};
	struct err e = ERR_INIT;
	static const char *const bad[] = {"",	 "x",  "0",   "-1%", "100%",	    "nan",  "1",
					  "2%%", "a=", "+2%", " 2%", "latency=inf", "0x.1", "."};

	ok(margins_take(&m, "2%", &e), &e);
	ok(margins_take(&m, "latency=0.03", &e), &e);
	assert_true(margins_of(&m, "bandwidth") == 0.02 && margins_of(&m, "latency") == 0.03);
	assert_true(isnan(margins_of(NULL, "latency")));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		err_clear(&e);
		assert_int_equal(margins_take(&m, bad[i], &e), -EINVAL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_without_history),
		TEST(test_short_history_decides_nothing),
		TEST(test_history_decides),
		TEST(test_advice),
		TEST(test_one_boot_is_one_session),
		TEST(test_unequal_bundles_of_a_boot),
		TEST(test_gpus_are_joined_by_uuid),
		TEST(test_sets_are_joined_by_uuid),
		TEST(test_refusals),
		TEST(test_lost_process_is_no_verdict),
		cmocka_unit_test(test_margins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
