/* Pairs and sets of GPUs in suites and plans, on made-up benchmarks and a made-up machine. */
#include "plan_case.h"

static const struct param pair_params[] = {
	{.name = "gpu", .type = PARAM_GPU, .def = "all"},
	{.name = "peer", .type = PARAM_PEER, .def = "all"},
	{.name = "node", .type = PARAM_NODE, .def = "local", .option = true},
	{.name = "size", .type = PARAM_SIZE, .scope = SCOPE_CASE, .def = "4"},
	{.name = NULL},
};
static const struct bench pairing = {.name = "pairing",
				     .summary = "pairs",
				     .params = pair_params,
				     .metrics = metrics,
				     .run = nothing};

static const struct param set_params[] = {
	{.name = "gpus", .type = PARAM_GPUS, .def = "all"},
	{.name = "node", .type = PARAM_NODE, .def = "local"},
	{.name = "dir",
	 .type = PARAM_ENUM,
	 .choices = "h2d|d2h",
	 .scope = SCOPE_CASE,
	 .def = "all"},
	{.name = "member", .type = PARAM_MEMBER, .scope = SCOPE_CASE, .def = "all"},
	{.name = NULL},
};
static const struct bench together = {.name = "together",
				      .summary = "acts together",
				      .params = set_params,
				      .metrics = metrics,
				      .run = nothing};
static const struct bench *const benches[] = {&pairing, &together, NULL};

static void test_sets(void **state)
{
	const struct param *gpus = &set_params[0], *member = &set_params[3],
			   *peer = &pair_params[1];

	(void)state;
	expands_as(&together, gpus, "4+0+1", "0+1+4");
	expands_as(&together, gpus, "2", "2");
	expands_as(&together, gpus, "0+1, 3+2", "0+1,2+3");
	expands_as(&together, gpus, "all", "all");
	expands_as(&together, gpus, "0+0", NULL);
	expands_as(&together, gpus, "0+", NULL);
	expands_as(&together, gpus, "+1", NULL);
	expands_as(&together, gpus, "0..3", NULL);
	expands_as(&together, gpus, "64", NULL);
	expands_as(&together, gpus, "0+1,1+0", NULL);
	expands_as(&together, member, "all", "all");
	expands_as(&together, member, "0,1,sum", "0,1,sum");
	expands_as(&together, member, "some", NULL);
	expands_as(&together, peer, "0,3", "0,3");
	expands_as(&together, peer, "none", NULL);
}

/* All ordered pairs, none of a GPU with itself; the GPU is the first that its process sees. */
static void test_pairs(void **state)
{
	struct machine m;
	struct plan p;
	struct err e = ERR_INIT;

	(void)state;
	make_machine(&m, 3);
	assert_int_equal(plan_text(benches, &p, "[suite]\nsummary = s\n[pairing]\n", &m, &e), 0);
	assert_int_equal(p.n, 6);
	assert_string_equal(p.step[0].row.params, "gpu=0 node=0 peer=1 size=4");
	assert_string_equal(p.step[3].row.params, "gpu=1 node=1 peer=2 size=4");
	assert_int_equal(p.step[4].gpus.n, 2);
	assert_int_equal(p.step[4].gpus.gpu[0], 2);
	assert_int_equal(p.step[4].gpus.gpu[1], 0);
	assert_int_equal(plan_processes(&p), 18);
	plan_free(&p);
	assert_int_equal(
		plan_text(benches, &p, "[suite]\nsummary = s\n[pairing]\npeer = 0\n", &m, &e), 0);
	assert_int_equal(p.n, 2);
	plan_free(&p);
	machine_free(&m);
}

static void test_a_gpu_alone_has_no_peer(void **state)
{
	struct machine m;
	struct plan p;
	struct err e = ERR_INIT;

	(void)state;
	make_machine(&m, 1);
	assert_int_equal(plan_text(benches, &p, "[suite]\nsummary = s\n[pairing]\n", &m, &e), 0);
	assert_int_equal(p.n, 1);
	assert_string_equal(p.step[0].row.params, "gpu=0 node=0 peer=none size=4");
	assert_int_equal(p.step[0].gpus.n, 1);
	assert_string_equal(p.step[0].row.skip, "");
	plan_free(&p);
	machine_free(&m);
	make_machine(&m, 0);
	assert_int_equal(plan_text(benches, &p, "[suite]\nsummary = s\n[pairing]\n", &m, &e), 0);
	assert_int_equal(p.n, 1);
	assert_string_equal(p.step[0].row.skip, "SKIP:no NVIDIA GPU on the PCI bus");
	plan_free(&p);
	machine_free(&m);
}

