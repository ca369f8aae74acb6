/* JSON by jansson, which alone knows it: see json.h. A struct json is its json_t. */
#include "json.h"
#include "utf8.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>

/* Ends the program as base/mem does: with text repaired, nothing but memory can be missing. */
static void *check(void *p)
{
	if (!p) {
		fputs("assay: out of memory\n", stderr);
		exit(3);
	}
	return p;
}

static struct json *set(struct json *o, const char *key, json_t *value)
{
	char *name = utf8_repair(key);
	int rc = json_object_set_new((json_t *)o, name, check(value));

	free(name);
	check(rc ? NULL : o);
	return o;
}

struct json *json_object_new(void)
{
	return check(json_object());
}

struct json *json_array_new(void)
{
	return check(json_array());
}

struct json *json_str(struct json *o, const char *key, const char *v)
{
	if (!v)
		return set(o, key, json_null());
	char *text = utf8_repair(v);
	struct json *same = set(o, key, json_string(text));

	free(text);
	return same;
}

struct json *json_num(struct json *o, const char *key, double v)
{
	return set(o, key, isfinite(v) ? json_real(v) : json_null());
}

struct json *json_int(struct json *o, const char *key, long long v)
{
	return set(o, key, json_integer(v));
}

struct json *json_flag(struct json *o, const char *key, bool v)
{
	return set(o, key, json_boolean(v));
}

struct json *json_put(struct json *o, const char *key, struct json *child)
{
	return set(o, key, (json_t *)child);
}

struct json *json_push(struct json *a, struct json *child)
{
	check(json_array_append_new((json_t *)a, (json_t *)child) ? NULL : a);
	return a;
}

int json_print(struct json *v, FILE *f)
{
	int rc = 0;

	if (json_dumpf((json_t *)v, f, JSON_INDENT(2)) || fputc('\n', f) == EOF || fflush(f))
		rc = errno ? -errno : -EIO;
	json_decref((json_t *)v);
	return rc;
}
