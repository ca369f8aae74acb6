/*
 * The file of host_io: see io_file.h. Known error: where the file system has no O_TMPFILE (old
 * overlays, NFS) the file has a name for the moment between its making and its removal.
 */
#include "io_file.h"
#include "pattern.h"

#include "../harness/base/mem.h"
#include "../harness/base/rng.h"
#include "../harness/base/units.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define FREE_SHARE 10 /* the file is at most one part in so many of what is free */

static int nameless(const char *folder, struct err *e)
{
	int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	char *path;

	if (fd >= 0)
		return fd;
	path = mem_printf("%s/assay-io-XXXXXX", folder);
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		unlink(path);
	else
		fd = err_set(e, errno, "cannot make a file in %s: %s", folder, strerror(errno));
	free(path);
	return fd;
}

static int check_space(int fd, const char *folder, uint64_t bytes, struct err *e)
{
	char need[32], have[32];
	struct statvfs s;

	if (fstatvfs(fd, &s))
		return err_set(e, errno, "%s: %s", folder, strerror(errno));
	uint64_t space = (uint64_t)s.f_bavail * s.f_frsize;
	if (bytes <= space / FREE_SHARE)
		return 0;
	units_size(need, sizeof(need), (double)bytes);
	units_size(have, sizeof(have), (double)space);
	return err_set(e, ENOTSUP,
		       "a file of %s is more than a tenth of the %s that are free in %s: give a "
		       "smaller size",
		       need, have, folder);
}

static int fill(struct io_file *f, struct err *e)
{
	int rc = 0;

	io_file_renew(f, 0, f->bytes);
	for (uint64_t at = 0; at < f->bytes && !rc; at += IO_REQUEST_BYTES)
		rc = io_file_write(f, at, IO_REQUEST_BYTES, e);
	return rc ? rc : io_file_sync(f, e);
}

int io_file_open(struct io_file *f, const char *folder, uint64_t bytes, int node, uint64_t seed,
		 struct err *e)
{
	int rc;

	memset(f, 0, sizeof(*f));
	f->bytes = bytes;
	f->seed = seed;
	f->fd = nameless(folder, e);
	if (f->fd < 0)
		return f->fd;
	rc = check_space(f->fd, folder, bytes, e);
	if (rc)
		return rc;
	f->generation = mem_zalloc(bytes / IO_BLOCK_BYTES, sizeof(*f->generation));
	rc = placement_alloc(&f->memory, bytes, node, PAGES_THP, e);
	return rc ? rc : fill(f, e);
}

void io_file_close(struct io_file *f)
{
	if (f->fd >= 0)
		close(f->fd);
	placement_free(&f->memory);
	free(f->generation);
	f->generation = NULL;
	f->fd = -1;
}

int io_file_direct(struct io_file *f, bool on, struct err *e)
{
	int flags = fcntl(f->fd, F_GETFL), wanted = on ? flags | O_DIRECT : flags & ~O_DIRECT;

	if (flags < 0 || fcntl(f->fd, F_SETFL, wanted))
		return err_set(e, errno == EINVAL ? ENOTSUP : errno,
			       "this file system has no O_DIRECT: %s", strerror(errno));
	return 0;
}

void io_file_read_ahead(struct io_file *f, bool on)
{
	posix_fadvise(f->fd, 0, 0, on ? POSIX_FADV_NORMAL : POSIX_FADV_RANDOM);
}

/* Only clean pages are given up, so what was written goes to the disk first. */
int io_file_drop(struct io_file *f, struct err *e)
{
	int rc = io_file_sync(f, e);
	int code = rc ? 0 : posix_fadvise(f->fd, 0, 0, POSIX_FADV_DONTNEED);

	if (code)
		rc = err_set(e, code, "the page cache cannot be dropped: %s", strerror(code));
	return rc;
}

int io_file_cached(const struct io_file *f, double *share, struct err *e)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), n = f->bytes / page, there = 0;
	void *p = mmap(NULL, f->bytes, PROT_READ, MAP_SHARED, f->fd, 0);
	unsigned char *is = mem_zalloc(n, 1);
	int rc = 0;

	if (p == MAP_FAILED || mincore(p, f->bytes, is))
		rc = err_set(e, errno, "the page cache does not say what it holds: %s",
			     strerror(errno));
	for (size_t i = 0; i < n; i++)
		there += is[i] & 1;
	*share = (double)there / (double)n;
	if (p != MAP_FAILED)
		munmap(p, f->bytes);
	free(is);
	return rc;
}

static uint32_t block_seed(const struct io_file *f, uint64_t block)
{
	return (uint32_t)rng_hash(rng_hash(f->seed, block), f->generation[block]);
}

static uint8_t *in_memory(const struct io_file *f, uint64_t offset)
{
	return (uint8_t *)f->memory.p + offset;
}

void io_file_renew(struct io_file *f, uint64_t offset, size_t bytes)
{
	for (uint64_t at = offset; at < offset + bytes; at += IO_BLOCK_BYTES) {
		f->generation[at / IO_BLOCK_BYTES]++;
		pattern_fill(in_memory(f, at), IO_BLOCK_BYTES, block_seed(f, at / IO_BLOCK_BYTES));
	}
}

int io_file_read(struct io_file *f, uint64_t offset, size_t bytes, struct err *e)
{
	for (size_t done = 0; done < bytes;) {
		uint64_t at = offset + done;
		ssize_t n = pread(f->fd, in_memory(f, at), bytes - done, (off_t)at);

		if (n > 0)
			done += (size_t)n;
		else if (n == 0 || errno != EINTR)
			return err_set(e, EIO, "reading %zu bytes at %llu: %s", bytes - done,
				       (unsigned long long)at,
				       n ? strerror(errno) : "the file ends before");
	}
	return 0;
}

int io_file_write(struct io_file *f, uint64_t offset, size_t bytes, struct err *e)
{
	for (size_t done = 0; done < bytes;) {
		uint64_t at = offset + done;
		ssize_t n = pwrite(f->fd, in_memory(f, at), bytes - done, (off_t)at);

		if (n > 0)
			done += (size_t)n;
		else if (n == 0 || errno != EINTR)
			return err_set(e, EIO, "writing %zu bytes at %llu: %s", bytes - done,
				       (unsigned long long)at,
				       n ? strerror(errno) : "nothing was written");
	}
	return 0;
}

int io_file_sync(struct io_file *f, struct err *e)
{
	return fsync(f->fd) ? err_set(e, EIO, "fsync: %s", strerror(errno)) : 0;
}

static int check_block(struct io_file *f, uint64_t block, struct err *e)
{
	uint64_t at = block * IO_BLOCK_BYTES;
	struct pattern_diff d =
		pattern_check(in_memory(f, at), IO_BLOCK_BYTES, block_seed(f, block));

	if (d.first == PATTERN_NONE)
		return 0;
	at += d.first;
	return err_set(e, EBADMSG,
		       "%llu bytes of block %llu of the file are wrong, the first at offset %llu",
		       (unsigned long long)d.bytes, (unsigned long long)block,
		       (unsigned long long)at);
}

int io_file_check(struct io_file *f, struct err *e)
{
	int rc = 0;

	memset(f->memory.p, 0xa5, f->bytes);
	for (uint64_t at = 0; at < f->bytes && !rc; at += IO_REQUEST_BYTES)
		rc = io_file_read(f, at, IO_REQUEST_BYTES, e);
	for (uint64_t b = 0; b < f->bytes / IO_BLOCK_BYTES && !rc; b++)
		rc = check_block(f, b, e);
	return rc;
}
