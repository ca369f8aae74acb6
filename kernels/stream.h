/*
 * Loops over arrays of doubles that main memory bounds. Written with vectors, so that no
 * optimiser turns a copy into memcpy, which chooses its own kind of stores.
 *
 *     read   sum of b           N bytes
 *     write  a = q              N
 *     copy   a = b             2N
 *     triad  a = b + q c       3N
 *
 * Bytes are what the program asks for, as STREAM counts (McCalpin 1995): the line that a
 * regular store reads first is not among them.
 */
#ifndef ASSAY_KERNELS_STREAM_H
#define ASSAY_KERNELS_STREAM_H

#include <stdbool.h>
#include <stddef.h>

enum stream_op { STREAM_READ, STREAM_WRITE, STREAM_COPY, STREAM_TRIAD };

#define STREAM_Q     3.0 /* the factor of triad, the value of write */
#define STREAM_BLOCK 32	 /* lengths and starts are multiples of so many doubles: 256 bytes */

/* Arrays that an operation does not use may be NULL. Returns the sum for read, else 0. */
typedef double stream_fn(double *a, const double *b, const double *c, size_t n);

/*
 * The loop for the widest vectors of this CPU; isa gets their name ("avx512", "avx2", "base").
 * NULL where this build has no non-temporal stores.
 */
stream_fn *stream_loop(enum stream_op op, bool nontemporal, const char **isa);

/* The same for vectors of that name; NULL where this CPU or this build does not have them. */
stream_fn *stream_loop_named(const char *isa, enum stream_op op, bool nontemporal);

/* "read", "write", "copy", "triad"; and back, of a name that is one of them. */
const char *stream_op_name(enum stream_op op);
enum stream_op stream_op(const char *name);

/* Arrays that an operation moves: bytes = this many x the size of one array. */
int stream_arrays(enum stream_op op);

/* Element i of a source array, an integer from 1 to 1024: sums and triads of it are exact. */
double stream_value(size_t i, bool is_c);

/* Fills a part of a source array that begins at element `first` of the whole. */
void stream_fill(double *p, size_t first, size_t n, bool is_c);

/*
 * Checks a part of a that begins at element `first`; for read, the sum of that part of b.
 * Returns how many elements are wrong; *at is the index in the whole of the first of them.
 */
size_t stream_check(enum stream_op op, const double *a, double sum, size_t first, size_t n,
		    size_t *at);

#endif
