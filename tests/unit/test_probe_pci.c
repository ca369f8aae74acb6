/* probe/pci: which devices are GPUs, their paths, and ceilings against figures made by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../harness/probe/pci.h"
#include "sysfs_tree.h"

#include <errno.h>
#include <math.h>

static struct pci_gpu *read_gpus(size_t expected)
{
	struct pci_gpu *g;

	assert_int_equal(pci_gpus(&g), expected);
	return g;
}

/* GB/s to three digits after the point */
static void assert_rate(double rate, double gb)
{
	if (fabs(rate / 1e9 - gb) > 0.0005)
		print_message("%.6f, not %.3f\n", rate / 1e9, gb);
	assert_true(fabs(rate / 1e9 - gb) <= 0.0005);
}

static void addresses(void **state)
{
	static const char *const bad[] = {"",
					  "0000",
					  "pci0000:15",
					  "0000:16:00.0x",
					  "0000:16:20.0",
					  "0000:16:00.8",
					  ":16:00.0",
					  "-1:00:00.0",
					  "g000:16:00.0",
					  "ffffffff:16:00.0"};
	char out[16];

	assert_int_equal(pci_address(out, "00000000:C4:1F.7"), 0);
	assert_string_equal(out, "0000:c4:1f.7");
	assert_int_equal(pci_address(out, "0009:01:00.0"), 0);
	assert_string_equal(out, "0009:01:00.0");
	assert_int_equal(pci_address(out, "00010000:e1:00.0"), 0);
	assert_string_equal(out, "10000:e1:00.0");
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(pci_address(out, bad[i]), -EINVAL);
}

/* facts: 15.75, 31.5, 63.0 and 118 GB/s on x16 */
static void links(void **state)
{
	assert_rate(pci_link_rate(1, 16), 4.0);
	assert_rate(pci_link_rate(2, 1), 0.5);
	assert_rate(pci_link_rate(3, 16), 15.754);
	assert_rate(pci_link_rate(4, 16), 31.508);
	assert_rate(pci_link_rate(5, 16), 63.015);
	assert_rate(pci_link_rate(6, 16), 118.0);
	assert_true(pci_link_rate(0, 16) <= 0);
	assert_true(pci_link_rate(99, 16) <= 0);
	assert_true(pci_link_rate(-1, 16) <= 0);
	assert_true(pci_link_rate(5, 0) <= 0);
}

static void hgx(void **state)
{
	static const char *const address[] = {"0000:18:00.0", "0000:19:00.0", "0000:53:00.0",
					      "0000:54:00.0", "0000:98:00.0", "0000:99:00.0",
					      "0000:d3:00.0", "0000:d4:00.0"};
	static const char *const path[] = {"0000:18:00.0", "0000:17:00.0", "0000:16:00.0",
					   "0000:15:01.0"};

	tree_use("hgx-2s");
	struct pci_gpu *g = read_gpus(8);

	for (int i = 0; i < 8; i++) {
		assert_string_equal(g[i].address, address[i]);
		assert_string_equal(g[i].driver, "nvidia");
		assert_int_equal(g[i].numa_node, i / 4);
		assert_int_equal(g[i].device, 0x2330);
	}
	assert_int_equal(g[0].n_hops, 4);
	for (int h = 0; h < 4; h++) {
		assert_string_equal(g[0].hop[h].address, path[h]);
		assert_int_equal(g[0].hop[h].gen, 5);
		assert_int_equal(g[0].hop[h].width_max, 16);
	}
	assert_false(g[0].nvidia_root);
	free(g);
	tree_drop();
}

