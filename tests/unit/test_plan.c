/* Expansion, gates and plans on a made-up benchmark and a made-up machine. */
#include "plan_case.h"
#include "../../harness/formats/key.h"
#include "../../harness/run/gate.h"

static const struct param params[] = {
	{.name = "gpu", .type = PARAM_GPU, .scope = SCOPE_STEP, .def = "all"},
	{.name = "node", .type = PARAM_NODE, .scope = SCOPE_STEP, .def = "local"},
	{.name = "memory",
	 .type = PARAM_ENUM,
	 .choices = "pinned|pageable",
	 .scope = SCOPE_CASE,
	 .def = "all"},
	{.name = "size",
	 .type = PARAM_SIZE,
	 .min = 4,
	 .max = 1 << 30,
	 .scope = SCOPE_CASE,
	 .def = "4KiB..1MiB*4"},
	{.name = "rounds",
	 .type = PARAM_INT,
	 .min = 1,
	 .max = 100,
	 .scope = SCOPE_CASE,
	 .def = "1",
	 .option = true},
	{.name = NULL},
};
static const struct bench moving = {
	.name = "moving", .summary = "moves", .params = params, .metrics = metrics, .run = nothing};

static const struct bench *const benches[] = {&moving, NULL};

static void expands(const char *param, const char *text, const char *expected)
{
	const struct param *p = params;

	while (strcmp(p->name, param))
		p++;
	expands_as(&moving, p, text, expected);
}

static void test_paths(void **state)
{
	static const struct param dir = {.name = "dir", .type = PARAM_PATH, .option = true};

	(void)state;
	expands_as(&moving, &dir, "/", "/");
	expands_as(&moving, &dir, "/mnt/a_b-c.d/E9", "/mnt/a_b-c.d/E9");
	expands_as(&moving, &dir, "/a/../b", "/a/../b"); /* no range */
	expands_as(&moving, &dir, "all", NULL);
	expands_as(&moving, &dir, "tmp", NULL);
	expands_as(&moving, &dir, "/with blank", NULL);
	expands_as(&moving, &dir, "/with\"quote", NULL);
	expands_as(&moving, &dir, "", NULL);
}

static void test_expand(void **state)
{
	(void)state;
	expands("size", "4KiB..64KiB*4", "4096,16384,65536");
	expands("size", "4, 8KiB ,1MiB", "4,8192,1048576");
	expands("size", "1KiB..8KiB", "1024,2048,4096,8192");
	expands("size", "4..10+3", "4,7,10");
	expands("size", "1GiB..1GiB*2", "1073741824");
	expands("rounds", "1..3", "1,2,3");
	expands("rounds", "1..64*8", "1,8,64");
	expands("memory", "all", "pinned,pageable");
	expands("memory", "pageable", "pageable");
	expands("gpu", "all", "all");
	expands("node", "local", "local");
	expands("size", "4KiB..1KiB", NULL);
	expands("size", "4KiB..8KiB*1", NULL);
	expands("size", "4..8+0", NULL);
	expands("size", "2", NULL);
	expands("size", "4KB", NULL);
	expands("size", "4,,8", NULL);
	expands("size", "4,4", NULL);
	expands("size", "4..", NULL);
	expands("memory", "pinned,all", NULL);
	expands("rounds", "101", NULL);
	expands("rounds", "all", NULL);
}

static void test_plan_steps(void **state)
{
	struct machine m;
	struct plan p;
	struct err e = ERR_INIT;

	(void)state;
	make_machine(&m, 3);
	assert_int_equal(
		plan_text(benches, &p,
			  "[suite]\nsummary = s\ngate = moving.bandwidth{memory=pinned,size=1MiB}\n"
			  "[moving]\nprocesses = 2\n",
			  &m, &e),
		0);
	assert_int_equal(p.n, 3);
	assert_string_equal(p.gate, "moving.bandwidth{memory=pinned,size=1048576}");
	assert_string_equal(p.step[1].row.params, "gpu=1 memory=pinned,pageable node=1 rounds=1 "
						  "size=4096,16384,65536,262144,1048576");
	assert_string_equal(p.step[2].row.params + 0,
			    "gpu=2 memory=pinned,pageable node=0 rounds=1 "
			    "size=4096,16384,65536,262144,1048576");
	assert_int_equal(p.step[1].cases, 10);
	assert_int_equal(p.step[1].gpus.n, 1);
	assert_int_equal(p.step[1].gpus.gpu[0], 1);
	assert_int_equal(p.step[1].row.processes, 2);
	assert_string_equal(p.step[1].row.skip, "");
	assert_true(plan_estimate_s(&p) > 6);
	plan_free(&p);
	machine_free(&m);
}

static void test_plan_without_gpu(void **state)
{
	struct machine m;
	struct plan p;
	struct err e = ERR_INIT;

	(void)state;
	make_machine(&m, 0);
	assert_int_equal(
		plan_text(benches, &p, "[suite]\nsummary = s\n[moving]\nsize = 4\n", &m, &e), 0);
	assert_int_equal(p.n, 1);
	assert_string_equal(p.step[0].row.skip, "SKIP:no NVIDIA GPU on the PCI bus");
	plan_free(&p);
	machine_free(&m);
}

