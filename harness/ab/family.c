/* What a comparison promises and costs, from the plan alone: see ab.h. */
#include "../base/mem.h"
#include "../judge/compare.h"
#include "../formats/key.h"
#include "../run/gate.h"
#include "../run/plan_keys.h"
#include "ab.h"

#include <errno.h>
#include <string.h>

struct count {
	struct ab_family *out;
	const char *gate;
};

static void count_key(void *arg, const struct plan_step *st, const struct metric *m,
		      const char *labels)
{
	struct count *c = arg;

	if (m->better == BETTER_NONE || !strcmp(m->cls, "info"))
		return;
	if (!strcmp(st->row.bench, COMPARE_CONTROL))
		c->out->controls++;
	else if (key_matches(c->gate, st->row.bench, m->name, labels))
		c->out->gates++;
	else
		c->out->screens++;
}

void ab_count(struct ab_family *out, const struct plan *p)
{
	struct count c = {out, p->gate};

	*out = (struct ab_family){.gates = 0};
	for (size_t i = 0; i < p->n; i++)
		plan_keys(&p->step[i], count_key, &c);
}

int ab_add_controls(struct plan *p, const struct bench *const *benches, struct err *e)
{
	struct plan_step st = {.bench = bench_named(benches, COMPARE_CONTROL),
			       .cases = 1,
			       .row = {.processes = 1, .deadline_s = 60}};

	for (size_t i = 0; i < p->n; i++)
		if (p->step[i].bench == st.bench)
			return i == p->n - 1 ? 0
					     : err_set(e, EINVAL,
						       "the suite measures %s itself, which a "
						       "comparison adds as its control",
						       COMPARE_CONTROL);
	st.row.estimate_s = st.bench->process_s;
	st.row.step = (unsigned)p->n;
	st.row.bench = mem_strdup(COMPARE_CONTROL);
	st.row.label = mem_strdup("");
	st.row.params = mem_strdup("");
	st.row.skip = mem_strdup("");
	p->step = mem_grow(p->step, p->n, &p->cap, sizeof(*p->step));
	p->step[p->n++] = st;
	return 0;
}

double ab_block_s(const struct plan *p)
{
	double s = 0, control = p->n ? p->step[p->n - 1].row.estimate_s : 0;

	for (size_t i = 0; i + 1 < p->n; i++)
		if (!p->step[i].row.skip[0])
			s += 2 * (p->step[i].row.estimate_s + control);
	return s;
}
