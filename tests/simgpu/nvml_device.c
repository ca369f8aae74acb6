/*
 * NVML of the simulated server: what changes while it runs, and what configures it; clocks and
 * power are in nvml_clocks.c. A GPU that no process uses idles: low clocks, a Gen1 link, as real
 * ones do.
 */
#include "nvml.h"

#include <string.h>
#include <unistd.h>

#define C2C_LINKS 10 /* of GH200 and GB200 */

struct nvml_utilization {
	unsigned gpu, memory;
};

struct nvml_conf_state {
	unsigned environment, feature, devtools;
};

struct nvml_field {
	unsigned id, scope;
	long long timestamp, latency_us;
	unsigned type;
	int code;
	union {
		double d;
		unsigned u;
		nvml_u64 ull;
	} value;
};

struct nvml_fabric { /* versions 2 and 3: the first has no health summary */
	unsigned version;
	unsigned char cluster[16];
	int status;
	unsigned clique;
	unsigned char state;
	unsigned health_mask;
	unsigned char health;
};

static unsigned link_of(int gpu, bool width)
{
	int gen, w;

	sim_link(gpu, &gen, &w);
	return (unsigned)(width ? w : nvml_busy(gpu) ? gen : 1);
}

GET(nvmlDeviceGetCurrPcieLinkGeneration, unsigned, link_of(gpu, false))
GET(nvmlDeviceGetCurrPcieLinkWidth, unsigned, link_of(gpu, true))
GET(nvmlDeviceGetMaxPcieLinkGeneration, unsigned, p->pcie_gen)
GET(nvmlDeviceGetGpuMaxPcieLinkGeneration, unsigned, p->pcie_gen)
GET(nvmlDeviceGetMaxPcieLinkWidth, unsigned, p->pcie_width)
GET(nvmlDeviceGetPcieReplayCounter, unsigned, 0)
GET(nvmlDeviceGetPersistenceMode, unsigned, !strcmp(p->persistence, "on"))
GET(nvmlDeviceGetComputeMode, unsigned, 0)
GET(nvmlDeviceGetRetiredPagesPendingStatus, unsigned, 0)
GET(nvmlDeviceGetVirtualizationMode, unsigned,
    strcmp(sim_profile()->server.hypervisor, "none") != 0)

NVML_API int nvmlDeviceGetEccMode(nvmlDevice_t d, unsigned *now, unsigned *pending);
NVML_API int nvmlDeviceGetTotalEccErrors(nvmlDevice_t d, int type, int counter, nvml_u64 *n);
NVML_API int nvmlDeviceGetUtilizationRates(nvmlDevice_t d, struct nvml_utilization *u);
NVML_API int nvmlDeviceGetRemappedRows(nvmlDevice_t d, unsigned *corrected, unsigned *uncorrected,
				       unsigned *pending, unsigned *failed);
NVML_API int nvmlDeviceGetRetiredPages(nvmlDevice_t d, int cause, unsigned *n, nvml_u64 *addresses);
NVML_API int nvmlDeviceGetGpuFabricInfoV(nvmlDevice_t d, struct nvml_fabric *f);
NVML_API int nvmlDeviceGetFieldValues(nvmlDevice_t d, int n, struct nvml_field *f);
NVML_API int nvmlSystemGetConfComputeState(struct nvml_conf_state *s);

int nvmlDeviceGetEccMode(nvmlDevice_t d, unsigned *now, unsigned *pending)
{
	int gpu, e = nvml_enter(d, &gpu);

	if (e)
		return e;
	if (!strcmp(nvml_profile(gpu)->ecc, "none"))
		return NVML_NOT_SUPPORTED;
	*now = *pending = !strcmp(nvml_profile(gpu)->ecc, "on");
	return NVML_OK;
}

/* type 1: uncorrected; since the driver was loaded or ever, which is the same here. */
int nvmlDeviceGetTotalEccErrors(nvmlDevice_t d, int type, int counter, nvml_u64 *n)
{
	int gpu, e = nvml_enter(d, &gpu);
	const struct fault *f = e ? NULL : sim_fault(FAULT_ECC, gpu);

	*n = 0;
	if (f && type == !strcmp(f->what, "uncorrected"))
		*n = (nvml_u64)sim_counted(gpu).works;
	return e ? e : strcmp(nvml_profile(gpu)->ecc, "on") != 0 ? NVML_NOT_SUPPORTED : NVML_OK;
}

