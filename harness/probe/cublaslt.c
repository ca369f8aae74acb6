/* cuBLASLt: see cublaslt.h. cublasLtGetVersion: major*10000 + minor*100 + patch since 12. */
#include "cublaslt.h"
#include "library.h"

#include <stddef.h>

void cublaslt_rows(const struct rows *r)
{
	static const char *const names[] = {"libcublasLt.so.13", "libcublasLt.so.12", NULL};
	struct err e = ERR_INIT;
	struct library l;
	long code = 0;

	if (!library_open(&l, names, &e)) {
		size_t (*version)(void) = library_symbol(&l, "cublasLtGetVersion");

		code = version ? (long)version() : 0;
	}
	library_rows(r, "cublaslt", &l, code, "cublasLtGetVersion", &e);
}
