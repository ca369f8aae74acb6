/*
 * Memory modules from the firmware's tables (DMTF DSP0134, System Management BIOS, type 17). Each
 * is taken for a channel of its own, so that with two on a channel the figure is too high and never
 * too low. Only DDR4 and DDR5 with their 64 bits a module are counted: what lies on the package
 * (LPDDR, HBM) is described in ways of its own, and a hypervisor's tables are an invention.
 */
#include "dimm.h"
#include "sysfs.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DATA_WIDTH = 0x0a, SIZE = 0x0c, TYPE = 0x12, SPEED = 0x15, CONFIGURED = 0x20 };
enum { TYPE_DDR4 = 0x1a, TYPE_DDR5 = 0x22, MODULE_BITS = 64, UNKNOWN = 0xffff };

struct module {
	bool there, usual;  /* usual: DDR4 or DDR5 that is 64 bits wide */
	unsigned transfers; /* millions a second; 0: not told */
};

/* A word of the structure, little-endian; 0 where it is too short to hold it. */
static unsigned word(const uint8_t *s, size_t n, size_t at)
{
	return at + 2 <= n ? s[at] | (unsigned)s[at + 1] << 8 : 0;
}

static struct module parse(const uint8_t *s, size_t n)
{
	struct module m = {.there = false};
	unsigned configured, rated;

	if (n > 1 && s[1] < n)
		n = s[1]; /* strings follow */
	if (n <= TYPE || s[0] != 17 || !word(s, n, SIZE))
		return m;
	configured = word(s, n, CONFIGURED);
	rated = word(s, n, SPEED);
	m.there = true;
	m.usual = (s[TYPE] == TYPE_DDR4 || s[TYPE] == TYPE_DDR5) &&
		  word(s, n, DATA_WIDTH) == MODULE_BITS;
	m.transfers = configured && configured != UNKNOWN ? configured : rated;
	if (m.transfers == UNKNOWN)
		m.transfers = 0;
	return m;
}

static bool is_virtual(void)
{
	char *cpus = sysfs_read("/proc/cpuinfo");
	bool yes = cpus && strstr(cpus, " hypervisor");

	free(cpus);
	return yes;
}

static void conclude(struct dimms *d, bool unusual, unsigned slowest, unsigned fastest)
{
	if (!d->populated)
		snprintf(d->why, sizeof(d->why), "the firmware's tables are not readable (root)");
	else if (unusual || !slowest)
		snprintf(d->why, sizeof(d->why), "modules that are not DDR4 or DDR5, or no speed");
	else if (is_virtual())
		snprintf(d->why, sizeof(d->why), "a virtual machine");
	else if (slowest == fastest)
		snprintf(d->why, sizeof(d->why), "%d modules of %u MT/s", d->populated, slowest);
	else
		snprintf(d->why, sizeof(d->why), "%d modules of %u to %u MT/s", d->populated,
			 slowest, fastest);
	if (!d->populated || unusual || !slowest || is_virtual())
		d->bytes_per_s = 0;
}

void dimms_read(struct dimms *d)
{
	char **names;
	size_t n = sysfs_list(&names, "/sys/firmware/dmi/entries"), size;
	unsigned slowest = 0, fastest = 0;
	bool unusual = false;

	memset(d, 0, sizeof(*d));
	for (size_t i = 0; i < n; i++) {
		char *raw =
			strncmp(names[i], "17-", 3)
				? NULL
				: sysfs_bytes(&size, "/sys/firmware/dmi/entries/%s/raw", names[i]);
		struct module m = {.there = false};

		if (raw)
			m = parse((const uint8_t *)raw, size);
		free(raw);
		if (!m.there)
			continue;
		d->bytes_per_s += m.transfers * 1e6 * MODULE_BITS / 8;
		unusual |= !m.usual;
		slowest = !d->populated || m.transfers < slowest ? m.transfers : slowest;
		fastest = m.transfers > fastest ? m.transfers : fastest;
		d->populated++;
	}
	sysfs_list_free(names, n);
	conclude(d, unusual, slowest, fastest);
}
