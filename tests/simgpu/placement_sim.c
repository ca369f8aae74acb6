/*
 * Placement on the simulated server (link seam, see harness/probe/placement.h). Memory is real, the
 * node that it lies on is what was asked for; the time of host work comes from the profile.
 * The work itself is done once, so that the arrays that a check reads hold what they should.
 */
#include "sim.h"
#include "../../harness/probe/cpuset.h"
#include "../../harness/probe/placement.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

const char *pages_name(enum pages p)
{
	return p == PAGES_HUGETLB ? "HUGETLB" : p == PAGES_THP ? "THP" : "4K";
}

const char *proof_name(enum proof p)
{
	return p == PROOF_PROVEN ? "PROVEN" : p == PROOF_WRONG ? "WRONG" : "UNPROVEN";
}

/* A node with CPUs, or the memory of a GPU. */
static int check_node(int node, struct err *e)
{
	int n = sim_profile_nodes(sim_profile());

	if ((node >= 0 && node < n) || sim_node_gpu(node) >= 0)
		return 0;
	return err_set(e, EINVAL, "no NUMA node %d, there are %d", node, n);
}

/* Whether a cpuset keeps that node from this process. */
static bool out_of_reach(int node)
{
	const struct fault *set = sim_fault(FAULT_CPUSET, -1);

	return set && set->node != node;
}

static int64_t free_bytes(int node)
{
	int gpu = sim_node_gpu(node);

	return gpu < 0 ? sim_profile()->memory.node_free_bytes
		       : sim_profile()->gpu[gpu].memory_bytes;
}

/* What the server would give: huge pages where it keeps enough of them, THP where it allows that.
 */
static enum pages granted(size_t bytes, enum pages ask)
{
	const struct sim_profile *p = sim_profile();

	if (ask == PAGES_HUGETLB && (uint64_t)p->memory.huge2m_pages << 21 >= bytes)
		return PAGES_HUGETLB;
	return ask != PAGES_4K && strcmp(p->cpu.thp, "never") != 0 ? PAGES_THP : PAGES_4K;
}

int placement_alloc(struct placement_buf *b, size_t bytes, int node, enum pages ask, struct err *e)
{
	char *p;
	struct sim_range r = {.bytes = bytes, .kind = SIM_PLACED, .node = node};

	memset(b, 0, sizeof(*b));
	if (check_node(node, e))
		return -EINVAL;
	if (!bytes)
		return err_set(e, EINVAL, "no memory of 0 bytes");
	if (out_of_reach(node))
		return cpuset_no_memory(node, e);
	if ((double)bytes > (double)free_bytes(node) || sim_map(bytes, &p))
		return err_set(e, ENOMEM, "%zu bytes on node %d: no memory", bytes, node);
	r.base = p;
	if (sim_range_add(&r)) {
		munmap(p, bytes);
		return err_set(e, ENOMEM, "%zu bytes on node %d: no memory", bytes, node);
	}
	*b = (struct placement_buf){p, bytes, node, granted(bytes, ask), bytes};
	return 0;
}

void placement_free(struct placement_buf *b)
{
	struct sim_range r;

	if (b->p && !sim_range_remove(b->p, SIM_PLACED, &r))
		munmap(b->p, b->mapped);
	memset(b, 0, sizeof(*b));
}

int placement_pin_node(int node, struct err *e)
{
	if (check_node(node, e))
		return -EINVAL;
	if (sim_node_gpu(node) >= 0 || out_of_reach(node))
		return err_set(e, EINVAL, "NUMA node %d has no CPU%s", node,
			       out_of_reach(node) ? " for this process" : "");
	sim_pin(node);
	return 0;
}

int placement_pin_cpu(int cpu, struct err *e)
{
	int n = sim_profile_cpus(sim_profile());

	if (cpu < 0 || cpu >= n)
		return err_set(e, EINVAL, "no CPU %d, there are %d", cpu, n);
	sim_pin(sim_profile_cpu_node(sim_profile(), cpu));
	return 0;
}

int placement_cpus(int node, int *cpus, int max)
{
	int n = 0, total = sim_profile_cpus(sim_profile());

	for (int c = 0; c < total && n < max && !out_of_reach(node); c++) {
		if (sim_profile_cpu_node(sim_profile(), c) == node)
			cpus[n++] = c;
	}
	return n;
}

int placement_policy(int node, struct err *e)
{
	if (node != -1 && check_node(node, e))
		return -EINVAL;
	if (node != -1 && out_of_reach(node))
		return cpuset_no_memory(node, e);
	sim_set_policy(node);
	return 0;
}

void placement_prove(const void *p, size_t bytes, int node, struct placement_proof *out)
{
	struct sim_range r;
	size_t page = (size_t)sim_profile()->cpu.page_bytes;

	*out = (struct placement_proof){.result = PROOF_UNPROVEN, .found = -1};
	out->pages = (bytes + page - 1) / page;
	if (!sim_range_find(p, SIM_PLACED, &r) && !sim_range_find(p, SIM_PINNED, &r) &&
	    !sim_range_find(p, SIM_REGISTERED, &r)) {
		snprintf(out->source, sizeof(out->source),
			 "memory that the simulated server did not place");
		return;
	}
	out->found = r.node;
	out->result = r.node == node ? PROOF_PROVEN : PROOF_WRONG;
	out->elsewhere = r.node == node ? 0 : out->pages;
	snprintf(out->source, sizeof(out->source), "move_pages");
}

