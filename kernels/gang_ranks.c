/* Members that a launcher has started: see gang_ranks.h. */
#include "gang_ranks.h"

#include "../harness/base/buf.h"
#include "../harness/base/clock.h"
#include "../harness/base/mem.h"
#include "gang_start.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define GATHER_S    30	  /* for all ranks to come: less than a step has (60 s at least) */
#define START_BYTES 65536 /* of the order that starts a member */
#define MAX_ENV	    1024

static int address(struct sockaddr_un *a, const char *path, struct err *e)
{
	memset(a, 0, sizeof(*a));
	a->sun_family = AF_UNIX;
	if (strlen(path) >= sizeof(a->sun_path))
		return err_set(e, ENAMETOOLONG,
			       "%s: too long for a socket; set ASSAY_RENDEZVOUS to a shorter path",
			       path);
	memcpy(a->sun_path, path, strlen(path) + 1);
	return 0;
}

/* ---- rank 0: its step ---- */

/* What CUDA and NCCL go by: all ranks get what rank 0 has. */
static bool steers(const char *entry)
{
	return !strncmp(entry, "CUDA_", 5) || !strncmp(entry, "NCCL_", 5);
}

static void put(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s) + 1);
}

static bool does_not_steer(const char *entry)
{
	return !steers(entry);
}

/* BENCH, ARM, SIZE and the variables, each with its NUL. */
static void describe(struct buf *b, struct ctx *c, const struct gang_spec *s)
{
	char size[16], **env = gang_environment(s->env, s->drop, steers);

	snprintf(size, sizeof(size), "%u", s->size);
	put(b, s->bench);
	put(b, ctx_arm(c));
	put(b, size);
	for (char **p = env; *p; p++)
		put(b, *p);
	free(env);
}

/* Sends the description with the end of the pipe that the member shall print into. */
static int send_start(int fd, const struct buf *b, int text)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec v = {b->s, b->len};
	struct msghdr m = {.msg_iov = &v,
			   .msg_iovlen = 1,
			   .msg_control = control,
			   .msg_controllen = sizeof(control)};
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);

	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(h), &text, sizeof(int));
	return sendmsg(fd, &m, MSG_NOSIGNAL) == (ssize_t)b->len ? 0 : -EPIPE;
}

/* One that came: which rank it is. -1 where it is none that we want. */
static int who(int fd, unsigned size, const int *have)
{
	struct timeval limit = {5, 0};
	struct gang_message m;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	if (gang_receive(fd, &m) || m.what < 1 || m.what >= size || have[m.what] >= 0)
		return -1;
	limit.tv_sec = 0;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	return (int)m.what;
}

static int missing(const struct gang_spec *s, const int *fd, struct err *e)
{
	char list[200] = "";

	for (unsigned i = 1; i < s->size; i++) {
		size_t n = strlen(list);

		if (fd[i] < 0)
			snprintf(list + n, sizeof(list) - n, "%s%u (%s)", n ? ", " : "", i,
				 s->name[i]);
	}
	return err_set(e, ETIMEDOUT,
		       "of %u ranks these did not come within %d s: %s; the launcher must start "
		       "the same command for each, on this host",
		       s->size, GATHER_S, list);
}

static int gather(int listener, const struct gang_spec *s, int *fd, struct err *e)
{
	uint64_t until = clock_wall_ns() + GATHER_S * 1000000000ull;

	for (unsigned left = s->size - 1; left;) {
		struct pollfd p = {.fd = listener, .events = POLLIN};
		int rank, one;

		if (clock_wall_ns() > until)
			return missing(s, fd, e);
		if (poll(&p, 1, 100) <= 0)
			continue;
		one = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		rank = one < 0 ? -1 : who(one, s->size, fd);
		if (rank > 0) {
			fd[rank] = one;
			left--;
		} else if (one >= 0) {
			close(one);
		}
	}
	return 0;
}

static int listen_at(const char *path, struct err *e)
{
	struct sockaddr_un a;
	int fd, rc = address(&a, path, e);

	if (rc)
		return rc;
	unlink(path);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) || listen(fd, GANG_MAX)) {
		rc = err_set(e, errno, "%s: %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return rc;
	}
	return fd;
}

