/*
 * PCI devices of the simulated server as sysfs shows them: real folders below /sys/devices,
 * links to them in /sys/bus/pci/devices. The port above a GPU shows the same link as the GPU.
 */
#include "tree.h"

#include <stdio.h>
#include <string.h>

#define DEPTH 1024

static const char *speed(int gen)
{
	static const char *const gt[] = {"Unknown",	  "2.5 GT/s PCIe",  "5.0 GT/s PCIe",
					 "8.0 GT/s PCIe", "16.0 GT/s PCIe", "32.0 GT/s PCIe",
					 "64.0 GT/s PCIe"};

	return gen >= 0 && gen <= 6 ? gt[gen] : gt[0];
}

struct device {
	const char *folder; /* below /sys/devices */
	const char *address;
	unsigned vendor, device, class;
	int gen, width, gen_max, width_max, node;
};

static void put(struct tree *t, const struct device *d, const char *file, const char *text)
{
	char path[DEPTH + 64];

	snprintf(path, sizeof(path), "/sys/devices/%s/%s", d->folder, file);
	tree_put(t, path, "%s", text);
}

static void put_num(struct tree *t, const struct device *d, const char *file, const char *fmt,
		    int v)
{
	char text[32];

	snprintf(text, sizeof(text), fmt, v); /* NOLINT: one of the literals below */
	put(t, d, file, text);
}

static void write_device(struct tree *t, const struct device *d)
{
	char path[64], cpus[1024];

	put_num(t, d, "vendor", "0x%04x", (int)d->vendor);
	put_num(t, d, "device", "0x%04x", (int)d->device);
	put_num(t, d, "class", "0x%06x", (int)d->class);
	put_num(t, d, "numa_node", "%d", d->node);
	put(t, d, "current_link_speed", speed(d->gen));
	put(t, d, "max_link_speed", speed(d->gen_max));
	put_num(t, d, "current_link_width", "%d", d->width);
	put_num(t, d, "max_link_width", "%d", d->width_max);
	if (d->node >= 0) {
		tree_cpulist(cpus, sizeof(cpus), tree_cpu_of_node, d->node);
		put(t, d, "local_cpulist", cpus);
	}
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s", d->address);
	tree_link(t, path, "../../../devices/%s", d->folder);
}

/* "../" as often as from the device's folder to /sys. */
static void link_driver(struct tree *t, const char *folder, const char *driver)
{
	char up[DEPTH] = "../../", path[DEPTH + 64];

	for (const char *p = strchr(folder, '/'); p; p = strchr(p + 1, '/'))
		strcat(up, "../");
	snprintf(path, sizeof(path), "/sys/devices/%s/driver", folder);
	tree_link(t, path, "%sbus/pci/drivers/%s", up, driver);
	snprintf(path, sizeof(path), "/sys/bus/pci/drivers/%s/new_id", driver);
	tree_put(t, path, "%s", "");
}

/* In a virtual machine the ports are the emulator's and their links say nothing. */
static void write_hop(struct tree *t, const struct sim_gpu *g, int gpu, const char *folder,
		      const char *address, bool first, bool last)
{
	bool vm = strcmp(sim_profile()->server.hypervisor, "none") != 0;
	struct device d = {folder,
			   address,
			   first ? 0x8086 : 0x1000,
			   first ? 0x352a : 0xc030,
			   0x060400,
			   (int)g->pcie_gen,
			   (int)g->pcie_width,
			   (int)g->pcie_gen,
			   (int)g->pcie_width,
			   (int)g->node};

	if (vm) {
		d.vendor = 0x1b36;
		d.device = 0x000c;
		d.gen = d.gen_max = d.width = d.width_max = 1;
	} else if (last) {
		sim_link(gpu, &d.gen, &d.width);
	}
	write_device(t, &d);
	link_driver(t, folder, "pcieport");
}

static void write_gpu(struct tree *t, int gpu)
{
	const struct sim_gpu *g = &sim_profile()->gpu[gpu];
	char folder[DEPTH], hops[SIM_TEXT], *save, *hop, *next;
	struct device d = {folder, g->pci, 0x10de,	     (unsigned)g->device_id, 0x030200,
			   0,	   0,	   (int)g->pcie_gen, (int)g->pcie_width,     (int)g->node};
	size_t len;

	strcpy(hops, g->path);
	hop = strtok_r(hops, ", ", &save);
	len = (size_t)snprintf(folder, sizeof(folder), "pci%.7s", hop ? hop : g->pci);
	for (bool first = true; hop; hop = next, first = false) {
		next = strtok_r(NULL, ", ", &save);
		len += (size_t)snprintf(folder + len, sizeof(folder) - len, "/%s", hop);
		write_hop(t, g, gpu, folder, hop, first, !next);
	}
	snprintf(folder + len, sizeof(folder) - len, "/%s", g->pci);
	sim_link(gpu, &d.gen, &d.width);
	write_device(t, &d);
	link_driver(t, folder, "nvidia");
}

void tree_pci(struct tree *t)
{
	for (int g = 0; g < sim_profile()->n_gpus; g++)
		write_gpu(t, g);
}
