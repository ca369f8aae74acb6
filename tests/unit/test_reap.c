/* A child that has ended, one that goes on, and one that is none. */
#include "../../harness/base/clock.h"
#include "../../harness/base/reap.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static pid_t child(int status)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	if (status < 0)
		pause();
	_exit(status);
}

static uint64_t in_a_minute(void)
{
	return clock_wall_ns() + 60000000000u;
}

static void one_that_ends(void **state)
{
	int status = 0;

	assert_int_equal(reap_until(child(7), in_a_minute(), &status), 0);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 7);
}

/* It stays a child, and is there to be taken when it has ended. */
static void one_that_goes_on(void **state)
{
	int status = 0;
	pid_t pid = child(-1);

	assert_int_equal(reap_until(pid, 0, &status), -ETIMEDOUT);
	assert_int_equal(reap_until(pid, clock_wall_ns() + 5000000, &status), -ETIMEDOUT);
	kill(pid, SIGTERM);
	assert_int_equal(reap_until(pid, in_a_minute(), &status), 0);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
}

static void none_of_ours(void **state)
{
	int status = 0;

	assert_int_equal(reap_until(getppid(), in_a_minute(), &status), -ECHILD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_that_ends),
		cmocka_unit_test(one_that_goes_on),
		cmocka_unit_test(none_of_ours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
