/*
 * The file that host_io reads and writes: it has no name, so that nothing is left behind however
 * the process ends; every block of it says where it belongs and when it was written.
 */
#ifndef ASSAY_KERNELS_IO_FILE_H
#define ASSAY_KERNELS_IO_FILE_H

#include "../harness/base/err.h"
#include "../harness/probe/placement.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IO_BLOCK_BYTES	 4096
#define IO_REQUEST_BYTES ((size_t)1 << 20) /* of a sequential read or write */

struct io_file {
	int fd;
	uint64_t bytes; /* whole requests */
	uint64_t seed;
	struct placement_buf memory; /* as large as the file; a block has the same place in both */
	uint32_t *generation;	     /* of each block: what was written there last */
};

/*
 * A file of so many bytes in a folder, filled and synced; memory on that node. bytes is a multiple
 * of IO_REQUEST_BYTES. -ENOTSUP where the folder has less than ten times that free: a guest takes
 * no more. Close it in any case.
 */
int io_file_open(struct io_file *f, const char *folder, uint64_t bytes, int node, uint64_t seed,
		 struct err *e);
void io_file_close(struct io_file *f);

/* Past the page cache from now on, or through it. -ENOTSUP where the file system refuses. */
int io_file_direct(struct io_file *f, bool on, struct err *e);

/* Whether neighbours are read ahead, as is usual. */
void io_file_read_ahead(struct io_file *f, bool on);

/* Has the kernel forget the file's pages, as far as it will. 0 or a negative errno. */
int io_file_drop(struct io_file *f, struct err *e);

/* The share of the file's pages that the page cache holds, 0 … 1. 0 or a negative errno. */
int io_file_cached(const struct io_file *f, double *share, struct err *e);

/* New content for some blocks in memory, to be written: their next generation. */
void io_file_renew(struct io_file *f, uint64_t offset, size_t bytes);

/* Between file and memory, the whole range. 0 or a negative errno. */
int io_file_read(struct io_file *f, uint64_t offset, size_t bytes, struct err *e);
int io_file_write(struct io_file *f, uint64_t offset, size_t bytes, struct err *e);
int io_file_sync(struct io_file *f, struct err *e);

/*
 * Poisons the memory, reads all of the file and looks at every byte. -EBADMSG with the offset of
 * the first wrong one.
 */
int io_file_check(struct io_file *f, struct err *e);

#endif
