/*
 * Inside of the stand-in for libcudart. Each call takes the one lock, pays its price in virtual
 * time and leaves through rt_leave, which remembers its error as the runtime does.
 *
 * Streams are queues of operations. All GPUs of the process share one virtual time with the host,
 * which they follow when the host waits or asks (cudart_run.c): an operation's bytes move when it
 * ends, so a program that forgets to synchronise reads old data, as it may on hardware.
 */
#ifndef ASSAY_SIM_CUDART_H
#define ASSAY_SIM_CUDART_H

#include "collective.h"
#include "devmem.h"
#include "sim.h"

/* The runtime's own names are what the stand-in gives away, and nothing else. */
#pragma GCC visibility push(default)
#include <cuda_runtime_api.h>
#pragma GCC visibility pop

#define RT_MAX_ARGS 16
/* Behind a kernel's arguments: how it was launched. */
#define RT_BLOCKS  RT_MAX_ARGS	     /* in all */
#define RT_THREADS (RT_MAX_ARGS + 1) /* of a block */
#define RT_SHARED  (RT_MAX_ARGS + 2) /* dynamic shared memory of a block, bytes */
#define RT_WORDS   (RT_MAX_ARGS + 3)
/* Entries that a stream takes behind a closed gate before the driver blocks. */
#define RT_QUEUE_MAX 256

struct rt_stream;

/* A kernel that the model knows, by the name that nvcc registered. */
struct rt_kernel {
	const char *name;
	uint8_t arg_bytes[RT_MAX_ARGS]; /* 0 ends */
	/*
	 * Does its work; returns how long it takes on that GPU, negative: illegal address. args: as
	 * they were passed, then args[RT_BLOCKS] …
	 */
	double (*run)(int gpu, const uint64_t *args);
	/*
	 * For a kernel that waits for the host: whether it may go on. give_up_s is set to how long
	 * it waits. timed_out tells it that this time has passed.
	 */
	bool (*waits)(const uint64_t *args, bool timed_out, double *give_up_s);
	/*
	 * For a kernel that moves bytes over wires: its flow, which others slow down. Such kernels
	 * run side by side; what run returns is added, once. False: this launch moves nothing.
	 */
	bool (*flow)(int gpu, const uint64_t *args, struct sim_flow *f);
	int only_cc; /* 90: it is compiled for this compute capability alone; 0: for all */
	/* What the GPU does meanwhile, from when it is queued: SIM_MEMORY, SIM_COMPUTE; 0: little.
	 */
	enum sim_load load;
};
/* Of the arrays of all files kernels_*.c, each ended by a row without a name. */
const struct rt_kernel *rt_kernel_find(const char *name);
/* A kernel's argument that is one. */
static inline void *rt_pointer(uint64_t arg)
{
	return (void *)(uintptr_t)arg;
}
/* How long a GPU takes to go through bytes of its memory once. */
double rt_pass_s(int gpu, uint64_t bytes);

enum rt_kind { RT_COPY, RT_SET, RT_KERNEL, RT_GRAPH, RT_RECORD, RT_WAIT, RT_HOST, RT_EXTERNAL };

struct rt_event {
	struct rt_event *next;	  /* of all that this process made: they stay until it ends */
	struct rt_stream *stream; /* of the last record, NULL before */
	uint64_t seq;		  /* of that record in its stream */
	double at;		  /* when it was reached */
	int gpu;
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
			int dir;	    /* enum sim_dir, RT_DEVICE, RT_HOST_ONLY or RT_PEER */
			int gpu;	    /* whose memory, in the profile; the destination's */
			int from_gpu;	    /* RT_PEER: the source's */
			enum sim_kind kind; /* of the host's memory */
			int node;
			char *staging; /* src, where the driver keeps it: to be freed */
		} copy;
		struct {
			char *p;
			int value;
			size_t bytes;
		} set;
		struct {
			const struct rt_kernel *k;
			uint64_t arg[RT_WORDS];
		} kernel;
		struct rt_graph *graph; /* RT_GRAPH */
		struct rt_event *event; /* RT_RECORD */
		struct {
			struct rt_stream *stream; /* of any GPU: all of it up to seq */
			uint64_t seq;
		} wait;
		struct {
			void (*fn)(void *);
			void *arg;
		} host;
		struct {
			sim_external_fn *fn;
			void *arg;
		} external;
	} u;
};
#define RT_DEVICE    2
#define RT_HOST_ONLY 3
#define RT_PEER	     4

