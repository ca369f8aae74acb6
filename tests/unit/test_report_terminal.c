/* The terminal report: its width, its marks in ASCII, no colour unless asked, hostile strings. */
#include "make_bundle.h"
#include "../../reports/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

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

static size_t count(const char *text, const char *what)
{
	size_t n = 0;

	for (const char *p = text; (p = strstr(p, what)); p += strlen(what))
		n++;
	return n;
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
		cmocka_unit_test(test_findings_are_told_once),
		cmocka_unit_test(test_order_and_numbers),
		cmocka_unit_test(test_same_numbers_as_the_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
