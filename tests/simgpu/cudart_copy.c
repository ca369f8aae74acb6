/*
 * Bytes of copies. A benchmark repeats a copy hundreds of times; what is already there need not be
 * moved again. So a large copy looks at a few pages spread over it, and moves everything if
 * one of them differs. Known error: data that changed between the pages looked at stays old;
 * who wants to see a copy poisons the whole destination first, as a check must anyway.
 */
#include "cudart.h"
#include "peer.h"

#include <stdlib.h>
#include <string.h>

#define ALWAYS	(16u << 10) /* bytes that are moved without looking */
#define SAMPLES 64u
#define LOOK_AT 64u	    /* bytes of each sample */
#define STAGED	(64u << 10) /* bytes of a pageable copy that are on their way when it returns */

bool rt_device(const void *p, struct dev **d, size_t *at)
{
	struct sim_range r;

	if (!sim_range_find(p, SIM_DEVICE, &r))
		return false;
	*d = r.device;
	*at = (size_t)((const char *)p - r.base);
	return true;
}

bool rt_valid(const void *p, size_t bytes)
{
	struct sim_range r;

	if (!sim_range_find(p, SIM_DEVICE, &r))
		return p != NULL;
	return (size_t)((const char *)p - r.base) + bytes <= r.bytes;
}

void rt_load(void *out, const void *p, size_t bytes)
{
	struct dev *d;
	size_t at;

	if (rt_device(p, &d, &at))
		dev_read(d, at, out, bytes);
	else
		memmove(out, p, bytes);
}

void rt_store(void *p, const void *src, size_t bytes)
{
	struct dev *d;
	size_t at;

	if (rt_device(p, &d, &at))
		dev_write(d, at, src, bytes);
	else
		memmove(p, src, bytes);
}

static bool same(const char *a, const char *b, size_t bytes)
{
	size_t step = (bytes - LOOK_AT) / (SAMPLES - 1);
	char x[LOOK_AT], y[LOOK_AT];

	for (size_t i = 0; i < SAMPLES; i++) {
		size_t at = i == SAMPLES - 1 ? bytes - LOOK_AT : i * step;

		rt_load(x, a + at, LOOK_AT);
		rt_load(y, b + at, LOOK_AT);
		if (memcmp(x, y, LOOK_AT) != 0)
			return false;
	}
	return true;
}

static void move(char *dst, const char *src, size_t bytes)
{
	struct dev *to, *from;
	size_t at, from_at;

	if (!rt_device(dst, &to, &at))
		rt_load(dst, src, bytes);
	else if (rt_device(src, &from, &from_at))
		dev_copy(to, at, from, from_at, bytes);
	else
		dev_write(to, at, src, bytes);
}

bool rt_copy_bytes(void *dst, const void *src, size_t bytes)
{
	if (bytes > ALWAYS && same(dst, src, bytes))
		return false;
	move(dst, src, bytes);
	return true;
}

/* The fault that bends this copy, or NULL. */
static const struct fault *bent(int gpu, const struct rt_op *op)
{
	const struct fault *f = sim_fault(FAULT_CORRUPT_COPY, gpu);
	bool h2d = op->u.copy.dir == SIM_H2D;

	if (!f || op->u.copy.dir > SIM_D2H || !op->u.copy.bytes)
		return NULL;
	if (*f->dir && strcmp(f->dir, h2d ? "h2d" : "d2h") != 0)
		return NULL;
	if (f->size >= 0 && (size_t)f->size != op->u.copy.bytes)
		return NULL;
	return f->offset < (int64_t)op->u.copy.bytes ? f : NULL;
}

bool rt_move(struct rt_gpu *g, const struct rt_op *op)
{
	char *dst = op->u.copy.dst, bits;
	size_t bytes = op->u.copy.bytes;
	const struct fault *f = bent(g->index, op);

	if (op->u.copy.dir == RT_PEER &&
	    rt_peer_drops(g->index, op->u.copy.from_gpu, op->u.copy.gpu))
		return false;
	if (!f)
		return rt_copy_bytes(dst, op->u.copy.src, bytes);
	move(dst, op->u.copy.src, bytes);
	dst += f->offset < 0 ? bytes / 2 : (size_t)f->offset;
	rt_load(&bits, dst, 1);
	bits ^= 0x10;
	rt_store(dst, &bits, 1);
	return true;
}

