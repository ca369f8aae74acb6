/*
 * Where threads run and where pages lie, for real: mbind and set_mempolicy before the first
 * touch, move_pages (which only asks) or numa_maps for the proof. Every mapping of ours has
 * an inaccessible page on both sides, so that the kernel never joins it with a neighbour and
 * smaps and numa_maps speak of it alone.
 *
 * Known error: a container's seccomp profile may refuse all of these calls; the memory is then
 * where the kernel put it and the proof says so.
 */
#include "placement.h"

#include "../base/clock.h"
#include "../base/mem.h"
#include "cpuset.h"
#include "maps.h"
#include "sysfs.h"
#include "topology.h"

#include <errno.h>
#include <numaif.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MADV_POPULATE_WRITE /* Linux 5.14 */
#define MADV_POPULATE_WRITE 23
#endif
#ifndef MAP_HUGE_2MB
#define MAP_HUGE_2MB (21 << 26)
#endif

#define HUGE_2M	       ((size_t)2 << 20)
#define THP_SHARE      0.9 /* from here on a range counts as made of huge pages */
#define WORD_BITS      (8 * sizeof(unsigned long))
#define NODE_MASK_BITS (TOPO_MAX_NODES + 1) /* the kernel reads one bit less than it is told */
#define CHUNK_PAGES    4096

struct node_mask {
	unsigned long word[TOPO_MAX_NODES / WORD_BITS + 1];
};

const char *pages_name(enum pages p)
{
	static const char *const names[] = {"4K", "THP", "HUGETLB"};

	return names[p];
}

const char *proof_name(enum proof p)
{
	static const char *const names[] = {"PROVEN", "UNPROVEN", "WRONG"};

	return names[p];
}