static void ceilings(void **state)
{
	char why[96];

	tree_use("hgx-2s");
	struct pci_gpu *g = read_gpus(8), pair[2] = {g[0], g[2]};

	/* alone: 63.0154 * 512/532 and * 512/536 */
	assert_rate(pci_path_ceiling(g, 1, 0, true, false, why, sizeof(why)), 60.646);
	assert_rate(pci_path_ceiling(g, 1, 0, false, false, why, sizeof(why)), 60.194);
	assert_string_equal(why, "0000:18:00.0 gen 5 x16");
	/* two behind one switch share its upstream link and the root port */
	assert_rate(pci_path_ceiling(g, 8, 1, true, false, why, sizeof(why)), 30.323);
	assert_string_equal(why, "0000:16:00.0 gen 5 x16 shared by 2 GPUs");
	/* two on different switches do not */
	assert_rate(pci_path_ceiling(pair, 2, 1, false, false, why, sizeof(why)), 60.194);
	/* trained down to Gen3: 15.7538 * 512/536; what it could do stays */
	g[0].hop[0].gen = 3;
	assert_rate(pci_path_ceiling(g, 1, 0, false, false, why, sizeof(why)), 15.048);
	assert_string_equal(why, "0000:18:00.0 gen 3 x16");
	assert_rate(pci_path_ceiling(g, 1, 0, false, true, why, sizeof(why)), 60.194);
	/* Gen6 flits: nothing more comes off */
	for (int h = 0; h < 4; h++)
		g[0].hop[h].gen = 6;
	assert_rate(pci_path_ceiling(g, 1, 0, false, false, why, sizeof(why)), 118.0);
	/* a hop that is not known limits nothing, none known: no ceiling */
	for (int h = 0; h < 4; h++)
		g[0].hop[h].gen = 0;
	assert_true(pci_path_ceiling(g, 1, 0, false, false, why, sizeof(why)) <= 0);
	assert_string_equal(why, "no link is known");
	free(g);
	tree_drop();
}

/* What one cannot use is left to the others, and the parts add up to what the hop carries. */
static void fair_parts(void **state)
{
	char why[96];

	tree_use("hgx-2s");
	struct pci_gpu *g = read_gpus(8), own[3] = {g[0], g[1], g[4]};

	own[0].hop[0].gen = 3; /* 15.7538 * 512/536 of 60.194 */
	assert_rate(pci_path_ceiling(own, 3, 0, false, false, why, sizeof(why)), 15.048);
	assert_string_equal(why, "0000:18:00.0 gen 3 x16");
	assert_rate(pci_path_ceiling(own, 3, 1, false, false, why, sizeof(why)), 45.145);
	assert_string_equal(why, "0000:16:00.0 gen 5 x16 shared by 2 GPUs");
	assert_rate(pci_path_ceiling(own, 3, 2, false, false, why, sizeof(why)), 60.194);
	assert_int_equal(pci_sharers(own, 3, 1), 2);
	assert_int_equal(pci_sharers(own, 3, 2), 1);
	/* nothing is known of one: it takes nothing from the other's link */
	for (int h = 0; h < 4; h++)
		own[0].hop[h].gen = 0;
	assert_true(pci_path_ceiling(own, 1, 0, false, false, why, sizeof(why)) <= 0);
	free(g);
	tree_drop();
}

static void narrow(void **state)
{
	char why[96];

	tree_use("genoa-nps4");
	struct pci_gpu *g = read_gpus(4);

	/* 8 lanes of Gen4: 15.7538 * 512/532 */
	assert_rate(pci_path_ceiling(g, 4, 2, true, false, why, sizeof(why)), 15.162);
	assert_rate(pci_path_ceiling(g, 4, 0, true, false, why, sizeof(why)), 30.323);
	assert_int_equal(g[2].numa_node, 7);
	free(g);
	tree_drop();
}

static void grace(void **state)
{
	char why[96];

	tree_use("grace-hopper");
	struct pci_gpu *g = read_gpus(1);

	assert_string_equal(g->address, "0009:01:00.0");
	assert_true(g->nvidia_root);
	assert_true(pci_path_ceiling(g, 1, 0, true, true, why, sizeof(why)) <= 0);
	assert_non_null(strstr(why, "C2C"));
	free(g);
	tree_drop();
}

