/*
 * The part of NVML's binary interface that is used here, declared by hand: a machine may have
 * the library and no header. Layouts as in NVML 11 to 13; _Static_assert guards the sizes that
 * go into version words. Included by nvml*.c only.
 */
#ifndef ASSAY_PROBE_NVML_ABI_H
#define ASSAY_PROBE_NVML_ABI_H

typedef void *nvml_device;
typedef unsigned long long nvml_u64;

enum {
	NVML_OK = 0,
	NVML_INVALID_ARGUMENT = 2,
	NVML_NOT_SUPPORTED = 3,
	NVML_NO_PERMISSION = 4,
	NVML_NOT_FOUND = 6,
	NVML_INSUFFICIENT_SIZE = 7,
	NVML_GPU_IS_LOST = 15,
	NVML_RESET_REQUIRED = 16,
	NVML_VERSION_MISMATCH = 25
};

enum { NVML_CLOCK_SM = 1, NVML_CLOCK_MEM = 2 };
enum { NVML_TEMPERATURE_GPU = 0 };
enum { NVML_ECC_CORRECTED = 0, NVML_ECC_UNCORRECTED = 1 };
enum { NVML_ECC_VOLATILE = 0, NVML_ECC_AGGREGATE = 1 };
enum { NVML_SCOPE_NODE = 0 };
enum { NVML_P2P_READ = 0 };
enum { NVML_LINK_TO_SWITCH = 2 }; /* of the device at its other end */
enum { NVML_LINK_REPLAY = 0, NVML_LINK_RECOVERY = 1 };

enum {
	NVML_FIELD_MEMORY_TEMPERATURE = 82,
	NVML_FIELD_C2C_LINKS = 170,
	NVML_FIELD_LINK_MALFORMED = 206, /* errors of an NVLink5, to … */
	NVML_FIELD_LINK_GENERAL = 210,
	NVML_FIELD_LINK_RECOVERIES = 215,
	NVML_FIELD_RECOVERY_ACTION = 230
};

#define NVML_VERSION_WORD(type, version) ((unsigned)sizeof(type) | (unsigned)(version) << 24)

struct nvml_pci {
	char bus_id_legacy[16];
	unsigned domain, bus, device, pci_device_id, pci_subsystem_id;
	char bus_id[32];
};

struct nvml_memory {
	nvml_u64 total, free, used; /* used: with what the driver keeps for itself */
};

struct nvml_memory_v2 {
	unsigned version;
	nvml_u64 total, reserved, free, used;
};

struct nvml_bar1 {
	nvml_u64 total, free, used;
};

struct nvml_process { /* of the _v2 and _v3 calls */
	unsigned pid;
	nvml_u64 used;
	unsigned gpu_instance, compute_instance;
};

struct nvml_attributes { /* of a MIG instance: nvmlDeviceGetAttributes_v2 */
	unsigned sms, copy_engines, decoders, encoders, jpeg, ofa;
	unsigned gpu_slices, compute_slices;
	nvml_u64 memory_mib;
};

struct nvml_fabric_v1 { /* nvmlDeviceGetGpuFabricInfo */
	unsigned char cluster[16];
	int status;
	unsigned clique;
	unsigned char state;
};

struct nvml_fabric_v2 { /* nvmlDeviceGetGpuFabricInfoV, version 2 */
	unsigned version;
	unsigned char cluster[16];
	int status;
	unsigned clique;
	unsigned char state;
	unsigned health_mask;
};

struct nvml_fabric_v3 {
	unsigned version;
	unsigned char cluster[16];
	int status;
	unsigned clique;
	unsigned char state;
	unsigned health_mask;
	unsigned char health;
};

struct nvml_confidential {
	unsigned environment, feature, devtools;
};

struct nvml_field {
	unsigned id, scope;
	long long timestamp, latency_us;
	unsigned type; /* 0 double, 1 unsigned, 2 unsigned long, 3 and 4 (unsigned) long long, 5 int
			*/
	int rc;
	union {
		double d;
		unsigned u;
		unsigned long ul;
		nvml_u64 ull;
		int i;
	} value;
};

_Static_assert(sizeof(struct nvml_pci) == 68, "nvmlPciInfo_t");
_Static_assert(sizeof(struct nvml_memory_v2) == 40, "nvmlMemory_v2_t");
_Static_assert(sizeof(struct nvml_process) == 24, "nvmlProcessInfo_t");
_Static_assert(sizeof(struct nvml_attributes) == 40, "nvmlDeviceAttributes_t");
_Static_assert(sizeof(struct nvml_fabric_v2) == 36, "nvmlGpuFabricInfo_v2_t");
_Static_assert(sizeof(struct nvml_fabric_v3) == 40, "nvmlGpuFabricInfo_v3_t");
_Static_assert(sizeof(struct nvml_field) == 40, "nvmlFieldValue_t");

#endif
