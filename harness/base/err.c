/* Errors as values: see err.h. */
#include "err.h"

#include <stdarg.h>
#include <string.h>

static int record(struct err *e, int code, const char *file, unsigned line, const char *fmt,
		  va_list ap)
{
	if (!e || e->code)
		return -code;
	e->code = code;
	e->line = line;
	snprintf(e->file, sizeof(e->file), "%s", file ? file : "");
	vsnprintf(e->text, sizeof(e->text), fmt, ap);
	return -code;
}

int err_set(struct err *e, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	int rc = record(e, code, NULL, 0, fmt, ap);
	va_end(ap);
	return rc;
}

int err_at(struct err *e, int code, const char *file, unsigned line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	int rc = record(e, code, file, line, fmt, ap);
	va_end(ap);
	return rc;
}

void err_clear(struct err *e)
{
	memset(e, 0, sizeof(*e));
}

void err_print(const struct err *e, const char *prefix, FILE *f)
{
	if (prefix)
		fprintf(f, "%s: ", prefix);
	if (e->file[0] && e->line)
		fprintf(f, "%s:%u: ", e->file, e->line);
	else if (e->file[0])
		fprintf(f, "%s: ", e->file);
	fprintf(f, "%s\n", e->text);
}
