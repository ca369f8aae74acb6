/* probe/sysfs: lists, numbers, redirection, and what a hostile tree can hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../harness/probe/sysfs.h"
#include "sysfs_tree.h"

static void lists(void **state)
{
	int v[16];

	assert_int_equal(sysfs_parse_list("0-3,8", v, 16), 5);
	assert_int_equal(v[3], 3);
	assert_int_equal(v[4], 8);
	assert_int_equal(sysfs_parse_list("", v, 16), 0);
	assert_int_equal(sysfs_parse_list("\n", v, 16), 0);
	assert_int_equal(sysfs_parse_list("7\n", v, 16), 1);
	assert_int_equal(sysfs_parse_list("0-3,8", v, 3), 3);
	assert_int_equal(sysfs_parse_list("0-2147483647", v, 16), 16);
}

static void list_and_back(void **state)
{
	static const char *const lists[] = {"", "0", "0-3,8", "1,3,5-7", "0-1,3-4095"};
	int *v = mem_zalloc(4096, sizeof(*v));

	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		char *text = sysfs_format_list(v, sysfs_parse_list(lists[i], v, 4096));

		assert_string_equal(text, lists[i]);
		free(text);
	}
	free(v);
}

static void malformed_lists(void **state)
{
	static const char *const bad[] = {
		"-",	    "-1",	  "1-",
		",",	    "1,",	  ",1",
		"3-1",	    "1,1",	  "2,1",
		"0-3,3",    "0--3",	  "a",
		"1a",	    "1 2",	  "0x3",
		"1-2-3",    "1;2",	  "+1",
		"1,-2",	    "2147483648", "0-99999999999999999999",
		"\xff\xfe", "0-3:2",	  "1,,2",
		"1-\n2",
	};
	int v[16];

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(sysfs_parse_list(bad[i], v, 16), -1);
}

static void numbers(void **state)
{
	static const struct {
		const char *text;
		int64_t value;
	} list[] = {
		{"7", 7},
		{"-1\n", -1},
		{"0x10de\n", 0x10de},
		{"010", 10},
		{"12 \t\n", 12},
		{"", 99},
		{"x", 99},
		{"7x", 99},
		{"max", 99},
		{"--1", 99},
		{"9223372036854775808", 99},
		{"0x", 99},
		{"1 2", 99},
		{"9223372036854775807", INT64_MAX},
	};

	tree_new();
	for (size_t i = 0; i < sizeof(list) / sizeof(*list); i++) {
		tree_file("/sys/n", list[i].text);
		assert_int_equal(sysfs_int(99, "/sys/%s", "n"), list[i].value);
	}
	assert_int_equal(sysfs_int(99, "/sys/missing"), 99);
	tree_drop();
}

static void files(void **state)
{
	tree_new();
	tree_file("/sys/a/b", "text\n\n");
	char *s = sysfs_read("/sys/%s/b", "a");

	assert_string_equal(s, "text");
	free(s);
	assert_null(sysfs_read("/sys/a"));
	assert_null(sysfs_read("/sys/none"));
	assert_true(sysfs_exists("/sys/a/b"));
	assert_false(sysfs_exists("/sys/a/c"));

	char *fifo = tree_path("/sys/pipe");

	assert_int_equal(mkfifo(fifo, 0600), 0);
	s = sysfs_read("/sys/pipe"); /* must not wait for a writer */
	assert_true(!s || !*s);
	free(s);
	free(fifo);
	tree_drop();
}

static void lists_of_names(void **state)
{
	char **names;

	tree_new();
	tree_file("/sys/d/b", "");
	tree_file("/sys/d/a", "");
	tree_file("/sys/d/c", "");
	assert_int_equal(sysfs_list(&names, "/sys/d"), 3);
	assert_string_equal(names[0], "a");
	assert_string_equal(names[2], "c");
	sysfs_list_free(names, 3);
	assert_int_equal(sysfs_list(&names, "/sys/none"), 0);
	sysfs_list_free(names, 0);
	tree_drop();
}

static void links(void **state)
{
	tree_new();
	tree_file("/sys/devices/x/y", "");
	tree_link("/sys/bus/dev", "../devices/x");
	tree_link("/sys/bus/out", "/etc");
	tree_link("/sys/bus/loop", "loop");
	char *s = sysfs_link_name("/sys/bus/dev");

	assert_string_equal(s, "x");
	free(s);
	assert_null(sysfs_link_name("/sys/devices/x/y"));
	s = sysfs_real_path("/sys/bus/dev");
	assert_string_equal(s, "/sys/devices/x");
	free(s);
	assert_null(sysfs_real_path("/sys/bus/out")); /* must not leave the tree */
	assert_null(sysfs_real_path("/sys/bus/loop"));
	tree_drop();
}

/* Folders beside the tree, one of them with the tree's name as its beginning. */
static void neighbours(void **state)
{
	char first[sizeof(tree_dir)];

	tree_new();
	strcpy(first, tree_dir);
	tree_file("/sys/x/y", "");
	char *longer = mem_printf("%s-more", first), *other = mem_printf("%s/sys/x", first);

	assert_int_equal(mkdir(longer, 0700), 0);
	tree_new();
	tree_link("/sys/other", other);
	assert_null(sysfs_real_path("/sys/other"));
	tree_drop();
	strcpy(tree_dir, first);
	setenv("ASSAY_SYSROOT", first, 1);
	tree_link("/sys/longer", longer);
	assert_null(sysfs_real_path("/sys/longer"));
	tree_drop();
	assert_int_equal(rmdir(longer), 0);
	free(longer);
	free(other);
}

static void own_process(void **state)
{
	tree_new();
	char *s = sysfs_read("%s", "/proc/self/status"); /* not in the tree: the real one */

	assert_non_null(strstr(s, "Pid:"));
	free(s);
	tree_file("/proc/self/status", "Name:\tother");
	s = sysfs_read("%s", "/proc/self/status");
	assert_string_equal(s, "Name:\tother");
	free(s);
	assert_null(sysfs_read("/proc/meminfo"));  /* of a machine: never the real one */
	tree_link("/proc/self/ns/pid", "pid:[1]"); /* points nowhere, yet it is there */
	s = sysfs_link_name("/proc/self/ns/pid");
	assert_string_equal(s, "pid:[1]");
	free(s);
	tree_drop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists),	   cmocka_unit_test(list_and_back),
		cmocka_unit_test(malformed_lists), cmocka_unit_test(numbers),
		cmocka_unit_test(files),	   cmocka_unit_test(lists_of_names),
		cmocka_unit_test(links),	   cmocka_unit_test(neighbours),
		cmocka_unit_test(own_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
