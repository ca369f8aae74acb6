/* What a benchmark may ask and say: see bench.h and ctx.h. */
#include "ctx.h"
#include "../base/clock.h"
#include "../base/mem.h"
#include "../base/rng.h"
#include "../base/units.h"
#include "../formats/key.h"
#include "../probe/limits.h"
#include "../probe/topology.h"
#include "gpus.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t index_of(const struct bench *b, const char *param)
{
	for (size_t i = 0; b->params[i].name; i++) {
		if (!strcmp(b->params[i].name, param))
			return i;
	}
	fprintf(stderr, "assay: %s asks for a parameter \"%s\" that it does not declare\n", b->name,
		param);
	abort();
}

static int split_values(struct ctx *c, size_t i, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, ",");
		char *one = mem_strndup(text, n);
		bool good = key_valid_value(one);

		if (good)
			values_add(&c->value[i], one);
		free(one);
		if (!good)
			return -EINVAL;
		text += n;
		text += *text == ',';
	}
	return c->value[i].n ? 0 : -EINVAL;
}

/* The text of parameter i: as given, else its default; NULL where there is neither. */
static const char *param_text(const struct ctx *c, size_t i)
{
	const char *name = c->b->params[i].name, *text = c->b->params[i].def;
	size_t len = strlen(name);

	for (size_t k = 0; k < c->args->n_params; k++) {
		if (!strncmp(c->args->params[k], name, len) && c->args->params[k][len] == '=')
			text = c->args->params[k] + len + 1;
	}
	return text;
}

/* g: the GPUs that the parameters before this one name. */
static int read_param(struct ctx *c, size_t i, struct gpus *g, struct err *e)
{
	const struct param *p = &c->b->params[i];
	const char *text = param_text(c, i);
	char *members = NULL;

	if (!text)
		return err_set(e, EINVAL, "%s: %s=… is missing", c->b->name, p->name);
	if (p->type == PARAM_MEMBER && g->n && !strcmp(text, "all"))
		text = members = gpus_members(g);
	int rc = expand_values(&c->value[i], c->b, p, text, NULL, "", 0, e);
	/* words that only the parent can resolve stay words; nothing else may */
	if (rc) {
		err_clear(e);
		rc = split_values(c, i, text);
	}
	if (rc)
		err_set(e, EINVAL, "%s: %s=%s is not what it takes", c->b->name, p->name, text);
	else if (p->scope == SCOPE_STEP && c->value[i].n > 1)
		rc = err_set(e, EINVAL, "%s: one step measures one %s", c->b->name, p->name);
	else if (gpus_type(p->type))
		gpus_add(g, values_at(&c->value[i], 0));
	free(members);
	return rc;
}

int ctx_init(struct ctx *c, const struct bench *b, const struct step_args *a, struct emitter *out,
	     struct err *e)
{
	struct gpus g = {.n = 0};

	memset(c, 0, sizeof(*c));
	c->b = b;
	c->args = a;
	c->out = out;
	c->cases = 1;
	for (size_t i = 0; b->params[i].name; i++) {
		int rc = read_param(c, i, &g, e);

		if (rc)
			return rc;
		c->cases *= (unsigned)c->value[i].n;
	}
	uint64_t h = rng_hash(rng_hash_str(rng_hash(0, a->seed), a->arm), a->block);
	c->process_stream = rng_hash(rng_hash(rng_hash(h, a->step), a->process), a->attempt);
	return 0;
}

void ctx_fini(struct ctx *c)
{
	for (size_t i = 0; i < KEY_MAX_LABELS; i++)
		values_free(&c->value[i]);
	free(c->pending);
}

/* The values of combination i, the last parameter varying fastest. */
static void pick_values(struct ctx *c, unsigned i)
{
	size_t p = 0;

	while (c->b->params[p].name)
		p++;
	while (p-- > 0) {
		c->pick[p] = i % c->value[p].n;
		i /= (unsigned)c->value[p].n;
	}
}

