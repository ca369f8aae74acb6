/*
 * The kernels of gemm_wgmma.h. One warpgroup orders bulk copies into shared memory, two multiply
 * what came; barriers in shared memory say which stage is full and which is free. What they do in
 * which order is gemm_wgmma_loop.h, where everything lies gemm_wgmma_map.h; here are the
 * instructions (PTX ISA: mbarrier, cp.async.bulk.tensor, wgmma). Blocks stay, and go from tile to
 * tile: the copies for the next are under way while the last one's sums are written.
 */
#include "gemm_wgmma.h"

#include <cuda.h>
#include <cuda_runtime.h>

#ifndef ASSAY_NO_SM90A

/* Registers of a thread of the loading warpgroup, and of the others: 128 × (24 + 2 × 240) ≤ 65536.
 */
#define LOADER_REGISTERS   24
#define CONSUMER_REGISTERS 240
/* What is awaited for longer does not come: the kernel is ended as broken. */
#define PATIENCE_NS 10000000000u

#define HW static __device__ __forceinline__

/* A thread of the kernel. */
struct wgmma_hw {
	const CUtensorMap *a, *b;
	const wgmma_job *job;
	uint32_t *c;
	uint64_t descriptor; /* of where shared memory begins */
	uint32_t shared;     /* its address in the window */
	uint32_t thread;     /* of its warpgroup */
	enum compute_type type;
	uint32_t sum[WGMMA_REGISTERS];
};

/*
 * ---- barriers: of the block's scope, also where the other block arrives. What is handed on is a
 * stage that bulk copies write and wgmma reads, both of which the barrier waits for; no ordinary
 * write is. The cluster's scope would be a MEMBAR of the whole GPU at each stage: seen on an H200,
 * 530 TFLOP/s of bf16.
 */

HW void barrier_init(uint32_t barrier, uint32_t arrivals)
{
	asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(barrier), "r"(arrivals));
}

HW bool barrier_passed(uint32_t barrier, uint32_t phase)
{
	uint32_t passed;

	asm volatile("{\n\t.reg .pred p;\n\t"
		     "mbarrier.try_wait.parity.shared::cta.b64 p, [%1], %2;\n\t"
		     "selp.u32 %0, 1, 0, p;\n\t}"
		     : "=r"(passed)
		     : "r"(barrier), "r"(phase)
		     : "memory");
	return passed;
}

HW uint64_t now_ns(void)
{
	uint64_t t;

	asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(t));
	return t;
}

HW void hw_wait(wgmma_hw *hw, uint32_t barrier, uint32_t phase)
{
	uint64_t began = 0;

	while (!barrier_passed(hw->shared + barrier, phase)) {
		if (!began)
			began = now_ns();
		else if (now_ns() - began > PATIENCE_NS)
			__trap();
	}
}

HW void hw_expect(wgmma_hw *hw, uint32_t barrier, uint32_t bytes)
{
	asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(hw->shared +
										    barrier),
		     "r"(bytes)
		     : "memory");
}

/* The warp is done with a stage, in each block: its first lanes say so, one for a block. */
HW void hw_free(wgmma_hw *hw, uint32_t barrier)
{
	uint32_t lane = hw->thread % 32;

	if (lane < WGMMA_CLUSTER)
		asm volatile("{\n\t.reg .b32 there;\n\t"
			     "mapa.shared::cluster.u32 there, %0, %1;\n\t"
			     "mbarrier.arrive.shared::cluster.b64 _, [there];\n\t}" ::"r"(
				     hw->shared + barrier),
			     "r"(lane)
			     : "memory");
}

/* All threads of the cluster come here before one of them goes on. */
HW void cluster_meet(void)
{
	asm volatile("barrier.cluster.arrive.release;\n\tbarrier.cluster.wait.acquire;" ::
			     : "memory");
}

/* ---- bulk copies: coordinates in elements, along K and along rows ---- */

HW void hw_load_a(wgmma_hw *hw, uint32_t to, uint32_t k, uint32_t row, uint32_t barrier)
{
	asm volatile("cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::"
		     "bytes [%0], [%1, {%2, %3}], [%4];" ::"r"(hw->shared + to),
		     "l"(hw->a), "r"(k), "r"(row), "r"(hw->shared + barrier)
		     : "memory");
}

/* To the same place in all blocks of the cluster, and it counts at the barrier of each. */
HW void hw_load_b(wgmma_hw *hw, uint32_t to, uint32_t k, uint32_t row, uint32_t barrier)
{
	asm volatile(
		"cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::"
		"bytes.multicast::cluster [%0], [%1, {%2, %3}], [%4], %5;" ::"r"(hw->shared + to),
		"l"(hw->b), "r"(k), "r"(row), "r"(hw->shared + barrier),
		"h"((uint16_t)((1u << WGMMA_CLUSTER) - 1))
		: "memory");
}

