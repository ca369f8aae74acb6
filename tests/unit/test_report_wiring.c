/*
 * The machine's wiring: on made-up manifests of every kind of server, and on the recorded trees of
 * tests/fixtures/sysfs as the probe reads them. What stands in the boxes, and how it is drawn.
 */
#include "report_text.h"
#include "make_transfers.h"
#include "sysfs_tree.h"
#include "../../harness/probe/env.h"
#include "../../harness/run/machine.h"
#include "../../reports/svg.h"
#include "../../reports/wiring.h"

/* "Socket 0|Node 0, 1 TiB: CPUs 0–55|…|GPU 3: Gen5 x16", what is missing left out. */
static char *row_of(const struct wiring *w, size_t i)
{
	struct buf b = BUF_INIT;

	assert_true(i < w->n);
	for (int l = 0; l < WIRE_LEVELS; l++) {
		const struct wire_box *box = &w->wire[i].box[l];

		if (box->title)
			buf_printf(&b, "%s%s%s%s", b.len ? "|" : "", box->title,
				   box->detail[0] ? ": " : "", box->detail);
	}
	return buf_steal(&b);
}

static void assert_wire(const struct wiring *w, size_t i, const char *want)
{
	char *is = row_of(w, i);

	assert_string_equal(is, want);
	free(is);
}

static char *drawn(const struct wiring *w)
{
	struct buf b = BUF_INIT;

	svg_wiring(&b, "x", w);
	LACKS(b.s, "nan");
	LACKS(b.s, "inf");
	return buf_steal(&b);
}

static char *doubts(const struct wiring *w)
{
	struct buf b = BUF_INIT;

	wiring_doubts(&b, w);
	return buf_steal(&b);
}

static void test_hgx(void **state)
{
	struct bundle_data d = {.n_plan = 0};
	struct wiring w;

	mk_hgx(&d, 8);
	wiring_make(&w, &d);
	assert_int_equal(w.n, 8);
	assert_int_equal(w.sockets, 2);
	assert_wire(&w, 0,
		    "Socket 0|Node 0, 1 TiB: CPUs 0–55, 112–167|Root port: 0000:15:01.0|"
		    "PCIe switch: 0000:16:00.0|GPU 0: Gen5 x16");
	assert_wire(&w, 7,
		    "Socket 1|Node 1, 1 TiB: CPUs 56–111, 168–223|Root port: 0000:45:01.0|"
		    "PCIe switch: 0000:46:00.0|GPU 7: Gen5 x16");
	assert_string_equal(w.wire[0].nvlink, "18 × NVLink4 to the switch");
	assert_string_equal(w.wire[2].nvlink, "16 × NVLink4 of 18 to the switch");
	assert_true(w.wire[2].wrong && !w.wire[1].wrong);
	char *svg = drawn(&w), *none = doubts(&w);
	/* 8 GPUs, 4 switches, 4 root ports, 2 nodes, 2 sockets, the NVSwitch */
	assert_int_equal(count(svg, "<rect class=\"bx"), 21);
	assert_int_equal(count(svg, "class=\"nv\""), 8);
	assert_int_equal(count(svg, "class=\"bx wr\""), 1);
	HAS(svg, "2 sockets, 2 NUMA nodes with CPUs, 8 GPUs; Node 0: GPU 0, GPU 1, GPU 2, GPU 3; "
		 "Node 1: GPU 4");
	assert_string_equal(none, "");
	free(none);
	free(svg);
	wiring_free(&w);
	mk_free(&d);
}

static void test_sixteen_gpus(void **state)
{
	struct bundle_data d = {.n_plan = 0};
	struct wiring w;

	mk_hgx(&d, 16);
	wiring_make(&w, &d);
	assert_int_equal(w.n, 16);
	assert_int_equal(w.wire[10].gpu, 10); /* by number, not by its text */
	char *svg = drawn(&w);
	assert_int_equal(count(svg, "<rect class=\"bx"), 37);
	free(svg);
	wiring_free(&w);
	mk_free(&d);
}

static void test_eight_nodes(void **state)
{
	struct bundle_data d = {.n_plan = 0};
	struct wiring w;

	mk_nps4(&d);
	wiring_make(&w, &d);
	assert_int_equal(w.n, 8);
	assert_wire(&w, 0, "Socket 0|Node 0, 189 GiB: CPUs 0–23, 192–215");
	assert_wire(&w, 1,
		    "Socket 0|Node 1, 189 GiB: CPUs 24–47, 216–239|Root port: 0000:40:01.1|"
		    "GPU 1: Gen5 x8 of x16");
	assert_true(w.wire[1].wrong);
	assert_false(w.level[WIRE_SWITCH]);
	char *svg = drawn(&w);
	assert_int_equal(count(svg, "<rect class=\"bx"), 18);
	free(svg);
	wiring_free(&w);
	mk_free(&d);
}

