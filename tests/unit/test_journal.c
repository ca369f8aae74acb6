/* Journals of changes: what is on disk when, and every kind of file that may lie in the folder. */
#include "../../harness/probe/journal.h"
#include "../../harness/probe/guard.h"
#include "../../harness/probe/sysfs.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/file.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "sysfs_tree.h"

#define BOOT	"11111111-2222-3333-4444-555555555555"
#define REQUEST "clocks 0000:1b:00.0 1500 1500"

/* The tree holds the boot's id, and is the runtime folder at the same time. */
static int begin(void **state)
{
	(void)state;
	tree_new();
	tree_file("/proc/sys/kernel/random/boot_id", BOOT "\n");
	return setenv("ASSAY_RUNTIME_DIR", tree_dir, 1);
}

static int end(void **state)
{
	(void)state;
	tree_drop();
	return unsetenv("ASSAY_RUNTIME_DIR");
}

static size_t journals(void)
{
	char **paths;
	size_t n = journal_list(&paths);

	sysfs_list_free(paths, n);
	return n;
}

/* Reads the only journal there is. */
static void read_only(struct journal *j, struct err *e)
{
	char **paths;
	size_t n = journal_list(&paths);

	assert_int_equal(n, 1);
	assert_int_equal(journal_read(j, paths[0], e), 0);
	sysfs_list_free(paths, n);
}

static void put(const char *text)
{
	tree_file("/guard-abcdef.journal", text);
}

static void test_written_and_read(void **state)
{
	struct journal j, k;
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(journal_create(&j, &e), 0);
	assert_int_equal(journal_add(&j, REQUEST, &e), 0);
	assert_int_equal(journal_add(&j, "clocks 0000:2a:00.0 900 900", &e), 0);
	journal_undone(&j, 0);
	assert_int_equal(journal_open_changes(&j), 1);

	read_only(&k, &e); /* while its writer lives */
	assert_int_equal(k.state, JOURNAL_LIVE);
	assert_int_equal(k.pid, getpid());
	assert_int_equal(k.n, 2);
	assert_true(k.change[0].undone);
	assert_string_equal(k.change[1].request, "clocks 0000:2a:00.0 900 900");
	journal_close(&k);

	journal_close(&j); /* its writer dies */
	read_only(&k, &e);
	assert_int_equal(k.state, JOURNAL_LEFT);
	assert_int_equal(journal_remove(&k, &e), 0);
	assert_int_equal(journals(), 0);
}

static void test_holder(void **state)
{
	struct journal j;
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(journal_create(&j, &e), 0);
	assert_int_equal(journal_add(&j, REQUEST, &e), 0);
	assert_int_equal(journal_holder(NULL, "clocks", "0000:1b:00.0"), getpid());
	assert_int_equal(journal_holder(NULL, "clocks", "0000:1b:00"), 0);
	assert_int_equal(journal_holder(NULL, "clock", "0000:1b:00.0"), 0);
	assert_int_equal(journal_holder(NULL, "clocks", "0000:2a:00.0"), 0);
	assert_int_equal(journal_holder(&j, "clocks", "0000:1b:00.0"), 0);
	journal_undone(&j, 0);
	assert_int_equal(journal_holder(NULL, "clocks", "0000:1b:00.0"), 0);
	journal_close(&j);
}

static void test_cut_off(void **state)
{
	static const char *const texts[] = {"", "assay-journal 1 ",
					    "assay-journal 1 " BOOT " 4711\nchange clocks 0000:"};
	struct err e = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct journal j;

		put(texts[i]);
		read_only(&j, &e);
		assert_int_equal(j.state, JOURNAL_LEFT);
		assert_int_equal(j.torn, i > 0);
		assert_int_equal(j.n, 0);
		journal_close(&j);
	}
}

static void read_as(const char *text, enum journal_state want, const char *words)
{
	struct err e = ERR_INIT;
	struct journal j;

	put(text);
	read_only(&j, &e);
	assert_int_equal(j.state, want);
	if (words)
		assert_non_null(strstr(e.text, words));
	journal_close(&j);
}

