/* See peers.h. Without nvcc this file only says that there is no GPU code. */
#include "peers.h"

#include "gpu.h"
#include "gpu_link.h"

#include <errno.h>

#ifdef ASSAY_CUDA

#include "../harness/base/mem.h"

#include <cuda_runtime_api.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int peers_supported(struct ctx *c, struct err *e)
{
	int number[LANES_MAX], seen = 0, n = ctx_gpus(c, number, LANES_MAX), rc;

	rc = gpu_supported(c, e);
	if (!rc && n < 2)
		return err_set(e, ENOTSUP, "a single GPU has no peer");
	if (!rc)
		rc = gpu_error((int)cudaGetDeviceCount(&seen), e, "looking for GPUs");
	if (!rc && seen < n)
		return err_set(e, ENOTSUP,
			       "CUDA shows %d of these %d GPUs: with MIG on it shows one instance, "
			       "and instances have no peers",
			       seen, n);
	return rc;
}

/* ---- who they are ---- */

static int find_address(struct peer *g, int ordinal, struct err *e)
{
	int rc = gpu_address(g->address, ordinal, e);

	return rc || g->address[0]
		       ? rc
		       : err_set(e, EIO, "CUDA tells no PCI address of GPU %d", ordinal);
}

static void find_pci(struct peers *p)
{
	size_t n = pci_gpus(&p->pci);

	for (int i = 0; i < p->n; i++) {
		for (size_t k = 0; k < n; k++) {
			if (!strcmp(p->pci[k].address, p->gpu[i].address))
				p->gpu[i].pci = &p->pci[k];
		}
	}
}

/* Links of all GPUs that NVML shows, those of this step among them. Caller frees. */
static struct nvml_links *all_links(const struct nvml *n)
{
	struct nvml_links *l = mem_zalloc(nvml_count(n) + 1, sizeof(*l));

	for (unsigned i = 0; i < nvml_count(n); i++)
		nvml_links(n, i, &l[i]);
	return l;
}

static void look_at_links(struct peers *p, struct peer *g, const struct nvml_links *all)
{
	const struct nvml_links *sibling[NVML_MAX_GPUS];
	int n = 0;

	g->in_nvml = nvml_index(p->nvml, g->address);
	if (g->in_nvml < 0)
		return;
	g->links = all[g->in_nvml];
	g->generation = nvml_links_generation(&g->links);
	for (unsigned i = 0; i < nvml_count(p->nvml) && n < NVML_MAX_GPUS; i++) {
		if (!nvml_same_model(p->nvml, i, (unsigned)g->in_nvml))
			continue;
		sibling[n++] = &all[i];
		if (!g->generation)
			g->generation = nvml_links_generation(&all[i]);
	}
	g->wanted = peer_links_wanted(&g->links, sibling, n);
	peer_links_missing(&g->links, sibling, n, g->missing, sizeof(g->missing));
}

static void find_links(struct peers *p, struct ctx *c)
{
	struct err e = ERR_INIT;
	struct nvml_links *all;

	if (nvml_open(&p->nvml, NULL, &e)) {
		ctx_log(c, "NVLinks are not reported: %s", e.text);
		return;
	}
	all = all_links(p->nvml);
	for (int i = 0; i < p->n; i++)
		look_at_links(p, &p->gpu[i], all);
	free(all);
}

void peers_number(struct peers *p, const struct ctx *c)
{
	int number[LANES_MAX];

	memset(p, 0, sizeof(*p));
	p->n = ctx_gpus(c, number, LANES_MAX);
	for (int i = 0; i < p->n; i++)
		p->gpu[i] = (struct peer){.number = number[i], .in_nvml = -1};
}

void peers_look(struct peers *p, struct ctx *c)
{
	find_pci(p);
	find_links(p, c);
}

int peers_open(struct peers *p, struct ctx *c, struct err *e)
{
	int rc = 0;

	peers_number(p, c);
	for (int i = 0; i < p->n && !rc; i++)
		rc = find_address(&p->gpu[i], i, e);
	if (!rc)
		peers_look(p, c);
	return rc;
}

void peers_close(struct peers *p)
{
	nvml_close(p->nvml);
	free(p->pci);
	memset(p, 0, sizeof(*p));
}

