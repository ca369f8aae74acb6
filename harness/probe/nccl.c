/* NCCL: see nccl.h. ncclGetVersion: major*10000 + minor*100 + patch since 2.9. */
#include "nccl.h"
#include "library.h"

void nccl_rows(const struct rows *r)
{
	static const char *const names[] = {"libnccl.so.2", NULL};
	struct err e = ERR_INIT;
	struct library l;
	int code = 0;

	if (!library_open(&l, names, &e)) {
		int (*version)(int *) = library_symbol(&l, "ncclGetVersion");

		if (version && version(&code))
			code = 0;
	}
	library_rows(r, "nccl", &l, code, "ncclGetVersion", &e);
}
