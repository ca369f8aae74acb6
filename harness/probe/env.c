/*
 * The environment: see env.h. The host part asks files and harmless system calls; the GPU part
 * joins what the PCI bus, CUDA and NVML say about each device by its PCI address.
 */
#include "env.h"
#include "container.h"
#include "cpuset.h"
#include "cublaslt.h"
#include "cuda.h"
#include "cudnn.h"
#include "driver.h"
#include "host.h"
#include "limits.h"
#include "nccl.h"
#include "nvml.h"
#include "pci.h"
#include "rows.h"
#include "sysfs.h"
#include "topology.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void env_host(env_fn *fn, void *arg)
{
	struct rows r = {fn, arg};

	machine_rows(&r);
	kernel_rows(&r);
	limits_rows(&r);
	container_rows(&r);
	pci_rows(&r);
}

/* ---- GPUs ---- */

struct sources {
	struct pci_gpu *pci;
	struct cuda_device *cuda;
	struct nvml *nvml;
	size_t n_pci, n_cuda;
};

static void open_nvml(struct nvml **n, const struct rows *r)
{
	struct err e = ERR_INIT;

	if (nvml_open(n, NULL, &e)) {
		row(r, "nvml.status", "dlopen, nvmlInit_v2", "%s", e.text);
		return;
	}
	row(r, "nvml.status", "nvmlInit_v2", "ok");
	row(r, "nvml.path", "dlinfo", "%s", nvml_path(*n));
	row(r, "nvml.gpus", "nvmlDeviceGetCount_v2", "%u", nvml_count(*n));
}

/*
 * Where one GPU is divided, CUDA lists an instance and no whole GPU, unless those are named
 * (NVIDIA's MIG guide, "device enumeration"). A caller who has chosen is left in peace.
 */
static void name_whole_gpus(const struct nvml *n)
{
	struct buf whole = BUF_INIT;

	if (n && !getenv("CUDA_VISIBLE_DEVICES") && nvml_some_divided(n, &whole) && whole.len)
		setenv("CUDA_VISIBLE_DEVICES", buf_str(&whole), 1);
	buf_free(&whole);
}

static void open_cuda(struct sources *s, const struct rows *r)
{
	struct err e = ERR_INIT;
	int runtime = cuda_runtime_version();

	name_whole_gpus(s->nvml);
	if (runtime)
		row(r, "cuda.runtime", "cudaRuntimeGetVersion", "%d", runtime);
	if (cuda_devices(&s->cuda, &s->n_cuda, &e)) {
		row(r, "cuda.status", "cudart", "%s", e.text);
		return;
	}
	row(r, "cuda.status", "cudaGetDeviceCount", "ok");
	if (e.code)
		row(r, "cuda.problem", "cudart", "%s", e.text);
	row(r, "cuda.gpus", "cudaGetDeviceCount", "%zu", s->n_cuda);
}

static void version_rows(const struct sources *s, const struct rows *r)
{
	int cuda = cuda_driver_version(), nvml = s->nvml ? nvml_cuda_version(s->nvml) : 0;
	char version[96] = "", flavour[16];

	if (s->nvml)
		nvml_driver_version(s->nvml, version, sizeof(version));
	if (*version)
		row(r, "driver.version", "nvmlSystemGetDriverVersion", "%s", version);
	else if (driver_module(version, sizeof(version), flavour, sizeof(flavour)))
		row(r, "driver.version", DRIVER_VERSION_FILE, "%s", version);
	if (cuda)
		row(r, "driver.cuda_max", "cudaDriverGetVersion", "%d", cuda);
	else if (nvml)
		row(r, "driver.cuda_max", "nvmlSystemGetCudaDriverVersion_v2", "%d", nvml);
	driver_libcuda_rows(r);
	nccl_rows(r);
	cublaslt_rows(r);
	cudnn_rows(r);
}

static const struct cuda_device *find_cuda(const struct sources *s, const char *address)
{
	for (size_t i = 0; i < s->n_cuda; i++)
		if (!strcmp(s->cuda[i].address, address))
			return &s->cuda[i];
	return NULL;
}

