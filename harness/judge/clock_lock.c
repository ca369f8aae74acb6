/*
 * What was computed at another clock than the one that --lock-clocks had locked: a FAIL, since a
 * lock is a wish, which a power limit, heat or somebody else's lock undoes. The clock is the one
 * that the benchmark itself saw in that case (its metric "clock"); where it looks at none, whether
 * the lock held under a light load before the first step. FLOP/s alone: nothing else follows the SM
 * clock in proportion, and what an SM does in a clock is right at any.
 */
#include "rules.h"
#include "../base/units.h"
#include "../formats/key.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SAME 0.01 /* as a share: about a step of most GPUs' clocks */

/* clocks.lock.gpu.N, or a field of it; NULL where nothing was locked. */
static const char *lock_row(const struct bundle_data *d, int gpu, const char *field)
{
	char key[64];

	snprintf(key, sizeof(key), "clocks.lock.gpu.%d%s", gpu, field);
	return bundle_value(d, "", key);
}

/* What the benchmark saw in the very case of r, Hz; 0 where it looks at no clock. */
static double clock_of(const struct results *all, const struct result *r)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct result *x = &all->r[i];

		if (!strcmp(x->metric, "clock") && !strcmp(x->unit, "Hz") && x->s.n &&
		    !strcmp(x->bench, r->bench) && !strcmp(x->arm, r->arm) &&
		    !strcmp(x->labels, r->labels))
			return x->s.median;
	}
	return 0;
}

static void check(struct result *r, const struct results *all, const struct bundle_data *d, int gpu)
{
	const char *held = lock_row(d, gpu, ".held"), *locked = lock_row(d, gpu, ".clock");
	double wanted = locked ? strtod(locked, NULL) : 0, found = clock_of(all, r);
	char is[32], was[32];

	if (held && !strcmp(held, "no"))
		rules_fail(r, "clock_lock", 0,
			   "%s: something else sets its clock (nvidia-smi -q -d CLOCK,PERFORMANCE)",
			   lock_row(d, gpu, ""));
	else if (wanted > 0 && found > 0 && fabs(found / wanted - 1) > SAME)
		rules_fail(
			r, "clock_lock", fabs(found / wanted - 1),
			"its clock was %s though %s were locked: --lock-clocks=auto finds a clock "
			"that the power limit lets be (nvidia-smi -q -d CLOCK,POWER,PERFORMANCE)",
			units_show(is, sizeof(is), found, "Hz"),
			units_show(was, sizeof(was), wanted, "Hz"));
}

void rules_clock_lock(struct results *out, const struct bundle_data *d)
{
	if (!bundle_value(d, "", "clocks.lock.asked"))
		return;
	for (size_t i = 0; i < out->n; i++) {
		struct result *r = &out->r[i];
		int gpu;

		if (r->s.n && !strcmp(r->unit, "FLOP/s") && key_number(r->labels, "gpu", &gpu))
			check(r, out, d, gpu);
	}
}
