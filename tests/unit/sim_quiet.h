/*
 * For tests of the simulated server that compare with times computed by hand: a profile without
 * noise, and with other values where a test names them.
 */
#ifndef ASSAY_TEST_SIM_QUIET_H
#define ASSAY_TEST_SIM_QUIET_H

#include "sim.h"

static char quiet[64]; /* the file; main removes it */

/* The line itself, or the one of set that gives its key another value. */
static inline const char *line_of(const char *line, const char *const *set)
{
	for (; set && *set; set++) {
		size_t n = strcspn(*set, "=");

		if (!strncmp(line, *set, n + 1))
			return *set;
	}
	return line;
}

/* Writes such a profile; set: "key = value", ends with NULL, may be NULL. */
static inline const char *server(const char *profile, const char *const *set)
{
	static const char *const none[] = {"process_sd = 0", "sample_sd = 0", NULL};
	char path[128], line[512];
	FILE *in, *out;

	snprintf(quiet, sizeof(quiet), "/tmp/assay-quiet-%d.ini", (int)getpid());
	snprintf(path, sizeof(path), "tests/simgpu/servers/%s.ini", profile);
	in = fopen(path, "r");
	out = fopen(quiet, "w");
	assert_true(in && out);
	while (fgets(line, sizeof(line), in)) {
		line[strcspn(line, "\n")] = '\0';
		fprintf(out, "%s\n", line_of(line_of(line, set), none));
	}
	fclose(in);
	fclose(out);
	return quiet;
}

static inline void on_quiet(const char *profile, const char *fault, void (*fn)(void))
{
	assert_server(server(profile, NULL), fault, fn);
}

#endif
