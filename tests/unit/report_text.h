/* What tests of the reports share: what a text holds, and pages left for tests/browser. */
#ifndef ASSAY_TESTS_REPORT_TEXT_H
#define ASSAY_TESTS_REPORT_TEXT_H

#include "../../harness/base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HAS(text, what)	  has(text, what, __LINE__)
#define LACKS(text, what) assert_null(strstr(text, what))

static inline void has(const char *text, const char *what, int line)
{
	if (!strstr(text, what))
		fail_msg("line %d: \"%s\" is not in \"%.400s\"", line, what, text);
}

/* Each must stand after the one before it. */
static inline void in_order(const char *text, const char *const *what, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *at = strstr(text, what[i]);

		if (!at)
			fail_msg("missing or out of order: %s", what[i]);
		text = at;
	}
}

static inline size_t count(const char *text, const char *what)
{
	size_t n = 0;

	for (const char *p = text; (p = strstr(p, what)); p += strlen(what))
		n++;
	return n;
}

/* With REPORT_OUT=DIR: DIR/name.html. */
static inline void leave(const char *name, const char *text)
{
	const char *dir = getenv("REPORT_OUT");

	if (!dir)
		return;
	char *path = mem_printf("%s/%s.html", dir, name);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
	free(path);
}

#endif
