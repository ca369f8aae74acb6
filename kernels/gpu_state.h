/*
 * What NVML says of this process's GPUs while it works: clocks and what holds them down, power,
 * heat, ECC errors, energy. Where NVML is missing there is no state, which every call takes and
 * does nothing with. Needs CUDA to be built, no CUDA header to be included.
 */
#ifndef ASSAY_KERNELS_GPU_STATE_H
#define ASSAY_KERNELS_GPU_STATE_H

#include "../harness/bench.h"

struct gpu_state;

/*
 * For all GPUs that this process sees, by CUDA ordinal. 0, *s being NULL where NVML is missing
 * (run.log says why), or negative errno. An NVML call may hang with a broken driver, as CUDA's may.
 */
int gpu_state_open(struct gpu_state **s, struct ctx *c, struct err *e);
void gpu_state_close(struct gpu_state *s);

/* Before a case: forgets the last one, and reads the counters. */
void gpu_state_begin(struct gpu_state *s);
/*
 * While the GPUs work: between queueing and waiting, as lanes_watch has it done. It may be called
 * in every batch: it looks ten times a second at most, by the measured clock, and at once after a
 * begin.
 */
void gpu_state_look(struct gpu_state *s);
/* After a case: reads the counters again. */
void gpu_state_end(struct gpu_state *s);

/*
 * Energy from begin to end; NAN where it is not counted, or the stretch was too short: GPUs add to
 * their counter every 20 to 100 ms.
 */
double gpu_state_joules(const struct gpu_state *s, int ordinal);

/*
 * After the end, for keys with these labels (as in ctx_fact): what held the clocks down, and so
 * made these metrics ("flops,energy") untrue, as the expectation "clock_events"; new ECC errors as
 * "ecc", for all metrics; a remark for these metrics where the power limit held the clocks down, or
 * is below the default and none of the looks could tell. A limit that held nothing is no remark: it
 * would excuse a number that is low for another reason (ctx_remark).
 */
void gpu_state_say(const struct gpu_state *s, int ordinal, struct ctx *c, const char *metrics,
		   const char *labels);

#endif
