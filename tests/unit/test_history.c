/* The library of sessions: what is pooled, what is not, what is left out. */
#include "make_session.h"

#include <unistd.h>

static void load(struct history *h, const char *dir)
{
	struct err e = ERR_INIT;

	ok(history_load(h, dir, &e), &e);
}

static const struct history_metric *find(const struct history *h, const char *labels)
{
	for (size_t i = 0; i < h->n; i++)
		if (!strcmp(h->metric[i].key->labels, labels))
			return &h->metric[i];
	fail_msg("no metric {%s}", labels);
	return NULL;
}

/* The spread that was put in comes out, for each key its own. */
static void test_spread(void **state)
{
	struct history h;

	mk_sessions(*state, "night", 60, (struct mk_session){.sd = 0.004});
	load(&h, *state);
	const struct history_metric *m = find(&h, "gpu=0,size=4");
	assert_int_equal(h.n, 4);
	assert_true(h.metric[0].gate && h.metric[1].gate && !h.metric[2].gate);
	assert_int_equal(m->sessions, 60);
	assert_int_equal(m->nu, 59);
	assert_true(m->enough);
	/* chi-square, 59 degrees: 99.9 % of spreads lie within 30 % */
	assert_true(sqrt(m->v) > 0.0028 && sqrt(m->v) < 0.0052);
	history_free(&h);
}

/* Exactly, by hand: ln values 0, .01, .02 and 5.00, 5.02: (2e-4 + 2e-4) / 3. */
static void test_pooled_by_hand(void **state)
{
	static const double value[] = {0, 0.01, 0.02, 5, 5.02};
	struct history h;

	for (int i = 0; i < 5; i++) {
		char name[24];
		struct buf text = BUF_INIT;

		snprintf(name, sizeof(name), "n%d", i);
		mk_session(*state, name,
			   &(struct mk_session){.boot = name, .driver = i < 3 ? "580" : "590"});
		char *dir = mem_printf("%s/%s", (char *)*state, name);
		buf_printf(
			&text,
			"arm,block,position,process,bench,metric,labels,n,median,rate_wall,valid,"
			"cause\nhost,0,0,0,mem,rate,size=4,30,%.17g,,1,\n",
			exp(value[i]));
		write_text(dir, "processes.csv", text.s, text.len);
		buf_free(&text);
		free(dir);
	}
	load(&h, *state);
	const struct history_metric *m = find(&h, "size=4");
	assert_int_equal(m->nu, 3);
	assert_true(fabs(m->v - 4e-4 / 3) < 1e-12);
	assert_false(m->enough);
	history_free(&h);
}

/* Whatever is known to have changed starts a group of its own. */
static void test_what_is_not_pooled(void **state)
{
	static const struct mk_session other[] = {
		{.driver = "590.1"}, {.vbios = "97.00"},   {.hash = "ff"},   {.simulated = "h100"},
		{.host = "lab-08"},  {.uuid1 = "GPU-new"}, {.processes = 5},
	};

	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
		struct history h;
		char *dir = mem_printf("%s/%zu", (char *)*state, i);

		mk_sessions(dir, "a", 3, (struct mk_session){.host = NULL});
		mk_sessions(dir, "b", 3, other[i]);
		load(&h, dir);
		assert_int_equal(find(&h, "gpu=0,size=4")->sessions, 6);
		assert_int_equal(find(&h, "gpu=0,size=4")->nu, 4); /* 2 + 2, not 5 */
		history_free(&h);
		free(dir);
	}
}

static void test_one_boot_adds_nothing(void **state)
{
	struct history h;

	for (int i = 0; i < 5; i++) {
		char name[24];

		snprintf(name, sizeof(name), "n%d", i);
		mk_session(*state, name, &(struct mk_session){.boot = "same", .seed = (unsigned)i});
	}
	load(&h, *state);
	assert_int_equal(find(&h, "gpu=0,size=4")->sessions, 1);
	assert_int_equal(find(&h, "gpu=0,size=4")->nu, 0);
	assert_true(isnan(find(&h, "gpu=0,size=4")->v));
	history_free(&h);
}

/* What cannot be read is named, and the rest is used. A link is no second bundle. */
static void test_left_out(void **state)
{
	struct history h;
	char *dir = mem_printf("%s/night1", (char *)*state),
	     *latest = mem_printf("%s/latest", (char *)*state);

	mk_sessions(*state, "night", 3, (struct mk_session){.host = NULL});
	mk_session(*state, "two-arms", &(struct mk_session){.ab = true});
	write_text(dir, "processes.csv", "arm,block\n", 10);
	assert_int_equal(symlink("night0", latest), 0);
	load(&h, *state);
	assert_int_equal(h.panel.n_sessions, 2);
	assert_int_equal(h.panel.key[0].cell[0].k, 3); /* with the link there would be 6 */
	assert_int_equal(h.n_left_out, 2);
	HAS(h.left_out[0].dir, "night1");
	HAS(h.left_out[0].why, "lacks the column");
	HAS(h.left_out[1].why, "two arms");
	history_free(&h);
	free(dir);
	free(latest);
}

static void test_no_folder_no_bundle(void **state)
{
	struct history h;
	struct err e = ERR_INIT;

	assert_int_equal(history_load(&h, *state, &e), -ENOENT);
	HAS(e.text, "holds no bundle");
	history_free(&h);
	err_clear(&e);
	assert_true(history_load(&h, "/nonexistent", &e) < 0);
	HAS(e.text, "cannot open");
	history_free(&h);
}

/* What sessions ask for: their own suite, real or simulated as they are, no more processes. */
static void test_asked_by_sessions(void **state)
{
	struct history h;
	struct panel p;
	struct err e = ERR_INIT;
	char *folder = mem_printf("%s/h", (char *)*state);

	mk_sessions(folder, "same", 3, (struct mk_session){.host = NULL});
	mk_sessions(folder, "more", 4, (struct mk_session){.processes = 5});
	mk_sessions(folder, "suite", 5, (struct mk_session){.hash = "ff"});
	mk_sessions(folder, "sim", 6, (struct mk_session){.simulated = "h100"});
	load(&h, folder);
	mk_sessions(*state, "base", 1, (struct mk_session){.host = NULL});
	panel_init(&p);
	ok(mk_panel_add(&p, *state, "base0", 0, &e), &e);
	panel_make(&p);
	const struct panel_key *key = panel_find(&p, "mem", "rate", "gpu=0,size=4");
	struct session_spread s = history_spread(&h, key, &p.session[0], 3);
	assert_true(!s.assumed && s.nu == 2);
	s = history_spread(&h, key, &p.session[0], 5);
	assert_true(!s.assumed && s.nu == 2 + 3);
	s = history_spread(&h, key, &p.session[0], 2);
	assert_true(s.assumed && s.v > 0 && s.nu < VERDICT_LIBRARY);
	s = history_spread(NULL, key, &p.session[0], 3);
	assert_true(s.assumed);
	panel_free(&p);
	history_free(&h);
	free(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_spread),
		TEST(test_pooled_by_hand),
		TEST(test_what_is_not_pooled),
		TEST(test_one_boot_adds_nothing),
		TEST(test_left_out),
		TEST(test_no_folder_no_bundle),
		TEST(test_asked_by_sessions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
