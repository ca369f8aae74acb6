/*
 * Bandwidth of a GPU's own memory: its SMs read, write, copy and do the triad of STREAM (McCalpin
 * 1995) on arrays that no cache holds, 16 bytes an access, four to eight of them under way in each
 * of 1024 threads an SM. One launch goes round the arrays until each SM has done 32 MiB of each, so
 * that its start and end are small beside it; launches are queued behind a gate and timed by
 * events. Bytes are what the program asks for: read and write N, copy 2 N, triad 3 N.
 *
 * Known errors: an array of 8 x the L2 leaves in it, at the worst, what a three-thousandth of the
 * reads hit (random replacement); refresh and ECC are in the figure, as they are for every user.
 * NVML is looked at meanwhile: where heat or a brake held the clocks down, the figure is not the
 * memory's.
 *
 * After each case the sources are made again, the destination is poisoned, the operation done once
 * more and every byte checked; for read, the sum of all that was read.
 */
#include "hbm_arrays.h"

#include "gpu.h"

#include "../harness/base/units.h"

#include <errno.h>

static const struct param params[] = {
	GPU_PARAM_GPU,
	HBM_PARAM_OP("read,write,copy,triad"),
	{.name = "size",
	 .type = PARAM_SIZE,
	 .scope = SCOPE_CASE,
	 .def = "1GiB",
	 .min = 1 << 20,
	 .max = HBM_MAX_ARRAY_BYTES,
	 .unit = "bytes",
	 .help = "bytes of one array; at least 8 x the L2"},
	{.name = NULL},
};

static const struct metric metrics[] = {
	{.name = "bandwidth",
	 .unit = "bytes/s",
	 .better = BETTER_HIGHER,
	 .cls = "bandwidth",
	 .siblings = "gpu",
	 .help = "bytes read and bytes written by the SMs, by time"},
	{.name = NULL},
};

#ifdef ASSAY_CUDA

enum { L2_TIMES = 8 };

static int run(struct ctx *c, struct err *e)
{
	struct hbm_arrays *k = ctx_state(c);
	double ceiling = gpu_memory_peak();
	char size[32], l2[32];
	int rc;

	if (ctx_u64(c, "size") < L2_TIMES * k->l2_bytes)
		return err_set(e, ENOTSUP,
			       "arrays of %s are less than %d x the L2 of %s: it would answer in "
			       "the memory's place",
			       units_size(size, sizeof(size), (double)ctx_u64(c, "size")), L2_TIMES,
			       units_size(l2, sizeof(l2), (double)k->l2_bytes));
	rc = hbm_arrays_use(k, c, e);
	if (rc)
		return rc;
	if (ceiling > 0)
		ctx_fact_num(c, "ceiling", "bandwidth", "gpu", ceiling,
			     "width of the bus x memory clock x 2");
	return hbm_arrays_sample(k, c, e);
}

#endif

const struct bench bench_hbm = {
	.name = "hbm",
	.summary = "bandwidth of a GPU's own memory, as its SMs see it",
	.method =
		"Every SM reads, writes, copies or does the triad a = b + q c on arrays of doubles "
		"that no cache holds, 16 bytes an access, several under way in each thread. "
		"Launches are queued behind a gate and timed by GPU events; bytes count as the "
		"program asks for them: copy twice, triad three times an array. After each case "
		"every byte, or the sum of all that was read, is checked.",
	.params = params,
	.metrics = metrics,
	.supported = gpu_supported,
#ifdef ASSAY_CUDA
	.state_bytes = sizeof(struct hbm_arrays),
	.setup = hbm_arrays_setup,
	.run = run,
	.verify = hbm_arrays_verify,
	.teardown = hbm_arrays_teardown,
#endif
};
