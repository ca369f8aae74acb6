/* See gemm_work.h. Without nvcc this file is empty. */
#include "gemm_work.h"

#ifdef ASSAY_CUDA

#include "gpu.h"

#include <cuda_runtime_api.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EQUAL "equal to the bit"

enum {
	REPEATS = 4, /* products of a case for the sake of verifying alone */
	SAMPLED = 256,
	POISON = 0xff, /* as a number of any format with a fraction: none */
};

static const struct gemm_engine *const engines[] = {&gemm_mma, &gemm_wgmma, &gemm_lt};
#define N_ENGINES (sizeof(engines) / sizeof(engines[0]))

/* ---- opening ---- */

static int read_gpu(struct gemm_work *w, struct err *e)
{
	int khz = 0, rc = gpu_read_card(&w->card, w->device, e);

	if (!rc)
		rc = gpu_error((int)cudaDeviceGetAttribute(&khz, cudaDevAttrClockRate, w->device),
			       e, "reading what the GPU is");
	w->max_hz = khz * 1e3;
	return rc;
}

int gemm_work_open(struct gemm_work *w, int device, uint32_t seed, struct err *e)
{
	int rc;

	memset(w, 0, sizeof(*w));
	w->device = device;
	w->seed = seed;
	rc = gpu_choose(device, e);
	if (!rc)
		rc = read_gpu(w, e);
	return rc ? rc
		  : gpu_error((int)cudaMalloc((void **)&w->digests,
					      GEMM_DIGESTS * sizeof(*w->digests)),
			      e, "allocating room for digests");
}

static void close_engine(struct gemm_work *w)
{
	if (w->state && w->engine && w->engine->close)
		w->engine->close(w->state);
	free(w->state);
	w->state = NULL;
}

static void free_matrices(struct gemm_work *w)
{
	cudaFree((void *)(uintptr_t)w->job.a);
	cudaFree((void *)(uintptr_t)w->job.b);
	cudaFree(w->job.c);
	memset(&w->job, 0, sizeof(w->job));
}

void gemm_work_close(struct gemm_work *w)
{
	cudaSetDevice(w->device);
	close_engine(w);
	free_matrices(w);
	cudaFree(w->digests);
	w->digests = NULL;
}

/* ---- a case ---- */

static int has_room(const struct gemm_work *w, struct err *e)
{
	size_t available = 0, total = 0, need = w->bytes[0] + w->bytes[1] + w->bytes[2];
	int rc = gpu_error((int)cudaMemGetInfo(&available, &total), e, "asking for free memory");

	if (rc || need <= available / 10 * 9) /* what libraries work in needs some */
		return rc;
	return err_set(e, ENOTSUP, "three matrices take %zu MiB, and the GPU has %zu MiB free",
		       need >> 20, available >> 20);
}

/* The matrices of a case stay for the next one of that type and size. */
static int make_matrices(struct gemm_work *w, enum compute_type type, int size,
			 struct CUstream_st *stream, struct err *e)
{
	uint64_t elements = (uint64_t)size * (uint64_t)size;
	void *p[3] = {NULL};
	cudaError_t code = cudaSuccess;
	int rc;

	if (w->job.c && w->job.type == type && w->job.n == size)
		return 0;
	close_engine(w);
	free_matrices(w);
	w->bytes[0] = w->bytes[1] = elements * compute_bytes(type);
	w->bytes[2] = elements * gemm_sum_bytes(type);
	rc = has_room(w, e);
	for (int i = 0; i < 3 && !rc && !code; i++)
		code = cudaMalloc(&p[i], w->bytes[i]);
	w->job = (struct gemm_job){type, size, size, size, p[0], p[1], p[2]};
	if (!rc && !code)
		code = (cudaError_t)gemm_fill_launch(p[0], elements, type, w->seed, stream);
	if (!rc && !code)
		code = (cudaError_t)gemm_fill_launch(p[1], elements, type, gemm_seed_b(w->seed),
						     stream);
	if (!rc && !code) /* an engine that opens may multiply on a stream of its own */
		code = cudaStreamSynchronize(stream);
	return rc ? rc : gpu_error((int)code, e, "making matrices of %d × %d", size, size);
}

