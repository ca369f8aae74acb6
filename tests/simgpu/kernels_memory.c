/*
 * The kernels of kernels/hbm.cu and ring.cu: what they leave in device memory and how long they
 * take. Arrays are described by what hbm.h says of their elements, so a gigabyte that is streamed
 * through costs no gigabyte; a source that holds anything else is computed with, block by block.
 */
#include "cudart.h"
#include "device_memory.h"
#include "../../kernels/hbm.h"
#include "../../kernels/ring.h"

#include <string.h>

enum { BLOCK_BYTES = 4096 };

/* ---- what arrays hold ---- */

/* Any bytes of 64-bit words that a function gives; arg is its. */
typedef uint64_t word_fn(uint64_t i, const uint64_t *arg);
static void words(void *dst, size_t offset, size_t bytes, const uint64_t *arg, word_fn *word)
{
	char *to = dst;

	while (bytes) {
		uint64_t v = word(offset / 8, arg);
		size_t in = offset % 8, n = bytes < 8 - in ? bytes : 8 - in;

		memcpy(to, (const char *)&v + in, n);
		to += n;
		offset += n;
		bytes -= n;
	}
}

static uint64_t source_word(uint64_t i, const uint64_t *arg)
{
	return hbm_bits(i, arg[0], (int)arg[1]);
}

static uint64_t triad_word(uint64_t i, const uint64_t *arg)
{
	return hbm_want(STREAM_TRIAD, i, arg[0]);
}

static uint64_t same_word(uint64_t i, const uint64_t *arg)
{
	return arg[0];
}

/* b or c of that seed. */
static void source_bytes(void *dst, size_t offset, size_t bytes, const uint64_t *arg)
{
	words(dst, offset, bytes, arg, source_word);
}

/* a after triad of those. */
static void triad_bytes(void *dst, size_t offset, size_t bytes, const uint64_t *arg)
{
	words(dst, offset, bytes, arg, triad_word);
}

static void same_bytes(void *dst, size_t offset, size_t bytes, const uint64_t *arg)
{
	words(dst, offset, bytes, arg, same_word);
}

/* What hbm_want says of an array that begins at `at`. */
static struct dev_made wanted(enum stream_op op, uint64_t seed, size_t at)
{
	if (op == STREAM_WRITE)
		return (struct dev_made){same_bytes, {hbm_want(op, 0, seed), 0}, at};
	return (struct dev_made){op == STREAM_TRIAD ? triad_bytes : source_bytes, {seed, 0}, at};
}

/* An array in device memory. */
struct array {
	struct dev *d;
	size_t at, bytes;
};

static bool find_array(int gpu, uint64_t p, uint64_t bytes, struct array *a)
{
	a->bytes = bytes;
	return rt_reachable(gpu, rt_pointer(p), bytes) && rt_device(rt_pointer(p), &a->d, &a->at);
}

/* Whether it is all of b (or c) of some seed, and which. */
static bool is_source(const struct array *a, bool c, uint64_t *seed)
{
	struct dev_made m;

	dev_part(a->d, a->at, a->bytes, &m);
	*seed = m.arg[0];
	return m.make == source_bytes && m.origin == a->at && (bool)m.arg[1] == c &&
	       dev_is_made(a->d, a->at, a->bytes, &m);
}

static void put(const struct array *a, const struct dev_made *m)
{
	if (!dev_is_made(a->d, a->at, a->bytes, m))
		dev_make(a->d, a->at, a->bytes, m);
}

/* ---- how long ---- */

static double stream_s(int gpu, enum stream_op op, uint64_t vectors, uint64_t walk)
{
	int arrays = sim_stream_reads(op) + sim_stream_writes(op);
	double bytes = (double)vectors * HBM_VECTOR_BYTES, done = (double)walk * HBM_VECTOR_BYTES;

	return sim_stream_s(gpu, op, sim_in_l2(gpu, arrays * bytes), done);
}

/* ---- the kernels ---- */

