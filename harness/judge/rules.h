/* Rules on one result: each may set its status and adds to its reason. Inner header. */
#ifndef ASSAY_JUDGE_RULES_H
#define ASSAY_JUDGE_RULES_H

#include "results.h"

/* No valid sample, processes or samples left out (cause: the first one's), not steady. */
void rules_samples(struct result *r, const struct bundle_data *d, const char *cause,
		   size_t left_out);
/* Fills r->ceiling; above it by more than the interval is a FAIL. */
void rules_ceiling(struct result *r, const struct bundle_data *d);
/* A PCIe link that ran below what both its ends can do is a FAIL. */
void rules_link(struct result *r, const struct bundle_data *d);
/* Memory that was not where the key says is a FAIL, unproven a remark. */
void rules_placement(struct result *r, const struct bundle_data *d);

#endif
