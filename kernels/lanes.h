/*
 * Streams that start together, on one GPU or on several: the first waits behind a gate, the others
 * for the first. Each is timed by events of its own, since those of two GPUs cannot be compared.
 * What every GPU benchmark of short operations uses, with one lane where nothing runs beside it.
 * Needs CUDA headers to be built, not to be included.
 */
#ifndef ASSAY_KERNELS_LANES_H
#define ASSAY_KERNELS_LANES_H

#include "gate.h"

#include "../harness/bench.h"

#define EVENT_TICK_S 0.5e-6 /* resolution of event times, as the CUDA documentation gives it */
#define LANES_MAX    64	    /* GPUs of one machine */
#define LANES_MARKS  4

struct CUstream_st;
struct CUevent_st;
struct gpu_state;

struct lane {
	struct CUstream_st *stream;
	struct CUevent_st *start, *mark[LANES_MARKS];
	int device;	/* CUDA ordinal of its GPU */
	bool off;	/* lanes_rates leaves it out */
	double seconds; /* lanes_time: that its operations took */
	double rate;	/* lanes_rates: its operations a second while all lanes were at work */
};

/* Puts one operation on a lane's stream, whose GPU is the current one. Returns a cudaError_t. */
typedef int lanes_queue_fn(void *arg, int lane, struct CUstream_st *stream);

/* What happens beside what is timed; each may be NULL. */
struct lanes_around {
	lanes_queue_fn *before,
		*after; /* behind the gate, before the start and after the last mark */
	void *arg;
};

struct lanes {
	struct lane lane[LANES_MAX];
	int n;
	struct gate *gate;		   /* pinned host memory */
	struct CUevent_st *end;		   /* of all lanes, on the GPU of the first */
	const struct lanes_around *around; /* NULL: nothing else happens */
	struct gpu_state *state;	   /* NULL: not watched; see lanes_watch */
};

/* One lane on each of the first n GPUs. 0 or negative errno; lanes_close after an error as well. */
int lanes_open(struct lanes *l, int n, struct err *e);
/* The same on n GPUs by their ordinals. */
int lanes_open_on(struct lanes *l, const int *device, int n, struct err *e);
void lanes_close(struct lanes *l);
/*
 * From now on NVML is looked at in each batch, while the GPUs work (gpu_state.h). Where it is
 * missing, nothing is. 0 or negative errno; lanes_close ends it.
 */
int lanes_watch(struct lanes *l, struct ctx *c, struct err *e);
/* One more lane, on the GPU with that ordinal. 0 or negative errno. */
int lanes_add(struct lanes *l, int device, struct err *e);

/*
 * Queues n operations on each of the first `used` lanes and waits. gated: all of them behind one
 * gate (then n <= GATE_MAX_OPS), so that queueing is not measured. *seconds: from the common start
 * to the end of the last. -ETIMEDOUT where the gate gave up because queueing took too long.
 */
int lanes_time(struct lanes *l, int used, bool gated, lanes_queue_fn *queue, void *arg, uint64_t n,
	       double *seconds, struct err *e);

/*
 * How fast each lane is while all others run: queues LANES_MARKS times n operations behind a gate
 * on each lane that is not off, of the first `used` (n <= LANES_MOST). A lane that ends early
 * leaves more to the others; so each one's rate is taken up to the last of its LANES_MARKS marks
 * that came before any lane had ended. Known error: a lane that is LANES_MARKS times slower than
 * another has no such mark, and its first is taken.
 */
#define LANES_MOST ((GATE_MAX_OPS - LANES_MARKS - 2) / LANES_MARKS)
int lanes_rates(struct lanes *l, int used, lanes_queue_fn *queue, void *arg, uint64_t n,
		struct err *e);

/* ctx_sample; what NVML said meanwhile is in l->state, to be told by gpu_state_say. */
int lanes_sample(struct lanes *l, struct ctx *c, const struct sampling *s, struct err *e);

/* How such a batch is sampled: as the metric "bandwidth", for `bytes` an operation. */
struct sampling lanes_bandwidth(ctx_batch_fn *batch, void *arg, double bytes);

/* Waits until nothing is under way on any lane. */
int lanes_wait(struct lanes *l, const char *what, struct err *e);

#endif
