/*
 * Numbers with units. Files hold SI base units (bytes/s, s, FLOP/s, Hz); only
 * text for people is scaled: rates by powers of 1000, sizes by powers of 1024.
 */
#ifndef ASSAY_BASE_UNITS_H
#define ASSAY_BASE_UNITS_H

#include <stddef.h>
#include <stdint.h>

/* "4", "4B", "4KiB", "1GiB" -> bytes. "4KB" is refused (ambiguous). 0, -EINVAL or -ERANGE. */
int units_parse_size(const char *s, uint64_t *bytes);

/* "250ms", "30s", "5min", "2us" -> seconds; a bare number is refused. 0, -EINVAL or -ERANGE. */
int units_parse_time(const char *s, double *seconds);

/* "2%", "0.5%" or "0.02" -> a share from 0 to below 1. 0, -EINVAL or -ERANGE. */
int units_parse_share(const char *s, double *share);

/* Decimal unsigned integer, nothing after it. 0, -EINVAL or -ERANGE. */
int units_parse_u64(const char *s, uint64_t *v);

/* Shortest C-locale text that reads back as the same double: for files. */
const char *units_exact(char *out, size_t n, double v);

/* "4 B", "4 KiB", "1 GiB": sizes that are no whole multiple get up to 3 digits. */
const char *units_size(char *out, size_t n, double bytes);

/*
 * A scale for showing values of one unit: the factor to divide by and its name, e.g.
 * ("bytes/s", 5.5e10) -> 1e9, "GB/s"; ("s", 1.06e-7) -> 1e-9, "ns".
 * Choose it once a table from the largest value, so that a column has one unit.
 */
struct scale {
	double factor;
	char name[24];
};
struct scale units_scale(const char *unit, double largest);

/* v with the given number of significant digits, never in exponent form below 1e15. */
const char *units_digits(char *out, size_t n, double v, int digits);

/* Value and scaled unit together: "55.3 GB/s", 4 significant digits at most. */
const char *units_show(char *out, size_t n, double v, const char *unit);

#endif
