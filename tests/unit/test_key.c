/* Metric keys: building, finding, taking apart, ordering. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../harness/formats/key.h"

static void names_and_values(void **state)
{
	static const char *const names[] = {"a", "copy", "host_latency", "l2"};
	static const char *const not_names[] = {"", "2l", "_a", "A", "a-b", "a b", "ä"};
	static const char *const values[] = {"0", "h2d", "1.2", "GPU-1", "a:b", "-1", "+1", "a_b"};
	static const char *const not_values[] = {"", "a b", "a,b", "a=b", "a{", "ü", "a\n"};

	for (size_t i = 0; i < 4; i++)
		assert_true(key_valid_name(names[i]));
	for (size_t i = 0; i < 7; i++)
		assert_false(key_valid_name(not_names[i]));
	for (size_t i = 0; i < 8; i++)
		assert_true(key_valid_value(values[i]));
	for (size_t i = 0; i < 7; i++)
		assert_false(key_valid_value(not_values[i]));
}

static void labels_are_sorted(void **state)
{
	static const struct label l[] = {{"size", "4"}, {"dir", "h2d"}, {"gpu", "10"}};
	struct buf b = BUF_INIT;

	key_labels(&b, l, 3);
	assert_string_equal(buf_str(&b), "dir=h2d,gpu=10,size=4");
	buf_reset(&b);
	key_labels(&b, l, 0);
	assert_string_equal(buf_str(&b), "");
	buf_free(&b);
}

static void finding(void **state)
{
	static const char labels[] = "dir=h2d,gpu=10,size=4";
	size_t n;
	const char *v = key_find(labels, "gpu", &n);

	assert_ptr_equal(v, labels + 12);
	assert_int_equal(n, 2);
	assert_null(key_find(labels, "gp", &n));
	assert_null(key_find(labels, "gpus", &n));
	assert_null(key_find("", "gpu", &n));
	int number = -1;
	assert_true(key_number("gpu=12,node=local", "gpu", &number));
	assert_int_equal(number, 12);
	assert_false(key_number("gpu=12,node=local", "node", &number));
	assert_false(key_number("gpu=12,node=local", "peer", &number));
	char *rest = key_without("dir=h2d,gpu=3,gpus=0+1,peer=4", "gpu,peer");
	assert_string_equal(rest, "dir=h2d,gpus=0+1");
	free(rest);
	rest = key_without("gpu=3", "gpu");
	assert_string_equal(rest, "");
	free(rest);
	assert_true(key_names("gpu,peer", "peer", 4));
	assert_false(key_names("gpus,peer", "gpu", 3));
	assert_false(key_names("", "gpu", 3));
	char *s = key_get(labels, "size");
	assert_string_equal(s, "4");
	free(s);
	assert_null(key_get(labels, "h2d"));
}

static void subsets(void **state)
{
	assert_true(key_subset("", "a=1"));
	assert_true(key_subset("", ""));
	assert_true(key_subset("a=1", "a=1,b=2"));
	assert_true(key_subset("b=2", "a=1,b=2"));
	assert_true(key_subset("b=2,a=1", "a=1,b=2"));
	assert_false(key_subset("b=2", "a=1,b=22"));
	assert_false(key_subset("b=22", "a=1,b=2"));
	assert_false(key_subset("c=2", "a=1,b=2"));
	assert_false(key_subset("a=1", ""));
}

static void parse_ok(const char *text, const char *bench, const char *metric, const char *labels)
{
	struct key_parts k;
	struct err e = ERR_INIT;

	assert_int_equal(key_parse(text, &k, &e), 0);
	assert_string_equal(k.bench, bench);
	assert_string_equal(k.metric, metric);
	assert_string_equal(k.labels, labels);
	key_parts_free(&k);
}

static void parse_bad(const char *text, const char *why)
{
	struct key_parts k;
	struct err e = ERR_INIT;

	assert_int_equal(key_parse(text, &k, &e), -EINVAL);
	assert_non_null(strstr(e.text, why));
	assert_null(k.bench);
}

static void parsing(void **state)
{
	parse_ok("copy.bandwidth{size=4,dir=h2d}", "copy", "bandwidth", "dir=h2d,size=4");
	parse_ok("copy{dir=h2d}", "copy", "", "dir=h2d");
	parse_ok("copy.bandwidth", "copy", "bandwidth", "");
	parse_ok("copy", "copy", "", "");
	parse_ok("copy{}", "copy", "", "");
	parse_ok("copy{mig=1.2}", "copy", "", "mig=1.2");
	parse_bad("", "bench.metric{label=value");
	parse_bad("copy.", "bench.metric{label=value");
	parse_bad("copy.a.b", "bench.metric{label=value");
	parse_bad("Copy.a", "bench.metric{label=value");
	parse_bad("copy{a=1", "closing }");
	parse_bad("copy{a=1}x", "after the closing }");
	parse_bad("copy}", "bench.metric{label=value");
	parse_bad("copy{a}", "label=value");
	parse_bad("copy{a=}", "bad value");
	parse_bad("copy{=1}", "no label name");
	parse_bad("copy{a=1,}", "label=value");
	parse_bad("copy{a=1,a=2}", "twice");
	parse_bad("copy{a=1 ,b=2}", "bad value");
	parse_bad("copy{a=1,b=1,c=1,d=1,e=1,f=1,g=1,h=1,i=1,j=1,k=1,l=1,m=1,n=1,o=1,p=1,q=1}",
		  "more than 16");
}

static void order(void **state)
{
	/* in order: each pair must compare the same way in both directions */
	static const char *const sorted[] = {
		"",
		"dir=d2h",
		"dir=h2d",
		"dir=h2d,gpu=-1",
		"dir=h2d,gpu=2",
		"dir=h2d,gpu=2,size=4",
		"dir=h2d,gpu=2,size=512KiB",
		"dir=h2d,gpu=2,size=1048577",
		"dir=h2d,gpu=2,size=2MiB",
		"dir=h2d,gpu=10",
		"dir=h2d,gpu=18446744073709551616",
		"gpu=0",
		"mig=6.1",
		"mig=7.0",
		"mig=7.2",
		"mig=7.10",
		"mig=07.10a",
		"mig=7.10a",
		"mig=a",
		"mig=a9",
		"mig=a10",
	};
	size_t n = sizeof(sorted) / sizeof(sorted[0]);

	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < n; j++) {
			int c = key_compare(sorted[i], sorted[j]);

			assert_int_equal((c > 0) - (c < 0), (i > j) - (i < j));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_values), cmocka_unit_test(labels_are_sorted),
		cmocka_unit_test(finding),	    cmocka_unit_test(subsets),
		cmocka_unit_test(parsing),	    cmocka_unit_test(order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
