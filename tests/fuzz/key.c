/* Any text as a key: what is taken apart goes together again; the order is a total one. */
#include "fuzz.h"
#include "../../harness/base/buf.h"
#include "../../harness/base/mem.h"
#include "../../harness/formats/key.h"

#include <string.h>

static void take_apart(const char *text)
{
	struct key_parts k, again;
	struct err e = ERR_INIT;
	struct buf b = BUF_INIT;

	if (key_parse(text, &k, &e)) {
		must(e.code && e.text[0]);
		return;
	}
	must(key_valid_name(k.bench) && (!*k.metric || key_valid_name(k.metric)));
	must(key_subset(k.labels, k.labels) && key_subset("", k.labels));
	buf_printf(&b, "%s%s%s{%s}", k.bench, *k.metric ? "." : "", k.metric, k.labels);
	must(!key_parse(b.s, &again, &e));
	must(!strcmp(k.labels, again.labels) && !strcmp(k.bench, again.bench));
	key_parts_free(&k);
	key_parts_free(&again);
	buf_free(&b);
}

static int sign(int x)
{
	return (x > 0) - (x < 0);
}

/* Three lines, compared with each other. */
static void order(const char *a, const char *b, const char *c)
{
	must(sign(key_compare(a, b)) == -sign(key_compare(b, a)));
	must(key_compare(a, a) == 0);
	if (key_compare(a, b) <= 0 && key_compare(b, c) <= 0)
		must(key_compare(a, c) <= 0);
	if (key_compare(c, b) <= 0 && key_compare(b, a) <= 0)
		must(key_compare(c, a) <= 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = mem_strndup((const char *)data, size), *b = strchrnul(text, '\n');

	if (*b)
		*b++ = '\0';
	char *c = strchrnul(b, '\n');
	if (*c)
		*c++ = '\0';
	take_apart(text);
	order(text, b, c);
	order(b, c, text);
	order(c, text, b);
	size_t n;
	const char *found = key_find(text, b, &n);
	must(!found || (found >= text && found + n <= text + strlen(text)));
	free(text);
	return 0;
}