static void refused(struct machine *m, size_t gpu, const char *key, const char *value,
		    const char *status, const char *part)
{
	struct plan p;
	struct err e = ERR_INIT;
	char *before = machine_value(m, key) ? mem_strdup(machine_value(m, key)) : NULL;

	machine_add(m, key, value, "test");
	assert_int_equal(
		plan_text(benches, &p, "[suite]\nsummary = s\n[moving]\nsize = 4\n", m, &e), 0);
	assert_memory_equal(p.step[gpu].row.skip, status, strlen(status));
	assert_non_null(strstr(p.step[gpu].row.skip, part));
	plan_free(&p);
	machine_add(m, key, before ? before : "", "test");
	free(before);
}

static void test_gpu_problems(void **state)
{
	struct machine m;

	(void)state;
	make_machine(&m, 2);
	refused(&m, 1, "cuda.status", "the driver is too old",
		"FAIL:", "0000:18:00.0: CUDA cannot be used");
	refused(&m, 0, "cuda.status", "built without nvcc", "SKIP:", "built without nvcc");
	refused(&m, 0, "nvml.status", "no libnvidia-ml.so.1", "FAIL:", "--force=nvml");
	machine_add(&m, "driver.version", "580.1", "test");
	refused(&m, 0, "driver.kernel_module", "570.1", "FAIL:", "kernel module is 570.1");
	machine_free(&m);
}

static void test_gpu_missing_in_cuda(void **state)
{
	struct machine m;
	enum status s = ST_PASS;

	(void)state;
	make_machine(&m, 1);
	m.gpu = realloc(m.gpu, 2 * sizeof(*m.gpu));
	m.gpu[1] = m.gpu[0];
	strcpy(m.gpu[1].address, "0000:9a:00.0");
	m.n_gpus = 2;
	char *why = machine_gpu_problem(&m, 1, "", false, &s);
	assert_int_equal(s, ST_FAIL);
	assert_string_equal(why, "0000:9a:00.0 is on the PCI bus but CUDA does not show it");
	free(why);
	assert_null(machine_gpu_problem(&m, 0, "", false, &s));
	machine_free(&m);
}

static void test_gates(void **state)
{
	(void)state;
	const char *params_a = "gpu=1 memory=pinned,pageable size=4,8";

	assert_true(gate_share("moving.bandwidth{memory=pinned,size=4}", "moving", params_a) ==
		    0.25);
	assert_true(gate_share("moving.bandwidth{size=16}", "moving", params_a) == 0);
	assert_true(gate_share("other.bandwidth{}", "moving", params_a) == 0);
	assert_true(key_matches("a.b{} moving.bandwidth{size=4}", "moving", NULL, "gpu=1,size=4"));
	assert_false(
		key_matches("a.b{} moving.bandwidth{size=4}", "moving", NULL, "gpu=1,size=40"));
	assert_false(key_matches("moving.bandwidth{}", "moving", "latency", "gpu=1"));
	assert_true(gate_params_overlap(&moving, "gpu=1 memory=pinned node=0 size=4,8",
					"gpu=1 memory=pinned,pageable node=0 size=8,16"));
	assert_false(gate_params_overlap(&moving, "gpu=1 memory=pinned node=0 size=4",
					 "gpu=1 memory=pinned node=0 size=8"));
	char *words = gate_words("  a \t b  c ");
	assert_string_equal(words, "a b c");
	free(words);
}

/* Only equal halves are a case. */
static const struct param half_params[] = {
	{.name = "a", .type = PARAM_INT, .scope = SCOPE_CASE, .def = "1..4+1"},
	{.name = "b", .type = PARAM_INT, .scope = SCOPE_CASE, .def = "1..4+1"},
	{.name = NULL},
};
static bool equal_halves(const struct ctx *c)
{
	return ctx_u64(c, "a") == ctx_u64(c, "b");
}
static const struct bench halves = {.name = "halves",
				    .summary = "not all goes together",
				    .params = half_params,
				    .metrics = metrics,
				    .applies = equal_halves,
				    .run = nothing};

/* What is no case is not counted; the values stay as they were written. */
static void test_not_all_are_cases(void **state)
{
	static const struct bench *const only[] = {&halves, NULL};
	struct machine m;
	struct plan p;
	struct err e = ERR_INIT;

	(void)state;
	make_machine(&m, 1);
	assert_int_equal(plan_text(only, &p,
				   "[suite]\nsummary = s\n[halves]\n"
				   "[halves:b]\na = 5,6,7\nb = 6\n",
				   &m, &e),
			 0);
	assert_int_equal(p.n, 2);
	assert_int_equal(p.step[0].cases, 4);
	assert_string_equal(p.step[0].row.params, "a=1,2,3,4 b=1,2,3,4");
	assert_int_equal(p.step[1].cases, 1);
	plan_free(&p);
	assert_int_equal(
		plan_text(only, &p, "[suite]\nsummary = s\n[halves]\na = 1,2\nb = 3\n", &m, &e),
		-22);
	assert_non_null(strstr(e.text, "none of these values go together"));
	assert_int_equal(e.line, 3);
	plan_free(&p);
	machine_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_expand),	     cmocka_unit_test(test_paths),
		cmocka_unit_test(test_plan_steps),   cmocka_unit_test(test_plan_without_gpu),
		cmocka_unit_test(test_gpu_problems), cmocka_unit_test(test_gpu_missing_in_cuda),
		cmocka_unit_test(test_gates),	     cmocka_unit_test(test_not_all_are_cases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
