/*
 * Who we are: the program to start again for a step, and where its data lies. Kept
 * apart from /proc/self/exe, which names the loader when the program is started
 * through one.
 */
#ifndef ASSAY_BASE_SELF_H
#define ASSAY_BASE_SELF_H

#include "err.h"

/* Version of the program and of the build ("0.1.0", "v0.1.0-3-gabc123"). */
const char *self_version(void);
const char *self_build(void);

/*
 * Absolute path of this program, found once from argv[0] and PATH; the caller frees.
 * Returns NULL with e filled where it cannot be found.
 */
char *self_path(const char *argv0, struct err *e);

/*
 * Folder of the suites: $ASSAY_SUITES, else ../suites beside the program's folder, else
 * ../share/assay/suites. The caller frees; NULL with e filled where none exists.
 */
char *self_suites(const char *path, struct err *e);

#endif