/* The engine of a case stays for the next one with these matrices. */
static int open_engine(struct gemm_work *w, const char *name, struct err *e)
{
	size_t i = 0;
	int rc;

	if (w->state && w->engine && !strcmp(w->engine->name, name))
		return 0;
	close_engine(w);
	while (i < N_ENGINES && strcmp(engines[i]->name, name) != 0)
		i++;
	if (i == N_ENGINES)
		return err_set(e, ENOTSUP, "this program has no kernel %s", name);
	w->engine = engines[i];
	w->state = calloc(1, w->engine->state_bytes);
	if (!w->state)
		return err_set(e, ENOMEM, "no memory for %s", name);
	*w->chosen = '\0';
	rc = w->engine->open(w->state, &w->job, w->chosen, sizeof(w->chosen), e);
	if (rc)
		close_engine(w);
	return rc;
}

int gemm_work_choose(struct gemm_work *w, struct ctx *c, struct CUstream_st *stream, struct err *e)
{
	enum compute_type type = compute_type_of(ctx_str(c, "type"));
	cudaError_t code;
	int rc;

	rc = make_matrices(w, type, (int)ctx_u64(c, "n"), stream, e);
	if (!rc)
		rc = open_engine(w, ctx_str(c, "kernel"), e);
	if (rc)
		return rc;
	w->taken = 0;
	code = cudaMemsetAsync(w->digests, 0, GEMM_DIGESTS * sizeof(*w->digests), stream);
	if (!code)
		code = (cudaError_t)gemm_work_multiply(w, stream);
	if (!code)
		code = (cudaError_t)gemm_work_digest(w, stream);
	if (!code)
		code = cudaStreamSynchronize(stream);
	return gpu_error((int)code, e, "a first product by %s of %s", w->engine->name,
			 compute_name(type));
}

double gemm_work_flop(const struct gemm_work *w)
{
	return 2.0 * w->job.m * w->job.n * w->job.k;
}

double gemm_work_ceiling(const struct gemm_work *w, double hz)
{
	const struct gpu_card *g = &w->card;

	return compute_card_rate(g->name, g->major, g->minor, w->job.type) * g->sms * hz;
}

int gemm_work_multiply(const struct gemm_work *w, struct CUstream_st *stream)
{
	return w->engine->queue(w->state, &w->job, stream);
}

static int take_digest(struct gemm_work *w, struct CUstream_st *stream)
{
	return gemm_digest_launch(w->job.c, (uint64_t)w->job.m * (uint64_t)w->job.n,
				  gemm_sum_of(w->job.type), &w->digests[w->taken++], stream);
}

int gemm_work_digest(struct gemm_work *w, struct CUstream_st *stream)
{
	return w->taken < GEMM_DIGESTS - REPEATS ? take_digest(w, stream) : cudaSuccess;
}

/* ---- verifying ---- */

static int by_sum(const void *a, const void *b)
{
	const struct gemm_digest *x = a, *y = b;

	return (x->sum > y->sum) - (x->sum < y->sum);
}

int gemm_digests_differ(const struct gemm_digest *d, int n)
{
	struct gemm_digest *sorted = malloc((size_t)n * sizeof(*sorted));
	int most = 0, run = 0;

	if (!sorted)
		abort();
	memcpy(sorted, d, (size_t)n * sizeof(*sorted));
	qsort(sorted, (size_t)n, sizeof(*sorted), by_sum);
	for (int i = 0; i < n; i++) {
		run = i && sorted[i].sum == sorted[i - 1].sum ? run + 1 : 1;
		most = run > most ? run : most;
	}
	free(sorted);
	return n - most;
}

static int repeat(struct gemm_work *w, struct CUstream_st *stream, struct err *e)
{
	cudaError_t code = cudaSuccess;

	for (int i = 0; i < REPEATS && !code; i++) {
		code = cudaMemsetAsync(w->job.c, POISON, w->bytes[2], stream);
		if (!code)
			code = (cudaError_t)gemm_work_multiply(w, stream);
		if (!code)
			code = (cudaError_t)take_digest(w, stream);
	}
	if (!code)
		code = cudaStreamSynchronize(stream);
	return gpu_error((int)code, e, "repeating a product");
}