/* The fault that bends a bit of what an operation leaves; of a read, of its sum. */
static const struct fault *is_bent(int gpu, size_t bytes)
{
	const struct fault *f = sim_fault(FAULT_CORRUPT_COPY, gpu);

	return f && !strcmp(f->dir, "d2d") && f->offset < (int64_t)bytes ? f : NULL;
}

static void bend(int gpu, const struct array *a)
{
	const struct fault *f = is_bent(gpu, a->bytes);
	size_t at = a->at;
	char bits;

	if (!f)
		return;
	at += f->offset < 0 ? a->bytes / 2 : (size_t)f->offset;
	dev_read(a->d, at, &bits, 1);
	bits ^= 0x10;
	dev_write(a->d, at, &bits, 1);
}

/* The sum of all elements as whole numbers; that of a whole b is remembered. */
static uint64_t sum_of(const struct array *b)
{
	static uint64_t seed, bytes, sum;
	uint64_t own, block[BLOCK_BYTES / 8];

	if (is_source(b, false, &own)) {
		if (own != seed || b->bytes != bytes)
			sum = hbm_sum(b->bytes, own);
		seed = own;
		bytes = b->bytes;
		return sum;
	}
	own = 0;
	for (size_t done = 0; done < b->bytes; done += BLOCK_BYTES) {
		size_t n = b->bytes - done < BLOCK_BYTES ? b->bytes - done : BLOCK_BYTES;

		dev_read(b->d, b->at + done, block, n);
		for (size_t i = 0; i < n / 8; i++)
			own += block[i];
	}
	return own;
}

/* b, vectors, walk, sum */
static double read_run(int gpu, const uint64_t *a)
{
	struct array b;
	uint64_t sum;

	if (!find_array(gpu, a[0], a[1] * HBM_VECTOR_BYTES, &b) ||
	    !rt_reachable(gpu, rt_pointer(a[3]), sizeof(sum)))
		return -1;
	rt_load(&sum, rt_pointer(a[3]), sizeof(sum));
	sum += a[2] / a[1] * sum_of(&b) + (is_bent(gpu, b.bytes) ? 0x10 : 0);
	rt_store(rt_pointer(a[3]), &sum, sizeof(sum));
	return stream_s(gpu, STREAM_READ, a[1], a[2]);
}

/* a, q, vectors, walk */
static double write_run(int gpu, const uint64_t *a)
{
	struct array to;
	struct dev_made m;

	if (!find_array(gpu, a[0], a[2] * HBM_VECTOR_BYTES, &to))
		return -1;
	m = (struct dev_made){same_bytes, {a[1], 0}, to.at};
	put(&to, &m);
	bend(gpu, &to);
	return stream_s(gpu, STREAM_WRITE, a[2], a[3]);
}

/* a, b, vectors, walk */
static double copy_run(int gpu, const uint64_t *a)
{
	struct array to, from;

	if (!find_array(gpu, a[0], a[2] * HBM_VECTOR_BYTES, &to) ||
	    !find_array(gpu, a[1], a[2] * HBM_VECTOR_BYTES, &from))
		return -1;
	rt_copy_bytes(rt_pointer(a[0]), rt_pointer(a[1]), to.bytes);
	bend(gpu, &to);
	return stream_s(gpu, STREAM_COPY, a[2], a[3]);
}

static void compute_triad(const struct array *to, const struct array *b, const struct array *c)
{
	double x[BLOCK_BYTES / 8], y[BLOCK_BYTES / 8];

	for (size_t done = 0; done < to->bytes; done += BLOCK_BYTES) {
		size_t n = to->bytes - done < BLOCK_BYTES ? to->bytes - done : BLOCK_BYTES;

		dev_read(b->d, b->at + done, x, n);
		dev_read(c->d, c->at + done, y, n);
		for (size_t i = 0; i < n / 8; i++)
			x[i] += STREAM_Q * y[i];
		dev_write(to->d, to->at + done, x, n);
	}
}