static void test_others(void **state)
{
	(void)state;
	read_as("assay-journal 1 " BOOT " 4711\nchange " REQUEST "\n", JOURNAL_LEFT, NULL);
	read_as("assay-journal 1 another-boot 4711\nchange " REQUEST "\n", JOURNAL_PAST, NULL);
	read_as("assay-journal 2 something new\n", JOURNAL_BROKEN, "version 2");
	read_as("what is this\n", JOURNAL_BROKEN, "no head");
	read_as("assay-journal 1 " BOOT " 4711\nchange " REQUEST "\nundone 2\n", JOURNAL_BROKEN,
		"neither a change");
	read_as("assay-journal 1 " BOOT " 4711\nchang " REQUEST "\n", JOURNAL_BROKEN, "by hand");
}

static void ignore(void *arg, const char *line)
{
	(void)arg, (void)line;
}

/* Nothing that is not understood, or not ours, is touched; nothing of a dry run is. */
static void test_restore_keeps(void **state)
{
	static const char *const kept[] = {"assay-journal 2 something new\n", "what is this\n",
					   "assay-journal 1 " BOOT " 4711\nchange unheard-of x\n"};
	struct err e = ERR_INIT;
	size_t found;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		put(kept[i]);
		err_clear(&e);
		assert_true(guard_restore(false, ignore, NULL, &found, &e) < 0);
		assert_int_equal(found, 1);
		assert_int_equal(journals(), 1);
	}
	put("assay-journal 1 another-boot 4711\nchange " REQUEST "\n");
	err_clear(&e);
	assert_int_equal(guard_restore(true, ignore, NULL, &found, &e), 0);
	assert_int_equal(journals(), 1);
	assert_int_equal(guard_restore(false, ignore, NULL, &found, &e), 0);
	assert_int_equal(journals(), 0);
}

static void test_foreign(void **state)
{
	char *path = mem_printf("%s/guard-abcdef.journal", tree_dir);
	struct err e = ERR_INIT;
	size_t found;

	(void)state;
	if (geteuid()) {
		free(path);
		skip(); /* needs root to give a file away */
	}
	put("assay-journal 1 " BOOT " 4711\nchange " REQUEST "\n");
	assert_int_equal(chown(path, 4242, 4242), 0);
	assert_int_equal(guard_restore(false, ignore, NULL, &found, &e), -EPERM);
	assert_int_equal(journals(), 1);
	free(path);
}

static void test_no_room(void **state)
{
	struct rlimit old, tight;
	struct journal j, k;
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(journal_create(&j, &e), 0);
	assert_int_equal(journal_add(&j, REQUEST, &e), 0);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	tight = (struct rlimit){(rlim_t)lseek(j.fd, 0, SEEK_END) + 5, old.rlim_max};
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
	assert_true(journal_add(&j, "clocks 0000:2a:00.0 900 900", &e) < 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_non_null(strstr(e.text, "nothing is changed"));
	assert_int_equal(j.n, 1);
	/* what could not be written has left nothing behind, and more can be added later */
	assert_int_equal(journal_add(&j, "clocks 0000:3c:00.0 900 900", &e), 0);
	read_only(&k, &e);
	assert_int_equal(k.n, 2);
	assert_false(k.torn);
	assert_string_equal(k.change[1].request, "clocks 0000:3c:00.0 900 900");
	journal_close(&k);
	journal_close(&j);
}

static void test_no_folder(void **state)
{
	struct journal j;
	struct err e = ERR_INIT;

	(void)state;
	setenv("ASSAY_RUNTIME_DIR", "/proc/nowhere", 1);
	assert_true(journal_create(&j, &e) < 0);
	assert_non_null(strstr(e.text, "/proc/nowhere"));
	assert_int_equal(journals(), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_written_and_read), TEST(test_holder),	       TEST(test_cut_off),
		TEST(test_others),	     TEST(test_restore_keeps), TEST(test_foreign),
		TEST(test_no_room),	     TEST(test_no_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
