/* The [suite] section, and small things that plan.c shares with it. Inner header of the plan. */
#ifndef ASSAY_RUN_PLAN_HEAD_H
#define ASSAY_RUN_PLAN_HEAD_H

#include "plan.h"

/* Checks [suite] and takes name, summary, budget, gate and required into p. 0 or -EINVAL. */
int plan_read_head(struct plan *p, const struct suite *s, const struct bench *const *benches,
		   struct err *e);

/* Whether the section is one of the words of the suite's "required". */
bool plan_is_required(const char *required, const struct suite_section *sec);

bool plan_is_option(const struct section_option *o, const char *name);

#endif
