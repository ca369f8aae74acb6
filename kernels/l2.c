/*
 * Bandwidth of a GPU's L2: the loops of hbm on arrays that together fill half of it at most, round
 * and round, 4 GiB of each array a launch. Half, because the L2 of large GPUs has two halves that
 * may each keep a copy of what the SMs near to them read. Loads go past the caches of the SMs. No
 * ceiling is given: its clock and width are not told by any driver. Known errors: what leaves a
 * launch's writes at its end goes to memory, some megabytes of gigabytes; the L2 follows the SM
 * clock on some GPUs, so compare like clocks.
 *
 * Checked and watched as hbm is.
 */
#include "hbm_arrays.h"

#include "gpu.h"

#include "../harness/base/units.h"

#include <errno.h>

static const struct param params[] = {
	GPU_PARAM_GPU,
	HBM_PARAM_OP("read,write"),
	{.name = "size",
	 .type = PARAM_SIZE,
	 .scope = SCOPE_CASE,
	 .def = "2MiB",
	 .min = 1 << 18,
	 .max = (uint64_t)1 << 30,
	 .unit = "bytes",
	 .help = "bytes of one array; all of an operation fill half of the L2 at most"},
	{.name = NULL},
};

static const struct metric metrics[] = {
	{.name = "bandwidth",
	 .unit = "bytes/s",
	 .better = BETTER_HIGHER,
	 .cls = "bandwidth",
	 .siblings = "gpu",
	 .help = "bytes that SMs read from the L2 and write into it, by time"},
	{.name = NULL},
};

#ifdef ASSAY_CUDA

static int run(struct ctx *c, struct err *e)
{
	struct hbm_arrays *k = ctx_state(c);
	int rc = hbm_arrays_use(k, c, e);
	uint64_t bytes = (uint64_t)stream_arrays(k->op) * k->size;
	char all[32], l2[32];

	if (!rc && bytes > k->l2_bytes / 2)
		return err_set(e, ENOTSUP, "%s of arrays do not fit into half of the L2 of %s",
			       units_size(all, sizeof(all), (double)bytes),
			       units_size(l2, sizeof(l2), (double)k->l2_bytes));
	return rc ? rc : hbm_arrays_sample(k, c, e);
}

#endif

const struct bench bench_l2 = {
	.name = "l2",
	.summary = "bandwidth of a GPU's L2, as its SMs see it",
	.method = "Every SM reads or writes arrays that fill half of the L2 at most, round and "
		  "round, 16 bytes an access, past its own caches. Launches are queued behind a "
		  "gate and "
		  "timed by GPU events. After each case every byte, or the sum of all that was "
		  "read, is checked.",
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
