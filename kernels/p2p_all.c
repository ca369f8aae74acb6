/*
 * All pairs of a bisection at once: the GPUs of the first half write to those of the second (0 to
 * 4, 1 to 5 … of eight), or each of a pair to the other, by copy engine or SMs, with peer access.
 * Those that do not reach each other get another partner where one is left (0 to 1, 2 to 3 where
 * there is no access across sockets).
 * One gate holds all; each GPU is timed by its own events, the sum from the common start to the
 * end of the last. Switches and bridges that cannot carry all at once show here and in no
 * single pair. Known error: the GPUs start within a few microseconds of each other.
 */
#include "gpu.h"
#include "peers.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct param params[] = {
	{.name = "gpus", .type = PARAM_GPUS, .def = "all", .help = "the GPUs at work"},
	GPU_PARAM_ENGINE,
	{.name = "dir",
	 .type = PARAM_ENUM,
	 .scope = SCOPE_CASE,
	 .def = "write,both",
	 .choices = "write|both",
	 .help = "the first half writes to the second, or each to its partner"},
	GPU_PARAM_COPY_SIZE("256MiB"),
	{.name = "member",
	 .type = PARAM_MEMBER,
	 .scope = SCOPE_CASE,
	 .def = "all",
	 .help = "whose rate: what that GPU sends, or receives where it only receives"},
	{.name = NULL},
};

static const struct metric metrics[] = {
	{.name = "bandwidth",
	 .unit = "bytes/s",
	 .better = BETTER_HIGHER,
	 .cls = "bandwidth",
	 .siblings = "member",
	 .help = "bytes by time of that GPU, or of all together, while all copy"},
	{.name = NULL},
};

#ifdef ASSAY_CUDA

#include "peer_copy.h"

enum { SUM = -1 };

struct all {
	struct peers peers;
	struct peer_copy copy;
	int half;	    /* pairs */
	int gpu[LANES_MAX]; /* CUDA ordinal by lane: half that write, then their partners */
	bool said[LANES_MAX + 1][2]; /* by member (the sum first), by whether both write */
	/* of the current case */
	bool both;
	int member; /* lane, or SUM */
};

/* Lanes, and the GPU of one. */
static int partner(const struct all *k, int i)
{
	return i < k->half ? i + k->half : i - k->half;
}

static int number(const struct all *k, int lane)
{
	return k->peers.gpu[k->gpu[lane]].number;
}

static int senders(const struct all *k)
{
	return k->both ? 2 * k->half : k->half;
}

static int make_pairs(struct all *k, struct err *e)
{
	bool reach[LANES_MAX * LANES_MAX] = {false};
	int with[LANES_MAX], n = k->peers.n, rc = 0;

	for (int i = 0; i < n * n; i++) {
		struct err why = ERR_INIT;

		reach[i] = i / n != i % n && !peers_access(&k->peers, i / n, i % n, &why);
	}
	peer_pairs(with, reach, n);
	for (int i = 0; i < n; i++)
		k->half += with[i] > i;
	if (!k->half)
		return peers_access(&k->peers, 0, n / 2, e);
	for (int i = 0, lane = 0; i < n && !rc; i++) {
		if (with[i] < i)
			continue;
		k->gpu[lane] = i;
		k->gpu[lane++ + k->half] = with[i];
		rc = peers_switch(&k->peers, i, with[i], true, e);
	}
	return rc;
}

static int setup(struct ctx *c, struct err *e)
{
	struct all *k = ctx_state(c);
	int rc = gpu_not_shared(e);

	if (!rc)
		rc = peers_open(&k->peers, c, e);
	if (!rc)
		rc = make_pairs(k, e);
	if (!rc)
		rc = peer_copy_open(&k->copy, k->gpu, 2 * k->half, ctx_max_u64(c, "size"),
				    (uint32_t)ctx_seed(c), e);
	return rc;
}

/* Why a GPU has no partner. */
static int is_left(const struct all *k, int gpu, struct err *e)
{
	int rc = 0;

	for (int i = 0; i < k->peers.n && !rc; i++)
		rc = i == gpu ? 0 : peers_access(&k->peers, gpu, i, e);
	return rc ? rc : err_set(e, ENOTSUP, "of an odd number of GPUs one has no partner");
}

static int choose_case(struct ctx *c, struct all *k, struct err *e)
{
	const char *member = ctx_str(c, "member");

	k->both = !strcmp(ctx_str(c, "dir"), "both");
	k->copy.sm = !strcmp(ctx_str(c, "engine"), "sm");
	k->copy.size = ctx_u64(c, "size");
	k->member = SUM;
	if (!strcmp(member, "sum"))
		return 0;
	for (int i = 0; i < 2 * k->half; i++) {
		if (number(k, i) == (int)ctx_u64(c, "member"))
			k->member = i;
	}
	for (int i = 0; i < k->peers.n && k->member == SUM; i++) {
		if (k->peers.gpu[i].number == (int)ctx_u64(c, "member"))
			return is_left(k, i, e);
	}
	return k->member == SUM
		       ? err_set(e, EINVAL, "GPU %s is not among %s", member, ctx_str(c, "gpus"))
		       : 0;
}

