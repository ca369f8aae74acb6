/*
 * What NCCL prints about itself with NCCL_DEBUG=INFO (subsystems INIT, GRAPH, TUNING): which way
 * each pair of ranks is connected, whether NVLS is there, which algorithm and protocol a collective
 * took. Its lines are made for people and change from version to version, so anything that is not
 * understood is passed over. Seen: 2.18 to 2.28.
 */
#ifndef ASSAY_FORMATS_NCCL_LOG_H
#define ASSAY_FORMATS_NCCL_LOG_H

#include <stdbool.h>
#include <stddef.h>

#define NCCL_LOG_RANKS 64

/* The ways, from the fastest: the order says what is worse. */
enum nccl_way { NCCL_WAY_NONE, NCCL_WAY_P2P, NCCL_WAY_SHM, NCCL_WAY_NET, NCCL_WAY_OTHER };

struct nccl_choice {
	char algorithm[16], protocol[16]; /* "RING", "SIMPLE"; "" where no line told */
};

struct nccl_log {
	/* the worst way from one rank to another */
	unsigned char way[NCCL_LOG_RANKS][NCCL_LOG_RANKS];
	char words[NCCL_WAY_OTHER + 1][32]; /* as NCCL writes it, of the first seen: "P2P/CUMEM" */
	bool nvls;	   /* multicast was said to be available, on every device that spoke */
	bool no_nvls;	   /* … not to be available, on one */
	bool nvls_built;   /* channels for it were made */
	bool nvls_counted; /* some line said how many */
	size_t lines;	   /* that were understood */
	/* since the last nccl_log_next */
	struct nccl_choice choice;
};

/* One line of one rank, without its end. */
void nccl_log_line(struct nccl_log *l, const char *line);

/* What follows belongs to the next collective. */
void nccl_log_next(struct nccl_log *l);

/* Whether the communicator can use NVLS. */
bool nccl_log_nvls(const struct nccl_log *l);

/* "P2P", "SHM", "NET", or "none" where no pair is connected: the worst way that is in use. */
const char *nccl_log_worst(const struct nccl_log *l, enum nccl_way *way);

/*
 * The rank that all ways of that kind have in common as one of their ends; -1 where there is none.
 */
int nccl_log_culprit(const struct nccl_log *l, enum nccl_way way);

#endif