void rt_set(void *p, int value, size_t bytes)
{
	struct dev *d;
	size_t at;

	if (rt_device(p, &d, &at))
		dev_set(d, at, bytes, (uint8_t)value);
	else
		memset(p, value, bytes);
}

static bool on_device(const void *p, int *gpu)
{
	struct sim_range r;
	bool is = sim_range_find(p, SIM_DEVICE, &r);

	if (is)
		*gpu = r.gpu;
	return is;
}

enum sim_kind rt_host_kind(const void *p)
{
	struct sim_range r;

	if (sim_range_find(p, SIM_PINNED, &r))
		return r.write_combined ? SIM_KIND_WC : SIM_KIND_PINNED;
	return sim_range_find(p, SIM_REGISTERED, &r) ? SIM_KIND_PINNED : SIM_KIND_PAGEABLE;
}

bool rt_reachable(int gpu, const void *p, size_t bytes)
{
	struct sim_range r;

	if (sim_range_find(p, SIM_DEVICE, &r))
		return rt_peer_access(gpu, r.gpu) && rt_valid(p, bytes);
	if (p && sim_is_c2c(gpu))
		return true;
	return (sim_range_find(p, SIM_PINNED, &r) || sim_range_find(p, SIM_REGISTERED, &r)) &&
	       (size_t)((const char *)p - r.base) + bytes <= r.bytes;
}

bool rt_sm_flow(int gpu, const void *dst, const void *src, size_t bytes, struct sim_flow *f)
{
	int owner = gpu, other = gpu;
	bool to = !dst || on_device(dst, &owner), from = !src || on_device(src, &other);
	const void *host = to ? src : dst;

	if (owner != other) {
		sim_flow_peer(f, gpu, other, owner, SIM_SM, true, (double)bytes);
		return true;
	}
	if (to == from)
		return false;
	sim_flow_host(f, gpu, to ? SIM_H2D : SIM_D2H, SIM_SM, rt_host_kind(host),
		      sim_host_node(host), (double)bytes);
	return true;
}

/* Fills the operation; cudaErrorInvalidValue where kind and addresses do not go together. */
static cudaError_t describe(struct rt_op *op, void *dst, const void *src, size_t n,
			    enum cudaMemcpyKind kind)
{
	int gpu = -1, from_gpu = -1;
	bool from = on_device(src, &from_gpu), to = on_device(dst, &gpu);
	enum cudaMemcpyKind is = to ? (from ? cudaMemcpyDeviceToDevice : cudaMemcpyHostToDevice)
				    : (from ? cudaMemcpyDeviceToHost : cudaMemcpyHostToHost);
	const void *host = to ? src : dst;

	if (kind != cudaMemcpyDefault && kind != is)
		return cudaErrorInvalidValue;
	*op = (struct rt_op){.kind = RT_COPY};
	op->u.copy.dst = dst;
	op->u.copy.src = src;
	op->u.copy.bytes = n;
	op->u.copy.gpu = to ? gpu : from_gpu;
	op->u.copy.from_gpu = from_gpu;
	op->u.copy.dir = is == cudaMemcpyHostToDevice	? SIM_H2D
			 : is == cudaMemcpyDeviceToHost ? SIM_D2H
			 : is == cudaMemcpyHostToHost	? RT_HOST_ONLY
			 : from_gpu != gpu		? RT_PEER
							: RT_DEVICE;
	op->u.copy.kind = is == cudaMemcpyDeviceToDevice ? SIM_KIND_PINNED : rt_host_kind(host);
	op->u.copy.node = sim_host_node(host);
	return rt_valid(dst, n) && rt_valid(src, n) ? cudaSuccess : cudaErrorInvalidValue;
}

/*
 * A benchmark asks for the same copy a hundred thousand times. Called with the lock held, which
 * keeps what is remembered. Pageable memory is not: its node may be the calling thread's.
 */
static cudaError_t describe_again(struct rt_op *op, void *dst, const void *src, size_t n,
				  enum cudaMemcpyKind kind)
{
	static struct {
		struct rt_op op;
		enum cudaMemcpyKind kind;
		uint64_t changes;
	} last;
	cudaError_t e;

