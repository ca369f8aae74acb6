/*
 * The model behind the façades: one simulated server as this process sees it. Virtual time,
 * noise, who lies where, what the run's processes share. Everything is a pure function of the
 * profile, the faults, the streams given to sim_begin and the order of this process's calls.
 */
#ifndef ASSAY_SIM_SIM_H
#define ASSAY_SIM_SIM_H

#include "fault.h"
#include "flow.h"
#include "profile.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The server of ASSAY_SIM and ASSAY_SIM_FAULT, read once. Without them, or with broken ones, the
 * process ends with exit code 2 and the reason: nothing simulated works without.
 */
SIM_API const struct sim_profile *sim_profile(void);
SIM_API const struct fault *sim_fault(enum fault_kind kind, int gpu);
SIM_API const struct fault *sim_fault_with(enum fault_kind kind, int gpu, int peer, int link);
SIM_API const char *sim_fault_help(int i);	     /* one line a fault, NULL after the last */
SIM_API double sim_shift(const char *what, int gpu); /* see fault_shift */
SIM_API const char *sim_title(void); /* "hgx-h100" or "hgx-h100 fault: hang gpu=3" */

/* Versions as the driver says them, after faults. */
SIM_API const char *sim_driver(void); /* of the libraries, "580.82.07" */
SIM_API const char *sim_module(void); /* of the kernel module */
SIM_API int sim_driver_cuda(void);    /* newest CUDA that it supports, 13000 */

/* ---- which server of its kind, which boot: identity.c ---- */

/* Applies ASSAY_SIM_NODE, _SESSION and _DRIVER to a profile and names its GPUs. 0 or -EINVAL. */
int sim_identify(struct sim_profile *p, struct err *e);
SIM_API uint64_t sim_node_hash(const struct sim_profile *p);
SIM_API uint64_t sim_boot_hash(const struct sim_profile *p);
/* The arm that this process measures, from its command line; "" if it measures none. */
void sim_own_arm(char *out, size_t n);

/* ---- virtual time of this process, seconds ---- */

SIM_API double sim_now(void);
SIM_API void sim_advance(double seconds);
SIM_API void sim_advance_to(double when); /* never back */

/* ---- noise: factors on durations ---- */

/* What is measured next. The first call of a process is its identity (the process effect). */
SIM_API void sim_begin(uint64_t stream);
/* A new sample: what follows until the next call shares one draw. */
SIM_API void sim_epoch(void);
/* How many draws there were: as long as it stays, so does sim_noise. */
SIM_API uint64_t sim_draws(void);
/* Factor for a duration; channel and gpu (-1: none) tell apart what may be slow or fast. */
SIM_API double sim_noise(const char *channel, int gpu);

/* ---- where a GPU is ---- */

SIM_API int sim_gpu_node(int gpu); /* NUMA node as firmware says, after faults; -1: it does not */
SIM_API int sim_gpu_near(int gpu); /* the node that it is really near to; -1: no difference */
/* The GPU whose memory is this NUMA node, -1: a node with CPUs, or none. */
SIM_API int sim_node_gpu(int node);
/* Socket of a node of either kind. */
SIM_API int sim_node_socket(int node);
/* The link as it trained, after faults. */
SIM_API void sim_link(int gpu, int *gen, int *width);
SIM_API bool sim_is_c2c(int gpu); /* its copies go over NVLink-C2C and not over PCIe */
/* What is left of its way's rate as the link trained; all of C2C, which is another link. */
SIM_API double sim_trained_share(int gpu);

/* ---- clocks, power, heat: clocks.c ---- */

/* What a GPU does, the more the more power it takes. SIM_IDLE: no process has a context. */
enum sim_load { SIM_IDLE, SIM_LIGHT, SIM_MEMORY, SIM_COMPUTE };

/* The clock of the SMs under that load: lock, power limit and heat counted in. */
SIM_API double sim_sm_hz(int gpu, enum sim_load load);
/* Those that it can be locked at, greatest first; returns how many there are. */
SIM_API int sim_sm_clocks(int gpu, double *hz, int max);
/*
 * Seconds for so many operations on all SMs that compute at `share` of the profile's rate per clock
 * and SM, noise and shifts included. The process ends where the profile has no such rate.
 */
