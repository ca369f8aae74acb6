/* The terminal report: its width, its marks in ASCII, no colour unless asked, hostile strings. */
#include "make_transfers.h"
#include "report_text.h"
#include "../../reports/text.h"

static const struct terminal_style pipe_utf8 = {.utf8 = true, .columns = 80};
static const struct terminal_style pipe_ascii = {.columns = 80};

/* The report of a made-up bundle; the caller frees. */
static char *text_of(void (*make)(struct bundle_data *), const struct terminal_style *style)
{
	struct mk_report m = {.d = {.n_plan = 0}};
	struct buf out = BUF_INIT;

	make(&m.d);
	assert_int_equal(mk_judge(&m), 0);
	report_terminal(&out, &m.report, style);
	mk_report_free(&m);
	return buf_steal(&out);
}

static void h2d(struct bundle_data *d)
{
	mk_h2d(d, true);
}

static void quick(struct bundle_data *d)
{
	mk_quick(d);
}

static void numa(struct bundle_data *d)
{
	mk_numa(d);
}

static void hostile(struct bundle_data *d)
{
	mk_hostile(d);
}

/* Longest line in columns; a word that is longer than a line cannot be helped. */
static size_t widest(const char *text)
{
	char *copy = mem_strdup(text), *save = NULL;
	size_t most = 0;

	for (char *l = strtok_r(copy, "\n", &save); l; l = strtok_r(NULL, "\n", &save)) {
		const char *first = l + strspn(l, " ");

		if (strchr(first, ' ') && text_width(l) > most)
			most = text_width(l);
	}
	free(copy);
	return most;
}

static void test_fits_eighty_columns(void **state)
{
	void (*const make[])(struct bundle_data *) = {h2d, quick, numa, hostile};
	const struct terminal_style narrow = {.utf8 = true, .columns = 60};

	for (size_t i = 0; i < 4; i++) {
		char *text = text_of(make[i], &pipe_utf8);

		assert_true(widest(text) <= 80);
		free(text);
		text = text_of(make[i], &pipe_ascii);
		assert_true(widest(text) <= 80);
		free(text);
		text = text_of(make[i], &narrow);
		assert_true(widest(text) <= 62);
		free(text);
	}
}

static void test_ascii_is_ascii(void **state)
{
	char *text = text_of(h2d, &pipe_ascii);

	for (const char *p = text; *p; p++)
		assert_true((unsigned char)*p < 0x80);
	free(text);
}

static void test_colour_only_where_asked(void **state)
{
	const struct terminal_style tty = {.utf8 = true, .columns = 80, .colour = true};
	char *plain = text_of(h2d, &pipe_utf8), *colour = text_of(h2d, &tty);

	assert_null(strchr(plain, '\033'));
	assert_non_null(strchr(colour, '\033'));
	free(plain);
	free(colour);
}

static void test_hostile_strings_cannot_drive_it(void **state)
{
	char *text = text_of(hostile, &pipe_utf8);

	for (const char *p = text; *p; p++)
		assert_true((unsigned char)*p >= 0x20 || *p == '\n');
	assert_null(strstr(text, "\xc2\x9b"));
	free(text);
}

static void test_order_and_numbers(void **state)
{
	char *text = text_of(h2d, &pipe_utf8);
	const char *at = text;
	static const char *const what[] = {
		"SIMULATED",	"✕ Failed.",	 "Machine", "Findings", "copy timed out: GPU 3",
		"Measurements", "copy bandwidth"};

	for (size_t i = 0; i < sizeof(what) / sizeof(what[0]); i++) {
		at = strstr(at, what[i]);
		if (!at)
			fail_msg("missing or out of order: %s", what[i]);
	}
	free(text);
}

