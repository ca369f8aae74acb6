/* NVML of the simulated server: NVLinks and peer access. */
#include "nvml.h"
#include "peer.h"

NVML_API int nvmlDeviceGetNvLinkState(nvmlDevice_t d, unsigned link, unsigned *active);
NVML_API int nvmlDeviceGetNvLinkVersion(nvmlDevice_t d, unsigned link, unsigned *version);
NVML_API int nvmlDeviceGetNvLinkRemoteDeviceType(nvmlDevice_t d, unsigned link, unsigned *type);
NVML_API int nvmlDeviceGetNvLinkRemotePciInfo_v2(nvmlDevice_t d, unsigned link,
						 struct nvml_pci *pci);
NVML_API int nvmlDeviceGetNvLinkErrorCounter(nvmlDevice_t d, unsigned link, int which, nvml_u64 *n);
NVML_API int nvmlDeviceGetP2PStatus(nvmlDevice_t d, nvmlDevice_t peer, int what, unsigned *status);

#define MOST_LINKS 18
/* Where the counters moved into field values. */
#define FIELDS_FROM_GEN 5

/* NVML_OK for a link that the GPU has. */
static int enter_link(nvmlDevice_t d, unsigned link, int *gpu)
{
	int e = nvml_enter(d, gpu);

	if (e)
		return e;
	if (link >= MOST_LINKS)
		return NVML_INVALID_ARGUMENT;
	return link < (unsigned)nvml_profile(*gpu)->nvlinks ? NVML_OK : NVML_NOT_SUPPORTED;
}

int nvmlDeviceGetNvLinkState(nvmlDevice_t d, unsigned link, unsigned *active)
{
	int gpu, e = enter_link(d, link, &gpu);

	if (!e)
		*active = sim_nvlink_up(gpu, (int)link);
	return e;
}

/* 1.0, 2.0, 3.0, 4.0, 5.0, 6.0 in NVML's count of versions. */
int nvmlDeviceGetNvLinkVersion(nvmlDevice_t d, unsigned link, unsigned *version)
{
	static const unsigned of[] = {0, 1, 2, 4, 6, 7, 8};
	int gpu, e = enter_link(d, link, &gpu);

	if (!e)
		*version = of[nvml_profile(gpu)->nvlink_gen];
	return e;
}

/* 0: a GPU, 2: a switch. */
int nvmlDeviceGetNvLinkRemoteDeviceType(nvmlDevice_t d, unsigned link, unsigned *type)
{
	int gpu, e = enter_link(d, link, &gpu);

	if (!e)
		*type = sim_nvlink_to(gpu, (int)link) == SIM_TO_SWITCH ? 2 : 0;
	return e;
}

/* The address of a GPU; that of a switch is nobody's concern here. */
int nvmlDeviceGetNvLinkRemotePciInfo_v2(nvmlDevice_t d, unsigned link, struct nvml_pci *pci)
{
	int gpu, e = enter_link(d, link, &gpu);
	int to = e ? SIM_TO_SWITCH : sim_nvlink_to(gpu, (int)link);

	if (!e && to == SIM_TO_SWITCH)
		return NVML_NOT_SUPPORTED;
	if (!e)
		nvml_put_pci(to, pci);
	return e;
}

/* 0 replay, 1 recovery, 2 flits, 3 data, 4 ECC. */
int nvmlDeviceGetNvLinkErrorCounter(nvmlDevice_t d, unsigned link, int which, nvml_u64 *n)
{
	int gpu, e = enter_link(d, link, &gpu);

	if (e)
		return e;
	if (which < 0 || which > 4)
		return NVML_INVALID_ARGUMENT;
	if (nvml_profile(gpu)->nvlink_gen >= FIELDS_FROM_GEN)
		return NVML_NOT_SUPPORTED;
	*n = which ? 0 : (nvml_u64)sim_nvlink_errors(gpu, (int)link);
	return NVML_OK;
}

int nvml_link_field(int gpu, unsigned id, unsigned link, unsigned *n)
{
	const struct sim_gpu *p = nvml_profile(gpu);

	if (id < 206 || id > 210 || p->nvlink_gen < FIELDS_FROM_GEN || link >= (unsigned)p->nvlinks)
		return NVML_NOT_SUPPORTED;
	*n = id == 208 ? (unsigned)sim_nvlink_errors(gpu, (int)link) : 0;
	return NVML_OK;
}

/* 0: ok, 3: the topology does not allow it, 5: not supported. */
int nvmlDeviceGetP2PStatus(nvmlDevice_t d, nvmlDevice_t peer, int what, unsigned *status)
{
	int a, b, e = nvml_enter(d, &a);

	if (!e)
		e = nvml_enter(peer, &b);
	if (!e)
		*status = sim_peer_access(a, b) ? 0 : nvml_profile(a)->peer_bytes_s > 0 ? 3 : 5;
	return e;
}
