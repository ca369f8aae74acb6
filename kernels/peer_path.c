/*
 * See peer_path.h. Known error: where nobody knows the way (no NVML, no sysfs) there is no ceiling;
 * over PCI Express through two root ports the link between sockets is not counted, so that the
 * ceiling can be too high but not too low.
 */
#include "peer_path.h"

#include <stdio.h>
#include <string.h>

/* Of a write at the largest payload: 512 bytes with a header of 24 (PCI Express base spec.). */
#define PCI_WRITE_SHARE (512.0 / 536)

double peer_link_rate(int generation)
{
	static const double rate[] = {0, 20e9, 25e9, 25e9, 25e9, 50e9};

	return generation < 1 || generation > 5 ? 0 : rate[generation];
}

static bool on_switch(const struct nvml_links *l)
{
	for (int i = 0; i < NVML_MAX_LINKS; i++) {
		if (l->link[i].active && l->link[i].to_switch)
			return true;
	}
	return false;
}

static int leading_to(const struct nvml_links *l, const struct pci_gpu *to)
{
	int n = 0;

	for (int i = 0; to && i < NVML_MAX_LINKS; i++)
		n += l->link[i].active && !l->link[i].to_switch &&
		     !strcmp(l->link[i].to, to->address);
	return n;
}

static int smaller(int a, int b)
{
	return a < b ? a : b;
}

/* False where no NVLink joins them. */
static bool nvlink_path(struct peer_path *out, const struct peer_end *a, const struct peer_end *b)
{
	bool switched;
	int generation;

	if (!a->links || !b->links)
		return false;
	switched = on_switch(a->links) && on_switch(b->links);
	generation = smaller(nvml_links_generation(a->links), nvml_links_generation(b->links));
	out->links = switched ? smaller(a->links->active, b->links->active)
			      : smaller(leading_to(a->links, b->pci), leading_to(b->links, a->pci));
	if (!out->links)
		return false;
	out->bytes_per_s = out->links * peer_link_rate(generation);
	snprintf(out->why, sizeof(out->why), "%d x NVLink%d", out->links, generation);
	if (switched)
		snprintf(out->kind, sizeof(out->kind), "NVLink through switches");
	else
		snprintf(out->kind, sizeof(out->kind), "NVLink x%d", out->links);
	return true;
}

/* How many hops of a lie below the first that b goes through too; all of them if none is. */
static int hops_below_common(const struct pci_gpu *a, const struct pci_gpu *b, bool *common)
{
	*common = false;
	for (int i = 0; i < a->n_hops; i++) {
		for (int k = 0; k < b->n_hops; k++) {
			if (!strcmp(a->hop[i].address, b->hop[k].address)) {
				*common = true;
				return i;
			}
		}
	}
	return a->n_hops;
}

static void narrow(struct peer_path *out, const struct pci_gpu *g, int hops)
{
	for (int i = 0; i < hops; i++) {
		const struct pci_hop *h = &g->hop[i];
		double share = h->gen_max >= 6 ? 1 : PCI_WRITE_SHARE;
		double rate = pci_link_rate(h->gen_max, h->width_max) * share;

		if (rate <= 0 || (out->bytes_per_s > 0 && rate >= out->bytes_per_s))
			continue;
		out->bytes_per_s = rate;
		snprintf(out->why, sizeof(out->why), "%s gen %d x%d", h->address, h->gen_max,
			 h->width_max);
	}
}

static void pci_path(struct peer_path *out, const struct pci_gpu *a, const struct pci_gpu *b)
{
	bool common;
	int below = hops_below_common(a, b, &common);

	narrow(out, a, below);
	narrow(out, b, hops_below_common(b, a, &common));
	/* the root port, the last hop, is a bridge of the CPU and no switch */
	if (common && below < a->n_hops - 1)
		snprintf(out->kind, sizeof(out->kind), "below one PCIe switch");
	else if (common)
		snprintf(out->kind, sizeof(out->kind), "below one root port");
	else if (a->numa_node < 0 || b->numa_node < 0)
		snprintf(out->kind, sizeof(out->kind), "through two root ports");
	else
		snprintf(out->kind, sizeof(out->kind), "through two root ports, %s",
			 a->numa_node == b->numa_node ? "one node" : "two nodes");
}

void peer_path(struct peer_path *out, const struct peer_end *a, const struct peer_end *b)
{
	memset(out, 0, sizeof(*out));
	snprintf(out->why, sizeof(out->why), "neither NVML nor sysfs says");
	snprintf(out->kind, sizeof(out->kind), "unknown");
	if (nvlink_path(out, a, b))
		return;
	if (a->pci && b->pci && !a->pci->nvidia_root && !b->pci->nvidia_root)
		pci_path(out, a->pci, b->pci);
}

int peer_links_wanted(const struct nvml_links *own, const struct nvml_links *const *siblings, int n)
{
	int most = own->active;
	bool switched = on_switch(own);

	for (int i = 0; i < n; i++) {
		most = siblings[i]->active > most ? siblings[i]->active : most;
		switched |= on_switch(siblings[i]);
	}
	return own->active || switched ? most : 0;
}

void peer_links_missing(const struct nvml_links *own, const struct nvml_links *const *siblings,
			int n, char *out, size_t size)
{
	size_t used = 0;

	out[0] = '\0';
	for (int i = 0; i < NVML_MAX_LINKS && used < size; i++) {
		bool elsewhere = false;

		for (int k = 0; k < n; k++)
			elsewhere |= siblings[k]->link[i].active;
		if (elsewhere && !own->link[i].active)
			used += (size_t)snprintf(out + used, size - used, "%s%d", used ? ", " : "",
						 i);
	}
}

static void join(int *partner, const bool *reach, int n, int a, int b)
{
	if (partner[a] >= 0 || partner[b] >= 0 || !reach[a * n + b])
		return;
	partner[a] = b;
	partner[b] = a;
}

void peer_pairs(int *partner, const bool *reach, int n)
{
	for (int i = 0; i < n; i++)
		partner[i] = -1;
	for (int i = 0; i < n / 2; i++)
		join(partner, reach, n, i, i + n / 2);
	for (int i = 0; i < n; i++) {
		for (int k = i + 1; k < n; k++)
			join(partner, reach, n, i, k);
	}
}
