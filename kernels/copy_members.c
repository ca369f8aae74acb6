/* See copy_members.h. Without nvcc this file is empty. */
#include "copy_members.h"

#include "gpu.h"
#include "host.h"

#ifdef ASSAY_CUDA

#include <cuda_runtime_api.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* ---- all of them copy ---- */

static int lanes_used(const struct members *k)
{
	return k->crowd.n * k->crowd.lanes;
}

static struct copy_way *way_of(struct members *k, int lane)
{
	return &k->member[lane % k->crowd.n].way[lane / k->crowd.n];
}

static int queue_way(void *arg, int lane, struct CUstream_st *stream)
{
	return copy_way_queue(way_of(arg, lane), stream);
}

static int work(void *arg, int only, uint64_t n, struct err *e)
{
	struct members *k = arg;

	for (int lane = 0; lane < k->lanes.n; lane++)
		k->lanes.lane[lane].off = only != CROWD_ALL && lane % k->crowd.n != only;
	return lanes_rates(&k->lanes, lanes_used(k), queue_way, k, n, e);
}

static double rate(const void *arg, int member)
{
	const struct members *k = arg;
	double sum = 0;

	for (int lane = member; lane < lanes_used(k); lane += k->crowd.n)
		sum += k->lanes.lane[lane].rate;
	return sum;
}

/* ---- opening ---- */

/* A node's memory is divided among the GPUs that take some of it. */
static void find_limits(struct ctx *c, struct members *k)
{
	for (int i = 0; i < k->crowd.n; i++) {
		size_t users = 0;

		for (int j = 0; j < k->crowd.n; j++)
			users += k->member[j].node == k->member[i].node;
		k->member[i].limit = ctx_pinned_limit(c, k->member[i].node) / users;
	}
}

/* "local" stays that word beside a set of GPUs: it is each one's own node. */
static int find_node(struct ctx *c, const struct gpu_link *link, struct err *e)
{
	int node = link->node;

	if (strcmp(ctx_str(c, "node"), "local") != 0)
		return (int)ctx_u64(c, "node");
	if (node < 0)
		host_home(&node, e);
	return node;
}

static size_t bytes_needed(const struct ctx *c)
{
	size_t size = ctx_max_u64(c, "size");

	return ctx_has(c, "dir", "both") ? 2 * copy_part(size) : size;
}

static int open_member(struct ctx *c, struct members *k, int i, struct err *e)
{
	struct member *m = &k->member[i];
	int rc = gpu_choose(i, e);

	if (!rc)
		rc = gpu_error(
			(int)cudaDeviceGetAttribute(&m->sms, cudaDevAttrMultiProcessorCount, i), e,
			"asking for the number of SMs");
	return rc ? rc
		  : copy_device_open(&m->device, &m->diff, bytes_needed(c), k->seed,
				     k->lanes.lane[i].stream, e);
}

/* Memory of the current case's kind for every GPU, made by a thread that runs on its node. */
static int use_memory(struct ctx *c, struct members *k, struct err *e)
{
	enum copy_kind kind = copy_kind(ctx_str(c, "memory"));
	int rc = 0;

	for (int i = 0; i < k->crowd.n && !rc; i++) {
		struct member *m = &k->member[i];
		struct err unpinned = ERR_INIT;

		if (!m->memory.tried || m->memory.kind != kind)
			placement_pin_node(m->node, &unpinned); /* the proof says if it mattered */
		rc = gpu_choose(i, e);
		if (!rc)
			rc = copy_memory_use(c, &m->memory, kind, bytes_needed(c), m->limit,
					     m->node, k->seed, e);
	}
	return rc;
}

static void choose_ways(struct ctx *c, struct members *k)
{
	bool by_sm = !strcmp(ctx_str(c, "engine"), "sm");

	for (int lane = 0; lane < 2 * k->crowd.n; lane++) {
		struct member *m = &k->member[lane % k->crowd.n];
		bool back = lane >= k->crowd.n;

		*way_of(k, lane) = (struct copy_way){.memory = &m->memory,
						     .device = m->device,
						     .diff = m->diff,
						     .at = back ? copy_part(k->size) : 0,
						     .size = k->size,
						     .seed = k->seed,
						     .sms = m->sms,
						     .by_sm = by_sm,
						     .to_device = !back && k->dir != COPY_D2H};
	}
}

static int find_links(struct ctx *c, struct members *k, bool loaded, struct err *e)
{
	struct gpu_link link[MEMBERS_MOST];
	int rc = gpu_links(c, link, k->crowd.n, loaded, e);

	for (int i = 0; i < k->crowd.n && !rc; i++)
		k->member[i].link = link[i];
	return rc;
}

/* The links are looked at while all of them are busy: an idle one is slow on purpose. */
static int look_at_links(struct ctx *c, struct members *k, struct err *e)
{
	int rc = work(k, CROWD_ALL, 1, e); /* the links come up */

	for (int i = 0; i < k->crowd.n && !rc; i++) {
		rc = gpu_choose(i, e);
		for (int n = 0; n < 2 * LANES_MARKS && !rc; n++)
			rc = gpu_error(queue_way(k, i, k->lanes.lane[i].stream), e,
				       "keeping the links busy");
	}
	if (!rc)
		rc = find_links(c, k, k->size >= GPU_LINK_LOAD_BYTES, e);
	return rc ? rc : lanes_wait(&k->lanes, "waiting for the links", e);
}

