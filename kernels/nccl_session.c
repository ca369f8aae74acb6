/* The step's side of NCCL: see nccl_session.h. */
#include "nccl_session.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define START_TIMES	3   /* patience for contexts and communicators, in times of the usual */
#define PAIR_PATIENCE_S 5.0 /* a pair with little data */
#define PAIR_ELEMENTS	256
#define MORE_S		2.0 /* so that a member's own report comes before our deadline */

int session_init(struct nccl_session *s, struct ctx *c, struct err *e)
{
	int n = ctx_gpus(c, s->gpu, GANG_MAX);

	if (n < 1 || n > GANG_MAX)
		return err_set(e, ENOTSUP, "no GPU to work on, or more than %d", GANG_MAX);
	s->n = (unsigned)n;
	for (unsigned i = 0; i < s->n; i++) {
		snprintf(s->name_text[i], sizeof(s->name_text[i]), "GPU %d", s->gpu[i]);
		s->name[i] = s->name_text[i];
	}
	s->seed = (uint32_t)ctx_seed(c);
	s->patience_s = (double)ctx_u64(c, "patience");
	return 0;
}

int session_order(struct nccl_session *s, enum nccl_what what, struct nccl_order *o, struct err *e)
{
	if (!(o->patience_s > 0))
		o->patience_s = s->patience_s;
	o->seed = s->seed;
	return gang_order(s->gang, what, o, sizeof(*o), o->patience_s + MORE_S, e);
}

/* A communicator of the ranks in the mask. */
static int join(struct nccl_session *s, uint64_t ranks, double patience_s, struct err *e)
{
	struct nccl_order o = {.ranks = ranks, .patience_s = patience_s};
	int rc = session_order(s, NCCL_ID, &o, e);

	if (rc)
		return rc;
	memcpy(o.id, gang_answer(s->gang, 0)->data, sizeof(o.id));
	return session_order(s, NCCL_JOIN, &o, e);
}

static void take_seen(struct nccl_session *s)
{
	s->all_nvlink = s->all_multicast = true;
	for (unsigned i = s->n; i-- > 0;) {
		memcpy(&s->seen, gang_answer(s->gang, i)->data, sizeof(s->seen));
		memcpy(s->address[i], s->seen.address, sizeof(s->address[i]));
		s->all_nvlink &= s->seen.nvlink_peers == (int)s->n - 1;
		s->all_multicast &= s->seen.multicast == 1;
	}
}

int session_start(struct nccl_session *s, struct ctx *c, const struct gang_spec *how, struct err *e)
{
	struct nccl_order o = {.patience_s = START_TIMES * s->patience_s};
	struct gang_spec spec = *how;
	int rc;

	spec.bench = "nccl";
	spec.size = s->n;
	spec.name = s->name;
	rc = gang_start(&s->gang, c, &spec, e);
	if (rc) {
		session_stop(s); /* no member to blame */
		return rc;
	}
	rc = session_order(s, NCCL_OPEN, &o, e);
	if (rc)
		return rc;
	take_seen(s);
	return join(s, s->n ? UINT64_MAX >> (64 - s->n) : 0, START_TIMES * s->patience_s, e);
}

void session_stop(struct nccl_session *s)
{
	gang_stop(s->gang);
	s->gang = NULL;
}

uint64_t session_room(const struct nccl_session *s)
{
	uint64_t least = UINT64_MAX, own;

	for (unsigned i = 0; i < s->n; i++) {
		memcpy(&own, gang_answer(s->gang, i)->data, sizeof(own));
		least = own < least ? own : least;
	}
	return least;
}

/* ---- who is to blame ---- */

static bool died(const struct gang_answer *a)
{
	return a->code == -EPIPE;
}

static bool silent(const struct gang_answer *a)
{
	return a->code == -ETIMEDOUT && !strcmp(a->why, "no answer");
}

static bool has_own_error(const struct gang_answer *a)
{
	return a->code && a->code != -ETIMEDOUT && a->code != -EREMOTEIO;
}

