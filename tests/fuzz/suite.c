/* Any bytes as a suite file: what was read is written in the plainest form and read again. */
#include "fuzz.h"
#include "../../harness/base/buf.h"
#include "../../harness/formats/key.h"
#include "../../harness/formats/suite.h"
#include "../../harness/formats/utf8.h"

#include <string.h>

static void write_section(struct buf *out, const struct suite_section *s, unsigned lines)
{
	must(key_valid_name(s->bench) && s->line && s->line <= lines);
	must(!*s->label || key_valid_value(s->label));
	buf_printf(out, "[%s%s%s]\n", s->bench, *s->label ? ":" : "", s->label);
	for (size_t i = 0; i < s->n; i++) {
		const struct suite_key *k = &s->keys[i];

		must(key_valid_name(k->name) && *k->value && k->line > s->line && k->line <= lines);
		must(utf8_valid(k->value, strlen(k->value)) == strlen(k->value));
		must(suite_find(s, k->name) == k);
		buf_printf(out, "%s=%s\n", k->name, k->value);
	}
}

static struct buf write_suite(const struct suite *s, unsigned lines)
{
	struct buf out = BUF_INIT;

	write_section(&out, &s->head, lines);
	for (size_t i = 0; i < s->n; i++)
		write_section(&out, &s->sections[i], lines);
	return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct suite s, t;
	struct err e = ERR_INIT;
	unsigned lines = 1;

	for (size_t i = 0; i < size; i++)
		lines += data[i] == '\n';
	if (suite_parse(&s, "dir/fuzz.ini", data, size, &e)) {
		must(e.code && !strcmp(e.file, "dir/fuzz.ini") && e.line <= lines && e.text[0]);
		return 0;
	}
	must(!e.code && !strcmp(s.name, "fuzz"));
	struct buf first = write_suite(&s, lines);
	must(!suite_parse(&t, "x", first.s, first.len, &e));
	struct buf second = write_suite(&t, lines);
	must(first.len == second.len && !memcmp(first.s, second.s, first.len));
	buf_free(&first);
	buf_free(&second);
	suite_free(&s);
	suite_free(&t);
	return 0;
}
