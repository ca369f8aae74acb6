/* Statuses and exit codes: see status.h. */
#include "status.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

static const char *const names[ST_N] = {
	[ST_PASS] = "PASS",   [ST_FAIL] = "FAIL",	[ST_SKIP] = "SKIP",
	[ST_ERROR] = "ERROR", [ST_TIMEOUT] = "TIMEOUT", [ST_BUSY] = "BUSY",
};

const char *status_name(enum status s)
{
	return s < ST_N ? names[s] : "?";
}

int status_parse(const char *s, enum status *out)
{
	for (int i = 0; i < ST_N; i++) {
		if (!strcmp(s, names[i])) {
			*out = (enum status)i;
			return 0;
		}
	}
	return -EINVAL;
}

enum exit_code exit_worse(enum exit_code a, enum exit_code b)
{
	static const enum exit_code order[] = {EXIT_USAGE, EXIT_NOTHING, EXIT_FAILED,
					       EXIT_INCONCLUSIVE};

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (a == order[i] || b == order[i])
			return order[i];
	return EXIT_PASSED;
}
