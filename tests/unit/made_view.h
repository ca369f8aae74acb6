/* A made-up bundle of one metric, judged and grouped, for tests of what reports draw of it. */
#ifndef ASSAY_TESTS_MADE_VIEW_H
#define ASSAY_TESTS_MADE_VIEW_H

#include "make_transfers.h"
#include "report_text.h"
#include "../../reports/view.h"

struct made {
	struct mk_report m;
	struct view v;
	const struct group *g;
};

static inline void make(struct made *x, void (*fill)(struct bundle_data *))
{
	*x = (struct made){.g = NULL};
	fill(&x->m.d);
	assert_int_equal(mk_judge(&x->m), 0);
	view_make(&x->v, &x->m.report);
	assert_int_equal(x->v.n, 1);
	x->g = &x->v.group[0];
}

static inline void done(struct made *x)
{
	view_free(&x->v);
	mk_report_free(&x->m);
}

#endif
