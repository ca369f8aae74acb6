/* The runtime folder: see runtime.h. Sticky and open to all, as /tmp is: a lock must keep everybody
 * apart, so whoever reads what lies in it asks whose file it is. */
#include "runtime.h"
#include "../base/log.h"
#include "../base/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char *runtime_dir(void)
{
	const char *own = getenv("ASSAY_RUNTIME_DIR"), *run = getenv("XDG_RUNTIME_DIR");

	if (own)
		return mem_strdup(own);
	if (!access("/run/lock", W_OK))
		return mem_strdup("/run/lock/assay");
	return run ? mem_printf("%s/assay", run) : mem_strdup("/tmp/assay");
}

char *runtime_dir_made(void)
{
	char *dir = runtime_dir();

	if (!mkdir(dir, 01777) && chmod(dir, 01777))
		log_warn("%s: %s; other users' runs may not see this one's locks", dir,
			 strerror(errno));
	return dir;
}
