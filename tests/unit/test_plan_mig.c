/* MIG instances in suites and plans: GPU 0 holds 1.0 and 2.0, GPU 1 is whole, GPU 2 holds 7.0. */
#include "../../harness/base/mem.h"
#include "../../harness/run/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int nothing(struct ctx *c, struct err *e)
{
	(void)c, (void)e;
	return 0;
}

static const struct metric metrics[] = {{.name = "rate", .unit = "1", .cls = "info"},
					{.name = NULL}};

static const struct param one_params[] = {
	{.name = "gpu", .type = PARAM_GPU, .def = "all"},
	{.name = "node", .type = PARAM_NODE, .def = "local"},
	{.name = NULL},
};
static const struct bench one = {
	.name = "one", .summary = "one", .params = one_params, .metrics = metrics, .run = nothing};

static const struct param pair_params[] = {
	{.name = "gpu", .type = PARAM_GPU, .def = "all"},
	{.name = "peer", .type = PARAM_PEER, .def = "all"},
	{.name = NULL},
};
static const struct bench pair = {.name = "pair",
				  .summary = "pair",
				  .params = pair_params,
				  .metrics = metrics,
				  .run = nothing};

static const struct param set_params[] = {
	{.name = "gpus", .type = PARAM_GPUS, .def = "all"},
	{.name = NULL},
};
static const struct bench set = {
	.name = "set", .summary = "set", .params = set_params, .metrics = metrics, .run = nothing};

static const struct bench *const benches[] = {&one, &pair, &set, NULL};

#define NOT_APPLICABLE "SKIP:not applicable: MIG is on (no peer access, no CUDA IPC)"