static void vm(void **state)
{
	char why[96];

	tree_use("vm-1gpu");
	struct pci_gpu *g = read_gpus(1);

	assert_int_equal(g->numa_node, -1);
	assert_int_equal(g->n_hops, 2);
	assert_int_equal(g->hop[1].gen, 0); /* the emulated port says Gen1 x1 */
	assert_rate(pci_path_ceiling(g, 1, 0, true, false, why, sizeof(why)), 60.646);
	free(g);
	tree_drop();
}

static void laptop(void **state)
{
	tree_use("laptop");
	struct pci_gpu *g = read_gpus(1);

	assert_string_equal(g->address, "0000:01:00.0");
	assert_string_equal(g->driver, "nouveau");
	assert_int_equal(g->hop[0].gen, 1);
	assert_int_equal(g->hop[0].gen_max, 4);
	free(g);
	tree_drop();
}

static void odd_links(void **state)
{
	static const struct {
		const char *speed, *width;
		int gen, lanes;
	} list[] = {
		{"Unknown", "0", 0, 0},	 {"Unknown speed", "255", 0, 0},
		{"32 GT/s", "63", 5, 0}, {"64.0 GT/s PCIe", "16", 6, 16},
		{"", "", 0, 0},		 {"-5", "-1", 0, 0},
		{"nan", "0x10", 0, 16},	 {"1e999", "99999999999999999999", 0, 0},
		{"inf", "33", 0, 0},
	};
	const char *dir = "/sys/devices/pci0000:00/0000:00:06.0/0000:01:00.0";

	tree_use("laptop");
	for (size_t i = 0; i < sizeof(list) / sizeof(*list); i++) {
		char *speed = mem_printf("%s/current_link_speed", dir);
		char *width = mem_printf("%s/current_link_width", dir);

		tree_file(speed, list[i].speed);
		tree_file(width, list[i].width);
		struct pci_gpu *g = read_gpus(1);

		assert_int_equal(g->hop[0].gen, list[i].gen);
		assert_int_equal(g->hop[0].width, list[i].lanes);
		free(g);
		free(speed);
		free(width);
	}
	tree_drop();
}

/* A chain of bridges longer than the table, and a device whose link leads out of the tree. */
static void hostile(void **state)
{
	char path[1024] = "/sys/devices/pci0000:00";
	const char *files[][2] = {{"vendor", "0x10de"}, {"device", "0x1"}, {"class", "0x030200"}};

	tree_new();
	for (int i = 0; i < 30; i++) {
		char hop[20];

		snprintf(hop, sizeof(hop), "/0000:%02x:00.0", i);
		strcat(path, hop);
	}
	for (int i = 0; i < 3; i++) {
		char *file = mem_printf("%s/%s", path, files[i][0]);

		tree_file(file, files[i][1]);
		free(file);
	}
	char *target = mem_printf("../../..%s", path + 4);

	tree_link("/sys/bus/pci/devices/0000:1d:00.0", target);
	tree_link("/sys/bus/pci/devices/0000:1e:00.0", "/etc");
	tree_link("/sys/bus/pci/devices/0000:1f:00.0", "nowhere");
	struct pci_gpu *g = read_gpus(1);

	assert_int_equal(g->n_hops, PCI_MAX_HOPS);
	free(g);
	free(target);
	tree_drop();
}

static void no_bus(void **state)
{
	tree_new();
	free(read_gpus(0));
	tree_drop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses), cmocka_unit_test(links),	   cmocka_unit_test(hgx),
		cmocka_unit_test(ceilings),  cmocka_unit_test(fair_parts), cmocka_unit_test(narrow),
		cmocka_unit_test(grace),     cmocka_unit_test(vm),	   cmocka_unit_test(laptop),
		cmocka_unit_test(odd_links), cmocka_unit_test(hostile),	   cmocka_unit_test(no_bus),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
