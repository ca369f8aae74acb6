/* The journal of changes: see journal.h. */
#include "journal.h"
#include "runtime.h"
#include "sysfs.h"
#include "../base/mem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define VERSION	 1
#define PREFIX	 "guard-"
#define SUFFIX	 ".journal"
#define MOST	 65536 /* bytes: no journal of ours is longer */
#define MAGIC	 "assay-journal"
#define MEND_OLD "put back by hand what it names, and remove it"

/* ---- writing ---- */

/* On disk when it returns 0; else the file is as long as before. */
static int append(struct journal *j, const char *line, struct err *e)
{
	size_t n = strlen(line);
	off_t before = lseek(j->fd, 0, SEEK_END);
	ssize_t written = before < 0 ? -1 : write(j->fd, line, n);

	if (written == (ssize_t)n && !fsync(j->fd))
		return 0;
	int code = written >= 0 && written < (ssize_t)n ? ENOSPC : errno;

	if (before >= 0 && ftruncate(j->fd, before))
		code = errno;
	return err_set(e, code, "cannot write the journal %s (%s), so nothing is changed", j->path,
		       strerror(code));
}

static void sync_folder(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return;
	fsync(fd);
	close(fd);
}

static int write_head(struct journal *j, struct err *e)
{
	char *boot = sysfs_read("/proc/sys/kernel/random/boot_id");
	char *head = mem_printf(MAGIC " %d %s %d\n", VERSION, boot && *boot ? boot : "unknown",
				(int)getpid());
	int rc = append(j, head, e);

	free(head);
	free(boot);
	return rc;
}

/* It gets its name when it is locked and has its head: nobody sees it earlier. */
int journal_create(struct journal *j, struct err *e)
{
	char *dir = runtime_dir_made(), *tmp = mem_printf("%s/." PREFIX "XXXXXX", dir);
	int rc = 0;

	*j = (struct journal){.fd = mkostemp(tmp, O_CLOEXEC | O_APPEND), .pid = (int)getpid()};
	j->state = JOURNAL_LIVE;
	j->path = mem_printf("%s/" PREFIX "%s" SUFFIX, dir, tmp + strlen(dir) + 2 + strlen(PREFIX));
	if (j->fd < 0)
		rc = err_set(e, errno, "cannot write a journal in %s (%s), so nothing is changed",
			     dir, strerror(errno));
	else if (fchmod(j->fd, 0644) || flock(j->fd, LOCK_EX | LOCK_NB))
		rc = err_set(e, errno, "cannot lock the journal %s: %s", tmp, strerror(errno));
	else
		rc = write_head(j, e);
	if (!rc && rename(tmp, j->path))
		rc = err_set(e, errno, "cannot write the journal %s: %s", j->path, strerror(errno));
	if (!rc)
		sync_folder(dir);
	if (rc && j->fd >= 0)
		unlink(tmp);
	if (rc)
		journal_close(j);
	free(tmp);
	free(dir);
	return rc;
}

static struct journal_change *remember(struct journal *j, const char *request)
{
	j->change = mem_grow(j->change, j->n, &j->cap, sizeof(*j->change));
	j->change[j->n].request = mem_strdup(request);
	return &j->change[j->n++];
}

int journal_add(struct journal *j, const char *request, struct err *e)
{
	char *line = mem_printf("change %s\n", request);
	int rc = strchr(request, '\n')
			 ? err_set(e, EINVAL, "a request is one line, not \"%s\"", request)
			 : append(j, line, e);

	if (!rc)
		remember(j, request);
	free(line);
	return rc;
}

void journal_undone(struct journal *j, size_t i)
{
	char line[32];
	struct err ignored = ERR_INIT;

	snprintf(line, sizeof(line), "undone %zu\n", i + 1);
	append(j, line, &ignored);
	j->change[i].undone = true;
}

size_t journal_open_changes(const struct journal *j)
{
	size_t n = 0;

	for (size_t i = 0; i < j->n; i++)
		n += !j->change[i].undone;
	return n;
}

void journal_close(struct journal *j)
{
	if (j->fd >= 0)
		close(j->fd);
	for (size_t i = 0; i < j->n; i++)
		free(j->change[i].request);
	free(j->change);
	free(j->path);
	*j = (struct journal){.fd = -1};
}

int journal_remove(struct journal *j, struct err *e)
{
	int rc = 0;

	if (unlink(j->path) && errno != ENOENT)
		rc = err_set(e, errno, "cannot remove the journal %s: %s", j->path,
			     strerror(errno));
	journal_close(j);
	return rc;
}

/* ---- reading ---- */

static int is_journal(const struct dirent *f)
{
	size_t n = strlen(f->d_name), end = strlen(SUFFIX);

	return !strncmp(f->d_name, PREFIX, strlen(PREFIX)) && n > end &&
	       !strcmp(f->d_name + n - end, SUFFIX);
}

size_t journal_list(char ***paths)
{
	char *dir = runtime_dir();
	struct dirent **found = NULL;
	int n = scandir(dir, &found, is_journal, alphasort);

	*paths = mem_zalloc((size_t)(n > 0 ? n : 0) + 1, sizeof(**paths));
	for (int i = 0; i < n; i++) {
		(*paths)[i] = mem_printf("%s/%s", dir, found[i]->d_name);
		free(found[i]);
	}
	free(found);
	free(dir);
	return n > 0 ? (size_t)n : 0;
}

