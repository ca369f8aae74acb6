/*
 * A library in NVML's place for test_probe_nvml.c, which compiles it in several ways: one good
 * GPU (index 0), one that asks for a reset (1), one that fell off the bus (2).
 * -DOLD: without the calls that came with later drivers. -DINIT=18: does not start.
 * -DRECOVERY=1: the driver recommends that action (1 GPU reset).
 * -DVIOLATIONS: counts what held clocks down by the call and not by fields.
 * -DMIG: GPU 0 is divided: instance 1.0 in its first place, 2.1, a part of one, in its third.
 */
#include <string.h>

typedef unsigned long long u64;
typedef struct {
	char legacy[16];
	unsigned domain, bus, device, id, subsystem;
	char bus_id[32];
} pci_info;
typedef struct {
	unsigned version;
	unsigned char cluster[16];
	int status;
	unsigned clique;
	unsigned char state;
	unsigned health_mask;
} fabric_v2;
typedef struct {
	unsigned pid;
	u64 used;
	unsigned gi, ci;
} process;
typedef struct {
	unsigned id, scope;
	long long timestamp, latency;
	unsigned type;
	int rc;
	union {
		double d;
		unsigned u;
		u64 ull;
	} value;
} field;

#ifndef RECOVERY
#define RECOVERY 0
#endif
#ifndef INIT
#define INIT 0
#endif

static char gpu[3], mig[3];

static int index_of(const void *d)
{
	return (int)((const char *)d - gpu);
}

/* Place of a MIG instance, -1: it is a GPU. */
static int place_of(const void *d)
{
	return (const char *)d >= mig && (const char *)d < mig + 3 ? (int)((const char *)d - mig)
								   : -1;
}

int nvmlInit_v2(void)
{
	return INIT;
}

int nvmlShutdown(void)
{
	return 0;
}

const char *nvmlErrorString(int rc)
{
	return rc == 18	  ? "Driver/library version mismatch"
	       : rc == 15 ? "GPU is lost"
	       : rc == 16 ? "GPU requires reset"
			  : "some error";
}

int nvmlDeviceGetCount_v2(unsigned *n)
{
	*n = 3;
	return 0;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned i, void **d)
{
	*d = &gpu[i];
	return i == 2 ? 15 : 0;
}

int nvmlDeviceGetPciInfo_v3(void *d, pci_info *p)
{
	memset(p, 0xff, sizeof(*p));
	strcpy(p->bus_id, index_of(d) ? "00000000:C1:00.0" : "00000000:18:00.0");
	return 0;
}

int nvmlSystemGetDriverVersion(char *out, unsigned n)
{
	strncpy(out, "580.82.07", n);
	return 0;
}

int nvmlSystemGetCudaDriverVersion_v2(int *v)
{
	*v = 13000;
	return 0;
}

int nvmlDeviceGetName(void *d, char *out, unsigned n)
{
	strncpy(out, place_of(d) == 0 ? "Fake H100 MIG 3g.40gb" : "Fake H100\twith\na name", n);
	return 0;
}

int nvmlDeviceGetUUID(void *d, char *out, unsigned n)
{
	strncpy(out, place_of(d) >= 0 ? "MIG-0" : index_of(d) ? "GPU-1" : "GPU-0", n);
	if (place_of(d) >= 0)
		out[4] = (char)('0' + place_of(d));
	return 0;
}

int nvmlDeviceGetSerial(void *d, char *out, unsigned n)
{
	return 3;
}

int nvmlDeviceGetClockInfo(void *d, int type, unsigned *out)
{
	*out = type == 1 ? 1980 : type == 2 ? 2619 : 0;
	return 0;
}

int nvmlDeviceGetPowerUsage(void *d, unsigned *out)
{
	*out = 123456;
	return 0;
}

int nvmlDeviceGetPowerManagementLimitConstraints(void *d, unsigned *min, unsigned *max)
{
	*min = 200000;
	*max = 700000;
	return 0;
}

