/*
 * What NVML says in structures: processes, memory, row remapping, fabric, confidential
 * computing, reset. Known error: in a container pids of other namespaces are hidden, memory in
 * use is not.
 */
#include "nvml_private.h"
#include "../base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- processes ---- */

typedef int process_fn(nvml_device, unsigned *, struct nvml_process *);

struct pids {
	unsigned *pid;
	size_t n, cap;
};

static void add_pid(struct pids *p, unsigned pid)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->pid[i] == pid)
			return;
	p->pid = mem_grow(p->pid, p->n, &p->cap, sizeof(*p->pid));
	p->pid[p->n++] = pid;
}

static int by_number(const void *a, const void *b)
{
	unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;

	return (x > y) - (x < y);
}

/* The list can grow between two calls: ask again with more room, a few times. */
static int ask_processes(process_fn *get, nvml_device d, struct pids *p)
{
	struct nvml_process *list = NULL;
	unsigned room = 64, n = 0;
	int rc = NVML_INSUFFICIENT_SIZE;

	for (int i = 0; i < 5 && rc == NVML_INSUFFICIENT_SIZE; i++) {
		free(list);
		list = mem_zalloc(room, sizeof(*list));
		n = room;
		rc = get(d, &n, list);
		room = (n > room ? n : room) * 2;
	}
	for (unsigned i = 0; rc == NVML_OK && i < n; i++)
		add_pid(p, list[i].pid);
	free(list);
	return rc;
}

/* The _v2 call has the same structure; the first version is older than every driver we meet. */
static process_fn *process_call(const struct nvml *n, const char *base)
{
	char name[64];

	snprintf(name, sizeof(name), "%s_v3", base);
	process_fn *get = nvml_symbol(n, name);

	snprintf(name, sizeof(name), "%s_v2", base);
	return get ? get : (process_fn *)nvml_symbol(n, name);
}

static void pid_row(struct nvml_gpu *g, const char *field, const char *source, struct pids *p)
{
	struct buf b = BUF_INIT;

	if (p->n)
		qsort(p->pid, p->n, sizeof(*p->pid), by_number);
	for (size_t i = 0; i < p->n; i++)
		buf_printf(&b, "%s%u", i ? " " : "", p->pid[i]);
	gpu_row(g->rows, g->address, field, source, "%s", buf_str(&b));
	buf_free(&b);
}

static void process_rows(struct nvml_gpu *g)
{
	static const struct {
		const char *field, *symbol;
	} kinds[] = {
		{"processes_compute", "nvmlDeviceGetComputeRunningProcesses"},
		{"processes_graphics", "nvmlDeviceGetGraphicsRunningProcesses"},
		{"processes_mps", "nvmlDeviceGetMPSComputeRunningProcesses"},
	};
	struct pids all = {NULL, 0, 0};
	int answers = 0;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		process_fn *get = process_call(g->n, kinds[i].symbol);
		struct pids some = {NULL, 0, 0};
		int rc = get ? ask_processes(get, g->device, &some) : NVML_NO_SYMBOL;

		for (size_t k = 0; k < some.n; k++)
			add_pid(&all, some.pid[k]);
		if (rc == NVML_OK)
			pid_row(g, kinds[i].field, kinds[i].symbol, &some);
		else
			nvml_missing(g, kinds[i].field, kinds[i].symbol, rc);
		answers += rc == NVML_OK;
		free(some.pid);
	}
	if (answers)
		pid_row(g, "processes",
			"nvmlDeviceGet{Compute,Graphics,MPSCompute}RunningProcesses", &all);
	free(all.pid);
}

/* ---- memory ---- */

static bool memory_v2(struct nvml_gpu *g, bool state_only)
{
	static const char *const symbol = "nvmlDeviceGetMemoryInfo_v2";
	int (*get)(nvml_device, struct nvml_memory_v2 *) = nvml_symbol(g->n, symbol);
	struct nvml_memory_v2 m = {.version = NVML_VERSION_WORD(m, 2)};

	if (!get || get(g->device, &m) != NVML_OK)
		return false;
	gpu_row(g->rows, g->address, "mem_used", symbol, "%llu", m.used);
	if (state_only)
		return true;
	gpu_row(g->rows, g->address, "memory", symbol, "%llu", m.total);
	gpu_row(g->rows, g->address, "mem_reserved", symbol, "%llu", m.reserved);
	return true;
}