static int start_all(const struct gang_spec *s, const struct buf *order, const int *fd, int *text,
		     struct err *e)
{
	for (unsigned i = 1; i < s->size; i++) {
		int ends[2], rc;

		if (pipe2(ends, O_CLOEXEC))
			return err_set(e, errno, "pipe: %s", strerror(errno));
		rc = send_start(fd[i], order, ends[1]);
		close(ends[1]);
		text[i] = ends[0];
		if (rc)
			return err_set(e, EPIPE, "rank %u is gone", i);
	}
	return 0;
}

int gang_ranks_gather(struct ctx *c, const struct gang_spec *s, int *fd, int *text, struct err *e)
{
	unsigned ranks;
	const char *path = ctx_ranks(c, &ranks);
	struct buf order = BUF_INIT;
	int listener, rc;

	for (unsigned i = 0; i < GANG_MAX; i++)
		fd[i] = text[i] = -1;
	if (ranks != s->size)
		return err_set(e, EINVAL,
			       "the launcher started %u ranks, and this wants %u, one each for %s "
			       "to %s: let it start as many on this host, each of which sees them "
			       "all",
			       ranks, s->size, s->name[0], s->name[s->size - 1]);
	listener = listen_at(path, e);
	if (listener < 0)
		return listener;
	rc = gather(listener, s, fd, e);
	close(listener);
	unlink(path);
	if (!rc) {
		describe(&order, c, s);
		rc = start_all(s, &order, fd, text, e);
		buf_free(&order);
	}
	for (unsigned i = 1; i < s->size && rc; i++) {
		if (fd[i] >= 0)
			close(fd[i]);
		if (text[i] >= 0)
			close(text[i]);
	}
	return rc;
}

/* ---- the other ranks ---- */

/* Connects and says who it is. A descriptor, or -EAGAIN where nobody listens now. */
static int come(const char *path, unsigned rank, struct err *e)
{
	const struct gang_message hello = {.what = rank};
	struct sockaddr_un a;
	int fd, rc = address(&a, path, e);

	if (rc)
		return rc;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_set(e, errno, "socket: %s", strerror(errno));
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) || gang_send(fd, &hello)) {
		close(fd);
		return -EAGAIN;
	}
	return fd;
}

/* The order that starts a member. Its bytes, 0 where the step has gone. */
static size_t take_start(int fd, char *data, int *text)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
	struct iovec v = {data, START_BYTES};
	struct msghdr m = {.msg_iov = &v,
			   .msg_iovlen = 1,
			   .msg_control = control,
			   .msg_controllen = sizeof(control)};
	ssize_t n;

	do
		n = recvmsg(fd, &m, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	struct cmsghdr *h = n > 0 ? CMSG_FIRSTHDR(&m) : NULL;
	if (!h || h->cmsg_type != SCM_RIGHTS)
		return 0;
	memcpy(text, CMSG_DATA(h), sizeof(int));
	return n > 0 && !data[n - 1] ? (size_t)n : 0;
}

static int run_member(const char *data, size_t n, unsigned rank, const char *self, int fd, int text,
		      struct err *e)
{
	const char *word[MAX_ENV + 4] = {NULL};
	size_t words = 0;
	int status;

	for (size_t at = 0; at < n && words < MAX_ENV + 3; at += strlen(data + at) + 1)
		word[words++] = data + at;
	if (words < 3)
		return err_set(e, EPROTO, "rank 0 said something that is no order");
	char **env = gang_environment(word + 3, NULL, does_not_steer);
	pid_t pid = gang_spawn(&(struct gang_start){.self = self,
						    .bench = word[0],
						    .arm = word[1],
						    .rank = rank,
						    .size = (unsigned)strtoul(word[2], NULL, 10)},
			       env, fd, text, e);
	free(env);
	close(fd);
	close(text);
	if (pid < 0)
		return pid;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return 0;
}

int gang_ranks_serve(const char *path, unsigned rank, const char *self, struct err *e)
{
	char *data;
	int text = -1, fd = come(path, rank, e), rc;
	size_t n;

	if (fd < 0)
		return fd;
	data = mem_zalloc(1, START_BYTES);
	n = take_start(fd, data, &text);
	if (n) {
		rc = run_member(data, n, rank, self, fd, text, e);
	} else {
		close(fd);
		rc = -EAGAIN;
	}
	free(data);
	return rc;
}