/* ---- access ---- */

static const char *refusal(const struct peers *p, int a, int b)
{
	if (p->gpu[a].in_nvml < 0 || p->gpu[b].in_nvml < 0)
		return NULL;
	return nvml_peer_refusal(p->nvml, (unsigned)p->gpu[a].in_nvml, (unsigned)p->gpu[b].in_nvml);
}

int peers_access(const struct peers *p, int a, int b, struct err *e)
{
	int there = 0, back = 0, rc;
	const char *why;

	rc = gpu_error((int)cudaDeviceCanAccessPeer(&there, a, b), e, "asking for peer access");
	if (!rc)
		rc = gpu_error((int)cudaDeviceCanAccessPeer(&back, b, a), e,
			       "asking for peer access");
	if (rc || (there && back))
		return rc;
	why = refusal(p, a, b);
	return err_set(e, ENOTSUP, "no peer access between GPU %d and GPU %d%s%s%s",
		       p->gpu[a].number, p->gpu[b].number, why ? " (" : "", why ? why : "",
		       why ? ")" : "");
}

static cudaError_t switch_one(int from, int to, bool on)
{
	cudaError_t rc = cudaSetDevice(from);

	if (!rc)
		rc = on ? cudaDeviceEnablePeerAccess(to, 0) : cudaDeviceDisablePeerAccess(to);
	return rc;
}

int peers_switch(struct peers *p, int a, int b, bool on, struct err *e)
{
	cudaError_t rc;

	if (p->on[a][b] == on)
		return 0;
	rc = switch_one(a, b, on);
	if (!rc)
		rc = switch_one(b, a, on);
	if (!rc)
		p->on[a][b] = p->on[b][a] = on;
	return gpu_error((int)rc, e, "switching peer access between GPU %d and GPU %d %s",
			 p->gpu[a].number, p->gpu[b].number, on ? "on" : "off");
}

/* ---- paths ---- */

/* Down one GPU's path to the host and up the other's. */
static void host_path(const struct pci_gpu *a, const struct pci_gpu *b, struct peer_path *out)
{
	char why[sizeof(out->why)];
	double from, to;

	memset(out, 0, sizeof(*out));
	snprintf(out->kind, sizeof(out->kind), "through host memory");
	if (!a || !b)
		return;
	from = pci_path_ceiling(a, 1, 0, false, true, out->why, sizeof(out->why));
	to = pci_path_ceiling(b, 1, 0, true, true, why, sizeof(why));
	out->bytes_per_s = from < to ? from : to;
	if (to < from)
		memcpy(out->why, why, sizeof(why));
	if (a->numa_node >= 0 && b->numa_node >= 0)
		snprintf(out->kind, sizeof(out->kind), "through host memory, %s",
			 a->numa_node == b->numa_node ? "one node" : "two nodes");
}

void peers_path(const struct peers *p, int a, int b, bool access, struct peer_path *out)
{
	const struct peer *x = &p->gpu[a], *y = &p->gpu[b];
	struct peer_end from = {x->in_nvml < 0 ? NULL : &x->links, x->pci};
	struct peer_end to = {y->in_nvml < 0 ? NULL : &y->links, y->pci};

	if (access)
		peer_path(out, &from, &to);
	else
		host_path(x->pci, y->pci, out);
}

double peers_links_rate(const struct peers *p, char *why, size_t size)
{
	double least = 0;

	for (int i = 0; i < p->n; i++) {
		const struct peer *g = &p->gpu[i];
		double own = g->links.active * peer_link_rate(g->generation);

		if (!(own > 0))
			return 0;
		if (i && own >= least)
			continue;
		least = own;
		snprintf(why, size, "%d x NVLink%d of GPU %d, one way", g->links.active,
			 g->generation, g->number);
	}
	return least;
}

/* ---- what is expected ---- */

static void say_links(char *out, size_t size, int n, int generation, const struct peer *where)
{
	int len = snprintf(out, size, "%d x NVLink%d", n, generation);

	if (where && len > 0 && (size_t)len < size)
		snprintf(out + len, size - (size_t)len, " on GPU %d%s%s%s", where->number,
			 where->missing[0] ? " (not link " : "", where->missing,
			 where->missing[0] ? ")" : "");
}

