/*
 * How the machine is wired, from the manifest alone: sockets, NUMA nodes, PCIe, GPUs, NVLink. One
 * row a GPU, or a node that has none, from the socket on the left to the GPU on the right.
 */
#ifndef ASSAY_REPORTS_WIRING_H
#define ASSAY_REPORTS_WIRING_H

#include "report.h"

#include <stdbool.h>
#include <stddef.h>

enum wire_level { WIRE_SOCKET, WIRE_NODE, WIRE_ROOT, WIRE_SWITCH, WIRE_GPU, WIRE_LEVELS };

#define WIRE_NODE_UNKNOWN "Node not known"

/* What stands at one level: "Node 0, 1 TiB" and "CPUs 0–55". Both owned; NULL: nothing there. */
struct wire_box {
	char *title, *detail;
};

struct wire {
	struct wire_box box[WIRE_LEVELS];
	int gpu;		   /* -1: a node without one */
	const char *address;	   /* of the GPU, "" if unknown */
	const char *out_of_reach;  /* why its node cannot be used from here, "" if it can */
	const char *node_from;	   /* where its node was read, "" if nowhere */
	struct wire_box *instance; /* its MIG instances: "1.0" and "4g.40gb"; owned */
	size_t instances;
	char *nvlink;	       /* "18 × NVLink4 to the switch"; owned, "" if none */
	const char *nvlink_to; /* as the manifest has it: "switch x18", "0000:1b:00.0 x6" */
	bool node_unsure;      /* its node is inferred, or not known */
	bool wrong;	       /* a link is not what it could be */
};

struct wiring {
	struct wire *wire;
	size_t n, cap;
	unsigned gpus, instances;
	unsigned nodes, sockets; /* nodes: with CPUs; sockets: 0 if not known */
	bool level[WIRE_LEVELS]; /* whether any row has something there */
};

/* Of the first arm that says anything; n is 0 where the manifest says nothing. */
void wiring_make(struct wiring *w, const struct bundle_data *d);
void wiring_free(struct wiring *w);

/* Whether there is more to show than names of GPUs. */
bool wiring_tells(const struct wiring *w);
/* Whether row i continues the box of row i - 1 at that level. */
bool wiring_same(const struct wiring *w, size_t i, enum wire_level level);
/* "MIG 1.0 4g.40gb, 2.0 3g.40gb"; nothing if there are none. */
void wiring_instances(struct buf *out, const struct wire *x);
/* "2 sockets, 2 nodes with CPUs, 8 GPUs: GPUs 0–3 on node 0 …" */
void wiring_words(struct buf *out, const struct wiring *w);
/* Why nodes of GPUs are to be taken with care: "GPU 0: its node is inferred …"; nothing if none. */
void wiring_doubts(struct buf *out, const struct wiring *w);

#endif
