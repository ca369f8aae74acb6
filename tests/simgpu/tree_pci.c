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

/* Vendor and device of a root port, or of a switch's port (a Gen5 and a Gen4 one of one maker). */
static void name_hop(struct device *d, const struct sim_gpu *g, bool first)
{
	bool amd = !strcmp(sim_profile()->cpu.vendor, "AuthenticAMD");

	if (!first) {
		d->vendor = 0x1000;
		d->device = g->pcie_gen < 5 ? 0xc010 : 0xc030;
	} else if (!strcmp(g->link, "c2c")) {
		d->vendor = 0x10de;
		d->device = 0x22b1;
	} else {
		d->vendor = amd ? 0x1022 : 0x8086;
		d->device = amd ? 0x1483 : 0x352a;
	}
}

/* In a virtual machine the ports are the emulator's and their links say nothing. */
static void write_hop(struct tree *t, int gpu, const char *folder, const char *address, bool first,
		      bool last)
{
	const struct sim_gpu *g = &sim_profile()->gpu[gpu];
	bool vm = strcmp(sim_profile()->server.hypervisor, "none") != 0;
	struct device d = {.folder = folder,
			   .address = address,
			   .class = 0x060400,
			   .gen = (int)g->pcie_gen,
			   .width = (int)g->pcie_width,
			   .gen_max = (int)g->pcie_gen,
			   .width_max = (int)g->pcie_width,
			   .node = (int)g->node};

	name_hop(&d, g, first);
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
	struct device d = {.folder = folder,
			   .address = g->pci,
			   .vendor = 0x10de,
			   .device = (unsigned)g->device_id,
			   .class = 0x030200,
			   .gen_max = (int)g->pcie_gen,
			   .width_max = (int)g->pcie_width,
			   .node = sim_gpu_node(gpu)};
	size_t len;

	strcpy(hops, g->path);
	hop = strtok_r(hops, ", ", &save);
	len = (size_t)snprintf(folder, sizeof(folder), "pci%.7s", hop ? hop : g->pci);
	for (bool first = true; hop; hop = next, first = false) {
		next = strtok_r(NULL, ", ", &save);
		len += (size_t)snprintf(folder + len, sizeof(folder) - len, "/%s", hop);
		write_hop(t, gpu, folder, hop, first, !next);
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
