/* The folder of locks, journals and whatever else the runs on this host share. */
#ifndef ASSAY_PROBE_RUNTIME_H
#define ASSAY_PROBE_RUNTIME_H

/* Its path, whether or not it is there: all users must meet at one place. Caller frees. */
char *runtime_dir(void);

/* The same, made if it is not there; warns where other users cannot write into it. Caller frees. */
char *runtime_dir_made(void);

#endif