int nvmlDeviceGetUtilizationRates(nvmlDevice_t d, struct nvml_utilization *u)
{
	int gpu, e = nvml_enter(d, &gpu);

	if (!e)
		*u = (struct nvml_utilization){nvml_busy(gpu) ? 100 : 0, nvml_busy(gpu) ? 10 : 0};
	return e;
}

int nvmlDeviceGetRemappedRows(nvmlDevice_t d, unsigned *corrected, unsigned *uncorrected,
			      unsigned *pending, unsigned *failed)
{
	int gpu, e = nvml_enter(d, &gpu);

	*corrected = *uncorrected = *pending = *failed = 0;
	return e ? e : nvml_profile(gpu)->cc_major < 8 ? NVML_NOT_SUPPORTED : NVML_OK;
}

int nvmlDeviceGetRetiredPages(nvmlDevice_t d, int cause, unsigned *n, nvml_u64 *addresses)
{
	int gpu;

	*n = 0;
	return nvml_enter(d, &gpu);
}

int nvmlDeviceGetGpuFabricInfoV(nvmlDevice_t d, struct nvml_fabric *f)
{
	int gpu, e = nvml_enter(d, &gpu);
	unsigned version = f->version;
	bool ready = !sim_fault(FAULT_FABRIC_NOT_READY, -1), v2 = version == VERSION_WORD(36, 2);

	if (e)
		return e;
	if (!v2 && version != VERSION_WORD(sizeof(*f), 3))
		return NVML_ARGUMENT_VERSION_MISMATCH;
	memset(f, 0, v2 ? 36 : sizeof(*f));
	f->version = version;
	if (!strcmp(nvml_profile(gpu)->fabric, "completed"))
		f->state = ready ? 3 : 2; /* completed, in progress; 0: not supported */
	if (!v2 && f->state == 3)
		f->health = 1;
	return NVML_OK;
}

/*
 * NVLink-C2C, where the GPU reaches its host over it: 170 is the number of links, 171 whether one
 * (the scope) is up, 172 its MB/s, of which ten make the 450 GB/s of the data sheet.
 */
static int c2c_field(int gpu, unsigned id, unsigned link, unsigned *n)
{
	static const unsigned of[] = {C2C_LINKS, 1, 44712};

	if (strcmp(nvml_profile(gpu)->link, "c2c") != 0)
		return NVML_NOT_SUPPORTED;
	if (link >= C2C_LINKS)
		return NVML_INVALID_ARGUMENT;
	*n = of[id - 170];
	return NVML_OK;
}

/*
 * 82: temperature of the memory; 91: number of NVLinks; 170 to 172: C2C; 206 to 210: errors of an
 * NVLink (the scope); 230: recovery action (none).
 */
static int field(int gpu, unsigned id, unsigned scope, unsigned *n)
{
	switch (id) {
	case 82:
		*n = (unsigned)sim_memory_temperature_c(gpu, nvml_load(gpu));
		return NVML_OK;
	case 91:
		*n = (unsigned)nvml_profile(gpu)->nvlinks;
		return NVML_OK;
	case 170:
	case 171:
	case 172:
		return c2c_field(gpu, id, scope, n);
	case 230:
		return NVML_OK;
	default:
		return nvml_link_field(gpu, id, scope, n);
	}
}

int nvmlDeviceGetFieldValues(nvmlDevice_t d, int n, struct nvml_field *f)
{
	int gpu, e = nvml_enter(d, &gpu);

	for (int i = 0; !e && i < n; i++) {
		f[i].value.ull = 0;
		f[i].type = nvml_clock_field(gpu, f[i].id, &f[i].value.ull) ? 3 : 1;
		f[i].code =
			f[i].type == 3 ? NVML_OK : field(gpu, f[i].id, f[i].scope, &f[i].value.u);
	}
	return e;
}

int nvmlSystemGetConfComputeState(struct nvml_conf_state *s)
{
	memset(s, 0, sizeof(*s));
	return NVML_OK;
}