/* What goes through one engine goes one after another. Kernels with a flow need none. */
enum rt_engine { RT_TO_DEVICE, RT_TO_HOST, RT_WITHIN, RT_COMPUTE, RT_ENGINES, RT_NO_ENGINE = -1 };

struct rt_gpu;
struct rt_graph;

struct rt_stream {
	struct rt_stream *next;
	struct rt_gpu *owner;
	bool blocking, legacy, dead;
	double done;	  /* end of the last operation that ran */
	uint64_t seq;	  /* last queued */
	uint64_t ran;	  /* last that ran */
	uint64_t seen;	  /* last of the legacy stream that this one waits for */
	struct rt_op *op; /* ring */
	size_t head, n, cap;
	struct rt_graph *capture; /* what is queued goes there and does not run; NULL */

	/* the first operation, while it runs */
	bool running, flows;
	double began, took, ends; /* at the present rate */
	double fixed_s;		  /* of took, what no neighbour changes */
	struct sim_flow flow;

	/* the copy before, which the same one again need not do again */
	struct rt_op last;
	uint64_t last_changes;
};

/* One GPU as this process sees it. */
struct rt_gpu {
	int index; /* in the profile */
	bool context, hung;
	cudaError_t sticky;
	uint64_t copies;
	double call_s; /* of a call, at that draw of the noise */
	uint64_t call_draw;
	struct rt_pool *pool; /* of cudaMallocAsync; NULL until it is used */
	bool busy[RT_ENGINES];
	bool reaches[SIM_MAX_GPUS]; /* peers, in the profile, to whose memory it has access */
	size_t allocated;
	unsigned queued[SIM_COMPUTE + 1]; /* kernels of each load that have not ended */
	enum sim_load load;		  /* the most of them, as NVML says to this process */
	double clocks, clocks_at;	  /* that its SMs have counted until then */
	struct rt_stream *streams;	  /* the legacy stream first */
	struct rt_event *events;
};

