/* What NCCL chose: see nccl_debug.h. */
#include "nccl_debug.h"

#include "../harness/base/units.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_BYTES ((uint64_t)8 << 30) /* enough to see the choice */

static void on_line(void *arg, unsigned member, const char *line)
{
	struct nccl_said *said = arg;

	nccl_log_line(&said->log, line);
	ctx_log(said->c, "rank %u: %s", member, line);
}

static int one_case(struct nccl_session *s, enum nccl_coll coll, uint64_t bytes, uint64_t room,
		    struct nccl_said *said, struct nccl_choice *choice, struct err *e)
{
	struct nccl_order o = {.coll = coll, .chunk = coll_chunk(coll, bytes, s->n)};
	int rc;

	if (!o.chunk || bytes > room)
		return 0; /* no case, or it will be skipped */
	nccl_log_next(&said->log);
	rc = session_order(s, NCCL_ONCE, &o, e);
	*choice = said->log.choice;
	return rc;
}

static int all_cases(struct nccl_session *s, struct ctx *c, struct nccl_said *said, struct err *e)
{
	struct nccl_order o = {.bytes = ctx_max_u64(c, "size")};
	uint64_t room = 0;
	const char *name, *size;
	int rc;

	if (o.bytes > MOST_BYTES)
		o.bytes = MOST_BYTES;
	rc = session_order(s, NCCL_ROOM, &o, e);
	if (!rc)
		room = session_room(s);
	for (size_t i = 0; !rc && (name = ctx_nth(c, "coll", i)); i++) {
		enum nccl_coll coll = coll_named(name);

		if (!coll_has_algorithm(coll, ctx_str(c, "algo")))
			continue;
		for (size_t k = 0; !rc && k < NCCL_MAX_SIZES && (size = ctx_nth(c, "size", k)); k++)
			rc = one_case(s, coll, strtoull(size, NULL, 10), room, said,
				      &said->choice[coll][k], e);
	}
	return rc;
}

int debug_pass(struct nccl_session *s, struct ctx *c, struct gang_spec *how, struct nccl_said *said,
	       struct err *e)
{
	struct gang_spec spec = *how;
	const char *env[NCCL_MAX_ENV + 4];
	size_t n = 0;
	int rc;

	while (how->env[n]) {
		env[n] = how->env[n];
		n++;
	}
	env[n++] = "NCCL_DEBUG=INFO";
	env[n++] = "NCCL_DEBUG_SUBSYS=INIT,GRAPH,TUNING";
	env[n] = NULL;
	said->c = c;
	spec.env = env;
	spec.on_line = on_line;
	spec.arg = said;
	rc = session_start(s, c, &spec, e);
	/* a forced algorithm that is not there fails in NCCL; the caller skips it for a reason */
	if (!rc && (strcmp(ctx_str(c, "algo"), "nvls") || nccl_log_nvls(&said->log)))
		rc = all_cases(s, c, said, e);
	if (rc && s->gang && rc != -ENOTSUP)
		session_blame(s, e);
	session_stop(s);
	return rc;
}

/* "P2P", "SHM at GPU 3", "SHM between some" and whether NVLS is there, if that matters. */
static void describe(const struct nccl_session *s, const struct nccl_said *said, bool nvls_matters,
		     char *out, size_t size)
{
	enum nccl_way way;
	const char *word = nccl_log_worst(&said->log, &way);
	int rank = way > NCCL_WAY_P2P ? nccl_log_culprit(&said->log, way) : -1;
	char at[32] = "";

	if (rank >= 0 && (unsigned)rank < s->n)
		snprintf(at, sizeof(at), " at %s", s->name[rank]);
	snprintf(out, size, "%s%s%s", word, at,
		 !nvls_matters		     ? ""
		 : nccl_log_nvls(&said->log) ? " with NVLS"
					     : " without NVLS");
}

void debug_say_transport(const struct nccl_session *s, struct ctx *c, const struct nccl_said *said)
{
	bool ring = !strcmp(ctx_str(c, "algo"), "ring");
	/* NCCL uses NVLS among three GPUs and more */
	bool nvls = !ring && s->all_nvlink && s->all_multicast && s->n > 2;
	char found[80], source[400], *kept;
	enum nccl_way way;

	nccl_log_worst(&said->log, &way);
	if (s->n < 2 || way == NCCL_WAY_NONE)
		return;
	describe(s, said, nvls, found, sizeof(found));
	kept = gang_variables("NCCL_");
	snprintf(source, sizeof(source), "NCCL_DEBUG=INFO: %s%s%.250s", said->log.words[way],
		 *kept ? "; set by the caller: " : "", kept);
	free(kept);
	if (s->all_nvlink)
		ctx_expect(c, "transport", "", "algo,gpus", found, nvls ? "P2P with NVLS" : "P2P",
			   source);
	else
		ctx_fact(c, "transport", "", "algo,gpus", found, source);
}
