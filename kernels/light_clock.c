/*
 * The clocks of a GPU that has something to do and yet nothing to hold it back: one thread of one
 * SM waits behind a gate, and NVML is asked every 20 ms until it says the same clock several times.
 * A GPU that is free then runs at its maximum; one that does not, and says no reason, has been
 * locked by somebody, which nothing else tells. Known errors: NVML's clocks are a little late, so
 * only a clock that is the wanted one ends the waiting early; GeForce cards may reach their maximum
 * on a cold day only.
 */
#include "gpu.h"

#include <errno.h>

static const struct param params[] = {
	GPU_PARAM_GPU,
	{.name = "wanted",
	 .type = PARAM_INT,
	 .scope = SCOPE_STEP,
	 .def = "0",
	 .max = 100000,
	 .unit = "MHz",
	 .option = true,
	 .help = "the clock that ends the waiting early; 0: the maximum"},
	{.name = NULL},
};

static const struct metric metrics[] = {
	{.name = "clock",
	 .unit = "Hz",
	 .better = BETTER_NONE,
	 .cls = "info",
	 .help = "SM clock under a light load"},
	{.name = "memory_clock",
	 .unit = "Hz",
	 .better = BETTER_NONE,
	 .cls = "info",
	 .help = "memory clock meanwhile"},
	{.name = NULL},
};

#ifdef ASSAY_CUDA

#include "gate.h"

#include "../harness/base/clock.h"
#include "../harness/probe/nvml.h"

#include <cuda_runtime_api.h>
#include <math.h>
#include <stdio.h>

#define INTERVAL_NS 20000000u
#define PATIENCE_S  1.5 /* for a clock that moves */
#define RAMP_S	    0.6 /* before another clock than the wanted one counts */
#define STEADY	    3	/* equal readings */

struct lit {
	struct nvml *nvml;
	unsigned index; /* of the GPU in NVML */
	struct gate *gate;
	cudaStream_t stream;
};

static int find_in_nvml(struct lit *k, struct err *e)
{
	char address[16];
	struct err why = ERR_INIT;
	int rc = gpu_address(address, 0, e), i;

	if (!rc && nvml_open(&k->nvml, NULL, &why))
		rc = err_set(e, ENOTSUP, "nobody tells the clock: %s", why.text);
	if (rc)
		return rc;
	i = nvml_index(k->nvml, address);
	k->index = (unsigned)i;
	return i < 0 ? err_set(e, ENOTSUP, "NVML has no GPU %s", address) : 0;
}

static int setup(struct ctx *c, struct err *e)
{
	struct lit *k = ctx_state(c);
	int rc = gpu_not_shared(e);

	if (!rc)
		rc = find_in_nvml(k, e);
	if (!rc)
		rc = gpu_error((int)cudaHostAlloc((void **)&k->gate, sizeof(*k->gate),
						  cudaHostAllocMapped | cudaHostAllocPortable),
			       e, "making a gate");
	if (!rc)
		rc = gpu_error((int)cudaStreamCreateWithFlags(&k->stream, cudaStreamNonBlocking), e,
			       "making a stream");
	return rc;
}

static double read_number(const struct lit *k, const char *field)
{
	double v = NAN;

	nvml_number(k->nvml, k->index, field, &v);
	return v;
}

/* Reads until the clock stays; NAN where NVML does not say. */
static double wait_for_clock(const struct lit *k, double wanted_hz)
{
	uint64_t start_ns = clock_wall_ns();
	double last = NAN;

	for (int same = 0;;) {
		double hz = read_number(k, "clock_sm"), spent_s = clock_wall_since_s(start_ns);
		bool early = fabs(hz - wanted_hz) < 1e6;

		same = hz == last ? same + 1 : 1;
		last = hz;
		if (isnan(hz) || spent_s > PATIENCE_S ||
		    (same >= STEADY && (early || spent_s > RAMP_S)))
			return hz;
		clock_wall_sleep_ns(INTERVAL_NS);
	}
}

static void say(struct ctx *c, const struct lit *k)
{
	double reasons = read_number(k, "clock_reasons"), max = read_number(k, "clock_sm_max");
	char text[32];

	if (!isnan(max))
		ctx_fact_num(c, "ceiling", "clock", "gpu", max, "nvmlDeviceGetMaxClockInfo");
	if (isnan(reasons))
		return;
	snprintf(text, sizeof(text), "0x%llx", (unsigned long long)reasons);
	ctx_fact(c, "clock_reasons", "clock", "gpu", text,
		 "nvmlDeviceGetCurrentClocksEventReasons");
}

static int run(struct ctx *c, struct err *e)
{
	struct lit *k = ctx_state(c);
	double wanted_hz = (double)ctx_u64(c, "wanted") * 1e6;

	if (wanted_hz <= 0)
		wanted_hz = read_number(k, "clock_sm_max");
	k->gate->open = k->gate->gave_up = 0;
	int rc = gpu_error(gate_launch(k->gate, GATE_GIVE_UP_NS, k->stream), e,
			   "launching the gate");
	double hz = rc ? NAN : wait_for_clock(k, wanted_hz);

	if (!rc)
		say(c, k);
	double memory_hz = read_number(k, "clock_mem");

	__atomic_store_n(&k->gate->open, 1, __ATOMIC_RELEASE);
	if (!rc)
		rc = gpu_error((int)cudaStreamSynchronize(k->stream), e, "waiting for the gate");
	if (!rc && isnan(hz))
		rc = err_set(e, ENOTSUP, "NVML does not tell this GPU's clock");
	if (rc)
		return rc;
	ctx_emit(c, "clock", hz);
	if (!isnan(memory_hz))
		ctx_emit(c, "memory_clock", memory_hz);
	return 0;
}

static void teardown(struct ctx *c)
{
	struct lit *k = ctx_state(c);

	if (k->stream)
		cudaStreamDestroy(k->stream);
	if (k->gate)
		cudaFreeHost(k->gate);
	nvml_close(k->nvml);
}

#endif

const struct bench bench_light_clock = {
	.name = "light_clock",
	.summary = "clocks of each GPU under a light load",
	.method = "One thread of one SM waits while NVML is asked for the clocks, until they stay "
		  "as they are: a GPU that nobody has locked, and that no limit holds back, shows "
		  "its maximum.",
	.params = params,
	.metrics = metrics,
	.process_s = 3,
	.supported = gpu_supported,
#ifdef ASSAY_CUDA
	.state_bytes = sizeof(struct lit),
	.setup = setup,
	.run = run,
	.teardown = teardown,
#endif
};
