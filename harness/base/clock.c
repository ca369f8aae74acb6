/* The wall clock: see clock.h. */
#include "clock.h"

#include <errno.h>
#include <time.h>

uint64_t clock_wall_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

double clock_wall_since_s(uint64_t start_ns)
{
	uint64_t us = (clock_wall_ns() - start_ns) / 1000;

	return (double)us / 1e6;
}

void clock_wall_sleep_ns(uint64_t ns)
{
	struct timespec t = {.tv_sec = (time_t)(ns / 1000000000u),
			     .tv_nsec = (long)(ns % 1000000000u)};

	while (nanosleep(&t, &t) && errno == EINTR)
		;
}
