/* What lies between two GPUs: switches, direct NVLinks, PCIe switches, root ports. */
#include "../../kernels/peer_path.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* n links up, to a switch or to the GPU at that address. */
static struct nvml_links links(int n, int generation, const char *to)
{
	struct nvml_links l = {.there = n, .active = n};

	for (int i = 0; i < n; i++) {
		l.link[i] = (struct nvml_link){
			.there = true, .active = true, .generation = generation, .to_switch = !to};
		snprintf(l.link[i].to, sizeof(l.link[i].to), "%s", to ? to : "");
	}
	return l;
}

/* GPU, port of the switch above it, switch, root port: all Gen4 x16 but what is given for the GPU.
 */
static struct pci_gpu gpu(const char *address, const char *port, const char *up, const char *root,
			  int node, int width)
{
	const char *hop[] = {address, port, up, root};
	struct pci_gpu g = {.numa_node = node, .n_hops = 4};

	snprintf(g.address, sizeof(g.address), "%s", address);
	for (int i = 0; i < 4; i++) {
		g.hop[i] = (struct pci_hop){.gen_max = 4, .width_max = i ? 16 : width};
		snprintf(g.hop[i].address, sizeof(g.hop[i].address), "%s", hop[i]);
	}
	return g;
}

static void assert_rate(double is, double wanted)
{
	if (!(fabs(is - wanted) <= 1e-9 * wanted))
		fail_msg("%g, wanted %g", is, wanted);
}

static void through_switches(void **state)
{
	struct nvml_links all = links(18, 4, NULL), some = links(17, 4, NULL);
	struct peer_end a = {.links = &all}, b = {.links = &some};
	struct peer_path p;

	peer_path(&p, &a, &b);
	assert_int_equal(p.links, 17); /* the end that has fewer decides */
	assert_rate(p.bytes_per_s, 17 * 25e9);
	assert_string_equal(p.kind, "NVLink through switches");
	assert_string_equal(p.why, "17 x NVLink4");
	b.links = NULL;
	peer_path(&p, &a, &b);
	assert_int_equal(p.links, 0);
	assert_string_equal(p.kind, "unknown");
	assert_rate(p.bytes_per_s, 0);
}

static void from_gpu_to_gpu(void **state)
{
	struct pci_gpu g = gpu("0000:01:00.0", "p", "u", "r", 0, 16);
	struct pci_gpu h = gpu("0000:02:00.0", "q", "u", "r", 0, 16);
	struct nvml_links to_h = links(6, 5, h.address), to_g = links(6, 5, g.address);
	struct nvml_links elsewhere = links(6, 5, "0000:03:00.0");
	struct peer_end a = {&to_h, &g}, b = {&to_g, &h};
	struct peer_path p;

	peer_path(&p, &a, &b);
	assert_int_equal(p.links, 6);
	assert_rate(p.bytes_per_s, 6 * 50e9);
	assert_string_equal(p.kind, "NVLink x6");
	to_h.link[2].active = false;
	peer_path(&p, &a, &b);
	assert_int_equal(p.links, 5);
	b.links = &elsewhere; /* has NVLinks, but not to that one */
	peer_path(&p, &a, &b);
	assert_int_equal(p.links, 0);
	assert_string_equal(p.kind, "below one PCIe switch");
}

static void over_pci(void **state)
{
	static const char *const rest[] = {"0000:10:00.0", "0000:0f:01.0"};
	struct pci_gpu a = gpu("0000:12:00.0", "0000:11:01.0", rest[0], rest[1], 0, 16);
	struct pci_gpu b = gpu("0000:13:00.0", "0000:11:02.0", rest[0], rest[1], 0, 8);
	struct pci_gpu c =
		gpu("0000:42:00.0", "0000:41:01.0", "0000:40:00.0", "0000:3f:01.0", 0, 16);
	struct peer_end x = {NULL, &a}, y = {NULL, &b}, z = {NULL, &c};
	struct peer_path p;

	peer_path(&p, &x, &y);
	assert_string_equal(p.kind, "below one PCIe switch");
	assert_string_equal(p.why, "0000:13:00.0 gen 4 x8");
	assert_rate(p.bytes_per_s, pci_link_rate(4, 8) * 512 / 536);
	snprintf(b.hop[2].address, sizeof(b.hop[2].address), "0000:20:00.0");
	peer_path(&p, &x, &y);
	assert_string_equal(p.kind, "below one root port");
	peer_path(&p, &x, &z);
	assert_string_equal(p.kind, "through two root ports, one node");
	assert_rate(p.bytes_per_s, pci_link_rate(4, 16) * 512 / 536);
	c.numa_node = 1;
	peer_path(&p, &x, &z);
	assert_string_equal(p.kind, "through two root ports, two nodes");
	c.numa_node = -1;
	peer_path(&p, &x, &z);
	assert_string_equal(p.kind, "through two root ports");
}

