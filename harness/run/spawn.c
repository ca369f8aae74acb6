/* Starting and ending a step: see spawn.h. */
#include "spawn.h"
#include "../base/clock.h"
#include "../formats/frame.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define GRACE_OWN_S  3.0 /* after the child's own deadline */
#define GRACE_TERM_S 3.0 /* between SIGTERM and SIGKILL */
#define GRACE_KILL_S 5.0 /* between SIGKILL and giving up */
#define TICK_MS	     100

struct child {
	const struct spawn *s;
	struct spawned *out;
	struct frame_reader reader;
	struct buf errors; /* a line of standard error so far */
	pid_t pid;
	int life, rows, text; /* our ends: write, read, read; -1 when closed */
	int phase;	      /* 0 running, 1 SIGTERM sent, 2 SIGKILL sent */
	double phase_until_s;
	bool reaped;
	struct err err;
};

static bool has_stop(const struct spawn *s)
{
	return s->stop && s->stop[0];
}

static double now_s(void)
{
	return (double)clock_wall_ns() * 1e-9;
}

static void become(const struct spawn *s, const int life[2], const int rows[2], const int text[2],
		   pid_t parent)
{
	sigset_t none;

	setpgid(0, 0);
	/* a launcher gets the chance to stop what it started */
	prctl(PR_SET_PDEATHSIG, has_stop(s) ? SIGTERM : SIGKILL);
	if (getppid() != parent)
		_exit(127);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	dup2(life[0], STDIN_FILENO);
	dup2(rows[1], STDOUT_FILENO);
	dup2(text[1], STDERR_FILENO);
	execvp(s->argv[0], (char *const *)s->argv);
	dprintf(STDERR_FILENO, "assay: cannot start %s: %s\n", s->argv[0], strerror(errno));
	_exit(127);
}

static int start(struct child *c)
{
	int life[2] = {-1, -1}, rows[2] = {-1, -1}, text[2] = {-1, -1};
	pid_t parent = getpid();

	if (pipe2(life, O_CLOEXEC) || pipe2(rows, O_CLOEXEC) || pipe2(text, O_CLOEXEC))
		return err_set(&c->err, errno, "pipe: %s", strerror(errno));
	c->pid = fork();
	if (c->pid == 0)
		become(c->s, life, rows, text, parent);
	close(life[0]);
	close(rows[1]);
	close(text[1]);
	c->life = life[1];
	c->rows = rows[0];
	c->text = text[0];
	if (c->pid < 0)
		return err_set(&c->err, errno, "fork: %s", strerror(errno));
	setpgid(c->pid, c->pid);
	fcntl(c->rows, F_SETFL, O_NONBLOCK);
	fcntl(c->text, F_SETFL, O_NONBLOCK);
	return 0;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void take_text(struct child *c, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (s[i] != '\n' && c->errors.len < 4096) {
			buf_putc(&c->errors, s[i]);
		} else if (s[i] == '\n') {
			c->s->on_text(c->s->arg, buf_str(&c->errors), c->errors.len);
			buf_reset(&c->errors);
		}
	}
}

/* Reads what is there; closes the descriptor at its end. */
static void drain(struct child *c, int *fd)
{
	char data[16384];
	ssize_t n;

	while (*fd >= 0 && (n = read(*fd, data, sizeof(data))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			if (errno != EAGAIN)
				close_fd(fd);
			return;
		}
		if (fd == &c->text)
			take_text(c, data, (size_t)n);
		else if (frame_feed(&c->reader, data, (size_t)n, &c->err)) {
			close_fd(fd);
			close_fd(&c->life); /* nobody listens any more: it need not go on */
			return;
		}
	}
	close_fd(fd);
}

static void run_stop(const struct child *c)
{
	pid_t pid = has_stop(c->s) ? fork() : 0;
	int status;

	if (pid == 0 && has_stop(c->s)) {
		int null = open("/dev/null", O_RDWR);

		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		alarm(20);
		execvp(c->s->stop[0], (char *const *)c->s->stop);
		_exit(127);
	}
	if (pid > 0)
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
}

