/*
 * Which server of its kind this is, which boot, which driver, and which arm's process we are. A
 * profile describes a kind of server; scripts/sim --node=NAME --session=N --driver=VERSION make
 * one of a fleet of it, rebooted N - 1 times, a week apart. Nodes have names, serial numbers and
 * speeds of their own, sessions a boot_id and speeds of their own; see noise.c.
 */
#include "sim.h"
#include "mig.h"
#include "../../harness/base/rng.h"
#include "../../harness/base/units.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define WEEK_S	     (7 * 86400)
#define MAX_SESSIONS 9999

static const char *wanted(const char *name)
{
	const char *v = getenv(name);

	return v && *v ? v : NULL;
}

static int check(const char *what, const char *v, const char *allowed, struct err *e)
{
	if (strlen(v) < 64 && v[strspn(v, allowed)] == '\0')
		return 0;
	return err_set(e, EINVAL, "--%s=%s: up to 63 characters of %s", what, v, allowed);
}

static void weeks_later(char utc[SIM_TEXT], int64_t weeks)
{
	struct tm tm = {0};

	if (!strptime(utc, "%Y-%m-%dT%H:%M:%SZ", &tm))
		return;
	time_t t = timegm(&tm) + weeks * WEEK_S;
	if (gmtime_r(&t, &tm))
		strftime(utc, SIM_TEXT, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

static void name_gpus(struct sim_profile *p)
{
	for (int g = 0; g < p->n_gpus; g++) {
		uint64_t a = rng_hash(sim_node_hash(p), (uint64_t)g), b = rng_mix(a + 1);

		snprintf(p->gpu[g].uuid, SIM_TEXT, "GPU-%08x-%04x-%04x-%04x-%012llx",
			 (unsigned)(a >> 32), (unsigned)(a >> 16) & 0xffff, (unsigned)a & 0xffff,
			 (unsigned)(b >> 48), (unsigned long long)(b & 0xffffffffffffull));
		snprintf(p->gpu[g].serial, SIM_TEXT, "165%010llu",
			 (unsigned long long)(rng_mix(a + 2) % 10000000000ull));
	}
	sim_mig_name(p, sim_node_hash(p));
}

int sim_identify(struct sim_profile *p, struct err *e)
{
	const char *node = wanted("ASSAY_SIM_NODE"), *session = wanted("ASSAY_SIM_SESSION"),
		   *driver = wanted("ASSAY_SIM_DRIVER");
	uint64_t n = 0;

	if (node && check("node", node, "abcdefghijklmnopqrstuvwxyz0123456789-.", e))
		return -EINVAL;
	if (driver && check("driver", driver, "0123456789.", e))
		return -EINVAL;
	if (session && (units_parse_u64(session, &n) || n < 1 || n > MAX_SESSIONS))
		return err_set(e, EINVAL, "--session=%s: a number from 1 to %d", session,
			       MAX_SESSIONS);
	if (driver)
		strcpy(p->server.driver, driver);
	if (node) {
		strcpy(p->server.hostname, node);
		p->server.one_of_many = true;
	}
	p->server.session = (int64_t)n;
	if (n)
		weeks_later(p->server.utc, (int64_t)n - 1);
	name_gpus(p);
	return 0;
}

uint64_t sim_node_hash(const struct sim_profile *p)
{
	uint64_t h = rng_hash_str(0, p->server.name);

	return p->server.one_of_many ? rng_hash_str(h, p->server.hostname) : h;
}

uint64_t sim_boot_hash(const struct sim_profile *p)
{
	return rng_hash(sim_node_hash(p) + 1, (uint64_t)p->server.session);
}

void sim_own_arm(char *out, size_t n)
{
	char line[8192];
	int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? 0 : read(fd, line, sizeof(line) - 1);

	if (fd >= 0)
		close(fd);
	*out = '\0';
	line[len > 0 ? len : 0] = '\0';
	for (ssize_t at = 0; at < len; at += (ssize_t)strlen(line + at) + 1) {
		if (!strncmp(line + at, "--arm=", 6))
			snprintf(out, n, "%s", line + at + 6);
	}
}
