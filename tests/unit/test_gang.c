/*
 * A gang of this very program: orders, answers, deaths and silence. Started as "member …" it
 * serves, as "rank PATH N" it is another rank of a launcher.
 */
#include "fake_ctx.h"

#include "../../harness/base/clock.h"
#include "../../harness/base/mem.h"
#include "../../kernels/gang.h"
#include "../../kernels/gang_ranks.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ECHO, FAIL, DIE, HANG, PRINT, ENVIRON, PID };

static const struct param no_params[] = {{.name = NULL}};
static const struct bench bench_fake = {.name = "fake", .params = no_params};
static char self[4096];

/* ---- the member ---- */

static int act(void *state, struct gang_turn *t, struct err *e)
{
	unsigned *turns = state;
	const char *v = getenv("GANG_TEST");
	pid_t pid = getpid();

	++*turns;
	switch (t->what) {
	case ECHO:
		memcpy(t->answer, t->data, t->n);
		((unsigned char *)t->answer)[0] = (unsigned char)(10 * t->rank + *turns);
		t->answer_bytes = t->n;
		return 0;
	case FAIL:
		return t->rank == 1 ? err_set(e, ENODEV, "rank %u of %u has none", t->rank, t->size)
				    : 0;
	case DIE:
		return t->rank == 2 ? kill(pid, SIGKILL) : 0;
	case HANG:
		while (t->rank == 0)
			pause();
		return 0;
	case PRINT:
		printf("line of %u\nsecond", t->rank);
		fflush(stdout);
		return 0;
	case ENVIRON:
		t->answer_bytes = (size_t)snprintf(t->answer, GANG_DATA_BYTES, "%s", v ? v : "-");
		return 0;
	default:
		memcpy(t->answer, &pid, sizeof(pid));
		t->answer_bytes = sizeof(pid);
		return 0;
	}
}

static const struct gang_role role = {.state_bytes = sizeof(unsigned), .act = act};

static int be_member(int argc, char **argv)
{
	unsigned rank = 0, size = 0;

	for (int i = 2; i < argc; i++) {
		sscanf(argv[i], "--rank=%u", &rank);
		sscanf(argv[i], "--size=%u", &size);
	}
	return gang_serve(&role, 3, rank, size);
}

/* ---- helpers ---- */

static const char *const name[] = {"GPU 4", "GPU 5", "GPU 6", "GPU 7"};

static struct ctx *context(void)
{
	struct ctx *c = calloc(1, sizeof(*c));

	c->bench = &bench_fake;
	c->self = self;
	c->case_seed = 9;
	return c;
}

static struct gang *start(struct ctx *c, unsigned size)
{
	struct gang_spec s = {.bench = "fake", .size = size, .name = name};
	struct err e = ERR_INIT;
	struct gang *g;

	if (gang_start(&g, c, &s, &e))
		fail_msg("%s", e.text);
	return g;
}

static bool is_there(pid_t pid)
{
	return !kill(pid, 0);
}

static bool goes(pid_t pid)
{
	for (int i = 0; i < 500 && is_there(pid); i++)
		clock_wall_sleep_ns(10000000);
	return !is_there(pid);
}

static pid_t pid_of(const struct gang *g, unsigned i)
{
	pid_t pid;

	memcpy(&pid, gang_answer(g, i)->data, sizeof(pid));
	return pid;
}

/* ---- tests ---- */

static void orders_reach_all_and_answers_come_back(void **state)
{
	struct ctx *c = context();
	struct gang *g = start(c, 4);
	struct err e = ERR_INIT;
	pid_t pid[4];

	for (int turn = 1; turn <= 3; turn++) {
		assert_int_equal(gang_order(g, ECHO, "abcd", 4, 10, &e), 0);
		for (unsigned i = 0; i < 4; i++) {
			assert_int_equal(gang_answer(g, i)->bytes, 4);
			assert_int_equal(gang_answer(g, i)->data[0], 10 * (int)i + turn);
			assert_memory_equal(gang_answer(g, i)->data + 1, "bcd", 3);
		}
	}
	assert_int_equal(gang_order(g, PID, NULL, 0, 10, &e), 0);
	for (unsigned i = 0; i < 4; i++)
		pid[i] = pid_of(g, i);
	gang_stop(g);
	for (unsigned i = 0; i < 4; i++)
		assert_false(is_there(pid[i])); /* reaped, too */
	free(c);
}