/* a, b, c, vectors, walk */
static double triad_run(int gpu, const uint64_t *a)
{
	uint64_t bytes = a[3] * HBM_VECTOR_BYTES, seed, seed_c;
	struct array to, b, c;

	if (!find_array(gpu, a[0], bytes, &to) || !find_array(gpu, a[1], bytes, &b) ||
	    !find_array(gpu, a[2], bytes, &c))
		return -1;
	if (is_source(&b, false, &seed) && is_source(&c, true, &seed_c) && seed == seed_c) {
		struct dev_made m = wanted(STREAM_TRIAD, seed, to.at);

		put(&to, &m);
	} else {
		compute_triad(&to, &b, &c);
	}
	bend(gpu, &to);
	return stream_s(gpu, STREAM_TRIAD, a[3], a[4]);
}

/* p, n, seed, is_c */
static double fill_run(int gpu, const uint64_t *a)
{
	struct dev_made m = {source_bytes, {a[2], (uint32_t)a[3]}, 0};
	struct array p;

	if (!find_array(gpu, a[0], 8 * a[1], &p))
		return -1;
	m.origin = p.at;
	put(&p, &m);
	return sim_stream_s(gpu, STREAM_WRITE, false, (double)p.bytes);
}

/* op, p, n, seed, diff */
static double check_run(int gpu, const uint64_t *a)
{
	struct pattern_diff diff;
	struct dev_made m;
	struct array p;

	if (!find_array(gpu, a[1], 8 * a[2], &p) ||
	    !rt_reachable(gpu, rt_pointer(a[4]), sizeof(diff)))
		return -1;
	m = wanted((enum stream_op)(uint32_t)a[0], a[3], p.at);
	rt_load(&diff, rt_pointer(a[4]), sizeof(diff));
	dev_check_made(p.d, p.at, p.bytes, &m, 1, 0, &diff);
	rt_store(rt_pointer(a[4]), &diff, sizeof(diff));
	return sim_stream_s(gpu, STREAM_READ, false, (double)p.bytes);
}

/* A pointer at the start of each line; the rest, which nobody wrote, shows as zeros. arg: see
 * below. */
static uint64_t ring_word(uint64_t i, const uint64_t *arg)
{
	uint32_t line = (uint32_t)(i / (RING_LINE / 8));

	if (i % (RING_LINE / 8))
		return 0;
	return arg[0] +
	       (uint64_t)ring_next(line, (unsigned)(arg[1] >> 32), (uint32_t)arg[1]) * RING_LINE;
}

static void ring_bytes(void *dst, size_t offset, size_t bytes, const uint64_t *arg)
{
	words(dst, offset, bytes, arg, ring_word);
}

/* p, bits, seed */
static double ring_run(int gpu, const uint64_t *a)
{
	struct dev_made m = {ring_bytes, {a[0], a[1] << 32 | (uint32_t)a[2]}, 0};
	struct array p;

	if (!find_array(gpu, a[0], (uint64_t)RING_LINE << a[1], &p))
		return -1;
	m.origin = p.at;
	put(&p, &m);
	bend(gpu, &p);
	return sim_stream_s(gpu, STREAM_WRITE, false, (double)p.bytes);
}

const struct rt_kernel kernels_memory[] = {
	{.name = "assay_hbm_read", .arg_bytes = {8, 4, 8, 8}, .run = read_run, .load = SIM_MEMORY},
	{.name = "assay_hbm_write",
	 .arg_bytes = {8, 8, 4, 8},
	 .run = write_run,
	 .load = SIM_MEMORY},
	{.name = "assay_hbm_copy", .arg_bytes = {8, 8, 4, 8}, .run = copy_run, .load = SIM_MEMORY},
	{.name = "assay_hbm_triad",
	 .arg_bytes = {8, 8, 8, 4, 8},
	 .run = triad_run,
	 .load = SIM_MEMORY},
	{.name = "assay_hbm_fill", .arg_bytes = {8, 8, 8, 4}, .run = fill_run, .load = SIM_MEMORY},
	{.name = "assay_hbm_check",
	 .arg_bytes = {4, 8, 8, 8, 8},
	 .run = check_run,
	 .load = SIM_MEMORY},
	{.name = "assay_ring_fill", .arg_bytes = {8, 4, 4}, .run = ring_run, .load = SIM_MEMORY},
	{0},
};
