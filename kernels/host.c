/* See host.h. */
#include "host.h"

#include "../harness/base/clock.h"
#include "../harness/base/mem.h"
#include "../harness/base/units.h"
#include "../harness/probe/cpuset.h"
#include "../harness/probe/pci.h"
#include "../harness/probe/sysfs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HUGE_2M	  ((uint64_t)2 << 20)
#define RING_MIN  ((uint64_t)256 << 20)
#define ARRAY_MIN ((uint64_t)128 << 20)
enum { LINE_BYTES = 64 };

enum pages host_pages(const char *name)
{
	if (!strcmp(name, "4k"))
		return PAGES_4K;
	return !strcmp(name, "thp") ? PAGES_THP : PAGES_HUGETLB;
}

int host_size(const struct topology *t, int node, uint64_t asked, uint64_t wanted, int arrays,
	      uint64_t *bytes, struct err *e)
{
	const struct topo_node *where = topology_node(t, node);
	char need[32], have[32];

	if (!where)
		return err_set(e, ENOTSUP, "there is no NUMA node %d", node);
	*bytes = ((asked ? asked : wanted) + HUGE_2M - 1) / HUGE_2M * HUGE_2M;
	if (*bytes <= where->mem_total_bytes / 4 / (uint64_t)arrays)
		return 0;
	units_size(need, sizeof(need), (double)*bytes * arrays);
	units_size(have, sizeof(have), (double)where->mem_total_bytes);
	return err_set(
		e, ENOTSUP,
		"needs %s, more than a quarter of the %s of NUMA node %d: give a smaller size",
		need, have, node);
}

/* Lines of four last-level caches, each with one pointer. */
static uint64_t ring_wanted(const struct topology *t, uint64_t stride)
{
	uint64_t lines = 4 * t->llc_bytes * (stride > LINE_BYTES ? stride / LINE_BYTES : 1);

	return lines > RING_MIN ? lines : RING_MIN;
}

int host_ring_size(struct ctx *c, int node, uint64_t stride, uint64_t *bytes, struct err *e)
{
	struct topology t;
	int rc = topology_read(&t, e);

	if (rc)
		return rc;
	rc = host_size(&t, node, ctx_u64(c, "size"), ring_wanted(&t, stride), 1, bytes, e);
	topology_free(&t);
	return rc;
}

int host_array_size(struct ctx *c, int node, int arrays, uint64_t *bytes, struct err *e)
{
	struct topology t;
	uint64_t wanted;
	int rc = topology_read(&t, e);

	if (rc)
		return rc;
	wanted = 4 * t.llc_total_bytes > ARRAY_MIN ? 4 * t.llc_total_bytes : ARRAY_MIN;
	rc = host_size(&t, node, ctx_u64(c, "size"), wanted, arrays, bytes, e);
	topology_free(&t);
	return rc;
}

/* Whether this CPU is the first of its core, so that siblings are counted once. */
static bool first_of_core(int cpu)
{
	char *text = sysfs_read("/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list", cpu);
	int first;
	bool yes = !text || sysfs_parse_list(text, &first, 1) < 1 || first == cpu;

	free(text);
	return yes;
}

int host_cores(int node, int *cpus)
{
	int *allowed = mem_zalloc(TOPO_MAX_CPUS, sizeof(*allowed));
	int n_allowed = placement_cpus(node, allowed, TOPO_MAX_CPUS), n = 0;

	for (int i = 0; i < n_allowed; i++) {
		if (first_of_core(allowed[i]))
			cpus[n++] = allowed[i];
	}
	if (n == 0) {
		memcpy(cpus, allowed, (size_t)n_allowed * sizeof(*cpus));
		n = n_allowed;
	}
	free(allowed);
	return n;
}

int host_no_cpu(int node, struct err *e)
{
	char *why = cpuset_obstacle(node, true, false);
	int rc = err_set(e, ENOTSUP, "no CPU of NUMA node %d is allowed to this process%s%s", node,
			 why ? ": " : "", why ? why : "");

	free(why);
	return rc;
}

int host_pin(struct ctx *c, int node, struct err *e)
{
	int *cpus = mem_zalloc(TOPO_MAX_CPUS, sizeof(*cpus));
	int n = placement_cpus(node, cpus, TOPO_MAX_CPUS), rc;

	if (n == 0)
		rc = host_no_cpu(node, e);
	else
		rc = placement_pin_cpu(cpus[n - 1], e);
	if (!rc)
		ctx_fact_num(c, "cpu", "", NULL, cpus[n - 1], "sched_setaffinity");
	free(cpus);
	return rc;
}

/* May we run there, and is there memory? */
static bool usable(const struct topology *t, int node)
{
	const struct topo_node *n = topology_node(t, node);
	int cpu;

	return n && n->mem_total_bytes > 0 && placement_cpus(node, &cpu, 1) == 1;
}

int host_home(int *node, struct err *e)
{
	struct pci_gpu *gpus = NULL;
	struct topology t;
	int rc = topology_read(&t, e);

	if (rc)
		return rc;
	*node = pci_gpus(&gpus) ? gpus[0].numa_node : 0;
	for (int i = 0; i < t.n_nodes && !usable(&t, *node); i++)
		*node = t.nodes[i].id;
	free(gpus);
	topology_free(&t);
	return 0;
}

static int batch(void *arg, uint64_t n, double *seconds, struct err *e)
{
	(void)e;
	*seconds = placement_time(arg, n);
	return 0;
}

struct sampling host_sampling(const char *metric, enum sample_form form, double work,
			      struct host_load *load)
{
	return (struct sampling){.metric = metric,
				 .form = form,
				 .work = work,
				 .tick_s = (double)clock_meas_tick_ns() * 1e-9,
				 .batch = batch,
				 .arg = load};
}

void host_say_placement(struct ctx *c, const char *labels, const struct placement_proof *proof,
			enum pages pages)
{
	ctx_fact(c, "placement", "", labels, proof_name(proof->result), proof->source);
	ctx_fact(c, "pages", "", labels, pages_name(pages), "mmap, /proc/self/smaps");
}

void host_say_size(struct ctx *c, const char *labels, uint64_t bytes)
{
	char text[32];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)bytes);
	ctx_fact(c, "size", "", labels, text,
		 ctx_u64(c, "size") ? "as asked" : "from the last-level caches in sysfs");
}

int host_check_placement(const struct placement_proof *proof, int node, struct err *e)
{
	if (proof->result != PROOF_WRONG)
		return 0;
	return err_set(e, EBADMSG, "%zu of %zu pages are not on NUMA node %d (found on node %d)",
		       proof->elsewhere, proof->pages, node, proof->found);
}