	if (last.op.u.copy.dst == dst && last.op.u.copy.src == src && last.op.u.copy.bytes == n &&
	    last.kind == kind && last.op.u.copy.kind != SIM_KIND_PAGEABLE &&
	    last.changes == sim_range_changes()) {
		*op = last.op;
		return cudaSuccess;
	}
	e = describe(op, dst, src, n, kind);
	if (e == cudaSuccess) {
		last.op = *op;
		last.kind = kind;
		last.changes = sim_range_changes();
	}
	return e;
}

/*
 * A pageable copy to the GPU returns when the driver has the bytes; the last of them may still be
 * on their way. Who reads them on a stream that does not wait for this one finds what was there.
 */
static cudaError_t copy_staged(struct rt_stream *s, struct rt_op *op)
{
	struct rt_op tail = *op;
	size_t n = op->u.copy.bytes < STAGED ? op->u.copy.bytes : STAGED;
	size_t before = op->u.copy.bytes - n;
	cudaError_t e = cudaSuccess;

	op->u.copy.bytes = before;
	if (before)
		e = rt_queue(s, op);
	if (before && e == cudaSuccess)
		e = rt_finish(s, s->seq);
	if (e != cudaSuccess)
		return e;
	tail.u.copy.staging = malloc(n);
	if (!tail.u.copy.staging)
		return cudaErrorMemoryAllocation;
	memcpy(tail.u.copy.staging, op->u.copy.src + before, n);
	tail.u.copy.src = tail.u.copy.staging;
	tail.u.copy.dst += before;
	tail.u.copy.bytes = n;
	return rt_queue(s, &tail);
}

static cudaError_t copy(void *dst, const void *src, size_t n, enum cudaMemcpyKind kind,
			cudaStream_t stream, bool wait)
{
	struct rt_gpu *current;
	struct rt_op op;
	struct rt_stream *s = NULL;
	cudaError_t e = rt_enter_gpu(&current);
	bool staged;

	if (e == cudaSuccess && n)
		e = describe_again(&op, dst, src, n, kind);
	if (e == cudaSuccess && !(s = rt_stream(stream)))
		e = cudaErrorInvalidResourceHandle;
	if (e != cudaSuccess || !n)
		return rt_leave(e);
	staged = op.u.copy.kind == SIM_KIND_PAGEABLE;
	if (staged)
		rt_need_idle(s->owner); /* the driver moves the bytes itself, after all before */
	if (staged && wait && op.u.copy.dir == SIM_H2D)
		return rt_leave(copy_staged(s, &op));
	e = rt_queue(s, &op);
	if (e == cudaSuccess && (wait || staged))
		e = rt_finish(s, s->seq);
	return rt_leave(e);
}

cudaError_t cudaMemcpy(void *dst, const void *src, size_t n, enum cudaMemcpyKind kind)
{
	return copy(dst, src, n, kind, NULL, true);
}

cudaError_t cudaMemcpyAsync(void *dst, const void *src, size_t n, enum cudaMemcpyKind kind,
			    cudaStream_t s)
{
	return copy(dst, src, n, kind, s, false);
}

static cudaError_t set(void *p, int value, size_t n, cudaStream_t stream, bool wait)
{
	struct rt_gpu *current;
	struct rt_op op = {.kind = RT_SET, .u.set = {p, value, n}};
	struct rt_stream *s = NULL;
	cudaError_t e = rt_enter_gpu(&current);
	int gpu;

	if (e == cudaSuccess &&
	    !((on_device(p, &gpu) || rt_host_kind(p) != SIM_KIND_PAGEABLE) && rt_valid(p, n)))
		e = cudaErrorInvalidValue;
	if (e == cudaSuccess && !(s = rt_stream(stream)))
		e = cudaErrorInvalidResourceHandle;
	if (e == cudaSuccess && n)
		e = rt_queue(s, &op);
	if (e == cudaSuccess && wait)
		e = rt_finish(s, s->seq);
	return rt_leave(e);
}

cudaError_t cudaMemset(void *p, int value, size_t n)
{
	return set(p, value, n, NULL, true);
}

cudaError_t cudaMemsetAsync(void *p, int value, size_t n, cudaStream_t s)
{
	return set(p, value, n, s, false);
}
