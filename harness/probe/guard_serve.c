/*
 * The side of a guard that changes things: the process `assay guard`, and putting back what killed
 * guards left. See guard.h. Known error: a request that is refused by the driver stands in the
 * journal for an instant; a guard killed just then lets `assay restore` undo what was never done,
 * which for a clock lock removes somebody else's.
 */
#include "changes.h"
#include "guard.h"
#include "journal.h"
#include "sysfs.h"
#include "../base/clock.h"
#include "../base/log.h"
#include "../base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HOLDER_PATIENCE_S 10.0 /* for another run's guard that is just putting things back */

/* ---- putting back ---- */

static void undo_one(struct journal *j, size_t i, struct changes *c, guard_say_fn *say, void *arg,
		     struct err *e)
{
	struct buf said = BUF_INIT;
	struct err why = ERR_INIT;

	if (changes_undo(c, j->change[i].request, &said, &why)) {
		buf_printf(&said, "not put back (%s): %s", j->change[i].request, why.text);
		err_set(e, why.code, "%s", said.s);
	} else {
		journal_undone(j, i);
	}
	say(arg, buf_str(&said));
	buf_free(&said);
}

/* The last change first. 0, or the first error: the others are put back all the same. */
static int undo_all(struct journal *j, struct changes *c, guard_say_fn *say, void *arg,
		    struct err *e)
{
	struct err first = ERR_INIT;

	for (size_t i = j->n; i-- > 0;)
		if (!j->change[i].undone)
			undo_one(j, i, c, say, arg, &first);
	return first.code ? err_set(e, first.code, "%s", first.text) : 0;
}

/* ---- the process ---- */

struct serving {
	FILE *in;
	int out;
	struct changes *changes;
	struct journal journal;
	bool has_journal;
};

/* Not SIG_IGN, which a daemon that we start would inherit. */
static void nothing(int number)
{
	(void)number;
}

/* The pipe alone ends us; what we start gets neither it nor a terminal. */
static int settle(struct serving *s, struct err *e)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGUSR1, SIGUSR2};
	struct sigaction sa = {.sa_handler = nothing, .sa_flags = SA_RESTART};
	int in = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	s->out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	s->in = in < 0 ? NULL : fdopen(in, "r");
	if (!s->in || s->out < 0 || null < 0)
		return err_set(e, errno, "the guard has no pipe: %s", strerror(errno));
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	close(null);
	sigemptyset(&sa.sa_mask);
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		sigaction(signals[i], &sa, NULL);
	return 0;
}

/* "ok TEXT" or "no ERRNO TEXT". Whether somebody still reads it is no matter. */
static void answer(const struct serving *s, const char *text, const struct err *e)
{
	char *line = e->code ? mem_printf("no %d %s", e->code, e->text) : mem_printf("ok %s", text);
	size_t n = strlen(line);

	for (char *c = line; *c; c++)
		*c = *c == '\n' ? ' ' : *c;
	line[n] = '\n';
	for (size_t at = 0; at <= n;) {
		ssize_t w = write(s->out, line + at, n + 1 - at);

		if (w < 0 && errno != EINTR)
			break;
		at += w > 0 ? (size_t)w : 0;
	}
	free(line);
}

/* Nobody else's guard may have changed the same thing, or each would undo the other's. */
static int wait_for_others(const struct serving *s, const char *kind, const char *subject,
			   struct err *e)
{
	uint64_t start_ns = clock_wall_ns();
	int pid;

	while ((pid = journal_holder(s->has_journal ? &s->journal : NULL, kind, subject))) {
		if (clock_wall_since_s(start_ns) > HOLDER_PATIENCE_S)
			return err_set(e, EBUSY,
				       "%s of %s are in another run's hands: its guard is process "
				       "%d",
				       kind, subject, pid);
		clock_wall_sleep_ns(20000000);
	}
	return 0;
}

/* What is undone for a later change of the same thing is undone for the earlier ones, too. */
static void supersede(struct journal *j, const char *kind, const char *subject)
{
	char *start = mem_printf("%s %s ", kind, subject);

	for (size_t i = 0; i + 1 < j->n; i++)
		if (!j->change[i].undone && !strncmp(j->change[i].request, start, strlen(start)))
			journal_undone(j, i);
	free(start);
}

static int change(struct serving *s, const char *kind, const char *request, struct buf *said,
		  struct err *e)
{
	char *subject = changes_subject(request);
	int rc = wait_for_others(s, kind, subject, e);

