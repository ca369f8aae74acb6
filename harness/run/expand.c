/* Lists, ranges and words of a suite file: see expand.h. */
#include "expand.h"
#include "../base/buf.h"
#include "../base/mem.h"
#include "../base/units.h"
#include "expand_parts.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void values_add(struct values *v, const char *s)
{
	v->v = mem_grow(v->v, v->n, &v->cap, sizeof(*v->v));
	v->v[v->n++] = mem_strdup(s);
}

const char *values_at(const struct values *v, size_t i)
{
	return i < v->n ? v->v[i] : "";
}

void values_free(struct values *v)
{
	for (size_t i = 0; i < v->n; i++)
		free(v->v[i]);
	free(v->v);
	memset(v, 0, sizeof(*v));
}

char *values_join(const struct values *v)
{
	struct buf b = BUF_INIT;

	for (size_t i = 0; i < v->n; i++)
		buf_printf(&b, "%s%s", i ? "," : "", v->v[i]);
	return buf_steal(&b);
}

static size_t distance(const char *a, const char *b)
{
	size_t row[64], na = strlen(a), nb = strlen(b);

	if (na >= 63 || nb >= 63)
		return 63;
	for (size_t j = 0; j <= nb; j++)
		row[j] = j;
	for (size_t i = 1; i <= na; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= nb; j++) {
			size_t change = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			row[j] = change;
			if (diagonal + 1 < row[j])
				row[j] = diagonal + 1;
			if (row[j - 1] + 1 < row[j])
				row[j] = row[j - 1] + 1;
		}
	}
	return row[nb];
}

const char *nearest_hint(char out[HINT_SIZE], const char *word,
			 const char *(*next)(const void *arg, size_t i), const void *arg)
{
	const char *best = NULL, *s;
	size_t least = strlen(word) / 3 + 1;

	for (size_t i = 0; least && (s = next(arg, i)); i++) {
		size_t d = distance(word, s);

		if (d <= least) {
			best = s;
			least = d ? d - 1 : 0;
		}
	}
	out[0] = '\0';
	if (best)
		snprintf(out, HINT_SIZE, " (did you mean \"%s\"?)", best);
	return out;
}

static bool is_choice(const struct param *p, const char *s)
{
	size_t n = strlen(s);

	for (const char *c = p->choices; *c;) {
		size_t k = strcspn(c, "|");

		if (k == n && !strncmp(c, s, n))
			return true;
		c += k;
		c += *c == '|';
	}
	return false;
}

int expand_bad(const struct where *w, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return err_at(w->e, EINVAL, w->file, w->line, "%s: %s: %s", w->b->name, w->p->name, text);
}

static int parse_number(const struct where *w, const char *s, uint64_t *v)
{
	bool size = w->p->type == PARAM_SIZE;
	int rc = size ? units_parse_size(s, v) : units_parse_u64(s, v);

	if (rc == -ERANGE)
		return expand_bad(w, "%s is too large", s);
	if (rc && size)
		return expand_bad(
			w, "\"%s\" is no size; write for example 4096, 4KiB, 1MiB or 2GiB", s);
	if (rc)
		return expand_bad(w, "\"%s\" is no whole number", s);
	if (*v < w->p->min || (w->p->max && *v > w->p->max))
		return expand_bad(w, "%s is outside %" PRIu64 "..%" PRIu64, s, w->p->min,
				  w->p->max);
	return 0;
}

int expand_add(struct values *out, const struct where *w, const char *s)
{
	for (size_t i = 0; i < out->n; i++) {
		if (!strcmp(out->v[i], s))
			return expand_bad(w, "%s stands twice in the list", s);
	}
	if (out->n >= EXPAND_MAX)
		return expand_bad(w, "more than %d values", EXPAND_MAX);
	values_add(out, s);
	return 0;
}

static int add_number(struct values *out, const struct where *w, uint64_t v)
{
	char s[32];

	snprintf(s, sizeof(s), "%" PRIu64, v);
	return expand_add(out, w, s);
}

/* "A..B", "A..B*F" or "A..B+D" */
static int add_range(struct values *out, const struct where *w, const char *text, const char *dots)
{
	char *from = mem_strndup(text, (size_t)(dots - text)), *to = mem_strdup(dots + 2);
	char *step = strpbrk(to, "*+");
	char op = step ? *step : w->p->type == PARAM_SIZE ? '*' : '+';
	uint64_t a, b, s = op == '*' ? 2 : 1;
	int rc;

	if (step)
		*step++ = '\0';
	rc = parse_number(w, from, &a);
	if (!rc)
		rc = parse_number(w, to, &b);
	if (!rc && step && op == '+')
		rc = parse_number(
			&(struct where){w->b,
					&(struct param){.name = w->p->name, .type = w->p->type},
					w->file, w->line, w->e},
			step, &s);
	else if (!rc && step && units_parse_u64(step, &s))
		rc = expand_bad(w, "\"%s\" is no factor; write for example 4KiB..1GiB*4", step);
	if (!rc && a > b)
		rc = expand_bad(w, "the range %s..%s is reversed", from, to);
	if (!rc && ((op == '*' && (s < 2 || a == 0)) || (op == '+' && s == 0)))
		rc = expand_bad(w, "the range %s never ends", text);
	for (uint64_t v = a; !rc && v <= b;) {
		uint64_t next;
		bool over = op == '*' ? __builtin_mul_overflow(v, s, &next)
				      : __builtin_add_overflow(v, s, &next);

		rc = add_number(out, w, v);
		if (over)
			break;
		v = next;
	}
	free(from);
	free(to);
	return rc;
}

static bool has_gpu(const struct bench *b)
{
	const struct param *p = b->params;

	while (p->name && p->type != PARAM_GPU && p->type != PARAM_GPUS)
		p++;
	return p->name;
}

