/* See hbm_arrays.h. Without nvcc this file is empty. */
#include "hbm_arrays.h"

#include "gpu.h"
#include "gpu_state.h"

#ifdef ASSAY_CUDA

#include "../harness/base/units.h"

#include <cuda_runtime_api.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Of an array in one launch, by each SM: about a millisecond, beside which start and end are
 * little. */
#define SM_BYTES ((uint64_t)32 << 20)
enum { A, B, C, ARRAYS };

/* ---- making ---- */

static bool is_used(enum stream_op op, int array)
{
	static const bool used[][ARRAYS] = {[STREAM_READ] = {false, true, false},
					    [STREAM_WRITE] = {true, false, false},
					    [STREAM_COPY] = {true, true, false},
					    [STREAM_TRIAD] = {true, true, true}};

	return used[op][array];
}

int hbm_arrays_setup(struct ctx *c, struct err *e)
{
	struct hbm_arrays *k = ctx_state(c);
	int l2_bytes = 0, rc;
	cudaError_t code;

	k->seed = ctx_seed(c);
	rc = gpu_not_shared(e);
	if (!rc)
		rc = lanes_open(&k->lanes, 1, e);
	if (!rc)
		rc = lanes_watch(&k->lanes, c, e);
	if (rc)
		return rc;
	gpu_say_kin(c);
	code = cudaDeviceGetAttribute(&k->sms, cudaDevAttrMultiProcessorCount, 0);
	if (!code)
		code = cudaDeviceGetAttribute(&l2_bytes, cudaDevAttrL2CacheSize, 0);
	if (!code)
		code = cudaMalloc((void **)&k->sum, sizeof(*k->sum));
	if (!code)
		code = cudaMalloc((void **)&k->diff, sizeof(*k->diff));
	k->l2_bytes = (uint64_t)l2_bytes;
	return gpu_error((int)code, e, "asking for the number of SMs and the size of the L2");
}

void hbm_arrays_teardown(struct ctx *c)
{
	struct hbm_arrays *k = ctx_state(c);

	for (int i = 0; i < ARRAYS; i++)
		cudaFree(k->array[i]);
	cudaFree(k->diff);
	cudaFree(k->sum);
	lanes_close(&k->lanes);
}

static int fill(struct hbm_arrays *k, int array, struct err *e)
{
	struct CUstream_st *stream = k->lanes.lane[0].stream;
	void *p = k->array[array];
	int rc = array == A ? (int)cudaMemsetAsync(p, PATTERN_POISON, k->bytes[A], stream)
			    : hbm_fill_launch(p, k->bytes[array], k->seed, array == C, stream);

	return gpu_error(rc, e, "filling %zu bytes of the GPU's memory", k->bytes[array]);
}

/* Of the memory that the case's arrays need besides what is held. */
static int fits(const struct hbm_arrays *k, size_t more, struct err *e)
{
	char size[32], what[64];
	int n = 0;

	for (int i = 0; i < ARRAYS; i++)
		n += is_used(k->op, i);
	snprintf(what, sizeof(what), "%d array%s of %s", n, n == 1 ? "" : "s",
		 units_size(size, sizeof(size), (double)k->size));
	return gpu_memory_fits(more, what, e);
}

static int make_arrays(struct hbm_arrays *k, struct err *e)
{
	size_t more = 0;
	int rc;

	for (int i = 0; i < ARRAYS; i++) {
		if (!is_used(k->op, i) || k->bytes[i] >= k->size)
			continue;
		cudaFree(k->array[i]);
		k->array[i] = NULL;
		k->bytes[i] = 0;
		more += k->size;
	}
	rc = more ? fits(k, more, e) : 0;
	for (int i = 0; i < ARRAYS && !rc; i++) {
		if (!is_used(k->op, i) || k->array[i])
			continue;
		rc = gpu_error((int)cudaMalloc(&k->array[i], k->size), e,
			       "allocating %zu bytes on the GPU", k->size);
		k->bytes[i] = rc ? 0 : k->size;
		if (!rc)
			rc = fill(k, i, e);
	}
	return rc;
}