/* The member whose process died, which is silent, or has an error of its own; -1: nobody. */
static int confessed(const struct nccl_session *s)
{
	static bool (*const signs[])(const struct gang_answer *) = {died, silent, has_own_error};

	for (size_t k = 0; k < sizeof(signs) / sizeof(signs[0]); k++) {
		for (unsigned i = 0; i < s->n; i++) {
			if (signs[k](gang_answer(s->gang, i)))
				return (int)i;
		}
	}
	return -1;
}

/* What those say who only waited, without a name: they are not to blame. */
static const char *waited(const struct nccl_session *s)
{
	for (unsigned i = 0; i < s->n; i++) {
		if (gang_answer(s->gang, i)->code)
			return gang_answer(s->gang, i)->why;
	}
	return "";
}

/* Whether two ranks alone can do a small all_reduce, with a communicator of their own. */
static bool pair_works(struct nccl_session *s, unsigned a, unsigned b)
{
	double patience_s = s->patience_s < PAIR_PATIENCE_S ? s->patience_s : PAIR_PATIENCE_S;
	struct nccl_order o = {
		.coll = NCCL_ALL_REDUCE, .chunk = PAIR_ELEMENTS, .patience_s = patience_s};
	struct err e = ERR_INIT;
	int rc = join(s, (uint64_t)1 << a | (uint64_t)1 << b, patience_s, &e);

	if (!rc)
		rc = session_order(s, NCCL_ONCE, &o, &e);
	err_clear(&e);
	session_order(s, rc ? NCCL_ABORT : NCCL_LEAVE, &o, &e);
	return !rc;
}

/* Tries each rank with its next; a rank that fails with both neighbours is the one. */
static void try_pairs(struct nccl_session *s, char *out, size_t size)
{
	bool bad[GANG_MAX] = {false};
	unsigned n_bad = 0, culprit = s->n;

	for (unsigned i = 0; i < s->n; i++) {
		bad[i] = !pair_works(s, i, (i + 1) % s->n);
		n_bad += bad[i];
	}
	for (unsigned i = 0; i < s->n; i++) {
		if (bad[i] && bad[(i + s->n - 1) % s->n])
			culprit = i;
	}
	if (!n_bad) {
		snprintf(out, size,
			 "after the abort each pair of neighbours works with a fresh communicator: "
			 "only all together fail");
	} else if (n_bad == 2 && culprit < s->n) {
		snprintf(out, size,
			 "%s is to blame: after the abort both pairs with it fail again, the other "
			 "pairs work with fresh communicators",
			 s->name[culprit]);
	} else {
		int n = snprintf(out, size, "after the abort these pairs fail again:");

		for (unsigned i = 0; i < s->n && n > 0 && (size_t)n < size; i++) {
			if (bad[i])
				n += snprintf(out + n, size - (size_t)n, " %s and %d%s", s->name[i],
					      s->gpu[(i + 1) % s->n], i + 1 < s->n ? "," : "");
		}
	}
}

void session_blame(struct nccl_session *s, struct err *why)
{
	struct nccl_order o = {.patience_s = 0};
	int code = why->code, who = confessed(s);
	char seen[GANG_WHY_BYTES], finding[400];
	struct err e = ERR_INIT;

	err_clear(why);
	if (who >= 0) {
		err_set(why, code, "%s: %s", s->name[who],
			gang_answer(s->gang, (unsigned)who)->why);
		return;
	}
	snprintf(seen, sizeof(seen), "%s", waited(s));
	if (session_order(s, NCCL_ABORT, &o, &e))
		snprintf(finding, sizeof(finding), "after ncclCommAbort %.350s", e.text);
	else if (session_order(s, NCCL_ROOM, &o, &e)) /* for failures before there was any */
		snprintf(finding, sizeof(finding), "%.350s", e.text);
	else if (s->n < 3)
		snprintf(finding, sizeof(finding), "%s or %s, one alone does not tell", s->name[0],
			 s->name[s->n - 1]);
	else
		try_pairs(s, finding, sizeof(finding));
	err_set(why, code, "%.300s; %s", seen, finding);
}
