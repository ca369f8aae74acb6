/* The GPUs of a step, and what a benchmark learns of them, of members and of expectations. */
#include "../../harness/base/mem.h"
#include "../../harness/run/ctx.h"
#include "../../harness/run/gpus.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const struct metric metrics[] = {{.name = "rate"}, {.name = NULL}};

static const struct param pair_params[] = {
	{.name = "gpu", .type = PARAM_GPU, .def = "all"},
	{.name = "peer", .type = PARAM_PEER, .def = "all"},
	{.name = NULL},
};
static const struct bench pairing = {.name = "pairing", .params = pair_params, .metrics = metrics};

static const struct param set_params[] = {
	{.name = "gpus", .type = PARAM_GPUS, .def = "all"},
	{.name = "member", .type = PARAM_MEMBER, .scope = SCOPE_CASE, .def = "all"},
	{.name = NULL},
};
static const struct bench together = {.name = "together", .params = set_params, .metrics = metrics};

struct fixture {
	struct ctx c;
	struct emitter out;
	struct step_args args;
	struct err e;
};

static int begin(struct fixture *f, const struct bench *b, const char *const *params, size_t n)
{
	memset(f, 0, sizeof(*f));
	f->args = (struct step_args){.bench = b->name,
				     .nonce = "N",
				     .arm = "host",
				     .gate = "",
				     .params = params,
				     .n_params = n};
	emit_init(&f->out, open("/dev/null", O_WRONLY | O_CLOEXEC), "N");
	int rc = ctx_init(&f->c, b, &f->args, &f->out, &f->e);

	if (!rc)
		ctx_begin_case(&f->c, 0);
	return rc;
}

static void end(struct fixture *f)
{
	close(f->out.fd);
	buf_free(&f->out.buf);
	ctx_fini(&f->c);
}

static void test_names(void **state)
{
	struct gpus g = {.n = 0};

	(void)state;
	gpus_add(&g, "all");
	gpus_add(&g, "none");
	assert_int_equal(g.n, 0);
	gpus_add(&g, "12");
	gpus_add(&g, "0+1+4");
	assert_int_equal(g.n, 4);
	assert_int_equal(g.gpu[0], 12);
	assert_int_equal(g.gpu[3], 4);
	char *members = gpus_members(&g);
	assert_string_equal(members, "12,0,1,4,sum");
	free(members);
}

static void test_instances(void **state)
{
	static const char *const wrong[] = {"3",      "3:7",  "3:7.0x", "3:-7.0",
					    "3: 7.0", ":7.0", "3:7.0.1"};
	struct gpus g = {.n = 0};
	char mig[MIG_MAX];
	uint64_t gpu;

	(void)state;
	gpus_add(&g, "3:12.1");
	assert_int_equal(g.n, 1);
	assert_int_equal(g.gpu[0], 3);
	assert_string_equal(g.mig, "12.1");
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_int_equal(gpus_instance(wrong[i], &gpu, mig), -22);
}

static void sees(const struct bench *b, const char *const *params, size_t n, const int *want,
		 int n_want)
{
	struct fixture f;
	int gpu[8];

	assert_int_equal(begin(&f, b, params, n), 0);
	assert_int_equal(ctx_gpus(&f.c, gpu, 8), n_want);
	for (int i = 0; i < n_want; i++)
		assert_int_equal(gpu[i], want[i]);
	assert_int_equal(ctx_gpus(&f.c, gpu, 1), n_want > 1 ? 1 : n_want);
	end(&f);
}

static void test_a_process_knows_its_gpus(void **state)
{
	const char *const pair[] = {"peer=0", "gpu=3"}, *const alone[] = {"gpu=5", "peer=none"};
	const char *const set[] = {"gpus=0+1+4"};

	(void)state;
	sees(&pairing, pair, 2, (const int[]){3, 0}, 2);
	sees(&pairing, alone, 2, (const int[]){5}, 1);
	sees(&together, set, 1, (const int[]){0, 1, 4}, 3);
	sees(&together, NULL, 0, NULL, 0); /* no machine: "all" stays a word */
}

/* By hand, too, "all" of the members is each and the sum. */
static void test_members(void **state)
{
	const char *const set[] = {"gpus=0+4"};
	struct fixture f;

	(void)state;
	assert_int_equal(begin(&f, &together, set, 1), 0);
	assert_int_equal(f.c.cases, 3);
	ctx_begin_case(&f.c, 1);
	assert_string_equal(ctx_str(&f.c, "member"), "4");
	ctx_begin_case(&f.c, 2);
	assert_string_equal(f.c.labels, "gpus=0+4,member=sum");
	end(&f);
}

static void test_expectations_are_facts(void **state)
{
	const char *const pair[] = {"gpu=3", "peer=0"};
	struct fixture f;

	(void)state;
	assert_int_equal(begin(&f, &pairing, pair, 2), 0);
	ctx_expect(&f.c, "link", "rate", "gpu", "Gen3 x16", "Gen5 x16", "made up");
	const char *rows = buf_str(&f.out.buf);
	assert_non_null(strstr(rows, "found.link,rate,gpu=3,Gen3 x16,"));
	assert_non_null(strstr(rows, "wanted.link,rate,gpu=3,Gen5 x16,"));
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_instances),
		cmocka_unit_test(test_a_process_knows_its_gpus),
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_expectations_are_facts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
