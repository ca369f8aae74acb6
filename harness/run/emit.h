/*
 * A step's voice: frames on standard output, shared by the measuring thread and the watchdog,
 * which says TIMEOUT when the other cannot any more.
 */
#ifndef ASSAY_RUN_EMIT_H
#define ASSAY_RUN_EMIT_H

#include "../base/buf.h"
#include "../base/status.h"

#include <pthread.h>
#include <stdbool.h>

struct emitter {
	int fd;
	char nonce[40];
	unsigned rows;
	struct buf buf;
	pthread_mutex_t lock;
	bool ended;
};

void emit_init(struct emitter *m, int fd, const char *nonce); /* writes the first line */
void emit_row(struct emitter *m, const char *const *fields, size_t n);
void emit_flush(struct emitter *m);
/* The last line. false where another thread said it first, or holds the pipe for over a second. */
bool emit_end(struct emitter *m, enum status status, const char *reason);

#endif
