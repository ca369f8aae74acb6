/* What the writers of a bundle share (bundle_write.c, bundle_seal.c); nobody else's business. */
#ifndef ASSAY_FORMATS_BUNDLE_OPEN_H
#define ASSAY_FORMATS_BUNDLE_OPEN_H

#include "bundle.h"
#include "bundle_table.h"

#define BUNDLE_SUMS "SHA256SUMS"
#define BUNDLE_LOG  "run.log"

struct bundle {
	char *dir;
	int dir_fd; /* holds the lock of the one writer */
	int fd[BF_N];
	int log_fd;
	bool sealed; /* SHA256SUMS is there and true */
};

/* Refuses what is no bundle and a schema that is newer than ours. */
int bundle_check_schema(const char *dir, struct err *e);

/* Like bundle_load, the manifest only. */
int bundle_load_manifest(struct bundle_data *d, const char *dir, struct err *e);

/* write() until all is written; -1 with errno. */
int bundle_write_all(int fd, const char *data, size_t n);

#endif
