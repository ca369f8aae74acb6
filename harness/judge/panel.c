/*
 * Grouping bundles into sessions: see panel.h. Texts are shared by one pool and every file has the
 * same order, so that the key of a row is nearly always the one after the last.
 */
#include "panel.h"
#include "../base/buf.h"
#include "../base/mem.h"
#include "../formats/intern.h"
#include "../stats/stats.h"
#include "results.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void panel_init(struct panel *p)
{
	*p = (struct panel){.text = intern_new()};
}

int panel_add(struct panel *p, const char *dir, unsigned side, struct err *e)
{
	struct panel_bundle b = {.side = side};
	int rc = processes_load(&b.p, dir, p->text, e);

	if (rc) {
		processes_free(&b.p);
		return rc;
	}
	b.dir = mem_strdup(dir);
	p->bundle = mem_grow(p->bundle, p->n_bundles, &p->cap_bundles, sizeof(*p->bundle));
	p->bundle[p->n_bundles++] = b;
	return 0;
}

void panel_drop_last(struct panel *p)
{
	struct panel_bundle *b = &p->bundle[--p->n_bundles];

	processes_free(&b->p);
	free(b->dir);
}

void panel_free(struct panel *p)
{
	while (p->n_bundles)
		panel_drop_last(p);
	free(p->bundle);
	free(p->session);
	free(p->key);
	free(p->cells);
	intern_free(p->text);
	*p = (struct panel){.n_keys = 0};
}

const char *panel_value(const struct bundle_data *head, const char *key)
{
	const char *v = bundle_value(head, NULL, key);

	return v ? v : "";
}

/* ---- sessions ---- */

static int by_side_and_start(const void *pa, const void *pb)
{
	const struct panel_bundle *a = pa, *b = pb;

	if (a->side != b->side)
		return a->side < b->side ? -1 : 1;
	int c = strcmp(panel_value(&a->p.head, "run.start_utc"),
		       panel_value(&b->p.head, "run.start_utc"));
	return c ? c : strcmp(a->dir, b->dir);
}

/* The values of all gpu.N.FIELD, in the order of N as the manifest has them. */
static void put_gpus(struct buf *out, const struct bundle_data *d, const char *field)
{
	for (size_t i = 0; i < d->n_manifest; i++) {
		const char *key = d->manifest[i].key;
		size_t n = strncmp(key, "gpu.", 4) ? 0 : 4 + strspn(key + 4, "0123456789");

		if (n > 4 && key[n] == '.' && !strcmp(key + n + 1, field))
			buf_printf(out, "%s ", d->manifest[i].value);
	}
}

static const char *software_of(struct panel *p, const struct bundle_data *d)
{
	struct buf b = BUF_INIT;

	buf_printf(&b, "driver %s, kernel %s, VBIOS ", panel_value(d, "driver.version"),
		   panel_value(d, "host.kernel"));
	put_gpus(&b, d, "vbios");
	const char *text = intern(p->text, b.s);
	buf_free(&b);
	return text;
}

/* The machine, too, and what was asked of it: between such sessions nothing known changed. */
static const char *group_of(struct panel *p, const struct bundle_data *d, const char *software)
{
	struct buf b = BUF_INIT;

	buf_printf(&b, "%s\n%s\n%s\n%s\n", software, panel_value(d, "host.name"),
		   panel_value(d, "suite.hash"), panel_value(d, "simulated"));
	put_gpus(&b, d, "uuid");
	const char *text = intern(p->text, b.s);
	buf_free(&b);
	return text;
}

static void add_session(struct panel *p, const struct panel_bundle *b)
{
	const struct bundle_data *d = &b->p.head;
	struct session *s = &p->session[p->n_sessions++];

	s->side = b->side;
	s->head = d;
	s->host = panel_value(d, "host.name");
	s->boot = panel_value(d, "host.boot_id");
	s->start = panel_value(d, "run.start_utc");
	s->driver = panel_value(d, "driver.version");
	s->kernel = panel_value(d, "host.kernel");
	s->software = software_of(p, d);
	s->group = group_of(p, d, s->software);
}

/* Bundles without a boot_id are sessions of their own. */
static void find_sessions(struct panel *p)
{
	p->session = mem_zalloc(p->n_bundles + 1, sizeof(*p->session));
	for (size_t i = 0; i < p->n_bundles; i++) {
		struct panel_bundle *b = &p->bundle[i];
		const char *host = panel_value(&b->p.head, "host.name"),
			   *boot = panel_value(&b->p.head, "host.boot_id");
		size_t s = 0;

		while (s < p->n_sessions &&
		       (p->session[s].side != b->side || !*boot ||
			strcmp(p->session[s].boot, boot) || strcmp(p->session[s].host, host)))
			s++;
		if (s == p->n_sessions)
			add_session(p, b);
		b->session = s;
	}
}

/* ---- keys ---- */

static int key_order(const struct panel_key *a, const struct panel_key *b)
{
	const struct result ka = {
		.arm = "", .bench = a->bench, .metric = a->metric, .labels = a->labels};
	const struct result kb = {
		.arm = "", .bench = b->bench, .metric = b->metric, .labels = b->labels};

	return result_by_key(&ka, &kb);
}

static int by_key(const void *a, const void *b)
{
	return key_order(a, b);
}

