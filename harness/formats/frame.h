/*
 * How a step's rows come through a pipe that others write to as well (an image's banner,
 * a library's warning):
 *
 *     #assay 1 NONCE
 *     NONCE sample,copy,bandwidth,"dir=h2d,…",0,0.125,5.53e10,1
 *     NONCE fact,ceiling,"dir=h2d,gpu=0",6.06e10,"PCIe Gen5 x16 …"
 *     #end NONCE ROWS STATUS
 *
 * Everything that does not start with the nonce is text for run.log. A frame without its
 * end line, or whose number of rows differs, is an ERROR. The writer puts a newline before
 * the first and the last line, should somebody's text lack its own; empty lines are dropped.
 * A field's line breaks become blanks: a row is one line.
 */
#ifndef ASSAY_FORMATS_FRAME_H
#define ASSAY_FORMATS_FRAME_H

#include "../base/buf.h"
#include "../base/err.h"
#include "../base/status.h"

#include <stdbool.h>
#include <stddef.h>

#define FRAME_VERSION	 1
#define FRAME_MAX_FIELDS 12
#define FRAME_MAX_LINE                                                                             \
	65536 /* longer lines of others are cut in run.log, longer rows are an ERROR */

/* Writer side: text to be written in one write() each. */
void frame_begin(struct buf *out, const char *nonce);
void frame_row(struct buf *out, const char *nonce, const char *const *fields, size_t n);
void frame_end(struct buf *out, const char *nonce, unsigned rows, enum status status,
	       const char *reason);

/* Reader side: feed bytes as they arrive. */
struct frame_reader {
	char nonce[40];
	struct buf line;
	bool begun, ended, too_long;
	unsigned rows;	    /* rows seen */
	enum status status; /* of the end line */
	char reason[512];   /* text after the status, "" if none */
	/* each complete row; fields[0] is the kind. May return negative errno to stop. */
	int (*on_row)(void *arg, const char *const *fields, size_t n, struct err *e);
	/* any other line, without its newline */
	void (*on_text)(void *arg, const char *line, size_t n);
	void *arg;
};

void frame_reader_init(struct frame_reader *r, const char *nonce);
int frame_feed(struct frame_reader *r, const char *data, size_t n, struct err *e);
/* At end of file: 0, or -EPROTO with e saying what is missing. */
int frame_finish(struct frame_reader *r, struct err *e);
void frame_reader_fini(struct frame_reader *r);

#endif