static int open_gpus(struct ctx *c, struct members *k, struct err *e)
{
	int rc = gpu_not_shared(e);

	if (!rc)
		rc = lanes_open(&k->lanes, k->crowd.n, e);
	for (int i = 0; i < k->crowd.n && !rc; i++)
		rc = lanes_add(&k->lanes, i, e);
	if (!rc)
		rc = find_links(c, k, false, e);
	for (int i = 0; i < k->crowd.n && !rc; i++) {
		k->member[i].node = find_node(c, &k->member[i].link, e);
		rc = open_member(c, k, i, e);
	}
	return rc;
}

int members_open(struct ctx *c, struct members *k, struct err *e)
{
	int number[LANES_MAX], rc;

	k->seed = (uint32_t)ctx_seed(c);
	k->crowd = (struct crowd){.work = work, .rate = rate, .arg = k};
	k->crowd.n = ctx_gpus(c, number, LANES_MAX);
	if (k->crowd.n > MEMBERS_MOST) {
		k->crowd.n = 0;
		return err_set(e, ENOTSUP, "more than %d GPUs at once", MEMBERS_MOST);
	}
	for (int i = 0; i < k->crowd.n; i++)
		k->member[i].gpu = number[i];
	rc = open_gpus(c, k, e);
	if (rc)
		return rc;
	find_limits(c, k);
	rc = members_choose(c, k, e);
	return rc ? rc : look_at_links(c, k, e);
}

void members_close(struct members *k)
{
	for (int i = 0; i < k->crowd.n; i++) {
		cudaSetDevice(i);
		copy_device_close(k->member[i].device, k->member[i].diff);
		copy_memory_close(&k->member[i].memory);
	}
	lanes_close(&k->lanes);
}

int members_choose(struct ctx *c, struct members *k, struct err *e)
{
	int rc = use_memory(c, k, e);

	if (rc)
		return rc;
	k->dir = copy_dir(ctx_str(c, "dir"));
	k->crowd.lanes = copy_dir_both(k->dir) ? 2 : 1;
	k->size = ctx_u64(c, "size");
	k->crowd.counted = CROWD_ALL;
	for (int i = 0; i < k->crowd.n && strcmp(ctx_str(c, "member"), "sum") != 0; i++) {
		if (k->member[i].gpu == (int)ctx_u64(c, "member"))
			k->crowd.counted = i;
	}
	choose_ways(c, k);
	for (int i = 0; i < k->crowd.n && !rc; i++) {
		const struct member *m = &k->member[i];
		char whose[32];

		snprintf(whose, sizeof(whose), " for GPU %d", m->gpu);
		rc = copy_memory_holds(&m->memory, m->way[copy_dir_both(k->dir)].at + k->size,
				       m->node, whose, e);
	}
	return rc;
}

/* ---- verifying ---- */

int members_prepare(struct members *k, struct err *e)
{
	int rc = 0;

	for (int lane = 0; lane < lanes_used(k) && !rc; lane++) {
		if (!crowd_counts(&k->crowd, lane % k->crowd.n))
			continue;
		rc = gpu_choose(lane % k->crowd.n, e);
		if (!rc)
			rc = copy_way_prepare(way_of(k, lane), k->lanes.lane[lane].stream, e);
	}
	return rc ? rc : lanes_wait(&k->lanes, "waiting for the poison", e);
}

static int check_lane(struct members *k, int lane, struct err *e)
{
	const struct member *m = &k->member[lane % k->crowd.n];
	const struct copy_way *w = way_of(k, lane);
	struct pattern_diff diff;
	int rc = gpu_choose(lane % k->crowd.n, e);

	if (!rc)
		rc = copy_way_check(w, k->lanes.lane[lane].stream, &diff, e);
	if (!rc)
		rc = copy_way_verdict(w, m->gpu, &diff, e);
	return rc ? rc : host_check_placement(&m->memory.proof, m->node, e);
}

int members_check(struct members *k, struct err *e)
{
	int rc = 0;

	for (int lane = 0; lane < lanes_used(k) && !rc; lane++) {
		if (crowd_counts(&k->crowd, lane % k->crowd.n))
			rc = check_lane(k, lane, e);
	}
	return rc;
}

const struct placement_proof *members_proof(const struct members *k)
{
	const struct placement_proof *worst = NULL;

	for (int i = 0; i < k->crowd.n; i++) {
		const struct placement_proof *p = &k->member[i].memory.proof;

		if (!crowd_counts(&k->crowd, i))
			continue;
		if (!worst || p->result == PROOF_WRONG ||
		    (p->result == PROOF_UNPROVEN && worst->result == PROOF_PROVEN))
			worst = p;
	}
	return worst;
}

#endif
