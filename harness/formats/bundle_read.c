/*
 * Reading a bundle: see bundle.h. Texts are kept once in a pool, and the text of a column
 * is first compared with that of the row before, so that a million samples load in about
 * a second. A row of evidence that is not understood is an error, never left out.
 */
#include "../base/mem.h"
#include "bundle_open.h"
#include "csv.h"
#include "intern.h"
#include "key.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Where one file's rows go. */
struct target {
	const struct table *t;
	const char *path;
	struct intern *pool;
	void *rows; /* structs of t->row_size */
	size_t n, cap;
	char *last[BUNDLE_MAX_COLUMNS]; /* text of the row before */
};

static int take_row(void *arg, const char *const *fields, unsigned line, struct err *e)
{
	struct target *to = arg;
	const struct table *t = to->t;

	to->rows = mem_grow(to->rows, to->n, &to->cap, t->row_size);
	char *row = (char *)to->rows + to->n * t->row_size;
	int rc = table_parse(t, fields, row, to->path, line, e);

	if (rc)
		return rc;
	for (size_t i = 0; i < t->n; i++) {
		if (t->columns[i].type != COL_TEXT)
			continue;
		if (!to->last[i] || strcmp(to->last[i], fields[i]))
			to->last[i] = intern(to->pool, fields[i]);
		*(char **)(row + t->columns[i].offset) = to->last[i];
	}
	to->n++;
	return 0;
}

static int load_table(struct target *to, const char *dir, struct err *e)
{
	const char *columns[BUNDLE_MAX_COLUMNS];
	char *path = mem_printf("%s/%s", dir, to->t->file);
	int rc = 0;

	to->path = path;
	for (size_t i = 0; i < to->t->n; i++)
		columns[i] = to->t->columns[i].name;
	/* telemetry only explains; a bundle without it is whole */
	if (to->t != &bundle_tables[BF_TELEMETRY] || !access(path, F_OK))
		rc = csv_read_file(path, columns, to->t->n, true, take_row, to, e);
	free(path);
	return rc;
}

/* ---- the schema, before anything else of a file that may be from the future ---- */

struct schema {
	const char *path;
	unsigned long version; /* 0: none seen */
};

static int find_schema(void *arg, const char *const *fields, unsigned line, struct err *e)
{
	struct schema *s = arg;
	char *end;

	if (strcmp(fields[0], "schema"))
		return 0;
	s->version = strtoul(fields[1], &end, 10);
	if (*end || !s->version)
		return err_at(e, EINVAL, s->path, line, "schema should be a number, not \"%s\"",
			      fields[1]);
	return 0;
}

int bundle_check_schema(const char *dir, struct err *e)
{
	static const char *const columns[] = {"key", "value"};
	char *path = mem_printf("%s/%s", dir, bundle_tables[BF_MANIFEST].file);
	struct schema s = {.path = path};
	int rc;

	if (access(path, F_OK))
		rc = err_at(e, errno, dir, 0, "is no bundle: it has no readable manifest.csv (%s)",
			    strerror(errno));
	else
		rc = csv_read_file(path, columns, 2, true, find_schema, &s, e);
	if (!rc && !s.version)
		rc = err_at(e, EINVAL, path, 0,
			    "has no row \"schema\": this is no bundle, or it was damaged");
	if (!rc && s.version > BUNDLE_SCHEMA)
		rc = err_at(
			e, EPROTONOSUPPORT, dir, 0,
			"this bundle has schema %lu, this assay reads up to %d: use a newer assay",
			s.version, BUNDLE_SCHEMA);
	free(path);
	return rc;
}

/* ---- samples of steps that did not end ---- */

struct owner {
	const char *arm; /* from the pool: equal texts have equal addresses */
	unsigned block, step, process, attempt;
};

static int compare_owner(const void *pa, const void *pb)
{
	const struct owner *a = pa, *b = pb;

	if (a->step != b->step)
		return a->step < b->step ? -1 : 1;
	if (a->block != b->block)
		return a->block < b->block ? -1 : 1;
	if (a->process != b->process)
		return a->process < b->process ? -1 : 1;
	if (a->attempt != b->attempt)
		return a->attempt < b->attempt ? -1 : 1;
	return (a->arm > b->arm) - (a->arm < b->arm);
}

