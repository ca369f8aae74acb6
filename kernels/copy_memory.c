/*
 * See copy_memory.h. Memory of the driver's comes from the node by this thread's policy, ours is
 * bound before its first touch; both are asked page by page where they lie, and nothing moves once
 * it is pinned. Known error: the driver may place its own memory by rules of its own, and the
 * kernel may not say where write-combined pages are: then it is UNPROVEN.
 */
#include "copy_memory.h"

#include "gpu.h"
#include "pattern.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* By enum copy_kind, as in COPY_KIND_CHOICES. */
static const char *const names[] = {"pinned", "pageable", "writecombined", "registered",
				    "hugepage"};

enum copy_kind copy_kind(const char *name)
{
	int k = 0;

	while (k < COPY_KINDS - 1 && strcmp(names[k], name) != 0)
		k++;
	return (enum copy_kind)k;
}

const char *copy_kind_name(enum copy_kind kind)
{
	return names[kind];
}

#ifdef ASSAY_CUDA

#include <cuda_runtime_api.h>

static bool of_driver(enum copy_kind kind)
{
	return kind == COPY_PINNED || kind == COPY_WRITECOMBINED;
}

static int alloc_of_driver(struct ctx *c, struct copy_memory *m, int node, struct err *e)
{
	unsigned flags = cudaHostAllocPortable | cudaHostAllocMapped;
	struct err policy = ERR_INIT;
	int rc = placement_policy(node, &policy);

	if (m->kind == COPY_WRITECOMBINED)
		flags |= cudaHostAllocWriteCombined;
	if (rc == -ENOTSUP) /* a cpuset: it would lie on another node for sure */
		return err_set(e, ENOTSUP, "%s", policy.text);
	if (rc)
		ctx_log(c, "%s memory: %s", names[m->kind], policy.text);
	rc = gpu_error((int)cudaHostAlloc(&m->buf.p, m->buf.bytes, flags), e,
		       "allocating %zu bytes of %s memory", m->buf.bytes, names[m->kind]);
	err_clear(&policy);
	placement_policy(-1, &policy);
	return rc;
}

static int alloc_own(struct copy_memory *m, int node, struct err *e)
{
	bool huge = m->kind == COPY_HUGEPAGE;
	int rc = placement_alloc(&m->buf, m->buf.bytes, node, huge ? PAGES_HUGETLB : PAGES_4K, e);

	if (rc || !huge || m->buf.pages != PAGES_4K)
		return rc;
	placement_free(&m->buf);
	return err_set(e, ENOTSUP,
		       "no huge pages on NUMA node %d: the pool (vm.nr_hugepages) has not enough "
		       "free ones, and transparent ones were not given either",
		       node);
}

/* Pins memory of ours. The pages lie where they were touched, and stay there. */
static int pin_own(struct copy_memory *m, struct err *e)
{
	unsigned flags = cudaHostRegisterPortable | cudaHostRegisterMapped;
	int rc = gpu_error((int)cudaHostRegister(m->buf.p, m->buf.bytes, flags), e,
			   "registering %zu bytes of host memory", m->buf.bytes);

	if (rc)
		placement_free(&m->buf);
	return rc;
}

static int open_memory(struct ctx *c, struct copy_memory *m, int node, struct err *e)
{
	int rc = of_driver(m->kind) ? alloc_of_driver(c, m, node, e) : alloc_own(m, node, e);

	if (!rc && !of_driver(m->kind) && m->kind != COPY_PAGEABLE)
		rc = pin_own(m, e);
	if (!rc && m->kind != COPY_PAGEABLE)
		rc = gpu_error((int)cudaHostGetDevicePointer(&m->on_device, m->buf.p, 0), e,
			       "asking for the address of %s memory on the GPU", names[m->kind]);
	return rc;
}

/* As copy_memory_use promises: a reason that is no error of the machine's is kept. */
static int keep_reason(struct copy_memory *m, int rc, struct err *e)
{
	if (rc == -ENOTSUP)
		snprintf(m->why_not, sizeof(m->why_not), "%.199s", e->text);
	return rc;
}

int copy_memory_use(struct ctx *c, struct copy_memory *m, enum copy_kind kind, size_t bytes,
		    size_t limit, int node, uint32_t seed, struct err *e)
{
	int rc;

	if (m->tried && m->kind == kind)
		return m->buf.p ? 0 : err_set(e, ENOTSUP, "%s", m->why_not);
	copy_memory_close(m);
	m->tried = true;
	m->kind = kind;
	m->buf.bytes = kind == COPY_PAGEABLE || bytes < limit ? bytes : limit;
	if (m->buf.bytes == 0)
		rc = err_set(e, ENOTSUP, "a guest may take no pinned memory on NUMA node %d", node);
	else
		rc = open_memory(c, m, node, e);
	if (rc)
		return keep_reason(m, rc, e);
	pattern_fill(m->buf.p, m->buf.bytes, seed);
	placement_prove(m->buf.p, m->buf.bytes, node, &m->proof);
	return 0;
}

int copy_memory_holds(const struct copy_memory *m, size_t bytes, int node, const char *whose,
		      struct err *e)
{
	if (bytes <= m->buf.bytes)
		return 0;
	return err_set(e, ENOTSUP,
		       "more than the %zu bytes of pinned memory that a guest may take on node "
		       "%d%s",
		       m->buf.bytes, node, whose);
}

void copy_memory_close(struct copy_memory *m)
{
	if (m->buf.p && of_driver(m->kind)) {
		cudaFreeHost(m->buf.p);
	} else if (m->buf.p) {
		if (m->kind != COPY_PAGEABLE)
			cudaHostUnregister(m->buf.p);
		placement_free(&m->buf);
	}
	memset(m, 0, sizeof(*m));
}

void copy_memory_say(struct ctx *c, const struct copy_memory *m, const char *labels)
{
	ctx_fact(c, "placement", "", labels, proof_name(m->proof.result), m->proof.source);
	if (!of_driver(m->kind))
		ctx_fact(c, "pages", "", labels, pages_name(m->buf.pages),
			 "mmap, /proc/self/smaps");
}

#endif
