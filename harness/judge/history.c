/*
 * Between-session spread from a folder of bundles: see history.h. Only sessions between which
 * nothing known changed may be pooled; those with another number of processes stay apart, because
 * the median of few processes spreads more. Known error: a session of a machine that silently
 * changed (a card reseated, a BIOS setting) counts as if it had not, and widens the spread.
 */
#include "history.h"
#include "../base/buf.h"
#include "../base/mem.h"
#include "../formats/key.h"
#include "compare.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- the folder ---- */

static void leave_out(struct history *h, const char *dir, const char *why)
{
	h->left_out = mem_grow(h->left_out, h->n_left_out, &h->cap_left_out, sizeof(*h->left_out));
	h->left_out[h->n_left_out++] = (struct history_left_out){mem_strdup(dir), mem_strdup(why)};
}

static void add_bundle(struct history *h, const char *dir)
{
	struct err why = ERR_INIT;
	const struct panel_bundle *b;

	if (panel_add(&h->panel, dir, 0, &why)) {
		leave_out(h, dir, why.text);
		return;
	}
	b = &h->panel.bundle[h->panel.n_bundles - 1];
	if (panel_check_alone(b, &why)) {
		leave_out(h, dir, why.text);
		panel_drop_last(&h->panel);
	}
}

static int is_shown(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

/* A link (results/latest) is another name of a bundle that is there already. */
static int scan(struct history *h, const char *dir, struct err *e)
{
	struct dirent **entry;
	int n = scandir(dir, &entry, is_shown, alphasort);

	if (n < 0)
		return err_at(e, errno, dir, 0, "cannot open this folder: %s", strerror(errno));
	for (int i = 0; i < n; i++) {
		char *path = mem_printf("%s/%s", dir, entry[i]->d_name);
		char *manifest = mem_printf("%s/manifest.csv", path), byte;

		if (readlink(path, &byte, 1) < 0 && !access(manifest, F_OK))
			add_bundle(h, path);
		free(manifest);
		free(path);
		free(entry[i]);
	}
	free(entry);
	return 0;
}

/* ---- variances ---- */

/* What a key's cells must share to be pooled. */
struct wanted {
	const char *suite; /* hash; NULL: any */
	bool simulated;
	unsigned most_k; /* 0: any */
};

static bool is_wanted(const struct session *s, const struct cell *c, const struct wanted *w)
{
	if (!c->k || !(c->median > 0) || (w->most_k && c->k > w->most_k))
		return false;
	return !w->suite || (!strcmp(panel_value(s->head, "suite.hash"), w->suite) &&
			     (*panel_value(s->head, "simulated") != '\0') == w->simulated);
}

/* Adds the squares of one group: the sessions from `first` on that equal it. */
static void add_group(const struct panel *p, const struct panel_key *key, size_t first,
		      const struct wanted *w, bool *done, double *squares, unsigned *nu)
{
	double sum = 0, mean;
	unsigned n = 0;

	for (int pass = 0; pass < 2; pass++) {
		mean = n ? sum / n : 0;
		for (size_t s = first; s < p->n_sessions; s++) {
			const struct cell *c = &key->cell[s];

			if (p->session[s].group != p->session[first].group ||
			    c->k != key->cell[first].k || !is_wanted(&p->session[s], c, w))
				continue;
			done[s] = true;
			if (!pass) {
				sum += log(c->median);
				n++;
			} else {
				*squares += (log(c->median) - mean) * (log(c->median) - mean);
			}
		}
	}
	*nu += n - 1;
}

static double variance(const struct panel *p, const struct panel_key *key, const struct wanted *w,
		       unsigned *nu)
{
	bool *done = mem_zalloc(p->n_sessions + 1, sizeof(*done));
	double squares = 0;

	*nu = 0;
	for (size_t s = 0; s < p->n_sessions; s++)
		if (!done[s] && is_wanted(&p->session[s], &key->cell[s], w))
			add_group(p, key, s, w, done, &squares, nu);
	free(done);
	return *nu ? squares / *nu : NAN;
}

/* ---- the table ---- */

static bool is_gate(const struct panel *p, const struct panel_key *k)
{
	for (size_t i = 0; i < p->n_bundles; i++) {
		const char *gate = panel_value(&p->bundle[i].p.head, "suite.gate");

		if (i && !strcmp(gate, panel_value(&p->bundle[i - 1].p.head, "suite.gate")))
			continue;
		if (key_matches(gate, k->bench, k->metric, k->labels))
			return true;
	}
	return false;
}

static void add_metric(struct history *h, const struct panel_key *k, bool gate)
{
	struct history_metric *m = &h->metric[h->n++];
	const struct wanted any = {.suite = NULL};

	m->key = k;
	m->gate = gate;
	m->v = variance(&h->panel, k, &any, &m->nu);
	m->enough = m->nu >= VERDICT_LIBRARY;
	for (size_t s = 0; s < h->panel.n_sessions; s++)
		m->sessions += k->cell[s].k > 0;
}

static void make_table(struct history *h)
{
	const struct panel *p = &h->panel;
	bool *gate = mem_zalloc(p->n_keys + 1, sizeof(*gate));

	h->metric = mem_zalloc(p->n_keys + 1, sizeof(*h->metric));
	for (size_t i = 0; i < p->n_keys; i++)
		gate[i] = is_gate(p, &p->key[i]);
	for (int wanted = 1; wanted >= 0; wanted--)
		for (size_t i = 0; i < p->n_keys; i++)
			if (gate[i] == wanted && compare_takes(p->key[i].cls, p->key[i].better))
				add_metric(h, &p->key[i], gate[i]);
	free(gate);
}

int history_load(struct history *h, const char *dir, struct err *e)
{
	*h = (struct history){.n = 0};
	panel_init(&h->panel);
	int rc = scan(h, dir, e);

	if (!rc && !h->panel.n_bundles)
		rc = err_at(e, ENOENT, dir, 0, "holds no bundle that could be read%s%s",
			    h->n_left_out ? ": " : "", h->n_left_out ? h->left_out[0].why : "");
	if (rc)
		return rc;
	panel_make(&h->panel);
	make_table(h);
	return 0;
}

void history_free(struct history *h)
{
	panel_free(&h->panel);
	for (size_t i = 0; i < h->n_left_out; i++) {
		free(h->left_out[i].dir);
		free(h->left_out[i].why);
	}
	free(h->left_out);
	free(h->metric);
	*h = (struct history){.n = 0};
}

/* ---- asked by sessions ---- */

/* The standard deviation between sessions that is assumed for a class, and where it is from. */
static double prior(const char *cls, const char **provenance)
{
	bool latency = !strcmp(cls, "latency");

	*provenance = latency ? "assumed: twice the spread of bandwidths, not measured yet"
			      : "assumed: the spread that the error rates of sessions were "
				"simulated with, not measured yet";
	return latency ? 0.003 : 0.0015;
}

struct session_spread history_spread(const struct history *h, const struct panel_key *key,
				     const struct session *like, unsigned k)
{
	const struct panel_key *known =
		h ? panel_find(&h->panel, key->bench, key->metric, key->labels) : NULL;
	const struct wanted w = {.suite = panel_value(like->head, "suite.hash"),
				 .simulated = *panel_value(like->head, "simulated") != '\0',
				 .most_k = k};
	struct session_spread s = {.v = NAN};
	const char *from;
	unsigned nu = 0;

	if (known)
		s.v = variance(&h->panel, known, &w, &nu);
	s.nu = nu;
	if (nu)
		return s;
	double sd = prior(key->cls, &from);
	return (struct session_spread){.v = sd * sd, .nu = VERDICT_LIBRARY - 1, .assumed = true};
}