/* Goes one step further towards the child's end when it has had its time. */
static void escalate(struct child *c)
{
	if (*c->s->interrupted && !c->out->interrupted) {
		c->out->interrupted = true;
		close_fd(&c->life);
		c->phase_until_s = now_s() + 1;
	}
	if (now_s() < c->phase_until_s)
		return;
	if (c->phase == 0) {
		close_fd(&c->life);
		kill(-c->pid, SIGTERM);
		c->phase_until_s = now_s() + GRACE_TERM_S;
	} else if (c->phase == 1) {
		kill(-c->pid, SIGKILL);
		run_stop(c);
		c->phase_until_s = now_s() + GRACE_KILL_S;
	} else {
		c->out->abandoned = c->pid;
	}
	c->phase++;
}

static void reap(struct child *c)
{
	int status = 0;
	pid_t pid = c->reaped ? 0 : waitpid(c->pid, &status, WNOHANG);

	if (pid != c->pid)
		return;
	c->reaped = true;
	c->out->exit = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	/* what it started itself (a launcher's container) must go as well */
	kill(-c->pid, SIGTERM);
	if (c->phase == 0 && now_s() + 1 < c->phase_until_s)
		c->phase_until_s = now_s() + 1; /* for a pipe that a grandchild holds open */
}

static void watch(struct child *c)
{
	c->phase_until_s = now_s() + c->s->deadline_s + GRACE_OWN_S;
	while (!(c->reaped && c->rows < 0 && c->text < 0) && !c->out->abandoned) {
		struct pollfd p[2] = {{.fd = c->rows, .events = POLLIN},
				      {.fd = c->text, .events = POLLIN}};
		bool open = c->rows >= 0 || c->text >= 0;

		poll(p, 2, open ? TICK_MS : 2);
		drain(c, &c->rows);
		drain(c, &c->text);
		reap(c);
		if (c->reaped && now_s() >= c->phase_until_s)
			break;
		escalate(c);
		if (c->s->on_tick)
			c->s->on_tick(c->s->arg);
	}
	if (has_stop(c->s) && c->phase)
		run_stop(c);
}

/* What it came to: the child's own word counts if it is whole. */
static void judge(struct child *c)
{
	struct spawned *o = c->out;

	if (!frame_finish(&c->reader, &c->err)) {
		o->status = c->reader.status;
		snprintf(o->reason, sizeof(o->reason), "%s", c->reader.reason);
	} else if (o->abandoned) {
		o->status = ST_TIMEOUT;
		snprintf(o->reason, sizeof(o->reason),
			 "process %d could not be killed: it hangs in the kernel; its GPU is left "
			 "alone",
			 (int)o->abandoned);
	} else if (c->phase > 0 && !o->interrupted) {
		o->status = ST_TIMEOUT;
		snprintf(o->reason, sizeof(o->reason), "no end within %g s; killed",
			 c->s->deadline_s);
	} else {
		o->status = ST_ERROR;
		if (o->exit >= 128)
			snprintf(o->reason, sizeof(o->reason), "killed by signal %d (%s)",
				 o->exit - 128, strsignal(o->exit - 128));
		else
			snprintf(o->reason, sizeof(o->reason), "%s (exit status %d)", c->err.text,
				 o->exit);
	}
}

void spawn_run(const struct spawn *s, struct spawned *out)
{
	struct child c = {.s = s, .out = out, .life = -1, .rows = -1, .text = -1};
	uint64_t begin_ns = clock_wall_ns();

	memset(out, 0, sizeof(*out));
	frame_reader_init(&c.reader, s->nonce);
	c.reader.on_row = s->on_row;
	c.reader.on_text = s->on_text;
	c.reader.arg = s->arg;
	if (start(&c)) {
		out->status = ST_ERROR;
		snprintf(out->reason, sizeof(out->reason), "%s", c.err.text);
	} else {
		watch(&c);
		judge(&c);
	}
	close_fd(&c.life);
	close_fd(&c.rows);
	close_fd(&c.text);
	buf_free(&c.errors);
	frame_reader_fini(&c.reader);
	out->wall_s = clock_wall_since_s(begin_ns);
}