static int broken(struct journal *j, unsigned line, const char *what, struct err *e)
{
	j->state = JOURNAL_BROKEN;
	err_at(e, EBADMSG, j->path, line, "%s; nothing of it was touched: " MEND_OLD, what);
	return 0;
}

static int take_head(struct journal *j, const char *line, char boot[64], struct err *e)
{
	int version = 0;

	if (sscanf(line, MAGIC " %d", &version) == 1 && version > VERSION) {
		j->state = JOURNAL_BROKEN;
		err_at(e, ENOTSUP, j->path, 1,
		       "a journal of version %d, and this assay knows version %d: let the newer "
		       "assay restore it",
		       version, VERSION);
		return 0;
	}
	if (sscanf(line, MAGIC " %d %63s %d", &version, boot, &j->pid) != 3)
		return broken(j, 1, "no head of a journal", e);
	return 0;
}

static int take_line(struct journal *j, const char *line, unsigned number, struct err *e)
{
	size_t which;
	char end;

	if (!strncmp(line, "change ", 7) && line[7])
		remember(j, line + 7);
	else if (sscanf(line, "undone %zu%c", &which, &end) == 1 && which >= 1 && which <= j->n)
		j->change[which - 1].undone = true;
	else
		return broken(j, number, "neither a change nor what was undone", e);
	return 0;
}

/* An empty journal, or one cut off in its head, has changed nothing. */
static void take_text(struct journal *j, char *text, char boot[64], struct err *e)
{
	unsigned number = 0;

	for (char *line = text, *end; *line && j->state != JOURNAL_BROKEN; line = end + 1) {
		end = strchr(line, '\n');
		if (!end) {
			j->torn = true;
			return;
		}
		*end = '\0';
		if (++number == 1)
			take_head(j, line, boot, e);
		else
			take_line(j, line, number, e);
	}
}

static bool of_this_boot(const char *boot)
{
	char *now = sysfs_read("/proc/sys/kernel/random/boot_id");
	bool same = !now || !*now || !strcmp(boot, "unknown") || !strcmp(boot, now);

	free(now);
	return same;
}

static int open_existing(struct journal *j, struct stat *st, struct err *e)
{
	j->fd = open(j->path, O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (j->fd < 0 && (errno == EACCES || errno == EROFS || errno == EPERM))
		j->fd = open(j->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (j->fd < 0 || fstat(j->fd, st))
		return err_set(e, errno, "cannot read the journal %s: %s", j->path,
			       strerror(errno));
	if (!S_ISREG(st->st_mode))
		return err_set(e, EBADMSG, "%s is no file", j->path);
	j->uid = st->st_uid;
	j->state = JOURNAL_LEFT;
	if (flock(j->fd, LOCK_EX | LOCK_NB))
		j->state = errno == EWOULDBLOCK ? JOURNAL_LIVE : JOURNAL_LEFT;
	/* removed between open and lock: whoever had it has put everything back */
	if (j->state == JOURNAL_LEFT && (fstat(j->fd, st) || !st->st_nlink))
		return err_set(e, ENOENT, "%s is gone", j->path);
	return 0;
}

int journal_read(struct journal *j, const char *path, struct err *e)
{
	char *text = mem_zalloc(1, MOST + 1), boot[64] = "unknown";
	struct stat st;
	size_t n = 0;
	ssize_t got;

	*j = (struct journal){.path = mem_strdup(path), .fd = -1};
	int rc = open_existing(j, &st, e);

	while (!rc && n < MOST && (got = pread(j->fd, text + n, MOST - n, (off_t)n)) > 0)
		n += (size_t)got;
	if (!rc && (n == MOST || strlen(text) != n))
		broken(j, 0, "no journal: too long, or not text", e);
	else if (!rc && j->state == JOURNAL_LEFT && j->uid != geteuid())
		j->state = JOURNAL_FOREIGN;
	if (!rc && j->state != JOURNAL_BROKEN)
		take_text(j, text, boot, e);
	if (!rc && j->state == JOURNAL_LEFT && !of_this_boot(boot))
		j->state = JOURNAL_PAST;
	free(text);
	if (rc)
		journal_close(j);
	return rc;
}

/* "clocks 0000:1b:00.0 …" is of the kind "clocks" and about 0000:1b:00.0. */
static bool is_about(const char *request, const char *kind, const char *subject)
{
	size_t k = strlen(kind), s = strlen(subject);

	return !strncmp(request, kind, k) && request[k] == ' ' &&
	       !strncmp(request + k + 1, subject, s) &&
	       (request[k + 1 + s] == ' ' || !request[k + 1 + s]);
}

int journal_holder(const struct journal *own, const char *kind, const char *subject)
{
	char **paths;
	size_t n = journal_list(&paths);
	int pid = 0;

	for (size_t i = 0; i < n && !pid; i++) {
		struct err ignored = ERR_INIT;
		struct journal j;

		if ((own && own->path && !strcmp(own->path, paths[i])) ||
		    journal_read(&j, paths[i], &ignored))
			continue;
		for (size_t k = 0; k < j.n && j.state == JOURNAL_LIVE; k++)
			if (!j.change[k].undone && is_about(j.change[k].request, kind, subject))
				pid = j.pid;
		journal_close(&j);
	}
	sysfs_list_free(paths, n);
	return pid;
}
