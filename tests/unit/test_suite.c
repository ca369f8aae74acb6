/* Suite files: what is read, and that everything odd is refused with its line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../harness/base/buf.h"
#include "../../harness/base/mem.h"
#include "../../harness/formats/suite.h"

#define HEAD "[suite]\nsummary = x\n"

static void parse_good(struct suite *s, const char *text, size_t len)
{
	struct err e = ERR_INIT;

	if (suite_parse(s, "suites/h2d.ini", text, len, &e))
		fail_msg("%s:%u: %s", e.file, e.line, e.text);
}

static void bad_n(const char *text, size_t len, unsigned line, const char *why)
{
	struct suite s;
	struct err e = ERR_INIT;

	assert_true(suite_parse(&s, "suites/h2d.ini", text, len, &e) < 0);
	assert_string_equal(e.file, "suites/h2d.ini");
	if (e.line != line || !strstr(e.text, why))
		fail_msg("line %u: \"%s\" instead of line %u: \"%s\"", e.line, e.text, line, why);
	assert_null(s.path);
}

#define bad(text, line, why) bad_n(text, sizeof(text) - 1, line, why)

static const char *value(const struct suite_section *s, const char *name)
{
	const struct suite_key *k = suite_find(s, name);

	return k ? k->value : "none";
}

static void reading(void **state)
{
	static const char text[] = "; a comment\n"
				   "# and another\n"
				   "  ; an indented one\n"
				   "[suite]   ; head\n"
				   "summary = Copies; pinned, 100%\n"
				   "gate = copy.bandwidth{memory=pinned,size=256MiB}\n"
				   "\n"
				   "\t\n"
				   "[copy:peak]\t; label\n"
				   "gpu=all ; every one\n"
				   "size\t=   4KiB..1GiB*4\t;x\n"
				   "memory = a;b\n"
				   "[copy]\n"
				   "[null]\r\n"
				   "n = 1\r\n"
				   "last = 2";
	struct suite s;

	parse_good(&s, text, sizeof(text) - 1);
	assert_string_equal(s.path, "suites/h2d.ini");
	assert_string_equal(s.name, "h2d");
	assert_int_equal(s.head.line, 4);
	assert_int_equal(s.head.n, 2);
	assert_string_equal(value(&s.head, "summary"), "Copies; pinned, 100%");
	assert_string_equal(value(&s.head, "gate"), "copy.bandwidth{memory=pinned,size=256MiB}");
	assert_int_equal(s.n, 3);
	assert_string_equal(s.sections[0].bench, "copy");
	assert_string_equal(s.sections[0].label, "peak");
	assert_int_equal(s.sections[0].line, 9);
	assert_string_equal(value(&s.sections[0], "gpu"), "all");
	assert_string_equal(value(&s.sections[0], "size"), "4KiB..1GiB*4");
	assert_int_equal(suite_find(&s.sections[0], "size")->line, 11);
	assert_string_equal(value(&s.sections[0], "memory"), "a;b");
	assert_string_equal(s.sections[1].label, "");
	assert_int_equal(s.sections[1].n, 0);
	assert_int_equal(s.sections[1].line, 13);
	assert_string_equal(value(&s.sections[2], "n"), "1");
	assert_string_equal(value(&s.sections[2], "last"), "2");
	assert_string_equal(value(&s.sections[2], "gpu"), "none");
	suite_free(&s);
	suite_free(&s);
}

static void names(void **state)
{
	static const char *const cases[][2] = {{"x.ini", "x"},
					       {"/a/b.c.ini", "b.c"},
					       {"plain", "plain"},
					       {".ini", ".ini"},
					       {"a.ini.old", "a.ini.old"}};

	for (size_t i = 0; i < 5; i++) {
		struct suite s;
		struct err e = ERR_INIT;

		assert_int_equal(suite_parse(&s, cases[i][0], "[suite]\n[null]\n", 15, &e), 0);
		assert_string_equal(s.name, cases[i][1]);
		suite_free(&s);
	}
}

static void whole_files(void **state)
{
	bad("", 0, "is empty");
	bad("\n; nothing\n", 0, "is empty");
	bad("[copy]\n", 0, "no section [suite]");
	bad(HEAD, 0, "names no benchmark");
	bad("\xef\xbb\xbf[suite]\n", 1, "byte-order mark");
	bad("\xff\xfe[\0s\0", 1, "NUL byte");
	bad(HEAD "[null]\nx = \xe4\n", 4, "is not UTF-8");
	bad(HEAD "; \xc0\x80\n", 3, "is not UTF-8");
	bad(HEAD "[null]\nx = a\0b\n", 4, "NUL byte");
	bad(HEAD "[null]\nx = a\033[1m\n", 4, "control character");
	bad(HEAD "[null]\rx = 1\n", 3, "control character");
}

static void sections(void **state)
{
	bad("x = 1\n[suite]\n", 1, "before the first section");
	bad("hello\n[suite]\n", 1, "should be NAME = VALUE");
	bad("[suite]\n[suite]\n[null]\n", 2, "[suite] stands in line 1 already");
	bad("[suite:x]\n", 1, "[suite] has no label");
	bad(HEAD "[copy]\ngpu = 0\n[null]\n[copy]\nsize = 4\n", 6,
	    "section [copy] stands in line 3 already");
	bad(HEAD "[copy:a]\n[copy:a]\n", 4, "section [copy:a] stands in line 3 already");
	bad(HEAD "[copy\ngpu = 0\n", 3, "closing ] is missing");
	bad(HEAD "[copy ; x]\n", 3, "closing ] is missing");
	bad(HEAD "[copy] gpu = 0\n", 3, "after the section's closing ]");
	bad(HEAD "[copy]]\n", 3, "after the section's closing ]");
	bad(HEAD "[]\n", 3, "should be [benchmark]");
	bad(HEAD "[ copy ]\n", 3, "should be [benchmark]");
	bad(HEAD "[Copy]\n", 3, "should be [benchmark]");
	bad(HEAD "[copy:]\n", 3, "label \"\"");
	bad(HEAD "[copy:two words]\n", 3, "label \"two words\"");
	bad(HEAD "[copy:a:b]\n", 3, "label \"a:b\"");
	bad(HEAD "[copy:a123456789012345678901234567890123456789012345]\n", 3, "at most 49");
}

static void pairs(void **state)
{
	bad(HEAD "[copy]\ngpu\n", 4, "\"gpu\" should be NAME = VALUE");
	bad(HEAD "[copy]\ngpu =\n", 4, "gpu has no value");
	bad(HEAD "[copy]\ngpu = ; all\n", 4, "gpu has no value");
	bad(HEAD "[copy]\ngpu: all\n", 4, "should be NAME = VALUE");
	bad(HEAD "[copy]\ngpu:x = all\n", 4, "should be NAME = VALUE");
	bad(HEAD "[copy]\n= all\n", 4, "no name of a parameter");
	bad(HEAD "[copy]\nGPU = all\n", 4, "\"GPU\" is no name");
	bad(HEAD "[copy]\ngpu = 0\nsize = 4\ngpu = 1\n", 6, "gpu stands in line 4 already");
	bad(HEAD "[copy]\ngpu = 0,\n  1\n", 5, "cannot be continued");
	bad(HEAD "[copy]\n gpu = 0\n", 4, "starts with a blank");
	bad(HEAD " [copy]\n", 3, "starts with a blank");
	bad(HEAD "[copy]\ngpu = 0 # all\n", 4, "a comment after a value starts with \" ;\"");
	bad("[suite]\nsummary = a\nsummary = b\n", 3, "summary stands in line 2");
}

/* Exactly the longest line that inih takes is read, one more byte is refused. */
static void long_lines(void **state)
{
	struct buf b = BUF_INIT;
	struct suite s;
	struct err e = ERR_INIT;
	size_t n = 10, limit;
	int rc;

	do {
		buf_reset(&b);
		buf_puts(&b, HEAD "[copy]\nsize = ");
		for (size_t i = 7; i < n; i++)
			buf_putc(&b, 'x');
		buf_puts(&b, "\n");
		rc = suite_parse(&s, "x.ini", b.s, b.len, &e);
		if (!rc) {
			assert_int_equal(strlen(value(&s.sections[0], "size")), n - 7);
			suite_free(&s);
		}
		n++;
	} while (!rc && n < 10000);
	limit = n - 2;
	assert_true(limit >= 150);
	assert_int_equal(e.line, 4);
	assert_non_null(strstr(e.text, "at most"));

	/* a comment may be as long as it likes, a value of 1 MB not */
	buf_reset(&b);
	buf_puts(&b, HEAD "[copy]\nsize = 4 ;");
	for (size_t i = 0; i < 1000000; i++)
		buf_putc(&b, 'x');
	parse_good(&s, b.s, b.len);
	assert_string_equal(value(&s.sections[0], "size"), "4");
	suite_free(&s);
	buf_reset(&b);
	buf_puts(&b, HEAD "[copy]\nsize = ");
	for (size_t i = 0; i < 1000000; i++)
		buf_putc(&b, '4');
	bad_n(b.s, b.len, 4, "1000007 bytes, at most");
	buf_free(&b);
}

