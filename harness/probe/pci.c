/*
 * GPUs on the PCI bus: see pci.h. A path's hops are the PCI addresses in the resolved sysfs
 * path. Known errors: the max payload size needs root, 512 is taken, so that a ceiling can be
 * too high but not too low; what lies behind the root port (socket link, DRAM) is not here.
 */
#include "pci.h"
#include "sysfs.h"
#include "../base/mem.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NVIDIA 0x10de
#define REDHAT 0x1b36 /* QEMU's root ports: the link that they show is invented */

#define MPS	     512.0
#define WRITE_HEADER 24.0
#define COMPL_HEADER 20.0

int pci_address(char out[16], const char *text)
{
	unsigned domain, bus, device, function;
	int end = 0;

	if (!isxdigit((unsigned char)*text) ||
	    sscanf(text, "%8x:%2x:%2x.%1x%n", &domain, &bus, &device, &function, &end) != 4 ||
	    text[end] || device > 31 || function > 7 || domain > 0xfffffff)
		return -EINVAL;
	snprintf(out, 16, "%04x:%02x:%02x.%x", domain, bus & 0xff, device, function);
	return 0;
}

/* ---- links ---- */

/* "16.0 GT/s PCIe" -> 4; 0 for "Unknown" and for what nobody has named yet. */
static int generation(const char *text)
{
	static const double gt[] = {2.5, 5, 8, 16, 32, 64, 128};
	char *end;
	double v = text ? strtod(text, &end) : 0;

	for (int i = 0; i < (int)(sizeof(gt) / sizeof(*gt)); i++)
		if (v > gt[i] - 0.01 && v < gt[i] + 0.01)
			return i + 1;
	return 0;
}

static int read_gen(const char *path, const char *file)
{
	char *text = sysfs_read("%s/%s", path, file);
	int gen = generation(text);

	free(text);
	return gen;
}

/* 0 and values above 32 (63, 255) are how drivers say that they do not know. */
static int read_width(const char *path, const char *file)
{
	int64_t w = sysfs_int(0, "%s/%s", path, file);

	return w > 0 && w <= 32 ? (int)w : 0;
}

static void read_hop(struct pci_hop *h, const char *address, const char *path)
{
	snprintf(h->address, sizeof(h->address), "%.15s", address);
	if (sysfs_int(0, "%s/vendor", path) == REDHAT)
		return;
	h->gen = read_gen(path, "current_link_speed");
	h->width = read_width(path, "current_link_width");
	h->gen_max = read_gen(path, "max_link_speed");
	h->width_max = read_width(path, "max_link_width");
}

/* Walks the device's own path from its end: /sys/devices/pci0000:15/0000:15:01.0/0000:16:00.0 */
static void read_path(struct pci_gpu *g)
{
	char *path = sysfs_real_path("/sys/bus/pci/devices/%s", g->address);
	char address[16];

	for (char *slash; path && (slash = strrchr(path, '/')) && g->n_hops < PCI_MAX_HOPS;
	     *slash = '\0') {
		if (pci_address(address, slash + 1))
			break;
		read_hop(&g->hop[g->n_hops++], address, path);
		g->nvidia_root = g->n_hops > 1 && sysfs_int(0, "%s/vendor", path) == NVIDIA;
	}
	free(path);
}

/* ---- devices ---- */

static bool is_gpu(const char *address)
{
	int64_t vendor = sysfs_int(0, "/sys/bus/pci/devices/%s/vendor", address);
	int64_t class = sysfs_int(0, "/sys/bus/pci/devices/%s/class", address) >> 8;

	return vendor == NVIDIA && (class == 0x0300 || class == 0x0302);
}

static void read_gpu(struct pci_gpu *g, const char *name, const char *address)
{
	snprintf(g->address, sizeof(g->address), "%s", address);
	g->device = (unsigned)sysfs_int(0, "/sys/bus/pci/devices/%s/device", name);
	g->numa_node = (int)sysfs_int(-1, "/sys/bus/pci/devices/%s/numa_node", name);
	char *driver = sysfs_link_name("/sys/bus/pci/devices/%s/driver", name);

	snprintf(g->driver, sizeof(g->driver), "%s", driver ? driver : "");
	free(driver);
	read_path(g);
}

static int by_address(const void *a, const void *b)
{
	const char *x = ((const struct pci_gpu *)a)->address;
	const char *y = ((const struct pci_gpu *)b)->address;
	size_t n = strlen(x), m = strlen(y);

	return n != m ? (n > m) - (n < m) : strcmp(x, y); /* domains above ffff come last */
}

size_t pci_gpus(struct pci_gpu **out)
{
	char **names, address[16];
	size_t n_names = sysfs_list(&names, "/sys/bus/pci/devices"), n = 0, cap = 0;

	*out = NULL;
	for (size_t i = 0; i < n_names; i++) {
		if (pci_address(address, names[i]) || !is_gpu(names[i]))
			continue;
		*out = mem_grow(*out, n, &cap, sizeof(**out));
		read_gpu(&(*out)[n++], names[i], address);
	}
	sysfs_list_free(names, n_names);
	if (n)
		qsort(*out, n, sizeof(**out), by_address);
	return n;
}