static void test_grace(void **state)
{
	struct bundle_data d = {.n_plan = 0};
	struct wiring w;

	mk_grace(&d);
	wiring_make(&w, &d);
	assert_int_equal(w.n, 3);
	assert_wire(&w, 0, "Socket 0|Node 0, 478 GiB: CPUs 0–71|NVLink-C2C: 10 links|GPU 0");
	assert_wire(&w, 1, "Node 1, 92.5 GiB: no CPUs");
	assert_wire(&w, 2, "Nodes 2–8: no CPUs, no memory");
	assert_int_equal(w.nodes, 1);
	assert_false(w.wire[0].wrong); /* one lane, but nothing goes there */
	wiring_free(&w);
	mk_free(&d);
}

/* Two Grace, two GPUs whose memory is nodes 2 and 10; those between are kept for MIG and empty. */
static void grace_pair(struct bundle_data *d)
{
	mk_node(d, 0, 0, "0-71", "513024000000");
	mk_node(d, 1, 1, "72-143", "513024000000");
	for (int n = 2; n < 18; n++)
		mk_node(d, n, -1, "", n == 2 || n == 10 ? "198674743296" : "0");
	for (int g = 0; g < 2; g++) {
		mk_wired_gpu(d, g, g, "cudaDevAttrHostNumaId",
			     g ? "0018:01:00.0 0018:00:00.0" : "0008:01:00.0 0008:00:00.0");
		mk_wire(d, "gpu", g, "c2c_links", "10", "nvmlDeviceGetFieldValues");
		mk_wire(d, "gpu", g, "memory_node", g ? "10" : "2", "cudaDevAttrNumaId");
	}
}

static void test_memory_of_a_gpu_stands_with_it(void **state)
{
	struct bundle_data d = {.n_plan = 0};
	struct wiring w;

	grace_pair(&d);
	wiring_make(&w, &d);
	assert_int_equal(w.n, 3);
	assert_wire(&w, 1,
		    "Socket 1|Node 1, 478 GiB: CPUs 72–143|NVLink-C2C: 10 links|"
		    "GPU 1: memory is node 10, 185 GiB");
	assert_wire(&w, 2, "Nodes 3–9, 11–17: no CPUs, no memory");
	wiring_free(&w);
	mk_free(&d);
}

/* Instances of one profile have its name once. */
static void test_equal_instances_share_a_name(void **state)
{
	struct bundle_data d = {.n_plan = 0};
	struct wiring w;

	mk_hgx(&d, 1);
	mk_wire(&d, "gpu", 0, "mig_instances", "7.0 8.0 9.0",
		"nvmlDeviceGetMigDeviceHandleByIndex");
	for (int i = 7; i < 10; i++) {
		char *field = mem_printf("mig.%d.0.profile", i);

		mk_wire(&d, "gpu", 0, field, "1g.10gb", "nvmlDeviceGetName");
		free(field);
	}
	wiring_make(&w, &d);
	char *svg = drawn(&w);
	assert_int_equal(count(svg, ">3 × MIG 1g.10gb<"), 1);
	assert_int_equal(count(svg, "class=\"bx in\""), 3);
	free(svg);
	wiring_free(&w);
	mk_free(&d);
}

/* GPU 0 is divided, GPU 1 is not. */
static void divided(struct bundle_data *d)
{
	mk_hgx(d, 2);
	mk_wire(d, "gpu", 0, "mig_instances", "1.0 2.0", "nvmlDeviceGetMigDeviceHandleByIndex");
	mk_wire(d, "gpu", 0, "mig.1.0.profile", "4g.40gb", "nvmlDeviceGetName");
	mk_wire(d, "gpu", 0, "mig.2.0.profile", "3g.40gb", "nvmlDeviceGetName");
}

static void test_instances_stand_in_their_gpu(void **state)
{
	struct bundle_data d = {.n_plan = 0};
	struct wiring w;
	struct buf words = BUF_INIT;

	divided(&d);
	wiring_make(&w, &d);
	assert_int_equal(w.instances, 2);
	assert_int_equal(w.wire[0].instances, 2);
	assert_int_equal(w.wire[1].instances, 0);
	wiring_instances(&words, &w.wire[0]);
	assert_string_equal(words.s, "MIG 1.0 4g.40gb, 2.0 3g.40gb");
	char *svg = drawn(&w);
	assert_int_equal(count(svg, "class=\"bx in\""), 2);
	assert_int_equal(count(svg, ">MIG 3g.40gb<"), 1);
	in_order(svg,
		 (const char *const[]){">GPU 0  ", ">1.0<", ">MIG 4g.40gb<", ">2.0<", ">GPU 1  "},
		 5);
	HAS(svg, "2 GPUs, 2 MIG instances");
	free(svg);
	buf_free(&words);
	wiring_free(&w);
	mk_free(&d);
}

