/* Peer access of the stand-in: who may reach whom, and copies from GPU to GPU. */
#include "cudart.h"
#include "peer.h"

static cudaError_t enter_peer(int peer, struct rt_gpu **g, struct rt_gpu **other)
{
	cudaError_t e = rt_enter_gpu(g);

	if (e == cudaSuccess && (peer < 0 || peer >= rt_get()->n_gpus))
		e = cudaErrorInvalidDevice;
	if (e == cudaSuccess)
		*other = &rt_get()->gpu[peer];
	return e;
}

/* Needs no context. */
static cudaError_t enter_pair(int a, int b, int *x, int *y)
{
	cudaError_t e = rt_enter();
	int n = rt_get()->n_gpus;

	if (e == cudaSuccess && (a < 0 || a >= n || b < 0 || b >= n))
		e = cudaErrorInvalidDevice;
	if (e == cudaSuccess) {
		*x = rt_get()->gpu[a].index;
		*y = rt_get()->gpu[b].index;
	}
	return e;
}

cudaError_t cudaDeviceCanAccessPeer(int *can, int device, int peer)
{
	int a, b;
	cudaError_t e = enter_pair(device, peer, &a, &b);

	if (e == cudaSuccess)
		*can = sim_peer_access(a, b);
	return rt_leave(e);
}

cudaError_t cudaDeviceGetP2PAttribute(int *value, enum cudaDeviceP2PAttr attr, int from, int to)
{
	int a, b;
	cudaError_t e = enter_pair(from, to, &a, &b);

	if (e != cudaSuccess)
		return rt_leave(e);
	switch (attr) {
	case cudaDevP2PAttrPerformanceRank: /* 0 is the best */
		*value = !(sim_peer_access(a, b) && sim_nvlink_pair(a, b) > 0);
		break;
	case cudaDevP2PAttrAccessSupported:
	case cudaDevP2PAttrCudaArrayAccessSupported:
		*value = sim_peer_access(a, b);
		break;
	case cudaDevP2PAttrNativeAtomicSupported:
		*value = sim_peer_access(a, b) && sim_nvlink_pair(a, b) > 0;
		break;
	default:
		e = cudaErrorInvalidValue;
	}
	return rt_leave(e);
}

cudaError_t cudaDeviceEnablePeerAccess(int peer, unsigned flags)
{
	struct rt_gpu *g, *other;
	cudaError_t e = enter_peer(peer, &g, &other);

	if (e != cudaSuccess)
		return rt_leave(e);
	if (flags)
		return rt_leave(cudaErrorInvalidValue);
	if (!sim_peer_access(g->index, other->index))
		return rt_leave(cudaErrorPeerAccessUnsupported);
	if (g->reaches[other->index])
		return rt_leave(cudaErrorPeerAccessAlreadyEnabled);
	g->reaches[other->index] = true;
	return rt_leave(cudaSuccess);
}

cudaError_t cudaDeviceDisablePeerAccess(int peer)
{
	struct rt_gpu *g, *other;
	cudaError_t e = enter_peer(peer, &g, &other);

	if (e != cudaSuccess)
		return rt_leave(e);
	if (!g->reaches[other->index])
		return rt_leave(cudaErrorPeerAccessNotEnabled);
	rt_need_idle(g);
	g->reaches[other->index] = false;
	return rt_leave(cudaSuccess);
}

static cudaError_t copy_peer(void *dst, int to, const void *src, int from, size_t n,
			     cudaStream_t stream, bool wait)
{
	int a, b;
	cudaError_t e = enter_pair(to, from, &a, &b);

	if (e == cudaSuccess && (rt_owner_of(dst) != a || rt_owner_of(src) != b))
		e = cudaErrorInvalidValue;
	if (rt_leave(e) != cudaSuccess)
		return e;
	return wait ? cudaMemcpy(dst, src, n, cudaMemcpyDefault)
		    : cudaMemcpyAsync(dst, src, n, cudaMemcpyDefault, stream);
}

cudaError_t cudaMemcpyPeer(void *dst, int to, const void *src, int from, size_t n)
{
	return copy_peer(dst, to, src, from, n, NULL, true);
}

cudaError_t cudaMemcpyPeerAsync(void *dst, int to, const void *src, int from, size_t n,
				cudaStream_t stream)
{
	return copy_peer(dst, to, src, from, n, stream, false);
}

int rt_owner_of(const void *p)
{
	struct sim_range r;

	return sim_range_find(p, SIM_DEVICE, &r) ? r.gpu : -1;
}

/* It is visible: it has memory, or is at work. */
struct rt_gpu *rt_gpu_of(int index)
{
	struct rt_gpu *g = rt_get()->gpu;

	while (g->index != index)
		g++;
	return g;
}

bool rt_peer_access(int gpu, int owner)
{
	return gpu == owner || rt_gpu_of(gpu)->reaches[owner];
}

static bool directly(int by, int from, int to)
{
	return rt_peer_access(by, from) && rt_peer_access(by, to);
}

void rt_peer_flow(int by, const struct rt_op *op, struct sim_flow *f)
{
	int from = op->u.copy.from_gpu, to = op->u.copy.gpu;

	sim_flow_peer(f, by, from, to, SIM_CE, directly(by, from, to), (double)op->u.copy.bytes);
}

bool rt_peer_drops(int by, int from, int to)
{
	return from >= 0 && to >= 0 && directly(by, from, to) && sim_peer_drops(by, from, to);
}
