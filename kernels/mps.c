/*
 * Clients that share one GPU: time-sliced, where the driver gives each process its turn, or under
 * a private daemon of NVIDIA's Multi-Process Service (MPS), where they run side by side, perhaps
 * each on a part of the SMs. All run the same kernel (mps_load.h): one that fills half of the SMs,
 * one that streams through memory, one that fills all SMs. In each round every client does the
 * same fixed work; kernels note their begin and end by the GPU's clock, and only the time in which
 * all clients were at work is compared with a client alone under the same mode. What was computed
 * is checked to the last number. Known error: at both ends of that time the launches under way
 * count by their share of time, which time slices make uneven; heat and ECC errors are not watched,
 * since this process has no CUDA that tells it which GPU to ask about.
 */
#include "gpu.h"
#include "mps_figures.h"
#include "mps_session.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define LAUNCH_S    1.5e-3 /* a launch of a client alone: about a time slice */
#define ROOM_BYTES  ((uint64_t)256 << 20)
#define L2_TIMES    8	/* an array is so many times as large as the cache, if there is room */
#define ROOM_SHARE  0.8 /* of the free memory for all arrays */
#define MAX_ROUNDS  (1u << 30)
#define FIRST_STEPS 1024

static const struct param params[] = {
	GPU_PARAM_GPU,
	{.name = "mode",
	 .type = PARAM_ENUM,
	 .def = "all",
	 .choices = "mps|timeslice",
	 .help = "under a private MPS daemon, or each process in turn"},
	{.name = "percent",
	 .type = PARAM_INT,
	 .def = "100",
	 .min = 1,
	 .max = 100,
	 .unit = "%",
	 .help = "CUDA_MPS_ACTIVE_THREAD_PERCENTAGE of each client; mode=mps only"},
	{.name = "clients",
	 .type = PARAM_INT,
	 .scope = SCOPE_CASE,
	 .def = "2",
	 .min = 1,
	 .max = GANG_MAX,
	 .help = "processes that share the GPU"},
	{.name = "kernel",
	 .type = PARAM_ENUM,
	 .scope = SCOPE_CASE,
	 .def = "all",
	 .choices = "bandwidth|compute|half",
	 .help = "half: fills half of the SMs; compute: all; bandwidth: streams through memory"},
	{.name = "patience",
	 .type = PARAM_INT,
	 .def = "60",
	 .min = 1,
	 .max = 600,
	 .unit = "s",
	 .option = true,
	 .help = "how long a client may take to start, or for a round"},
	{.name = NULL},
};

static const struct metric metrics[] = {
	{.name = "stp",
	 .unit = "x",
	 .better = BETTER_HIGHER,
	 .cls = "compute",
	 .siblings = "gpu",
	 .help = "system throughput: sum over the clients of time alone / time shared"},
	{.name = "antt",
	 .unit = "x",
	 .better = BETTER_LOWER,
	 .cls = "compute",
	 .siblings = "gpu",
	 .help = "average normalised turnaround time: mean of time shared / time alone"},
	{.name = "overlap",
	 .unit = "x",
	 .better = BETTER_HIGHER,
	 .cls = "compute",
	 .siblings = "gpu",
	 .help = "clients x time alone / time from the first one's begin to the last one's end"},
	{.name = "fairness",
	 .unit = "1",
	 .better = BETTER_HIGHER,
	 .cls = "info",
	 .help = "progress of the slowest client / that of the fastest one"},
	{.name = "rate",
	 .unit = "1/s",
	 .better = BETTER_HIGHER,
	 .cls = "compute",
	 .siblings = "gpu",
	 .help = "multiplications with addition a second, all clients together"},
	{.name = "sms",
	 .unit = "SMs",
	 .better = BETTER_NONE,
	 .cls = "info",
	 .help = "SMs on which a client's blocks ran"},
	{.name = NULL},
};

/* Without MPS nothing limits a client. */
static bool applies(const struct ctx *c)
{
	return !strcmp(ctx_str(c, "mode"), "mps") || ctx_u64(c, "percent") == 100;
}

#ifdef ASSAY_CUDA

struct mps_state {
	struct mps_session session;
	uint64_t array; /* vectors of the bandwidth kernel; 0: no room beyond the cache */
	uint64_t room;	/* vectors of each client */
	/* of the current case */
	unsigned clients;
	struct mps_shape shape;
	struct mps_seen seen[GANG_MAX];
	unsigned turn;		    /* the client that was alone last */
	struct mps_figures figures; /* of the last round */
	double sms;
};

/* ---- the kernels' sizes ---- */

static uint32_t blocks_of(const char *kernel, int sms)
{
	if (strcmp(kernel, "half"))
		return 2 * (uint32_t)sms;
	return sms < 2 ? 1 : (uint32_t)sms / 2;
}