/* ---- multiplication ---- */

HW void hw_mma_begin(wgmma_hw *hw)
{
	asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
}

HW void hw_mma_end(wgmma_hw *hw)
{
	asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
}

HW void hw_mma_wait_but_last(wgmma_hw *hw)
{
	asm volatile("wgmma.wait_group.sync.aligned 1;" ::: "memory");
}

HW void hw_mma_wait(wgmma_hw *hw)
{
	asm volatile("wgmma.wait_group.sync.aligned 0;" ::: "memory");
}

#define R4(d, i)  "+r"(d[i]), "+r"(d[i + 1]), "+r"(d[i + 2]), "+r"(d[i + 3])
#define R16(d, i) R4(d, i), R4(d, i + 4), R4(d, i + 8), R4(d, i + 12)
#define R64(d, i) R16(d, i), R16(d, i + 16), R16(d, i + 32), R16(d, i + 48)
#define NAMES                                                                                      \
	"{%0,%1,%2,%3,%4,%5,%6,%7,%8,%9,%10,%11,%12,%13,%14,%15,%16,%17,%18,%19,%20,%21,%22,%23,"  \
	"%24,%25,%26,%27,%28,%29,%30,%31,%32,%33,%34,%35,%36,%37,%38,%39,%40,%41,%42,%43,%44,%45," \
	"%46,%47,%48,%49,%50,%51,%52,%53,%54,%55,%56,%57,%58,%59,%60,%61,%62,%63,%64,%65,%66,%67," \
	"%68,%69,%70,%71,%72,%73,%74,%75,%76,%77,%78,%79,%80,%81,%82,%83,%84,%85,%86,%87,%88,%89," \
	"%90,%91,%92,%93,%94,%95,%96,%97,%98,%99,%100,%101,%102,%103,%104,%105,%106,%107,%108,"    \
	"%109,%110,%111,%112,%113,%114,%115,%116,%117,%118,%119,%120,%121,%122,%123,%124,%125,"    \
	"%126,%127}"

/* d (+)= a·b; what: format and depth of the instruction; rest: its operands after "keep". */
#define WGMMA(what, rest, d, a, b, keep)                                                           \
	asm volatile("{\n\t.reg .pred p;\n\tsetp.ne.b32 p, %130, 0;\n\t"                           \
		     "wgmma.mma_async.sync.aligned.m64n256" what " " NAMES ", %128, %129, p" rest  \
		     ";\n\t}"                                                                      \
		     : R64(d, 0), R64(d, 64)                                                       \
		     : "l"(a), "l"(b), "r"((uint32_t)(keep)))

HW void hw_mma(wgmma_hw *hw, uint32_t a, uint32_t b, bool keep)
{
	uint64_t da = hw->descriptor + (a >> 4), db = hw->descriptor + (b >> 4);

	switch (hw->type) {
	case COMPUTE_BF16:
		WGMMA("k16.f32.bf16.bf16", ", 1, 1, 0, 0", hw->sum, da, db, keep);
		break;
	case COMPUTE_FP16:
		WGMMA("k16.f32.f16.f16", ", 1, 1, 0, 0", hw->sum, da, db, keep);
		break;
	case COMPUTE_TF32:
		WGMMA("k8.f32.tf32.tf32", ", 1, 1", hw->sum, da, db, keep);
		break;
	case COMPUTE_FP8:
		WGMMA("k32.f32.e4m3.e4m3", ", 1, 1", hw->sum, da, db, keep);
		break;
	case COMPUTE_INT8:
		WGMMA("k32.s32.s8.s8", "", hw->sum, da, db, keep);
		break;
	default:
		break;
	}
}

/* ---- the end of a tile ---- */

HW void hw_put(uint32_t *to, uint32_t left, uint32_t right)
{
	__stcs((uint2 *)to, make_uint2(left, right));
}

HW void hw_store(wgmma_hw *hw, uint32_t row, uint32_t column);

#include "gemm_wgmma_loop.h"

HW void hw_store(wgmma_hw *hw, uint32_t row, uint32_t column)
{
	wgmma_store(hw->sum, hw->c, hw->job, hw->thread, row, column);
}

/* ---- the kernels ---- */

HW uint32_t special_cluster(void)
{
	uint32_t v;

	asm("mov.u32 %0, %%clusterid.x;" : "=r"(v));
	return v;
}