static void test_what_is_not_sure_is_said(void **state)
{
	struct bundle_data d = {.n_plan = 0};
	struct wiring w;

	mk_bridges(&d);
	wiring_make(&w, &d);
	assert_int_equal(w.n, 4);
	assert_wire(&w, 3, "Node not known|Root port: 0000:14:00.0|GPU 3: Gen5 x16");
	char *svg = drawn(&w), *text = doubts(&w);
	assert_string_equal(text,
			    "GPU 2: its node is inferred from copies by node. "
			    "GPU 3: its node is not known (CUDA, sysfs and NVML do not say).");
	assert_int_equal(count(svg, "class=\"ce\""), 2); /* dashed lines */
	assert_int_equal(count(svg, "class=\"bx un\""), 1);
	assert_int_equal(count(svg, "class=\"nv\""), 2); /* a curve a pair */
	assert_string_equal(w.wire[0].nvlink, "4 × NVLink3 to GPU 1");
	free(text);
	free(svg);
	wiring_free(&w);
	mk_free(&d);
}

static void test_a_node_out_of_reach_is_said(void **state)
{
	struct bundle_data d = {.n_plan = 0};
	struct wiring w;

	mk_hgx(&d, 2);
	mk_wire(&d, "gpu", 1, "out_of_reach", "its NUMA node 1 is out of reach: cpuset 0-7",
		"/proc/self/status");
	wiring_make(&w, &d);
	char *text = doubts(&w);
	assert_string_equal(text, "GPU 1: its NUMA node 1 is out of reach: cpuset 0-7.");
	free(text);
	wiring_free(&w);
	mk_free(&d);
}

static void test_without_gpus_or_anything(void **state)
{
	struct bundle_data d = {.n_plan = 0};
	struct wiring w;

	wiring_make(&w, &d);
	assert_int_equal(w.n, 0);
	wiring_free(&w);
	mk_nothing_but_nodes(&d);
	wiring_make(&w, &d);
	assert_int_equal(w.n, 2);
	assert_int_equal(w.gpus, 0);
	char *svg = drawn(&w);
	assert_int_equal(count(svg, "<rect class=\"bx"), 4);
	free(svg);
	wiring_free(&w);
	mk_free(&d);
}

static void test_link_under_load(void **state)
{
	static const char *const keys[][2] = {
		{"fact.found.link.any{gpu=3}", "fact.wanted.link.any{gpu=3}"},
		{"fact.link.any{gpu=3}", "fact.link_possible.any{gpu=3}"}, /* older bundles */
	};

	for (int i = 0; i < 2; i++) {
		struct bundle_data d = {.n_plan = 0};
		struct wiring w;

		mk_hgx(&d, 4);
		mk_manifest_of(&d, "host", keys[i][0], "Gen3 x16");
		mk_manifest_of(&d, "host", keys[i][1], "Gen5 x16");
		wiring_make(&w, &d);
		assert_string_equal(w.wire[3].box[WIRE_GPU].detail, "Gen3 x16 of Gen5 x16");
		assert_true(w.wire[3].wrong && !w.wire[0].wrong);
		wiring_free(&w);
		mk_free(&d);
	}
}

/* ---- pages ---- */

static void hgx_8(struct bundle_data *d)
{
	mk_hgx(d, 8);
}

static void hgx_16(struct bundle_data *d)
{
	mk_hgx(d, 16);
}

