/*
 * What /proc/self/smaps and /proc/self/numa_maps say about a range of addresses. Pure readers
 * of an open file, so that recorded texts can be checked.
 */
#ifndef ASSAY_PROBE_MAPS_H
#define ASSAY_PROBE_MAPS_H

#include <stdint.h>
#include <stdio.h>

/*
 * Sums Rss and AnonHugePages, in bytes, over the mappings of an smaps file that overlap
 * [from, to).
 */
struct maps_huge {
	uint64_t resident_bytes, thp_bytes;
};
struct maps_huge maps_huge(FILE *smaps, uint64_t from, uint64_t to);

/*
 * Sums the pages of a numa_maps file, in bytes by their kernelpagesize, over the mappings that
 * overlap [from, to). A mapping that begins before or ends behind the range is counted whole.
 */
struct maps_nodes {
	uint64_t here_bytes;	  /* on the node that was asked for */
	uint64_t elsewhere_bytes; /* on any other */
	int found; /* a node with pages, one elsewhere where there is one; -1 if none */
};
struct maps_nodes maps_nodes(FILE *numa_maps, uint64_t from, uint64_t to, int node);

#endif
