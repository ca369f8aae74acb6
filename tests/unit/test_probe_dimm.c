/* probe/dimm: what the firmware's tables say of memory modules, and when they are not believed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sysfs_tree.h"

#include "../../harness/probe/dimm.h"

enum { LENGTH = 0x28, DDR5 = 0x22, LPDDR5 = 0x23 };

/* An entry of type 17, with a string behind it. size 0: an empty slot. */
static void module(int slot, unsigned bits, unsigned size, uint8_t type, unsigned rated,
		   unsigned configured)
{
	uint8_t s[LENGTH + 8] = {17, LENGTH};
	char *path = mem_printf("/sys/firmware/dmi/entries/17-%d/raw", slot);

	s[0x0a] = (uint8_t)bits;
	s[0x0b] = (uint8_t)(bits >> 8);
	s[0x0c] = (uint8_t)size;
	s[0x0d] = (uint8_t)(size >> 8);
	s[0x12] = type;
	s[0x15] = (uint8_t)rated;
	s[0x16] = (uint8_t)(rated >> 8);
	s[0x20] = (uint8_t)configured;
	s[0x21] = (uint8_t)(configured >> 8);
	memcpy(s + LENGTH, "\nDIMM\n", 7);
	tree_bytes(path, s, sizeof(s));
	free(path);
}

static struct dimms read_tree(void)
{
	struct dimms d;

	dimms_read(&d);
	return d;
}

static void populated(void **state)
{
	tree_new();
	tree_file("/proc/cpuinfo", "flags : fpu avx2\n");
	module(0, 64, 0x7fff, DDR5, 4800, 4400);
	module(1, 64, 0x7fff, DDR5, 4800, 4400);
	module(2, 64, 0, DDR5, 0, 0);
	tree_file("/sys/firmware/dmi/entries/16-0/raw", "no module");
	struct dimms d = read_tree();

	assert_int_equal(d.populated, 2);
	assert_true(d.bytes_per_s > 70.3e9 && d.bytes_per_s < 70.5e9); /* 2 x 8 x 4.4e9 */
	assert_string_equal(d.why, "2 modules of 4400 MT/s");
	module(2, 64, 0x4000, DDR5, 4800, 0xffff); /* not told: the rated speed */
	d = read_tree();
	assert_string_equal(d.why, "3 modules of 4400 to 4800 MT/s");
	assert_true(d.bytes_per_s > 108.7e9 && d.bytes_per_s < 108.9e9);
	tree_drop();
}

static void not_known(struct dimms d)
{
	assert_true(d.bytes_per_s <= 0);
	assert_true(strlen(d.why) > 5);
}

static void not_believed(void **state)
{
	tree_new();
	not_known(read_tree()); /* not root */
	tree_file("/proc/cpuinfo", "flags : fpu hypervisor avx2\n");
	module(0, 64, 0x4000, DDR5, 4800, 4800);
	not_known(read_tree());
	tree_file("/proc/cpuinfo", "flags : fpu avx2\n");
	assert_true(read_tree().bytes_per_s > 0);
	module(1, 64, 0x4000, LPDDR5, 6400, 6400);
	not_known(read_tree());
	module(1, 32, 0x4000, DDR5, 4800, 4800);
	not_known(read_tree());
	module(1, 64, 0x4000, DDR5, 0, 0); /* a module without speed: the sum would be too low */
	not_known(read_tree());
	tree_drop();
}

/* Tables that are cut off, empty, or claim to be longer than they are. */
static void hostile(void **state)
{
	static const uint8_t cut[] = {17, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 64, 0, 0, 1};

	tree_new();
	tree_file("/sys/firmware/dmi/entries/17-0/raw", "");
	tree_bytes("/sys/firmware/dmi/entries/17-1/raw", cut, sizeof(cut));
	tree_bytes("/sys/firmware/dmi/entries/17-2/raw", cut, 1);
	assert_int_equal(read_tree().populated, 0);
	tree_drop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(populated),
		cmocka_unit_test(not_believed),
		cmocka_unit_test(hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
