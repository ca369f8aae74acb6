/* Many machines before and after: pairs by node, untouched ones as control. */
#include "make_session.h"

struct fleet {
	struct panel p;
	struct comparison c;
};

/* Nodes [from, to): before, and after with that change. */
static void add_nodes(struct fleet *f, const char *dir, unsigned from, unsigned to,
		      struct mk_session after)
{
	for (unsigned i = from; i < to; i++) {
		char *host = mem_printf("node%02u", i), *base = mem_printf("base%u", i),
		     *new = mem_printf("new%u", i);
		struct err e = ERR_INIT;
		struct mk_session b = {.host = host, .boot = base, .seed = i}, n = after;

		n.host = host;
		n.boot = new;
		n.seed = i + 1000;
		mk_session(dir, base, &b);
		mk_session(dir, new, &n);
		ok(mk_panel_add(&f->p, dir, base, 0, &e), &e);
		ok(mk_panel_add(&f->p, dir, new, 1, &e), &e);
		free(host);
		free(base);
		free(new);
	}
}

static void judge(struct fleet *f)
{
	struct err e = ERR_INIT;

	ok(comparison_of_sessions(&f->c, &f->p, NULL, NULL, &e), &e);
	assert_int_equal(f->c.kind, COMPARE_NODES);
}

static void done(struct fleet *f)
{
	comparison_free(&f->c);
	panel_free(&f->p);
}

/* One session a side decides where there are many nodes. */
static void test_a_driver_that_costs(void **state)
{
	struct fleet f;

	panel_init(&f.p);
	add_nodes(&f, *state, 0, 12, (struct mk_session){.driver = "590.1", .shift = 0.03});
	add_nodes(&f, *state, 12, 16, (struct mk_session){.driver = NULL});
	judge(&f);
	const struct compared *r = &f.c.row[0];
	assert_int_equal(r->decision.look.verdict, VERDICT_REGRESSED);
	assert_int_equal(r->decision.look.k, 12);
	assert_true(fabs(r->ratio - 0.03) < 0.004);
	assert_int_equal(r->pairs, 16);
	assert_string_equal(r->pair[15].cause, "untouched");
	assert_string_equal(r->pair[15].node, "node15");
	assert_true(f.c.blocks == 12 && f.c.untouched == 4);
	assert_int_equal(f.c.exit, EXIT_FAILED);
	HAS(f.c.sentence, "(12 nodes before and after, 4 untouched)");
	done(&f);
}

/* What befell the untouched nodes, too, is not the driver's. */
static void test_drift_is_not_the_driver(void **state)
{
	struct fleet f;

	panel_init(&f.p);
	add_nodes(&f, *state, 0, 12, (struct mk_session){.driver = "590.1", .shift = 0.03});
	add_nodes(&f, *state, 12, 24, (struct mk_session){.shift = 0.03});
	judge(&f);
	assert_int_equal(f.c.row[0].decision.look.verdict, VERDICT_EQUIVALENT);
	assert_int_equal(f.c.exit, EXIT_PASSED);
	done(&f);
}

/* A node that lost a process on one side has medians that do not spread alike: it is left out. */
static void test_node_with_a_lost_process(void **state)
{
	struct fleet f;
	char *dir = mem_printf("%s/new3", (char *)*state);
	struct err e = ERR_INIT;

	panel_init(&f.p);
	add_nodes(&f, *state, 0, 3, (struct mk_session){.driver = "590.1"});
	mk_session(*state, "base3", &(struct mk_session){.host = "node03", .boot = "b"});
	mk_session(*state, "new3",
		   &(struct mk_session){.host = "node03", .boot = "n", .driver = "590.1"});
	char *text = read_text(dir, "processes.csv");
	strstr(text, ",1,\n")[1] = '0';
	write_text(dir, "processes.csv", text, strlen(text));
	ok(mk_panel_add(&f.p, *state, "base3", 0, &e), &e);
	ok(mk_panel_add(&f.p, *state, "new3", 1, &e), &e);
	judge(&f);
	assert_int_equal(f.c.row[0].decision.look.k, 3);
	assert_false(f.c.row[0].pair[3].valid);
	HAS(f.c.row[0].pair[3].cause, "unequally many processes");
	free(text);
	free(dir);
	done(&f);
}

static void test_nothing_changed_anywhere(void **state)
{
	struct fleet f;

	panel_init(&f.p);
	add_nodes(&f, *state, 0, 12, (struct mk_session){.driver = NULL});
	judge(&f);
	assert_int_equal(f.c.row[0].decision.look.verdict, VERDICT_EQUIVALENT);
	assert_true(f.c.blocks == 12 && f.c.untouched == 0);
	HAS(f.c.guarantee, "No untouched node is there");
	done(&f);
}

static void test_too_few(void **state)
{
	struct fleet f;
	struct err e = ERR_INIT;

	panel_init(&f.p);
	add_nodes(&f, *state, 0, 1, (struct mk_session){.driver = "590.1", .shift = 0.3});
	mk_session(*state, "lonely", &(struct mk_session){.host = "lonely"});
	ok(mk_panel_add(&f.p, *state, "lonely", 1, &e), &e);
	judge(&f);
	assert_int_equal(f.c.row[0].pairs, 1); /* a node without a before is no pair */
	assert_int_equal(f.c.row[0].decision.look.verdict, VERDICT_INCONCLUSIVE);
	HAS(f.c.row[0].reason, "1 node with a number before and after; two are the least");
	assert_int_equal(f.c.exit, EXIT_INCONCLUSIVE);
	done(&f);
}

static void test_one_untouched_is_no_control(void **state)
{
	struct fleet f;

	panel_init(&f.p);
	add_nodes(&f, *state, 0, 6, (struct mk_session){.driver = "590.1", .shift = 0.03});
	add_nodes(&f, *state, 6, 7, (struct mk_session){.driver = NULL});
	judge(&f);
	assert_int_equal(f.c.row[0].decision.look.verdict, VERDICT_INCONCLUSIVE);
	HAS(f.c.row[0].reason, "a single untouched node is no control");
	done(&f);
}

/* Nodes with another GPU model are another fleet; so is one whose GPU was exchanged meanwhile. */
static void test_refusals(void **state)
{
	static const struct {
		struct mk_session new;
		const char *said;
	} cases[] = {
		{{.host = "n1", .boot = "x", .gpu_name = "A100"}, "is a \"A100\""},
		{{.host = "n1", .boot = "x", .uuid0 = "GPU-other"}, "(GPU-other) is not in"},
	};

	for (size_t i = 0; i < 2; i++) {
		struct fleet f = {.c = {.n = 0}};
		struct err e = ERR_INIT;
		char *dir = mem_printf("%s/%zu", (char *)*state, i);

		panel_init(&f.p);
		add_nodes(&f, dir, 0, 2, (struct mk_session){.driver = NULL});
		mk_session(dir, "b", &(struct mk_session){.host = "n1", .boot = "b"});
		mk_session(dir, "n", &cases[i].new);
		ok(mk_panel_add(&f.p, dir, "b", 0, &e), &e);
		ok(mk_panel_add(&f.p, dir, "n", 1, &e), &e);
		assert_int_equal(comparison_of_sessions(&f.c, &f.p, NULL, NULL, &e), -EINVAL);
		HAS(e.text, cases[i].said);
		done(&f);
		free(dir);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_driver_that_costs),
		TEST(test_drift_is_not_the_driver),
		TEST(test_node_with_a_lost_process),
		TEST(test_nothing_changed_anywhere),
		TEST(test_too_few),
		TEST(test_one_untouched_is_no_control),
		TEST(test_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