struct rt {
	struct rt_gpu gpu[SIM_MAX_GPUS]; /* by CUDA ordinal */
	int n_gpus;
	cudaError_t driver; /* what every call says where the driver does not start */
	bool eager;
	double now;	  /* how far the GPUs have come, never ahead of the host between calls */
	uint64_t changes; /* grows when memory may have changed: the host was here, a kernel ran */
	bool flow_ended;  /* so that others have more */
	bool frozen;	  /* something waits for other processes (RT_EXTERNAL): time stands still */
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
int rt_shared_most(const struct rt_gpu *g); /* shared memory of a block at most, bytes */
cudaError_t rt_last_error(bool clear);

/* What a thing of so many seconds costs: with the noise and the shift of that name. */
double rt_cost_s(const struct rt_gpu *g, const char *what, double seconds);
/* What every call costs the host. */
double rt_call_s(struct rt_gpu *g);

/* ---- cudart_queue.c ---- */

/*
 * 0, the legacy handle (both of the current GPU), or one of ours on any GPU; NULL where it is
 * none.
 */
struct rt_stream *rt_stream(cudaStream_t s);
struct rt_stream *rt_stream_new(struct rt_gpu *g, bool blocking, bool legacy);
/* The first operation; there must be one. */
struct rt_op *rt_head(const struct rt_stream *s);
/* The first operation is done, now. */
void rt_pop(struct rt_stream *s);
/* Clocks that the GPU's SMs have counted by now: at the clock of what was queued meanwhile. */
double rt_sm_clocks(struct rt_gpu *g);
/* Queues; blocks for ever where the driver would. */
cudaError_t rt_queue(struct rt_stream *s, struct rt_op *op);
/* The host waits until the stream has done its operation seq; gates may give up. */
cudaError_t rt_finish(struct rt_stream *s, uint64_t seq);
/*
 * The host waits until the GPU has nothing to do; in real time while it stands at a closed gate,
 * as a driver does.
 */
void rt_need_idle(struct rt_gpu *g);

/* ---- cudart_run.c ---- */

/* Whether the next that it has to do is to wait for the host, or was until just now. */
bool rt_at_gate(const struct rt_stream *s);
/* The GPUs come to where the host is. */
void rt_catch_up(void);
/*
 * Runs them until the stream has done its operation seq; the host's clock follows. False where that
 * never happens, or not before a gate gives up that may not.
 */
bool rt_reach(struct rt_stream *s, uint64_t seq, bool may_give_up);

/* ---- cudart_copy.c ---- */

/* Moves the bytes of a copy; bends one bit where a fault says so. True if it changed memory. */
bool rt_move(struct rt_gpu *g, const struct rt_op *op);
/* Bytes from one place to another, of either kind; valid ones. True if anything differed. */
bool rt_copy_bytes(void *dst, const void *src, size_t bytes);
/* Whether a kernel on that GPU may touch these bytes: its own, mapped or (C2C) any host memory. */
bool rt_reachable(int gpu, const void *p, size_t bytes);
/*
 * The flow of a kernel that copies between the GPU (NULL: no memory of it, a fill) and host
 * memory; false if it does not.
 */
bool rt_sm_flow(int gpu, const void *dst, const void *src, size_t bytes, struct sim_flow *f);
/* Whether these bytes are host memory, or all inside one allocation on a device. */
bool rt_valid(const void *p, size_t bytes);
/* The device memory that p lies in and how far; false for host memory. */
bool rt_device(const void *p, struct dev **d, size_t *at);
/* What kind of host memory p is, as far as the runtime knows. */
enum sim_kind rt_host_kind(const void *p);
/* Reads and writes memory of either kind; the bytes are valid. */
void rt_load(void *out, const void *p, size_t bytes);
void rt_store(void *p, const void *src, size_t bytes);
void rt_set(void *p, int value, size_t bytes);

/* ---- cudart_peer.c ---- */

/* The profile's number of the GPU that p lies on; -1 for host memory. */
int rt_owner_of(const void *p);
/* The GPU of this process with that number. */
struct rt_gpu *rt_gpu_of(int index);
/* Whether a GPU of this process has access to the memory of another; to its own: always. */
bool rt_peer_access(int gpu, int owner);
/* The flow of an RT_PEER copy. */
void rt_peer_flow(int by, const struct rt_op *op, struct sim_flow *f);
/* Whether what `by` moves from one to the other vanishes: a fault. */
bool rt_peer_drops(int by, int from, int to);

/* ---- cudart_memory.c ---- */

/* Bytes that are left on the GPU. */
size_t rt_free_bytes(const struct rt_gpu *g);
/* Device memory, without its price. cudaErrorMemoryAllocation where there is none left. */
cudaError_t rt_device_new(struct rt_gpu *g, size_t bytes, void **out);
/* Gives it back: its bytes, 0 where p is none. */
size_t rt_device_end(void *p);
/* How long the host takes to map or unmap so much, beside `seconds` for any. */
double rt_map_s(const struct rt_gpu *g, double seconds, size_t bytes);

/* ---- cudart_pool.c ---- */

/* After a synchronisation: the GPU's pool gives back what is above its threshold. */
void rt_pool_release(struct rt_gpu *g);

/* ---- cudart_graph.c ---- */

/* One more node. Kernels alone, of those that wait for nothing and move nothing over a wire. */
cudaError_t rt_graph_add(struct rt_graph *g, const struct rt_op *op);
/* Does the work of all its kernels, in order; how long they take, negative: illegal address. */
double rt_graph_run(const struct rt_gpu *g, const struct rt_graph *graph);

/* ---- cudart_launch.c ---- */

/* Loads all modules: CUDA_MODULE_LOADING=EAGER. */
void rt_load_modules(void);

#endif
