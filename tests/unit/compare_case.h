/* Judging a made-up bundle of two arms: what the tests of comparing share. */
#ifndef ASSAY_TESTS_COMPARE_CASE_H
#define ASSAY_TESTS_COMPARE_CASE_H

#include "../../harness/judge/compare.h"
#include "make_ab.h"
#include "report_text.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define NEAR(a, b, within) assert_true(fabs((a) - (b)) <= (within))

struct ab {
	struct bundle_data d;
	struct results r;
	struct comparison c;
};

static inline void judge(struct ab *m)
{
	struct err e = ERR_INIT;

	assert_int_equal(results_make(&m->r, &m->d, &e), 0);
	if (comparison_of_arms(&m->c, &m->d, &m->r, &e))
		fail_msg("%s", e.text);
}

static inline void done(struct ab *m)
{
	comparison_free(&m->c);
	results_free(&m->r);
	mk_free(&m->d);
}

static inline struct compared *row(struct ab *m, const char *labels)
{
	for (size_t i = 0; i < m->c.n; i++)
		if (!strcmp(m->c.row[i].labels, labels))
			return &m->c.row[i];
	fail_msg("no row {%s}", labels);
	return NULL;
}

static inline enum verdict verdict(struct ab *m, const char *labels)
{
	return row(m, labels)->decision.look.verdict;
}

#define LATENCY(l, s) ((struct mk_ab_metric){"mem", "latency", l, 0, 1e-7, 0.003, s, false})
#define RATE(l, s)    ((struct mk_ab_metric){"mem", "rate", l, 0, 5e10, 0.003, s, true})

/* One gate in step 0 that is all there is. */
static inline void one_gate(struct ab *m, struct mk_ab_metric metric, unsigned blocks)
{
	mk_ab_head(&m->d, metric.higher ? "mem.rate{}" : "mem.latency{}", "1", "0", "0");
	mk_plan(&m->d, 0, "mem", "size=4", true, "");
	mk_ab_blocks(&m->d, &metric, 0, blocks);
	judge(m);
}

#endif
