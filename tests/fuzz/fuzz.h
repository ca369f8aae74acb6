/* What every fuzzer shares: the entry that libFuzzer and replay.c call, and its promise. */
#ifndef ASSAY_TESTS_FUZZ_H
#define ASSAY_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* Must return 0 for any bytes; what must not be true of a reader ends in must(). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define must(x)                                                                                    \
	do {                                                                                       \
		if (!(x))                                                                          \
			abort();                                                                   \
	} while (0)

#endif
