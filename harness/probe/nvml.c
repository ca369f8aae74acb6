/*
 * NVML: see nvml.h. Here: loading, start, handles, versions, affinity. Known error: a GPU that
 * fell off the bus before the start has no handle and so no address here; the PCI bus tells.
 */
#include "nvml_private.h"
#include "pci.h"
#include "sysfs.h"
#include "../base/mem.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORD_BITS    (8 * sizeof(unsigned long))
#define MAX_NODE_SET 1024
#define MAX_CPU_SET  8192

void *nvml_symbol(const struct nvml *n, const char *name)
{
	return library_symbol(&n->lib, name);
}

const char *nvml_reason(const struct nvml *n, int rc)
{
	if (rc == NVML_NO_SYMBOL)
		return "the library lacks it";
	if (rc == NVML_NOT_SUPPORTED)
		return "not supported";
	return n->error_string ? n->error_string(rc) : "error";
}

static int start(struct nvml *n, struct err *e)
{
	int (*init)(void) = nvml_symbol(n, "nvmlInit_v2");
	int (*count)(unsigned *) = nvml_symbol(n, "nvmlDeviceGetCount_v2");

	n->error_string = nvml_symbol(n, "nvmlErrorString");
	if (!init || !count)
		return err_set(e, EIO, "%s has no %s", n->lib.path,
			       init ? "nvmlDeviceGetCount_v2" : "nvmlInit_v2");
	int rc = init();

	if (rc != NVML_OK)
		return err_set(e, EIO, "nvmlInit_v2: %s (%d)", nvml_reason(n, rc), rc);
	n->shutdown = nvml_symbol(n, "nvmlShutdown");
	rc = count(&n->count);
	if (rc != NVML_OK) {
		n->count = 0;
		return err_set(e, EIO, "nvmlDeviceGetCount_v2: %s (%d)", nvml_reason(n, rc), rc);
	}
	return 0;
}

static void get_handles(struct nvml *n)
{
	int (*get)(unsigned, nvml_device *) = nvml_symbol(n, "nvmlDeviceGetHandleByIndex_v2");

	n->device = mem_zalloc(n->count + 1, sizeof(*n->device));
	n->handle_rc = mem_zalloc(n->count + 1, sizeof(*n->handle_rc));
	for (unsigned i = 0; i < n->count; i++) {
		n->handle_rc[i] = get ? get(i, &n->device[i]) : NVML_NO_SYMBOL;
		if (n->handle_rc[i] != NVML_OK)
			n->device[i] = NULL;
	}
}

int nvml_open(struct nvml **out, const char *library, struct err *e)
{
	const char *names[] = {library ? library : "libnvidia-ml.so.1", NULL};
	struct nvml *n = mem_zalloc(1, sizeof(*n));
	int rc = library_open(&n->lib, names, e);

	if (!rc)
		rc = start(n, e);
	if (rc) {
		nvml_close(n);
		*out = NULL;
		return rc;
	}
	get_handles(n);
	*out = n;
	return 0;
}

void nvml_close(struct nvml *n)
{
	if (!n)
		return;
	if (n->shutdown)
		n->shutdown();
	library_close(&n->lib);
	free(n->device);
	free(n->handle_rc);
	free(n);
}

const char *nvml_path(const struct nvml *n)
{
	return n->lib.path;
}

unsigned nvml_count(const struct nvml *n)
{
	return n->count;
}

int nvml_address(const struct nvml *n, unsigned index, char out[16], struct err *e)
{
	int (*get)(nvml_device, struct nvml_pci *) = nvml_symbol(n, "nvmlDeviceGetPciInfo_v3");
	struct nvml_pci pci;
	int rc = n->handle_rc[index];

	memset(&pci, 0, sizeof(pci));
	if (rc == NVML_OK)
		rc = get ? get(n->device[index], &pci) : NVML_NO_SYMBOL;
	if (rc != NVML_OK)
		return err_set(e, ENODEV, "NVML's GPU %u: %s (%d)", index, nvml_reason(n, rc), rc);
	pci.bus_id[sizeof(pci.bus_id) - 1] = '\0';
	if (pci_address(out, pci.bus_id))
		return err_set(e, ENODEV, "NVML's GPU %u: \"%s\" is no PCI address", index,
			       pci.bus_id);
	return 0;
}

int nvml_index(const struct nvml *n, const char *address)
{
	char own[16];

	for (unsigned i = 0; i < n->count; i++)
		if (!nvml_address(n, i, own, NULL) && !strcmp(own, address))
			return (int)i;
	return -1;
}

