/* A plan from a bundle, and what is common to both kinds of plan: see plan.h. */
#include "plan.h"
#include "../base/mem.h"
#include "gate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool takes(const struct bench *b, bool (*wanted)(enum param_type))
{
	for (const struct param *p = b->params; p->name; p++) {
		if (wanted(p->type))
			return true;
	}
	return false;
}

static bool is_several(enum param_type t)
{
	return t == PARAM_PEER || t == PARAM_GPUS;
}

/* The first of the step's GPUs that cannot be used makes the step impossible. */
static char *why_not_gpus(const struct gpus *g, const struct machine *m, bool without_nvml,
			  enum status *status)
{
	char *why = NULL;

	for (size_t i = 0; i < g->n && !why; i++) {
		size_t gpu = (size_t)g->gpu[i];

		*status = ST_FAIL;
		if (gpu < m->n_gpus)
			why = machine_gpu_problem(m, gpu, g->mig, without_nvml, status);
		else
			why = mem_printf("GPU %zu of the plan is not there: the PCI bus shows %zu",
					 gpu, m->n_gpus);
	}
	return why;
}

char *plan_why_not(const struct plan_step *st, const struct machine *m, bool without_nvml)
{
	enum status status = ST_SKIP;
	char *why = NULL, *text;

	if (takes(st->bench, gpus_type) && m && !m->n_gpus)
		why = mem_strdup("no NVIDIA GPU on the PCI bus");
	else if (!st->bench->run)
		why = mem_strdup("built without nvcc: the GPU part is not in this program");
	else if (m && takes(st->bench, is_several) && (st->gpus.mig[0] || !st->gpus.n))
		why = mem_strdup("not applicable: MIG is on (no peer access, no CUDA IPC)");
	else if (m)
		why = why_not_gpus(&st->gpus, m, without_nvml, &status);
	text = why ? mem_printf("%s:%s", status_name(status), why) : mem_strdup("");
	free(why);
	return text;
}

static int like_row(struct plan *p, const struct plan_row *r, const struct bench *const *benches,
		    const struct machine *m, bool without_nvml, const char *dir, struct err *e)
{
	struct plan_step st = {.bench = bench_named(benches, r->bench), .cases = 1};

	if (!st.bench)
		return err_at(e, EINVAL, dir, 0,
			      "the plan has benchmark \"%s\", which this program lacks", r->bench);
	st.row = *r;
	st.row.bench = mem_strdup(r->bench);
	st.row.label = mem_strdup(r->label);
	st.row.params = mem_strdup(r->params);
	for (const struct param *q = st.bench->params; q->name; q++) {
		char *value = gpus_type(q->type) ? gate_param(r->params, q->name) : NULL;

		gpus_add(&st.gpus, value ? value : "");
		free(value);
	}
	st.row.skip = plan_why_not(&st, m, without_nvml);
	p->step = mem_grow(p->step, p->n, &p->cap, sizeof(*p->step));
	p->step[p->n++] = st;
	return 0;
}

int plan_like(struct plan *p, const struct bundle_data *d, const struct bench *const *benches,
	      const struct machine *m, bool without_nvml, struct err *e)
{
	static const char *const keys[] = {"suite.name", "suite.summary", "suite.gate",
					   "suite.required"};
	char **field[] = {&p->name, &p->summary, &p->gate, &p->required};
	int rc = 0;

	memset(p, 0, sizeof(*p));
	for (size_t i = 0; i < 4; i++) {
		const char *v = bundle_value(d, "", keys[i]);

		*field[i] = mem_strdup(v ? v : "");
	}
	if (!d->n_plan)
		rc = err_at(e, EINVAL, d->dir, 0, "plan.csv holds no step");
	for (size_t i = 0; i < d->n_plan && !rc; i++)
		rc = like_row(p, &d->plan[i], benches, m, without_nvml, d->dir, e);
	if (rc)
		plan_free(p);
	return rc;
}

void plan_free(struct plan *p)
{
	for (size_t i = 0; i < p->n; i++) {
		free(p->step[i].row.bench);
		free(p->step[i].row.label);
		free(p->step[i].row.params);
		free(p->step[i].row.skip);
	}
	free(p->step);
	free(p->name);
	free(p->summary);
	free(p->gate);
	free(p->required);
	memset(p, 0, sizeof(*p));
}

unsigned plan_processes(const struct plan *p)
{
	unsigned n = 0;

	for (size_t i = 0; i < p->n; i++)
		n += p->step[i].row.skip[0] ? 0 : p->step[i].row.processes;
	return n;
}

double plan_estimate_s(const struct plan *p)
{
	double s = 0;

	for (size_t i = 0; i < p->n; i++) {
		if (!p->step[i].row.skip[0])
			s += p->step[i].row.processes * p->step[i].row.estimate_s;
	}
	return s;
}
