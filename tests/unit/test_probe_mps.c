/*
 * The MPS daemon's life, with a script in the place of nvidia-cuda-mps-control: it starts and
 * answers, is ended also when it does not listen, and what is not ours is left alone.
 */
#include "../../harness/base/mem.h"
#include "../../harness/probe/mps.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char top[64], dir[64];

/* $DEAF: the daemon hears no "quit"; $BROKEN: there is none, and why. */
static const char program[] =
	"#!/bin/sh\n"
	"p=$CUDA_MPS_PIPE_DIRECTORY\n"
	"case $1 in\n"
	"-d) [ -z \"$BROKEN\" ] || { echo \"$BROKEN\"; exit 1; }\n"
	"  [ -z \"$CUDA_MPS_ACTIVE_THREAD_PERCENTAGE\" ] || exit 1\n"
	"  \"$0\" serve >/dev/null 2>&1 </dev/null & echo $! >$p/pid ;;\n"
	"serve) [ \"$DEAF\" != TERM ] || trap '' TERM; while :; do sleep 0.02; done ;;\n"
	"*) read -r what; [ -e $p/pid ] || { echo Cannot find; exit 1; }\n"
	"  [ $what = get_server_list ] || [ -n \"$DEAF\" ] || kill $(cat $p/pid) ;;\n"
	"esac\n";

static int set_up(void **state)
{
	char *path, *file;
	FILE *f;

	snprintf(top, sizeof(top), "/tmp/test-mps.XXXXXX");
	assert_non_null(mkdtemp(top));
	file = mem_printf("%s/nvidia-cuda-mps-control", top);
	path = mem_printf("%s:/usr/bin:/bin", top);
	f = fopen(file, "w");
	assert_non_null(f);
	fputs(program, f);
	fclose(f);
	chmod(file, 0755);
	setenv("PATH", path, 1);
	setenv("ASSAY_SYSROOT", top, 1); /* /proc of a machine without a daemon */
	setenv("CUDA_MPS_ACTIVE_THREAD_PERCENTAGE", "10", 1); /* must not reach the daemon */
	snprintf(dir, sizeof(dir), MPS_DIR_PREFIX "test.%d", (int)getpid());
	free(file);
	free(path);
	return 0;
}

static int tear_down(void **state)
{
	char *command = mem_printf("/bin/rm -rf %s %s", top, dir);

	unsetenv("DEAF");
	unsetenv("BROKEN");
	assert_int_equal(system(command), 0);
	free(command);
	return 0;
}

static pid_t daemon_pid(void)
{
	char *path = mem_printf("%s/" MPS_PIPE "/pid", dir);
	FILE *f = fopen(path, "r");
	int pid = 0;

	assert_non_null(f);
	assert_int_equal(fscanf(f, "%d", &pid), 1);
	fclose(f);
	free(path);
	return pid;
}

/* A killed script is a zombie until somebody takes it; here that may be this test's own init. */
static bool runs(pid_t pid)
{
	char *path = mem_printf("/proc/%d/cmdline", (int)pid), line[8];
	int fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 ? 0 : read(fd, line, sizeof(line));

	if (fd >= 0)
		close(fd);
	free(path);
	return n > 0;
}

static void start_and_stop(void)
{
	struct err e = ERR_INIT;
	pid_t pid;

	assert_int_equal(mps_start(dir, &e), 0);
	pid = daemon_pid();
	assert_true(runs(pid));
	assert_null(mps_site()); /* it is ours */
	assert_int_equal(mps_start(dir, &e), -EEXIST);
	assert_true(runs(pid)); /* who comes second harms nobody */
	err_clear(&e);
	assert_int_equal(mps_stop(dir, &e), 0);
	assert_false(runs(pid));
	assert_int_equal(access(dir, F_OK), -1);
	assert_int_equal(mps_stop(dir, &e), 0); /* there is none any more */
}

static void test_starts_and_ends(void **state)
{
	start_and_stop();
}

static void test_does_not_listen(void **state)
{
	setenv("DEAF", "TERM", 1);
	start_and_stop();
}

static void test_without_the_program(void **state)
{
	struct err e = ERR_INIT;
	pid_t pid;

	assert_int_equal(mps_start(dir, &e), 0);
	pid = daemon_pid();
	setenv("PATH", "/nowhere", 1);
	assert_null(mps_program(&e));
	assert_non_null(strstr(e.text, "nvidia-cuda-mps-control is not on PATH"));
	err_clear(&e);
	assert_int_equal(mps_stop(dir, &e), 0); /* as a run that mends finds it */
	assert_false(runs(pid));
}

static void test_says_why_not(void **state)
{
	struct err e = ERR_INIT;

	setenv("BROKEN", "no GPU for it", 1);
	assert_int_equal(mps_start(dir, &e), -EIO);
	assert_non_null(strstr(e.text, "no GPU for it"));
	assert_int_equal(access(dir, F_OK), -1);
}

static void test_only_what_is_ours(void **state)
{
	struct err e = ERR_INIT;

	assert_int_equal(mps_stop(top, &e), -EINVAL);
	err_clear(&e);
	assert_int_equal(mps_stop(MPS_DIR_PREFIX "x/../../etc", &e), -EINVAL);
	err_clear(&e);
	assert_int_equal(mps_start("/tmp/nvidia-mps", &e), -EINVAL);
	assert_int_equal(access(top, F_OK), 0);
	/* a link in the place of a folder is removed, and not what it leads to */
	assert_int_equal(symlink(top, dir), 0);
	err_clear(&e);
	mps_stop(dir, &e);
	assert_int_equal(access(top, R_OK), 0);
	unlink(dir);
}

static void write_proc(int pid, const char *file, const char *text, size_t n)
{
	char *path = mem_printf("%s/proc", top);
	FILE *f;

	mkdir(path, 0755);
	free(path);
	path = mem_printf("%s/proc/%d", top, pid);
	mkdir(path, 0755);
	free(path);
	path = mem_printf("%s/proc/%d/%s", top, pid, file);
	f = fopen(path, "w");
	assert_non_null(f);
	fwrite(text, 1, n, f);
	fclose(f);
	free(path);
}

static void test_site(void **state)
{
	static const char ours[] = "A=1\0CUDA_MPS_PIPE_DIRECTORY=" MPS_DIR_PREFIX "9/pipe";
	static const char theirs[] = "CUDA_MPS_PIPE_DIRECTORY=/run/mps\0B=2";
	char *words;

	write_proc(11, "comm", "nvidia-cuda-mps\n", 16);
	write_proc(11, "environ", ours, sizeof(ours));
	write_proc(12, "comm", "nvidia-cuda-mpx\n", 16);
	write_proc(14, "comm", "nvidia-cuda-mps\n", 16); /* ends: it has no memory any more */
	assert_null(mps_site());
	write_proc(13, "comm", "nvidia-cuda-mps\n", 16);
	write_proc(13, "environ", theirs, sizeof(theirs));
	words = mps_site();
	assert_string_equal(words, "an MPS daemon of this machine runs (pid 13, /run/mps)");
	free(words);
	write_proc(13, "environ", "B=2", 4);
	words = mps_site();
	assert_string_equal(words, "an MPS daemon of this machine runs (pid 13, /tmp/nvidia-mps)");
	free(words);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_starts_and_ends),	TEST(test_does_not_listen),
		TEST(test_without_the_program), TEST(test_says_why_not),
		TEST(test_only_what_is_ours),	TEST(test_site),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