/* What the arrays of all clients together find room for, each beyond the cache. */
static void plan_room(struct ctx *c, struct mps_state *k)
{
	const struct mps_session *s = &k->session;
	const struct mps_client *last = &s->client[s->n > 1 ? s->n - 1 : 0];
	uint64_t each = (uint64_t)(ROOM_SHARE * (double)last->free_bytes / s->n),
		 want = L2_TIMES * last->l2_bytes;

	want = want > ROOM_BYTES ? want : ROOM_BYTES;
	each = each < want ? each : want;
	k->array = each > 2 * last->l2_bytes ? each / sizeof(struct mps_vector) : 0;
	k->room = (uint64_t)MPS_THREADS * blocks_of("compute", s->whole.sms);
	if (ctx_has(c, "kernel", "bandwidth") && k->array > k->room)
		k->room = k->array;
}

static uint64_t all_of(unsigned clients)
{
	return clients < 64 ? ((uint64_t)1 << clients) - 1 : UINT64_MAX;
}

static int order(struct mps_state *k, enum mps_what what, uint64_t who, struct err *e)
{
	struct mps_order o = {.who = who,
			      .shape = k->shape,
			      .launches = MPS_LAUNCHES,
			      .seed = 1 + (uint32_t)ctx_seed(k->session.c)};

	return mps_session_order(&k->session, what, &o, e);
}

/* A round of the clients in the mask: after an order that has them all warm. */
static int play(struct mps_state *k, uint64_t who, struct err *e)
{
	int rc = order(k, MPS_READY, who, e);

	if (!rc)
		rc = order(k, MPS_GO, who, e);
	for (unsigned i = 0; i < k->session.n && !rc; i++) {
		if (who >> i & 1)
			memcpy(&k->seen[i], mps_session_answer(&k->session, i), sizeof(k->seen[i]));
	}
	return rc;
}

static struct mps_round round_of(const struct mps_state *k, unsigned client)
{
	return (struct mps_round){k->seen[client].begin_ns, k->seen[client].end_ns, MPS_LAUNCHES};
}

/* Seconds of a launch of this client alone. */
static int play_alone(struct mps_state *k, unsigned client, double *seconds, struct err *e)
{
	int rc = play(k, (uint64_t)1 << client, e);
	struct mps_round r = round_of(k, client);

	if (!rc)
		*seconds = mps_launch_s(&r);
	return rc;
}

/* All clients of the case, and what that comes to beside alone_s. */
static int play_shared(struct mps_state *k, double alone_s, struct err *e)
{
	struct mps_round r[GANG_MAX];
	int rc = play(k, all_of(k->clients), e);

	for (unsigned i = 0; i < k->clients; i++)
		r[i] = round_of(k, i);
	if (!rc && mps_figures(r, k->clients, alone_s, &k->figures))
		rc = err_set(e, EBADMSG,
			     "the clients were never at work together: one had ended its %d "
			     "launches when another began",
			     MPS_LAUNCHES);
	return rc;
}

/* How much work makes a launch of LAUNCH_S. The last round decides, longer ones than the first. */
static int size_launch(struct mps_state *k, bool stream, struct err *e)
{
	uint32_t *amount = stream ? &k->shape.passes : &k->shape.rounds;
	double seconds = 0;
	int rc = 0;

	for (int i = 0; i < 20 && !rc && seconds < 0.8 * LAUNCH_S; i++) {
		double more = seconds > LAUNCH_S / 64 ? LAUNCH_S / seconds : i ? 64 : 1;
		double next = more * *amount + 0.5;

		*amount = next > MAX_ROUNDS ? MAX_ROUNDS : (uint32_t)next;
		rc = play_alone(k, 0, &seconds, e);
	}
	return rc;
}

/* ---- setup, run, verify ---- */

static void say_clients(struct ctx *c, const struct mps_session *s)
{
	const char *wanted = s->mps ? "on" : "off", *found = wanted;
	char sms[64];

	for (unsigned i = 0; i < s->n; i++) {
		if ((s->client[i].mps == 1) != s->mps)
			found = s->mps ? "off" : "on";
	}
	snprintf(sms, sizeof(sms), "%d of %d", (int)s->client[0].sms, (int)s->whole.sms);
	ctx_expect(c, "mps", "", "gpu,mode,percent", found, wanted,
		   "cudaDevAttrMpsEnabled of each client");
	ctx_fact(c, "client_sms", "", "gpu,mode,percent", sms,
		 "cudaDevAttrMultiProcessorCount of a client and without MPS");
	if (*s->refused)
		ctx_log(c, "%u clients, no more: %s", s->n, s->refused);
}

static int setup(struct ctx *c, struct err *e)
{
	struct mps_state *k = ctx_state(c);
	int rc = mps_session_open(&k->session, c, (unsigned)ctx_max_u64(c, "clients"), e);

	if (rc)
		return rc;
	say_clients(c, &k->session);
	plan_room(c, k);
	k->shape.n = k->room;
	return order(k, MPS_ROOM, all_of(k->session.n), e);
}