	if (!rc && !s->has_journal) {
		rc = journal_create(&s->journal, e);
		s->has_journal = !rc;
	}
	if (!rc)
		rc = journal_add(&s->journal, request, e);
	if (!rc) {
		rc = changes_make(s->changes, request, said, e);
		if (rc)
			journal_undone(&s->journal, s->journal.n - 1);
		else
			supersede(&s->journal, kind, subject);
	}
	free(subject);
	return rc;
}

static void carry_out(struct serving *s, const char *request)
{
	struct buf said = BUF_INIT;
	struct err e = ERR_INIT;
	const struct change *kind = changes_kind(request, &e);

	if (kind && kind->undo)
		change(s, kind->name, request, &said, &e);
	else if (kind)
		changes_make(s->changes, request, &said, &e);
	answer(s, buf_str(&said), &e);
	buf_free(&said);
}

static void keep_quiet(void *arg, const char *line)
{
	(void)arg, (void)line;
}

/* The pipe is closed. Who closed it may be dead: then the terminal alone hears of it. */
static int put_back(struct serving *s, struct err *e)
{
	int rc = s->has_journal ? undo_all(&s->journal, s->changes, keep_quiet, NULL, e) : 0;

	if (s->has_journal && !rc)
		rc = journal_remove(&s->journal, e);
	if (rc)
		log_warn("%s; assay restore tries again", e->text);
	answer(s, "", e);
	return rc;
}

int guard_serve(struct err *e)
{
	struct serving s = {.changes = changes_open()};
	size_t cap = 0;
	char *line = NULL;
	ssize_t n;
	int rc = settle(&s, e);

	if (!rc)
		answer(&s, "ready", e);
	while (!rc && (n = getline(&line, &cap, s.in)) > 0 && line[n - 1] == '\n') {
		line[n - 1] = '\0';
		carry_out(&s, line);
	}
	if (!rc)
		rc = put_back(&s, e);
	if (s.has_journal && rc)
		journal_close(&s.journal);
	changes_close(s.changes);
	free(line);
	if (s.in)
		fclose(s.in);
	return rc;
}

/* ---- what killed guards left ---- */

struct restoring {
	bool dry;
	guard_say_fn *say;
	void *arg;
	struct changes *changes;
};

__attribute__((format(printf, 2, 3))) static void say(const struct restoring *r, const char *fmt,
						      ...)
{
	char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) >= 0)
		r->say(r->arg, text);
	va_end(ap);
	free(text);
}

static int undo_left(const struct restoring *r, struct journal *j, struct err *e)
{
	say(r, "%s: process %d, which kept it, is dead%s", j->path, j->pid,
	    journal_open_changes(j) ? "" : "; there is nothing to put back");
	if (r->dry) {
		for (size_t i = j->n; i-- > 0;)
			if (!j->change[i].undone)
				say(r, "  would be undone: %s", j->change[i].request);
		return 0;
	}
	int rc = undo_all(j, r->changes, r->say, r->arg, e);

	return rc ? rc : journal_remove(j, e);
}

/* One journal. 0, or a negative errno where something is left that should not be. */
static int restore(const struct restoring *r, struct journal *j, struct err *e)
{
	switch (j->state) {
	case JOURNAL_LEFT:
		return undo_left(r, j, e);
	case JOURNAL_LIVE:
		say(r, "%s: its guard, process %d, lives and will put back %zu change%s itself",
		    j->path, j->pid, journal_open_changes(j),
		    journal_open_changes(j) == 1 ? "" : "s");
		return 0;
	case JOURNAL_PAST:
		say(r, "%s: of an earlier boot; what it names went with that", j->path);
		return r->dry ? 0 : journal_remove(j, e);
	case JOURNAL_FOREIGN:
		return err_set(e, EPERM,
			       "%s is of the user with number %u, who alone can have it put back: "
			       "sudo -u '#%u' assay restore",
			       j->path, j->uid, j->uid);
	case JOURNAL_BROKEN:
		break;
	}
	return -e->code;
}

int guard_restore(bool dry, guard_say_fn *fn, void *arg, size_t *found, struct err *e)
{
	struct restoring r = {.dry = dry, .say = fn, .arg = arg, .changes = changes_open()};
	char **paths;
	size_t n = journal_list(&paths);

	*found = n;
	for (size_t i = 0; i < n; i++) {
		struct err own = ERR_INIT;
		struct journal j;
		int rc = journal_read(&j, paths[i], &own);

		if (!rc)
			rc = restore(&r, &j, &own);
		if (rc && rc != -ENOENT) {
			say(&r, "%s%s%s", own.file, own.file[0] ? ": " : "", own.text);
			err_set(e, own.code, "not everything was put back");
		}
		journal_close(&j);
	}
	sysfs_list_free(paths, n);
	changes_close(r.changes);
	return e->code ? -e->code : 0;
}