static int look_at_digests(const struct gemm_work *w, const char *who, struct gemm_repeats *r,
			   struct err *e)
{
	struct gemm_digest *d = malloc((size_t)w->taken * sizeof(*d));
	int rc;

	if (!d)
		return err_set(e, ENOMEM, "no memory for digests");
	rc = gpu_error((int)cudaMemcpy(d, w->digests, (size_t)w->taken * sizeof(*d),
				       cudaMemcpyDeviceToHost),
		       e, "reading digests");
	for (int i = 0; i < w->taken && !rc; i++) {
		if (d[i].broken)
			rc = err_set(e, EBADMSG,
				     "%s: %llu sums are infinite or no numbers, or were never "
				     "written",
				     who, (unsigned long long)d[i].broken);
	}
	r->differ += gemm_digests_differ(d, w->taken);
	r->of += w->taken;
	free(d);
	return rc;
}

void gemm_repeats_say(struct ctx *c, const char *labels, const struct gemm_repeats *r)
{
	char found[64] = EQUAL, source[96];

	if (r->differ)
		snprintf(found, sizeof(found), "%d of %d differ", r->differ, r->of);
	snprintf(source, sizeof(source), "digests of %d products", r->of);
	ctx_expect(c, "repeats", "flops", labels, found, EQUAL, source);
}

static double sum_at(const void *p, enum compute_type type)
{
	double d;
	float f;
	int32_t i;

	switch (gemm_sum_of(type)) {
	case GEMM_SUM_FP64:
		memcpy(&d, p, sizeof(d));
		return d;
	case GEMM_SUM_INT32:
		memcpy(&i, p, sizeof(i));
		return i;
	default:
		memcpy(&f, p, sizeof(f));
		return (double)f;
	}
}

static int read_sampled(const struct gemm_work *w, char *out, struct CUstream_st *stream,
			struct err *e)
{
	size_t bytes = gemm_sum_bytes(w->job.type);
	cudaError_t code = cudaSuccess;

	for (int i = 0; i < SAMPLED && !code; i++)
		code = cudaMemcpyAsync(out + (size_t)i * bytes,
				       (const char *)w->job.c +
					       gemm_sampled(w->job.m, w->job.n, w->seed, i) * bytes,
				       bytes, cudaMemcpyDeviceToHost, stream);
	if (!code)
		code = cudaStreamSynchronize(stream);
	return gpu_error((int)code, e, "reading sums");
}

static int look_at_sums(const struct gemm_work *w, const char *who, struct CUstream_st *stream,
			struct err *e)
{
	size_t bytes = gemm_sum_bytes(w->job.type);
	char sums[SAMPLED * 8];
	uint64_t n = (uint64_t)w->job.n;
	int wrong = 0, rc = read_sampled(w, sums, stream, e);
	struct err first = ERR_INIT;

	for (int i = 0; i < SAMPLED && !rc; i++) {
		uint64_t at = gemm_sampled(w->job.m, w->job.n, w->seed, i);
		struct gemm_want want = gemm_want(w->job.type, w->seed, at / n, at % n, w->job.k);
		double got = sum_at(sums + (size_t)i * bytes, w->job.type);

		if (fabs(got - want.sum) <= want.bound) /* what is no number is not */
			continue;
		wrong++;
		err_set(&first, EBADMSG, "row %llu, column %llu is %.9g and should be %.9g ± %.2g",
			(unsigned long long)(at / n), (unsigned long long)(at % n), got, want.sum,
			want.bound);
	}
	if (rc || !wrong)
		return rc;
	return err_set(e, EBADMSG, "%s: %d of %d sums are wrong; the first: %s", who, wrong,
		       SAMPLED, first.text);
}

int gemm_work_verify(struct gemm_work *w, const char *who, struct CUstream_st *stream,
		     struct gemm_repeats *r, struct err *e)
{
	int rc = repeat(w, stream, e);

	if (!rc)
		rc = look_at_digests(w, who, r, e);
	return rc ? rc : look_at_sums(w, who, stream, e);
}

#endif
