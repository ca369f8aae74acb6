/*
 * Writing a bundle row by row: see bundle.h. A row is one write() at the end of its file,
 * so that a killed run leaves at most one torn row; a row that the disk did not take whole
 * is taken back. Sealing is in bundle_seal.c.
 */
#include "../base/buf.h"
#include "../base/mem.h"
#include "bundle_open.h"
#include "slurp.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* Appends all or nothing. */
static int append(struct bundle *b, int fd, const char *file, const char *data, size_t n,
		  struct err *e)
{
	off_t before = lseek(fd, 0, SEEK_END);

	if (b->sealed && !unlinkat(b->dir_fd, BUNDLE_SUMS, 0))
		b->sealed = false; /* the seal would no longer be true */
	if (!bundle_write_all(fd, data, n))
		return 0;
	int rc = err_set(e, errno,
			 "cannot write %s/%s: %s; what was measured so far is kept: free some "
			 "space and go on with assay run --resume %s",
			 b->dir, file, strerror(errno), b->dir);
	if (before < 0 || ftruncate(fd, before))
		return rc; /* a torn row stays, which readers drop */
	return rc;
}

static int add_row(struct bundle *b, enum bundle_file file, const void *row, struct err *e)
{
	struct buf text = BUF_INIT;
	const struct table *t = &bundle_tables[file];
	int rc = table_format(&text, t, row, e);

	if (!rc)
		rc = append(b, b->fd[file], t->file, text.s, text.len, e);
	buf_free(&text);
	return rc;
}

int bundle_add_manifest(struct bundle *b, const char *arm, const char *key, const char *value,
			const char *source, struct err *e)
{
	struct manifest_row r = {(char *)arm, (char *)key, (char *)value, (char *)source};

	return add_row(b, BF_MANIFEST, &r, e);
}

int bundle_add_plan(struct bundle *b, const struct plan_row *r, struct err *e)
{
	return add_row(b, BF_PLAN, r, e);
}

int bundle_add_step(struct bundle *b, const struct step_row *r, struct err *e)
{
	/* a step's row vouches for its samples: those go to the disk first */
	if (fdatasync(b->fd[BF_SAMPLES]))
		return err_set(e, errno, "cannot write %s/%s: %s", b->dir,
			       bundle_tables[BF_SAMPLES].file, strerror(errno));
	return add_row(b, BF_STEPS, r, e);
}

int bundle_add_sample(struct bundle *b, const struct sample_row *r, struct err *e)
{
	return add_row(b, BF_SAMPLES, r, e);
}

int bundle_add_telemetry(struct bundle *b, const struct telemetry_row *r, struct err *e)
{
	return add_row(b, BF_TELEMETRY, r, e);
}

void bundle_log(struct bundle *b, const char *text, size_t n)
{
	struct err ignored = ERR_INIT; /* the log is a help, losing it is no failure */
	struct buf line = BUF_INIT;

	for (size_t i = 0; i < n; i++)
		buf_putc(&line, text[i] == '\n' || text[i] == '\r' || !text[i] ? ' ' : text[i]);
	buf_putc(&line, '\n');
	append(b, b->log_fd, BUNDLE_LOG, line.s, line.len, &ignored);
	buf_free(&line);
}

/* ---- opening ---- */

static int make_parents(const char *dir, struct err *e)
{
	char *path = mem_strdup(dir);
	int rc = 0;

	for (char *s = path + 1; !rc && (s = strchr(s, '/')); s++) {
		*s = '\0';
		if (mkdir(path, 0777) && errno != EEXIST)
			rc = err_at(e, errno, path, 0, "cannot make this folder: %s",
				    strerror(errno));
		*s = '/';
	}
	free(path);
	return rc;
}

static int refuse_entries(const char *dir, struct err *e)
{
	DIR *d = opendir(dir);
	struct dirent *entry;
	int rc = 0;

	if (!d)
		return err_at(e, errno, dir, 0, "cannot open this folder: %s", strerror(errno));
	while (!rc && (entry = readdir(d))) {
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			rc = err_at(e, EEXIST, dir, 0,
				    "this folder is not empty; name a new one with --out, or "
				    "finish a cut-off "
				    "run with --resume");
	}
	closedir(d);
	return rc;
}