static bool same_texts(const struct panel_key *k, const struct process_row *r)
{
	return k->bench == r->bench && k->metric == r->metric && k->labels == r->labels;
}

/* The row's key among the first n, *at being a guess; n where it is not there. */
static size_t find_key(const struct panel *p, size_t n, const struct process_row *r, size_t at)
{
	struct panel_key want = {.bench = r->bench, .metric = r->metric, .labels = r->labels};

	if (at < n && same_texts(&p->key[at], r))
		return at;
	const struct panel_key *k = n ? bsearch(&want, p->key, n, sizeof(want), by_key) : NULL;
	return k ? (size_t)(k - p->key) : n;
}

static size_t end_of_key(const struct processes *p, size_t i)
{
	size_t end = i + 1;

	while (end < p->n && p->row[end].bench == p->row[i].bench &&
	       p->row[end].metric == p->row[i].metric && p->row[end].labels == p->row[i].labels)
		end++;
	return end;
}

/* All keys of all bundles, sorted, each once. */
static void find_keys(struct panel *p)
{
	size_t sorted = 0, kept = 0;

	for (size_t b = 0; b < p->n_bundles; b++) {
		const struct processes *q = &p->bundle[b].p;

		for (size_t i = 0, at = 0; i < q->n; i = end_of_key(q, i)) {
			size_t k = find_key(p, sorted, &q->row[i], at);

			at = k + 1;
			if (k < sorted)
				continue;
			p->key = mem_grow(p->key, p->n_keys, &p->cap_keys, sizeof(*p->key));
			p->key[p->n_keys++] = (struct panel_key){.bench = q->row[i].bench,
								 .metric = q->row[i].metric,
								 .labels = q->row[i].labels};
		}
		sorted = b ? sorted : p->n_keys;
	}
	if (p->n_keys)
		qsort(p->key, p->n_keys, sizeof(*p->key), by_key);
	for (size_t i = 0; i < p->n_keys; i++)
		if (!kept || key_order(&p->key[kept - 1], &p->key[i]))
			p->key[kept++] = p->key[i];
	p->n_keys = kept;
}

static const char *describe(const struct panel *p, const struct panel_key *k, const char *what)
{
	const char *v = "";

	for (size_t i = 0; i < p->n_bundles && !*v; i++)
		v = bundle_metric(&p->bundle[i].p.head, k->bench, k->metric, what);
	return v;
}

static void describe_keys(struct panel *p)
{
	for (size_t i = 0; i < p->n_keys; i++) {
		struct panel_key *k = &p->key[i];
		const struct panel_key *last = i ? k - 1 : NULL;
		bool same =
			last && !strcmp(last->bench, k->bench) && !strcmp(last->metric, k->metric);

		k->unit = same ? last->unit : describe(p, k, "unit");
		k->better = same ? last->better : describe(p, k, "better");
		k->cls = same ? last->cls : describe(p, k, "class");
	}
}

/* ---- cells ---- */

/* The processes of one session, sorted: those of its bundle, or of all of them. */
static struct processes rows_of(const struct panel *p, size_t session)
{
	struct processes all = {.n = 0};

	for (size_t b = 0; b < p->n_bundles; b++) {
		const struct processes *q = &p->bundle[b].p;

		for (size_t i = 0; p->bundle[b].session == session && i < q->n; i++) {
			all.row = mem_grow(all.row, all.n, &all.cap, sizeof(*all.row));
			all.row[all.n++] = q->row[i];
		}
	}
	processes_sort(&all);
	return all;
}

static struct cell cell_of(const struct process_row *r, size_t n)
{
	double *v = mem_zalloc(n, sizeof(*v));
	struct cell c = {.median = NAN};

	for (size_t i = 0; i < n; i++)
		if (r[i].valid && r[i].median > 0)
			v[c.k++] = r[i].median;
	c.lost = (unsigned)n - c.k;
	if (c.k) {
		stats_sort(v, c.k);
		c.median = stats_median(v, c.k);
	}
	free(v);
	return c;
}

static void fill_cells(struct panel *p)
{
	p->cells = mem_zalloc(p->n_keys * p->n_sessions, sizeof(*p->cells));
	for (size_t k = 0; k < p->n_keys; k++) {
		p->key[k].cell = p->cells + k * p->n_sessions;
		for (size_t s = 0; s < p->n_sessions; s++)
			p->key[k].cell[s].median = NAN;
	}
	for (size_t s = 0; s < p->n_sessions; s++) {
		struct processes all = rows_of(p, s);

		for (size_t i = 0, end, at = 0; i < all.n; i = end) {
			size_t k = find_key(p, p->n_keys, &all.row[i], at);

			end = end_of_key(&all, i);
			p->key[k].cell[s] = cell_of(&all.row[i], end - i);
			at = k + 1;
		}
		free(all.row);
	}
}

void panel_make(struct panel *p)
{
	if (p->n_bundles)
		qsort(p->bundle, p->n_bundles, sizeof(*p->bundle), by_side_and_start);
	find_sessions(p);
	find_keys(p);
	describe_keys(p);
	fill_cells(p);
}

const struct panel_key *panel_find(const struct panel *p, const char *bench, const char *metric,
				   const char *labels)
{
	struct panel_key want = {.bench = bench, .metric = metric, .labels = labels};

	return p->n_keys ? bsearch(&want, p->key, p->n_keys, sizeof(want), by_key) : NULL;
}
