/* Reading processes.csv: see processes.h. It may come from anywhere, so nothing in it is trusted.
 */
#include "processes.h"
#include "../base/mem.h"
#include "../formats/bundle_table.h"
#include "../formats/csv.h"
#include "../formats/intern.h"
#include "../formats/slurp.h"
#include "results.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_NAME "processes.csv"

#define COL(member, kind)                                                                          \
	{                                                                                          \
#member, kind, offsetof(struct process_row, member)                                \
	}

static const struct table table = {
	FILE_NAME,
	{COL(arm, COL_TEXT), COL(block, COL_UNSIGNED), COL(position, COL_UNSIGNED),
	 COL(process, COL_UNSIGNED), COL(bench, COL_TEXT), COL(metric, COL_TEXT),
	 COL(labels, COL_TEXT), COL(n, COL_UNSIGNED), COL(median, COL_NUMBER),
	 COL(valid, COL_UNSIGNED), COL(cause, COL_TEXT)},
	11,
	sizeof(struct process_row),
};

struct reader {
	struct processes *p;
	struct intern *pool;
	const char *name;
};

static int take_row(void *arg, const char *const *fields, unsigned line, struct err *e)
{
	struct reader *r = arg;
	struct processes *p = r->p;

	p->row = mem_grow(p->row, p->n, &p->cap, sizeof(*p->row));
	struct process_row *row = &p->row[p->n];
	int rc = table_parse(&table, fields, row, r->name, line, e);

	if (!rc && row->valid > 1)
		rc = err_at(e, EINVAL, r->name, line, "column valid should be 0 or 1, not %u",
			    row->valid);
	if (rc)
		return rc;
	for (size_t i = 0; i < table.n; i++) {
		if (table.columns[i].type != COL_TEXT)
			continue;
		char *const *last =
			p->n ? (char *const *)((char *)(row - 1) + table.columns[i].offset) : NULL;
		char **text = (char **)((char *)row + table.columns[i].offset);
		*text = last && !strcmp(*last, fields[i]) ? *last : intern(r->pool, fields[i]);
	}
	row->line = line;
	p->n++;
	return 0;
}

static int row_order(const struct process_row *a, const struct process_row *b)
{
	const struct result ka = {
		.arm = a->arm, .bench = a->bench, .metric = a->metric, .labels = a->labels};
	const struct result kb = {
		.arm = b->arm, .bench = b->bench, .metric = b->metric, .labels = b->labels};
	bool same = a->arm == b->arm && a->bench == b->bench && a->metric == b->metric &&
		    a->labels == b->labels;
	int c = same ? 0 : result_by_key(&ka, &kb);

	if (!c)
		c = (a->block > b->block) - (a->block < b->block);
	return c ? c : (a->process > b->process) - (a->process < b->process);
}

static int by_order(const void *a, const void *b)
{
	return row_order(a, b);
}

/* A file that assay wrote is in order; one that somebody edited need not be. */
bool processes_sort(struct processes *p)
{
	for (size_t i = 1; i < p->n; i++) {
		if (row_order(&p->row[i - 1], &p->row[i]) < 0)
			continue;
		qsort(p->row, p->n, sizeof(*p->row), by_order);
		return true;
	}
	return false;
}

static int refuse_twice(struct processes *p, const char *name, struct err *e)
{
	if (!processes_sort(p))
		return 0;
	for (size_t i = 1; i < p->n; i++) {
		const struct process_row *a = &p->row[i - 1], *b = &p->row[i];

		if (!row_order(a, b))
			return err_at(e, EINVAL, name, a->line > b->line ? a->line : b->line,
				      "says the same as row %u: %s %s{%s}, block %u, process %u",
				      a->line < b->line ? a->line : b->line, a->bench, a->metric,
				      a->labels, a->block, a->process);
	}
	return 0;
}

int processes_parse(struct processes *p, const char *name, const void *text, size_t n,
		    struct intern *pool, struct err *e)
{
	const char *columns[BUNDLE_MAX_COLUMNS];
	struct reader r = {p, pool, name};

	for (size_t i = 0; i < table.n; i++)
		columns[i] = table.columns[i].name;
	int rc = csv_read_mem(name, text, n, columns, table.n, false, take_row, &r, e);
	return rc ? rc : refuse_twice(p, name, e);
}

/* ---- from the evidence ---- */

static int make_again(struct processes *p, const char *dir, struct intern *pool, struct err *e)
{
	struct bundle_data d;
	struct results r = {.n = 0};
	struct buf text = BUF_INIT;
	int rc = bundle_load(&d, dir, e);

	if (rc)
		return rc;
	rc = results_make(&r, &d, e);
	if (!rc) {
		results_processes_csv(&text, &r);
		rc = processes_parse(p, dir, text.s, text.len, pool, e);
	}
	p->again = true;
	buf_free(&text);
	results_free(&r);
	bundle_data_free(&d);
	return rc;
}

/* When a file was last written; false where there is none. */
static bool written(const char *dir, const char *file, struct timespec *t)
{
	char *path = mem_printf("%s/%s", dir, file);
	struct stat st;
	bool there = !stat(path, &st);

	free(path);
	if (there)
		*t = st.st_mtim;
	return there;
}

static bool is_fresh(const char *dir)
{
	static const char *const evidence[] = {"manifest.csv", "plan.csv", "steps.csv",
					       "samples.csv"};
	struct timespec mine, t;

	if (!written(dir, FILE_NAME, &mine))
		return false;
	for (size_t i = 0; i < sizeof(evidence) / sizeof(evidence[0]); i++)
		if (written(dir, evidence[i], &t) &&
		    (t.tv_sec > mine.tv_sec ||
		     (t.tv_sec == mine.tv_sec && t.tv_nsec > mine.tv_nsec)))
			return false;
	return true;
}

static int read_file(struct processes *p, const char *dir, struct intern *pool, struct err *e)
{
	char *path = mem_printf("%s/%s", dir, FILE_NAME);
	struct err why = ERR_INIT;
	struct buf text = BUF_INIT;
	int rc = slurp(&text, path, SIZE_MAX, &why);

	if (!rc)
		rc = processes_parse(p, path, buf_str(&text), text.len, pool, &why);
	if (rc)
		err_at(e, -rc, why.file, why.line,
		       "%s; delete this file, it is made again from the evidence", why.text);
	buf_free(&text);
	free(path);
	return rc;
}

int processes_load(struct processes *p, const char *dir, struct intern *pool, struct err *e)
{
	*p = (struct processes){.n = 0};
	int rc = bundle_load_head(&p->head, dir, e);

	if (rc)
		return rc;
	return is_fresh(dir) ? read_file(p, dir, pool, e) : make_again(p, dir, pool, e);
}

void processes_free(struct processes *p)
{
	bundle_data_free(&p->head);
	free(p->row);
	*p = (struct processes){.n = 0};
}
