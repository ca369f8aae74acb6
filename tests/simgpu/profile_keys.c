/* See profile_keys.h. */
#include "profile_keys.h"
#include "../../harness/base/units.h"

#include <stdio.h>
#include <string.h>

#define FIELD(sec, str, n, t)                                                                      \
	.section = sec, .name = #n, .type = t, .offset = offsetof(struct str, n)
#define S(n)                                                                                       \
	{                                                                                          \
		FIELD("server", sim_server, n, KEY_TEXT)                                           \
	}
#define SI(n)                                                                                      \
	{                                                                                          \
		FIELD("server", sim_server, n, KEY_INT), .max = 1e7                                \
	}
#define C(n, ch, ...)                                                                              \
	{                                                                                          \
		FIELD("cpu", sim_cpu, n, KEY_TEXT), .choices = ch, __VA_ARGS__                     \
	}
#define CI(n, lo, hi)                                                                              \
	{                                                                                          \
		FIELD("cpu", sim_cpu, n, KEY_INT), .min = lo, .max = hi                            \
	}
#define CZ(n, ...)                                                                                 \
	{                                                                                          \
		FIELD("cpu", sim_cpu, n, KEY_SIZE), .min = 1, .max = 1e12, __VA_ARGS__             \
	}
#define MI(n, lo, hi)                                                                              \
	{                                                                                          \
		FIELD("memory", sim_memory, n, KEY_INT), .min = lo, .max = hi                      \
	}
#define MZ(n)                                                                                      \
	{                                                                                          \
		FIELD("memory", sim_memory, n, KEY_SIZE), .min = 1, .max = 1e14                    \
	}
#define MN(n, lo, hi, ...)                                                                         \
	{                                                                                          \
		FIELD("memory", sim_memory, n, KEY_NUM), .min = lo, .max = hi, __VA_ARGS__         \
	}
#define NN(n, lo, hi)                                                                              \
	{                                                                                          \
		FIELD("noise", sim_noise_cfg, n, KEY_NUM), .min = lo, .max = hi                    \
	}
#define G(n, ch, ...)                                                                              \
	{                                                                                          \
		FIELD("gpu", sim_gpu, n, KEY_TEXT), .choices = ch, __VA_ARGS__                     \
	}
#define GI(n, lo, hi, ...)                                                                         \
	{                                                                                          \
		FIELD("gpu", sim_gpu, n, KEY_INT), .min = lo, .max = hi, __VA_ARGS__               \
	}
#define GZ(n)                                                                                      \
	{                                                                                          \
		FIELD("gpu", sim_gpu, n, KEY_SIZE), .min = 1, .max = 1e13                          \
	}
#define GN(n, lo, hi, ...)                                                                         \
	{                                                                                          \
		FIELD("gpu", sim_gpu, n, KEY_NUM), .min = lo, .max = hi, __VA_ARGS__               \
	}
#define GF(format, index)                                                                          \
	{                                                                                          \
		.section = "gpu", .name = "flop_clk_" format, .type = KEY_NUM,                     \
		.offset = offsetof(struct sim_gpu, flop_clk[index]), .max = 1e6, .def = "0"        \
	}
#define K(n, t, lo, hi)                                                                            \
	{                                                                                          \
		FIELD("mig", sim_mig, n, t), .min = lo, .max = hi                                  \
	}
#define MR(n, ...) MN(n, 1e6, 1e13, __VA_ARGS__)
#define GR(n)	   GN(n, 1e6, 1e13)
#define GT(n)	   GN(n, 0, 100)