/* By enum host_work: the name of its shift and of its noise. */
static const char *const work_name[] = {"host_latency", "host_read",  "host_write", "host_copy",
					"host_triad",	"host_cache", "host_alu",   "host_start"};

/* What one dependent load from the last-level cache, one round of arithmetic and one start of a
 * process take. */
#define CACHE_CYCLES 70
#define ALU_CYCLES   8
/* Latency while all other cores of the node read / latency alone. */
#define LOADED	1.8
#define START_S 1.5e-3

static bool another_socket(const struct host_load *l)
{
	return sim_node_socket(l->cpu_node) != sim_node_socket(l->node);
}

/* A CPU reaches the memory of a GPU over the link that the GPU's copies take. */
static double gpu_memory_rate(const struct host_load *l, const struct sim_gpu *g)
{
	double to = g->h2d_pinned_bytes_s, from = g->d2h_pinned_bytes_s;
	double rate = l->kind == HOST_READ    ? from
		      : l->kind == HOST_WRITE ? to
		      : to < from	      ? to
					      : from;

	return another_socket(l) ? rate * g->remote_share : rate;
}

static double node_rate(const struct host_load *l)
{
	const struct sim_memory *m = &sim_profile()->memory;

	return l->kind == HOST_READ    ? m->read_bytes_s
	       : l->kind == HOST_WRITE ? m->write_bytes_s
	       : l->kind == HOST_COPY  ? m->copy_bytes_s
				       : m->triad_bytes_s;
}

static double host_rate(const struct host_load *l)
{
	const struct sim_memory *m = &sim_profile()->memory;
	int gpu = sim_node_gpu(l->node);
	double node = gpu < 0 ? node_rate(l) : gpu_memory_rate(l, &sim_profile()->gpu[gpu]);
	double threads = m->thread_bytes_s * l->threads;

	if (threads < node)
		node = threads;
	return l->cpu_node == l->node || gpu >= 0 ? node : node * m->remote_share;
}

/* Seconds of one dependent load. */
static double load_s(const struct host_load *l)
{
	const struct sim_memory *m = &sim_profile()->memory;
	int gpu = sim_node_gpu(l->node);

	if (gpu >= 0)
		return sim_profile()->gpu[gpu].sm_latency_s +
		       (another_socket(l) ? m->latency_remote_s - m->latency_local_s : 0);
	return l->cpu_node == l->node ? m->latency_local_s : m->latency_remote_s;
}

/* What the threads beside make of a latency: LOADED when all other cores read, less with fewer. */
static double busy(const struct host_load *l)
{
	const struct sim_cpu *cpu = &sim_profile()->cpu;
	double others = (double)(cpu->cores_per_socket / cpu->nodes_per_socket - 1);

	return others > 0 ? 1 + (LOADED - 1) * l->beside / others : 1;
}

/* Seconds of one load, of one round of arithmetic, or of one start of a process. */
static double unit_s(const struct host_load *l)
{
	double cycle_s = 1 / (double)sim_profile()->cpu.max_hz;

	if (l->kind == HOST_START)
		return START_S;
	if (l->kind == HOST_ALU)
		return ALU_CYCLES * cycle_s;
	if (l->kind == HOST_CHASE_CACHE)
		return CACHE_CYCLES * cycle_s;
	return load_s(l) * busy(l);
}

static double host_seconds(const struct host_load *l, double n)
{
	double shift = sim_shift(work_name[l->kind], -1);

	if (l->kind == HOST_CHASE || l->kind >= HOST_CHASE_CACHE)
		return n * l->amount * (1 + shift) * unit_s(l);
	return n * l->amount / host_rate(l) / (1 - shift);
}

/* The last few pieces of work that were really done. */
#define DONE_MAX 64
static struct {
	struct host_load l[DONE_MAX];
	size_t n;
} done;

static bool first_time(const struct host_load *l)
{
	size_t kept = done.n < DONE_MAX ? done.n : DONE_MAX;

	for (size_t i = 0; i < kept; i++) {
		if (done.l[i].work == l->work && done.l[i].arg == l->arg &&
		    done.l[i].kind == l->kind && done.l[i].beside == l->beside)
			return false;
	}
	done.l[done.n++ % DONE_MAX] = *l;
	return true;
}

/* One after the other: threads that work beside each other take real time, which nobody looks at.
 */
static void really(const struct host_load *l)
{
	if (l->begin)
		l->begin(l->arg);
	if (l->end)
		l->end(l->arg);
	l->work(l->arg, 1);
}

double placement_rate_beside(const struct host_load *l, double bytes, double seconds)
{
	struct host_load reading = *l;

	(void)bytes, (void)seconds; /* real threads did that in real time */
	reading.kind = HOST_READ;
	reading.threads = l->beside;
	return host_rate(&reading);
}

double placement_time(const struct host_load *l, uint64_t n)
{
	double s;

	if (l->work && first_time(l))
		really(l);
	sim_epoch();
	s = host_seconds(l, (double)n) * sim_noise(work_name[l->kind], -1);
	sim_advance(s);
	return s;
}