int nvmlDeviceGetTotalEnergyConsumption(void *d, u64 *out)
{
	*out = 987654321;
	return 0;
}

int nvmlDeviceGetTemperature(void *d, int sensor, unsigned *out)
{
	*out = 41;
	return 0;
}

#ifdef OLD
/* The name before 535. */
int nvmlDeviceGetCurrentClocksThrottleReasons(void *d, u64 *out)
#else
int nvmlDeviceGetCurrentClocksEventReasons(void *d, u64 *out)
#endif
{
	*out = 0x8000000000024; /* with a bit that nobody knows */
	return 0;
}

#ifdef VIOLATIONS
/* Policy 0 power, 1 heat; a reference time in us, then ns. */
int nvmlDeviceGetViolationStatus(void *d, int policy, u64 *v)
{
	v[0] = 7;
	v[1] = policy ? 3000000000 : 2000000000;
	return policy > 1 ? 2 : 0;
}
#endif

int nvmlDeviceGetTotalEccErrors(void *d, int type, int counter, u64 *out)
{
	*out = (u64)(10 * type + counter);
	return 0;
}

int nvmlDeviceGetEccMode(void *d, unsigned *now, unsigned *later)
{
	*now = 1;
	*later = 0;
	return 0;
}

#ifdef MIG
int nvmlDeviceGetMigMode(void *d, unsigned *now, unsigned *later)
{
	*now = *later = index_of(d) == 0;
	return 0;
}

int nvmlDeviceGetMaxMigDeviceCount(void *d, unsigned *n)
{
	*n = 3;
	return 0;
}

int nvmlDeviceGetMigDeviceHandleByIndex(void *d, unsigned place, void **out)
{
	*out = &mig[place];
	return place == 1 ? 6 : 0;
}

int nvmlDeviceGetGpuInstanceId(void *d, unsigned *id)
{
	*id = place_of(d) ? 2 : 1;
	return 0;
}

int nvmlDeviceGetComputeInstanceId(void *d, unsigned *id)
{
	*id = place_of(d) ? 1 : 0;
	return 0;
}

#ifndef OLD
int nvmlDeviceGetAttributes_v2(void *d, unsigned *a)
{
	static const unsigned whole[] = {60, 3, 3, 0, 3, 0, 3, 3},
			      part[] = {16, 4, 4, 0, 4, 1, 4, 1};
	u64 mib = 40448; /* 39.5 GiB: 40 in the name */

	memcpy(a, place_of(d) ? part : whole, sizeof(whole));
	memcpy(a + 8, &mib, sizeof(mib));
	return 0;
}
#endif
#else
int nvmlDeviceGetMigMode(void *d, unsigned *now, unsigned *later)
{
	return index_of(d) ? 16 : 3; /* GPU 1 asks for a reset, GPU 0 has no MIG */
}
#endif

int nvmlDeviceGetComputeMode(void *d, unsigned *mode)
{
	*mode = 3;
	return 0;
}

int nvmlDeviceGetRemappedRows(void *d, unsigned *c, unsigned *u, unsigned *pending,
			      unsigned *failed)
{
	*c = 4;
	*u = 1;
	*pending = 1;
	*failed = 0;
	return 0;
}

/* More than the caller's first guess of 64, so that it must ask twice. */
int nvmlDeviceGetComputeRunningProcesses_v3(void *d, unsigned *n, process *p)
{
	unsigned have = place_of(d) < 0 ? 100 : 1;

	if (*n < have) {
		*n = have;
		return 7;
	}
	for (unsigned i = 0; i < have; i++)
		p[i].pid = 2000 - i;
	*n = have;
	return 0;
}

int nvmlDeviceGetMPSComputeRunningProcesses_v3(void *d, unsigned *n, process *p)
{
	if (place_of(d) >= 0)
		return 3; /* not asked of an instance */
	p[0].pid = 7;
	p[1].pid = 2000; /* also in the list above */
	*n = 2;
	return 0;
}

int nvmlDeviceGetMemoryInfo(void *d, u64 *m)
{
	m[0] = 80;
	m[1] = 50;
	m[2] = 30;
	return 0;
}

