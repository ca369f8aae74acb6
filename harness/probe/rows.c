/* Rows of the environment: see rows.h. */
#include "rows.h"
#include "sysfs.h"
#include "../base/mem.h"
#include "../base/units.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void clean(char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			*s = ' ';
}

static void give(const struct rows *r, const char *key, const char *source, const char *fmt,
		 va_list ap)
{
	char *value = NULL;

	if (vasprintf(&value, fmt, ap) < 0)
		return;
	clean(value);
	r->fn(r->arg, key, value, source);
	free(value);
}

void row(const struct rows *r, const char *key, const char *source, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	give(r, key, source, fmt, ap);
	va_end(ap);
}

void gpu_row(const struct rows *r, const char *address, const char *field, const char *source,
	     const char *fmt, ...)
{
	char *key = mem_printf("gpu.%s.%s", address, field);
	va_list ap;

	va_start(ap, fmt);
	give(r, key, source, fmt, ap);
	va_end(ap);
	free(key);
}

const char *rows_number(char out[40], double v)
{
	if (v > -1e15 && v < 1e15 && !(v < floor(v)) && !(v > floor(v)))
		snprintf(out, 40, "%.0f", v);
	else
		units_exact(out, 40, v);
	return out;
}

void file_row(const struct rows *r, const char *key, const char *path)
{
	char *text = sysfs_read("%s", path);

	if (text)
		row(r, key, path, "%s", text);
	free(text);
}