/* A median must read alike in both reports. */
static void test_same_numbers_as_the_page(void **state)
{
	struct mk_report m = {.d = {.n_plan = 0}};
	struct buf page = BUF_INIT, terminal = BUF_INIT;

	mk_quick(&m.d);
	assert_int_equal(mk_judge(&m), 0);
	report_html(&page, &m.report);
	report_terminal(&terminal, &m.report, &pipe_utf8);
	for (size_t i = 0; i < m.results.n; i++) {
		const struct result *r = &m.results.r[i];
		struct scale sc = units_scale(r->unit, r->s.median);
		char number[40];

		if (!r->s.n)
			continue;
		text_number(number, sizeof(number), r->s.median, &sc);
		assert_non_null(strstr(page.s, number));
		assert_non_null(strstr(terminal.s, number));
	}
	buf_free(&page);
	buf_free(&terminal);
	mk_report_free(&m);
}

/* Corruption at 12 sizes of one GPU and one of another: two findings, told once each. */
static void corrupt(struct bundle_data *d)
{
	mk_plan(d, 0, "copy", "node=0", false, "");
	mk_step(d, 0, 0, ST_FAIL, "bytes are wrong");
	for (unsigned i = 0; i < 13; i++) {
		char *key = mem_printf("fact.fail.copy{gpu=%u,size=%u}", i / 12, 4u << i);
		char *why = mem_printf("%u bytes are wrong, the first at offset %u", i, 2u << i);

		mk_manifest_of(d, "host", key, why);
		free(key);
		free(why);
	}
}

/* Two GPUs, two ways: labels longer than there is room for. */
static void long_names(struct bundle_data *d)
{
	mk_head(d, "h2d", "Copies", "host-1");
	mk_metric(d, "copy", "bandwidth", "bytes/s", "higher", "bandwidth");
	mk_manifest(d, "fact.ceiling.copy.bandwidth{dir=h2d}", "6.06e10");
	mk_metric(d, "copy", "wall", "bytes/s", "higher", "bandwidth");
	for (unsigned i = 0; i < 8; i++) {
		char *labels = mem_printf("dir=%s,engine=ce,gpu=%u,how=%s,size=%u",
					  i / 4 ? "both_d2h" : "h2d", i / 2 % 2,
					  i % 2 ? "with-a-very-long-name" : "plain",
					  i % 2 ? 1024 : 1048576);
		struct mk_key k = {.bench = "copy", .metric = "bandwidth", .labels = labels};

		mk_step(d, i, 0, ST_PASS, "one case");
		k.step = i;
		mk_noise(d, &k, 5e10, 0.001, 0.002, 8);
		k.metric = "wall";
		mk_sample(d, &k, 0, 5e10, "");
		free(labels);
	}
}

static void test_long_names_keep_their_end(void **state)
{
	char *text = text_of(long_names, &pipe_utf8);

	HAS(text, "…, 1 KiB ");
	HAS(text, "  GPU 0, h2d, plain, 1 MiB  ");
	/* where nobody has an interval or a ceiling, no column is given to it */
	LACKS(text, "(0 %)");
	assert_int_equal(count(text, "ceiling\n"), 1);
	free(text);
}

static void test_no_blanks_at_line_ends(void **state)
{
	static void (*const all[])(struct bundle_data *) = {h2d, quick, numa, long_names,
							    mk_gpu_nodes};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		char *text = text_of(all[i], &pipe_utf8);

		assert_int_equal(count(text, " \n"), 0);
		free(text);
	}
}

static void test_findings_are_told_once(void **state)
{
	char *text = text_of(corrupt, &pipe_utf8);

	assert_int_equal(count(text, "copy failed: GPU 0, 4 B to 8 KiB"), 1);
	assert_int_equal(count(text, "12 cases, the first: 0 bytes are wrong"), 1);
	assert_int_equal(count(text, "copy failed: GPU 1, 16 KiB"), 1);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fits_eighty_columns),
		cmocka_unit_test(test_ascii_is_ascii),
		cmocka_unit_test(test_colour_only_where_asked),
		cmocka_unit_test(test_hostile_strings_cannot_drive_it),
		cmocka_unit_test(test_long_names_keep_their_end),
		cmocka_unit_test(test_no_blanks_at_line_ends),
		cmocka_unit_test(test_findings_are_told_once),
		cmocka_unit_test(test_order_and_numbers),
		cmocka_unit_test(test_same_numbers_as_the_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