static int choose_case(struct ctx *c, struct mps_state *k, struct err *e)
{
	const struct mps_session *s = &k->session;
	const char *kernel = ctx_str(c, "kernel");
	bool stream = !strcmp(kernel, "bandwidth");
	int rc;

	k->clients = (unsigned)ctx_u64(c, "clients");
	if (k->clients > s->n)
		return err_set(e, -s->refused_code, "%s", s->refused);
	if (stream && !k->array)
		return err_set(e, ENOTSUP, "no memory for %u arrays beyond the cache", s->n);
	k->shape = (struct mps_shape){.blocks = blocks_of(kernel, s->whole.sms),
				      .passes = 1,
				      .rounds = stream ? 1 : FIRST_STEPS};
	k->shape.n = stream ? k->array : (uint64_t)k->shape.blocks * MPS_THREADS;
	rc = order(k, MPS_FILL, all_of(k->clients), e);
	return rc ? rc : size_launch(k, stream, e);
}

static unsigned sms_of(const struct mps_seen *seen)
{
	unsigned n = 0;

	for (int i = 0; i < MPS_SM_WORDS; i++)
		n += (unsigned)__builtin_popcount(seen->sm[i]);
	return n;
}

/*
 * Rounds of a client alone, each in its turn, and of all of them: so a clock that drifts moves
 * both. The time is that of all of them, as if they had been at work throughout.
 */
static int batch(void *arg, uint64_t n, double *seconds, struct err *e)
{
	struct mps_state *k = arg;
	double alone_s;
	int rc = 0;

	*seconds = 0;
	for (uint64_t i = 0; i < n && !rc; i++) {
		k->turn = (k->turn + 1) % k->clients;
		rc = play_alone(k, k->turn, &alone_s, e);
		k->sms = sms_of(&k->seen[k->turn]);
		if (!rc)
			rc = play_shared(k, alone_s, e);
		*seconds += rc ? 0 : k->clients * MPS_LAUNCHES / k->figures.launches_s;
	}
	return rc;
}

static int run(struct ctx *c, struct err *e)
{
	struct mps_state *k = ctx_state(c);
	int rc = choose_case(c, k, e);
	const struct twin twins[] = {
		{.metric = "stp", .form = SAMPLE_SAID, .said = &k->figures.stp},
		{.metric = "antt", .form = SAMPLE_SAID, .said = &k->figures.antt},
		{.metric = "overlap", .form = SAMPLE_SAID, .said = &k->figures.overlap},
		{.metric = "fairness", .form = SAMPLE_SAID, .said = &k->figures.fairness},
		{.metric = "sms", .form = SAMPLE_SAID, .said = &k->sms},
		{.metric = NULL},
	};
	double steps = 4.0 * (double)k->shape.n * k->shape.passes * k->shape.rounds;
	struct sampling s = {.metric = "rate",
			     .form = SAMPLE_RATE,
			     .work = steps * k->clients * MPS_LAUNCHES,
			     .tick_s = 1e-6, /* of the GPU's clock on older ones */
			     .max_batch = 1,
			     .twins = twins,
			     .batch = batch,
			     .arg = k};

	return rc ? rc : ctx_sample(c, &s, e);
}

static int verify(struct ctx *c, struct err *e)
{
	struct mps_state *k = ctx_state(c);
	int rc = order(k, MPS_CHECK, all_of(k->clients), e);

	for (unsigned i = 0; i < k->clients && !rc; i++) {
		struct pattern_diff diff;

		memcpy(&diff, mps_session_answer(&k->session, i), sizeof(diff));
		if (diff.bytes)
			rc = err_set(e, EBADMSG,
				     "%s computed %llu of %llu numbers wrong, the first at %llu",
				     k->session.name[i], (unsigned long long)diff.bytes / 4,
				     (unsigned long long)k->shape.n * 4,
				     (unsigned long long)diff.first / 4);
	}
	return rc;
}

static void teardown(struct ctx *c)
{
	struct mps_state *k = ctx_state(c);
	bool used = k->session.mps && k->session.n;
	char after[GANG_WHY_BYTES + 64] = "";

	mps_session_close(&k->session, after, used ? sizeof(after) : 0);
	if (used)
		ctx_expect(c, "mps_after", "", "gpu,mode,percent", after, "works",
			   "a fresh process without MPS, after the daemon was ended");
}

#endif

const struct bench bench_mps = {
	.name = "mps",
	.summary = "processes that share one GPU, time-sliced and under MPS",
	.method = "One process a client; each does the same fixed work of the same kernel. A "
		  "client alone, under the same mode, and all clients together take turns. Kernels "
		  "note begin and end by the GPU's clock; only the time in which all clients were "
		  "at work counts. STP is the sum of time alone / time shared, ANTT the mean of "
		  "its inverse, overlap = clients x time alone / makespan. Under MPS the clients "
		  "have a private daemon, each asserts that it is its client, and a fresh process "
		  "without MPS must work afterwards. Every number that was computed is checked.",
	.params = params,
	.metrics = metrics,
	.applies = applies,
#ifdef ASSAY_CUDA
	.supported = NULL,
	.state_bytes = sizeof(struct mps_state),
	.setup = setup,
	.run = run,
	.verify = verify,
	.teardown = teardown,
	.member = &mps_member,
#else
	.supported = gpu_supported,
#endif
};
