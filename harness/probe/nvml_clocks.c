/*
 * NVML: which SM clocks a GPU has, and locking one. Known error: NVML has no call that tells of a
 * lock, so what was locked before is not known.
 */
#include "nvml_clocks.h"
#include "nvml_private.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define MAX_MEMORY_CLOCKS 32

/* NVML's own numbers for "base" (MHz are far below them). */
#define LIMIT_BASE	     0xffffff01u
#define FIELD_POWER_CAPPED   74 /* ns that the power cap has held the clocks down, ever */
#define NVML_VIOLATION_POWER 0
#define NVML_VIOLATION_HEAT  1
/* Of drivers since 12.8; the call comes first, whose numbers have not moved. */
#define FIELD_HOT_BY_DRIVER   251
#define FIELD_HOT_BY_HARDWARE 252

struct violation {
	nvml_u64 reference_us, violation_ns;
};

static int failed(const struct nvml *n, const char *call, int rc, struct err *e)
{
	int code = rc == NVML_NO_PERMISSION			      ? EPERM
		   : rc == NVML_NOT_SUPPORTED || rc == NVML_NO_SYMBOL ? ENOTSUP
		   : rc == NVML_INVALID_ARGUMENT		      ? EINVAL
								      : EIO;

	return err_set(e, code, "%s: %s", call, nvml_reason(n, rc));
}

int nvml_lock_sm(const struct nvml *n, unsigned index, unsigned min_mhz, unsigned max_mhz,
		 struct err *e)
{
	static const char *const call = "nvmlDeviceSetGpuLockedClocks";
	int (*set)(nvml_device, unsigned, unsigned) = nvml_symbol(n, call);
	bool base = min_mhz == NVML_BASE;
	int rc = set ? set(n->device[index], base ? LIMIT_BASE : min_mhz,
			   base ? LIMIT_BASE : max_mhz)
		     : NVML_NO_SYMBOL;

	if (base && rc == NVML_INVALID_ARGUMENT)
		return err_set(e, ENOTSUP, "%s: this driver knows no base clock of this GPU", call);
	return rc == NVML_OK ? 0 : failed(n, call, rc, e);
}

int nvml_unlock_sm(const struct nvml *n, unsigned index, struct err *e)
{
	static const char *const call = "nvmlDeviceResetGpuLockedClocks";
	int (*reset)(nvml_device) = nvml_symbol(n, call);
	int rc = reset ? reset(n->device[index]) : NVML_NO_SYMBOL;

	return rc == NVML_OK ? 0 : failed(n, call, rc, e);
}

/* The memory clock that it runs at when it works, MHz; 0 where NVML lists none. */
static unsigned fastest_memory(const struct nvml *n, nvml_device d)
{
	int (*get)(nvml_device, unsigned *, unsigned *) =
		nvml_symbol(n, "nvmlDeviceGetSupportedMemoryClocks");
	unsigned mhz[MAX_MEMORY_CLOCKS], count = MAX_MEMORY_CLOCKS, most = 0;

	if (!get || get(d, &count, mhz) != NVML_OK)
		return 0;
	for (unsigned i = 0; i < count; i++)
		most = mhz[i] > most ? mhz[i] : most;
	return most;
}

size_t nvml_sm_clocks(const struct nvml *n, unsigned index, unsigned *mhz, size_t max)
{
	int (*get)(nvml_device, unsigned, unsigned *, unsigned *) =
		nvml_symbol(n, "nvmlDeviceGetSupportedGraphicsClocks");
	unsigned memory = fastest_memory(n, n->device[index]), count = (unsigned)max;

	if (!get || !memory || get(n->device[index], memory, &count, mhz) != NVML_OK)
		return 0;
	for (unsigned i = 1; i < count; i++) { /* NVML promises no order */
		unsigned v = mhz[i], k = i;

		for (; k && mhz[k - 1] < v; k--)
			mhz[k] = mhz[k - 1];
		mhz[k] = v;
	}
	return count;
}

/* Time that one policy has held the clocks down, ever; NAN. */
static double violation_s(const struct nvml *n, unsigned index, int policy)
{
	int (*get)(nvml_device, int, struct violation *) =
		nvml_symbol(n, "nvmlDeviceGetViolationStatus");
	struct violation v = {0, 0};

	return get && get(n->device[index], policy, &v) == NVML_OK ? (double)v.violation_ns * 1e-9
								   : NAN;
}

double nvml_capped_s(const struct nvml *n, unsigned index)
{
	double ns;

	if (nvml_field_value(n, n->device[index], FIELD_POWER_CAPPED, 0, &ns) == NVML_OK)
		return ns * 1e-9;
	return violation_s(n, index, NVML_VIOLATION_POWER);
}

double nvml_hot_s(const struct nvml *n, unsigned index)
{
	double s = violation_s(n, index, NVML_VIOLATION_HEAT), by_driver, by_hardware;

	if (!isnan(s))
		return s;
	if (nvml_field_value(n, n->device[index], FIELD_HOT_BY_DRIVER, 0, &by_driver) ||
	    nvml_field_value(n, n->device[index], FIELD_HOT_BY_HARDWARE, 0, &by_hardware))
		return NAN;
	return (by_driver + by_hardware) * 1e-9;
}
