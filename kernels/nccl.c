/*
 * Collectives of NCCL between the GPUs of a set: one process a GPU (nccl_member.c), orders from
 * here (nccl_session.c). First an untimed pass asks NCCL what it chose (nccl_debug.c), then each
 * case is timed: one operation brings the ranks together, up to 128 follow back to back, the
 * slowest rank's GPU events count. Afterwards the buffers are filled with each rank's own numbers
 * and poison, one operation is made, and every element checked on every rank. What a ring can carry
 * is its ceiling, and a GPU whose NVLinks are down is named. Known error: launching is part of the
 * time where it takes longer than the operation, as it is for a program.
 */
#include "gpu.h"
#include "nccl_debug.h"
#include "peers.h"

#include "../harness/base/units.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define MAX_BATCH    128
#define SLOW_BYTES_S 1e9 /* what is slower than this has failed */

static const struct param params[] = {
	{.name = "gpus",
	 .type = PARAM_GPUS,
	 .def = "all",
	 .help = "the GPUs that work together, by PCI order"},
	{.name = "algo",
	 .type = PARAM_ENUM,
	 .def = "default",
	 .choices = "default|ring|nvls",
	 .help = "algorithm; default: what NCCL chooses"},
	{.name = "coll",
	 .type = PARAM_ENUM,
	 .scope = SCOPE_CASE,
	 .def = "all",
	 .choices = "all_gather|all_reduce|alltoall|broadcast|reduce_scatter|sendrecv",
	 .help = "collective"},
	{.name = "size",
	 .type = PARAM_SIZE,
	 .scope = SCOPE_CASE,
	 .def = "1GiB",
	 .min = 4,
	 .max = (uint64_t)16 << 30,
	 .unit = "bytes",
	 .help = "bytes of the whole array, of all ranks' parts together"},
	{.name = "patience",
	 .type = PARAM_INT,
	 .def = "20",
	 .min = 1,
	 .max = 600,
	 .unit = "s",
	 .option = true,
	 .help = "how long an operation may take beyond what 1 GB/s would"},
	{.name = "variables",
	 .type = PARAM_ENUM,
	 .def = "keep",
	 .choices = "keep|drop",
	 .option = true,
	 .help = "the caller's NCCL_* variables; all are recorded"},
	{.name = NULL},
};

static const struct metric metrics[] = {
	{.name = "busbw",
	 .unit = "bytes/s",
	 .better = BETTER_HIGHER,
	 .cls = "bandwidth",
	 .help = "algbw times a factor that makes it comparable with a link, above 64 KiB"},
	{.name = "algbw",
	 .unit = "bytes/s",
	 .better = BETTER_HIGHER,
	 .cls = "bandwidth",
	 .help = "bytes of the array by time, above 64 KiB"},
	{.name = "latency",
	 .unit = "s",
	 .better = BETTER_LOWER,
	 .cls = "latency",
	 .help = "time of one among operations back to back, up to 64 KiB; always with one GPU"},
	{.name = NULL},
};

/* Sends have no algorithm to choose, and a rank's part is one number at least. */
static bool applies(const struct ctx *c)
{
	enum nccl_coll coll = coll_named(ctx_str(c, "coll"));
	int gpu[GANG_MAX], n = ctx_gpus(c, gpu, GANG_MAX);

	return coll_has_algorithm(coll, ctx_str(c, "algo")) &&
	       coll_chunk(coll, ctx_u64(c, "size"), n > 0 ? (unsigned)n : 1) > 0;
}

#ifdef ASSAY_CUDA

struct nccl_state {
	struct nccl_session session;
	struct nccl_said said;
	double links_bytes_s; /* most that a ring can carry; 0: not known */
	char links_why[64];
	uint64_t room; /* bytes of a buffer */
	/* of the current case */
	enum nccl_coll coll;
	uint64_t chunk, bytes;
	bool broken; /* a rank failed: nothing more can be asked */
};

static void log_line(void *arg, unsigned member, const char *line)
{
	struct ctx *c = arg;

	ctx_log(c, "rank %u: %s", member, line);
}

/* What the members' environment has of NCCL's variables. */
static void environment(const struct ctx *c, struct gang_spec *how, const char **env)
{
	const char *algo = ctx_str(c, "algo");
	size_t n = 0;

	if (!strcmp(algo, "ring"))
		env[n++] = "NCCL_ALGO=Ring";
	else if (!strcmp(algo, "nvls"))
		env[n++] = "NCCL_ALGO=NVLS";
	env[n++] = "NCCL_COMM_ID"; /* members have their id from us */
	env[n++] = "NCCL_DEBUG_FILE";
	env[n] = NULL;
	how->env = env;
	if (!strcmp(ctx_str(c, "variables"), "drop"))
		how->drop = "NCCL_";
}

