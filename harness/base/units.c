/* Numbers with units: see units.h. */
#include "units.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int units_parse_u64(const char *s, uint64_t *v)
{
	char *end;

	if (*s < '0' || *s > '9')
		return -EINVAL;
	errno = 0;
	unsigned long long x = strtoull(s, &end, 10);
	if (*end)
		return -EINVAL;
	if (errno)
		return -ERANGE;
	*v = x;
	return 0;
}

/* Splits "12.5ms" into its number and the text after it. */
static int split(const char *s, double *v, const char **unit)
{
	char *end;

	if ((*s < '0' || *s > '9') && *s != '.')
		return -EINVAL;
	if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X'))
		return -EINVAL;
	errno = 0;
	*v = strtod(s, &end);
	if (errno || !isfinite(*v))
		return -ERANGE;
	*unit = end;
	return end == s ? -EINVAL : 0;
}

int units_parse_size(const char *s, uint64_t *bytes)
{
	static const struct {
		const char *name;
		int shift;
	} units[] = {{"", 0}, {"B", 0}, {"KiB", 10}, {"MiB", 20}, {"GiB", 30}, {"TiB", 40}};
	const char *unit;
	double v;
	int rc = split(s, &v, &unit);

	if (rc)
		return rc;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(unit, units[i].name))
			continue;
		v = ldexp(v, units[i].shift);
		if (v >= 0x1p63)
			return -ERANGE;
		if (v != floor(v))
			return -EINVAL;
		*bytes = (uint64_t)v;
		return 0;
	}
	return -EINVAL;
}

int units_parse_time(const char *s, double *seconds)
{
	static const struct {
		const char *name;
		double s;
	} units[] = {{"ns", 1e-9}, {"us", 1e-6}, {"ms", 1e-3}, {"s", 1}, {"min", 60}, {"h", 3600}};
	const char *unit;
	double v;
	int rc = split(s, &v, &unit);

	if (rc)
		return rc;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (!strcmp(unit, units[i].name)) {
			*seconds = v * units[i].s;
			return 0;
		}
	}
	return -EINVAL;
}

int units_parse_share(const char *s, double *share)
{
	const char *unit;
	double v;
	int rc = split(s, &v, &unit);

	if (rc)
		return rc;
	if (*unit && strcmp(unit, "%") != 0)
		return -EINVAL;
	v = *unit ? v / 100 : v;
	if (!(v < 1))
		return -ERANGE;
	*share = v;
	return 0;
}

const char *units_exact(char *out, size_t n, double v)
{
	if (v == floor(v) && fabs(v) < 1e15) { /* 200, not 2e+02 */
		snprintf(out, n, "%.0f", v);
		return out;
	}
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(out, n, "%.*g", digits, v);
		if (strtod(out, NULL) == v)
			break;
	}
	return out;
}

const char *units_digits(char *out, size_t n, double v, int digits)
{
	double a = fabs(v);

	if (!isfinite(v) || a >= 1e15 || (a > 0 && a < 1e-9)) {
		snprintf(out, n, "%.*g", digits, v);
		return out;
	}
	int before = a > 0 ? (int)floor(log10(a)) + 1 : 1;
	int after = digits - before;
	/* rounding can carry into one more digit: 9.9996 with four is 10.00 */
	if (after >= 0 && a > 0 && a * pow(10, after) + 0.5 >= pow(10, digits))
		after--;
	snprintf(out, n, "%.*f", after > 0 ? after : 0, v);
	return out;
}

const char *units_size(char *out, size_t n, double bytes)
{
	static const char *const names[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
	char digits[32];
	size_t i = 0;

	while (i < 5 && fabs(bytes) >= 1024) {
		bytes /= 1024;
		i++;
	}
	if (bytes == floor(bytes))
		snprintf(digits, sizeof(digits), "%.0f", bytes);
	else
		units_digits(digits, sizeof(digits), bytes, 3);
	snprintf(out, n, "%s %s", digits, names[i]);
	return out;
}

/* Base units whose prefixed names are usual, and how far the prefixes go. */
static const struct {
	const char *unit, *symbol;
	int low, high; /* powers of 1000 */
} prefixed[] = {
	{"bytes/s", "B/s", 0, 5}, {"FLOP/s", "FLOP/s", 0, 5}, {"s", "s", -3, 0}, {"Hz", "Hz", 0, 3},
	{"1/s", "/s", 0, 4},	  {"W", "W", -1, 2},	      {"J", "J", -3, 2},
};

struct scale units_scale(const char *unit, double largest)
{
	static const char *const prefix[] = {"n", "µ", "m", "", "k", "M", "G", "T", "P"};
	struct scale sc = {.factor = 1};

	if (!strcmp(unit, "bytes")) {
		static const char *const iec[] = {"B", "KiB", "MiB", "GiB", "TiB"};
		int i = 0;

		while (i < 4 && fabs(largest) >= 1024) {
			largest /= 1024;
			sc.factor *= 1024;
			i++;
		}
		snprintf(sc.name, sizeof(sc.name), "%s", iec[i]);
		return sc;
	}
	if (!strcmp(unit, "1")) { /* a share */
		snprintf(sc.name, sizeof(sc.name), "%%");
		sc.factor = 0.01;
		return sc;
	}
	if (!strcmp(unit, "J/FLOP")) { /* some 1e-12: joules for a tera of them */
		snprintf(sc.name, sizeof(sc.name), "J/TFLOP");
		sc.factor = 1e-12;
		return sc;
	}
	snprintf(sc.name, sizeof(sc.name), "%s", unit);
	for (size_t i = 0; i < sizeof(prefixed) / sizeof(prefixed[0]); i++) {
		if (strcmp(unit, prefixed[i].unit))
			continue;
		int p = 0;
		if (largest != 0 && isfinite(largest))
			p = (int)floor(log10(fabs(largest)) / 3 + 1e-12);
		p = p < prefixed[i].low	   ? prefixed[i].low
		    : p > prefixed[i].high ? prefixed[i].high
					   : p;
		sc.factor = p < 0 ? 1 / pow(1000, -p) : pow(1000, p);
		snprintf(sc.name, sizeof(sc.name), "%s%s", prefix[p + 3], prefixed[i].symbol);
	}
	return sc;
}

const char *units_show(char *out, size_t n, double v, const char *unit)
{
	struct scale sc = units_scale(unit, v);
	char digits[40];

	units_digits(digits, sizeof(digits), v / sc.factor, 4);
	snprintf(out, n, "%s%s%s", digits, sc.name[0] ? " " : "", sc.name);
	return out;
}
