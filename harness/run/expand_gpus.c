/* GPUs, sets of them and MIG instances in a suite file: see expand_parts.h. */
#include "expand_parts.h"
#include "../base/buf.h"
#include "../base/mem.h"
#include "../base/units.h"
#include "gpus.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

int expand_check_gpu(const struct where *w, const struct machine *m, uint64_t v)
{
	if (!m || !m->n_gpus)
		return 0;
	if (v >= m->n_gpus)
		return expand_bad(w, "there is no GPU %" PRIu64 "; this machine has %zu", v,
				  m->n_gpus);
	if (!machine_divided(m, v))
		return 0;
	if (w->p->type != PARAM_GPU)
		return expand_bad(w,
				  "GPU %" PRIu64 " is divided (MIG is on): no peer access, no CUDA "
				  "IPC; leave it out",
				  v);
	char *instances = machine_instances(m, v);
	int rc = expand_bad(
		w, "GPU %" PRIu64 " is divided (MIG is on): name its instances%s%s, or all", v,
		*instances ? " " : " once it has any", instances);
	free(instances);
	return rc;
}

/* ---- MIG instances ---- */

static int check_instance(const struct where *w, const struct machine *m, const char *s,
			  uint64_t gpu, const char *mig)
{
	const char *nvml = m ? machine_value(m, "nvml.status") : NULL;

	if (!m || !m->n_gpus || !nvml || strcmp(nvml, "ok") != 0)
		return 0; /* the plan says why nothing can be measured */
	if (gpu >= m->n_gpus)
		return expand_bad(w, "there is no GPU %" PRIu64 "; this machine has %zu", gpu,
				  m->n_gpus);
	if (!machine_divided(m, gpu))
		return expand_bad(w,
				  "%s: GPU %" PRIu64 " is not divided (MIG is off); write %" PRIu64,
				  s, gpu, gpu);
	if (machine_part(m, gpu, mig, "uuid"))
		return 0;
	char *instances = machine_instances(m, gpu);
	int rc = expand_bad(w, "there is no MIG instance %s; GPU %" PRIu64 " has %s", s, gpu,
			    *instances ? instances : "none");
	free(instances);
	return rc;
}

int expand_instance(struct values *out, const struct where *w, const char *s,
		    const struct machine *m)
{
	char mig[MIG_MAX], text[MIG_MAX + 16];
	uint64_t gpu;

	if (gpus_instance(s, &gpu, mig))
		return expand_bad(w,
				  "\"%s\" is no MIG instance; write for example 0:7.0 (GPU, GPU "
				  "instance, compute instance)",
				  s);
	int rc = check_instance(w, m, s, gpu, mig);

	snprintf(text, sizeof(text), "%" PRIu64 ":%s", gpu, mig);
	return rc ? rc : expand_add(out, w, text);
}

static int add_instances(struct values *out, const struct where *w, const struct machine *m,
			 size_t gpu)
{
	char *list = machine_instances(m, gpu), *save = NULL;
	int rc = 0;

	for (char *one = strtok_r(list, ", ", &save); one && !rc; one = strtok_r(NULL, ", ", &save))
		rc = expand_add(out, w, one);
	free(list);
	return rc;
}

/* ---- all, and sets ---- */

/* Every whole GPU that others can act together with, as one set. */
static void add_every_gpu(struct values *out, const struct machine *m)
{
	struct buf set = BUF_INIT;

	for (size_t i = 0; i < m->n_gpus; i++) {
		if (!machine_divided(m, i))
			buf_printf(&set, "%s%zu", set.len ? "+" : "", i);
	}
	if (set.len)
		values_add(out, set.s);
	buf_free(&set);
}

int expand_all_gpus(struct values *out, const struct where *w, const struct machine *m)
{
	int rc = 0;

	if (w->p->type == PARAM_GPUS && m)
		add_every_gpu(out, m);
	for (size_t i = 0; m && w->p->type != PARAM_GPUS && i < m->n_gpus && !rc; i++) {
		const char *ids = machine_gpu(m, i, "mig_instances");
		bool divided = machine_divided(m, i);
		char number[24];

		snprintf(number, sizeof(number), "%zu", i);
		if (!divided || (w->p->type == PARAM_GPU && (!ids || !*ids)))
			rc = expand_add(out, w, number); /* the plan says what it lacks */
		else if (w->p->type == PARAM_GPU)
			rc = add_instances(out, w, m, i);
	}
	return rc;
}

/* Puts one GPU of a set into in[]. */
static int mark_member(bool in[GPUS_MAX], const struct where *w, const char *set, const char *one,
		       const struct machine *m)
{
	uint64_t v;

	if (units_parse_u64(one, &v))
		return expand_bad(w, "\"%s\" is no set of GPUs; write all, or for example 0+1+4",
				  set);
	if (v >= GPUS_MAX)
		return expand_bad(w, "there is no GPU %s; the largest number is %d", one,
				  GPUS_MAX - 1);
	if (in[v])
		return expand_bad(w, "GPU %s stands twice in %s", one, set);
	in[v] = true;
	return expand_check_gpu(w, m, v);
}

int expand_set(struct values *out, const struct where *w, const char *text, const struct machine *m)
{
	bool in[GPUS_MAX] = {false};
	struct buf set = BUF_INIT;
	int rc = 0;

	for (const char *s = text; s && !rc;) {
		size_t n = strcspn(s, "+");
		char *one = mem_strndup(s, n);

		rc = mark_member(in, w, text, one, m);
		free(one);
		s = s[n] ? s + n + 1 : NULL;
	}
	for (int i = 0; i < GPUS_MAX; i++) {
		if (in[i])
			buf_printf(&set, "%s%d", set.len ? "+" : "", i);
	}
	if (!rc)
		rc = expand_add(out, w, buf_str(&set));
	buf_free(&set);
	return rc;
}
