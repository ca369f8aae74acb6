/*
 * The manifest, folded: by subject (the first word of the key), with a field that is alike on
 * all GPUs told once; then the statements of the benchmarks about their keys, by kind.
 */
#include "html.h"
#include "../harness/base/mem.h"

#include <stdlib.h>
#include <string.h>

#define ROWS  200 /* of one subject; manifest.csv has all */
#define FACTS 60

/* Described elsewhere in the report, or different in each simulated run. */
static bool left_out(const struct page *p, const char *key)
{
	static const char *const always[] = {"fact.", "metric.", "bench."};

	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		if (!strncmp(key, always[i], strlen(always[i])))
			return true;
	return p->simulated && !strcmp(key, "run.argv");
}

static size_t subject_length(const char *key)
{
	return strcspn(key, ".");
}

static int by_row(const void *pa, const void *pb)
{
	const struct manifest_row *a = *(const struct manifest_row *const *)pa;
	const struct manifest_row *b = *(const struct manifest_row *const *)pb;
	int c = strcmp(a->key, b->key);

	if (!c)
		c = strcmp(a->arm, b->arm);
	return c ? c : strcmp(a->value, b->value);
}

/* Sorted pointers to the rows that are wanted; the caller frees. */
static const struct manifest_row **sorted(struct page *p, bool facts, size_t *n)
{
	const struct bundle_data *d = p->r->data;
	const struct manifest_row **v =
		mem_zalloc(d->n_manifest + 1, sizeof(const struct manifest_row *));

	*n = 0;
	for (size_t i = 0; i < d->n_manifest; i++) {
		bool fact = !strncmp(d->manifest[i].key, "fact.", 5);

		if (facts ? fact : !left_out(p, d->manifest[i].key))
			v[(*n)++] = &d->manifest[i];
	}
	qsort(v, *n, sizeof(*v), by_row);
	return v;
}

/* "gpu.3.ecc_current" -> "ecc_current", NULL for any other key. */
static const char *gpu_field(const char *key)
{
	if (strncmp(key, "gpu.", 4) != 0)
		return NULL;
	size_t digits = strspn(key + 4, "0123456789");
	return digits && key[4 + digits] == '.' ? key + 5 + digits : NULL;
}

/* How many rows say the same of a GPU's field, 0 where one of them differs. */
static size_t alike(const struct manifest_row *const *v, size_t n, size_t i)
{
	const char *field = gpu_field(v[i]->key);
	size_t same = 0;

	for (size_t k = 0; field && k < n; k++) {
		const char *other = gpu_field(v[k]->key);

		if (!other || strcmp(other, field) != 0 || strcmp(v[k]->arm, v[i]->arm) != 0)
			continue;
		if (strcmp(v[k]->value, v[i]->value) != 0)
			return 0;
		same++;
	}
	return same;
}

static bool first_alike(const struct manifest_row *const *v, size_t i)
{
	const char *field = gpu_field(v[i]->key);

	for (size_t k = 0; k < i; k++) {
		const char *other = gpu_field(v[k]->key);

		if (other && !strcmp(other, field) && !strcmp(v[k]->arm, v[i]->arm))
			return false;
	}
	return true;
}

/* Whether both arms say the same of that key, so that row i speaks for row i + 1 too. */
static bool twins(const struct manifest_row *const *v, size_t n, size_t i)
{
	return i + 1 < n && !strcmp(v[i]->key, v[i + 1]->key) &&
	       strcmp(v[i]->arm, v[i + 1]->arm) != 0 && !strcmp(v[i]->value, v[i + 1]->value) &&
	       alike(v, n, i) == alike(v, n, i + 1);
}

static bool several_arms(const struct manifest_row *const *v, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (strcmp(v[i]->arm, v[0]->arm) != 0)
			return true;
	return false;
}

/* arm: NULL where there is one only. */
static void put_row(struct page *p, const struct manifest_row *m, const char *key, const char *arm)
{
	html_put(p->out, "<tr><th scope=\"row\"><code>%s</code></th>", key);
	if (arm)
		html_put(p->out, "<td>%s</td>", arm);
	html_put(p->out, "<td>%s</td><td>%s</td></tr>\n", m->value, m->source);
}