/* ---- ceilings ---- */

/*
 * Bytes/s of a lane: the signalling rate less its line code, 8b/10b to generation 2, 128b/130b
 * to 5; from 6 on fixed flits carry 236 bytes of packets in 256 (PCI Express base specification).
 */
double pci_link_rate(int gen, int width)
{
	static const double lane[] = {0,
				      2.5e9 / 10,
				      5e9 / 10,
				      8e9 / 8 * 128 / 130,
				      16e9 / 8 * 128 / 130,
				      32e9 / 8 * 128 / 130,
				      64e9 / 8 * 236 / 256,
				      128e9 / 8 * 236 / 256};

	if (gen < 1 || gen >= (int)(sizeof(lane) / sizeof(*lane)) || width < 1)
		return 0;
	return lane[gen] * width;
}

/* In flit mode the packet's framing is in the flit's own share already: no further deduction. */
static double packet_share(int gen, bool to_device)
{
	if (gen >= 6)
		return 1;
	return MPS / (MPS + (to_device ? COMPL_HEADER : WRITE_HEADER));
}

/* ---- what several GPUs share ---- */

/* Rates dealt out to GPUs that are active at the same time. */
struct dealing {
	const struct pci_gpu *gpus;
	size_t n;
	bool to_device, use_max;
	double *rate; /* -1: none yet */
};

static int gen_of(const struct dealing *d, const struct pci_hop *h)
{
	return d->use_max ? h->gen_max : h->gen;
}

static int width_of(const struct dealing *d, const struct pci_hop *h)
{
	return d->use_max ? h->width_max : h->width;
}

static bool goes_through(const struct pci_gpu *g, const char *address)
{
	for (int h = 0; h < g->n_hops; h++) {
		if (!strcmp(g->hop[h].address, address))
			return true;
	}
	return false;
}

static int users_of(const struct pci_gpu *gpus, size_t n, const char *address)
{
	int users = 0;

	for (size_t i = 0; i < n; i++)
		users += goes_through(&gpus[i], address);
	return users;
}

int pci_sharers(const struct pci_gpu *gpus, size_t n, size_t which)
{
	int most = 1;

	for (int h = 0; h < gpus[which].n_hops; h++) {
		int users = users_of(gpus, n, gpus[which].hop[h].address);

		most = users > most ? users : most;
	}
	return most;
}

/* The equal part of what is left of a hop, for those who have none yet; 0: its link is not known.
 */
static double part_of(const struct dealing *d, const struct pci_hop *hop)
{
	double left = pci_link_rate(gen_of(d, hop), width_of(d, hop)) *
		      packet_share(gen_of(d, hop), d->to_device);
	int users = 0;

	for (size_t i = 0; i < d->n; i++) {
		if (!goes_through(&d->gpus[i], hop->address))
			continue;
		if (d->rate[i] < 0)
			users++;
		else
			left -= d->rate[i];
	}
	return left > 0 ? left / users : 0;
}

/* The hop with the smallest part, among the paths of those who have none yet. */
static const struct pci_hop *narrowest(const struct dealing *d, double *part)
{
	const struct pci_hop *found = NULL;

	for (size_t i = 0; i < d->n; i++) {
		for (int h = 0; h < d->gpus[i].n_hops && d->rate[i] < 0; h++) {
			double p = part_of(d, &d->gpus[i].hop[h]);

			if (p > 0 && (!found || p < *part)) {
				found = &d->gpus[i].hop[h];
				*part = p;
			}
		}
	}
	return found;
}

/* Deals until `which` has its rate; the hop that set it, or NULL. */
static const struct pci_hop *deal(struct dealing *d, size_t which)
{
	const struct pci_hop *hop = NULL;
	double part = 0;

	for (size_t i = 0; i < d->n; i++)
		d->rate[i] = d->gpus[i].nvidia_root ? 0 : -1;
	while (d->rate[which] < 0) {
		hop = narrowest(d, &part);
		if (!hop)
			return NULL;
		for (size_t i = 0; i < d->n; i++) {
			if (d->rate[i] < 0 && goes_through(&d->gpus[i], hop->address))
				d->rate[i] = part;
		}
	}
	return hop;
}

double pci_path_ceiling(const struct pci_gpu *gpus, size_t n, size_t which, bool to_device,
			bool use_max, char *why, size_t why_size)
{
	struct dealing d = {gpus, n, to_device, use_max, mem_zalloc(n, sizeof(double))};
	const struct pci_hop *hop = deal(&d, which);
	double rate = hop ? d.rate[which] : 0;
	char shared[32] = "";

	free(d.rate);
	if (!hop) {
		snprintf(why, why_size, "%s",
			 gpus[which].nvidia_root ? "host bridge by NVIDIA: the path may be C2C"
						 : "no link is known");
		return 0;
	}
	if (users_of(gpus, n, hop->address) > 1)
		snprintf(shared, sizeof(shared), " shared by %d GPUs",
			 users_of(gpus, n, hop->address));
	snprintf(why, why_size, "%s gen %d x%d%s", hop->address, gen_of(&d, hop), width_of(&d, hop),
		 shared);
	return rate;
}