static void drop_orphans(struct bundle_data *d)
{
	struct owner *owners = mem_zalloc(d->n_steps, sizeof(*owners)), *last = NULL;
	size_t kept = 0;

	for (size_t i = 0; i < d->n_steps; i++) {
		const struct step_row *s = &d->steps[i];

		owners[i] = (struct owner){s->arm, s->block, s->step, s->process, s->attempt};
	}
	qsort(owners, d->n_steps, sizeof(*owners), compare_owner);
	for (size_t i = 0; i < d->n_samples; i++) {
		const struct sample_row *s = &d->samples[i];
		struct owner want = {s->arm, s->block, s->step, s->process, s->attempt};

		if (!last || compare_owner(last, &want))
			last = bsearch(&want, owners, d->n_steps, sizeof(*owners), compare_owner);
		if (last)
			d->samples[kept++] = *s;
	}
	d->n_samples = kept;
	free(owners);
}

#define LOAD(file, member)                                                                         \
	do {                                                                                       \
		struct target to = {.t = &bundle_tables[file], .pool = d->text};                   \
		if (!rc)                                                                           \
			rc = load_table(&to, d->dir, e);                                           \
		d->member = to.rows;                                                               \
		d->n_##member = to.n;                                                              \
		d->cap_##member = to.cap;                                                          \
	} while (0)

int bundle_load_manifest(struct bundle_data *d, const char *dir, struct err *e)
{
	memset(d, 0, sizeof(*d));
	int rc = bundle_check_schema(dir, e);

	if (rc)
		return rc;
	d->dir = mem_strdup(dir);
	d->text = intern_new();
	LOAD(BF_MANIFEST, manifest);
	if (rc)
		bundle_data_free(d);
	return rc;
}

int bundle_load_head(struct bundle_data *d, const char *dir, struct err *e)
{
	int rc = bundle_load_manifest(d, dir, e);

	if (rc)
		return rc;
	LOAD(BF_PLAN, plan);
	if (rc)
		bundle_data_free(d);
	return rc;
}

int bundle_load(struct bundle_data *d, const char *dir, struct err *e)
{
	int rc = bundle_load_head(d, dir, e);

	if (rc)
		return rc;
	LOAD(BF_STEPS, steps);
	LOAD(BF_SAMPLES, samples);
	LOAD(BF_TELEMETRY, telemetry);
	if (rc) {
		bundle_data_free(d);
		return rc;
	}
	drop_orphans(d);
	char *sums = mem_printf("%s/%s", dir, BUNDLE_SUMS);
	d->sealed = !access(sums, F_OK);
	free(sums);
	return 0;
}

#undef LOAD

void bundle_data_free(struct bundle_data *d)
{
	free(d->dir);
	free(d->manifest);
	free(d->plan);
	free(d->steps);
	free(d->samples);
	free(d->telemetry);
	intern_free(d->text);
	memset(d, 0, sizeof(*d));
}

/* ---- asking the manifest ---- */

const struct manifest_row *bundle_row(const struct bundle_data *d, const char *arm, const char *key)
{
	for (size_t i = 0; i < d->n_manifest; i++) {
		const struct manifest_row *m = &d->manifest[i];

		if (!strcmp(m->key, key) && (!arm || !strcmp(m->arm, arm)))
			return m;
	}
	return NULL;
}

const char *bundle_value(const struct bundle_data *d, const char *arm, const char *key)
{
	const struct manifest_row *m = bundle_row(d, arm, key);

	return m ? m->value : NULL;
}

unsigned bundle_resumed(const struct bundle_data *d)
{
	unsigned n = 0;

	for (size_t i = 0; i < d->n_manifest; i++) {
		const struct manifest_row *m = &d->manifest[i];

		if (!strcmp(m->key, "run.resumed")) {
			unsigned v = (unsigned)strtoul(m->value, NULL, 10);

			n = v > n ? v : n;
		}
	}
	return n;
}

const char *bundle_metric(const struct bundle_data *d, const char *bench, const char *metric,
			  const char *what)
{
	char *key = mem_printf("metric.%s.%s.%s", bench, metric, what);
	const char *v = bundle_value(d, NULL, key);

	free(key);
	return v ? v : "";
}

char *bundle_without_options(const struct bundle_data *d, const char *bench, const char *labels)
{
	char *key = mem_printf("bench.%s.options", bench);
	const char *options = bundle_value(d, NULL, key);

	free(key);
	return key_without(labels, options ? options : "");
}
