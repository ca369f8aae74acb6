/*
 * The warpgroup product's maps for every thread of a block, and its loops on hardware that
 * wgmma_hw.h plays: a cluster's six warpgroups as threads, against a plain product, exactly.
 */
#include "wgmma_hw.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#define PATIENCE_S 60 /* of a wait that must be answered, on a busy machine */

static struct wgmma_job job_of(uint32_t m, uint32_t n, uint32_t k, uint32_t element)
{
	return (struct wgmma_job){m, n, k, WGMMA_ROW_BYTES / element, 1};
}

static void each_tile_once(void **state)
{
	static const uint32_t shapes[][2] = {
		{8192, 8192}, {256, 256}, {1, 2}, {4000, 300}, {5000, 70}};

	for (size_t s = 0; s < sizeof(shapes) / sizeof(shapes[0]); s++) {
		struct wgmma_job j = job_of(shapes[s][0], shapes[s][1], 64, 2);
		uint32_t rows = (j.m + 255) / 256, columns = (j.n + 255) / 256;
		uint8_t *seen = calloc(rows, columns);

		assert_int_equal(wgmma_works(&j), rows * columns);
		for (uint32_t w = 0; w < wgmma_works(&j); w++) {
			struct wgmma_place p = wgmma_place(&j, w);

			assert_true(p.row % 256 == 0 && p.column % 256 == 0);
			assert_true(p.row < j.m && p.column < j.n);
			assert_int_equal(seen[p.row / 256 * columns + p.column / 256]++, 0);
		}
		free(seen);
	}
}

/* What 66 clusters do at one time needs few rows of A and of B. */
static void neighbours_are_near(void **state)
{
	struct wgmma_job j = job_of(8192, 8192, 64, 2);

	for (uint32_t wave = 0; wave + 66 <= wgmma_works(&j); wave += 66) {
		bool row[32] = {0}, column[32] = {0};
		int n = 0;

		for (uint32_t w = wave; w < wave + 66; w++) {
			struct wgmma_place p = wgmma_place(&j, w);

			n += !row[p.row / 256] + !column[p.column / 256];
			row[p.row / 256] = column[p.column / 256] = true;
		}
		assert_true(n <= 26);
	}
}

static void each_sum_has_one_register(void **state)
{
	uint8_t seen[64][WGMMA_TILE_N] = {{0}};

	for (uint32_t t = 0; t < WGMMA_GROUP; t++) {
		for (uint32_t r = 0; r < WGMMA_REGISTERS; r++) {
			uint32_t y = wgmma_row(t, r), x = wgmma_column(t, r);

			assert_true(y < 64 && x < WGMMA_TILE_N);
			assert_int_equal(seen[y][x]++, 0);
			/* pairs: one store of eight bytes */
			assert_int_equal(wgmma_column(t, r | 1), wgmma_column(t, r & ~1u) + 1);
		}
	}
}

/* A descriptor's fields, by the figures that the PTX ISA gives for them. */
static void descriptors(void **state)
{
	assert_true(wgmma_descriptor(0) == 0x4000004000010000);
	assert_true(wgmma_descriptor(0x400) == 0x4000004000010040);
	assert_true(wgmma_descriptor(0x400) + (0x60 >> 4) == wgmma_descriptor(0x460));
	/* 18 bits of address: the last stage's end still counts up without a carry */
	assert_true(SHARED + WGMMA_BARRIERS < 1 << 18);
}

static void shared_memory_fits(void **state)
{
	assert_int_equal(WGMMA_STAGE_BYTES % WGMMA_ALIGN, 0);
	assert_int_equal(WGMMA_A_BYTES % WGMMA_ALIGN, 0);
	assert_int_equal(WGMMA_A_BYTES + WGMMA_CLUSTER * WGMMA_BOX_BYTES, WGMMA_STAGE_BYTES);
	assert_true(wgmma_full(WGMMA_STAGES) == wgmma_empty(0));
	assert_true(wgmma_empty(WGMMA_STAGES) + WGMMA_ALIGN <= WGMMA_SHARED_BYTES);
	assert_true(WGMMA_SHARED_BYTES <= 227 << 10); /* what a block of 9.0 may have */
}

/* ---- the whole product ---- */

/* Small whole numbers, which every format holds. */
static int number(uint32_t row, uint32_t i, uint32_t seed)
{
	return (int)((row * 2654435761u + i * 40503u + seed) >> 7 & 15) - 7;
}

static struct matrix make(uint32_t rows, uint32_t k, uint32_t element, uint32_t seed)
{
	uint8_t *p = malloc((size_t)rows * k * element);

	for (uint32_t y = 0; y < rows; y++) {
		for (uint32_t i = 0; i < k; i++) {
			float f = (float)number(y, i, seed);
			int8_t small = (int8_t)f;
			/* the upper bytes of a float: bf16, or all */
			const uint8_t *from = element == 1 ? (const uint8_t *)&small
							   : (const uint8_t *)&f + 4 - element;

			memcpy(p + ((size_t)y * k + i) * element, from, element);
		}
	}
	return (struct matrix){p, rows, k, element};
}

