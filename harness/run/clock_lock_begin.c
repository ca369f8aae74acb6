/*
 * Before the first step: which clock each GPU gets, and whether it holds. See clock_lock.h. Loads
 * are steps of benchmarks in processes of their own, on the host: light_clock for little to do, a
 * product of matrices (or what is nearest to it) for auto. Known error: auto tries one GPU after
 * the other, so what their common air and power supplies do under load together is not seen.
 */
#include "clock_lock_parts.h"
#include "../base/buf.h"
#include "../base/clock_events.h"
#include "../base/log.h"
#include "../base/mem.h"
#include "../probe/guard.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BELOW 0.98 /* of its maximum: a clock below that is held down by something */
#define SAME  0.005

/* ---- one GPU ---- */

static void set_status(struct clock_lock_gpu *g, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void set_status(struct clock_lock_gpu *g, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	free(g->status);
	g->status = mem_strdup(text);
}

/* Whether an error is this GPU's fate, which is observed instead, and not the run's end. */
static bool only_observed(int rc)
{
	return rc == -EPERM || rc == -ENOTSUP || rc == -EIO || rc == -ENODEV || rc == -EBUSY;
}

/* Somebody's lock cannot be read: a clock that stays low for no reason is all there is to see. */
static int look_for_locks(const struct locking *k, size_t gpu, struct err *e)
{
	struct clock_lock_gpu *g = &k->l->gpu[gpu];
	struct load x;
	int rc = clock_lock_light(k, gpu, 0, &x, e);

	if (rc)
		return rc;
	g->before_hz = x.clock_hz;
	g->memory_hz = x.memory_hz;
	if (isnan(g->max_hz) || x.clock_hz >= BELOW * g->max_hz || x.reasons & CLOCK_EVENTS_KNOWN ||
	    forced_has(&k->p->forced, "clocks"))
		return 0;
	return err_set(
		e, ECANCELED,
		"GPU %zu (%s) stays at %.0f MHz of %.0f under a light load, and says no "
		"reason: somebody may have locked its clocks, which cannot be read and would "
		"be lost; --force=clocks locks all the same, --restore-clocks=MIN,MAX puts "
		"theirs back",
		gpu, k->m->gpu[gpu].address, x.clock_hz / 1e6, g->max_hz / 1e6);
}

static int has_clock(const struct clocks_seen *s, size_t gpu, unsigned mhz, struct err *e)
{
	size_t i = 0;

	while (i < s->n && s->mhz[i] > mhz)
		i++;
	if (!s->n || (i < s->n && s->mhz[i] == mhz))
		return 0;
	if (!i || i == s->n)
		return err_set(e, EINVAL,
			       "--lock-clocks=%u: GPU %zu has SM clocks from %u to %u MHz", mhz,
			       gpu, s->mhz[s->n - 1], s->mhz[0]);
	return err_set(e, EINVAL,
		       "--lock-clocks=%u: GPU %zu has no such SM clock; the nearest are %u and %u "
		       "MHz",
		       mhz, gpu, s->mhz[i], s->mhz[i - 1]);
}

/* ---- all of them ---- */

static int choose(struct locking *k, size_t gpu, struct err *e)
{
	struct clock_lock_gpu *g = &k->l->gpu[gpu];
	struct clocks_seen s;
	int rc = clock_lock_look(k, gpu, &s, e);

	if (rc)
		return rc;
	g->max_hz = s.sm_max_hz;
	rc = look_for_locks(k, gpu, e);
	if (!rc && k->l->how == CLOCK_LOCK_MAX && isnan(s.sm_max_hz))
		rc = err_set(e, ENOTSUP, "NVML does not tell its highest clock");
	if (rc)
		return rc;
	switch (k->l->how) {
	case CLOCK_LOCK_MAX:
		g->mhz = (unsigned)(s.sm_max_hz / 1e6 + 0.5);
		return 0;
	case CLOCK_LOCK_MHZ:
		g->mhz = k->l->mhz;
		return has_clock(&s, gpu, g->mhz, e);
	case CLOCK_LOCK_AUTO:
		rc = clock_lock_find_auto(k, gpu, &s, &g->mhz, e);
		if (!rc)
			k->best = g->mhz;
		return rc;
	case CLOCK_LOCK_BASE:
	case CLOCK_LOCK_NONE:
		break;
	}
	return 0;
}

/* Base: NVML does not tell which clock it is, only that it is not the one from before. */
static bool holds(const struct clock_lock_gpu *g)
{
	if (!g->mhz)
		return g->light_hz < (1 - SAME) * g->before_hz;
	return fabs(g->light_hz / (g->mhz * 1e6) - 1) < SAME;
}

static int lock_and_try(const struct locking *k, size_t gpu, struct err *e)
{
	struct clock_lock_gpu *g = &k->l->gpu[gpu];
	struct load x;
	int rc;

	if (k->l->how == CLOCK_LOCK_AUTO)
		g->mhz = k->best;
	rc = clock_lock_at(k, gpu, g->mhz, e);
	if (!rc)
		rc = clock_lock_light(k, gpu, g->mhz, &x, e);
	if (rc)
		return rc;
	g->light_hz = x.clock_hz;
	g->memory_hz = x.memory_hz;
	g->held = holds(g);
	if (g->held)
		set_status(g, "locked at %.0f MHz", g->light_hz / 1e6);
	else if (g->mhz)
		set_status(g, "lock not held: %.0f MHz where %u were asked for", g->light_hz / 1e6,
			   g->mhz);
	else
		set_status(g, "lock not held: still %.0f MHz where the base clock was asked for",
			   g->light_hz / 1e6);
	return 0;
}

/* Why its clocks are not ours to change, NULL if they are. Caller frees. */
static char *not_ours(const struct locking *k, size_t gpu)
{
	enum status ignored = ST_SKIP;
	char *why;

	if (!machine_gpu(k->m, gpu, "uuid"))
		return mem_strdup("NVML does not show it");
	why = preflight_gpu(k->m, gpu, "", &k->p->forced, &ignored);
	return why ? why : parent_claim(k->p, k->m, gpu, "");
}

typedef int gpu_fn(struct locking *k, size_t gpu, struct err *e);

/* Does it for each GPU that is still to be locked; what it cannot do for one is that one's status.
 */
static int each(struct locking *k, gpu_fn *fn, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; i < k->l->n && !rc; i++) {
		struct clock_lock_gpu *g = &k->l->gpu[i];
		struct err own = ERR_INIT;

		if (!g->wanted || g->status)
			continue;
		rc = fn(k, i, &own);
		if (rc && only_observed(rc)) {
			set_status(g, "not locked, only observed: %s", own.text);
			rc = 0;
		} else if (rc) {
			rc = err_set(e, own.code, "%s", own.text);
		}
	}
	return rc;
}