static void an_error_has_a_name(void **state)
{
	struct ctx *c = context();
	struct gang *g = start(c, 3);
	struct err e = ERR_INIT;

	assert_int_equal(gang_order(g, FAIL, NULL, 0, 10, &e), -ENODEV);
	assert_string_equal(e.text, "GPU 5: rank 1 of 3 has none");
	assert_int_equal(gang_answer(g, 0)->code, 0);
	err_clear(&e);
	assert_int_equal(gang_order(g, ECHO, "x", 1, 10, &e), 0); /* and life goes on */
	gang_stop(g);
	free(c);
}

static void a_death_has_a_name(void **state)
{
	struct ctx *c = context();
	struct gang *g = start(c, 4);
	struct err e = ERR_INIT;

	assert_int_equal(gang_order(g, DIE, NULL, 0, 10, &e), -EPIPE);
	assert_non_null(strstr(e.text, "GPU 6: its process was killed by signal 9"));
	err_clear(&e);
	assert_int_equal(gang_order(g, ECHO, "x", 1, 10, &e), -EPIPE); /* it stays dead */
	assert_int_equal(gang_answer(g, 3)->data[0], 30 + 2);
	gang_stop(g);
	free(c);
}

static void silence_has_a_name_and_an_end(void **state)
{
	struct ctx *c = context();
	struct gang *g = start(c, 3);
	struct err e = ERR_INIT;
	pid_t pid;

	assert_int_equal(gang_order(g, PID, NULL, 0, 10, &e), 0);
	pid = pid_of(g, 0);
	assert_int_equal(gang_order(g, HANG, NULL, 0, 0.3, &e), -ETIMEDOUT);
	assert_string_equal(e.text, "GPU 4: no answer within 0.3 s");
	gang_stop(g);
	assert_false(is_there(pid));
	free(c);
}

static void keep_line(void *arg, unsigned member, const char *line)
{
	char *all = arg;
	size_t n = strlen(all);

	snprintf(all + n, 400 - n, "%u:%s;", member, line);
}

static void lines_come_with_the_answer(void **state)
{
	char all[400] = "";
	struct gang_spec s = {
		.bench = "fake", .size = 2, .name = name, .on_line = keep_line, .arg = all};
	struct ctx *c = context();
	struct err e = ERR_INIT;
	struct gang *g;

	assert_int_equal(gang_start(&g, c, &s, &e), 0);
	assert_int_equal(gang_order(g, PRINT, NULL, 0, 10, &e), 0);
	assert_non_null(strstr(all, "0:line of 0;"));
	assert_non_null(strstr(all, "1:line of 1;"));
	assert_null(strstr(all, "second")); /* it has no end yet */
	gang_stop(g);
	free(c);
}

static void environment_is_changed(void **state)
{
	const char *const set[] = {"GANG_TEST=new", NULL}, *const unset[] = {"GANG_TEST", NULL};
	const struct {
		const char *const *env;
		const char *drop, *want;
	} cases[] = {{NULL, NULL, "old"},
		     {set, NULL, "new"},
		     {unset, NULL, "-"},
		     {NULL, "GANG_", "-"},
		     {set, "GANG_", "new"}};
	struct err e = ERR_INIT;

	setenv("GANG_TEST", "old", 1);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct gang_spec s = {.bench = "fake",
				      .size = 1,
				      .name = name,
				      .env = cases[i].env,
				      .drop = cases[i].drop};
		struct ctx *c = context();
		struct gang *g;

		assert_int_equal(gang_start(&g, c, &s, &e), 0);
		assert_int_equal(gang_order(g, ENVIRON, NULL, 0, 10, &e), 0);
		assert_string_equal((const char *)gang_answer(g, 0)->data, cases[i].want);
		gang_stop(g);
		free(c);
	}
	unsetenv("GANG_TEST");
}

