/*
 * What must not be compared: see panel_check in panel.h. Each refusal names the two bundles and
 * says what to do. GPUs have no fixed numbers: they are joined by UUID, and where the new side
 * counts them in another order its labels are rewritten to the base's.
 */
#include "panel.h"
#include "../base/buf.h"
#include "../base/mem.h"
#include "../formats/intern.h"
#include "../formats/key.h"
#include "compare.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_GPUS 64

static int refuse(const struct panel_bundle *b, struct err *e, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static int refuse(const struct panel_bundle *b, struct err *e, const char *fmt, ...)
{
	char text[600];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return err_at(e, EINVAL, b->dir, 0, "%s", text);
}

static const char *value(const struct panel_bundle *b, const char *key)
{
	return panel_value(&b->p.head, key);
}

/* ---- one bundle alone ---- */

int panel_check_alone(const struct panel_bundle *b, struct err *e)
{
	const struct processes *p = &b->p;

	if (comparison_is_ab(&p->head))
		return refuse(b, e,
			      "holds two arms; they are compared with each other: "
			      "assay compare %s",
			      b->dir);
	if (!*value(b, "host.name") || !*value(b, "host.boot_id"))
		return refuse(b, e,
			      "does not say on which host and in which boot it was measured, "
			      "so its session is unknown");
	for (size_t i = 1; i < p->n; i++)
		if (p->row[i].arm != p->row[0].arm)
			return refuse(b, e, "holds numbers of two arms, %s and %s", p->row[0].arm,
				      p->row[i].arm);
	return 0;
}

/* ---- suite and parameters ---- */

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static size_t count(const char *s, char c)
{
	size_t n = 0;

	while ((s = strchr(s, c))) {
		n++;
		s++;
	}
	return n;
}

/* A parameter without the numbers of GPUs: of a set and its members how many they are. */
static void put_param(struct buf *b, const char *w)
{
	if (!strncmp(w, "gpus=", 5))
		buf_printf(b, " gpus=%zu of them", count(w, '+') + 1);
	else if (!strncmp(w, "member=", 7))
		buf_printf(b, " member=%zu of them", count(w, ',') + 1);
	else if (strncmp(w, "gpu=", 4) != 0 && strncmp(w, "peer=", 5) != 0)
		buf_printf(b, " %s", w);
}

/* The steps as text without the numbers of GPUs, sorted: the caller frees each and the list. */
static char **steps_of(const struct bundle_data *d)
{
	char **v = mem_zalloc(d->n_plan + 1, sizeof(*v));

	for (size_t i = 0; i < d->n_plan; i++) {
		char *params = mem_strdup(d->plan[i].params), *save = NULL;
		struct buf b = BUF_INIT;

		buf_puts(&b, d->plan[i].bench);
		for (char *w = strtok_r(params, " ", &save); w; w = strtok_r(NULL, " ", &save))
			put_param(&b, w);
		buf_printf(&b, " with %u processes", d->plan[i].processes);
		v[i] = buf_steal(&b);
		free(params);
	}
	qsort(v, d->n_plan, sizeof(*v), by_text);
	return v;
}

static void free_steps(char **v)
{
	for (size_t i = 0; v[i]; i++)
		free(v[i]);
	free(v);
}

static int check_plan(const struct panel_bundle *ref, const struct panel_bundle *b, struct err *e)
{
	char **x = steps_of(&ref->p.head), **y = steps_of(&b->p.head);
	size_t i = 0;
	int rc = 0;

	while (x[i] && y[i] && !strcmp(x[i], y[i]))
		i++;
	if (x[i] || y[i])
		rc = refuse(b, e,
			    "was measured with other parameters than %s: one plans \"%s\", the "
			    "other \"%s\"; measure again with assay run --like %s",
			    ref->dir, y[i] ? y[i] : "nothing more", x[i] ? x[i] : "nothing more",
			    ref->dir);
	free_steps(x);
	free_steps(y);
	return rc;
}

static int check_suite(const struct panel_bundle *ref, const struct panel_bundle *b, struct err *e)
{
	bool sim_ref = *value(ref, "simulated"), sim = *value(b, "simulated");

	if (sim_ref != sim)
		return refuse(b, e,
			      "is %s and %s is %s: a simulation is never compared with a "
			      "measurement",
			      sim ? "SIMULATED" : "real", ref->dir, sim_ref ? "SIMULATED" : "real");
	if (strcmp(value(ref, "suite.hash"), value(b, "suite.hash")) != 0)
		return refuse(b, e,
			      "was measured with another suite than %s (%s %s, %s %s); measure "
			      "again with assay run --like %s",
			      ref->dir, value(b, "suite.name"), value(b, "suite.hash"),
			      value(ref, "suite.name"), value(ref, "suite.hash"), ref->dir);
	return 0;
}

/* ---- GPUs ---- */

static const char *gpu_value(const struct panel_bundle *b, unsigned gpu, const char *field)
{
	char key[64];

	snprintf(key, sizeof(key), "gpu.%u.%s", gpu, field);
	return value(b, key);
}

/*
 * Marks the GPUs that a value names: "3", or "0+1+4" of a set. false where it names none, or
 * something else as well.
 */
static bool mark_gpus(bool in[MAX_GPUS], const char *value, size_t len)
{
	const char *s = value;

	for (;;) {
		char *end;
		unsigned long n = strtoul(s, &end, 10);

		if (*s < '0' || *s > '9' || n >= MAX_GPUS)
			return false;
		in[n] = true;
		if (end >= value + len || *end != '+')
			return end == value + len;
		s = end + 1;
	}
}

/* Which GPUs the plan measures on. */
static void planned_gpus(const struct panel_bundle *b, bool used[MAX_GPUS])
{
	for (size_t i = 0; i < b->p.head.n_plan; i++) {
		const struct plan_row *row = &b->p.head.plan[i];

		for (const char *s = row->skip[0] ? "" : row->params; *s;) {
			size_t n = strcspn(s, " "), name = strcspn(s, "= ");

			if (name < n && key_names("gpu,gpus,peer", s, name))
				mark_gpus(used, s + name + 1, n - name - 1);
			s += n;
			s += *s == ' ';
		}
	}
}

static int refuse_model(const struct panel_bundle *ref, const struct panel_bundle *b, unsigned gpu,
			struct err *e)
{
	return refuse(b, e,
		      "its GPU %u is a \"%s\", in %s it is a \"%s\": other models are not compared",
		      gpu, gpu_value(b, gpu, "name"), ref->dir, gpu_value(ref, gpu, "name"));
}

static const char *instance_profile(const struct panel_bundle *b, unsigned gpu, const char *mig)
{
	char key[96];

	snprintf(key, sizeof(key), "gpu.%u.mig.%.31s.profile", gpu, mig);
	return value(b, key);
}

/*
 * "gpu=0:7.0" names a place on the GPU: what sits there must be of the same size. map: as below,
 * NULL where GPUs keep their numbers.
 */
static int check_instances(const struct panel_bundle *ref, const struct panel_bundle *b,
			   const unsigned *map, struct err *e)
{
	for (size_t i = 0; i < b->p.head.n_plan; i++) {
		const char *params = b->p.head.plan[i].params, *later = strstr(params, " gpu=");
		const char *gpu = !strncmp(params, "gpu=", 4) ? params + 4 : later ? later + 5 : "";
		char mig[32];
		unsigned g;

		if (sscanf(gpu, "%u:%31[0-9.]", &g, mig) != 2 || g >= MAX_GPUS)
			continue;
		const char *now = instance_profile(b, g, mig);
		const char *then = instance_profile(ref, map ? map[g] : g, mig);

		if (strcmp(now, then) != 0)
			return refuse(b, e,
				      "its MIG instance %u:%s is \"%s\", in %s it is \"%s\": "
				      "instances of other sizes are not compared",
				      g, mig, now, ref->dir, then);
	}
	return 0;
}

/* map[gpu of b] = gpu of ref with the same UUID. */
static int join_gpus(const struct panel_bundle *ref, const struct panel_bundle *b,
		     unsigned map[MAX_GPUS], bool *moved, struct err *e)
{
	bool used[MAX_GPUS] = {false};

	*moved = false;
	planned_gpus(b, used);
	for (unsigned g = 0; g < MAX_GPUS; g++) {
		const char *uuid = gpu_value(b, g, "uuid"), *name = gpu_value(b, g, "name");
		unsigned r = 0;

		map[g] = g;
		if (!used[g])
			continue;
		while (*uuid && r < MAX_GPUS && strcmp(gpu_value(ref, r, "uuid"), uuid) != 0)
			r++;
		if (*uuid && r < MAX_GPUS) {
			map[g] = r;
			*moved |= r != g;
			continue;
		}
		if (strcmp(name, gpu_value(ref, g, "name")) != 0)
			return refuse_model(ref, b, g, e);
		if (!*uuid)
			return refuse(
				b, e,
				"does not say the UUID of GPU %u, so nobody knows which one it "
				"was (is NVML there?)",
				g);
		return refuse(b, e,
			      "its GPU %u (%s) is not in %s: was it exchanged? GPUs are joined by "
			      "UUID",
			      g, uuid, ref->dir);
	}
	return 0;
}

/* A value that names GPUs, with their numbers in the base, ascending; any other as it is. */
static void put_mapped(struct buf *out, const char *value, size_t len, const unsigned map[MAX_GPUS])
{
	bool in[MAX_GPUS] = {false}, mapped[MAX_GPUS] = {false};
	size_t n = 0;

	if (!mark_gpus(in, value, len)) {
		buf_add(out, value, len);
		return;
	}
	for (unsigned g = 0; g < MAX_GPUS; g++)
		if (in[g] && map[g] < MAX_GPUS)
			mapped[map[g]] = true;
	for (unsigned g = 0; g < MAX_GPUS; g++)
		if (mapped[g])
			buf_printf(out, "%s%u", n++ ? "+" : "", g);
}

/* "dir=h2d,gpu=3" with the GPU's number in the base. */
static char *relabel(struct intern *text, const char *labels, const unsigned map[MAX_GPUS])
{
	struct buf out = BUF_INIT;

	for (const char *s = labels; *s;) {
		size_t n = strcspn(s, ","), name = strcspn(s, "=,"), end = strcspn(s, ":,");

		if (out.len)
			buf_putc(&out, ',');
		if (name < n && key_names("gpu,gpus,member,peer", s, name)) {
			buf_add(&out, s, name + 1);
			put_mapped(&out, s + name + 1, end - name - 1, map);
			buf_add(&out, s + end, n - end); /* the instance of a GPU */
		} else {
			buf_add(&out, s, n);
		}
		s += n;
		s += *s == ',';
	}
	char *kept = intern(text, buf_str(&out));
	buf_free(&out);
	return kept;
}

static int check_gpus(struct panel *p, const struct panel_bundle *ref, struct panel_bundle *b,
		      struct err *e)
{
	unsigned map[MAX_GPUS];
	bool moved;
	int rc = join_gpus(ref, b, map, &moved, e);

	if (!rc)
		rc = check_instances(ref, b, map, e);
	for (size_t i = 0; !rc && moved && i < b->p.n; i++)
		b->p.row[i].labels = relabel(p->text, b->p.row[i].labels, map);
	if (moved && !rc)
		processes_sort(&b->p);
	return rc;
}

/* Across nodes GPUs keep their numbers, but must be the same product. */
static int check_models(const struct panel_bundle *ref, const struct panel_bundle *b, struct err *e)
{
	bool used[MAX_GPUS] = {false};

	planned_gpus(b, used);
	for (unsigned g = 0; g < MAX_GPUS; g++)
		if (used[g] && strcmp(gpu_value(b, g, "name"), gpu_value(ref, g, "name")) != 0)
			return refuse_model(ref, b, g, e);
	return check_instances(ref, b, NULL, e);
}

/* ---- all of them ---- */

/* The first base bundle of the same host, NULL where the base has none. */
static const struct panel_bundle *base_of(const struct panel *p, const struct panel_bundle *b)
{
	for (size_t i = 0; i < p->n_bundles; i++)
		if (!p->bundle[i].side &&
		    !strcmp(value(&p->bundle[i], "host.name"), value(b, "host.name")))
			return &p->bundle[i];
	return NULL;
}

static bool several_hosts(const struct panel *p, unsigned side)
{
	const char *first = NULL;

	for (size_t i = 0; i < p->n_bundles; i++) {
		const char *host = value(&p->bundle[i], "host.name");

		if (p->bundle[i].side != side)
			continue;
		if (first && strcmp(first, host) != 0)
			return true;
		first = host;
	}
	return false;
}

/* Against the first base bundle of all, and that of its own host. */
static int check_one(struct panel *p, struct panel_bundle *b, bool nodes, struct err *e)
{
	const struct panel_bundle *first = &p->bundle[0], *own = base_of(p, b);
	int rc = check_suite(first, b, e);

	if (!rc && nodes)
		rc = check_models(first, b, e);
	if (!rc && own)
		rc = check_plan(own, b, e);
	if (!rc && own && own != b)
		rc = check_gpus(p, own, b, e);
	if (!rc && !own && !nodes)
		rc = refuse(b, e,
			    "was measured on %s, %s on %s: other hosts are compared only as nodes, "
			    "each before and after",
			    value(b, "host.name"), first->dir, value(first, "host.name"));
	return rc;
}

int panel_check(struct panel *p, bool *nodes, struct err *e)
{
	int rc = 0;

	*nodes = several_hosts(p, 0) || several_hosts(p, 1);
	for (size_t i = 0; i < p->n_bundles && !rc; i++)
		rc = panel_check_alone(&p->bundle[i], e);
	for (size_t i = 0; i < p->n_bundles && !rc; i++)
		rc = check_one(p, &p->bundle[i], *nodes, e);
	return rc;
}
