/*
 * Text kept once: a table of samples repeats the same few hundred strings a million
 * times. Equal texts from one pool have equal addresses.
 */
#ifndef ASSAY_FORMATS_INTERN_H
#define ASSAY_FORMATS_INTERN_H

struct intern;

struct intern *intern_new(void);
/* The pool's own copy of s, valid until the pool is freed. */
char *intern(struct intern *p, const char *s);
void intern_free(struct intern *p); /* NULL is nothing */

#endif