const struct key sim_keys[] = {
	S(name),
	S(summary),
	S(utc),
	S(hostname),
	S(kernel),
	S(driver),
	S(module),
	S(hypervisor),
	SI(cuda),
	SI(nccl),
	SI(cublaslt),
	SI(cudnn),
	C(model, NULL),
	C(vendor, NULL),
	C(arch, "x86_64|aarch64", .def = "x86_64"),
	C(governor, NULL),
	C(thp, "always|madvise|never"),
	CI(sockets, 1, 8),
	CI(nodes_per_socket, 1, 8),
	CI(cores_per_socket, 1, 256),
	CI(threads_per_core, 1, 4),
	CI(max_hz, 1e8, 1e10),
	CZ(l1d_bytes),
	CZ(l2_bytes),
	CZ(llc_bytes),
	CI(llc_cores, 1, 256),
	CZ(page_bytes, .def = "4KiB"),
	MZ(node_bytes),
	MZ(node_free_bytes),
	MI(huge2m_pages, 0, 1e6),
	MI(distance_local, 10, 254),
	MI(distance_remote, 10, 254),
	MN(latency_local_s, 1e-9, 1e-3),
	MN(latency_remote_s, 1e-9, 1e-3),
	MR(read_bytes_s),
	MR(write_bytes_s),
	MR(copy_bytes_s),
	MR(triad_bytes_s),
	MR(thread_bytes_s),
	MR(dma_bytes_s, .def = "1e13"),
	MR(socket_bytes_s, .def = "1e13"),
	MN(remote_share, 0.01, 1),
	NN(process_sd, 0, 0.5),
	NN(sample_sd, 0, 0.5),
	NN(autocorrelation, 0, 0.999),
	NN(session_sd, 0, 0.5),
	NN(node_sd, 0, 0.5),
	G(model, NULL),
	G(pci, NULL),
	G(path, NULL),
	G(part, NULL),
	G(vbios, NULL),
	G(ecc, "on|off|none"),
	G(mig, NULL), /* on, off, none, or its instances: mig.c */
	G(persistence, "on|off"),
	G(lock_clocks, "yes|no"),
	G(fabric, "completed|not_supported"),
	G(link, "pcie|c2c", .def = "pcie"),
	GI(node, -1, SIM_MAX_NODES - 1),
	GI(node_near, -1, SIM_MAX_NODES - 1, .def = "-1"),
	GI(memory_node, -1, SIM_MAX_MEMORY_NODE, .def = "-1"),
	GI(device_id, 1, 65535),
	GI(cc_major, 5, 20),
	GI(cc_minor, 0, 9),
	GI(sms, 1, 1000),
	GI(bus_bits, 32, 16384),
	GI(copy_engines, 1, 16),
	GZ(memory_bytes),
	GZ(memory_used_bytes),
	GZ(l2_bytes),
	GZ(bar1_bytes),
	GI(pcie_gen, 1, 6),
	GI(pcie_width, 1, 16),
	GI(sm_max_hz, 1e8, 1e10),
	GI(sm_idle_hz, 1e8, 1e10),
	GI(memory_hz, 1e8, 1e11),
	GI(sm_base_hz, 0, 1e10, .def = "0"),
	GI(sm_compute_hz, 0, 1e10, .def = "0"),
	GN(power_limit_w, 1, 5000),
	GN(power_idle_w, 1, 5000),
	GN(power_busy_w, 1, 5000),
	GN(power_memory_w, 0, 5000, .def = "0"),
	GN(power_compute_w, 0, 5000, .def = "0"),
	GI(temperature_idle_c, 0, 120),
	GI(temperature_busy_c, 0, 120),
	GI(temperature_full_c, 0, 120, .def = "0"),
	GF("fp64", COMPUTE_FP64),
	GF("fp32", COMPUTE_FP32),
	GF("tf32", COMPUTE_TF32),
	GF("bf16", COMPUTE_BF16),
	GF("fp16", COMPUTE_FP16),
	GF("fp8", COMPUTE_FP8),
	GF("int8", COMPUTE_INT8),
	GR(h2d_pinned_bytes_s),
	GR(d2h_pinned_bytes_s),
	GR(h2d_pageable_bytes_s),
	GR(d2h_pageable_bytes_s),
	GR(h2d_wc_bytes_s),
	GR(d2h_wc_bytes_s),
	GR(h2d_sm_bytes_s),
	GR(d2h_sm_bytes_s),
	GN(both_share, 0.5, 1),
	GT(sm_latency_s),
	GN(remote_share, 0.01, 1),
	GT(copy_latency_s),
	GT(pageable_latency_s),
	GR(memory_copy_bytes_s),
	GN(memory_read_bytes_s, 0, 1e14, .def = "0"),
	GN(memory_write_bytes_s, 0, 1e14, .def = "0"),
	GN(memory_triad_bytes_s, 0, 1e14, .def = "0"),
	GN(l2_read_bytes_s, 0, 1e14, .def = "0"),
	GN(l2_write_bytes_s, 0, 1e14, .def = "0"),
	GN(memory_load_s, 1e-9, 1, .def = "0.6e-6"),
	GN(l2_load_s, 1e-9, 1, .def = "0.26e-6"),
	GN(peer_bytes_s, 0, 1e13),
	GN(peer_sm_share, 0.1, 2, .def = "0.97"),
	GN(peer_both_share, 0.1, 1, .def = "0.985"),
	GN(peer_load_s, 1e-9, 1, .def = "0.9e-6"),
	GN(peer_latency_s, 0, 1, .def = "1.9e-6"),
	GN(peer_off_bytes_s, 1e6, 1e13, .def = "1e10"),
	GN(peer_off_latency_s, 0, 1, .def = "14e-6"),
	GN(nccl_latency_s, 0, 100, .def = "14e-6"),
	GN(nccl_ring_bytes_s, 1e6, 1e13, .def = "8e9"),
	GN(nccl_nvls_bytes_s, 0, 1e13, .def = "0"),
	GN(timeslice_share, 0.1, 1, .def = "0.97"),
	GN(memory_sms_share, 0.01, 1, .def = "0.6"),
	GT(call_s),
	GT(sync_s),
	GT(launch_s),
	GT(context_s),
	GN(wake_s, 0, 100, .def = "1.1"),
	GN(args_4k_s, 0, 1, .def = "0.7e-6"),
	GN(graph_call_s, 0, 1, .def = "4.2e-6"),
	GN(graph_node_s, 0, 1, .def = "1.3e-6"),
	GN(graph_instantiate_s, 0, 1, .def = "2.1e-6"),
	GN(malloc_s, 0, 1, .def = "75e-6"),
	GN(free_s, 0, 1, .def = "48e-6"),
	GN(malloc_bytes_s, 1e6, 1e15, .def = "1.6e12"),
	GN(pool_s, 0, 1, .def = "0.6e-6"),
	GI(nvlinks, 0, 18),
	GI(nvlink_gen, 1, 6, .def = "4"),
	GN(gemm_mma_share, 0.01, 1, .def = "0.9"),
	GN(gemm_wgmma_share, 0.01, 1, .def = "0.84"),
	GN(gemm_cublaslt_share, 0.01, 1, .def = "0.88"),
	G(nvlink_to, NULL, .def = "switch"),
	G(peer_reach, "all|socket", .def = "all"),
	K(slices, KEY_INT, 1, 8),
	K(sms, KEY_INT, 1, 1000),
	K(copy_engines, KEY_INT, 1, 16),
	K(memory_bytes, KEY_SIZE, 1, 1e13),
	K(copy_share, KEY_NUM, 0.001, 1),
	K(memory_share, KEY_NUM, 0.001, 1),
};