int hbm_arrays_use(struct hbm_arrays *k, struct ctx *c, struct err *e)
{
	uint64_t rounds;
	int rc;

	k->op = stream_op(ctx_str(c, "op"));
	k->size = ctx_u64(c, "size") / HBM_VECTOR_BYTES * HBM_VECTOR_BYTES;
	rc = make_arrays(k, e);
	if (rc)
		return rc;
	rounds = (SM_BYTES * (uint64_t)k->sms + k->size - 1) / k->size;
	k->part = (struct hbm_part){.a = k->array[A],
				    .b = k->array[B],
				    .c = k->array[C],
				    .q = hbm_fill_value(k->seed),
				    .vectors = (uint32_t)(k->size / HBM_VECTOR_BYTES),
				    .walk = k->size / HBM_VECTOR_BYTES * rounds};
	return 0;
}

/* ---- measuring ---- */

static int queue(void *arg, int lane, struct CUstream_st *stream)
{
	const struct hbm_arrays *k = arg;

	return hbm_launch(k->op, &k->part, k->sum, k->sms, stream);
}

static int batch(void *arg, uint64_t n, double *seconds, struct err *e)
{
	struct hbm_arrays *k = arg;

	return lanes_time(&k->lanes, 1, true, queue, k, n, seconds, e);
}

int hbm_arrays_sample(struct hbm_arrays *k, struct ctx *c, struct err *e)
{
	double bytes = (double)k->part.walk * HBM_VECTOR_BYTES * stream_arrays(k->op), seconds;
	struct sampling s = lanes_bandwidth(batch, k, bytes);
	int rc = batch(k, GPU_WARM_UP_COPIES, &seconds, e);

	if (!rc)
		rc = lanes_sample(&k->lanes, c, &s, e);
	if (!rc)
		gpu_state_say(k->lanes.state, 0, c, "bandwidth", "gpu,op,size");
	return rc;
}

/* ---- verifying ---- */

/* The operation once, and what of `array` is wrong afterwards; *sum: of a read. */
static int do_and_check(struct hbm_arrays *k, int array, uint64_t *sum, struct pattern_diff *diff,
			struct err *e)
{
	struct CUstream_st *stream = k->lanes.lane[0].stream;
	int rc = (int)cudaMemsetAsync(k->sum, 0, sizeof(*k->sum), stream);

	*diff = (struct pattern_diff)PATTERN_DIFF_INIT;
	if (!rc)
		rc = (int)cudaMemcpyAsync(k->diff, diff, sizeof(*diff), cudaMemcpyHostToDevice,
					  stream);
	if (!rc)
		rc = queue(k, 0, stream);
	if (!rc)
		rc = hbm_check_launch(k->op, k->array[array], k->size, k->seed, k->diff, stream);
	if (!rc)
		rc = (int)cudaMemcpyAsync(sum, k->sum, sizeof(*sum), cudaMemcpyDeviceToHost,
					  stream);
	if (!rc)
		rc = (int)cudaMemcpyAsync(diff, k->diff, sizeof(*diff), cudaMemcpyDeviceToHost,
					  stream);
	if (!rc)
		rc = (int)cudaStreamSynchronize(stream);
	return gpu_error(rc, e, "doing %s once and checking it", stream_op_name(k->op));
}

static int wrong_sum(const struct hbm_arrays *k, struct ctx *c, uint64_t sum, struct err *e)
{
	uint64_t rounds = k->part.walk / k->part.vectors, want = rounds * hbm_sum(k->size, k->seed);

	if (k->op != STREAM_READ || sum == want)
		return 0;
	return err_set(e, EBADMSG,
		       "gpu %s: the sum of %zu bytes read is wrong by %llu, while a second look "
		       "finds every byte right: they were wrong on their way",
		       ctx_str(c, "gpu"), k->size, (unsigned long long)(sum - want));
}

int hbm_arrays_verify(struct ctx *c, struct err *e)
{
	struct hbm_arrays *k = ctx_state(c);
	int array = k->op == STREAM_READ ? B : A, rc = 0;
	struct pattern_diff diff;
	uint64_t sum = 0;

	for (int i = 0; i < ARRAYS && !rc; i++)
		rc = is_used(k->op, i) ? fill(k, i, e) : 0;
	if (!rc)
		rc = do_and_check(k, array, &sum, &diff, e);
	if (rc || diff.first == PATTERN_NONE)
		return rc ? rc : wrong_sum(k, c, sum, e);
	return err_set(
		e, EBADMSG, "gpu %s: %s of %zu bytes: %llu byte%s wrong, the first at offset %llu",
		ctx_str(c, "gpu"), stream_op_name(k->op), k->size, (unsigned long long)diff.bytes,
		diff.bytes == 1 ? " is" : "s are", (unsigned long long)diff.first);
}

#endif