/* The whole set by its numbers, its members and their sum; "local" stays each GPU's own node. */
static void test_plan_sets(void **state)
{
	struct machine m;
	struct plan p;
	struct err e = ERR_INIT;

	(void)state;
	make_machine(&m, 3);
	assert_int_equal(plan_text(benches, &p,
				   "[suite]\nsummary = s\n[together]\n[together:two]\ngpus = 2+0\n",
				   &m, &e),
			 0);
	assert_int_equal(p.n, 2);
	assert_string_equal(p.step[0].row.params,
			    "dir=h2d,d2h gpus=0+1+2 member=0,1,2,sum node=local");
	assert_int_equal(p.step[0].cases, 8);
	assert_string_equal(p.step[1].row.params, "dir=h2d,d2h gpus=0+2 member=0,2,sum node=local");
	assert_int_equal(p.step[1].gpus.n, 2);
	assert_int_equal(p.step[1].gpus.gpu[1], 2);
	assert_true(p.step[0].row.estimate_s > p.step[1].row.estimate_s);
	plan_free(&p);
	machine_free(&m);
}

static void wrong(const char *section, unsigned line, const char *part)
{
	char *text = mem_printf("[suite]\nsummary = s\n%s\n", section);
	struct err e = ERR_INIT;
	struct machine m;
	struct plan p;

	make_machine(&m, 3);
	assert_int_equal(plan_text(benches, &p, text, &m, &e), -22);
	assert_string_equal(e.file, "t.ini");
	assert_int_equal(e.line, line);
	assert_non_null(strstr(e.text, part));
	machine_free(&m);
	free(text);
}

static void test_wrong_sets_and_pairs(void **state)
{
	(void)state;
	wrong("[pairing]\ngpu = 1\npeer = 1", 3, "no peer of itself");
	wrong("[pairing]\npeer = 7", 4, "there is no GPU 7; this machine has 3");
	wrong("[together]\ngpus = 0+3", 4, "there is no GPU 3; this machine has 3");
	wrong("[together]\ngpus = 0..2", 4, "write all, or for example 0+1+4");
	wrong("[together]\ngpus = 1+1", 4, "GPU 1 stands twice in 1+1");
	wrong("[together]\ngpus = 0+1\nmember = sum,2", 5, "GPU 2 is not in the set 0+1");
	wrong("[together]\ngpus = 0+1\n[together:b]\ngpus = 1+0", 5, "measures the same");
}

/* One GPU that CUDA does not show: what needs it fails by its address, the rest goes on. */
static void test_a_missing_gpu_spoils_its_pairs_only(void **state)
{
	struct machine m;
	struct plan p;
	struct err e = ERR_INIT;

	(void)state;
	make_machine(&m, 3);
	strcpy(m.gpu[1].address, "0000:9a:00.0");
	free(m.row[2].key); /* gpu.1.cuda_ordinal */
	m.row[2].key = mem_strdup("gpu.gone");
	assert_int_equal(
		plan_text(benches, &p, "[suite]\nsummary = s\n[pairing]\n[together]\n", &m, &e), 0);
	assert_int_equal(p.n, 7);
	for (size_t i = 0; i < p.n; i++) {
		bool has_it = i == 6 || p.step[i].gpus.gpu[0] == 1 || p.step[i].gpus.gpu[1] == 1;

		assert_string_equal(p.step[i].row.skip,
				    has_it ? "FAIL:0000:9a:00.0 is on the PCI bus but CUDA does "
					     "not show it"
					   : "");
	}
	plan_free(&p);
	machine_free(&m);
}

/* A bundle's plan on a machine that has lost a GPU never measures another in its place. */
static void test_like_with_a_gpu_less(void **state)
{
	struct bundle_data d = {.dir = "b"};
	struct plan_row row[] = {
		{.bench = "pairing", .label = "", .params = "gpu=0 node=0 peer=2 size=4"},
		{.bench = "pairing", .label = "", .params = "gpu=1 node=1 peer=0 size=4"},
	};
	struct machine m;
	struct plan p;
	struct err e = ERR_INIT;

	(void)state;
	d.plan = row;
	d.n_plan = 2;
	make_machine(&m, 2);
	assert_int_equal(plan_like(&p, &d, benches, &m, false, &e), 0);
	assert_string_equal(p.step[0].row.skip,
			    "FAIL:GPU 2 of the plan is not there: the PCI bus shows 2");
	assert_string_equal(p.step[1].row.skip, "");
	assert_int_equal(p.step[1].gpus.n, 2);
	assert_int_equal(p.step[1].gpus.gpu[0], 1);
	assert_int_equal(p.step[1].gpus.gpu[1], 0);
	plan_free(&p);
	machine_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sets),
		cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_a_gpu_alone_has_no_peer),
		cmocka_unit_test(test_plan_sets),
		cmocka_unit_test(test_wrong_sets_and_pairs),
		cmocka_unit_test(test_a_missing_gpu_spoils_its_pairs_only),
		cmocka_unit_test(test_like_with_a_gpu_less),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