void peers_expect_access(const struct peers *p, struct ctx *c, int a, int b, const char *labels)
{
	struct err e = ERR_INIT;
	struct peer_path path;
	int rc;

	peers_path(p, a, b, true, &path);
	if (!path.links)
		return; /* over PCI Express it may be so or not */
	rc = peers_access(p, a, b, &e);
	ctx_expect(c, "peer_access", "", labels, rc ? "no" : "yes", "yes",
		   rc ? e.text : "cudaDeviceCanAccessPeer");
}

static int missing(const struct peer *g)
{
	return g->wanted - g->links.active;
}

void peers_expect_links(const struct peers *p, struct ctx *c, const int *who, int n,
			const char *labels)
{
	const struct peer *worst = &p->gpu[who[0]];
	char found[96], wanted[64];

	for (int i = 0; i < n; i++) {
		const struct peer *g = &p->gpu[who[i]];

		if (!g->wanted)
			return;
		worst = missing(g) > missing(worst) ? g : worst;
	}
	say_links(found, sizeof(found), worst->links.active, worst->generation,
		  missing(worst) ? worst : NULL);
	say_links(wanted, sizeof(wanted), worst->wanted, worst->generation, NULL);
	ctx_expect(c, "nvlink", "", labels, found, wanted,
		   "nvmlDeviceGetNvLinkState, the most that a GPU of this model has here");
}

int peers_expect_pcie(const struct peers *p, struct ctx *c, int a, int b, const char *labels,
		      struct err *e)
{
	struct gpu_link link[LANES_MAX];
	int rc = gpu_links(c, link, p->n, true, e);
	char found[64];

	if (rc)
		return rc;
	int worst = strcmp(link[a].found, link[a].wanted) ? a : b;
	bool right = !strcmp(link[worst].found, link[worst].wanted);

	if (!link[a].found[0] || !link[b].found[0])
		return 0;
	snprintf(found, sizeof(found), "%s%s", link[worst].found, right ? "" : " on GPU ");
	if (!right)
		snprintf(found + strlen(found), sizeof(found) - strlen(found), "%d",
			 p->gpu[worst].number);
	ctx_expect(c, "link", "bandwidth", labels, found, link[worst].wanted, GPU_LINK_SOURCE);
	return 0;
}

/*
 * How many came on this GPU since it was looked at last, -1: not reported; and the link with most
 * of them.
 */
static double new_errors(const struct peers *p, struct peer *g, int *link)
{
	struct nvml_links now;
	double sum = -1, most = 0;

	if (g->in_nvml < 0 || nvml_links(p->nvml, (unsigned)g->in_nvml, &now))
		return -1;
	for (int i = 0; i < NVML_MAX_LINKS; i++) {
		double more = now.link[i].errors - g->links.link[i].errors;

		if (!now.link[i].there || now.link[i].errors < 0 || g->links.link[i].errors < 0)
			continue;
		g->links.link[i].errors = now.link[i].errors;
		sum = sum < 0 ? more : sum + more;
		if (more > most) {
			most = more;
			*link = i;
		}
	}
	return sum;
}

void peers_expect_no_errors(struct peers *p, struct ctx *c, int a, int b, const char *labels)
{
	static const char *const source = "NVLink error counters before and after";
	struct peer *own = &p->gpu[a];
	int link[2] = {0, 0};
	double x = new_errors(p, own, &link[0]), y = new_errors(p, &p->gpu[b], &link[1]);
	char found[64];

	if (x > 0 || y > 0) {
		snprintf(found, sizeof(found), "%.0f on GPU %d, most on link %d", x > y ? x : y,
			 p->gpu[x > y ? a : b].number, link[x > y ? 0 : 1]);
		ctx_expect(c, "nvlink_errors", "", NULL, found, "0", source);
	} else if (!own->said_clean && (x >= 0 || y >= 0)) {
		own->said_clean = true;
		ctx_expect(c, "nvlink_errors", "", labels, "0", "0", source);
	}
}

#else

int peers_supported(struct ctx *c, struct err *e)
{
	return gpu_supported(c, e);
}

#endif
