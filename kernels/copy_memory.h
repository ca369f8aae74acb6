/*
 * The kinds of host memory that copies start from or end in, each on a chosen NUMA node: how it is
 * made, where it lies and what of it a kernel can reach. Needs CUDA headers to be built, not to be
 * included.
 */
#ifndef ASSAY_KERNELS_COPY_MEMORY_H
#define ASSAY_KERNELS_COPY_MEMORY_H

#include "../harness/bench.h"
#include "../harness/probe/placement.h"

enum copy_kind {
	COPY_PINNED,	    /* cudaHostAlloc */
	COPY_PAGEABLE,	    /* base pages; the driver stages every copy through memory of its own */
	COPY_WRITECOMBINED, /* the same, past the caches of the CPU */
	COPY_REGISTERED,    /* base pages, then cudaHostRegister */
	COPY_HUGEPAGE,	    /* HugeTLB or transparent huge pages, then cudaHostRegister */
	COPY_KINDS
};
#define COPY_KIND_CHOICES "pinned|pageable|writecombined|registered|hugepage"

enum copy_kind copy_kind(const char *name);
const char *copy_kind_name(enum copy_kind kind);

struct copy_memory {
	enum copy_kind kind;
	struct placement_buf buf; /* memory that the driver allocated: p and bytes alone */
	void *on_device;	  /* its address for kernels; NULL: they cannot reach it */
	struct placement_proof proof;
	bool tried;	   /* whether this kind was asked for: then .p or .why_not */
	char why_not[200]; /* why there is none of it */
};

/*
 * Makes m memory of that kind, `bytes` on the node or as many as `limit` allows (which is not asked
 * for pageable memory), filled with the pattern of that seed. What it was before is given back; the
 * same kind stays. Runs on the calling thread, which is where the pages are first touched.
 * -ENOTSUP where there is none of it here: the reason is kept and given again.
 */
int copy_memory_use(struct ctx *c, struct copy_memory *m, enum copy_kind kind, size_t bytes,
		    size_t limit, int node, uint32_t seed, struct err *e);

/*
 * Whether so many bytes of it are there; -ENOTSUP where a limit has made it smaller. node: where it
 * was asked for; whose: " for GPU 3", or "".
 */
int copy_memory_holds(const struct copy_memory *m, size_t bytes, int node, const char *whose,
		      struct err *e);
void copy_memory_close(struct copy_memory *m);

/* The facts "placement" and, where the pages are ours to choose, "pages", for keys of these labels.
 */
void copy_memory_say(struct ctx *c, const struct copy_memory *m, const char *labels);

#endif
