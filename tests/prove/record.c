/*
 * Reads recorded blocks: see record.h. An arm's value in a block is the median of its processes
 * there, since a control has one before each step. Which of two arms is A does not matter to
 * replays, which swap them: it is the one whose name comes first.
 */
#include "record.h"
#include "../../harness/base/mem.h"
#include "../../harness/formats/csv.h"
#include "../../harness/stats/stats.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One value as it stands in the file. */
struct value {
	char *bench, *metric, *labels, *arm;
	unsigned block;
	const char *better;
	double value;
};

struct values {
	struct value *v;
	size_t n, cap;
	const char *only;
	unsigned file; /* which is being read, from 0 */
};

static bool wanted(const char *only, const char *bench, const char *metric, const char *labels)
{
	char *key = mem_printf("%s.%s{%s}", bench, metric, labels);
	bool yes = !only;

	while (only && *only && !yes) {
		size_t n = strcspn(only, ",");

		yes = n && !strncmp(key, only, n);
		only += n + (only[n] == ',');
	}
	free(key);
	return yes;
}

static void add(struct values *all, const char *const *key, const char *arm, const char *block,
		const char *better, const char *value)
{
	char *end;
	double x = strtod(value, &end);

	if (end == value || *end || !(x > 0) || !isfinite(x) ||
	    !wanted(all->only, key[0], key[1], key[2]))
		return;
	all->v = mem_grow(all->v, all->n, &all->cap, sizeof(*all->v));
	all->v[all->n++] = (struct value){
		.bench = mem_strdup(key[0]),
		.metric = mem_strdup(key[1]),
		.labels = mem_strdup(key[2]),
		.arm = mem_strdup(arm),
		.block = all->file * RECORD_FILE + (unsigned)strtoul(block, NULL, 10),
		.better = !strcmp(better, "higher") ? "higher"
			  : *better		    ? "lower"
						    : "",
		.value = x,
	};
}

/* bench, metric, labels, block, better, a, b */
static int block_row(void *arg, const char *const *f, unsigned row, struct err *e)
{
	add(arg, f, "a", f[3], f[4], f[5]);
	add(arg, f, "b", f[3], f[4], f[6]);
	return 0;
}

/* bench, metric, labels, block, arm, median, valid */
static int process_row(void *arg, const char *const *f, unsigned row, struct err *e)
{
	if (!strcmp(f[6], "1"))
		add(arg, f, f[4], f[3], "", f[5]);
	return 0;
}

static int read_file(struct values *all, const char *path, struct err *e)
{
	static const char *const blocks[] = {"bench",  "metric", "labels", "block",
					     "better", "a",	 "b"};
	static const char *const processes[] = {"bench", "metric", "labels", "block",
						"arm",	 "median", "valid"};
	char head[512] = "";
	FILE *f = fopen(path, "r");

	if (!f)
		return err_at(e, errno, path, 0, "%s", strerror(errno));
	bool of_processes = fgets(head, sizeof(head), f) && !strncmp(head, "arm,", 4);
	fclose(f);
	return of_processes ? csv_read_file(path, processes, 7, false, process_row, all, e)
			    : csv_read_file(path, blocks, 7, false, block_row, all, e);
}

static int by_key(const struct value *a, const struct value *b)
{
	int c = strcmp(a->bench, b->bench);

	c = c ? c : strcmp(a->metric, b->metric);
	return c ? c : strcmp(a->labels, b->labels);
}

static int by_place(const void *pa, const void *pb)
{
	const struct value *a = pa, *b = pb;
	int c = by_key(a, b);

	if (!c)
		c = (a->block > b->block) - (a->block < b->block);
	c = c ? c : strcmp(a->arm, b->arm);
	return c ? c : (a->value > b->value) - (a->value < b->value);
}

/* Median of the values of one key, block and arm from i on; i moves behind them. */
static double take(const struct values *all, size_t *i)
{
	const struct value *first = &all->v[*i];
	double *v = mem_zalloc(all->n - *i, sizeof(*v)), median;
	size_t n = 0;

	for (; *i < all->n && !by_key(&all->v[*i], first) && all->v[*i].block == first->block &&
	       !strcmp(all->v[*i].arm, first->arm);
	     ++*i)
		v[n++] = all->v[*i].value;
	median = stats_median(v, n);
	free(v);
	return median;
}