static void memory_rows(struct nvml_gpu *g, bool state_only)
{
	static const char *const symbol = "nvmlDeviceGetMemoryInfo";
	int (*get)(nvml_device, struct nvml_memory *) = nvml_symbol(g->n, symbol);
	struct nvml_memory m = {0, 0, 0};

	if (memory_v2(g, state_only))
		return;
	int rc = get ? get(g->device, &m) : NVML_NO_SYMBOL;

	if (rc != NVML_OK) {
		nvml_missing(g, "mem_used", symbol, rc);
		return;
	}
	gpu_row(g->rows, g->address, "mem_used", symbol, "%llu", m.used);
	if (!state_only)
		gpu_row(g->rows, g->address, "memory", symbol, "%llu", m.total);
}

static void bar1_row(struct nvml_gpu *g)
{
	static const char *const symbol = "nvmlDeviceGetBAR1MemoryInfo";
	int (*get)(nvml_device, struct nvml_bar1 *) = nvml_symbol(g->n, symbol);
	struct nvml_bar1 b = {0, 0, 0};
	int rc = get ? get(g->device, &b) : NVML_NO_SYMBOL;

	if (rc == NVML_OK)
		gpu_row(g->rows, g->address, "bar1_total", symbol, "%llu", b.total);
	else
		nvml_missing(g, "bar1_total", symbol, rc);
}

static void remap_rows(struct nvml_gpu *g, bool state_only)
{
	static const char *const symbol = "nvmlDeviceGetRemappedRows";
	int (*get)(nvml_device, unsigned *, unsigned *, unsigned *, unsigned *) =
		nvml_symbol(g->n, symbol);
	unsigned corrected = 0, uncorrected = 0, pending = 0, failed = 0;
	int rc = get ? get(g->device, &corrected, &uncorrected, &pending, &failed) : NVML_NO_SYMBOL;

	if (rc != NVML_OK) {
		nvml_missing(g, "remap_pending", symbol, rc);
		return;
	}
	gpu_row(g->rows, g->address, "remap_pending", symbol, "%s", pending ? "yes" : "no");
	gpu_row(g->rows, g->address, "remap_failed", symbol, "%s", failed ? "yes" : "no");
	if (state_only)
		return;
	gpu_row(g->rows, g->address, "remap_corrected", symbol, "%u", corrected);
	gpu_row(g->rows, g->address, "remap_uncorrected", symbol, "%u", uncorrected);
}

/* ---- fabric ---- */

/* The newest layout that this driver accepts, in the form of the newest. */
static int ask_fabric(const struct nvml_gpu *g, struct nvml_fabric_v3 *f)
{
	int (*versioned)(nvml_device, void *) = nvml_symbol(g->n, "nvmlDeviceGetGpuFabricInfoV");
	int (*plain)(nvml_device, void *) = nvml_symbol(g->n, "nvmlDeviceGetGpuFabricInfo");
	struct nvml_fabric_v1 old;
	int rc = NVML_NO_SYMBOL;

	memset(f, 0, sizeof(*f));
	if (versioned) {
		f->version = NVML_VERSION_WORD(struct nvml_fabric_v3, 3);
		rc = versioned(g->device, f);
		if (rc == NVML_VERSION_MISMATCH) {
			memset(f, 0, sizeof(*f));
			f->version = NVML_VERSION_WORD(struct nvml_fabric_v2, 2);
			rc = versioned(g->device, f);
		}
		return rc;
	}
	memset(&old, 0, sizeof(old));
	if (plain)
		rc = plain(g->device, &old);
	memcpy(f->cluster, old.cluster, sizeof(f->cluster));
	f->status = old.status;
	f->clique = old.clique;
	f->state = old.state;
	return rc;
}

