/* Any bytes as a CSV file: whole and torn, what was read is written and read again the same. */
#include "fuzz.h"
#include "../../harness/formats/csv.h"

#include <string.h>

static const char *const columns[] = {"a", "b"};

static int take(void *arg, const char *const *f, unsigned row, struct err *e)
{
	csv_row(arg, f, 2);
	return 0;
}

/* Returns the rows in our own writing, "" with *ok false where they are refused. */
static struct buf rows(const char *data, size_t n, bool torn, bool *ok)
{
	struct buf out = BUF_INIT;
	struct err e = ERR_INIT;

	buf_puts(&out, "a,b\n");
	*ok = !csv_read_mem("f", data, n, columns, 2, torn, take, &out, &e);
	must(*ok == !e.code);
	return out;
}

static void whole(const char *data, size_t n, bool torn)
{
	bool ok, again;
	struct buf first = rows(data, n, torn, &ok);

	if (ok) {
		struct buf second = rows(first.s, first.len, false, &again);

		must(again && first.len == second.len && !memcmp(first.s, second.s, first.len));
		buf_free(&second);
	}
	buf_free(&first);
}

static void line(const char *data, size_t n)
{
	char *f[8], *g[8];
	struct err e = ERR_INIT;
	struct buf b = BUF_INIT;
	int k = csv_split(data, n, f, 8, &e);

	if (k < 0)
		return;
	csv_row(&b, (const char *const *)f, (size_t)k);
	must(csv_split(b.s, b.len, g, 8, &e) == k);
	for (int i = 0; i < k; i++) {
		must(!strcmp(f[i], g[i]));
		free(f[i]);
		free(g[i]);
	}
	buf_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	whole((const char *)data, size, false);
	whole((const char *)data, size, true);
	line((const char *)data, size);
	return 0;
}
