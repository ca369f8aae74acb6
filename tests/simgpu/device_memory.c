/* See device_memory.h. Known error: what lies between half of the L2 and all of it is memory's. */
#include "device_memory.h"
#include "sim.h"

/* Shares of memory_copy_bytes_s that HBM2e and HBM3 have been seen to reach (facts: A100, H100,
 * H200). */
#define READ_OF_COPY	 1.1
#define WRITE_OF_COPY	 1.0
#define TRIAD_OF_COPY	 1.03
#define L2_READ_OF_COPY	 2.0
#define L2_WRITE_OF_COPY 1.4

static void by_default(double *rate, double of_copy, double copy)
{
	if (!(*rate > 0))
		*rate = of_copy * copy;
}

void sim_device_memory_defaults(struct sim_gpu *g)
{
	double copy = g->memory_copy_bytes_s;

	by_default(&g->memory_read_bytes_s, READ_OF_COPY, copy);
	by_default(&g->memory_write_bytes_s, WRITE_OF_COPY, copy);
	by_default(&g->memory_triad_bytes_s, TRIAD_OF_COPY, copy);
	by_default(&g->l2_read_bytes_s, L2_READ_OF_COPY, copy);
	by_default(&g->l2_write_bytes_s, L2_WRITE_OF_COPY, copy);
}

int sim_stream_reads(enum stream_op op)
{
	return op == STREAM_WRITE ? 0 : op == STREAM_TRIAD ? 2 : 1;
}

int sim_stream_writes(enum stream_op op)
{
	return op != STREAM_READ;
}

bool sim_in_l2(int gpu, double bytes)
{
	return bytes <= (double)sim_profile()->gpu[gpu].l2_bytes / 2;
}

/* What a fault leaves of the rate of a GPU's memory. */
static double left_of_memory(int gpu)
{
	const struct fault *f = sim_fault(FAULT_SLOW_HBM, gpu);

	return f ? 1 - f->by : 1;
}

static double memory_bytes_s(const struct sim_gpu *g, enum stream_op op)
{
	switch (op) {
	case STREAM_READ:
		return g->memory_read_bytes_s;
	case STREAM_WRITE:
		return g->memory_write_bytes_s;
	case STREAM_COPY:
		return g->memory_copy_bytes_s;
	case STREAM_TRIAD:
		break;
	}
	return g->memory_triad_bytes_s;
}

double sim_stream_s(int gpu, enum stream_op op, bool in_l2, double array_bytes)
{
	const struct sim_gpu *g = &sim_profile()->gpu[gpu];
	double reads = sim_stream_reads(op) * array_bytes;
	double writes = sim_stream_writes(op) * array_bytes;

	if (in_l2)
		return (reads / g->l2_read_bytes_s + writes / g->l2_write_bytes_s) *
		       sim_noise("l2", gpu) / (1 - sim_shift("l2", gpu));
	return (reads + writes) / memory_bytes_s(g, op) * sim_noise("hbm", gpu) /
	       (1 - sim_shift("hbm", gpu)) / left_of_memory(gpu);
}

double sim_local_copy_s(int gpu, double bytes)
{
	const struct sim_gpu *g = &sim_profile()->gpu[gpu];

	return (g->copy_latency_s + 2 * bytes / g->memory_copy_bytes_s / left_of_memory(gpu)) *
	       sim_noise("d2d", gpu) / (1 - sim_shift("d2d", gpu));
}

double sim_device_chase_s(int gpu, double ring_bytes, double loads)
{
	const struct sim_gpu *g = &sim_profile()->gpu[gpu];
	bool l2 = sim_in_l2(gpu, ring_bytes);
	const char *what = l2 ? "l2_latency" : "hbm_latency";

	return loads * (l2 ? g->l2_load_s : g->memory_load_s) * sim_noise(what, gpu) *
	       (1 + sim_shift(what, gpu));
}