static size_t page_bytes(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

static size_t round_up(size_t n, size_t unit)
{
	return (n + unit - 1) / unit * unit;
}

/* A kernel without NUMA has no nodes in sysfs: all is node 0. */
static bool node_exists(int node)
{
	if (!sysfs_exists("/sys/devices/system/node/node0"))
		return node == 0;
	return node >= 0 && node < TOPO_MAX_NODES &&
	       sysfs_exists("/sys/devices/system/node/node%d", node);
}

static bool one_node_only(void)
{
	int nodes[2];
	char *text = sysfs_read("/sys/devices/system/node/online");
	bool one = !text || sysfs_parse_list(text, nodes, 2) == 1;

	free(text);
	return one;
}

static struct node_mask mask_of(int node)
{
	struct node_mask m = {0};

	m.word[(size_t)node / WORD_BITS] = 1UL << ((size_t)node % WORD_BITS);
	return m;
}

/* ---- memory ---- */

/* 0, or -ENOTSUP where this process may not use the node. A refusal of the call is no error. */
static int bind_range(void *p, size_t bytes, int node, struct err *e)
{
	struct node_mask m = mask_of(node);

	if (!mbind(p, bytes, MPOL_BIND, m.word, NODE_MASK_BITS, 0) || errno != EINVAL)
		return 0;
	return cpuset_no_memory(node, e);
}

/*
 * A range of `bytes` at a multiple of `align`, with one inaccessible page before and behind.
 * NULL where there is no address space.
 */
static void *map_guarded(size_t bytes, size_t align)
{
	size_t page = page_bytes(), whole = bytes + align + 2 * page;
	uint8_t *raw = mmap(NULL, whole, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint8_t *p, *end = raw + whole;

	if (raw == MAP_FAILED)
		return NULL;
	p = (uint8_t *)round_up((size_t)raw + page, align);
	if (p - page > raw)
		munmap(raw, (size_t)(p - page - raw));
	if (p + bytes + page < end)
		munmap(p + bytes + page, (size_t)(end - (p + bytes + page)));
	if (mprotect(p, bytes, PROT_READ | PROT_WRITE)) {
		munmap(p - page, bytes + 2 * page);
		return NULL;
	}
	return p;
}

/* In one call where the kernel can (5.14), else page by page. */
static void touch(void *p, size_t bytes)
{
	size_t page = page_bytes();

	if (!madvise(p, bytes, MADV_POPULATE_WRITE))
		return;
	for (size_t i = 0; i < bytes; i += page)
		((volatile uint8_t *)p)[i] = 0;
}

static bool mostly_thp(const void *p, size_t bytes)
{
	FILE *f = fopen("/proc/self/smaps", "re");
	struct maps_huge h;

	if (!f)
		return false;
	h = maps_huge(f, (uintptr_t)p, (uintptr_t)p + bytes);
	fclose(f);
	return h.resident_bytes > 0 && (double)h.thp_bytes >= THP_SHARE * (double)h.resident_bytes;
}

/*
 * Populated through madvise, which fails where a write would end in SIGBUS because the node
 * has no huge page left. 0, -ENOTSUP (node), or -ENOMEM: use something else.
 */
static int alloc_hugetlb(struct placement_buf *b, struct err *e)
{
	size_t bytes = round_up(b->bytes, HUGE_2M);
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_HUGE_2MB;
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
	int rc;

	if (p == MAP_FAILED)
		return -ENOMEM;
	rc = bind_range(p, bytes, b->node, e);
	if (!rc && madvise(p, bytes, MADV_POPULATE_WRITE))
		rc = -ENOMEM;
	if (rc) {
		munmap(p, bytes);
		return rc;
	}
	b->p = p;
	b->mapped = bytes;
	b->pages = PAGES_HUGETLB;
	return 0;
}

static int alloc_pages(struct placement_buf *b, bool thp, struct err *e)
{
	size_t page = page_bytes(), unit = page, bytes;
	void *p;
	int rc;

	if (thp)
		unit = (size_t)sysfs_int(HUGE_2M,
					 "/sys/kernel/mm/transparent_hugepage/hpage_pmd_size");
	bytes = round_up(b->bytes, unit);
	p = map_guarded(bytes, unit);
	if (!p)
		return err_set(e, ENOMEM, "cannot map %zu bytes: %s", bytes, strerror(errno));
	b->p = p;
	b->mapped = bytes + 2 * page;
	b->pages = PAGES_4K;
	rc = bind_range(p, bytes, b->node, e);
	if (rc) {
		placement_free(b);
		return rc;
	}
	madvise(p, bytes, thp ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
	touch(p, bytes);
	if (thp && mostly_thp(p, bytes))
		b->pages = PAGES_THP;
	return 0;
}

int placement_alloc(struct placement_buf *b, size_t bytes, int node, enum pages ask, struct err *e)
{
	*b = (struct placement_buf){.bytes = bytes, .node = node};
	if (bytes == 0 || !node_exists(node))
		return err_set(e, EINVAL, "cannot place %zu bytes on NUMA node %d: no such node",
			       bytes, node);
	if (ask == PAGES_HUGETLB) {
		int rc = alloc_hugetlb(b, e);
		if (rc != -ENOMEM)
			return rc;
	}
	return alloc_pages(b, ask != PAGES_4K, e);
}

void placement_free(struct placement_buf *b)
{
	size_t guard = b->pages == PAGES_HUGETLB ? 0 : page_bytes();

	if (b->p)
		munmap((uint8_t *)b->p - guard, b->mapped);
	b->p = NULL;
}

int placement_policy(int node, struct err *e)
{
	struct node_mask m = mask_of(node < 0 ? 0 : node);
	long rc;

	if (node >= 0 && !node_exists(node))
		return err_set(e, EINVAL, "no NUMA node %d", node);
	if (node < 0)
		rc = set_mempolicy(MPOL_DEFAULT, NULL, 0);
	else
		rc = set_mempolicy(MPOL_BIND, m.word, NODE_MASK_BITS);
	if (rc && errno == EINVAL && node >= 0)
		return cpuset_no_memory(node, e);
	if (rc)
		return err_set(e, errno, "cannot bind new memory to NUMA node %d: %s", node,
			       strerror(errno));
	return 0;
}

/* ---- threads ---- */

static int allowed(cpu_set_t *set)
{
	CPU_ZERO(set);
	return sched_getaffinity(0, sizeof(*set), set) ? -errno : 0;
}

int placement_cpus(int node, int *cpus, int max)
{
	int *listed = mem_zalloc(TOPO_MAX_CPUS, sizeof(*listed));
	char *text = sysfs_read("/sys/devices/system/node/node%d/cpulist", node);
	int n = 0, n_listed;
	cpu_set_t set;

	if (!text && node == 0)
		text = sysfs_read("/sys/devices/system/cpu/online");
	n_listed = text ? sysfs_parse_list(text, listed, TOPO_MAX_CPUS) : 0;
	if (allowed(&set))
		n_listed = 0;
	for (int i = 0; i < n_listed && n < max; i++) {
		if (listed[i] < CPU_SETSIZE && CPU_ISSET((size_t)listed[i], &set))
			cpus[n++] = listed[i];
	}
	free(text);
	free(listed);
	return n;
}

int placement_pin_cpu(int cpu, struct err *e)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	if (cpu >= 0 && cpu < CPU_SETSIZE)
		CPU_SET((size_t)cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		return err_set(e, errno, "cannot run on CPU %d: %s", cpu, strerror(errno));
	return 0;
}

int placement_pin_node(int node, struct err *e)
{
	int *cpus = mem_zalloc(CPU_SETSIZE, sizeof(*cpus));
	int n = placement_cpus(node, cpus, CPU_SETSIZE), rc = 0;
	cpu_set_t set;

	CPU_ZERO(&set);
	for (int i = 0; i < n; i++)
		CPU_SET((size_t)cpus[i], &set);
	if (n == 0)
		rc = err_set(e, EINVAL, "no CPU of NUMA node %d is allowed to this process", node);
	else if (sched_setaffinity(0, sizeof(set), &set))
		rc = err_set(e, errno, "cannot run on NUMA node %d: %s", node, strerror(errno));
	free(cpus);
	return rc;
}

/* ---- the proof ---- */

static void conclude(struct placement_proof *out, size_t unknown, const char *how)
{
	if (out->elsewhere > 0)
		out->result = PROOF_WRONG;
	else
		out->result = unknown == 0 ? PROOF_PROVEN : PROOF_UNPROVEN;
	if (unknown > 0 && out->elsewhere == 0)
		snprintf(out->source, sizeof(out->source),
			 "%s: the kernel does not say where %zu of %zu pages lie", how, unknown,
			 out->pages);
	else
		snprintf(out->source, sizeof(out->source), "%s", how);
}

/* 0, or -errno where the kernel refuses the question. */
static int ask_move_pages(uintptr_t from, int node, struct placement_proof *out)
{
	void *at[CHUNK_PAGES];
	int status[CHUNK_PAGES];
	size_t page = page_bytes(), unknown = 0;

	for (size_t done = 0; done < out->pages;) {
		size_t n = out->pages - done < CHUNK_PAGES ? out->pages - done : CHUNK_PAGES;
		for (size_t i = 0; i < n; i++)
			at[i] = (void *)(from + (done + i) * page);
		if (move_pages(0, n, at, NULL, status, 0))
			return -errno;
		for (size_t i = 0; i < n; i++) {
			unknown += status[i] < 0;
			out->elsewhere += status[i] >= 0 && status[i] != node;
			if (status[i] >= 0 && (out->found < 0 || status[i] != node))
				out->found = status[i];
		}
		done += n;
	}
	conclude(out, unknown, "move_pages");
	return 0;
}

/* 0, or -errno where there is no such file or a mapping is larger than the range. */
static int ask_numa_maps(uintptr_t from, uintptr_t to, int node, struct placement_proof *out)
{
	FILE *f = fopen("/proc/self/numa_maps", "re");
	size_t page = page_bytes(), seen;
	struct maps_nodes m;

	if (!f)
		return -errno;
	m = maps_nodes(f, from, to, node);
	fclose(f);
	if (m.elsewhere_bytes > 0 &&
	    m.here_bytes + m.elsewhere_bytes > round_up(to - from, HUGE_2M))
		return -ERANGE;
	seen = (m.here_bytes + m.elsewhere_bytes) / page;
	out->elsewhere = m.elsewhere_bytes / page;
	out->found = m.found;
	conclude(out, seen < out->pages ? out->pages - seen : 0, "numa_maps");
	return 0;
}

void placement_prove(const void *p, size_t bytes, int node, struct placement_proof *out)
{
	size_t page = page_bytes();
	uintptr_t from = (uintptr_t)p / page * page, to = round_up((uintptr_t)p + bytes, page);
	int rc;

	*out = (struct placement_proof){.pages = (to - from) / page, .found = -1};
	rc = ask_move_pages(from, node, out);
	if (!rc)
		return;
	out->elsewhere = 0;
	out->found = -1;
	if (!ask_numa_maps(from, to, node, out))
		return;
	if (one_node_only()) {
		out->found = 0;
		out->elsewhere = node == 0 ? 0 : out->pages;
		conclude(out, 0, "the machine has one NUMA node");
		return;
	}
	out->result = PROOF_UNPROVEN;
	snprintf(out->source, sizeof(out->source), "move_pages: %s; numa_maps does not tell either",
		 strerror(-rc));
}

/* ---- time ---- */

double placement_time(const struct host_load *l, uint64_t n)
{
	uint64_t start_ns;
	double seconds;

	if (l->begin)
		l->begin(l->arg);
	start_ns = clock_meas_ns();
	l->work(l->arg, n);
	seconds = (double)(clock_meas_ns() - start_ns) * 1e-9;
	if (l->end)
		l->end(l->arg);
	return seconds;
}

double placement_rate_beside(const struct host_load *l, double bytes, double seconds)
{
	return seconds > 0 ? bytes / seconds : 0;
}
