/* What --lock-clocks and --restore-clocks take, alone and with a bundle; what a guard's look says.
 */
#include "../../harness/run/clock_lock.h"
#include "../../harness/probe/clocks.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void test_words(void **state)
{
	static const struct {
		const char *word;
		enum clock_lock_how how;
		unsigned mhz;
	} good[] = {{"auto", CLOCK_LOCK_AUTO, 0},
		    {"base", CLOCK_LOCK_BASE, 0},
		    {"max", CLOCK_LOCK_MAX, 0},
		    {"1500", CLOCK_LOCK_MHZ, 1500}};
	static const char *const bad[] = {"",	"none",	   "fast",  "0",
					  "-1", "1500MHz", "1.5e3", "999999"};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct clock_lock l = {.how = CLOCK_LOCK_NONE};
		struct err e = ERR_INIT;

		assert_int_equal(clock_lock_take(&l, good[i].word, &e), 0);
		assert_int_equal(l.how, good[i].how);
		assert_int_equal(l.mhz, good[i].mhz);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct clock_lock l = {.how = CLOCK_LOCK_NONE};
		struct err e = ERR_INIT;

		assert_int_equal(clock_lock_take(&l, bad[i], &e), -EINVAL);
	}
}

static void test_ranges(void **state)
{
	static const char *const bad[] = {"",	      "900",	       "900,", ",900",
					  "1200,900", "900,1200,1500", "a,b"};
	struct clock_lock l = {.how = CLOCK_LOCK_NONE};
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(clock_lock_take_restore(&l, "900,1200", &e), 0);
	assert_int_equal(l.back[0], 900);
	assert_int_equal(l.back[1], 1200);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(clock_lock_take_restore(&l, bad[i], &e), -EINVAL);
}

static struct manifest_row old_rows[] = {
	{"", "clocks.lock.asked", "auto", ""},
	{"", "clocks.lock.gpu.0", "not locked, only observed: …", ""},
	{"", "clocks.lock.gpu.1", "locked at 1755 MHz", ""},
	{"", "clocks.lock.gpu.1.clock", "1755000000", ""},
	{"", "clocks.lock.restore", "900,1200", ""},
};
static const struct bundle_data locked = {.dir = "old", .manifest = old_rows, .n_manifest = 5};
static const struct bundle_data free_one = {.dir = "old"};

/* Goes on with a bundle after the user asked for `asked` (NULL: nothing). */
static int again(struct clock_lock *l, const char *asked, const struct bundle_data *d, bool resume,
		 struct err *e)
{
	*l = (struct clock_lock){.how = CLOCK_LOCK_NONE};
	err_clear(e);
	if (asked)
		assert_int_equal(clock_lock_take(l, asked, e), 0);
	return clock_lock_again(l, d, resume, e);
}

static void test_again(void **state)
{
	struct clock_lock l;
	struct err e = ERR_INIT;

	(void)state;
	for (int resume = 0; resume < 2; resume++) {
		assert_int_equal(again(&l, NULL, &locked, resume, &e), 0);
		assert_int_equal(l.how, CLOCK_LOCK_MHZ); /* the clock that auto found then */
		assert_int_equal(l.mhz, 1755);
		assert_string_equal(l.asked, "auto");
		assert_int_equal(l.back[1], 1200);
		assert_int_equal(again(&l, NULL, &free_one, resume, &e), 0);
		assert_int_equal(l.how, CLOCK_LOCK_NONE);
	}
	assert_int_equal(again(&l, "max", &locked, false, &e), 0);
	assert_int_equal(l.how, CLOCK_LOCK_MAX);
	assert_int_equal(l.back[0], 0); /* the user's word is the whole word */
	assert_int_equal(again(&l, "max", &locked, true, &e), -EINVAL);
	assert_non_null(strstr(e.text, "--like"));
	assert_int_equal(again(&l, "max", &free_one, true, &e), -EINVAL);
	assert_int_equal(again(&l, "auto", &locked, true, &e), 0);
	assert_int_equal(l.mhz, 1755);
}

static void test_look(void **state)
{
	struct clocks_seen s;
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(clocks_parse(&s,
				      "clock_sm=345e6 clock_sm_max=1980e6 clock_mem=2619e6 "
				      "clock_mem_max=nan capped=0.5 mhz=1980,1965,345",
				      &e),
			 0);
	assert_int_equal(s.n, 3);
	assert_int_equal(s.mhz[0], 1980);
	assert_int_equal(s.mhz[2], 345);
	assert_true(s.capped_s > 0.4 && s.capped_s < 0.6 && isnan(s.memory_max_hz));
	assert_int_equal(clocks_parse(&s,
				      "clock_sm=nan clock_sm_max=nan clock_mem=nan "
				      "clock_mem_max=nan capped=nan mhz=",
				      &e),
			 0);
	assert_int_equal(s.n, 0);
	assert_true(isnan(s.capped_s));
	assert_int_equal(clocks_parse(&s, "what", &e), -EPROTO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_again),
		cmocka_unit_test(test_look),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
