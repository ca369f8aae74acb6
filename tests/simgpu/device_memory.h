/*
 * How long a GPU's own memory and its L2 take: streams of the SMs, copies within, dependent loads.
 * Rates and times are the profile's; noise and faults are in them.
 */
#ifndef ASSAY_SIM_DEVICE_MEMORY_H
#define ASSAY_SIM_DEVICE_MEMORY_H

#include "profile.h"
#include "../../kernels/stream.h"

/* What the profile leaves out (0), by what its copies reach. */
void sim_device_memory_defaults(struct sim_gpu *g);

/* Arrays that an operation reads, and writes. */
SIM_API int sim_stream_reads(enum stream_op op);
SIM_API int sim_stream_writes(enum stream_op op);

/* Whether arrays of so many bytes in all stay in the L2: half of it, for an SM sees one half at
 * full speed. */
SIM_API bool sim_in_l2(int gpu, double bytes);

/* Seconds in which the SMs do the operation on array_bytes of each array. */
SIM_API double sim_stream_s(int gpu, enum stream_op op, bool in_l2, double array_bytes);
/* Seconds of a copy within the GPU's own memory by a copy engine. */
SIM_API double sim_local_copy_s(int gpu, double bytes);
/* Seconds of dependent loads of one SM from a ring of so many bytes. */
SIM_API double sim_device_chase_s(int gpu, double ring_bytes, double loads);

#endif
