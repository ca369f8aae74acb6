/*
 * Memory for bookkeeping. These never return NULL: a harness that cannot get a
 * few kilobytes ends with exit code 3 and says so. Measured buffers do not come
 * from here (see probe/placement.h).
 */
#ifndef ASSAY_BASE_MEM_H
#define ASSAY_BASE_MEM_H

#include <stddef.h>

void *mem_zalloc(size_t n, size_t size);
char *mem_strdup(const char *s);
char *mem_strndup(const char *s, size_t n);
char *mem_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * Makes room for one more element: returns array, moved if it had to grow, with
 * space for at least n + 1 elements of the given size; the new space is zero.
 * *cap is the number of elements that fit.
 */
void *mem_grow(void *array, size_t n, size_t *cap, size_t size);

#endif