static void files(void **state)
{
	struct err e = ERR_INIT;
	struct suite s;

	assert_int_equal(suite_load(&s, "/nonexistent/a.ini", &e), -ENOENT);
	assert_string_equal(e.file, "/nonexistent/a.ini");
	assert_non_null(strstr(e.text, "No such file"));
	err_clear(&e);
	assert_int_equal(suite_load(&s, "/", &e), -EISDIR);
	err_clear(&e);
	assert_int_equal(suite_load(&s, "/dev/zero", &e), -EFBIG);
}

#define BROKEN "tests/fixtures/suites/broken"

/* The sidecar says "LINE: SUBSTRING". */
static void expect(const char *ini, const struct err *e)
{
	char *sidecar = mem_printf("%.*s.expect", (int)strlen(ini) - 4, ini), line[256];
	FILE *f = fopen(sidecar, "r");

	assert_non_null(f);
	assert_non_null(fgets(line, sizeof(line), f));
	fclose(f);
	line[strcspn(line, "\n")] = '\0';
	char *why = strstr(line, ": ");
	assert_non_null(why);
	if (e->line != strtoul(line, NULL, 10) || !strstr(e->text, why + 2))
		fail_msg("%s:%u: %s", ini, e->line, e->text);
	free(sidecar);
}