static int queue(void *arg, int lane, struct CUstream_st *stream)
{
	const struct all *k = arg;

	return peer_copy_queue(&k->copy, lane, partner(k, lane), stream);
}

/* All of them work; the time is that of the one which is asked for. */
static int batch(void *arg, uint64_t n, double *seconds, struct err *e)
{
	struct all *k = arg;
	int rc = lanes_time(&k->copy.lanes, senders(k), true, queue, k, n, seconds, e);

	if (!rc && k->member != SUM)
		*seconds = k->copy.lanes
				   .lane[k->member < senders(k) ? k->member : partner(k, k->member)]
				   .seconds;
	return rc;
}

/* No ceiling where that of one pair is not known. */
static void sum_of_paths(const struct all *k, struct peer_path *out)
{
	struct peer_path one;
	double sum = 0;

	for (int i = 0; i < k->half && sum >= 0; i++) {
		peers_path(&k->peers, k->gpu[i], k->gpu[partner(k, i)], true, &one);
		sum = one.bytes_per_s > 0 ? sum + one.bytes_per_s : -1;
	}
	out->bytes_per_s = sum * (k->both ? 2 : 1);
	snprintf(out->why, sizeof(out->why), "sum over the pairs");
}

static void say_member(struct ctx *c, const struct all *k, const struct peer_path *path)
{
	int with = partner(k, k->member);
	const int who[] = {k->gpu[k->member], k->gpu[with]};

	ctx_fact(c, "kin", "", "gpus,member", path->kind, "NVML, sysfs");
	ctx_fact_num(c, "partner", "", "gpus,member", number(k, with), "cudaDeviceCanAccessPeer");
	peers_expect_links(&k->peers, c, who, 2, "gpus,member");
}

/* Once for each member, and its ceiling for each way of copying. */
static void say_path(struct ctx *c, struct all *k)
{
	bool *said = k->said[k->member + 1];
	struct peer_path path;

	if (said[k->both])
		return;
	if (k->member == SUM)
		sum_of_paths(k, &path);
	else
		peers_path(&k->peers, k->gpu[k->member], k->gpu[partner(k, k->member)], true,
			   &path);
	if (path.bytes_per_s > 0)
		ctx_fact_num(c, "ceiling", "bandwidth", "dir,gpus,member", path.bytes_per_s,
			     path.why);
	if (!said[!k->both] && k->member == SUM)
		ctx_fact(c, "kin", "", "gpus,member", "sum", "not one GPU");
	else if (!said[!k->both])
		say_member(c, k, &path);
	said[k->both] = true;
}

static int run(struct ctx *c, struct err *e)
{
	struct all *k = ctx_state(c);
	struct sampling s;
	int rc = choose_case(c, k, e);
	double seconds;

	if (rc)
		return rc;
	say_path(c, k);
	s = lanes_bandwidth(batch, k, (double)k->copy.size * (k->member == SUM ? senders(k) : 1));
	rc = batch(k, GPU_WARM_UP_COPIES, &seconds, e);
	return rc ? rc : ctx_sample(c, &s, e);
}

static int check_at(struct all *k, int to, struct err *e)
{
	return peer_copy_check(&k->copy, to, e, "GPU %d writes to GPU %d while all do (%s)",
			       number(k, partner(k, to)), number(k, to),
			       peer_copy_engine(&k->copy));
}

/* Every pair is checked with the sum, a member's own with the member. */
static int verify(struct ctx *c, struct err *e)
{
	struct all *k = ctx_state(c);
	double seconds;
	int rc = 0;

	for (int i = 0; i < senders(k) && !rc; i++)
		rc = peer_copy_prepare(&k->copy, i, partner(k, i), e);
	if (!rc)
		rc = lanes_wait(&k->copy.lanes, "waiting for the poison", e);
	if (!rc)
		rc = batch(k, 1, &seconds, e);
	for (int i = 0; i < senders(k) && !rc; i++) {
		if (k->member == SUM || k->member == i || k->member == partner(k, i))
			rc = check_at(k, partner(k, i), e);
	}
	if (!rc && k->member != SUM)
		peers_expect_no_errors(&k->peers, c, k->gpu[k->member],
				       k->gpu[partner(k, k->member)], "gpus,member");
	return rc;
}

static void teardown(struct ctx *c)
{
	struct all *k = ctx_state(c);

	peer_copy_close(&k->copy);
	peers_close(&k->peers);
}

#endif

const struct bench bench_p2p_all = {
	.name = "p2p_all",
	.summary = "copies between all pairs of a bisection at once",
	.method = "The GPUs of the first half write to those of the second, or each of a pair to "
		  "the other, all behind one gate; those that do not reach each other get another "
		  "partner where one is left. Each GPU is timed by its own events, the sum "
		  "from the common start to the end of the last. Every byte is checked on the "
		  "GPU that received it.",
	.params = params,
	.metrics = metrics,
	.supported = peers_supported,
#ifdef ASSAY_CUDA
	.state_bytes = sizeof(struct all),
	.setup = setup,
	.run = run,
	.verify = verify,
	.teardown = teardown,
#endif
};
