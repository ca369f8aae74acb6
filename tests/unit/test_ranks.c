/* Runs that a launcher started once a rank: who says so, and how ranks find and leave each other.
 */
#include "../../harness/run/ranks.h"
#include "../../harness/base/clock.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/assay-ranks-XXXXXX";

static void forget(void)
{
	static const char *const names[] = {
		"SLURM_PROCID",	  "SLURM_NTASKS",	  "SLURM_STEP_NUM_TASKS",
		"SLURM_STEP_ID",  "SLURM_JOB_ID",	  "RANK",
		"WORLD_SIZE",	  "OMPI_COMM_WORLD_RANK", "MASTER_PORT",
		"PMIX_NAMESPACE", "OMPI_COMM_WORLD_SIZE", "JOB_COMPLETION_INDEX",
		"MASTER_ADDR",	  "ASSAY_RENDEZVOUS"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unsetenv(names[i]);
}

/* Reads after setting "NAME=VALUE NAME=VALUE". */
static int with(const char *variables, struct ranks *r, struct err *e)
{
	char copy[256], *save = NULL;

	forget();
	snprintf(copy, sizeof(copy), "%s", variables);
	for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		char *eq = strchr(w, '=');

		*eq = '\0';
		setenv(w, eq + 1, 1);
	}
	return ranks_read(r, e);
}

static void launchers_are_known(void **state)
{
	static const struct {
		const char *variables, *from;
		unsigned rank, size;
		const char *in_path;
	} cases[] = {
		{"", "", 0, 1, ""},
		{"SLURM_JOB_ID=77 SLURM_STEP_ID=2 SLURM_PROCID=3 SLURM_STEP_NUM_TASKS=8",
		 "SLURM_PROCID", 3, 8, "slurm-77.2"},
		{"SLURM_JOB_ID=77 SLURM_STEP_ID=2 SLURM_PROCID=3 SLURM_NTASKS=8", "SLURM_PROCID", 3,
		 8, "slurm-77.2"},
		/* a batch script: one process, whatever the job has */
		{"SLURM_JOB_ID=77 SLURM_PROCID=0 SLURM_NTASKS=8", "", 0, 1, ""},
		{"OMPI_COMM_WORLD_RANK=1 OMPI_COMM_WORLD_SIZE=2 PMIX_NAMESPACE=a/b@1",
		 "OMPI_COMM_WORLD_RANK", 1, 2, "a_b@1"},
		{"RANK=0 WORLD_SIZE=4 MASTER_ADDR=localhost MASTER_PORT=29500", "RANK", 0, 4,
		 "29500"},
		{"JOB_COMPLETION_INDEX=5 WORLD_SIZE=8", "JOB_COMPLETION_INDEX", 5, 8, "parent-"},
		{"JOB_COMPLETION_INDEX=5", "", 0, 1, ""},
		{"RANK=2 WORLD_SIZE=4 ASSAY_RENDEZVOUS=/tmp/here", "RANK", 2, 4, "/tmp/here"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err e = ERR_INIT;
		struct ranks r;

		assert_int_equal(with(cases[i].variables, &r, &e), 0);
		assert_string_equal(r.from, cases[i].from);
		assert_int_equal(r.rank, cases[i].rank);
		assert_int_equal(r.size, cases[i].size);
		assert_non_null(strstr(r.path, cases[i].in_path));
	}
}

static void nonsense_is_refused(void **state)
{
	static const char *const cases[] = {"RANK=4 WORLD_SIZE=4", "RANK=x WORLD_SIZE=4",
					    "RANK=-1 WORLD_SIZE=4", "RANK=0 WORLD_SIZE=65"};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err e = ERR_INIT;
		struct ranks r;

		assert_int_equal(with(cases[i], &r, &e), -EINVAL);
		assert_non_null(strstr(e.text, "RANK="));
	}
}

/* A rank in a child; waits at most 20 s for its end. */
static pid_t follower(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		struct err e = ERR_INIT;
		struct ranks r;

		alarm(20);
		if (with("RANK=1 WORLD_SIZE=2 MASTER_PORT=7", &r, &e))
			_exit(2);
		_exit(ranks_serve(&r, "/bin/false", &e) ? 1 : 0);
	}
	return pid;
}

static void others_end_with_rank_0(void **state)
{
	struct err e = ERR_INIT;
	struct ranks r;
	pid_t before = follower(), after; /* it may come before rank 0 is there */
	int status;

	assert_int_equal(with("RANK=0 WORLD_SIZE=2 MASTER_PORT=7", &r, &e), 0);
	assert_int_equal(ranks_lead(&r, &e), 0);
	after = follower();
	clock_wall_sleep_ns(300000000);
	assert_int_equal(waitpid(before, &status, WNOHANG), 0); /* they wait */
	assert_int_equal(waitpid(after, &status, WNOHANG), 0);
	ranks_end(&r);
	for (int i = 0; i < 2; i++) {
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
}

static void a_killed_rank_0_leaves_nobody(void **state)
{
	pid_t leader = fork(), rank;
	int status;

	if (leader == 0) {
		struct err e = ERR_INIT;
		struct ranks r;

		alarm(20);
		if (with("RANK=0 WORLD_SIZE=2 MASTER_PORT=7", &r, &e) || ranks_lead(&r, &e))
			_exit(2);
		pause();
	}
	rank = follower();
	clock_wall_sleep_ns(300000000);
	kill(leader, SIGKILL);
	waitpid(leader, &status, 0);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	assert_int_equal(waitpid(rank, &status, 0), rank);
	assert_int_equal(status, 0);
}

static void one_rank_0_at_a_time(void **state)
{
	struct err e = ERR_INIT;
	struct ranks a, b;

	assert_int_equal(with("RANK=0 WORLD_SIZE=2 MASTER_PORT=8", &a, &e), 0);
	b = a;
	assert_int_equal(ranks_lead(&a, &e), 0);
	assert_int_equal(ranks_lead(&b, &e), -EBUSY);
	ranks_end(&b); /* takes nothing away from the other */
	err_clear(&e);
	assert_int_equal(ranks_lead(&b, &e), -EBUSY);
	ranks_end(&a);
}

static int set_up(void **state)
{
	return !mkdtemp(folder) || setenv("ASSAY_RUNTIME_DIR", folder, 1);
}

static int tear_down(void **state)
{
	char path[100];

	forget();
	/* what a killed rank 0 leaves */
	snprintf(path, sizeof(path), "%s/ranks-%d-7.lock", folder, (int)getuid());
	unlink(path);
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(launchers_are_known),
		cmocka_unit_test(nonsense_is_refused),
		cmocka_unit_test(others_end_with_rank_0),
		cmocka_unit_test(a_killed_rank_0_leaves_nobody),
		cmocka_unit_test(one_rank_0_at_a_time),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