static int check_nvls(const struct nccl_state *k, const struct ctx *c, struct err *e)
{
	if (strcmp(ctx_str(c, "algo"), "nvls") || nccl_log_nvls(&k->said.log))
		return 0;
	return err_set(e, ENOTSUP, "NCCL has no NVLS among these GPUs%s",
		       k->session.n < 2 ? ": there is one" : "");
}

static int start_timed(struct nccl_state *k, struct ctx *c, struct gang_spec *how, const char **env,
		       struct err *e)
{
	struct nccl_order o = {.bytes = ctx_max_u64(c, "size")};
	size_t n = 0;
	int rc;

	while (env[n])
		n++;
	env[n++] = "NCCL_DEBUG=WARN";
	env[n++] = "NCCL_DEBUG_SUBSYS";
	env[n] = NULL;
	how->on_line = log_line;
	how->arg = c;
	rc = session_start(&k->session, c, how, e);
	if (!rc)
		rc = session_order(&k->session, NCCL_ROOM, &o, e);
	if (!rc)
		k->room = session_room(&k->session);
	return rc;
}

/* The NVLinks of all ranks: whether none is down, and what they can carry. */
static void look_at_links(struct nccl_state *k, struct ctx *c)
{
	const struct nccl_session *s = &k->session;
	int who[GANG_MAX];
	struct peers p;

	if (s->n < 2 || !s->all_nvlink)
		return;
	peers_number(&p, c);
	for (unsigned i = 0; i < s->n; i++) {
		pci_address(p.gpu[i].address, s->address[i]);
		who[i] = (int)i;
	}
	peers_look(&p, c);
	k->links_bytes_s = peers_links_rate(&p, k->links_why, sizeof(k->links_why));
	peers_expect_links(&p, c, who, p.n, "algo,gpus");
	peers_close(&p);
}

static int setup(struct ctx *c, struct err *e)
{
	struct nccl_state *k = ctx_state(c);
	struct nccl_session *s = &k->session;
	const char *env[NCCL_MAX_ENV];
	struct gang_spec how = {.bench = "nccl"};
	char version[300];
	int rc;

	rc = session_init(s, c, e);
	if (rc)
		return rc;
	environment(c, &how, env);
	rc = debug_pass(s, c, &how, &k->said, e);
	if (!rc) {
		snprintf(version, sizeof(version), "%d.%d.%d %s", s->seen.version / 10000,
			 s->seen.version / 100 % 100, s->seen.version % 100, s->seen.path);
		ctx_fact(c, "library", "", "algo,gpus", version, "ncclGetVersion, dlinfo");
		debug_say_transport(s, c, &k->said);
		look_at_links(k, c);
		rc = check_nvls(k, c, e);
	}
	if (!rc)
		rc = start_timed(k, c, &how, env, e);
	return rc;
}

/* ---- run and verify ---- */

static int choose_case(struct ctx *c, struct nccl_state *k, struct err *e)
{
	uint64_t size = ctx_u64(c, "size");
	unsigned n = k->session.n;
	char room[32];

	k->coll = coll_named(ctx_str(c, "coll"));
	k->chunk = coll_chunk(k->coll, size, n);
	k->bytes = coll_bytes(k->coll, k->chunk, n);
	if (k->broken)
		return err_set(e, EIO, "a rank failed before");
	if (size > k->room)
		return err_set(e, ENOTSUP, "larger than the %s that a GPU has room for twice",
			       units_size(room, sizeof(room), (double)k->room));
	return 0;
}

/* What NCCL chose for the current case; "" in it where it did not say. */
static struct nccl_choice choice_of(const struct ctx *c, const struct nccl_state *k)
{
	size_t i = 0;
	const char *size;

	while ((size = ctx_nth(c, "size", i)) && strcmp(size, ctx_str(c, "size")) != 0)
		i++;
	return i < NCCL_MAX_SIZES ? k->said.choice[k->coll][i]
				  : (struct nccl_choice){.algorithm = ""};
}

/*
 * Also what the algorithm cannot exceed: a ring, and sends, put as many bytes on each GPU's
 * NVLinks as busbw says. NVLS lets the switch add up and multiply, so its busbw is none of a wire.
 */
static void say_algorithm(struct ctx *c, const struct nccl_state *k)
{
	struct nccl_choice choice = choice_of(c, k);
	bool on_wires = k->coll == NCCL_SENDRECV || k->coll == NCCL_ALLTOALL;
	char text[40];

	if (*choice.algorithm) {
		snprintf(text, sizeof(text), "%s/%s", choice.algorithm, choice.protocol);
		ctx_fact(c, "algorithm", "", NULL, text, "NCCL_DEBUG=INFO, TUNING");
		on_wires = !strcasecmp(choice.algorithm, "ring");
	}
	if (on_wires && k->links_bytes_s > 0)
		ctx_fact_num(c, "ceiling", "busbw", NULL, k->links_bytes_s, k->links_why);
}

