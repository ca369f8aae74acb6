/* A step's voice: see emit.h. */
#include "emit.h"
#include "../formats/frame.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void write_all(int fd, const char *s, size_t n)
{
	while (n) {
		ssize_t k = write(fd, s, n);

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return; /* the parent is gone; the lifeline ends this process */
		s += k;
		n -= (size_t)k;
	}
}

static void flush_locked(struct emitter *m)
{
	write_all(m->fd, buf_str(&m->buf), m->buf.len);
	buf_reset(&m->buf);
}

void emit_init(struct emitter *m, int fd, const char *nonce)
{
	memset(m, 0, sizeof(*m));
	m->fd = fd;
	snprintf(m->nonce, sizeof(m->nonce), "%s", nonce);
	pthread_mutex_init(&m->lock, NULL);
	frame_begin(&m->buf, m->nonce);
	flush_locked(m);
}

void emit_row(struct emitter *m, const char *const *fields, size_t n)
{
	pthread_mutex_lock(&m->lock);
	if (!m->ended) {
		frame_row(&m->buf, m->nonce, fields, n);
		m->rows++;
		if (m->buf.len > 60000)
			flush_locked(m);
	}
	pthread_mutex_unlock(&m->lock);
}

void emit_flush(struct emitter *m)
{
	pthread_mutex_lock(&m->lock);
	flush_locked(m);
	pthread_mutex_unlock(&m->lock);
}

bool emit_end(struct emitter *m, enum status status, const char *reason)
{
	struct timespec until;
	bool said = false;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec++;
	if (pthread_mutex_timedlock(&m->lock, &until))
		return false;
	if (!m->ended) {
		m->ended = said = true;
		frame_end(&m->buf, m->nonce, m->rows, status, reason);
		flush_locked(m);
	}
	pthread_mutex_unlock(&m->lock);
	return said;
}
