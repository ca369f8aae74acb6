/*
 * What stands out of a matrix or a table: values off their kind, pairs that failed, and how often
 * the reports say so.
 */
#include "made_view.h"
#include "../../reports/svg.h"

/*
 * Grace with two GPUs: what each node's CPUs see of host memory and of GPUs'. Far GPU memory is
 * slower than near, all of it than the host's: none stands out, but for one value.
 */
static void grace_latencies(struct bundle_data *d, bool owners_known)
{
	static const double ns[2][6] = {{126, 312, 730, 731, 915, 916},
					{312, 126, 1400, 917, 730, 729}};
	static const int node[] = {0, 1, 2, 10, 18, 26};

	mk_head(d, "numa", "Host memory by node", "grace");
	for (int i = 0; i < 6; i++)
		mk_node(d, node[i], i < 2 ? i : -1,
			i == 0	 ? "0-71"
			: i == 1 ? "72-143"
				 : "",
			"1e11");
	for (int g = 0; g < 4; g++) {
		char text[16];

		mk_wired_gpu(d, g, g / 2, "cudaDevAttrHostNumaId", "0009:01:00.0 0009:00:00.0");
		snprintf(text, sizeof(text), "%d", node[2 + g]);
		if (owners_known)
			mk_wire(d, "gpu", g, "memory_node", text, "cudaDevAttrNumaId");
	}
	mk_metric(d, "host_latency", "latency", "s", "lower", "latency");
	for (unsigned i = 0; i < 12; i++) {
		char *labels = mem_printf("cpu_node=%u,node=%d", i / 6, node[i % 6]);

		mk_step(d, i, 0, ST_PASS, "one case");
		mk_one(d, "host_latency", "latency", i, ns[i / 6][i % 6] * 1e-9, labels);
		free(labels);
	}
}

static void grace(struct bundle_data *d)
{
	grace_latencies(d, true);
}

static void grace_without_owners(struct bundle_data *d)
{
	grace_latencies(d, false);
}

static void test_memory_of_gpus_is_of_its_own_kind(void **state)
{
	for (int known = 1; known >= 0; known--) {
		struct buf page = BUF_INIT;
		struct made x;

		make(&x, known ? grace : grace_without_owners);
		report_html(&page, &x.m.report);
		assert_int_equal(count(page.s, "Outlined"), known);
		if (known)
			HAS(page.s, "Outlined: CPU node 1, memory node 2, ");
		buf_free(&page);
		done(&x);
	}
}

/* A pair without numbers, which failed where it wrote by the copy engine. */
static void with_a_failure(struct bundle_data *d)
{
	mk_hole(d);
	for (size_t i = 0; i < d->n_steps; i++)
		if (d->steps[i].step == 1 * 4 + 2)
			d->steps[i].status = ST_FAIL;
	mk_manifest_of(d, "host",
		       "fact.fail.p2p{dir=write,engine=ce,gpu=1,p2p=on,peer=2,size=268435456}",
		       "nothing of 268435456 bytes arrived");
}

static void test_what_failed_is_crossed_out(void **state)
{
	const struct terminal_style style = {.utf8 = true, .columns = 80};
	struct buf page = BUF_INIT, terminal = BUF_INIT;
	struct made x;

	make(&x, with_a_failure);
	report_html(&page, &x.m.report);
	assert_int_equal(count(page.s, "class=\"out\""), 1);
	assert_int_equal(count(page.s, ">✕</text>"), 1);
	assert_int_equal(count(page.s, "–</text>"), 11);
	HAS(page.s, "A cross: it failed, see the findings. A dash: not measured.");
	HAS(page.s, "GPU 1 to GPU 2 (failed)"); /* in the digest: the pair */
	HAS(page.s, "Nothing of 268435456 bytes arrived");
	report_terminal(&terminal, &x.m.report, &style);
	HAS(terminal.s, "      ✕ ");
	leave("p2p-failed", page.s);
	buf_free(&page);
	buf_free(&terminal);
	done(&x);
}

/* GPU 2 is slow whatever it does, GPU 3 by the SM alone. */
static void slow_ones(struct bundle_data *d)
{
	mk_head(d, "h2d", "Copies", "host-1");
	mk_metric(d, "copy", "bandwidth", "bytes/s", "higher", "bandwidth");
	mk_manifest(d, "metric.copy.bandwidth.siblings", "gpu");
	for (unsigned i = 0; i < 32; i++) {
		unsigned gpu = i / 4;
		bool slow = gpu == 2 || (gpu == 3 && i % 2);
		char *labels = mem_printf("dir=%s,engine=%s,gpu=%u,size=4",
					  i / 2 % 2 ? "h2d" : "d2h", i % 2 ? "sm" : "ce", gpu);

		mk_step(d, i, 0, ST_PASS, "one case");
		mk_one(d, "copy", "bandwidth", i, slow ? 3e10 : 5e10, labels);
		free(labels);
	}
}

