/*
 * Two arms against each other: fresh processes of either, alternating block by block, until each
 * gate has its verdict or the last look is taken. It measures and asks judge between looks; what
 * is decided, and how, is judge's alone. The rows that it leaves are listed in judge/compare.h.
 */
#ifndef ASSAY_AB_AB_H
#define ASSAY_AB_AB_H

#include "../run/parent.h"

#include <stdbool.h>

/* How many keys of each kind a plan holds: fixed before the first block. */
struct ab_family {
	unsigned gates, controls, screens;
};
void ab_count(struct ab_family *out, const struct plan *p);

/* Adds the controls as the last step, unless they are there. 0 or -EINVAL. */
int ab_add_controls(struct plan *p, const struct bench *const *benches, struct err *e);

/* Seconds that one block takes in both arms, roughly. */
double ab_block_s(const struct plan *p);

/*
 * Measures both arms into p's bundle: what is there already counts, so that a bundle that was cut
 * off is gone on with. 0, or the error of parent_turn or of reading the bundle.
 */
int ab_run(struct parent *p, struct arm arm[2], struct err *e);

#endif
