/*
 * NVIDIA's Multi-Process Service as this machine has it: the program that controls it, a private
 * daemon of our own, and whether a daemon of somebody else is there, which is never touched. A
 * private daemon's folder says everything about it: its clients find it by CUDA_MPS_PIPE_DIRECTORY,
 * and so do we, also when whoever started it is gone.
 *
 * Known error: in a container daemons of the host are not seen unless their pipes are mounted.
 */
#ifndef ASSAY_PROBE_MPS_H
#define ASSAY_PROBE_MPS_H

#include "../base/err.h"

struct change;

/* A socket's path has room for 107 characters: short, and on a local disk. */
#define MPS_DIR_PREFIX "/tmp/assay-mps."
#define MPS_PIPE       "pipe" /* in that folder: CUDA_MPS_PIPE_DIRECTORY of its clients */
#define MPS_LOG	       "log"

/* nvidia-cuda-mps-control on PATH; the caller frees. NULL with e filled: where it comes from. */
char *mps_program(struct err *e);

/*
 * Starts a daemon whose pipes and logs lie in dir (MPS_DIR_PREFIX…), which is made, for this user
 * alone; its servers see the GPUs of CUDA_VISIBLE_DEVICES. Returns when it answers: 0, or a
 * negative errno with its own words; then nothing is left. Takes some seconds at most.
 */
int mps_start(const char *dir, struct err *e);

/*
 * Ends that daemon and its servers, whoever started it, and removes dir. Its clients must have
 * ended before. 0 also where there is none; -EBUSY where a process of it outlives SIGKILL.
 */
int mps_stop(const char *dir, struct err *e);

/* "mps DIR", for a guard (changes.h): such a daemon, with the environment of the guard. */
extern const struct change mps_change;

/*
 * Says in words which daemon there is that is not one of ours: the default one, or another user's.
 * NULL: none is seen. The caller frees.
 */
char *mps_site(void);

#endif