static void test_what_is_everywhere_is_not_listed(void **state)
{
	struct buf page = BUF_INIT;
	struct made x;

	make(&x, slow_ones);
	report_html(&page, &x.m.report);
	HAS(page.s, "copy failed: GPU 2, 4 B<");
	HAS(page.s, "copy failed: GPU 3, SM, 4 B<");
	/* what judge says stands once above the rows that share it, which have its mark */
	HAS(page.s, "<tr class=\"bad why\"><td class=\"l\" colspan=\"7\">✕ 40 % slower");
	assert_int_equal(count(page.s, "<td>✕ <b>"), 6);
	buf_free(&page);
	done(&x);
}

/* Of each line of a sweep its own largest size, which is not always that of the longest. */
static void test_a_table_has_the_end_of_each_line(void **state)
{
	struct made x;
	size_t ends = 0;

	make(&x, mk_copies);
	bool *shown = mem_zalloc(x.g->n, sizeof(*shown));
	size_t n = view_pick(x.g, &x.m.report, 64, shown);
	for (size_t i = 0; i < x.g->n; i++) {
		const char *labels = x.g->row[i]->labels;

		if (shown[i] && strstr(labels, "gpu=0") && strstr(labels, "memory=pageable")) {
			assert_non_null(strstr(labels, "size=67108864"));
			ends++;
		}
	}
	assert_int_equal(n, 64);
	assert_int_equal(ends, 10); /* five directions, two engines */
	free(shown);
	done(&x);
}

/* Eight GPUs, two ways, five kinds of memory, 4 B to 64 KiB. */
static void small_copies(struct bundle_data *d)
{
	mk_head(d, "h2d", "Small copies", "host-1");
	mk_metric(d, "copy", "latency", "s", "lower", "latency");
	for (unsigned g = 0; g < 8; g++) {
		mk_step(d, g, 0, ST_PASS, "80 cases");
		for (unsigned i = 0; i < 80; i++) {
			char *labels =
				mem_printf("dir=%s,gpu=%u,memory=a-kind-of-memory-%u,size=%u",
					   i / 40 ? "h2d" : "d2h", g, i / 8 % 5, 4u << 2 * (i % 8));

			mk_one(d, "copy", "latency", g, 1e-6 * (i % 8 + 1), labels);
			free(labels);
		}
	}
}

/* Sixteen panels that look alike would say less than two with a line for each GPU. */
static void test_many_gpus_share_panels(void **state)
{
	struct buf page = BUF_INIT;
	struct made x;

	make(&x, small_copies);
	report_html(&page, &x.m.report);
	HAS(page.s, "A line a GPU");
	LACKS(page.s, "Dashed: physical ceiling");
	buf_free(&page);
	done(&x);
}

/* In the small panels of one GPU each, too, names of sizes stand apart. */
static void test_names_of_sizes_do_not_touch(void **state)
{
	struct buf b = BUF_INIT;
	struct spread s;
	struct made x;
	double last = 0;

	make(&x, small_copies);
	spread_make(&s, x.g, (const char *const[]){"size"}, 1, 8);
	assert_int_equal(s.panels, 16);
	svg_sweep(&b, "x", x.g, &s, 1);
	for (const char *p = b.s; (p = strstr(p, "\"t m\" x=\"")); p++) {
		double at = strtod(p + strlen("\"t m\" x=\""), NULL);

		assert_true(at - last >= 40);
		last = at;
	}
	assert_true(last > 100);
	spread_free(&s);
	buf_free(&b);
	done(&x);
}

/* All cells of GPU 3 for one reason: it is told once a panel. */
static void a_slow_link(struct bundle_data *d)
{
	mk_gpu_nodes(d);
	mk_manifest_of(d, "host", "fact.found.link.copy{gpu=3}", "Gen3 x16");
	mk_manifest_of(d, "host", "fact.wanted.link.copy{gpu=3}", "Gen5 x16");
}

static void test_a_reason_is_told_once(void **state)
{
	struct buf page = BUF_INIT;
	struct made x;

	make(&x, a_slow_link);
	report_html(&page, &x.m.report);
	assert_int_equal(count(page.s, " Outlined: GPU 3"), 4);
	assert_int_equal(count(page.s, ": the same."), 2);
	LACKS(page.s, "….");
	buf_free(&page);
	done(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memory_of_gpus_is_of_its_own_kind),
		cmocka_unit_test(test_what_failed_is_crossed_out),
		cmocka_unit_test(test_what_is_everywhere_is_not_listed),
		cmocka_unit_test(test_a_table_has_the_end_of_each_line),
		cmocka_unit_test(test_many_gpus_share_panels),
		cmocka_unit_test(test_a_reason_is_told_once),
		cmocka_unit_test(test_names_of_sizes_do_not_touch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