static void what_siblings_have(void **state)
{
	struct nvml_links full = links(18, 4, NULL), less = links(17, 4, NULL);
	struct nvml_links none = links(0, 0, NULL), bridge = links(12, 3, "0000:01:00.0");
	const struct nvml_links *board[] = {&full, &less}, *bridged[] = {&bridge, &none};

	assert_int_equal(peer_links_wanted(&less, board, 2), 18);
	assert_int_equal(peer_links_wanted(&full, board, 2), 18);
	assert_int_equal(peer_links_wanted(&none, board, 2), 18); /* all of a switch's are down */
	assert_int_equal(peer_links_wanted(&bridge, bridged, 2), 12);
	assert_int_equal(peer_links_wanted(&none, bridged, 2), 0); /* a card without a bridge */
}

static void which_are_missing(void **state)
{
	struct nvml_links full = links(18, 4, NULL), less = links(18, 4, NULL);
	const struct nvml_links *board[] = {&full, &less};
	char text[32];

	peer_links_missing(&full, board, 2, text, sizeof(text));
	assert_string_equal(text, "");
	less.link[3].active = less.link[17].active = false;
	peer_links_missing(&less, board, 2, text, sizeof(text));
	assert_string_equal(text, "3, 17");
	peer_links_missing(&full, board, 2, text, sizeof(text));
	assert_string_equal(text, "");
	less = links(0, 0, NULL);
	peer_links_missing(&less, board, 2, text, sizeof(text)); /* too many to name */
	assert_int_equal(strlen(text), sizeof(text) - 1);
}

/* reach: "1" where row and column reach each other. */
static void pairs_are(int n, const char *reach, const int *want)
{
	bool in[64];
	int partner[8];

	for (int i = 0; i < n * n; i++)
		in[i] = reach[i] == '1';
	peer_pairs(partner, in, n);
	for (int i = 0; i < n; i++)
		assert_int_equal(partner[i], want[i]);
}

static void who_is_whose_partner(void **state)
{
	static const int across[] = {2, 3, 0, 1}, beside[] = {1, 0, 3, 2}, some[] = {2, -1, 0, -1};
	static const int none[] = {-1, -1, -1, -1}, odd[] = {1, 0, -1};

	pairs_are(4, "0111101111011110", across);
	pairs_are(4, "0100100000010010", beside); /* nobody across the sockets */
	pairs_are(4, "0010000010000000", some);
	pairs_are(4, "0000000000000000", none);
	pairs_are(3, "011101110", odd);
}

static void rates(void **state)
{
	/* V100 150 GB/s, A100 300, H100 450, B200 900 */
	assert_rate(6 * peer_link_rate(2), 150e9);
	assert_rate(12 * peer_link_rate(3), 300e9);
	assert_rate(18 * peer_link_rate(4), 450e9);
	assert_rate(18 * peer_link_rate(5), 900e9);
	assert_rate(peer_link_rate(0), 0);
	assert_rate(peer_link_rate(6), 0); /* not known yet: no ceiling rather than a wrong one */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(through_switches),
		cmocka_unit_test(from_gpu_to_gpu),
		cmocka_unit_test(over_pci),
		cmocka_unit_test(what_siblings_have),
		cmocka_unit_test(which_are_missing),
		cmocka_unit_test(who_is_whose_partner),
		cmocka_unit_test(rates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
