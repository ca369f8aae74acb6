/*
 * A server as a file describes it (servers/NAME.ini): the truth that tests compare with. SI
 * units; the names of the keys carry them. See README.md for the keys.
 */
#ifndef ASSAY_SIM_PROFILE_H
#define ASSAY_SIM_PROFILE_H

#include "../../harness/base/err.h"
#include "../../kernels/compute.h"

#include <stdbool.h>
#include <stdint.h>

#define SIM_API __attribute__((visibility("default")))

#define SIM_MAX_GPUS	16
#define SIM_MAX_DEVICES 64 /* GPUs and their MIG instances */
#define SIM_MAX_KINDS	8  /* of MIG instances */
#define SIM_MAX_NODES	16 /* with CPUs */
#define SIM_TEXT	128
/* Largest number of a node that is GPU memory (Grace keeps eight numbers a GPU). */
#define SIM_MAX_MEMORY_NODE 191

struct sim_server {
	char name[SIM_TEXT], summary[SIM_TEXT], utc[SIM_TEXT], hostname[SIM_TEXT];
	char kernel[SIM_TEXT], driver[SIM_TEXT], module[SIM_TEXT], hypervisor[SIM_TEXT];
	int64_t cuda, nccl, cublaslt, cudnn; /* version codes as the libraries give them */
	int64_t session;  /* not in the file: which boot, 0 where none was named (identity.c) */
	bool one_of_many; /* not in the file: hostname is a node's own */
};

struct sim_cpu {
	char model[SIM_TEXT], vendor[SIM_TEXT], arch[SIM_TEXT], governor[SIM_TEXT], thp[SIM_TEXT];
	int64_t sockets, nodes_per_socket, cores_per_socket, threads_per_core;
	int64_t max_hz, l1d_bytes, l2_bytes, llc_bytes, llc_cores, page_bytes;
};

struct sim_memory {
	int64_t node_bytes, node_free_bytes, huge2m_pages;
	int64_t distance_local, distance_remote;
	double latency_local_s, latency_remote_s;
	double read_bytes_s, write_bytes_s, copy_bytes_s, triad_bytes_s; /* all threads, local */
	double thread_bytes_s; /* most that one thread moves */
	double dma_bytes_s;    /* what a node's memory gives all GPUs, reads and writes together */
	double socket_bytes_s; /* what the link between two sockets carries of that, each way */
	double remote_share;   /* remote bandwidth / local bandwidth */
};

struct sim_noise_cfg {
	double process_sd, sample_sd, autocorrelation;
	double session_sd, node_sd; /* where a session, a node is named */
};

struct sim_mig { /* a kind of MIG instance: [mig 1g.10gb] */
	char name[SIM_TEXT];
	int64_t slices, sms, copy_engines, memory_bytes;
	double copy_share;   /* of the GPU's rates to and from pinned memory */
	double memory_share; /* of the rate of its memory, its cache and its bus */
};

