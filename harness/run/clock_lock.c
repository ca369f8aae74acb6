/* What the user asked for, and what the bundle says of it: see clock_lock.h. */
#include "clock_lock.h"
#include "../base/log.h"
#include "../base/mem.h"
#include "../base/units.h"
#include "../probe/guard.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_MHZ 100000

/* ---- what was asked for ---- */

static int take_mhz(const char *text, size_t n, unsigned *mhz)
{
	char *word = mem_strndup(text, n);
	uint64_t v = 0;
	int rc = units_parse_u64(word, &v);

	free(word);
	*mhz = (unsigned)v;
	return rc || v < 1 || v > MOST_MHZ ? -EINVAL : 0;
}

int clock_lock_take(struct clock_lock *l, const char *what, struct err *e)
{
	static const char *const words[] = {"none", "auto", "base", "max"};

	l->asked = what;
	for (int i = CLOCK_LOCK_AUTO; i <= CLOCK_LOCK_MAX; i++) {
		if (!strcmp(what, words[i])) {
			l->how = (enum clock_lock_how)i;
			return 0;
		}
	}
	l->how = CLOCK_LOCK_MHZ;
	if (take_mhz(what, strlen(what), &l->mhz))
		return err_set(e, EINVAL,
			       "--lock-clocks wants auto, base, max or a clock in MHz, not \"%s\"",
			       what);
	return 0;
}

int clock_lock_take_restore(struct clock_lock *l, const char *range, struct err *e)
{
	size_t n = strcspn(range, ",");

	if (range[n] != ',' || take_mhz(range, n, &l->back[0]) ||
	    take_mhz(range + n + 1, strlen(range + n + 1), &l->back[1]) || l->back[0] > l->back[1])
		return err_set(e, EINVAL, "--restore-clocks wants MIN,MAX in MHz, not \"%s\"",
			       range);
	return 0;
}

/* The clock that a bundle's lock had; 0 where none was locked. */
static unsigned recorded_mhz(const struct bundle_data *d)
{
	for (size_t i = 0; i < d->n_manifest; i++) {
		unsigned gpu;
		int end = 0;

		if (sscanf(d->manifest[i].key, "clocks.lock.gpu.%u.clock%n", &gpu, &end) == 1 &&
		    end && !d->manifest[i].key[end])
			return (unsigned)(strtod(d->manifest[i].value, NULL) / 1e6 + 0.5);
	}
	return 0;
}

static int must_be_equal(const char *now, const char *then, const char *dir, struct err *e)
{
	if (now && (!then || strcmp(now, then) != 0))
		return err_at(e, EINVAL, dir, 0,
			      "was measured %s%s and cannot go on with --lock-clocks=%s; start a "
			      "new run with --like",
			      then ? "with --lock-clocks=" : "without a clock lock",
			      then ? then : "", now);
	return 0;
}

int clock_lock_again(struct clock_lock *l, const struct bundle_data *d, bool resume, struct err *e)
{
	const char *then = bundle_value(d, "", "clocks.lock.asked");
	const char *back = bundle_value(d, "", "clocks.lock.restore");
	unsigned mhz = recorded_mhz(d);
	int rc = resume ? must_be_equal(l->asked, then, d->dir, e) : 0;

	if (rc || !then || (l->asked && !resume))
		return rc;
	rc = clock_lock_take(l, then, e);
	if (!rc && l->how == CLOCK_LOCK_AUTO && mhz) {
		l->how = CLOCK_LOCK_MHZ;
		l->mhz = mhz;
	}
	if (!rc && !l->back[0] && back && strchr(back, ','))
		rc = clock_lock_take_restore(l, back, e);
	return rc;
}

/* ---- what the bundle says ---- */

static int add(const struct parent *p, const char *key, const char *value, const char *source,
	       struct err *e)
{
	return bundle_add_manifest(p->bundle, "", key, value, source, e);
}

static int add_hz(const struct parent *p, size_t gpu, const char *field, double hz,
		  const char *source, struct err *e)
{
	char key[64], text[32];

	if (isnan(hz))
		return 0;
	snprintf(key, sizeof(key), "clocks.lock.gpu.%zu.%s", gpu, field);
	return add(p, key, units_exact(text, sizeof(text), hz), source, e);
}

static const char *range_text(const struct clock_lock *l, char out[32])
{
	snprintf(out, 32, "%u,%u", l->back[0], l->back[1]);
	return l->back[0] ? out : "unlocked";
}

static int record_gpu(const struct clock_lock_gpu *g, const struct parent *p, size_t i,
		      struct err *e)
{
	char key[64];

	snprintf(key, sizeof(key), "clocks.lock.gpu.%zu", i);
	int rc = add(p, key, g->status, "assay guard, NVML", e);

	if (!rc)
		rc = add_hz(p, i, "before", g->before_hz, "light_clock, before the lock", e);
	if (!rc && g->locked && g->mhz)
		rc = add_hz(p, i, "clock", g->mhz * 1e6, "nvmlDeviceSetGpuLockedClocks", e);
	snprintf(key, sizeof(key), "clocks.lock.gpu.%zu.held", i);
	if (!rc && g->locked)
		rc = add(p, key, g->held ? "yes" : "no", "light_clock, behind the lock", e);
	if (!rc && g->locked)
		rc = add_hz(p, i, "light", g->light_hz, "light_clock, behind the lock", e);
	return rc ? rc : add_hz(p, i, "memory", g->memory_hz, "light_clock", e);
}

int clock_lock_record(const struct clock_lock *l, const struct parent *p, struct err *e)
{
	char range[32];
	int rc = 0;

	if (l->how == CLOCK_LOCK_NONE)
		return 0;
	rc = add(p, "clocks.lock.asked", l->asked, "--lock-clocks", e);
	if (!rc)
		rc = add(p, "clocks.lock.restore", range_text(l, range), "--restore-clocks", e);
	for (size_t i = 0; i < l->n && !rc; i++)
		if (l->gpu[i].wanted)
			rc = record_gpu(&l->gpu[i], p, i, e);
	return rc;
}

/* ---- the end ---- */

static bool some_locked(const struct clock_lock *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->gpu[i].locked)
			return true;
	return false;
}

int clock_lock_end(struct clock_lock *l, const struct parent *p, bool record, struct err *e)
{
	struct err why = ERR_INIT, still = ERR_INIT;
	bool asked = l->guard && some_locked(l);
	char range[32];
	int rc = guard_end(l->guard, &why);

	l->guard = NULL;
	if (rc == -EPIPE && !guard_mend(p->self, &still)) {
		log_warn("the guard was killed while the run went on: without it a lock may not "
			 "have held");
		rc = 0;
	}
	if (rc)
		log_warn("the clocks are not put back: %s", why.text);
	if (!record || !asked)
		return 0;
	return add(p, "clocks.lock.restored", rc ? "no" : range_text(l, range),
		   rc ? why.text : "assay guard", e);
}

void clock_lock_free(struct clock_lock *l)
{
	struct err ignored = ERR_INIT;

	if (l->guard && guard_end(l->guard, &ignored))
		log_warn("the clocks are not put back: %s", ignored.text);
	for (size_t i = 0; i < l->n; i++)
		free(l->gpu[i].status);
	free(l->gpu);
	*l = (struct clock_lock){.how = CLOCK_LOCK_NONE};
}
