/* Metric keys: see key.h. */
#include "key.h"
#include "../base/mem.h"
#include "../base/units.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

bool key_valid_name(const char *s)
{
	if (*s < 'a' || *s > 'z')
		return false;
	return !s[strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_")];
}

static bool value_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("_.:+-", c));
}

bool key_valid_value(const char *s)
{
	if (!*s)
		return false;
	while (value_char(*s))
		s++;
	return !*s;
}

void key_labels(struct buf *out, const struct label *labels, size_t n)
{
	const struct label *sorted[KEY_MAX_LABELS];
	size_t have = 0;

	for (size_t i = 0; i < n && i < KEY_MAX_LABELS; i++) {
		size_t at = have++;

		for (; at && strcmp(sorted[at - 1]->name, labels[i].name) > 0; at--)
			sorted[at] = sorted[at - 1];
		sorted[at] = &labels[i];
	}
	for (size_t i = 0; i < have; i++) {
		if (i)
			buf_putc(out, ',');
		buf_puts(out, sorted[i]->name);
		buf_putc(out, '=');
		buf_puts(out, sorted[i]->value);
	}
}

/* One "name=value" of a label text. */
struct pair {
	const char *name, *value;
	size_t name_len, value_len;
};

/* Takes the first pair off *s; false at the end. A pair without '=' has an empty value. */
static bool next_pair(const char **s, struct pair *p)
{
	if (!**s)
		return false;
	size_t len = strcspn(*s, ","), name = strcspn(*s, "=,");

	p->name = *s;
	p->name_len = name;
	p->value = *s + name + (name < len);
	p->value_len = len - name - (name < len);
	*s += len;
	*s += **s == ',';
	return true;
}

const char *key_find(const char *labels, const char *name, size_t *len)
{
	size_t n = strlen(name);
	struct pair p;

	while (next_pair(&labels, &p)) {
		if (p.name_len == n && !memcmp(p.name, name, n)) {
			*len = p.value_len;
			return p.value;
		}
	}
	return NULL;
}

char *key_get(const char *labels, const char *name)
{
	size_t len;
	const char *v = key_find(labels, name, &len);

	return v ? mem_strndup(v, len) : NULL;
}

bool key_number(const char *labels, const char *name, int *n)
{
	size_t len;
	const char *v = key_find(labels, name, &len);

	if (!v || *v < '0' || *v > '9')
		return false;
	*n = atoi(v);
	return true;
}

bool key_names(const char *names, const char *name, size_t len)
{
	while (*names) {
		size_t n = strcspn(names, ",");

		if (n == len && !memcmp(names, name, n))
			return true;
		names += n;
		names += *names == ',';
	}
	return false;
}

char *key_without(const char *labels, const char *names)
{
	struct buf out = BUF_INIT;
	struct pair p;

	while (next_pair(&labels, &p)) {
		if (key_names(names, p.name, p.name_len))
			continue;
		if (out.len)
			buf_putc(&out, ',');
		buf_printf(&out, "%.*s=%.*s", (int)p.name_len, p.name, (int)p.value_len, p.value);
	}
	return buf_steal(&out);
}

bool key_subset(const char *want, const char *labels)
{
	struct pair w, p;

	while (next_pair(&want, &w)) {
		const char *s = labels;
		bool found = false;

		while (!found && next_pair(&s, &p))
			found = p.name_len == w.name_len && p.value_len == w.value_len &&
				!memcmp(p.name, w.name, w.name_len) &&
				!memcmp(p.value, w.value, w.value_len);
		if (!found)
			return false;
	}
	return true;
}

/* ---- taking a key apart ---- */

static int add_label(struct label *l, size_t *n, char *text, const char *key, struct err *e)
{
	char *eq = strchr(text, '=');

	if (!eq)
		return err_set(e, EINVAL, "\"%s\": \"%s\" should be label=value", key, text);
	*eq = '\0';
	if (!key_valid_name(text))
		return err_set(e, EINVAL, "\"%s\": \"%s\" is no label name (a-z, 0-9, _)", key,
			       text);
	if (!key_valid_value(eq + 1))
		return err_set(e, EINVAL, "\"%s\": label %s has the bad value \"%s\"", key, text,
			       eq + 1);
	for (size_t i = 0; i < *n; i++) {
		if (!strcmp(l[i].name, text))
			return err_set(e, EINVAL, "\"%s\": label %s is given twice", key, text);
	}
	if (*n == KEY_MAX_LABELS)
		return err_set(e, EINVAL, "\"%s\": more than %d labels", key, KEY_MAX_LABELS);
	l[(*n)++] = (struct label){text, eq + 1};
	return 0;
}

/* text: what stands between the braces; is written to. */
static int sort_labels(struct buf *out, char *text, const char *key, struct err *e)
{
	struct label l[KEY_MAX_LABELS];
	size_t n = 0;

	for (char *next; text; text = next) {
		next = strchr(text, ',');
		if (next)
			*next++ = '\0';
		int rc = add_label(l, &n, text, key, e);
		if (rc)
			return rc;
	}
	key_labels(out, l, n);
	return 0;
}

