/* See mps_session.h. */
#include "mps_session.h"

#include "../harness/base/clock.h"
#include "../harness/probe/guard.h"
#include "../harness/probe/mps.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LAUNCHES_S 1.0 /* what a client's launches of one order may take each, generously */
#define LIMIT	   48  /* clients that every driver since Volta's MPS takes */

int mps_session_order(struct mps_session *s, enum mps_what what, struct mps_order *o, struct err *e)
{
	return gang_order(s->gang, what, o, sizeof(*o),
			  s->patience_s + LAUNCHES_S * o->launches * s->n, e);
}

const void *mps_session_answer(const struct mps_session *s, unsigned client)
{
	return gang_answer(s->gang, client)->data;
}

/* ---- a process without MPS ---- */

/* It makes a context, computes and checks what it computed: before MPS, and again afterwards. */
static int witness(struct ctx *c, double patience_s, struct mps_client *seen, struct err *e)
{
	const char *const name[] = {"a fresh process without MPS"};
	const struct gang_spec spec = {.bench = "mps", .size = 1, .name = name};
	static const enum mps_what orders[] = {MPS_OPEN,  MPS_ROOM, MPS_FILL,
					       MPS_READY, MPS_GO,   MPS_CHECK};
	struct mps_order o = {.who = 1,
			      .shape = {.n = MPS_THREADS, .blocks = 1, .passes = 1, .rounds = 1000},
			      .launches = 1,
			      .seed = (uint32_t)ctx_seed(c)};
	struct pattern_diff diff;
	struct gang *g;
	int rc = gang_start(&g, c, &spec, e);

	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]) && !rc; i++) {
		rc = gang_order(g, orders[i], &o, sizeof(o), patience_s, e);
		if (!rc && orders[i] == MPS_OPEN)
			memcpy(seen, gang_answer(g, 0)->data, sizeof(*seen));
	}
	if (!rc) {
		memcpy(&diff, gang_answer(g, 0)->data, sizeof(diff));
		if (diff.bytes)
			rc = err_set(e, EBADMSG, "%s computed wrong numbers", name[0]);
		else if (seen->mps == 1)
			rc = err_set(e, EBUSY, "%s is served by an MPS daemon all the same",
				     name[0]);
	}
	gang_stop(g);
	return rc;
}

/* ---- the daemon ---- */

static int start_daemon(struct mps_session *s, struct err *e)
{
	char *program = mps_program(e), *site = mps_site(), request[96];
	int rc = 0;

	if (!program || site)
		rc = -ENOTSUP;
	if (site)
		err_set(e, ENOTSUP,
			"%s and may hold the GPU: this suite starts one of its own and "
			"disturbs none; end it to measure (echo quit | nvidia-cuda-mps-control)",
			site);
	free(program);
	free(site);
	if (rc)
		return rc;
	snprintf(s->dir, sizeof(s->dir), MPS_DIR_PREFIX "%d.%05llx", (int)getpid(),
		 (unsigned long long)clock_wall_ns() & 0xfffff);
	snprintf(request, sizeof(request), "mps %s", s->dir);
	rc = guard_start(&s->guard, ctx_self(s->c), e);
	return rc ? rc : guard_ask(s->guard, request, NULL, 0, e);
}

/* ---- clients ---- */

/* What a refusal means, and what mends it. */
static const char *meaning(int cuda_error)
{
	switch (cuda_error) {
	case 46: /* devices unavailable */
		return "; the compute mode or another process keeps this GPU from it";
	case 805: /* MPS connection failed */
		return "; no MPS server could be reached: see the daemon's logs, and whether "
		       "client and daemon run as one user";
	case 806: /* MPS RPC failure */
	case 807: /* server not ready */
		return "; the MPS server does not answer as it should: see its log";
	case 808: /* max clients */
	case 809: /* max connections */
		return "; MPS takes 48 clients a GPU up to CUDA 13.0 and 60 from 13.1, fewer where "
		       "connections run out";
	case 810: /* client terminated */
		return "; the server ended it: a client or the GPU has had an error";
	default:
		return "";
	}
}

static void refuse(struct mps_session *s, const struct err *why)
{
	const struct gang_answer *a = gang_answer(s->gang, s->n);
	struct mps_client client = {.cuda_error = 0};

	if (a->bytes == sizeof(client))
		memcpy(&client, a->data, sizeof(client));
	s->refused_code =
		why->code == ENOTSUP || why->code == ENOMEM || s->n >= LIMIT ? -ENOTSUP : -EBADMSG;
	snprintf(s->refused, sizeof(s->refused), "%.380s%s", why->text, meaning(client.cuda_error));
}

static int start_clients(struct mps_session *s, unsigned wanted, struct err *e)
{
	const char *env[5] = {NULL};
	struct gang_spec spec = {.bench = "mps", .size = wanted, .name = s->name, .env = env};
	struct mps_order o = {.launches = 0};
	struct err why = ERR_INIT;
	int rc;

	if (s->mps) {
		spec.drop = "CUDA_MPS_";
		snprintf(s->env[0], sizeof(s->env[0]), "CUDA_MPS_PIPE_DIRECTORY=%s/" MPS_PIPE,
			 s->dir);
		snprintf(s->env[1], sizeof(s->env[1]), "CUDA_MPS_LOG_DIRECTORY=%s/" MPS_LOG,
			 s->dir);
		snprintf(s->env[2], sizeof(s->env[2]), "CUDA_MPS_ACTIVE_THREAD_PERCENTAGE=%u",
			 s->percent);
		env[0] = s->env[0];
		env[1] = s->env[1];
		env[2] = s->percent < 100 ? s->env[2] : NULL;
	}
	rc = gang_start(&s->gang, s->c, &spec, e);
	for (; s->n < wanted && !rc; s->n++) {
		o.who = (uint64_t)1 << s->n;
		if (mps_session_order(s, MPS_OPEN, &o, &why))
			break;
		memcpy(&s->client[s->n], mps_session_answer(s, s->n), sizeof(s->client[0]));
	}
	if (why.code)
		refuse(s, &why);
	if (!rc && !s->n)
		rc = err_set(e, s->refused_code == -ENOTSUP ? ENOTSUP : EIO, "%s", s->refused);
	return rc;
}

int mps_session_open(struct mps_session *s, struct ctx *c, unsigned wanted, struct err *e)
{
	int rc = 0;

	s->c = c;
	s->mps = !strcmp(ctx_str(c, "mode"), "mps");
	s->percent = (unsigned)ctx_u64(c, "percent");
	s->patience_s = (double)ctx_u64(c, "patience");
	for (unsigned i = 0; i < GANG_MAX; i++) {
		snprintf(s->name_text[i], sizeof(s->name_text[i]), "client %u", i + 1);
		s->name[i] = s->name_text[i];
	}
	rc = witness(c, s->patience_s, &s->whole, e);
	if (!rc && !s->mps && s->whole.exclusive && wanted > 1)
		rc = err_set(e, ENOTSUP,
			     "the compute mode leaves one process a context: several share the "
			     "GPU under MPS alone");
	if (!rc && s->mps)
		rc = start_daemon(s, e);
	return rc ? rc : start_clients(s, wanted, e);
}

void mps_session_close(struct mps_session *s, char *after, size_t size)
{
	struct mps_client seen;
	struct err e = ERR_INIT;

	gang_stop(s->gang);
	s->gang = NULL;
	if (s->guard && guard_end(s->guard, &e))
		ctx_log(s->c, "ending the MPS daemon: %s", e.text);
	err_clear(&e);
	snprintf(after, size, "%s", witness(s->c, s->patience_s, &seen, &e) ? e.text : "works");
}