/* What both arms have given. */
struct both {
	size_t series;
	unsigned block;
	double a, b;
};

/* Makes the series, and their values in the order of series and block. */
static struct both *pair(struct record *r, const struct values *all, size_t *n)
{
	struct both *d = mem_zalloc(all->n + 1, sizeof(*d));
	size_t cap = 0, i = 0;

	while (i < all->n) {
		const struct value *a = &all->v[i], *b;
		double va = take(all, &i);

		if (!r->n || strcmp(a->bench, r->s[r->n - 1].bench) != 0 ||
		    strcmp(a->metric, r->s[r->n - 1].metric) != 0 ||
		    strcmp(a->labels, r->s[r->n - 1].labels) != 0) {
			r->s = mem_grow(r->s, r->n, &cap, sizeof(*r->s));
			r->s[r->n++] = (struct series){
				.bench = mem_strdup(a->bench),
				.metric = mem_strdup(a->metric),
				.labels = mem_strdup(a->labels),
				.better = a->better,
			};
		}
		if (i == all->n)
			break;
		b = &all->v[i];
		if (by_key(a, b) || a->block != b->block)
			continue;
		d[(*n)++] = (struct both){r->n - 1, a->block, va, take(all, &i)};
	}
	return d;
}

static int by_block(const void *pa, const void *pb)
{
	const struct both *a = pa, *b = pb;

	if (a->block != b->block)
		return a->block < b->block ? -1 : 1;
	return (a->series > b->series) - (a->series < b->series);
}

/* Keeps the blocks that are whole: sorted by block, they hold as many rows as there are series. */
static void keep_whole(struct record *r, struct both *d, size_t n)
{
	r->block = mem_zalloc(n + 1, sizeof(*r->block));
	for (size_t s = 0; s < r->n; s++) {
		r->s[s].a = mem_zalloc(n + 1, sizeof(double));
		r->s[s].b = mem_zalloc(n + 1, sizeof(double));
		r->s[s].d = mem_zalloc(n + 1, sizeof(double));
	}
	qsort(d, n, sizeof(*d), by_block);
	for (size_t i = 0, rows; i < n; i += rows) {
		for (rows = 1; i + rows < n && d[i + rows].block == d[i].block;)
			rows++;
		if (rows != r->n)
			continue;
		for (size_t s = 0; s < rows; s++) {
			double x = log(d[i + s].b / d[i + s].a);

			r->s[s].a[r->blocks] = d[i + s].a;
			r->s[s].b[r->blocks] = d[i + s].b;
			r->s[s].d[r->blocks] = strcmp(r->s[s].better, "higher") ? x : -x;
		}
		r->block[r->blocks++] = d[i].block;
	}
}

int record_read(struct record *r, const char *const *path, size_t n_files, const char *only,
		size_t least, struct err *e)
{
	struct values all = {.only = only};
	struct both *d = NULL;
	size_t n = 0;
	int rc = 0;

	*r = (struct record){.blocks = 0};
	for (; !rc && all.file < n_files; all.file++)
		rc = read_file(&all, path[all.file], e);
	if (rc)
		goto out;
	if (all.n)
		qsort(all.v, all.n, sizeof(*all.v), by_place);
	d = pair(r, &all, &n);
	if (r->n && r->n <= RECORD_SERIES)
		keep_whole(r, d, n);
	if (!r->n || r->n > RECORD_SERIES)
		rc = err_at(e, EINVAL, *path, 0, "%zu metrics; choose 1 to %d with --only", r->n,
			    RECORD_SERIES);
	else if (r->blocks < least)
		rc = err_at(e, EINVAL, *path, 0,
			    "%zu blocks are whole in every metric; %zu are needed", r->blocks,
			    least);
out:
	for (size_t i = 0; i < all.n; i++) {
		free(all.v[i].bench);
		free(all.v[i].metric);
		free(all.v[i].labels);
		free(all.v[i].arm);
	}
	free(all.v);
	free(d);
	return rc;
}

void record_free(struct record *r)
{
	for (size_t i = 0; i < r->n; i++) {
		free(r->s[i].bench);
		free(r->s[i].metric);
		free(r->s[i].labels);
		free(r->s[i].a);
		free(r->s[i].b);
		free(r->s[i].d);
	}
	free(r->s);
	free(r->block);
}