unsigned ctx_next_case(struct ctx *c, unsigned i)
{
	for (; i < c->cases; i++) {
		pick_values(c, i);
		if (!c->b->applies || c->b->applies(c))
			break;
	}
	return i;
}

unsigned ctx_count_cases(const struct bench *b, const char *params)
{
	const char *word[KEY_MAX_LABELS];
	char *text = mem_strdup(params), *save = NULL;
	struct step_args a = {.bench = b->name, .arm = "", .params = word};
	struct err e = ERR_INIT;
	struct ctx c;
	unsigned n = 0;

	for (char *w = strtok_r(text, " ", &save); w && a.n_params < KEY_MAX_LABELS;
	     w = strtok_r(NULL, " ", &save))
		word[a.n_params++] = w;
	if (!ctx_init(&c, b, &a, NULL, &e)) {
		for (unsigned i = 0; (i = ctx_next_case(&c, i)) < c.cases; i++)
			n++;
	}
	ctx_fini(&c);
	free(text);
	return n;
}

void ctx_begin_case(struct ctx *c, unsigned i)
{
	struct label l[KEY_MAX_LABELS];
	struct buf text = BUF_INIT;
	size_t n = 0;

	c->case_index = i;
	pick_values(c, i);
	for (size_t p = 0; c->b->params[p].name; p++) {
		if (!c->b->params[p].option)
			l[n++] = (struct label){c->b->params[p].name, c->value[p].v[c->pick[p]]};
	}
	key_labels(&text, l, n);
	snprintf(c->labels, sizeof(c->labels), "%s", buf_str(&text));
	buf_free(&text);
	c->n_pending = 0;
	clock_meas_begin(rng_hash(c->process_stream, c->case_index + 1));
}

const char *ctx_str(const struct ctx *c, const char *param)
{
	size_t i = index_of(c->b, param);

	return c->value[i].v[c->pick[i]];
}

uint64_t ctx_u64(const struct ctx *c, const char *param)
{
	return strtoull(ctx_str(c, param), NULL, 10);
}

uint64_t ctx_max_u64(const struct ctx *c, const char *param)
{
	const struct values *v = &c->value[index_of(c->b, param)];
	uint64_t most = 0;

	for (size_t i = 0; i < v->n; i++) {
		uint64_t x = strtoull(v->v[i], NULL, 10);

		most = x > most ? x : most;
	}
	return most;
}

const char *ctx_nth(const struct ctx *c, const char *param, size_t i)
{
	const struct values *v = &c->value[index_of(c->b, param)];

	return i < v->n ? v->v[i] : NULL;
}

bool ctx_has(const struct ctx *c, const char *param, const char *value)
{
	const struct values *v = &c->value[index_of(c->b, param)];

	for (size_t i = 0; i < v->n; i++) {
		if (!strcmp(v->v[i], value))
			return true;
	}
	return false;
}

int ctx_gpus(const struct ctx *c, int *out, int max)
{
	struct gpus g = {.n = 0};
	int n = 0;

	for (size_t i = 0; c->b->params[i].name; i++) {
		if (gpus_type(c->b->params[i].type))
			gpus_add(&g, c->value[i].v[c->pick[i]]);
	}
	for (; n < max && (size_t)n < g.n; n++)
		out[n] = g.gpu[n];
	return n;
}

uint64_t ctx_seed(const struct ctx *c)
{
	return c->args->seed;
}

uint64_t ctx_case_seed(const struct ctx *c)
{
	return rng_hash(c->process_stream, c->case_index + 1);
}

const char *ctx_self(const struct ctx *c)
{
	return c->args->self;
}

const char *ctx_arm(const struct ctx *c)
{
	return c->args->arm;
}

const char *ctx_ranks(const struct ctx *c, unsigned *ranks)
{
	*ranks = c->args->ranks;
	return c->args->rendezvous;
}

void *ctx_state(const struct ctx *c)
{
	return c->state;
}