/*
 * Nodes that this process may use. Beside a GPU only those with CPUs: a thread copies from there,
 * and a node without CPUs is mostly a GPU's own memory (Grace).
 */
static bool is_among_all(const struct where *w, const struct topo_node *n)
{
	if (w->p->type == PARAM_CPU_NODE)
		return n->n_cpus > 0;
	return n->mem_total_bytes > 0 && !n->denied && (n->n_online > 0 || !has_gpu(w->b));
}

static int add_all(struct values *out, const struct where *w, const struct machine *m)
{
	const char *c = w->p->choices;
	int rc = 0;

	switch (w->p->type) {
	case PARAM_ENUM:
		while (*c && !rc) {
			size_t k = strcspn(c, "|");
			char *s = mem_strndup(c, k);

			rc = expand_add(out, w, s);
			free(s);
			c += k;
			c += *c == '|';
		}
		return rc;
	case PARAM_GPU:
	case PARAM_PEER:
	case PARAM_GPUS:
		rc = expand_all_gpus(out, w, m);
		break;
	case PARAM_MEMBER: /* the plan knows the set */
		break;
	case PARAM_NODE:
	case PARAM_CPU_NODE:
		for (int i = 0; m && i < m->topo.n_nodes && !rc; i++) {
			const struct topo_node *n = &m->topo.nodes[i];

			if (is_among_all(w, n))
				rc = add_number(out, w, (uint64_t)n->id);
		}
		break;
	case PARAM_INT:
	case PARAM_SIZE:
		return expand_bad(w, "\"all\" means nothing here; write a range such as 1..8");
	case PARAM_PATH: /* has been dealt with: "all" is no path */
		break;
	}
	if (!rc && !out->n)
		values_add(out, "all");
	return rc;
}

static int check_exists(const struct where *w, const struct machine *m, const char *s, uint64_t v)
{
	const struct topo_node *n;

	if (!m)
		return 0;
	switch (w->p->type) {
	case PARAM_GPU:
	case PARAM_PEER:
		return expand_check_gpu(w, m, v);
	case PARAM_NODE:
	case PARAM_CPU_NODE:
		n = v <= INT32_MAX ? topology_node(&m->topo, (int)v) : NULL;
		if (!n)
			return expand_bad(w, "there is no NUMA node %s", s);
		if (w->p->type == PARAM_CPU_NODE && !n->n_cpus)
			return expand_bad(w, "NUMA node %s has no CPUs", s);
		if (w->p->type == PARAM_NODE && !n->mem_total_bytes)
			return expand_bad(w, "NUMA node %s has no memory", s);
		return 0;
	default:
		return 0;
	}
}

/* What a plan keeps: words without blanks, separated by commas. */
static bool is_path(const char *s)
{
	return *s == '/' && !s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					 "0123456789/_.:+@=~-")];
}

static int add_item(struct values *out, const struct where *w, const char *s,
		    const struct machine *m)
{
	const char *dots = strstr(s, "..");
	uint64_t v;
	int rc;

	if (!*s)
		return expand_bad(w, "an empty value stands in the list");
	if (w->p->type == PARAM_PATH)
		return is_path(s) ? expand_add(out, w, s)
				  : expand_bad(w,
					       "\"%s\" is no absolute path of letters, digits and "
					       "/ _ . : + @ = ~ -",
					       s);
	if (!strcmp(s, "all"))
		return out->n ? expand_bad(w, "\"all\" stands alone") : add_all(out, w, m);
	if (w->p->type == PARAM_ENUM) {
		if (!is_choice(w->p, s))
			return expand_bad(w, "\"%s\" is none of %s", s, w->p->choices);
		return expand_add(out, w, s);
	}
	if (w->p->type == PARAM_GPUS)
		return expand_set(out, w, s, m);
	if (w->p->type == PARAM_GPU && strchr(s, ':'))
		return expand_instance(out, w, s, m);
	if ((w->p->type == PARAM_NODE && !strcmp(s, "local")) ||
	    (w->p->type == PARAM_MEMBER && !strcmp(s, "sum")))
		return expand_add(out, w, s);
	if (dots)
		return add_range(out, w, s, dots);
	rc = parse_number(w, s, &v);
	if (!rc)
		rc = check_exists(w, m, s, v);
	return rc ? rc : add_number(out, w, v);
}

static char *trimmed(const char *s, size_t n)
{
	while (n && (*s == ' ' || *s == '\t')) {
		s++;
		n--;
	}
	while (n && (s[n - 1] == ' ' || s[n - 1] == '\t'))
		n--;
	return mem_strndup(s, n);
}

int expand_values(struct values *out, const struct bench *b, const struct param *p,
		  const char *text, const struct machine *m, const char *file, unsigned line,
		  struct err *e)
{
	struct where w = {b, p, file, line, e};
	int rc = 0;

	memset(out, 0, sizeof(*out));
	for (const char *s = text; !rc;) {
		size_t n = strcspn(s, ",");
		char *item = trimmed(s, n);

		rc = add_item(out, &w, item, m);
		free(item);
		s += n;
		if (!*s)
			break;
		s++;
	}
	if (rc)
		values_free(out);
	return rc;
}

char *expand_one(const struct bench *b, const struct param *p, const char *text, const char *file,
		 unsigned line, struct err *e)
{
	struct where w = {b, p, file, line, e};
	struct values v = {0};
	char *s = NULL;

	if (!strcmp(text, "all") || strstr(text, ".."))
		expand_bad(&w, "a gate names one value, not a list");
	else if (!add_item(&v, &w, text, NULL))
		s = mem_strdup(values_at(&v, 0));
	values_free(&v);
	return s;
}
