/* A whole file in memory: see slurp.h. */
#include "slurp.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

int slurp(struct buf *out, const char *path, size_t max, struct err *e)
{
	char chunk[65536];
	size_t total = 0;
	ssize_t n;
	int rc = 0, fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return err_at(e, errno, path, 0, "cannot open: %s", strerror(errno));
	while ((n = read(fd, chunk, sizeof(chunk)))) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			rc = err_at(e, errno, path, 0, "cannot read: %s", strerror(errno));
			goto out;
		}
		total += (size_t)n;
		if (total > max) {
			rc = err_at(e, EFBIG, path, 0, "is larger than %zu bytes", max);
			goto out;
		}
		buf_add(out, chunk, (size_t)n);
	}
out:
	close(fd);
	return rc;
}