const size_t sim_n_keys = sizeof(sim_keys) / sizeof(sim_keys[0]);
_Static_assert(sizeof(sim_keys) / sizeof(sim_keys[0]) <= SIM_MAX_KEYS, "raise SIM_MAX_KEYS");

char *sim_keys_base(struct sim_profile *p, const char *section)
{
	if (!strcmp(section, "server"))
		return (char *)&p->server;
	if (!strcmp(section, "cpu"))
		return (char *)&p->cpu;
	if (!strcmp(section, "memory"))
		return (char *)&p->memory;
	if (!strcmp(section, "noise"))
		return (char *)&p->noise;
	return NULL;
}

/* "gpu 3", of an instance "gpu 3:7.0". */
static void name_device(char *out, size_t n, const struct sim_profile *p, int device)
{
	const struct sim_gpu *g = &p->gpu[device];

	if (device < p->n_gpus)
		snprintf(out, n, "gpu %d", device);
	else
		snprintf(out, n, "gpu %d:%d.%d", g->parent, g->gi, g->ci);
}

void sim_profile_visit(const struct sim_profile *p, sim_profile_fn *fn, void *arg)
{
	for (int g = -1; g < p->n_devices; g++) {
		for (size_t i = 0; i < sim_n_keys; i++) {
			const struct key *k = &sim_keys[i];
			int of_gpu = !strcmp(k->section, "gpu");
			const char *v = of_gpu ? (const char *)&p->gpu[g < 0 ? 0 : g]
					       : sim_keys_base((struct sim_profile *)(uintptr_t)p,
							       k->section);
			char section[48], num[32];

			if (of_gpu != (g >= 0) || !v)
				continue;
			snprintf(section, sizeof(section), "%s", k->section);
			if (of_gpu)
				name_device(section, sizeof(section), p, g);
			if (k->type == KEY_NUM)
				units_exact(num, sizeof(num),
					    *(const double *)(const void *)(v + k->offset));
			else
				snprintf(
					num, sizeof(num), "%lld",
					(long long)*(const int64_t *)(const void *)(v + k->offset));
			fn(arg, section, k->name, k->type == KEY_TEXT ? v + k->offset : num);
		}
	}
}