/* After a rank failed: its GPU is found and named, the members are gone. */
static int give_up(struct nccl_state *k, struct err *e)
{
	session_blame(&k->session, e);
	k->broken = true;
	return -e->code;
}

static struct nccl_order order_for(const struct nccl_state *k, uint64_t n)
{
	return (struct nccl_order){.coll = k->coll,
				   .chunk = k->chunk,
				   .n = n,
				   .patience_s = k->session.patience_s +
						 (double)(n + 1) * (double)k->bytes / SLOW_BYTES_S};
}

static int batch(void *arg, uint64_t n, double *seconds, struct err *e)
{
	struct nccl_state *k = arg;
	struct nccl_order o = order_for(k, n);

	if (session_order(&k->session, NCCL_TIME, &o, e))
		return give_up(k, e);
	*seconds = 0;
	for (unsigned i = 0; i < k->session.n; i++) {
		double own;

		memcpy(&own, gang_answer(k->session.gang, i)->data, sizeof(own));
		*seconds = own > *seconds ? own : *seconds;
	}
	return 0;
}

static int run(struct ctx *c, struct err *e)
{
	struct nccl_state *k = ctx_state(c);
	int rc = choose_case(c, k, e);
	const struct twin twins[] = {
		{.metric = "algbw", .form = SAMPLE_RATE, .work = (double)k->bytes},
		{.metric = NULL}};
	struct sampling s = {.metric = "busbw",
			     .form = SAMPLE_RATE,
			     .work = (double)k->bytes * coll_bus_factor(k->coll, k->session.n),
			     .tick_s = EVENT_TICK_S,
			     .max_batch = MAX_BATCH,
			     .twins = twins,
			     .batch = batch,
			     .arg = k};

	if (rc)
		return rc;
	say_algorithm(c, k);
	if (ctx_u64(c, "size") <= GPU_LATENCY_MAX_BYTES || k->session.n == 1) {
		s.metric = "latency";
		s.form = SAMPLE_TIME;
		s.work = 1;
		s.twins = NULL;
	}
	return ctx_sample(c, &s, e);
}

static int verify(struct ctx *c, struct err *e)
{
	struct nccl_state *k = ctx_state(c);
	struct nccl_order o = order_for(k, 1);

	(void)c;
	if (session_order(&k->session, NCCL_CHECK, &o, e))
		return give_up(k, e);
	for (unsigned i = 0; i < k->session.n; i++) {
		struct nccl_wrong w;

		memcpy(&w, gang_answer(k->session.gang, i)->data, sizeof(w));
		if (w.diff.bytes)
			return err_set(
				e, EBADMSG,
				"GPU %d (rank %u) got %llu of %llu numbers wrong, the first "
				"at offset %llu: %g, wanted %g",
				k->session.gpu[i], i,
				(unsigned long long)w.diff.bytes / sizeof(float),
				(unsigned long long)coll_recv(k->coll, k->chunk, k->session.n),
				(unsigned long long)w.diff.first, (double)w.found,
				(double)w.wanted);
	}
	return 0;
}

static void teardown(struct ctx *c)
{
	struct nccl_state *k = ctx_state(c);
	struct nccl_order o = {.patience_s = 0};
	struct err e = ERR_INIT;

	if (k->session.gang && !k->broken && session_order(&k->session, NCCL_LEAVE, &o, &e))
		ctx_log(c, "ending the communicator: %s", e.text);
	session_stop(&k->session);
}

#endif

const struct bench bench_nccl = {
	.name = "nccl",
	.summary = "collectives of NCCL between GPUs",
	.method = "One process a GPU. A pass that is not timed lets NCCL say which way, algorithm "
		  "and "
		  "protocol it takes. Then up to 128 operations back to back follow one that "
		  "brings the "
		  "ranks together; the time of the slowest rank by GPU events counts. Sizes are of "
		  "the "
		  "whole array, busbw is algbw times 2(n-1)/n for all_reduce, (n-1)/n for "
		  "all_gather, "
		  "reduce_scatter and alltoall, 1 for the others, as nccl-tests defines it. Every "
		  "element is checked on every rank; sums are of whole numbers and exact.",
	.params = params,
	.metrics = metrics,
	.applies = applies,
#ifdef ASSAY_CUDA
	.state_bytes = sizeof(struct nccl_state),
	.setup = setup,
	.run = run,
	.verify = verify,
	.teardown = teardown,
	.member = &nccl_member,
#else
	.supported = gpu_supported,
#endif
};