int nvmlDeviceGetMemoryAffinity(void *d, unsigned n, unsigned long *set, unsigned scope)
{
	set[0] = index_of(d) ? 3 : 2; /* GPU 0: node 1 alone; GPU 1: either */
	return 0;
}

int nvmlDeviceGetCpuAffinity(void *d, unsigned n, unsigned long *set)
{
	set[0] = 0xff80; /* CPU 7 and 8-15: most on node 1 */
	return 0;
}

/* Six links, the last absent, the fifth down: those of GPU 0 lead to a switch, of GPU 1 to GPUs. */
int nvmlDeviceGetNvLinkState(void *d, unsigned link, unsigned *active)
{
	*active = link != 4;
	return link > 5 ? 2 : link == 5 ? 3 : 0;
}

int nvmlDeviceGetNvLinkVersion(void *d, unsigned link, unsigned *version)
{
	*version = index_of(d) ? 7 : 6; /* 5.0, 4.0 */
	return 0;
}

int nvmlDeviceGetNvLinkRemoteDeviceType(void *d, unsigned link, unsigned *type)
{
	*type = index_of(d) ? 0 : 2;
	return 0;
}

int nvmlDeviceGetNvLinkRemotePciInfo_v2(void *d, unsigned link, pci_info *p)
{
	memset(p, 0xff, sizeof(*p));
	strcpy(p->bus_id, link < 3 ? "00000000:18:00.0" : "00000000:3A:00.0");
	return 0;
}

/* Each link: 1 replay, 10 recoveries, 100 bad flits, 1000 lost words, no counter of ECC. */
int nvmlDeviceGetNvLinkErrorCounter(void *d, unsigned link, int which, u64 *out)
{
	static const u64 of[] = {1, 10, 100, 1000};

	if (index_of(d) || which > 3)
		return 3;
	*out = of[which];
	return 0;
}

/* GPU 0 has access, GPU 1 has it not: the chipset. */
int nvmlDeviceGetP2PStatus(void *a, void *b, int caps, unsigned *status)
{
	*status = index_of(a) || index_of(b) ? 1 : 0;
	return 0;
}

#ifndef OLD
int nvmlDeviceGetMemoryInfo_v2(void *d, void *m)
{
	u64 v[5] = {0, place_of(d) < 0 ? 80 : 40, 20, 50, 10};

	if (*(unsigned *)m != (40u | 2u << 24))
		return 25;
	memcpy((char *)m + 8, v + 1, 32);
	return 0;
}

/* Knows version 2 only, as drivers did before the health summary. */
int nvmlDeviceGetGpuFabricInfoV(void *d, fabric_v2 *f)
{
	if (f->version != (36u | 2u << 24))
		return 25;
	memset(f->cluster, 0xab, sizeof(f->cluster));
	f->state = index_of(d) ? 2 : 3;
	f->status = 0;
	f->clique = 5;
	f->health_mask = 0x21;
	return 0;
}

int nvmlSystemGetConfComputeState(unsigned *s)
{
	s[0] = 1;
	s[1] = 0;
	s[2] = 0;
	return 0;
}

int nvmlDeviceGetVirtualizationMode(void *d, unsigned *mode)
{
	*mode = (unsigned)index_of(d) * 2; /* none, vgpu */
	return 0;
}

int nvmlDeviceGetFieldValues(void *d, int n, field *f)
{
	int held = f->id == 74 || f->id == 251 || f->id == 252;
	int link_error = (f->id >= 206 && f->id <= 210) || f->id == 215;

	f->rc = f->id == 82 || (f->id == 230 && RECOVERY) || link_error ? 0 : 3;
	f->type = 1;
	f->value.u = f->id == 82 ? 55 : link_error ? f->scope : RECOVERY;
#ifdef VIOLATIONS
	held = 0;
#endif
	if (held) {
		f->rc = 0;
		f->type = 3;
		f->value.ull = f->id * 1000000000ull;
	}
	return 0;
}
#endif