/* A process with a gang that is killed: its members go, one of them although it hangs. */
static void members_die_with_the_step(void **state)
{
	int ends[2], status;
	pid_t step, pid[3];

	assert_int_equal(pipe(ends), 0);
	step = fork();
	if (step == 0) {
		struct ctx *c = context();
		struct gang *g = start(c, 3);
		struct err e = ERR_INIT;

		gang_order(g, PID, NULL, 0, 10, &e);
		for (unsigned i = 0; i < 3; i++)
			pid[i] = pid_of(g, i);
		if (write(ends[1], pid, sizeof(pid)) != sizeof(pid))
			_exit(1);
		gang_order(g, HANG, NULL, 0, 60, &e);
		_exit(0);
	}
	assert_int_equal(read(ends[0], pid, sizeof(pid)), sizeof(pid));
	for (int i = 0; i < 3; i++)
		assert_true(is_there(pid[i]));
	kill(step, SIGKILL);
	waitpid(step, &status, 0);
	for (int i = 0; i < 3; i++)
		assert_true(goes(pid[i]));
	close(ends[0]);
	close(ends[1]);
}

/* ---- members that a launcher has started ---- */

static int be_rank(char **argv)
{
	struct err e = ERR_INIT;
	int rc;

	while ((rc = gang_ranks_serve(argv[2], (unsigned)atoi(argv[3]), argv[0], &e)) == -EAGAIN)
		clock_wall_sleep_ns(10000000);
	return rc ? 1 : 0;
}

static void other_ranks_are_members(void **state)
{
	char path[64], number[2][4] = {"1", "2"};
	struct ctx *c = context();
	struct err e = ERR_INIT;
	struct gang *g;
	pid_t rank[2];
	int status;

	snprintf(path, sizeof(path), "/tmp/assay-gang-%d", (int)getpid());
	for (int i = 0; i < 2; i++) {
		rank[i] = fork();
		if (rank[i] == 0)
			execl(self, self, "rank", path, number[i], NULL);
	}
	c->rendezvous = path;
	c->ranks = 3;
	g = start(c, 3);
	assert_int_equal(gang_order(g, ECHO, "ab", 2, 10, &e), 0);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(gang_answer(g, i)->data[0], 10 * (int)i + 1);
	assert_int_equal(gang_order(g, FAIL, NULL, 0, 10, &e), -ENODEV);
	assert_string_equal(e.text, "GPU 5: rank 1 of 3 has none");
	gang_stop(g);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(waitpid(rank[i], &status, 0), rank[i]);
		assert_int_equal(status, 0);
	}
	assert_int_equal(access(path, F_OK), -1); /* nothing is left */
	free(c);
}

static void a_wrong_number_of_ranks_is_refused(void **state)
{
	struct gang_spec s = {.bench = "fake", .size = 4, .name = name};
	struct ctx *c = context();
	struct err e = ERR_INIT;
	struct gang *g;

	c->rendezvous = "/tmp/assay-gang-none";
	c->ranks = 2;
	assert_int_equal(gang_start(&g, c, &s, &e), -EINVAL);
	assert_non_null(strstr(e.text, "the launcher started 2 ranks, and this wants 4"));
	gang_stop(g);
	free(c);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(orders_reach_all_and_answers_come_back),
		cmocka_unit_test(an_error_has_a_name),
		cmocka_unit_test(a_death_has_a_name),
		cmocka_unit_test(silence_has_a_name_and_an_end),
		cmocka_unit_test(lines_come_with_the_answer),
		cmocka_unit_test(environment_is_changed),
		cmocka_unit_test(members_die_with_the_step),
		cmocka_unit_test(other_ranks_are_members),
		cmocka_unit_test(a_wrong_number_of_ranks_is_refused),
	};
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (argc > 2 && !strcmp(argv[1], "member"))
		return be_member(argc, argv);
	if (argc > 3 && !strcmp(argv[1], "rank"))
		return be_rank(argv);
	self[n > 0 ? n : 0] = '\0';
	return cmocka_run_group_tests(tests, NULL, NULL);
}
