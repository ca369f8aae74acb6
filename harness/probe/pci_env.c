/* GPUs as the PCI bus and the kernel driver's own files tell them: see host.h. */
#include "host.h"
#include "driver.h"
#include "pci.h"
#include "sysfs.h"
#include "../base/buf.h"
#include "../base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void number(const struct rows *r, const char *address, const char *field, int v)
{
	if (v > 0)
		gpu_row(r, address, field, "sysfs", "%d", v);
}

static void device_file(const struct rows *r, const char *address, const char *field,
			const char *file)
{
	char *path = mem_printf("/sys/bus/pci/devices/%s/%s", address, file);
	char *value = sysfs_read("%s", path);

	if (value)
		gpu_row(r, address, field, path, "%s", value);
	free(value);
	free(path);
}

/* The sum at the end of an AER file: "TOTAL_ERR_COR 3". */
static void aer_row(const struct rows *r, const char *address, const char *field, const char *file)
{
	char *text = sysfs_read("/sys/bus/pci/devices/%s/%s", address, file);
	const char *p = text ? strstr(text, "TOTAL_ERR_") : NULL;
	unsigned long long v;

	if (p && sscanf(p, "%*s %llu", &v) == 1)
		gpu_row(r, address, field, file, "%llu", v);
	free(text);
}

static void ceiling_row(const struct rows *r, const struct pci_gpu *g, const char *field,
			bool to_device)
{
	char why[96], source[160], text[40];
	double v = pci_path_ceiling(g, 1, 0, to_device, true, why, sizeof(why));

	if (v <= 0)
		return;
	snprintf(source, sizeof(source), "%s, max payload 512", why);
	gpu_row(r, g->address, field, source, "%s", rows_number(text, v));
}

static void path_row(const struct rows *r, const struct pci_gpu *g)
{
	struct buf b = BUF_INIT;

	for (int i = 0; i < g->n_hops; i++)
		buf_printf(&b, "%s%s", i ? " " : "", g->hop[i].address);
	if (b.len)
		gpu_row(r, g->address, "pci_path", "sysfs", "%s", buf_str(&b));
	buf_free(&b);
}

static void one_gpu(const struct rows *r, const struct pci_gpu *g)
{
	gpu_row(r, g->address, "pci_device", "sysfs", "0x%04x", g->device);
	gpu_row(r, g->address, "kernel_driver", "sysfs", "%s", g->driver);
	gpu_row(r, g->address, "numa_node_firmware", "sysfs numa_node", "%d", g->numa_node);
	path_row(r, g);
	if (g->n_hops) {
		number(r, g->address, "link_gen", g->hop[0].gen);
		number(r, g->address, "link_width", g->hop[0].width);
		number(r, g->address, "link_gen_max", g->hop[0].gen_max);
		number(r, g->address, "link_width_max", g->hop[0].width_max);
	}
	ceiling_row(r, g, "path_ceiling_h2d", true);
	ceiling_row(r, g, "path_ceiling_d2h", false);
	device_file(r, g->address, "iommu_type", "iommu_group/type");
	device_file(r, g->address, "local_cpus", "local_cpulist");
	aer_row(r, g->address, "aer_correctable", "aer_dev_correctable");
	aer_row(r, g->address, "aer_nonfatal", "aer_dev_nonfatal");
	aer_row(r, g->address, "aer_fatal", "aer_dev_fatal");
}

void pci_rows(const struct rows *r)
{
	struct pci_gpu *gpus;
	char version[32], flavour[16];
	size_t n;

	if (driver_module(version, sizeof(version), flavour, sizeof(flavour))) {
		row(r, "driver.kernel_module", DRIVER_VERSION_FILE, "%s", version);
		row(r, "driver.kernel_flavour", DRIVER_VERSION_FILE, "%s", flavour);
	}
	n = pci_gpus(&gpus);
	row(r, "host.gpus", "/sys/bus/pci/devices", "%zu", n);
	for (size_t i = 0; i < n; i++)
		one_gpu(r, &gpus[i]);
	free(gpus);
}