/* syntax-* are refused here; meaning-* are well formed, the plan will refuse them. */
static void broken_files(void **state)
{
	DIR *d = opendir(BROKEN);
	struct dirent *entry;
	unsigned refused = 0, read = 0;

	assert_non_null(d);
	while ((entry = readdir(d))) {
		size_t len = strlen(entry->d_name);
		struct err e = ERR_INIT;
		struct suite s;

		if (len < 5 || strcmp(entry->d_name + len - 4, ".ini"))
			continue;
		char *path = mem_printf("%s/%s", BROKEN, entry->d_name);
		bool bad_syntax = !strncmp(entry->d_name, "syntax-", 7);
		int rc = suite_load(&s, path, &e);

		if (bad_syntax != !!rc)
			fail_msg("%s:%u: %s", path, e.line, rc ? e.text : "was read");
		if (rc)
			expect(path, &e);
		else
			suite_free(&s);
		refused += bad_syntax;
		read += !bad_syntax;
		free(path);
	}
	closedir(d);
	assert_true(refused >= 25 && read >= 30);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reading),     cmocka_unit_test(names),
		cmocka_unit_test(whole_files), cmocka_unit_test(sections),
		cmocka_unit_test(pairs),       cmocka_unit_test(long_lines),
		cmocka_unit_test(files),       cmocka_unit_test(broken_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
