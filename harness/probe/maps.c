/*
 * Reads smaps and numa_maps line by line. numa_maps names only where a mapping starts: the
 * last one that starts at or before the range is taken as overlapping it.
 */
#include "maps.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct maps_huge maps_huge(FILE *smaps, uint64_t from, uint64_t to)
{
	struct maps_huge sum = {0};
	bool inside = false;
	char *line = NULL;
	size_t cap = 0;

	while (getline(&line, &cap, smaps) > 0) {
		uint64_t start, end, kib;
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " ", &start, &end) == 2)
			inside = start < to && end > from;
		else if (inside && sscanf(line, "Rss: %" SCNu64 " kB", &kib) == 1)
			sum.resident_bytes += kib * 1024;
		else if (inside && sscanf(line, "AnonHugePages: %" SCNu64 " kB", &kib) == 1)
			sum.thp_bytes += kib * 1024;
	}
	free(line);
	return sum;
}

/* Adds one line's "N0=512 … kernelpagesize_kB=4". */
static void add_line(struct maps_nodes *sum, char *line, int node)
{
	const char *text = strstr(line, "kernelpagesize_kB=");
	uint64_t page_bytes = text ? strtoull(strchr(text, '=') + 1, NULL, 10) * 1024 : 4096;
	char *save = NULL;

	for (char *w = strtok_r(line, " \n", &save); w; w = strtok_r(NULL, " \n", &save)) {
		uint64_t pages;
		int on;
		if (sscanf(w, "N%d=%" SCNu64, &on, &pages) != 2 || pages == 0)
			continue;
		if (on == node)
			sum->here_bytes += pages * page_bytes;
		else
			sum->elsewhere_bytes += pages * page_bytes;
		if (sum->found < 0 || on != node)
			sum->found = on;
	}
}

struct maps_nodes maps_nodes(FILE *numa_maps, uint64_t from, uint64_t to, int node)
{
	struct maps_nodes sum = {.found = -1};
	char *line = NULL, *before = NULL;
	size_t cap = 0;

	while (getline(&line, &cap, numa_maps) > 0) {
		uint64_t start = strtoull(line, NULL, 16);
		if (start <= from) {
			free(before);
			before = line;
			line = NULL;
			cap = 0;
		} else if (start < to) {
			add_line(&sum, line, node);
		}
	}
	if (before)
		add_line(&sum, before, node);
	free(before);
	free(line);
	return sum;
}