/* A page and a terminal of each kind; REPORT_OUT leaves the pages for tests/browser. */
static void test_reports(void **state)
{
	static const struct {
		const char *name;
		void (*make)(struct bundle_data *d);
		const char *words;
	} kinds[] = {
		{"wiring-hgx", hgx_8,
		 "GPU 7 0000:49:00.0 behind 0000:46:00.0, Gen5 x16, 18 × NVLink4 to the switch\n"},
		{"wiring-16", hgx_16, "GPU 15"},
		{"wiring-nps4", mk_nps4,
		 "GPU 1 0000:41:00.0 behind 0000:40:01.1, Gen5 x8 of x16\n"},
		{"wiring-grace", mk_grace, "Nodes 2–8, no CPUs, no memory"},
		{"wiring-grace-pair", grace_pair,
		 "GPU 0 0008:01:00.0 over NVLink-C2C (10 links), memory is node 2, 185 GiB\n"},
		{"wiring-mig", divided, "4g.40gb, 2.0"},
		{"wiring-vm", mk_vm, "Socket 0, Node 0, 200 GiB, CPUs 0–15"},
		{"wiring-bridges", mk_bridges, "GPU 2: its node is inferred"},
		{"wiring-none", mk_nothing_but_nodes, "Socket 1, Node 1, 16 GiB, CPUs 8–15"},
	};
	const struct terminal_style style = {.utf8 = true, .columns = 80};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct mk_report m = {.d = {.n_plan = 0}};
		struct buf page = BUF_INIT, terminal = BUF_INIT;

		mk_head(&m.d, "quick", "A first look", "host-1");
		kinds[i].make(&m.d);
		assert_int_equal(mk_judge(&m), 0);
		report_html(&page, &m.report);
		HAS(page.s, "<h3 id=\"wiring\">");
		report_terminal(&terminal, &m.report, &style);
		HAS(terminal.s, kinds[i].words);
		leave(kinds[i].name, page.s);
		buf_free(&page);
		buf_free(&terminal);
		mk_report_free(&m);
	}
}

/* ---- recorded trees ---- */

static void into_machine(void *arg, const char *key, const char *value, const char *source)
{
	machine_add(arg, key, value, source);
}

/* A manifest as assay run writes it, of the host part: no CUDA and NVML here. */
static void manifest_of(struct bundle_data *d, const char *tree)
{
	struct err e = ERR_INIT;
	struct machine m;

	tree_use(tree);
	assert_int_equal(machine_read(&m, &e), 0);
	env_host(into_machine, &m);
	for (size_t i = 0; i < m.n_rows; i++)
		mk_manifest_of(d, "host", m.row[i].key, m.row[i].value);
	for (size_t i = 0; i < m.n_gpus; i++) {
		char node[16];

		snprintf(node, sizeof(node), "%d", m.gpu[i].numa_node);
		mk_wire(d, "gpu", (int)i, "address", m.gpu[i].address, "sysfs");
		mk_wire(d, "gpu", (int)i, "numa_node", node, "sysfs numa_node");
	}
	machine_free(&m);
	tree_drop();
}

static void test_recorded_trees(void **state)
{
	static const struct {
		const char *tree;
		unsigned sockets, nodes, gpus;
		size_t row;
		const char *want;
	} trees[] = {
		{"hgx-2s", 2, 2, 8, 0,
		 "Socket 0|Node 0, 1007 GiB: CPUs 0–31|Root port: 0000:15:01.0|"
		 "PCIe switch: 0000:16:00.0|GPU 0: Gen5 x16"},
		{"genoa-nps4", 2, 8, 4, 0, NULL},
		{"grace-hopper", 1, 1, 1, 2, "Nodes 2–8: no CPUs, no memory"},
		{"vm-1gpu", 0, 1, 1, 0, NULL},
		{"laptop", 1, 1, 1, 0, NULL},
		{"container-cpuset", 2, 2, 1, 0, NULL},
	};

	for (size_t i = 0; i < sizeof(trees) / sizeof(trees[0]); i++) {
		struct bundle_data d = {.n_plan = 0};
		struct wiring w;

		manifest_of(&d, trees[i].tree);
		wiring_make(&w, &d);
		print_message("%s: %u sockets, %u nodes, %u GPUs\n", trees[i].tree, w.sockets,
			      w.nodes, w.gpus);
		assert_int_equal(w.sockets, trees[i].sockets);
		assert_int_equal(w.nodes, trees[i].nodes);
		assert_int_equal(w.gpus, trees[i].gpus);
		if (trees[i].want)
			assert_wire(&w, trees[i].row, trees[i].want);
		free(drawn(&w));
		wiring_free(&w);
		mk_free(&d);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hgx),
		cmocka_unit_test(test_sixteen_gpus),
		cmocka_unit_test(test_eight_nodes),
		cmocka_unit_test(test_grace),
		cmocka_unit_test(test_memory_of_a_gpu_stands_with_it),
		cmocka_unit_test(test_instances_stand_in_their_gpu),
		cmocka_unit_test(test_equal_instances_share_a_name),
		cmocka_unit_test(test_what_is_not_sure_is_said),
		cmocka_unit_test(test_a_node_out_of_reach_is_said),
		cmocka_unit_test(test_without_gpus_or_anything),
		cmocka_unit_test(test_link_under_load),
		cmocka_unit_test(test_reports),
		cmocka_unit_test(test_recorded_trees),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