int key_parse(const char *text, struct key_parts *out, struct err *e)
{
	char *copy = mem_strdup(text), *brace = strchr(copy, '{'), *labels = NULL;
	struct buf sorted = BUF_INIT;
	int rc = 0;

	memset(out, 0, sizeof(*out));
	if (brace) {
		char *end = strchr(brace, '}');

		if (!end || end[1]) {
			err_set(e, EINVAL, "\"%s\": %s", text,
				end ? "text after the closing }" : "the closing } is missing");
			rc = -EINVAL;
			goto out;
		}
		*brace = *end = '\0';
		labels = brace + 1;
	}
	char *dot = strchr(copy, '.');
	if (dot)
		*dot++ = '\0';
	if (!key_valid_name(copy) || (dot && !key_valid_name(dot))) {
		err_set(e, EINVAL, "\"%s\" should be bench.metric{label=value,...}", text);
		rc = -EINVAL;
		goto out;
	}
	if (labels && *labels)
		rc = sort_labels(&sorted, labels, text, e);
	if (rc)
		goto out;
	out->bench = mem_strdup(copy);
	out->metric = mem_strdup(dot ? dot : "");
	out->labels = buf_steal(&sorted);
out:
	buf_free(&sorted);
	free(copy);
	return rc;
}

void key_parts_free(struct key_parts *k)
{
	free(k->bench);
	free(k->metric);
	free(k->labels);
	memset(k, 0, sizeof(*k));
}

bool key_matches(const char *patterns, const char *bench, const char *metric, const char *labels)
{
	for (const char *s = patterns; *s;) {
		size_t n = strcspn(s, " ");
		char *one = mem_strndup(s, n);
		struct key_parts k;
		bool hit = false;

		if (!key_parse(one, &k, NULL)) {
			hit = !strcmp(k.bench, bench) && (!metric || !strcmp(k.metric, metric)) &&
			      key_subset(k.labels, labels);
			key_parts_free(&k);
		}
		free(one);
		if (hit)
			return true;
		s += n;
		s += *s == ' ';
	}
	return false;
}

/* ---- order ---- */

/* Whole numbers and sizes ("-1", "16", "4KiB") are numbers, all else is text. */
static bool number(const char *s, size_t n, double *v)
{
	char copy[32];
	uint64_t u;

	if (!n || n >= sizeof(copy) || memchr(s, '.', n))
		return false;
	memcpy(copy, s, n);
	copy[n] = '\0';
	if (units_parse_size(copy + (*copy == '-'), &u))
		return false;
	*v = *copy == '-' ? -(double)u : (double)u;
	return true;
}

static int compare_bytes(const char *a, size_t na, const char *b, size_t nb)
{
	int c = memcmp(a, b, na < nb ? na : nb);

	return c ? c : (na > nb) - (na < nb);
}

static size_t digits(const char *s, size_t n)
{
	size_t i = 0;

	while (i < n && s[i] >= '0' && s[i] <= '9')
		i++;
	return i;
}

/* Text in which runs of digits count by their value: "7.2" before "7.10". */
static int compare_text(const char *a, size_t na, const char *b, size_t nb)
{
	const char *a0 = a, *b0 = b;
	size_t na0 = na, nb0 = nb;

	while (na && nb) {
		size_t da = digits(a, na), db = digits(b, nb), za = 0, zb = 0;

		while (za + 1 < da && a[za] == '0')
			za++;
		while (zb + 1 < db && b[zb] == '0')
			zb++;
		if (!da || !db) {
			if (*a != *b)
				return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
			da = db = 1;
		} else if (da - za != db - zb) {
			return da - za < db - zb ? -1 : 1;
		} else {
			int c = memcmp(a + za, b + zb, da - za);

			if (c)
				return c;
		}
		a += da;
		na -= da;
		b += db;
		nb -= db;
	}
	if (na || nb)
		return na ? 1 : -1;
	return compare_bytes(a0, na0, b0, nb0);
}

/* Numbers come before text, so that the order is a total one. */
static int compare_value(const struct pair *a, const struct pair *b)
{
	double x = 0, y = 0;
	bool nx = number(a->value, a->value_len, &x), ny = number(b->value, b->value_len, &y);

	if (nx != ny)
		return nx ? -1 : 1;
	if (!nx)
		return compare_text(a->value, a->value_len, b->value, b->value_len);
	if (x != y)
		return x < y ? -1 : 1;
	return compare_bytes(a->value, a->value_len, b->value, b->value_len);
}

int key_compare(const char *a, const char *b)
{
	struct pair p, q;

	for (;;) {
		bool more_a = next_pair(&a, &p), more_b = next_pair(&b, &q);

		if (!more_a || !more_b)
			return more_a - more_b;
		int c = compare_bytes(p.name, p.name_len, q.name, q.name_len);
		if (!c)
			c = compare_value(&p, &q);
		if (c)
			return c;
	}
}
