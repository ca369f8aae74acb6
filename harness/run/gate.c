/* Gates and parameter texts: see gate.h. */
#include "gate.h"
#include "../base/buf.h"
#include "../base/mem.h"
#include "../formats/key.h"
#include "expand.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

char *gate_words(const char *text)
{
	struct buf b = BUF_INIT;

	for (const char *s = text + strspn(text, " \t"); *s; s += strspn(s, " \t")) {
		size_t n = strcspn(s, " \t");

		if (b.len)
			buf_putc(&b, ' ');
		buf_add(&b, s, n);
		s += n;
	}
	return buf_steal(&b);
}

const struct bench *bench_named(const struct bench *const *all, const char *name)
{
	for (; *all; all++) {
		if (!strcmp((*all)->name, name))
			return *all;
	}
	return NULL;
}

/* The pattern's labels with canonical values, appended to out. */
static int canonical_labels(struct buf *out, const struct bench *b, const char *labels,
			    const char *file, unsigned line, struct err *e)
{
	for (const char *s = labels; *s;) {
		size_t eq = strcspn(s, "="), n = strcspn(s, ",");
		char *name = mem_strndup(s, eq), *value = mem_strndup(s + eq + 1, n - eq - 1);
		const struct param *p = b->params;
		char *v = NULL;

		while (p->name && strcmp(p->name, name))
			p++;
		if (!p->name || p->option)
			err_at(e, EINVAL, file, line, "gate: the keys of %s have no label \"%s\"",
			       b->name, name);
		else
			v = expand_one(b, p, value, file, line, e);
		if (v)
			buf_printf(out, "%s%s=%s", s == labels ? "" : ",", name, v);
		free(name);
		free(value);
		if (!v)
			return -EINVAL;
		free(v);
		s += n;
		s += *s == ',';
	}
	return 0;
}

static int canonical(struct buf *out, const char *word, const struct bench *const *benches,
		     const char *file, unsigned line, struct err *e)
{
	struct key_parts k;
	struct err why = ERR_INIT;
	int rc = 0;

	if (key_parse(word, &k, &why))
		return err_at(e, EINVAL, file, line, "gate: %s", why.text);
	const struct bench *b = bench_named(benches, k.bench);
	const struct metric *m = b ? b->metrics : NULL;

	while (m && m->name && strcmp(m->name, k.metric))
		m++;
	if (!b)
		rc = err_at(e, EINVAL, file, line, "gate: there is no benchmark \"%s\"", k.bench);
	else if (!m || !m->name)
		rc = err_at(e, EINVAL, file, line, "gate: %s has no metric \"%s\"", k.bench,
			    k.metric);
	else {
		buf_printf(out, "%s%s.%s{", out->len ? " " : "", k.bench, k.metric);
		rc = canonical_labels(out, b, k.labels, file, line, e);
		buf_putc(out, '}');
	}
	key_parts_free(&k);
	return rc;
}

char *gate_canonical(const char *text, const struct bench *const *benches, const char *file,
		     unsigned line, struct err *e)
{
	struct buf out = BUF_INIT;
	char *words = gate_words(text), *save = NULL;
	int rc = 0;

	for (char *w = strtok_r(words, " ", &save); w && !rc; w = strtok_r(NULL, " ", &save))
		rc = canonical(&out, w, benches, file, line, e);
	free(words);
	if (rc) {
		buf_free(&out);
		return NULL;
	}
	return buf_steal(&out);
}

char *gate_param(const char *params, const char *name)
{
	size_t len = strlen(name);

	for (const char *s = params; *s;) {
		size_t n = strcspn(s, " ");

		if (!strncmp(s, name, len) && s[len] == '=')
			return mem_strndup(s + len + 1, n - len - 1);
		s += n;
		s += *s == ' ';
	}
	return NULL;
}

static bool in_list(const char *list, const char *value, size_t len)
{
	while (*list) {
		size_t n = strcspn(list, ",");

		if (n == len && !strncmp(list, value, n))
			return true;
		list += n;
		list += *list == ',';
	}
	return false;
}

static unsigned list_length(const char *list)
{
	unsigned n = 1;

	for (; *list; list++)
		n += *list == ',';
	return n;
}

char *gate_brief(const char *params)
{
	struct buf b = BUF_INIT;

	for (const char *s = params; *s;) {
		size_t n = strcspn(s, " "), first = strcspn(s, ",");
		char *one = mem_strndup(s, n);
		unsigned values = list_length(one);

		if (values > 4)
			buf_printf(&b, "%.*s..%s (%u)", (int)first, one, strrchr(one, ',') + 1,
				   values);
		else
			buf_puts(&b, one);
		free(one);
		s += n;
		if (*s)
			buf_putc(&b, *s++);
	}
	return buf_steal(&b);
}

double gate_share(const char *pattern, const char *bench, const char *params)
{
	struct key_parts k;
	double share = 1;

	if (key_parse(pattern, &k, NULL))
		return 0;
	if (strcmp(k.bench, bench))
		share = 0;
	for (const char *s = k.labels; *s && share > 0;) {
		size_t eq = strcspn(s, "="), n = strcspn(s, ",");
		char *name = mem_strndup(s, eq), *list = gate_param(params, name);

		if (!list || !in_list(list, s + eq + 1, n - eq - 1))
			share = 0;
		else
			share /= list_length(list);
		free(name);
		free(list);
		s += n;
		s += *s == ',';
	}
	key_parts_free(&k);
	return share;
}

bool gate_params_overlap(const struct bench *b, const char *params_a, const char *params_b)
{
	bool overlap = true;

	for (const struct param *p = b->params; p->name && overlap; p++) {
		if (p->option)
			continue;
		char *x = gate_param(params_a, p->name), *y = gate_param(params_b, p->name);
		bool common = false;

		for (const char *s = x ? x : ""; *s && y && !common;) {
			size_t n = strcspn(s, ",");

			common = in_list(y, s, n);
			s += n;
			s += *s == ',';
		}
		overlap = common;
		free(x);
		free(y);
	}
	return overlap;
}