static void put_subject(struct page *p, const struct manifest_row *const *v, size_t n)
{
	char *subject = mem_strndup(v[0]->key, subject_length(v[0]->key));
	char *label = mem_printf("Environment: %s", subject);
	bool arms = several_arms(v, n);
	size_t rows = 0;

	html_put(p->out, "<details><summary>%s <small>%zu</small></summary>\n", subject, n);
	html_scroll(p, label);
	buf_puts(p->out, "<table class=\"words\"><thead><tr><th scope=\"col\">key</th>");
	if (arms)
		buf_puts(p->out, "<th scope=\"col\">arm</th>");
	buf_puts(p->out, "<th scope=\"col\">value</th><th scope=\"col\">source</th></tr></thead>\n"
			 "<tbody>\n");
	for (size_t i = 0; i < n && rows < ROWS; i++) {
		size_t same = alike(v, n, i);
		char *key = same > 1 ? mem_printf("gpu.*.%s (all %zu)", gpu_field(v[i]->key), same)
				     : mem_strdup(v[i]->key);

		if ((same < 2 || first_alike(v, i)) && !(i && twins(v, n, i - 1))) {
			put_row(p, v[i], key, !arms ? NULL : twins(v, n, i) ? "both" : v[i]->arm);
			rows++;
		}
		free(key);
	}
	buf_puts(p->out, "</tbody></table>\n");
	html_scroll_end(p);
	if (rows == ROWS)
		buf_puts(p->out, "<p>More rows: see manifest.csv.</p>\n");
	buf_puts(p->out, "</details>\n");
	free(label);
	free(subject);
}

static void put_fact_rows(struct page *p, const struct manifest_row *const *v, size_t n)
{
	bool arms = several_arms(v, n);
	size_t i = 0, rows = 0;

	buf_puts(p->out, "<table class=\"words\"><thead><tr><th scope=\"col\">about</th>");
	buf_puts(p->out, arms ? "<th scope=\"col\">arm</th>" : "");
	buf_puts(p->out, "<th scope=\"col\">value</th><th scope=\"col\">source</th></tr></thead>\n"
			 "<tbody>\n");
	for (; i < n && rows < FACTS; i++) {
		bool both = twins(v, n, i);

		put_row(p, v[i], v[i]->key + 5, !arms ? NULL : both ? "both" : v[i]->arm);
		i += both;
		rows++;
	}
	buf_puts(p->out, "</tbody></table>\n");
	html_scroll_end(p);
	if (i < n)
		html_put(p->out, "<p>And %zu more: see manifest.csv, keys fact.*.</p>\n", n - i);
}

static void put_facts(struct page *p)
{
	size_t n;
	const struct manifest_row **v = sorted(p, true, &n);

	if (n) {
		html_put(p->out,
			 "<details><summary>Ceilings, placement and other statements <small>%zu"
			 "</small></summary>\n",
			 n);
		html_scroll(p, "Statements of the benchmarks");
		put_fact_rows(p, v, n);
		buf_puts(p->out, "</details>\n");
	}
	free(v);
}

void html_environment(struct page *p)
{
	size_t n;
	const struct manifest_row **v = sorted(p, false, &n);

	buf_puts(p->out,
		 "<section id=\"environment\">\n<h2>Environment</h2>\n"
		 "<p>What the program found before the first step; manifest.csv in the bundle is "
		 "the same list.</p>\n");
	html_wiring(p);
	for (size_t i = 0, end; i < n; i = end) {
		size_t len = subject_length(v[i]->key);

		for (end = i + 1; end < n && subject_length(v[end]->key) == len &&
				  !strncmp(v[end]->key, v[i]->key, len);
		     end++)
			;
		put_subject(p, v + i, end - i);
	}
	put_facts(p);
	buf_puts(p->out, "</section>\n");
	free(v);
}
