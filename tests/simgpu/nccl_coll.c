/* The operations: what each rank gives, when all have come, and what each gets. See nccl_sim.h. */
#include "nccl_sim.h"
#include "../../kernels/values.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK 4096 /* numbers that are summed at once */
#define LOOKS 20   /* for the others, before the host is asked again */

/* ---- giving ---- */

/* Describes what lies there, or puts its bytes into this rank's area from *used on. */
static void give(struct ncclComm *c, struct gift *g, const char *p, uint64_t n, uint64_t *used,
		 uint64_t end)
{
	*g = (struct gift){.n = n};
	if (!n || cudaSimIsValues(p, 4 * n, &g->v)) {
		g->described = true;
		return;
	}
	if (*used + 4 * n > end) {
		fprintf(stderr,
			"simulated server: a collective of more than %zu bytes that are not "
			"numbers of kernels/values.h\n",
			AREA_BYTES / 2);
		abort();
	}
	g->in_area = *used;
	cudaSimLoad(shared_area(c, c->rank) + *used, p, 4 * n);
	*used += 4 * n;
}

static void come(struct call *k, struct slot *s, double start)
{
	struct ncclComm *c = k->c;
	/* halves in turns: another rank may still read what was given before */
	uint64_t used = k->number % 2 * AREA_BYTES / 2, end = used + AREA_BYTES / 2;

	s->start[c->rank] = start;
	s->kind[c->rank] = k->kind;
	s->bytes[c->rank] = k->bytes;
	if (!c->rank) {
		sim_epoch();
		s->factor = sim_noise("nccl", c->gpu);
	}
	for (int r = 0; r < (k->kind >= POINT ? c->size : 1); r++)
		give(c, &s->gift[c->rank][r], k->send[r], k->sends[r], &used, end);
	k->come = true;
	atomic_fetch_add(&s->come, 1);
}

/* ---- taking ---- */

/* Number i of what that rank gives. */
static float number(struct ncclComm *c, const struct gift *g, int giver, uint64_t i)
{
	float v;

	if (g->described)
		return values_sum(g->v.start + i, g->v.seed, g->v.first, g->v.count);
	memcpy(&v, shared_area(c, giver) + g->in_area + 4 * i, sizeof(v));
	return v;
}

/* A part of one gift. */
static void take_part(struct ncclComm *c, const struct gift *g, int giver, uint64_t from, char *p,
		      uint64_t n)
{
	struct sim_values v = g->v;

	if (g->described) {
		v.start += from;
		cudaSimPutValues(p, 4 * n, &v);
	} else {
		cudaSimStore(p, shared_area(c, giver) + g->in_area + 4 * from, 4 * n);
	}
}

/* Whether the gifts are one number of each of n ranks in a row: then their sum has a description.
 */
static bool sum_described(const struct slot *s, int n, struct sim_values *sum)
{
	uint32_t seen = 0, first = UINT32_MAX;

	*sum = s->gift[0][0].v;
	for (int r = 0; r < n; r++) {
		const struct gift *g = &s->gift[r][0];

		if (!g->described || g->v.count != 1 || g->v.seed != sum->seed ||
		    g->v.start != sum->start || g->v.first >= 32 || seen & 1u << g->v.first)
			return false;
		seen |= 1u << g->v.first;
		first = g->v.first < first ? g->v.first : first;
	}
	sum->first = first;
	sum->count = (uint32_t)n;
	return seen >> first == (n == 32 ? UINT32_MAX : (1u << n) - 1);
}

static void take_sum(struct ncclComm *c, const struct slot *s, uint64_t from, char *p, uint64_t n)
{
	float block[BLOCK];
	struct sim_values sum;

	if (sum_described(s, c->size, &sum)) {
		sum.start += from;
		cudaSimPutValues(p, 4 * n, &sum);
		return;
	}
	for (uint64_t at = 0; at < n; at += BLOCK) {
		uint64_t m = n - at < BLOCK ? n - at : BLOCK;

		for (uint64_t i = 0; i < m; i++) {
			block[i] = 0;
			for (int r = 0; r < c->size; r++)
				block[i] += number(c, &s->gift[r][0], r, from + at + i);
		}
		cudaSimStore(p + 4 * at, block, 4 * m);
	}
}

