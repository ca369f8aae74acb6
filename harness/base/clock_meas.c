/*
 * The measured clock on real hardware (link seam, see clock.h): CLOCK_MONOTONIC_RAW,
 * which no time daemon slews.
 */
#include "clock.h"

#include <time.h>

uint64_t clock_meas_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_RAW, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

uint64_t clock_meas_tick_ns(void)
{
	uint64_t best = UINT64_MAX;

	for (int i = 0; i < 200; i++) {
		uint64_t a = clock_meas_ns(), b;

		do
			b = clock_meas_ns();
		while (b == a);
		if (b - a < best)
			best = b - a;
	}
	return best;
}

void clock_meas_begin(uint64_t stream)
{
	(void)stream;
}

void clock_meas_meet(uint64_t ns)
{
	(void)ns;
}

const char *clock_meas_simulated(void)
{
	return "";
}

void clock_utc(char out[32])
{
	time_t now = time(NULL);
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &tm);
}
