/*
 * Faults that a simulated server is given by name: "hang gpu=3; shift what=h2d by=0.02". The
 * table in fault.c is all there is: names, arguments, what they default to.
 */
#ifndef ASSAY_SIM_FAULT_H
#define ASSAY_SIM_FAULT_H

#include "../../harness/base/err.h"

#include <stdint.h>

enum fault_kind {
	FAULT_CONTAMINATE,
	FAULT_CORRUPT_COPY,
	FAULT_CPUSET,
	FAULT_DEAD_SM,
	FAULT_DRIFT,
	FAULT_DRIVER_MISMATCH,
	FAULT_DRIVER_TOO_OLD,
	FAULT_ECC,
	FAULT_FABRIC_NOT_READY,
	FAULT_GPU_BUSY,
	FAULT_GPU_MISSING,
	FAULT_HANG,
	FAULT_LOCK_IGNORED,
	FAULT_LOST_KERNEL,
	FAULT_MPS_MISSING,
	FAULT_MPS_REFUSES,
	FAULT_NCCL_ASYNC_ERROR,
	FAULT_NCCL_HANG,
	FAULT_NCCL_WRONG_SUM,
	FAULT_NCCL_WRONG_TRANSPORT,
	FAULT_NO_OVERLAP,
	FAULT_NOISY_MACHINE,
	FAULT_NO_CLOCK_PERMISSION,
	FAULT_NVLINK_DOWN,
	FAULT_NVLINK_ERRORS,
	FAULT_NVML_MISSING,
	FAULT_P2P_SILENT_DROP,
	FAULT_PCIE_DOWNTRAIN,
	FAULT_POWER_CAP,
	FAULT_SDC,
	FAULT_SHIFT,
	FAULT_SITE_MPS,
	FAULT_SLOW_HBM,
	FAULT_SLOW_PAIR,
	FAULT_SLOW_SM,
	FAULT_STICKY_ERROR,
	FAULT_THERMAL,
	FAULT_WRONG_NUMA,
};

struct fault {
	enum fault_kind kind;
	int64_t gpu;	    /* -1: all, where the fault allows it */
	int64_t peer, link; /* another GPU; an NVLink of this one; -1: not given */
	int64_t gen, width;
	int64_t node;	      /* that firmware names; that is left */
	int64_t offset, size; /* -1: not given */
	int64_t after;	      /* copies that still go well */
	int64_t every;	      /* products, of which one is wrong */
	int64_t sm;
	double by, share, sd;
	double watts; /* 0: not given, as by */
	char at[16], dir[8], what[16];
	char arm[32]; /* "": in every process */
};

#define SIM_MAX_FAULTS 16

struct fault_list {
	struct fault f[SIM_MAX_FAULTS];
	int n;
};

/* Several separated by ';', "" or NULL is none. n_gpus: of the server. 0 or -EINVAL. */
int fault_parse(struct fault_list *l, const char *text, int n_gpus, struct err *e);

/* Leaves out what concerns another arm only. */
void fault_keep_arm(struct fault_list *l, const char *arm);

/* The first of that kind that concerns the GPU (-1: whichever), or NULL. */
const struct fault *fault_find(const struct fault_list *l, enum fault_kind kind, int gpu);
/* That concerns also the peer and the link (-1: whichever). */
const struct fault *fault_find_with(const struct fault_list *l, enum fault_kind kind, int gpu,
				    int peer, int link);

/* Product of the shifts of what on that GPU as the share by which it is worse: 0.02 is 2 % worse.
 */
double fault_shift(const struct fault_list *l, const char *what, int gpu);

/* One line a fault for help: name and arguments. */
const char *fault_help(int i);

#endif
