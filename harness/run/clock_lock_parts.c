/* Loads, and what the guard is asked: see clock_lock_parts.h. */
#include "clock_lock_parts.h"
#include "child.h"
#include "../base/buf.h"
#include "../probe/guard.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIGHT_S 30.0
#define LOAD_S	120.0

/* ---- loads ---- */

static int take_row(void *arg, const char *const *f, size_t n, struct err *e)
{
	struct load *x = arg;

	(void)e;
	if (n == 7 && !strcmp(f[0], "sample") && !strcmp(f[1], "clock"))
		x->clock_hz = strtod(f[5], NULL);
	else if (n == 7 && !strcmp(f[0], "sample") && !strcmp(f[1], "memory_clock"))
		x->memory_hz = strtod(f[5], NULL);
	else if (n == 6 && !strcmp(f[0], "fact") && !strcmp(f[1], "clock_reasons"))
		x->reasons = strtoull(f[4], NULL, 0);
	return 0;
}

/* 0, -EINTR, or -EIO with what the step said. params: NULL-terminated. */
static int run_load(const struct locking *k, size_t gpu, const char *bench,
		    const char *const *params, double deadline_s, struct load *x, struct err *e)
{
	const char *extra[8] = {NULL};
	char uuid[96], number[24];
	struct spawned out;
	size_t n = 0;

	*x = (struct load){.clock_hz = NAN, .memory_hz = NAN};
	snprintf(uuid, sizeof(uuid), "--gpu-uuid=%s", machine_gpu(k->m, gpu, "uuid"));
	snprintf(number, sizeof(number), "gpu=%zu", gpu);
	extra[n++] = uuid;
	extra[n++] = number;
	for (; *params && n < 7; params++)
		extra[n++] = *params;
	child_run(k->p, &k->host,
		  &(struct child_job){.what = bench,
				      .extra = extra,
				      .deadline_s = deadline_s,
				      .on_row = take_row,
				      .arg = x},
		  &out);
	if (out.interrupted)
		return err_set(e, EINTR, "interrupted");
	if (out.status != ST_PASS)
		return err_set(e, EIO, "%s: %s: %s", bench, status_name(out.status), out.reason);
	return 0;
}

int clock_lock_light(const struct locking *k, size_t gpu, unsigned wanted_mhz, struct load *x,
		     struct err *e)
{
	char wanted[32];
	const char *params[] = {wanted, NULL};

	snprintf(wanted, sizeof(wanted), "wanted=%u", wanted_mhz);
	int rc = run_load(k, gpu, "light_clock", params, LIGHT_S, x, e);

	return rc || !isnan(x->clock_hz) ? rc : err_set(e, EIO, "light_clock told no clock");
}

int clock_lock_heavy(const struct locking *k, size_t gpu, struct err *e)
{
	static const char *const params[] = {"type=bf16", "n=8192", "kernel=cublaslt,mma", NULL};
	struct load ignored;

	return run_load(k, gpu, "gemm", params, LOAD_S, &ignored, e);
}

/* ---- the guard ---- */

int clock_lock_look(const struct locking *k, size_t gpu, struct clocks_seen *s, struct err *e)
{
	char request[64], answer[GUARD_ANSWER];

	snprintf(request, sizeof(request), "clocks-look %s", k->m->gpu[gpu].address);
	int rc = guard_ask(k->l->guard, request, answer, sizeof(answer), e);

	return rc ? rc : clocks_parse(s, answer, e);
}

int clock_lock_at(const struct locking *k, size_t gpu, unsigned mhz, struct err *e)
{
	struct buf b = BUF_INIT;

	buf_printf(&b, "clocks %s ", k->m->gpu[gpu].address);
	if (mhz)
		buf_printf(&b, "%u %u", mhz, mhz);
	else
		buf_puts(&b, "base base");
	if (k->l->back[0])
		buf_printf(&b, " %u %u", k->l->back[0], k->l->back[1]);
	int rc = guard_ask(k->l->guard, buf_str(&b), NULL, 0, e);

	buf_free(&b);
	if (!rc)
		k->l->gpu[gpu].locked = true;
	return rc;
}