/* ---- versions ---- */

void nvml_driver_version(const struct nvml *n, char *out, size_t size)
{
	int (*get)(char *, unsigned) = nvml_symbol(n, "nvmlSystemGetDriverVersion");

	*out = '\0';
	if (!get || get(out, (unsigned)size) != NVML_OK)
		*out = '\0';
}

int nvml_cuda_version(const struct nvml *n)
{
	int (*get)(int *) = nvml_symbol(n, "nvmlSystemGetCudaDriverVersion_v2");
	int v = 0;

	return get && get(&v) == NVML_OK ? v : 0;
}

/* ---- affinity ---- */

static bool is_set(const unsigned long *set, size_t bit)
{
	return set[bit / WORD_BITS] >> bit % WORD_BITS & 1;
}

static int only_bit(const unsigned long *set, size_t n)
{
	int found = -1;

	for (size_t i = 0; i < n; i++) {
		if (!is_set(set, i))
			continue;
		if (found >= 0)
			return -1;
		found = (int)i;
	}
	return found;
}

static size_t node_share(int node, const unsigned long *set)
{
	int *cpus = mem_zalloc(MAX_CPU_SET, sizeof(*cpus));
	char *list = sysfs_read("/sys/devices/system/node/node%d/cpulist", node);
	int n = list ? sysfs_parse_list(list, cpus, MAX_CPU_SET) : 0;
	size_t share = 0;

	for (int i = 0; i < n; i++)
		share += cpus[i] < MAX_CPU_SET && is_set(set, (size_t)cpus[i]);
	free(list);
	free(cpus);
	return share;
}

/* The node with more than half of these CPUs, -1 if there is none. */
static int majority_node(const unsigned long *set)
{
	int nodes[MAX_NODE_SET];
	char *text = sysfs_read("/sys/devices/system/node/online");
	int n = text ? sysfs_parse_list(text, nodes, MAX_NODE_SET) : 0;
	size_t total = 0, best = 0;
	int winner = -1;

	for (int i = 0; i < n; i++) {
		size_t share = node_share(nodes[i], set);

		total += share;
		if (share > best) {
			best = share;
			winner = nodes[i];
		}
	}
	free(text);
	return 2 * best > total ? winner : -1;
}

int nvml_numa_node(const struct nvml *n, unsigned index, const char **source)
{
	int (*memory)(nvml_device, unsigned, unsigned long *, unsigned) =
		nvml_symbol(n, "nvmlDeviceGetMemoryAffinity");
	int (*cpu)(nvml_device, unsigned, unsigned long *) =
		nvml_symbol(n, "nvmlDeviceGetCpuAffinity");
	unsigned long nodes[MAX_NODE_SET / WORD_BITS] = {0}, cpus[MAX_CPU_SET / WORD_BITS] = {0};
	nvml_device d = n->device[index];

	*source = "nvmlDeviceGetMemoryAffinity";
	if (d && memory && memory(d, MAX_NODE_SET / WORD_BITS, nodes, NVML_SCOPE_NODE) == NVML_OK &&
	    only_bit(nodes, MAX_NODE_SET) >= 0)
		return only_bit(nodes, MAX_NODE_SET);
	*source = "nvmlDeviceGetCpuAffinity (node with most CPUs)";
	if (d && cpu && cpu(d, MAX_CPU_SET / WORD_BITS, cpus) == NVML_OK)
		return majority_node(cpus);
	return -1;
}

/* ---- rows ---- */

void nvml_missing(struct nvml_gpu *g, const char *field, const char *symbol, int rc)
{
	g->reset |= rc == NVML_RESET_REQUIRED || rc == NVML_GPU_IS_LOST;
	buf_printf(&g->missing, "%s%s (%s: %s)", g->missing.len ? ", " : "", field, symbol,
		   nvml_reason(g->n, rc));
}

void nvml_gpu_rows(const struct nvml *n, unsigned index, bool state_only, const struct rows *r)
{
	struct nvml_gpu g = {.n = n, .rows = r, .device = n->device[index], .missing = BUF_INIT};

	if (nvml_address(n, index, g.address, NULL))
		return;
	nvml_table_rows(&g, state_only);
	nvml_state_rows(&g, state_only);
	if (!state_only)
		nvml_nvlink_rows(&g);
	if (g.missing.len)
		gpu_row(r, g.address, "not_reported", "NVML", "%s", buf_str(&g.missing));
	buf_free(&g.missing);
}