struct sim_gpu {
	char model[SIM_TEXT], pci[SIM_TEXT], path[SIM_TEXT], part[SIM_TEXT], vbios[SIM_TEXT],
		ecc[SIM_TEXT];
	char mig[SIM_TEXT], persistence[SIM_TEXT], lock_clocks[SIM_TEXT], fabric[SIM_TEXT];
	char uuid[SIM_TEXT], serial[SIM_TEXT]; /* not in the file: see identity.c */
	/* not in the file: see mig.c */
	int parent;		    /* the GPU that an instance is part of; a GPU's own index */
	int gi, ci;		    /* of an instance */
	const struct sim_mig *kind; /* of an instance */
	char link[SIM_TEXT];	    /* to the host: "pcie" or "c2c" */
	int64_t node;		    /* NUMA node as firmware says, -1: it does not */
	int64_t node_near;	    /* the node that it is really near to, -1: as firmware says */
	int64_t memory_node;	    /* its memory is this NUMA node, without CPUs; -1: it is none */
	int64_t device_id, cc_major, cc_minor, sms, bus_bits, copy_engines;
	int64_t memory_bytes, memory_used_bytes, l2_bytes, bar1_bytes;
	int64_t pcie_gen, pcie_width;
	int64_t sm_max_hz, sm_idle_hz, memory_hz;
	int64_t sm_base_hz;    /* the application clock that it starts with; 0: the greatest */
	int64_t sm_compute_hz; /* where the power limit holds it under compute; 0: it does not */
	double power_limit_w, power_idle_w, power_busy_w;
	double power_memory_w;	/* while its memory streams; 0: as busy */
	double power_compute_w; /* while it computes at that clock; 0: the limit, or as busy */
	int64_t temperature_idle_c, temperature_busy_c;
	int64_t temperature_full_c;	/* while it streams or computes; 0: as busy */
	double flop_clk[COMPUTE_TYPES]; /* dense operations per clock and SM; 0: none */
	double h2d_pinned_bytes_s, d2h_pinned_bytes_s, h2d_pageable_bytes_s, d2h_pageable_bytes_s;
	double h2d_wc_bytes_s, d2h_wc_bytes_s; /* write-combined host memory */
	double h2d_sm_bytes_s, d2h_sm_bytes_s; /* a kernel that copies */
	double both_share;	    /* what each direction keeps while the other runs too */
	double sm_latency_s;	    /* one load of an SM from host memory that is near */
	double remote_share;	    /* pinned rate from the other socket's memory / from the own */
	double copy_latency_s;	    /* what each copy costs the copy engine */
	double pageable_latency_s;  /* what each pageable copy costs the host */
	double memory_copy_bytes_s; /* device memory, read + written */
	double peer_bytes_s;	    /* copy engine, to a peer over all its NVLinks, or over PCIe */
	double peer_sm_share;	    /* what SMs get of it */
	double peer_both_share;	    /* what each direction keeps while the other runs too */
	double peer_load_s;	    /* one load of an SM from a peer's memory */
	double peer_latency_s;	    /* of a copy to a peer by the copy engine */
	double peer_off_bytes_s, peer_off_latency_s; /* without peer access, through the host */
	/* NCCL: what each operation takes, and bus bandwidth by algorithm; nvls 0: there is none */
	double nccl_latency_s, nccl_ring_bytes_s, nccl_nvls_bytes_s;
	/* device memory and L2 by the SMs; rates 0: by what copies reach (device_memory.c) */
	double memory_read_bytes_s, memory_write_bytes_s, memory_triad_bytes_s;
	double l2_read_bytes_s, l2_write_bytes_s;
	double memory_load_s, l2_load_s; /* one load of an SM */
	double timeslice_share;		 /* what processes that take turns keep of the GPU's time */
	double memory_sms_share; /* of the SMs, which suffices to fill the memory's bandwidth */
	double call_s, sync_s, launch_s,
		context_s; /* host cost of a call, a wait, a kernel, a context */
	double wake_s;	   /* more for a context where persistence is off and nobody has one */
	double args_4k_s;  /* more for a kernel with 4 KiB of arguments */
	/* a graph: to launch it, of each node on the GPU, to instantiate each node */
	double graph_call_s, graph_node_s, graph_instantiate_s;
	/* cudaMalloc and cudaFree, more by size; from a pool that holds enough */
	double malloc_s, free_s, malloc_bytes_s, pool_s;
	char peer_reach[SIM_TEXT]; /* which peers it has access to: "all", or those of its "socket"
				    */
	char nvlink_to[SIM_TEXT];  /* "switch", or from GPU to GPU: "1 x6, 2 x6" */
	int64_t nvlinks, nvlink_gen;
	/* of what the SMs can do, which part each way of multiplying matrices reaches */
	double gemm_mma_share, gemm_wgmma_share, gemm_cublaslt_share;
};

struct sim_profile {
	struct sim_server server;
	struct sim_cpu cpu;
	struct sim_memory memory;
	struct sim_noise_cfg noise;
	struct sim_gpu gpu[SIM_MAX_DEVICES]; /* GPUs, then MIG instances */
	int n_gpus, n_devices;
	struct sim_mig kind[SIM_MAX_KINDS];
	int n_kinds;
};

/* 0 or a negative errno with file and line in e. Its GPUs have no names yet: sim_identify. */
int sim_profile_load(struct sim_profile *p, const char *path, struct err *e);

SIM_API int sim_profile_nodes(const struct sim_profile *p);
/* CPUs are numbered as Linux does: the cores of all nodes in order, then their second threads. */
SIM_API int sim_profile_cpus(const struct sim_profile *p);
SIM_API int sim_profile_cpu_node(const struct sim_profile *p, int cpu);

/*
 * Visits every key as the file's own spelling would give it, overrides resolved ("gpu 3", "node",
 * "0"), and every instance's as if the file had it ("gpu 3:7.0", "sms", "16").
 */
typedef void sim_profile_fn(void *arg, const char *section, const char *key, const char *value);
SIM_API void sim_profile_visit(const struct sim_profile *p, sim_profile_fn *fn, void *arg);

/* Bytes/s of one direction of a PCIe link, encoding taken off (facts: 15.75 for Gen3 x16). */
double sim_link_bytes_s(int64_t gen, int64_t width);

#endif
