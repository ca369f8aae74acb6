/*
 * Who we are: the program to start again for a step, whose libraries we run on, and where our data
 * lies. Kept apart from /proc/self/exe, which names the loader when the program is started through
 * one, as the portable program is.
 */
#ifndef ASSAY_BASE_SELF_H
#define ASSAY_BASE_SELF_H

#include "err.h"

/* Version of the program and of the build ("0.1.0", "v0.1.0-3-gabc123"). */
const char *self_version(void);
const char *self_build(void);

/* The first program of that name on PATH, NULL if there is none. The caller frees. */
char *self_search_path(const char *name);

/*
 * Absolute path of this program, found once from argv[0] and PATH; the caller frees.
 * Returns NULL with e filled where it cannot be found.
 */
char *self_path(const char *argv0, struct err *e);

/*
 * Folder of the suites: $ASSAY_SUITES, else suites beside the program (a portable folder), else
 * ../suites, else ../share/assay/suites. The caller frees; NULL with e filled where none exists.
 */
char *self_suites(const char *path, struct err *e);

/*
 * The portable folder (`make portable`) holds a launcher, assay, which starts the plain program on
 * the folder's own loader and libraries: scripts/portable/launcher.c. Names in that folder, and the
 * variables that the launcher hides from the loader with the prefix under which it hands them on.
 */
#define SELF_PLAIN	 "libexec/assay"
#define SELF_LIB	 "lib"
#define SELF_HELD_PREFIX "ASSAY_HELD_"
#define SELF_HELD_NAMES	 "LD_PRELOAD", "LD_AUDIT"

/*
 * To be called first in main: gives the environment back what the launcher held back, so that
 * programs started from here see what the user or the image had set.
 */
void self_start(void);

/*
 * The portable folder whose libraries this process runs on (the C library that is really mapped
 * tells), NULL where those are the system's. The caller frees.
 */
char *self_portable_dir(void);

/*
 * The first library in this process that is not from the portable folder dir, NULL if there is
 * none: something preloaded, or loaded later by dlopen. The caller frees.
 */
char *self_foreign_library(const char *dir);

/*
 * The program to start so that it takes the loader and libraries of the place where it runs: the
 * plain one in the portable folder if path is a launcher, else path itself. The caller frees.
 */
char *self_plain_path(const char *path);

#endif