static void prepare(struct cluster *cl, const struct wgmma_job *j, uint32_t element)
{
	pthread_condattr_t monotonic;
	size_t n = (size_t)j->m * j->n;

	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_mutex_init(&cl->lock, NULL);
	pthread_cond_init(&cl->change, &monotonic);
	cl->job = j;
	cl->patience_s = PATIENCE_S;
	cl->a = make(j->m, j->k, element, 1);
	cl->b = make(j->n, j->k, element, 77);
	assert_int_equal(posix_memalign((void **)&cl->c, 8, n * sizeof(*cl->c)), 0);
	for (size_t i = 0; i < n; i++)
		cl->c[i] = UNWRITTEN;
}

static void start_block(struct block *b)
{
	memset(b, 0, sizeof(*b));
	b->memory = malloc(WGMMA_BARRIERS);
	for (uint32_t s = 0; s < WGMMA_STAGES; s++) {
		*bar_of(b, wgmma_full(s)) = (struct bar){1, 1, 0, 0, &b->readers[s]};
		*bar_of(b, wgmma_empty(s)) = (struct bar){WGMMA_FREES, WGMMA_FREES, 0, 0, NULL};
	}
}

static void *warpgroup(void *arg)
{
	struct wgmma_hw *hw = arg;

	if (!hw->group)
		wgmma_produce(hw, hw->cl->job, hw->cluster, hw->rank);
	else
		wgmma_consume(hw, hw->cl->job, hw->cluster, hw->rank, hw->group - 1);
	return NULL;
}

/* Clusters share nothing, so they may as well run one after another. */
static void run_cluster(struct cluster *cl, uint32_t cluster)
{
	enum { GROUPS = WGMMA_CLUSTER * (1 + WGMMA_CONSUMERS) };
	struct wgmma_hw *hw = calloc(GROUPS, sizeof(*hw));
	pthread_t thread[GROUPS];

	for (uint32_t r = 0; r < WGMMA_CLUSTER; r++)
		start_block(&cl->block[r]);
	for (uint32_t g = 0; g < GROUPS; g++) {
		hw[g].cl = cl;
		hw[g].rank = g % WGMMA_CLUSTER;
		hw[g].group = g / WGMMA_CLUSTER;
		hw[g].cluster = cluster;
		hw[g].descriptor = wgmma_descriptor(SHARED);
		assert_int_equal(pthread_create(&thread[g], NULL, warpgroup, &hw[g]), 0);
	}
	for (uint32_t g = 0; g < GROUPS; g++)
		pthread_join(thread[g], NULL);
	for (uint32_t r = 0; r < WGMMA_CLUSTER; r++)
		free(cl->block[r].memory);
	free(hw);
}

static void fini(struct cluster *cl)
{
	free((void *)cl->a.p);
	free((void *)cl->b.p);
	free(cl->c);
	pthread_cond_destroy(&cl->change);
	pthread_mutex_destroy(&cl->lock);
}

static int wrong_sums(const struct cluster *cl)
{
	const struct wgmma_job *j = cl->job;
	int wrong = 0;

	for (uint32_t y = 0; y < j->m; y++) {
		for (uint32_t x = 0; x < j->n; x++) {
			int sum = 0;

			for (uint32_t i = 0; i < j->k; i++)
				sum += number(y, i, 1) * number(x, i, 77);
			wrong += cl->c[(size_t)y * j->n + x] != (uint32_t)sum;
		}
	}
	return wrong;
}

static void compute(struct wgmma_job j, uint32_t clusters, uint32_t element)
{
	struct cluster cl = {.faults = 0};

	j.clusters = clusters;
	prepare(&cl, &j, element);
	for (uint32_t c = 0; c < clusters; c++)
		run_cluster(&cl, c);
	assert_false(cl.gave_up);
	assert_int_equal(cl.faults, 0);
	assert_int_equal(wrong_sums(&cl), 0);
	fini(&cl);
}

static void products(void **state)
{
	compute(job_of(256, 256, 64, 2), 1, 2); /* one stage of one tile */
	compute(job_of(256, 256, 128, 1), 1, 1);
	compute(job_of(256, 256, 96, 4), 1, 4);
}

/* Stages go round, tiles follow each other, edges are cut off, K does not fill its last stage. */
static void edges(void **state)
{
	compute(job_of(520, 260, 328, 2), 1, 2);
	compute(job_of(300, 514, 400, 1), 2, 1);
	compute(job_of(100, 18, 36, 4), 3, 4); /* less than a tile, and clusters without work */
}

/* An arrival that is lost leaves somebody waiting, and he gives up. */
static void a_lost_arrival_is_given_up(void **state)
{
	struct wgmma_job j = job_of(256, 256, 6 * 64, 2);
	struct cluster cl = {.lose = 5};

	prepare(&cl, &j, 2);
	cl.patience_s = 0.2;
	run_cluster(&cl, 0);
	assert_true(cl.gave_up);
	fini(&cl);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_tile_once),
		cmocka_unit_test(neighbours_are_near),
		cmocka_unit_test(each_sum_has_one_register),
		cmocka_unit_test(descriptors),
		cmocka_unit_test(shared_memory_fits),
		cmocka_unit_test(products),
		cmocka_unit_test(edges),
		cmocka_unit_test(a_lost_arrival_is_given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