SIM_API double sim_flop_s(int gpu, enum compute_type type, double flop, double share);
/* What holds the clock down, as NVML's bits. */
enum {
	SIM_EVENT_IDLE = 0x1,
	SIM_EVENT_POWER_CAP = 0x4,
	SIM_EVENT_HW = 0x8, /* one of those that follow, done by hardware */
	SIM_EVENT_SW_THERMAL = 0x20,
	SIM_EVENT_HW_THERMAL = 0x40,
	SIM_EVENT_BRAKE = 0x80,
};
SIM_API unsigned sim_clock_events(int gpu, enum sim_load load);
SIM_API double sim_power_w(int gpu, enum sim_load load);
SIM_API double sim_power_limit_w(int gpu); /* after faults */
SIM_API double sim_temperature_c(int gpu, enum sim_load load);
SIM_API double sim_memory_temperature_c(int gpu, enum sim_load load);

/* ---- where memory lies ---- */

enum sim_mem { SIM_PLACED, SIM_PINNED, SIM_REGISTERED, SIM_DEVICE };

struct dev;

struct sim_range {
	char *base;
	size_t bytes;
	enum sim_mem kind;
	bool write_combined; /* SIM_PINNED */
	int node;	     /* host memory: its node */
	int gpu;	     /* SIM_DEVICE: which */
	struct dev *device;  /* SIM_DEVICE: its content (devmem.h); the host faults on base */
};

SIM_API int sim_range_add(const struct sim_range *r); /* 0 or -ENOMEM */
SIM_API int sim_range_remove(const void *base, enum sim_mem kind,
			     struct sim_range *out); /* 0, -ENOENT */
/* The range of that kind that holds p; false if there is none. */
SIM_API bool sim_range_find(const void *p, enum sim_mem kind, struct sim_range *out);
/* Grows whenever a range comes or goes: who remembers an answer asks whether it still holds. */
SIM_API uint64_t sim_range_changes(void);
/* Node of host memory: as recorded, else where this thread's new memory comes from. */
SIM_API int sim_host_node(const void *p);
/* Real memory of whole pages, THP advised, -ENOMEM or 0. */
SIM_API int sim_map(size_t bytes, char **out);

/* Where this thread runs and where its new memory comes from; policy -1: where it runs. */
SIM_API void sim_pin(int node);
SIM_API void sim_set_policy(int node);
SIM_API int sim_memory_node(void);

/* ---- shared by all processes of the run: one mapped file ---- */

SIM_API void sim_context_open(int gpu); /* this process has a context there, until it ends */
SIM_API int sim_context_pids(int gpu, int *pids, int max); /* live ones; returns how many */
/*
 * The clock of the SMs that was locked, MHz; false where none is. It is of the whole GPU, and gone
 * with the last client where persistence is off.
 */
SIM_API void sim_set_lock(int gpu, unsigned min_mhz, unsigned max_mhz);
SIM_API void sim_forget_lock(int gpu);
SIM_API bool sim_lock(int gpu, unsigned *min_mhz, unsigned *max_mhz);
/* This process uses NVML, as contexts do the GPUs: a client of each. */
SIM_API void sim_client_open(void);
SIM_API void sim_client_close(void);

/*
 * What the GPU does for this process from now on; struct rt_kernel's load does it for kernels. Of
 * other processes is known that they have a context: when they work, in real time, no seed says.
 */
SIM_API void sim_load(int gpu, enum sim_load load);
SIM_API enum sim_load sim_load_now(int gpu); /* SIM_IDLE where nobody has a context */
/* The GPU worked so long: counted for energy, clock events and errors. */
SIM_API void sim_worked(int gpu, enum sim_load load, double seconds);
struct sim_count {
	double energy_j, capped_s, hot_s; /* while the power limit, heat held the clock down */
	double works;			  /* how often it worked */
};
SIM_API struct sim_count sim_counted(int gpu);
/* Copies from GPU to GPU that it had a part in. */
SIM_API void sim_peer_copied(int from, int to);
SIM_API double sim_peer_copies(int gpu);
/* How many matrix products it has made before this one. */
SIM_API uint64_t sim_products(int gpu);
/* How many processes of the run asked this before. */
SIM_API unsigned sim_processes_before(void);
/* Never returns: what a driver that hangs does. */
SIM_API void sim_hang(void) __attribute__((noreturn));

#endif