/* The only node of a machine that has one, -1 otherwise. */
static int only_node(void)
{
	int nodes[2];
	char *text = sysfs_read("/sys/devices/system/node/online");
	int n = text ? sysfs_parse_list(text, nodes, 2) : 0;

	free(text);
	return !text ? 0 : n == 1 ? nodes[0] : -1;
}

/* Who is asked in which order: facts/measure.md, "GPU -> node". */
static int find_node(const struct sources *s, const char *address, int firmware,
		     const char **source)
{
	const struct cuda_device *c = find_cuda(s, address);
	int index = s->nvml ? nvml_index(s->nvml, address) : -1;
	int node = c ? c->host_node : -1;

	*source = "cudaDevAttrHostNumaId";
	if (node >= 0)
		return node;
	*source = "sysfs numa_node";
	if (firmware >= 0)
		return firmware;
	if (index >= 0 && (node = nvml_numa_node(s->nvml, (unsigned)index, source)) >= 0)
		return node;
	*source = "the machine has one node";
	node = only_node();
	if (node < 0)
		*source = "CUDA, sysfs and NVML do not say";
	return node;
}

static void node_row(const struct sources *s, const struct rows *r, const char *address,
		     int firmware)
{
	const char *source;
	int node = find_node(s, address, firmware, &source);

	gpu_row(r, address, "numa_node", source, "%d", node);
	char *why = node < 0 ? NULL : cpuset_obstacle(node, true, true);

	if (why)
		gpu_row(r, address, "out_of_reach", "/proc/self/status, cgroup",
			"its NUMA node %d is out of reach: %s", node, why);
	free(why);
}

static bool on_bus(const struct sources *s, const char *address)
{
	for (size_t i = 0; i < s->n_pci; i++)
		if (!strcmp(s->pci[i].address, address))
			return true;
	return false;
}

static void cuda_rows(const struct sources *s, const struct rows *r)
{
	for (size_t i = 0; i < s->n_cuda; i++) {
		const struct cuda_device *d = &s->cuda[i];
		int index = s->nvml ? nvml_index(s->nvml, d->address) : -1;

		if (index >= 0 && nvml_divided(s->nvml, (unsigned)index))
			continue; /* what CUDA shows is an instance, not this GPU */
		cuda_device_rows(r, d);
		if (!on_bus(s, d->address))
			node_row(s, r, d->address, -1);
		if (index >= 0)
			continue; /* NVML names it too */
		gpu_row(r, d->address, "uuid", "cudaGetDeviceProperties", "%s", d->uuid);
		gpu_row(r, d->address, "name", "cudaGetDeviceProperties", "%s", d->name);
	}
}

static void nvml_rows(const struct nvml *n, bool state_only, const struct rows *r)
{
	char address[16], key[48];

	for (unsigned i = 0; i < nvml_count(n); i++) {
		struct err e = ERR_INIT;

		if (!nvml_address(n, i, address, &e)) {
			nvml_gpu_rows(n, i, state_only, r);
			continue;
		}
		snprintf(key, sizeof(key), "nvml.gpu.%u.status", i);
		row(r, key, "nvmlDeviceGetHandleByIndex_v2", "%s", e.text);
	}
}

void env_gpu(env_fn *fn, void *arg)
{
	struct rows r = {fn, arg};
	struct sources s = {NULL, NULL, NULL, 0, 0};

	s.n_pci = pci_gpus(&s.pci);
	open_nvml(&s.nvml, &r);
	if (s.nvml)
		nvml_rows(s.nvml, false, &r);
	open_cuda(&s, &r);
	version_rows(&s, &r);
	for (size_t i = 0; i < s.n_pci; i++)
		node_row(&s, &r, s.pci[i].address, s.pci[i].numa_node);
	cuda_rows(&s, &r);
	nvml_close(s.nvml);
	free(s.cuda);
	free(s.pci);
}

void env_gpu_state(env_fn *fn, void *arg)
{
	struct rows r = {fn, arg};
	struct nvml *n = NULL;

	open_nvml(&n, &r);
	if (n)
		nvml_rows(n, true, &r);
	nvml_close(n);
}
