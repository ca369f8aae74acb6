/* cuDNN: see cudnn.h. cudnnGetVersion: major*10000 + minor*100 + patch since 9. */
#include "cudnn.h"
#include "library.h"

#include <stddef.h>

void cudnn_rows(const struct rows *r)
{
	static const char *const names[] = {"libcudnn.so.9", NULL};
	struct err e = ERR_INIT;
	struct library l;
	long code = 0;

	if (!library_open(&l, names, &e)) {
		size_t (*version)(void) = library_symbol(&l, "cudnnGetVersion");

		code = version ? (long)version() : 0;
	}
	library_rows(r, "cudnn", &l, code, "cudnnGetVersion", &e);
}
