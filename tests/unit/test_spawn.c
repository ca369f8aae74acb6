/* Starting and ending steps: shell scripts play the child. */
#include "../../harness/run/spawn.h"
#include "../../harness/base/clock.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static volatile int interrupted;

struct heard {
	unsigned rows, texts;
	char last_text[256];
};

static int on_row(void *arg, const char *const *f, size_t n, struct err *e)
{
	struct heard *h = arg;

	(void)f, (void)n, (void)e;
	h->rows++;
	return 0;
}

static void on_text(void *arg, const char *line, size_t n)
{
	struct heard *h = arg;

	h->texts++;
	snprintf(h->last_text, sizeof(h->last_text), "%.*s", (int)n, line);
}

static struct spawned shell(const char *script, double deadline_s, struct heard *h)
{
	const char *argv[] = {"/bin/sh", "-c", script, NULL};
	struct spawned out;

	memset(h, 0, sizeof(*h));
	spawn_run(&(struct spawn){.argv = argv,
				  .nonce = "N",
				  .deadline_s = deadline_s,
				  .interrupted = &interrupted,
				  .on_row = on_row,
				  .on_text = on_text,
				  .arg = h},
		  &out);
	return out;
}

static void test_pass(void **state)
{
	struct heard h;
	struct spawned o =
		shell("echo banner; echo '#assay 1 N'; echo 'N log,x'; echo '#end N 1 PASS fine'; "
		      "echo warning >&2",
		      20, &h);

	(void)state;
	assert_int_equal(o.status, ST_PASS);
	assert_string_equal(o.reason, "fine");
	assert_int_equal(o.exit, 0);
	assert_int_equal(h.rows, 1);
	assert_int_equal(h.texts, 2);
}

static void test_no_end(void **state)
{
	struct heard h;
	struct spawned o = shell("echo '#assay 1 N'; exit 3", 20, &h);

	(void)state;
	assert_int_equal(o.status, ST_ERROR);
	assert_non_null(strstr(o.reason, "exit status 3"));
	o = shell("echo '#assay 1 N'; kill -SEGV $$", 20, &h);
	assert_int_equal(o.status, ST_ERROR);
	assert_int_equal(o.exit, 128 + SIGSEGV);
	assert_non_null(strstr(o.reason, "signal 11"));
}

static void test_cannot_start(void **state)
{
	const char *argv[] = {"/nonexistent/program", NULL};
	struct heard h = {0};
	struct spawned o;

	(void)state;
	spawn_run(&(struct spawn){.argv = argv,
				  .nonce = "N",
				  .deadline_s = 5,
				  .interrupted = &interrupted,
				  .on_row = on_row,
				  .on_text = on_text,
				  .arg = &h},
		  &o);
	assert_int_equal(o.status, ST_ERROR);
	assert_int_equal(o.exit, 127);
	assert_non_null(strstr(h.last_text, "cannot start /nonexistent/program"));
}

/* A child that ignores everything but SIGKILL still goes. */
static void test_stubborn(void **state)
{
	struct heard h;
	uint64_t start = clock_wall_ns();
	struct spawned o = shell(
		"trap '' TERM INT HUP; echo '#assay 1 N'; while :; do sleep 1; done", 0.2, &h);

	(void)state;
	assert_int_equal(o.status, ST_TIMEOUT);
	assert_true(clock_wall_ns() - start < 20000000000u);
}

static void test_interrupted(void **state)
{
	struct heard h;

	(void)state;
	interrupted = SIGINT;
	struct spawned o = shell("echo '#assay 1 N'; read x; sleep 30", 30, &h);
	interrupted = 0;
	assert_true(o.interrupted);
	assert_int_not_equal(o.status, ST_PASS);
}

/* Nothing that the child started may outlive it. */
static void test_grandchild(void **state)
{
	struct heard h;
	char cmd[128];
	struct spawned o = shell("sleep 98765 & echo '#assay 1 N'; echo '#end N 0 PASS '", 20, &h);

	(void)state;
	assert_int_equal(o.status, ST_PASS);
	snprintf(cmd, sizeof(cmd), "! pgrep -f '^sleep 98765$' >/dev/null");
	assert_int_equal(system(cmd), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pass),	     cmocka_unit_test(test_no_end),
		cmocka_unit_test(test_cannot_start), cmocka_unit_test(test_stubborn),
		cmocka_unit_test(test_interrupted),  cmocka_unit_test(test_grandchild),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