/* The fault: one number in the middle. */
static void spoil(char *p, uint64_t n)
{
	float v;

	cudaSimLoad(&v, p + n / 2 * 4, sizeof(v));
	v += 1;
	cudaSimStore(p + n / 2 * 4, &v, sizeof(v));
}

static void take(struct call *k, const struct slot *s)
{
	struct ncclComm *c = k->c;
	uint64_t n = k->recvs[0];

	switch (k->kind) {
	case ALL_GATHER:
		for (int r = 0; r < c->size; r++)
			take_part(c, &s->gift[r][0], r, 0, k->recv[0] + 4 * n * (uint64_t)r, n);
		break;
	case BROADCAST:
		take_part(c, &s->gift[k->root][0], k->root, 0, k->recv[0], n);
		break;
	case ALL_REDUCE:
	case REDUCE_SCATTER:
		take_sum(c, s, k->kind == ALL_REDUCE ? 0 : n * (uint64_t)c->rank, k->recv[0], n);
		if (sim_fault(FAULT_NCCL_WRONG_SUM, c->gpu))
			spoil(k->recv[0], n);
		break;
	case POINT:
	case ALLTOALL:
		for (int r = 0; r < c->size; r++) {
			if (k->recvs[r])
				take_part(c, &s->gift[r][c->rank], r, 0, k->recv[r], k->recvs[r]);
		}
	}
}

/* ---- meeting ---- */

static bool absent(struct call *k)
{
	const struct fault *hang = sim_fault(FAULT_NCCL_HANG, k->c->gpu);
	const struct fault *error = sim_fault(FAULT_NCCL_ASYNC_ERROR, k->c->gpu);

	if (error && k->number >= (uint64_t)error->after)
		atomic_store(&k->c->shared->failed_rank, k->c->rank + 1);
	return (hang && k->number >= (uint64_t)hang->after) ||
	       (error && k->number >= (uint64_t)error->after);
}

/* All ranks must have called the same: NCCL would hang or crash, we say why. */
static void check_match(const struct call *k, const struct slot *s)
{
	for (int r = 0; r < k->c->size; r++) {
		if (s->kind[r] == (uint32_t)k->kind && s->bytes[r] == k->bytes)
			continue;
		fprintf(stderr, "simulated server: ranks %d and %d called different collectives\n",
			k->c->rank, r);
		abort();
	}
}

static bool meet(void *arg, double start, double *end)
{
	struct call *k = arg;
	struct ncclComm *c = k->c;
	struct slot *s;
	uint32_t all;

	if (c->aborted) {
		*end = start;
		free(k);
		return true;
	}
	if (absent(k))
		return false;
	s = &c->shared->slot[k->number % SLOTS];
	all = (uint32_t)((k->number / SLOTS + 1) * (uint64_t)c->size);
	if (!k->come)
		come(k, s, start);
	for (int i = 0; atomic_load(&s->come) != all; i++) {
		if (i == LOOKS)
			return false;
		sched_yield();
	}
	check_match(k, s);
	take(k, s);
	for (int r = 0; r < c->size; r++)
		start = s->start[r] > start ? s->start[r] : start;
	*end = start + model_seconds(c, k->kind, k->bytes) * s->factor;
	free(k);
	return true;
}

int coll_queue(struct call *k, struct CUstream_st *stream)
{
	struct ncclComm *c = k->c;
	const char *algorithm = model_algorithm(c, k->kind, k->bytes);

	if (!algorithm) {
		fprintf(stderr, "[%d] NCCL WARN Error : no algorithm/protocol available\n",
			c->rank);
		free(k);
		return INTERNAL_ERROR;
	}
	for (int r = 0; r < c->size; r++) {
		if ((k->sends[r] && !cudaSimValid(k->send[r], 4 * k->sends[r])) ||
		    (k->recvs[r] && !cudaSimValid(k->recv[r], 4 * k->recvs[r]))) {
			free(k);
			return INVALID_ARGUMENT;
		}
	}
	say_choice(c, k->kind, k->bytes, algorithm);
	k->number = c->ops++;
	return cudaSimQueue(stream, meet, k) ? CUDA_ERROR : OK;
}