/* A bundle without its files; fails where another process writes to the same folder. */
static int open_dir(struct bundle **out, const char *dir, struct err *e)
{
	struct bundle *b = mem_zalloc(1, sizeof(*b));

	b->dir = mem_strdup(dir);
	b->log_fd = -1;
	for (int i = 0; i < BF_N; i++)
		b->fd[i] = -1;
	b->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = 0;
	if (b->dir_fd < 0)
		rc = err_at(e, errno, dir, 0, "cannot open this folder: %s", strerror(errno));
	else if (flock(b->dir_fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK)
		rc = err_at(e, EBUSY, dir, 0, "another assay is writing to this bundle");
	if (rc) {
		bundle_close(b);
		return rc;
	}
	*out = b;
	return 0;
}

static int open_file(struct bundle *b, const char *name, int flags, int *fd, struct err *e)
{
	*fd = openat(b->dir_fd, name, flags | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
	if (*fd < 0)
		return err_set(e, errno, "cannot open %s/%s: %s", b->dir, name, strerror(errno));
	return 0;
}

/* The manifest comes last: a folder that has one is a whole bundle. */
static int create_files(struct bundle *b, struct err *e)
{
	int rc = open_file(b, BUNDLE_LOG, O_WRONLY | O_EXCL, &b->log_fd, e);

	for (int i = BF_N - 1; i >= 0 && !rc; i--) {
		const struct table *t = &bundle_tables[i];
		struct buf text = BUF_INIT;

		table_header(&text, t);
		if (i == BF_MANIFEST)
			buf_printf(&text, ",schema,%d,assay\n", BUNDLE_SCHEMA);
		rc = open_file(b, t->file, O_WRONLY | O_EXCL, &b->fd[i], e);
		if (!rc)
			rc = append(b, b->fd[i], t->file, text.s, text.len, e);
		buf_free(&text);
	}
	return rc;
}

int bundle_create(struct bundle **out, const char *dir, struct err *e)
{
	int rc = make_parents(dir, e);

	if (rc)
		return rc;
	if (mkdir(dir, 0777) && errno != EEXIST)
		return err_at(e, errno, dir, 0, "cannot make this folder: %s", strerror(errno));
	rc = refuse_entries(dir, e);
	if (rc)
		return rc;
	rc = open_dir(out, dir, e);
	if (rc)
		return rc;
	rc = create_files(*out, e);
	if (rc) {
		bundle_close(*out);
		*out = NULL;
	}
	return rc;
}

/* ---- opening again ---- */

/* Bytes up to the end of the last whole row: at CR or LF, as libcsv has it, outside quotes. */
static size_t whole_rows(const char *s, size_t n)
{
	size_t whole = 0;
	bool quoted = false;

	for (size_t i = 0; i < n; i++) {
		quoted ^= s[i] == '"';
		if ((s[i] == '\n' || s[i] == '\r') && !quoted)
			whole = i + 1;
	}
	return whole;
}

/* Makes an existing file end with a whole row, a header at least. */
static int mend(struct bundle *b, enum bundle_file file, struct err *e)
{
	const struct table *t = &bundle_tables[file];
	char *path = mem_printf("%s/%s", b->dir, t->file);
	struct buf text = BUF_INIT, header = BUF_INIT;
	int rc = slurp(&text, path, SIZE_MAX, e);

	if (rc)
		goto out;
	table_header(&header, t);
	size_t whole = text.len ? whole_rows(text.s, text.len) : 0;
	if (whole < text.len && ftruncate(b->fd[file], (off_t)whole))
		rc = err_at(e, errno, path, 0, "cannot remove its torn last row: %s",
			    strerror(errno));
	else if (whole < text.len && b->sealed && !unlinkat(b->dir_fd, BUNDLE_SUMS, 0))
		b->sealed = false;
	if (!rc && !whole)
		rc = append(b, b->fd[file], t->file, header.s, header.len, e);
	else if (!rc && (whole < header.len || memcmp(text.s, header.s, header.len)))
		rc = err_at(e, EINVAL, path, 1,
			    "has other columns than this assay writes: it cannot be continued");
out:
	buf_free(&text);
	buf_free(&header);
	free(path);
	return rc;
}

int bundle_reopen(struct bundle **out, const char *dir, struct err *e)
{
	int rc = bundle_check_schema(dir, e);

	if (rc)
		return rc;
	rc = open_dir(out, dir, e);
	if (rc)
		return rc;
	struct bundle *b = *out;
	b->sealed = !faccessat(b->dir_fd, BUNDLE_SUMS, F_OK, 0);
	rc = open_file(b, BUNDLE_LOG, O_WRONLY, &b->log_fd, e);
	for (int i = 0; i < BF_N && !rc; i++) {
		rc = open_file(b, bundle_tables[i].file, O_WRONLY, &b->fd[i], e);
		if (!rc)
			rc = mend(b, (enum bundle_file)i, e);
	}
	if (rc) {
		bundle_close(b);
		*out = NULL;
	}
	return rc;
}

void bundle_close(struct bundle *b)
{
	if (!b)
		return;
	for (int i = 0; i < BF_N; i++) {
		if (b->fd[i] >= 0)
			close(b->fd[i]);
	}
	if (b->log_fd >= 0)
		close(b->log_fd);
	if (b->dir_fd >= 0)
		close(b->dir_fd);
	free(b->dir);
	free(b);
}

const char *bundle_dir(const struct bundle *b)
{
	return b->dir;
}
