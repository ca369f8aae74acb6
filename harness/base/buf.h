/* A growing text buffer: always NUL-terminated once something was added. */
#ifndef ASSAY_BASE_BUF_H
#define ASSAY_BASE_BUF_H

#include <stddef.h>

struct buf {
	char *s;    /* owned; NULL while empty */
	size_t len; /* without the NUL */
	size_t cap;
};

#define BUF_INIT                                                                                   \
	{                                                                                          \
		.s = NULL                                                                          \
	}

void buf_add(struct buf *b, const char *s, size_t n);
void buf_puts(struct buf *b, const char *s);
void buf_putc(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_reset(struct buf *b);	    /* empties, keeps the memory */
const char *buf_str(struct buf *b); /* "" when empty */
char *buf_steal(struct buf *b);	    /* the caller frees; the buffer is empty again */
void buf_free(struct buf *b);

#endif