/* mig: instances of each GPU, NULL where MIG is off. */
static void make_machine(struct machine *m, const char *const *mig, size_t gpus)
{
	memset(m, 0, sizeof(*m));
	m->topo.nodes = mem_zalloc(2, sizeof(*m->topo.nodes));
	m->topo.n_nodes = 2;
	for (int i = 0; i < 2; i++)
		m->topo.nodes[i] = (struct topo_node){.id = i, .mem_total_bytes = 1 << 30};
	m->gpu = mem_zalloc(gpus, sizeof(*m->gpu));
	m->n_gpus = gpus;
	for (size_t i = 0; i < gpus; i++) {
		char key[64], *list = mem_strdup(mig[i] ? mig[i] : ""), *save = NULL;

		snprintf(m->gpu[i].address, sizeof(m->gpu[i].address), "0000:%02zx:00.0", 0x17 + i);
		m->gpu[i].numa_node = (int)(i % 2);
		snprintf(key, sizeof(key), "gpu.%zu.mig_current", i);
		machine_add(m, key, mig[i] ? "on" : "off", "test");
		snprintf(key, sizeof(key), "gpu.%zu.%s", i,
			 mig[i] ? "mig_instances" : "cuda_ordinal");
		machine_add(m, key, mig[i] ? mig[i] : "0", "test");
		snprintf(key, sizeof(key), "gpu.%zu.mem_used", i);
		machine_add(m, key, "0", "test");
		for (char *w = strtok_r(list, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
			snprintf(key, sizeof(key), "gpu.%zu.mig.%s.uuid", i, w);
			machine_add(m, key, "MIG-x", "test");
		}
		free(list);
	}
	machine_add(m, "cuda.status", "ok", "test");
	machine_add(m, "nvml.status", "ok", "test");
}

static const char *const usual[] = {"1.0 2.0", NULL, "7.0"};

static int plan_text(struct plan *p, const char *section, const struct machine *m, struct err *e)
{
	char *text = mem_printf("[suite]\nsummary = s\n%s\n", section);
	struct plan_options o = {0};
	struct suite s;
	int rc = suite_parse(&s, "t.ini", text, strlen(text), e);

	free(text);
	if (rc)
		return rc;
	rc = plan_make(p, &s, benches, m, &o, e);
	suite_free(&s);
	return rc;
}

/* The steps of a section as "PARAMS SKIP" lines. */
static void plans(const char *const *mig, size_t gpus, const char *section, const char *const *want,
		  size_t n)
{
	struct machine m;
	struct plan p;
	struct err e = ERR_INIT;

	make_machine(&m, mig, gpus);
	assert_int_equal(plan_text(&p, section, &m, &e), 0);
	assert_int_equal(p.n, n);
	for (size_t i = 0; i < n; i++) {
		char *line = mem_printf("%s %s", p.step[i].row.params, p.step[i].row.skip);

		assert_string_equal(line, want[i]);
		free(line);
	}
	plan_free(&p);
	machine_free(&m);
}

static void refused(const char *section, const char *says)
{
	struct machine m;
	struct plan p;
	struct err e = ERR_INIT;

	make_machine(&m, usual, 3);
	assert_int_equal(plan_text(&p, section, &m, &e), -22);
	assert_string_equal(e.file, "t.ini");
	assert_int_equal(e.line, 4);
	if (!strstr(e.text, says))
		fail_msg("\"%s\" does not say \"%s\"", e.text, says);
	machine_free(&m);
}

/* Instances where MIG is on, with the node of their GPU. */
static void test_all(void **state)
{
	static const char *const want[] = {"gpu=0:1.0 node=0 ", "gpu=0:2.0 node=0 ",
					   "gpu=1 node=1 ", "gpu=2:7.0 node=0 "};
	static const char *const named[] = {"gpu=2:7.0 node=0 ", "gpu=1 node=1 "};

	(void)state;
	plans(usual, 3, "[one]", want, 4);
	plans(usual, 3, "[one]\ngpu = 2:7.0, 1", named, 2);
}

static void test_what_a_step_sees(void **state)
{
	struct machine m;
	struct plan p;
	struct err e = ERR_INIT;

	(void)state;
	make_machine(&m, usual, 3);
	assert_int_equal(plan_text(&p, "[one]\ngpu = 2:07.0", &m, &e), 0);
	assert_string_equal(p.step[0].row.params, "gpu=2:7.0 node=0"); /* in one spelling */
	assert_int_equal(p.step[0].gpus.n, 1);
	assert_int_equal(p.step[0].gpus.gpu[0], 2);
	assert_string_equal(p.step[0].gpus.mig, "7.0");
	plan_free(&p);
	machine_free(&m);
}

static void test_refusals(void **state)
{
	(void)state;
	refused("[one]\ngpu = 0",
		"GPU 0 is divided (MIG is on): name its instances 0:1.0, 0:2.0, or all");
	refused("[one]\ngpu = 0:3.0", "there is no MIG instance 0:3.0; GPU 0 has 0:1.0, 0:2.0");
	refused("[one]\ngpu = 1:7.0", "1:7.0: GPU 1 is not divided (MIG is off); write 1");
	refused("[one]\ngpu = 3:7.0", "there is no GPU 3; this machine has 3");
	refused("[one]\ngpu = 0:1", "\"0:1\" is no MIG instance");
	refused("[one]\ngpu = 0:1.0x", "\"0:1.0x\" is no MIG instance");
	refused("[one]\ngpu = 0:1.0,0:1.0", "stands twice");
	refused("[pair]\npeer = 0", "GPU 0 is divided (MIG is on): no peer access");
	refused("[set]\ngpus = 0+1", "GPU 0 is divided (MIG is on): no peer access");
}

/* Nothing for several GPUs is measured on an instance; one step each says so. */
static void test_pairs_and_sets(void **state)
{
	static const char *const none[] = {NULL, NULL}, *const all[] = {"1.0", "2.0"};
	static const char *const mixed[] = {"1.0", NULL, NULL};
	static const char *const alone[] = {
		"gpu=0:1.0 peer=none " NOT_APPLICABLE, "gpu=0:2.0 peer=none " NOT_APPLICABLE,
		"gpu=1 peer=none ", "gpu=2:7.0 peer=none " NOT_APPLICABLE};
	static const char *const others[] = {("gpu=0:1.0 peer=none " NOT_APPLICABLE),
					     "gpu=1 peer=2 ", "gpu=2 peer=1 "};
	static const char *const two[] = {"gpu=0 peer=1 ", "gpu=1 peer=0 "};
	static const char *const one_set[] = {"gpus=1 "}, *const both[] = {"gpus=0+1 "},
				 *const no_set[] = {"gpus=all " NOT_APPLICABLE};

	(void)state;
	plans(usual, 3, "[pair]", alone, 4);
	plans(mixed, 3, "[pair]", others, 3);
	plans(none, 2, "[pair]", two, 2);
	plans(usual, 3, "[set]", one_set, 1);
	plans(none, 2, "[set]", both, 1);
	plans(all, 2, "[set]", no_set, 1);
}

static void test_empty(void **state)
{
	static const char *const empty[] = {""};
	static const char *const want[] = {"gpu=0 node=0 FAIL:0000:17:00.0: MIG is on and it has "
					   "no instance: nvidia-smi mig -cgi "
					   "PROFILE -C makes one, nvidia-smi -mig 0 turns MIG off"};

	(void)state;
	plans(empty, 1, "[one]", want, 1);
}

/* A bundle's plan on a machine that was divided otherwise since. */
static void test_like(void **state)
{
	struct plan_row row[] = {{.bench = "one", .label = "", .params = "gpu=0:1.0 node=0"},
				 {.bench = "one", .label = "", .params = "gpu=0:9.0 node=0"},
				 {.bench = "one", .label = "", .params = "gpu=1:1.0 node=1"},
				 {.bench = "one", .label = "", .params = "gpu=2 node=0"},
				 {.bench = "one", .label = "", .params = "gpu=5:1.0 node=0"}};
	static const char *const want[] = {
		"", "FAIL:0000:17:00.0 has no MIG instance 9.0; it has 0:1.0, 0:2.0",
		"FAIL:0000:18:00.0 has no MIG instance 1.0: MIG is off",
		"FAIL:0000:19:00.0: MIG is on, so its instances are what can be measured: 2:7.0",
		"FAIL:GPU 5 of the plan is not there: the PCI bus shows 3"};
	struct bundle_data d = {.dir = "b", .plan = row, .n_plan = 5};
	struct machine m;
	struct plan p;
	struct err e = ERR_INIT;

	(void)state;
	make_machine(&m, usual, 3);
	assert_int_equal(plan_like(&p, &d, benches, &m, false, &e), 0);
	for (size_t i = 0; i < 5; i++)
		assert_string_equal(p.step[i].row.skip, want[i]);
	plan_free(&p);
	machine_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all),	 cmocka_unit_test(test_what_a_step_sees),
		cmocka_unit_test(test_refusals), cmocka_unit_test(test_pairs_and_sets),
		cmocka_unit_test(test_empty),	 cmocka_unit_test(test_like),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
