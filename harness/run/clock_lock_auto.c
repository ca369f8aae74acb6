/*
 * The clock that `auto` chooses: the highest at which the power cap never acts under a product of
 * matrices, found by halving the list of clocks. See clock_lock_parts.h.
 */
#include "clock_lock_parts.h"
#include "../base/log.h"

#include <errno.h>
#include <math.h>

#define LEAST_OF_AUTO 0.5 /* of the maximum: auto does not look below */

static int capped_at(const struct locking *k, size_t gpu, unsigned mhz, bool *capped, struct err *e)
{
	struct clocks_seen before, after;
	int rc = clock_lock_at(k, gpu, mhz, e);

	if (!rc)
		rc = clock_lock_look(k, gpu, &before, e);
	if (!rc)
		rc = clock_lock_heavy(k, gpu, e);
	if (!rc)
		rc = clock_lock_look(k, gpu, &after, e);
	if (rc)
		return rc;
	*capped = after.capped_s > before.capped_s;
	log_info("GPU %zu at %u MHz: the power cap %s", gpu, mhz,
		 *capped ? "acts" : "does not act");
	return 0;
}

/* The list falls: clocks up to `capped` are too high, from `free` on they are not. */
static int halve(const struct locking *k, size_t gpu, const struct clocks_seen *s, size_t capped,
		 size_t free_at, unsigned *mhz, struct err *e)
{
	int rc = 0;

	while (!rc && capped + 1 < free_at) {
		size_t middle = capped + (free_at - capped) / 2;
		bool acts = false;

		rc = capped_at(k, gpu, s->mhz[middle], &acts, e);
		if (acts)
			capped = middle;
		else
			free_at = middle;
	}
	*mhz = s->mhz[free_at];
	return rc;
}

int clock_lock_find_auto(struct locking *k, size_t gpu, const struct clocks_seen *s, unsigned *mhz,
			 struct err *e)
{
	size_t first = 0, last = s->n;
	bool acts = true;
	int rc;

	if (!s->n || isnan(s->capped_s))
		return err_set(e, ENOTSUP, "NVML does not say %s: name a clock, or base",
			       s->n ? "when the power cap acts" : "which clocks it has");
	while (k->best && first + 1 < s->n && s->mhz[first] > k->best)
		first++;
	rc = capped_at(k, gpu, s->mhz[first], &acts, e);
	*mhz = s->mhz[first];
	if (rc || !acts)
		return rc;
	while (last > first + 1 && s->mhz[last - 1] < LEAST_OF_AUTO * s->mhz[0])
		last--;
	rc = capped_at(k, gpu, s->mhz[last - 1], &acts, e);
	if (!rc && acts)
		return err_set(e, ENOTSUP, "its power cap acts even at %u MHz", s->mhz[last - 1]);
	return rc ? rc : halve(k, gpu, s, first, last - 1, mhz, e);
}
