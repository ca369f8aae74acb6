/*
 * Inside of the stand-in for libcudart. Each call takes the one lock, pays its price in virtual
 * time and leaves through rt_leave, which remembers its error as the runtime does.
 *
 * Streams are queues of operations that run when the host waits or asks, not when they are
 * queued: a program that forgets to synchronise reads old data, as it may on hardware. Each
 * operation has a start and an end in virtual time.
 */
#ifndef ASSAY_SIM_CUDART_H
#define ASSAY_SIM_CUDART_H

#include "devmem.h"
#include "sim.h"

/* The runtime's own names are what the stand-in gives away, and nothing else. */
#pragma GCC visibility push(default)
#include <cuda_runtime_api.h>
#pragma GCC visibility pop

#define RT_MAX_ARGS 8
/* Entries that a stream takes behind a closed gate before the driver blocks. */
#define RT_QUEUE_MAX 256

struct rt_stream;

/* A kernel that the model knows, by the name that nvcc registered. */
struct rt_kernel {
	const char *name;
	uint8_t arg_bytes[RT_MAX_ARGS]; /* 0 ends */
	/* Does its work; returns how long it takes on that GPU, negative: illegal address. */
	double (*run)(int gpu, const uint64_t *args);
	/*
	 * For a kernel that waits for the host: whether it may go on. give_up_s is set to how long
	 * it waits. timed_out tells it that this time has passed.
	 */
	bool (*waits)(const uint64_t *args, bool timed_out, double *give_up_s);
};
const struct rt_kernel *rt_kernel_find(const char *name);

enum rt_kind { RT_COPY, RT_SET, RT_KERNEL, RT_RECORD, RT_WAIT, RT_HOST };

struct rt_event {
	struct rt_event *next;	  /* of all that this process made: they stay until it ends */
	struct rt_stream *stream; /* of the last record, NULL before */
	uint64_t seq;		  /* of that record in its stream */
	double at;		  /* when it was reached */
	bool timing;
};

struct rt_op {
	enum rt_kind kind;
	double queued; /* host time */
	uint64_t seq;
	union {
		struct {
			char *dst;
			const char *src;
			size_t bytes;
			int dir; /* enum sim_dir, RT_DEVICE or RT_HOST_ONLY */
			bool pinned;
			int node;
		} copy;
		struct {
			char *p;
			int value;
			size_t bytes;
		} set;
		struct {
			const struct rt_kernel *k;
			uint64_t arg[RT_MAX_ARGS];
		} kernel;
		struct rt_event *event; /* RT_RECORD */
		struct {
			struct rt_stream *stream;
			struct rt_event *event; /* NULL: all of that stream up to seq */
			uint64_t seq;
		} wait;
		struct {
			void (*fn)(void *);
			void *arg;
		} host;
	} u;
};
#define RT_DEVICE    2
#define RT_HOST_ONLY 3

struct rt_stream {
	struct rt_stream *next;
	int gpu;
	bool blocking, legacy, dead;
	double done;	  /* end of the last operation that ran */
	uint64_t seq;	  /* last queued */
	uint64_t ran;	  /* last that ran */
	uint64_t seen;	  /* last of the legacy stream that this one waits for */
	struct rt_op *op; /* ring */
	size_t head, n, cap;
};

/* One GPU as this process sees it. */
struct rt_gpu {
	int index; /* in the profile */
	bool context, hung;
	cudaError_t sticky;
	uint64_t copies;
	struct rt_op last; /* the copy that ran before, while nothing else could touch memory */
	double last_s;
	double engine[3]; /* when H2D, D2H and the SMs are free */
	size_t allocated;
	struct rt_stream *streams; /* the legacy stream first */
	struct rt_event *events;
};

struct rt {
	struct rt_gpu gpu[SIM_MAX_GPUS]; /* by CUDA ordinal */
	int n_gpus;
	cudaError_t driver; /* what every call says where the driver does not start */
	bool eager;
};

/* ---- cudart_core.c ---- */

/* Takes the lock; the error that this call has to give before it does anything. */
cudaError_t rt_enter(void);
/* The same for calls that need a context on the current GPU: makes one. */
cudaError_t rt_enter_gpu(struct rt_gpu **g);
/* Gives the lock back and remembers e. */
cudaError_t rt_leave(cudaError_t e);
struct rt *rt_get(void);
struct rt_gpu *rt_current(void);
int rt_ordinal(void);
void rt_set_ordinal(int i);
const struct sim_gpu *rt_profile(const struct rt_gpu *g);
cudaError_t rt_last_error(bool clear);

/* ---- cudart_queue.c ---- */

/* 0, the legacy handle or one of ours; NULL where it is none of this GPU's. */
struct rt_stream *rt_stream(struct rt_gpu *g, cudaStream_t s);
struct rt_stream *rt_stream_new(struct rt_gpu *g, bool blocking, bool legacy);
/* Queues; blocks for ever where the driver would. */
cudaError_t rt_queue(struct rt_gpu *g, struct rt_stream *s, struct rt_op *op);
/* Runs what can run now. */
void rt_drain(struct rt_gpu *g);
/* Whether the stream waits behind a gate that the host has not opened. */
bool rt_gated(struct rt_gpu *g);
/*
 * Runs the stream to its operation seq, lets gates give up, moves the host's clock to *at (read
 * when that is done).
 */
cudaError_t rt_finish(struct rt_gpu *g, struct rt_stream *s, uint64_t seq, const double *at);
/* Waits in real time until no gate is closed: what a driver does that needs an idle GPU. */
void rt_need_idle(struct rt_gpu *g);

/* ---- cudart_copy.c ---- */

/* Moves the bytes of a copy, where they differ; bends one bit where a fault says so. */
void rt_move(struct rt_gpu *g, const struct rt_op *op);
/* Whether these bytes are host memory, or all inside one allocation on a device. */
bool rt_valid(const void *p, size_t bytes);
/* The device memory that p lies in and how far; false for host memory. */
bool rt_device(const void *p, struct dev **d, size_t *at);
/* Reads and writes memory of either kind; the bytes are valid. */
void rt_load(void *out, const void *p, size_t bytes);
void rt_store(void *p, const void *src, size_t bytes);
void rt_set(void *p, int value, size_t bytes);

/* ---- cudart_launch.c ---- */

/* Loads all modules: CUDA_MODULE_LOADING=EAGER. */
void rt_load_modules(void);

#endif
