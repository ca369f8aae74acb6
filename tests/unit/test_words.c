/* Keys in words, as people say them. */
#include "../../harness/judge/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void reads(const char *labels, const char *want)
{
	struct buf b = BUF_INIT;

	words_labels(&b, labels);
	assert_string_equal(buf_str(&b), want);
	buf_free(&b);
}

static void test_labels(void **state)
{
	(void)state;
	reads("", "");
	reads("dir=h2d,gpu=3,node=0,size=4096", "GPU 3, h2d, memory node 0, 4 KiB");
	reads("engine=ce,gpu=0,p2p=on,peer=3,size=4", "GPU 0 to GPU 3, CE, P2P on, 4 B");
	reads("dir=both_h2d,engine=sm,memory=writecombined", "h2d beside d2h, SM, write-combined");
	reads("algo=default,coll=all_gather,size=8", "default algorithm, all_gather, 8 B");
	reads("algo=nvls", "NVLS");
	reads("gpu=0,peer=none", "GPU 0, no peer");
	reads("peer=2", "peer GPU 2");
	reads("dir=d2h,gpus=0+1+2+3+4+5+6+7,member=3,node=local",
	      "GPU 3 of GPUs 0–7, d2h, memory node local");
	reads("gpus=0+1+4,member=sum", "GPUs 0, 1, 4, sum of all");
	reads("gpus=5", "GPU 5");
	reads("gpus=all", "all GPUs");
	reads("coll=all_reduce,gpus=0+2+4+6", "GPUs 0, 2, 4, 6, all_reduce");
	reads("gpu=0:7.0,size=4", "GPU 0, MIG 7.0, 4 B");
	reads("cpu_node=1,load=3,node=0", "CPU node 1, load 3, memory node 0");
	reads("load=half", "load half");
}

static void test_order(void **state)
{
	static const char *const rising[] = {"0",  "0:1.0", "0:7.0", "0:10.0", "1:2.0", "2",
					     "10", "all",   "local", "none",   "half",	"full"};
	size_t n = sizeof(rising) / sizeof(rising[0]);

	(void)state;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < n; k++) {
			int c = words_order(rising[i], rising[k]);

			assert_int_equal((c > 0) - (c < 0), (i > k) - (i < k));
		}
	assert_true(words_order("0.5", "0.25") > 0);
	assert_true(words_order("01", "1") != 0);
}

static void test_many_gpus_are_cut(void **state)
{
	(void)state;
	reads("gpus=0+2+4+6+8+10+12+14", "GPUs 0, 2, 4, 6, 8, 10, and 2 more");
}

static void test_gpus_alone(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	buf_puts(&b, "of ");
	assert_true(words_gpus(&b, "dir=read,gpu=1,peer=0"));
	assert_string_equal(b.s, "of GPU 1 to GPU 0");
	assert_false(words_gpus(&b, "cpu_node=0,size=4"));
	assert_string_equal(b.s, "of GPU 1 to GPU 0");
	buf_free(&b);
}

static void test_text(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	words_text(&b, "no end, in case dir=read,gpu=1,peer=0: hangs", false);
	assert_string_equal(b.s, "no end, in case GPU 1 to GPU 0, read: hangs");
	buf_reset(&b);
	words_text(&b, "in case dir=read,gpu=1,peer=0.", true);
	assert_string_equal(b.s, "in case read.");
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_labels),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_many_gpus_are_cut),
		cmocka_unit_test(test_gpus_alone),
		cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
