/*
 * See gpu_link.h. Known errors: what lies behind the root port, the link between sockets, is not
 * known from user space; of C2C only the figure of the data sheet is.
 */
#include "gpu_link.h"

#ifdef ASSAY_CUDA

#include "gpu.h"

#include "../harness/base/mem.h"
#include "../harness/probe/pci.h"

#include <cuda_runtime_api.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ATTR_HOST_NUMA_ID 134	/* cudaDevAttrHostNumaId; older headers lack it */
#define C2C_BYTES_PER_S	  450e9 /* NVLink-C2C of GH200 and GB200, each way (data sheets) */

/* Whether the GPU reads the host's memory through the host's page tables: over C2C. */
static bool is_c2c(int device)
{
	return gpu_attribute(cudaDevAttrPageableMemoryAccessUsesHostPageTables, device, 0) == 1;
}

/*
 * The GPU's own link beside what both its ends could do. Said only under load, since an idle link
 * is slow on purpose.
 */
static void find_training(struct gpu_link *link, const struct pci_gpu *gpu, bool loaded)
{
	const struct pci_hop *own = &gpu->hop[0], *port = gpu->n_hops > 1 ? &gpu->hop[1] : NULL;
	int gen = own->gen_max, width = own->width_max;

	if (gpu->n_hops == 0 || own->gen == 0)
		return;
	if (port && port->gen_max && port->width_max) {
		gen = port->gen_max < gen ? port->gen_max : gen;
		width = port->width_max < width ? port->width_max : width;
	}
	if (loaded)
		snprintf(link->found, sizeof(link->found), "Gen%d x%d", own->gen, own->width);
	snprintf(link->wanted, sizeof(link->wanted), "Gen%d x%d", gen, width);
}

static void find_kin(struct gpu_link *link, int device, int sharers)
{
	struct cudaDeviceProp p;
	int n;

	if (cudaGetDeviceProperties(&p, device)) {
		cudaGetLastError();
		p.name[0] = '\0';
	}
	n = snprintf(link->kin, sizeof(link->kin), "%s%s%s", p.name, link->wanted[0] ? " " : "",
		     link->wanted);
	if (sharers > 1 && n > 0 && (size_t)n < sizeof(link->kin))
		snprintf(link->kin + n, sizeof(link->kin) - (size_t)n, " shared by %d", sharers);
}

static void find_ceilings(struct gpu_link *link, const struct pci_gpu *gpus, size_t n, size_t which,
			  bool loaded)
{
	struct gpu_ceiling *to = &link->to_device, *from = &link->to_host;

	to->bytes_per_s = pci_path_ceiling(gpus, n, which, true, !loaded, to->why, sizeof(to->why));
	from->bytes_per_s =
		pci_path_ceiling(gpus, n, which, false, !loaded, from->why, sizeof(from->why));
}

static void c2c_ceilings(struct gpu_link *link)
{
	struct gpu_ceiling c2c = {.bytes_per_s = C2C_BYTES_PER_S};

	snprintf(c2c.why, sizeof(c2c.why), "NVLink-C2C, 450 GB/s each way (data sheet)");
	snprintf(link->wanted, sizeof(link->wanted), "C2C");
	link->to_device = link->to_host = c2c;
}

/* Those of all GPUs in sysfs that this process sees, in its order. A missing one has no hop. */
static struct pci_gpu *active_gpus(struct ctx *c, const struct gpu_link *link, int n,
				   const struct pci_gpu *all, size_t n_all)
{
	struct pci_gpu *active = mem_zalloc((size_t)n, sizeof(*active));

	for (int i = 0; i < n; i++) {
		size_t k = 0;

		while (k < n_all && strcmp(all[k].address, link[i].address) != 0)
			k++;
		active[i].numa_node = -1;
		if (k < n_all)
			active[i] = all[k];
		else
			ctx_log(c, "sysfs shows no GPU at %s: no ceiling is known",
				link[i].address);
	}
	return active;
}

static void find_link(struct gpu_link *link, const struct pci_gpu *gpus, int n, int which,
		      bool loaded)
{
	const struct pci_gpu *gpu = &gpus[which];
	int node = gpu_attribute(ATTR_HOST_NUMA_ID, which, -1), sharers;

	if (node < 0)
		node = gpu->numa_node;
	link->node = node;
	if (is_c2c(which)) {
		c2c_ceilings(link);
	} else {
		find_training(link, gpu, loaded);
		find_ceilings(link, gpus, (size_t)n, (size_t)which, loaded);
	}
	sharers = pci_sharers(gpus, (size_t)n, (size_t)which);
	link->shared = sharers > 1;
	find_kin(link, which, sharers);
}

int gpu_links(struct ctx *c, struct gpu_link *link, int n, bool loaded, struct err *e)
{
	struct pci_gpu *all = NULL, *active;
	size_t n_all = pci_gpus(&all);
	int rc = 0;

	memset(link, 0, (size_t)n * sizeof(*link));
	for (int i = 0; i < n && !rc; i++)
		rc = gpu_address(link[i].address, i, e);
	if (!rc) {
		active = active_gpus(c, link, n, all, n_all);
		for (int i = 0; i < n; i++)
			find_link(&link[i], active, n, i, loaded);
		free(active);
	}
	free(all);
	return rc;
}

void gpu_link_say(struct ctx *c, const struct gpu_link *link, const char *labels)
{
	if (link->address[0])
		ctx_fact(c, "pci", "", labels, link->address, "cudaDeviceGetPCIBusId");
	if (link->kin[0])
		ctx_fact(c, "kin", "", labels, link->kin, "CUDA, sysfs");
	if (link->found[0])
		ctx_expect(c, "link", "bandwidth", labels, link->found, link->wanted,
			   GPU_LINK_SOURCE);
}

struct gpu_ceiling gpu_link_ceiling(const struct gpu_link *link, bool to_device, bool to_host)
{
	const struct gpu_ceiling *to = &link->to_device, *from = &link->to_host;
	struct gpu_ceiling both = to_device ? *to : *from;

	if (!to_device || !to_host)
		return both;
	both.bytes_per_s = to->bytes_per_s > 0 && from->bytes_per_s > 0
				   ? to->bytes_per_s + from->bytes_per_s
				   : 0;
	snprintf(both.why, sizeof(both.why), "%.140s, both ways", to->why);
	return both;
}

#endif
