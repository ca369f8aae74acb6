/* Small bundles on disk as sessions and nodes have them: manifest, plan, processes.csv. */
#ifndef ASSAY_TESTS_MAKE_SESSION_H
#define ASSAY_TESTS_MAKE_SESSION_H

#include "../../harness/base/rng.h"
#include "../../harness/judge/compare.h"
#include "../../harness/judge/history.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "bundle_fixture.h"
#include "report_text.h"

/* One bundle; what is 0 or NULL is as usual. */
struct mk_session {
	const char *host, *boot, *driver, *vbios, *hash, *simulated, *start, *params;
	const char *gpu_name, *uuid0, *uuid1; /* of GPU 0 and 1 */
	unsigned processes;		      /* 3 */
	double shift;			      /* slower by that share */
	double sd;			      /* from session to session, 0.0015 */
	unsigned seed;
	bool ab;
	bool sets; /* the GPUs act together: each is a member of 0+1 */
};

static inline const char *or_else(const char *v, const char *usual)
{
	return v ? v : usual;
}

static inline void mk_session_row(struct bundle *b, const char *arm, const char *key,
				  const char *value)
{
	struct err e = ERR_INIT;

	if (value)
		ok(bundle_add_manifest(b, arm, key, value, "made up", &e), &e);
}

static inline void mk_session_head(struct bundle *b, const struct mk_session *s)
{
	static const char *const word[] = {"unit",   "bytes/s", "better",
					   "higher", "class",	"bandwidth"};

	for (int i = 0; i < 6; i += 2) {
		char *key = mem_printf("metric.mem.rate.%s", word[i]);

		mk_session_row(b, "", key, word[i + 1]);
		free(key);
	}
	mk_session_row(b, "", "suite.name", "made-up");
	mk_session_row(b, "", "suite.hash", or_else(s->hash, "0123456789abcdef"));
	mk_session_row(b, "", "suite.gate", "mem.rate{size=4}");
	mk_session_row(b, "", "run.start_utc", or_else(s->start, "2026-11-20T22:58:03Z"));
	mk_session_row(b, "", "simulated", s->simulated);
	mk_session_row(b, "", "ab.a", s->ab ? "host" : NULL);
	mk_session_row(b, "", "ab.b", s->ab ? "podman" : NULL);
	mk_session_row(b, "host", "host.name", or_else(s->host, "lab-07"));
	mk_session_row(b, "host", "host.boot_id", or_else(s->boot, "boot-1"));
	mk_session_row(b, "host", "host.kernel", "6.1.0");
	mk_session_row(b, "host", "driver.version", or_else(s->driver, "580.82"));
	mk_session_row(b, "host", "gpu.0.name", or_else(s->gpu_name, "H100"));
	mk_session_row(b, "host", "gpu.1.name", or_else(s->gpu_name, "H100"));
	mk_session_row(b, "host", "gpu.0.uuid", or_else(s->uuid0, "GPU-zero"));
	mk_session_row(b, "host", "gpu.1.uuid", or_else(s->uuid1, "GPU-one"));
	mk_session_row(b, "host", "gpu.0.vbios", or_else(s->vbios, "96.00"));
}

static inline void mk_session_plan(struct bundle *b, const struct mk_session *s)
{
	struct err e = ERR_INIT;

	for (unsigned gpu = 0; gpu < 2; gpu++) {
		char *params = mem_printf(s->sets ? "gpus=0+1 member=%u %s" : "gpu=%u %s", gpu,
					  or_else(s->params, "size=4,8"));
		struct plan_row p = {.step = gpu,
				     .bench = "mem",
				     .label = "",
				     .params = params,
				     .processes = s->processes ? s->processes : 3,
				     .skip = ""};

		ok(bundle_add_plan(b, &p, &e), &e);
		free(params);
	}
}

/* GPU g is faster by 20 % than GPU g - 1, so that one cannot be taken for the other. */
static inline void mk_session(const char *parent, const char *name, const struct mk_session *s)
{
	char *dir = mem_printf("%s/%s", parent, name);
	struct buf text = BUF_INIT;
	struct err e = ERR_INIT;
	struct bundle *b;
	unsigned processes = s->processes ? s->processes : 3;

	ok(bundle_create(&b, dir, &e), &e);
	mk_session_head(b, s);
	mk_session_plan(b, s);
	bundle_close(b);
	buf_puts(&text, "arm,block,position,process,bench,metric,labels,n,median,rate_wall,valid,"
			"cause\n");
	for (unsigned gpu = 0; gpu < 2; gpu++)
		for (unsigned size = 4; size <= 8; size += 4) {
			struct rng r = {rng_hash(rng_hash(s->seed + 77, gpu), size)};
			bool swapped = s->uuid0 && !strcmp(s->uuid0, "GPU-one");
			double level = 1e10 * (gpu != swapped ? 1.2 : 1) / (1 + s->shift) *
				       exp((s->sd > 0 ? s->sd : 0.0015) * rng_normal(&r));

			for (unsigned p = 0; p < processes; p++)
				buf_printf(&text,
					   "host,0,0,%u,mem,rate,\"%s=%u,size=%u\",30,%.17g,,1,\n",
					   p, s->sets ? "gpus=0+1,member" : "gpu", gpu, size,
					   level * (1 + 1e-4 * p));
		}
	ok(bundle_write_file(dir, "processes.csv", text.s, text.len, &e), &e);
	buf_free(&text);
	free(dir);
}

/* n sessions NAME0, NAME1 … of like, each a boot of its own. */
static inline void mk_sessions(const char *parent, const char *name, unsigned n,
			       struct mk_session like)
{
	for (unsigned i = 0; i < n; i++) {
		char *one = mem_printf("%s%u", name, i), *boot = mem_printf("%s-boot-%u", name, i),
		     *start = mem_printf("2026-%02u-%02uT00:00:00Z", 1 + i / 28, 1 + i % 28);
		struct mk_session s = like;

		s.boot = boot;
		s.start = start;
		s.seed = (unsigned)rng_hash_str(i, name);
		mk_session(parent, one, &s);
		free(one);
		free(boot);
		free(start);
	}
}

static inline int mk_panel_add(struct panel *p, const char *parent, const char *name, unsigned side,
			       struct err *e)
{
	char *dir = mem_printf("%s/%s", parent, name);
	int rc = panel_add(p, dir, side, e);

	free(dir);
	return rc;
}

#endif