bool ctx_is_primary(const struct ctx *c)
{
	return key_matches(c->args->gate, c->b->name, NULL, c->labels);
}

uint64_t ctx_pinned_limit(const struct ctx *c, int node)
{
	struct topology t;
	struct limits l;
	uint64_t limit = UINT64_MAX;

	if (!topology_read(&t, NULL)) {
		const struct topo_node *n = topology_node(&t, node);

		if (n)
			limit = n->mem_free_bytes / 4;
		topology_free(&t);
	}
	limits_read(&l);
	return l.memory_left_bytes / 4 < limit ? l.memory_left_bytes / 4 : limit;
}

void ctx_add(struct ctx *c, const char *metric, unsigned sample, double value)
{
	c->pending = mem_grow(c->pending, c->n_pending, &c->cap_pending, sizeof(*c->pending));
	c->pending[c->n_pending++] = (struct pending){
		metric, sample, (double)(clock_meas_ns() - c->start_ns) * 1e-9, value};
}

void ctx_emit(struct ctx *c, const char *metric, double value)
{
	unsigned sample = 0;

	for (size_t i = 0; i < c->n_pending; i++)
		sample += !strcmp(c->pending[i].metric, metric);
	ctx_add(c, metric, sample, value);
}

void ctx_flush_case(struct ctx *c, const char *cause)
{
	for (size_t i = 0; i < c->n_pending; i++) {
		const struct pending *p = &c->pending[i];
		char sample[16], t[32], value[32];

		snprintf(sample, sizeof(sample), "%u", p->sample);
		snprintf(t, sizeof(t), "%.6f", p->t_s);
		units_exact(value, sizeof(value), p->value);
		const char *fields[] = {"sample", p->metric, c->labels, sample, t, value, cause};
		emit_row(c->out, fields, 7);
	}
	c->n_pending = 0;
	emit_flush(c->out);
}

/* The current values of the named parameters; NULL: all labels of the case. */
static char *fact_labels(const struct ctx *c, const char *names)
{
	struct label l[KEY_MAX_LABELS];
	struct buf out = BUF_INIT;
	char *copy, *save = NULL;
	size_t n = 0;

	if (!names)
		return mem_strdup(c->labels);
	copy = mem_strdup(names);
	for (char *s = strtok_r(copy, ",", &save); s && n < KEY_MAX_LABELS;
	     s = strtok_r(NULL, ",", &save))
		l[n++] = (struct label){s, ctx_str(c, s)};
	key_labels(&out, l, n);
	free(copy);
	return buf_steal(&out);
}

void ctx_fact(struct ctx *c, const char *kind, const char *metric, const char *labels,
	      const char *value, const char *source)
{
	char *l = fact_labels(c, labels);
	const char *fields[] = {"fact", kind, metric ? metric : "", l, value, source};

	emit_row(c->out, fields, 6);
	free(l);
}

void ctx_fact_num(struct ctx *c, const char *kind, const char *metric, const char *labels,
		  double value, const char *source)
{
	char text[40];

	ctx_fact(c, kind, metric, labels, units_exact(text, sizeof(text), value), source);
}

void ctx_expect(struct ctx *c, const char *what, const char *metric, const char *labels,
		const char *found, const char *wanted, const char *source)
{
	char kind[64];

	snprintf(kind, sizeof(kind), "found.%s", what);
	ctx_fact(c, kind, metric, labels, found, source);
	snprintf(kind, sizeof(kind), "wanted.%s", what);
	ctx_fact(c, kind, metric, labels, wanted, source);
}

void ctx_remark(struct ctx *c, const char *metric, const char *labels, const char *text,
		const char *source)
{
	ctx_fact(c, "remark", metric, labels, text, source);
}

void ctx_log(struct ctx *c, const char *fmt, ...)
{
	char text[1024];
	const char *fields[] = {"log", text};
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	emit_row(c->out, fields, 2);
}
