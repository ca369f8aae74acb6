/* See reap.h. */
#include "reap.h"
#include "clock.h"

#include <errno.h>
#include <sys/wait.h>

#define NAP_NS 1000000

int reap_until(pid_t pid, uint64_t until_ns, int *status)
{
	pid_t got;

	while ((got = waitpid(pid, status, WNOHANG)) == 0 || (got < 0 && errno == EINTR)) {
		if (clock_wall_ns() > until_ns)
			return -ETIMEDOUT;
		clock_wall_sleep_ns(NAP_NS);
	}
	return got < 0 ? -errno : 0;
}