static void cluster_row(struct nvml_gpu *g, const struct nvml_fabric_v3 *f)
{
	char text[2 * sizeof(f->cluster) + 1];

	for (size_t i = 0; i < sizeof(f->cluster); i++)
		snprintf(text + 2 * i, 3, "%02x", f->cluster[i]);
	gpu_row(g->rows, g->address, "fabric_cluster", "nvmlDeviceGetGpuFabricInfoV", "%s", text);
	gpu_row(g->rows, g->address, "fabric_clique", "nvmlDeviceGetGpuFabricInfoV", "%u",
		f->clique);
	gpu_row(g->rows, g->address, "fabric_health_mask", "nvmlDeviceGetGpuFabricInfoV", "0x%x",
		f->health_mask);
}

static void fabric_rows(struct nvml_gpu *g, bool state_only)
{
	static const char *const states[] = {"not_supported", "not_started", "in_progress",
					     "completed"};
	static const char *const symbol = "nvmlDeviceGetGpuFabricInfoV";
	struct nvml_fabric_v3 f;
	int rc = ask_fabric(g, &f);

	if (rc != NVML_OK) {
		nvml_missing(g, "fabric_state", symbol, rc);
		return;
	}
	gpu_row(g->rows, g->address, "fabric_state", symbol, "%s",
		f.state < 4 ? states[f.state] : "unknown");
	if (f.state != 3) /* the status says nothing before the end */
		return;
	if (f.status == NVML_OK)
		gpu_row(g->rows, g->address, "fabric_status", symbol, "success");
	else
		gpu_row(g->rows, g->address, "fabric_status", symbol, "%d", f.status);
	if (!state_only)
		cluster_row(g, &f);
}

/* ---- confidential computing, vGPU, reset ---- */

static void confidential_row(struct nvml_gpu *g)
{
	static const char *const symbol = "nvmlSystemGetConfComputeState";
	int (*get)(struct nvml_confidential *) = nvml_symbol(g->n, symbol);
	struct nvml_confidential c = {0, 0, 0};
	int rc = get ? get(&c) : NVML_NO_SYMBOL;

	if (rc == NVML_OK)
		gpu_row(g->rows, g->address, "confidential", symbol, "%s",
			c.feature ? "yes" : "no");
	else
		nvml_missing(g, "confidential", symbol, rc);
}

static void vgpu_row(struct nvml_gpu *g)
{
	static const char *const symbol = "nvmlDeviceGetVirtualizationMode";
	int (*get)(nvml_device, unsigned *) = nvml_symbol(g->n, symbol);
	unsigned mode = 0;
	int rc = get ? get(g->device, &mode) : NVML_NO_SYMBOL;

	if (rc == NVML_OK) /* none and passthrough are the whole GPU */
		gpu_row(g->rows, g->address, "vgpu", symbol, "%s", mode >= 2 ? "yes" : "no");
	else
		nvml_missing(g, "vgpu", symbol, rc);
}

/* Last: other calls may have answered "reset required". */
static void reset_row(struct nvml_gpu *g)
{
	static const char *const actions[] = {"none",	   "gpu_reset",	      "node_reboot",
					      "drain_p2p", "drain_and_reset", "recover_imex"};
	double v = 0;
	int rc = nvml_field_value(g->n, g->device, NVML_FIELD_RECOVERY_ACTION, 0, &v);
	unsigned action = rc == NVML_OK ? (unsigned)v : 0;

	if (rc == NVML_OK)
		gpu_row(g->rows, g->address, "recovery_action", "nvmlDeviceGetFieldValues", "%s",
			action < 6 ? actions[action] : "unknown");
	else
		nvml_missing(g, "recovery_action", "nvmlDeviceGetFieldValues", rc);
	g->reset |= action == 1 || action == 2 || action == 4;
	gpu_row(g->rows, g->address, "reset_required",
		rc == NVML_OK ? "nvmlDeviceGetFieldValues" : "no NVML call asked for a reset", "%s",
		g->reset ? "yes" : "no");
}

void nvml_use_rows(struct nvml_gpu *g, bool state_only)
{
	process_rows(g);
	memory_rows(g, state_only);
}

void nvml_state_rows(struct nvml_gpu *g, bool state_only)
{
	nvml_use_rows(g, state_only);
	nvml_mig_rows(g, state_only);
	if (!state_only)
		bar1_row(g);
	remap_rows(g, state_only);
	fabric_rows(g, state_only);
	confidential_row(g);
	vgpu_row(g);
	reset_row(g);
}