HW uint32_t special_rank(void)
{
	uint32_t v;

	asm("mov.u32 %0, %%cluster_ctarank;" : "=r"(v));
	return v;
}

HW void start(uint32_t shared)
{
	if (!threadIdx.x) {
		for (uint32_t s = 0; s < WGMMA_STAGES; s++) {
			barrier_init(shared + wgmma_full(s), 1);
			barrier_init(shared + wgmma_empty(s), WGMMA_FREES);
		}
		asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
	}
	__syncthreads();
	cluster_meet();
}

template <compute_type type, uint32_t bytes>
HW void product(const CUtensorMap *a, const CUtensorMap *b, uint32_t *c, uint32_t m, uint32_t n,
		uint32_t k)
{
	extern __shared__ uint8_t memory[];
	const uint32_t shared =
		((uint32_t)__cvta_generic_to_shared(memory) + WGMMA_ALIGN - 1) & ~(WGMMA_ALIGN - 1);
	const uint32_t group = __shfl_sync(~0u, threadIdx.x / WGMMA_GROUP, 0);
	const wgmma_job job = {m, n, k, WGMMA_ROW_BYTES / bytes, gridDim.x / WGMMA_CLUSTER};
	wgmma_hw hw = {a,   b, &job, c, wgmma_descriptor(shared), shared, threadIdx.x % WGMMA_GROUP,
		       type};

	start(shared);
	if (!group) {
		asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" ::"n"(LOADER_REGISTERS));
		if (!threadIdx.x)
			wgmma_produce(&hw, &job, special_cluster(), special_rank());
	} else {
		asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" ::"n"(CONSUMER_REGISTERS));
		wgmma_consume(&hw, &job, special_cluster(), special_rank(), group - 1);
	}
	cluster_meet(); /* the other block may still tell this one's barriers that it is done */
}

/* The models of the simulated server read the arguments: tests/simgpu/kernels_compute.c. */
#define KERNEL(name, type, bytes)                                                                  \
	extern "C" __global__ void __cluster_dims__(WGMMA_CLUSTER, 1,                              \
						    1) __launch_bounds__(WGMMA_THREADS, 1)         \
		name(const __grid_constant__ CUtensorMap a, const __grid_constant__ CUtensorMap b, \
		     uint32_t *c, uint32_t m, uint32_t n, uint32_t k)                              \
	{                                                                                          \
		product<type, bytes>(&a, &b, c, m, n, k);                                          \
	}
KERNEL(assay_gemm_wgmma_bf16, COMPUTE_BF16, 2)
KERNEL(assay_gemm_wgmma_fp16, COMPUTE_FP16, 2)
KERNEL(assay_gemm_wgmma_tf32, COMPUTE_TF32, 4)
KERNEL(assay_gemm_wgmma_fp8, COMPUTE_FP8, 1)
KERNEL(assay_gemm_wgmma_int8, COMPUTE_INT8, 1)

#endif

typedef void kernel_fn(CUtensorMap, CUtensorMap, uint32_t *, uint32_t m, uint32_t n, uint32_t k);

static kernel_fn *kernel_of(enum compute_type type)
{
	switch (type) {
#ifndef ASSAY_NO_SM90A
	case COMPUTE_BF16:
		return assay_gemm_wgmma_bf16;
	case COMPUTE_FP16:
		return assay_gemm_wgmma_fp16;
	case COMPUTE_TF32:
		return assay_gemm_wgmma_tf32;
	case COMPUTE_FP8:
		return assay_gemm_wgmma_fp8;
	case COMPUTE_INT8:
		return assay_gemm_wgmma_int8;
#endif
	default:
		return nullptr;
	}
}

extern "C" bool wgmma_has(enum compute_type type)
{
	return kernel_of(type) != nullptr;
}

extern "C" int wgmma_prepare(enum compute_type type)
{
	return cudaFuncSetAttribute(kernel_of(type), cudaFuncAttributeMaxDynamicSharedMemorySize,
				    WGMMA_SHARED_BYTES);
}

extern "C" int wgmma_launch(enum compute_type type, const void *a, const void *b, void *c,
			    const struct wgmma_job *job, struct CUstream_st *stream)
{
	kernel_fn *kernel = kernel_of(type);
	const unsigned blocks = job->clusters * WGMMA_CLUSTER;

	kernel<<<blocks, WGMMA_THREADS, WGMMA_SHARED_BYTES, stream>>>(
		*(const CUtensorMap *)a, *(const CUtensorMap *)b, (uint32_t *)c, job->m, job->n,
		job->k);
	return cudaGetLastError();
}
