/*
 * The one way to say what went wrong. A function that can fail returns 0 or a
 * negative errno and fills its caller's struct err; the first error wins, so
 * that the cause is reported and not the damage that followed from it.
 */
#ifndef ASSAY_BASE_ERR_H
#define ASSAY_BASE_ERR_H

#include <stdio.h>

struct err {
	int code;	/* positive errno; 0 while nothing went wrong */
	unsigned line;	/* line of file, 0 where none applies */
	char file[256]; /* input file at fault, "" where none is */
	char text[768]; /* what is wrong and how to mend it, one sentence */
};

#define ERR_INIT                                                                                   \
	{                                                                                          \
		.code = 0                                                                          \
	}

/* Records an error unless one is there already. code: positive errno. Returns -code. */
int err_set(struct err *e, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* The same for an input file; line 0: the file as a whole. */
int err_at(struct err *e, int code, const char *file, unsigned line, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/* Forgets the error, for a caller that has handled it. */
void err_clear(struct err *e);

/* Writes "file:line: text" (or "text") with a newline; prefix may be NULL. */
void err_print(const struct err *e, const char *prefix, FILE *f);

#endif
