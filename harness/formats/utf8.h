/* UTF-8 as RFC 3629 has it: no surrogates, no over-long forms, nothing above U+10FFFF. */
#ifndef ASSAY_FORMATS_UTF8_H
#define ASSAY_FORMATS_UTF8_H

#include <stddef.h>

/* Length in bytes of the longest valid start of s; n where all of it is valid. NUL is valid. */
size_t utf8_valid(const char *s, size_t n);

/* The same text (caller frees) with U+FFFD in place of each byte that is no UTF-8. */
char *utf8_repair(const char *s);

#endif