static int lock_fn(struct locking *k, size_t gpu, struct err *e)
{
	return lock_and_try(k, gpu, e);
}

static int claim_fn(struct locking *k, size_t gpu, struct err *e)
{
	char *why = not_ours(k, gpu);
	int rc = why ? err_set(e, EBUSY, "%s", why) : 0;

	free(why);
	return rc;
}

static void find_wanted(const struct locking *k)
{
	struct clock_lock *l = k->l;

	l->n = k->p->n_gpus;
	l->gpu = mem_zalloc(l->n + 1, sizeof(*l->gpu));
	for (size_t i = 0; i < l->n; i++)
		l->gpu[i].before_hz = l->gpu[i].light_hz = l->gpu[i].memory_hz = l->gpu[i].max_hz =
			NAN;
	for (size_t s = 0; s < k->p->plan->n; s++) {
		const struct plan_step *st = &k->p->plan->step[s];

		for (size_t i = 0; i < st->gpus.n && !st->row.skip[0]; i++) {
			size_t gpu = (size_t)st->gpus.gpu[i];

			if (gpu >= l->n)
				continue;
			l->gpu[gpu].wanted = true;
			if (*st->gpus.mig && !l->gpu[gpu].status)
				set_status(&l->gpu[gpu],
					   "not locked, only observed: it is divided by MIG, and "
					   "others may use its instances");
		}
	}
}

/* "GPU 0, 1, 2: locked at 1500 MHz": equal words once. */
static void tell(const struct clock_lock *l)
{
	bool *told = mem_zalloc(l->n + 1, sizeof(*told));

	for (size_t i = 0; i < l->n; i++) {
		struct buf b = BUF_INIT;

		if (told[i] || !l->gpu[i].status)
			continue;
		for (size_t k = i; k < l->n; k++) {
			if (!l->gpu[k].status || strcmp(l->gpu[k].status, l->gpu[i].status) != 0)
				continue;
			buf_printf(&b, "%s%zu", b.len ? ", " : "", k);
			told[k] = true;
		}
		if (l->gpu[i].held)
			log_info("SM clock of GPU %s: %s", b.s, l->gpu[i].status);
		else
			log_warn("SM clock of GPU %s: %s", b.s, l->gpu[i].status);
		buf_free(&b);
	}
	free(told);
}

int clock_lock_begin(struct clock_lock *l, struct parent *p, const struct machine *m, struct err *e)
{
	struct locking k = {.l = l, .p = p, .m = m, .host = {.name = "host", .program = p->self}};
	int rc = l->how == CLOCK_LOCK_NONE ? 0 : guard_start(&l->guard, p->self, e);

	if (rc || l->how == CLOCK_LOCK_NONE)
		return rc;
	find_wanted(&k);
	rc = each(&k, claim_fn, e);
	if (!rc)
		rc = each(&k, choose, e);
	if (!rc)
		rc = each(&k, lock_fn, e);
	if (!rc)
		tell(l);
	return rc;
}
