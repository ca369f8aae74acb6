/*
 * The controls of a comparison: what no arm can change, measured on the host before each process
 * of either arm. alu follows two chains of arithmetic, an integer and a floating one, that fit in
 * registers: it sees the CPU's clock (and a round is as fast as the floating one). chase follows a
 * ring of 16 MiB, more than a core's own caches hold and quick to build: it sees what the
 * neighbours leave of the shared cache and the memory. Short on purpose, so without a warm-up:
 * known error: a CPU that starts from a low clock is measured while it rises, alike in both arms.
 */
#include "chase.h"
#include "host.h"

#include <errno.h>
#include <math.h>

enum { LOADS = 2048, ROUNDS = 8192, STRIDE = 256 };
#define RING_BYTES ((size_t)16 << 20)

/* Knuth's MMIX generator: what n rounds give can be told without doing them. */
#define MULTIPLIER 6364136223846793005u
#define INCREMENT  1442695040888963407u

struct control {
	struct placement_buf ring;
	struct host_load chase, alu;
	void *at;	 /* in the ring */
	uint64_t x;	 /* of the integer chain */
	double y;	 /* of the floating chain, which tends to 2 */
	uint64_t rounds; /* done so far */
};

static const struct param params[] = {
	{.name = NULL},
};

static const struct metric metrics[] = {
	{.name = "alu",
	 .unit = "s",
	 .better = BETTER_LOWER,
	 .cls = "latency",
	 .help = "time of one round: an integer and a floating multiply-add, each dependent"},
	{.name = "chase",
	 .unit = "s",
	 .better = BETTER_LOWER,
	 .cls = "latency",
	 .help = "time of one dependent load from a ring of 16 MiB"},
	{.name = NULL},
};

static void do_chase(void *arg, uint64_t n)
{
	struct control *k = arg;

	k->at = chase_run(k->at, n * LOADS);
}

static void do_alu(void *arg, uint64_t n)
{
	struct control *k = arg;
	uint64_t x = k->x, rounds = n * ROUNDS;
	double y = k->y;

	for (uint64_t i = 0; i < rounds; i++) {
		x = x * MULTIPLIER + INCREMENT;
		y = y * 0.75 + 0.5;
		__asm__ volatile("" : "+r"(x)); /* or the compiler might do two rounds in one */
	}
	k->x = x;
	k->y = y;
	k->rounds += rounds;
}

static int setup(struct ctx *c, struct err *e)
{
	struct control *k = ctx_state(c);
	int node, rc;

	rc = host_home(&node, e);
	if (!rc)
		rc = host_pin(c, node, e);
	if (!rc)
		rc = placement_alloc(&k->ring, RING_BYTES, node, PAGES_THP, e);
	if (rc)
		return rc;
	chase_build(k->ring.p, RING_BYTES, STRIDE, ctx_seed(c));
	k->at = k->ring.p;
	k->chase = k->alu =
		(struct host_load){.cpu_node = node, .node = node, .threads = 1, .arg = k};
	k->chase.kind = HOST_CHASE_CACHE;
	k->chase.amount = LOADS;
	k->chase.work = do_chase;
	k->alu.kind = HOST_ALU;
	k->alu.amount = ROUNDS;
	k->alu.work = do_alu;
	ctx_fact(c, "pages", "chase", NULL, pages_name(k->ring.pages), "mmap, /proc/self/smaps");
	return 0;
}

static int sample(struct ctx *c, const char *metric, struct host_load *l, struct err *e)
{
	struct sampling s = host_sampling(metric, SAMPLE_TIME, l->amount, l);

	s.brief = true;
	return ctx_sample(c, &s, e);
}

static int run(struct ctx *c, struct err *e)
{
	struct control *k = ctx_state(c);
	int rc = sample(c, "alu", &k->alu, e);

	return rc ? rc : sample(c, "chase", &k->chase, e);
}

/* The generator n rounds on, in log2(n) steps (Brown 1994). */
static uint64_t jump(uint64_t x, uint64_t n)
{
	uint64_t a = MULTIPLIER, b = INCREMENT, all_a = 1, all_b = 0;

	for (; n; n >>= 1) {
		if (n & 1) {
			all_a *= a;
			all_b = all_b * a + b;
		}
		b *= a + 1;
		a *= a;
	}
	return all_a * x + all_b;
}

static int verify(struct ctx *c, struct err *e)
{
	struct control *k = ctx_state(c);
	size_t elements = chase_elements(RING_BYTES, STRIDE);
	size_t n = chase_walk(k->at, k->ring.p, RING_BYTES, elements);

	if (k->rounds == 0 || k->x != jump(0, k->rounds))
		return err_set(e, EBADMSG, "%llu rounds of integer arithmetic ended in %#llx",
			       (unsigned long long)k->rounds, (unsigned long long)k->x);
	if (!(fabs(k->y - 2) < 1e-12))
		return err_set(e, EBADMSG, "the floating chain ended in %.17g instead of 2", k->y);
	if (n != elements)
		return err_set(e, EBADMSG, "the ring of %zu pointers came back after %zu", elements,
			       n);
	return 0;
}

static void teardown(struct ctx *c)
{
	struct control *k = ctx_state(c);

	placement_free(&k->ring);
}

const struct bench bench_control = {
	.name = "control",
	.summary =
		"the controls of a comparison: the CPU and its caches, for a twentieth of a second",
	.method =
		"Run on the host before each process of either arm, on one CPU beside the first "
		"GPU: dependent arithmetic in registers, and a random ring of pointers of 16 MiB. "
		"Neither depends on the arm; if one moves, the machine moved.",
	.params = params,
	.metrics = metrics,
	.quiet = true,
	.process_s = 0.1,
	.state_bytes = sizeof(struct control),
	.setup = setup,
	.run = run,
	.verify = verify,
	.teardown = teardown,
};
