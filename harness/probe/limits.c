/*
 * Limits: see limits.h. Known errors: a cgroup above what this mount namespace shows cannot
 * be seen; memory_left is a snapshot.
 */
#include "limits.h"
#include "cgroup.h"
#include "cpuset.h"
#include "sysfs.h"
#include "../base/mem.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

static void note(char where[256], const char *dir)
{
	snprintf(where, 256, "%s", dir);
}

static void cpu_level(struct limits *l, const char *dir)
{
	char *max = sysfs_read("%s/cpu.max", dir);
	long long quota = sysfs_int(-1, "%s/cpu.cfs_quota_us", dir);
	long long period = sysfs_int(-1, "%s/cpu.cfs_period_us", dir);

	if (max && sscanf(max, "%lld %lld", &quota, &period) != 2)
		quota = -1; /* "max 100000" */
	free(max);
	if (quota <= 0 || period <= 0)
		return;
	double cpus = (double)quota / (double)period;

	if (l->cpus > 0 && cpus >= l->cpus)
		return;
	l->cpus = cpus;
	note(l->cpu_where, dir);
}

/* "inactive_file 123" (v2) or "total_inactive_file 123" (v1): page cache the kernel gives back. */
static uint64_t cache_bytes(const char *dir)
{
	char *text = sysfs_read("%s/memory.stat", dir);
	const char *p = text ? strstr(text, "total_inactive_file ") : NULL;
	unsigned long long v = 0;

	if (!p)
		p = text ? strstr(text, "inactive_file ") : NULL;
	if (p)
		sscanf(p, "%*s %llu", &v);
	free(text);
	return v;
}

static void memory_level(struct limits *l, const char *dir)
{
	/* v2 says "max" where there is none, v1 a number just below 2^63 */
	int64_t max = sysfs_int(-1, "%s/memory.max", dir);
	int64_t used = sysfs_int(0, "%s/memory.current", dir);

	if (max < 0) {
		max = sysfs_int(-1, "%s/memory.limit_in_bytes", dir);
		used = sysfs_int(0, "%s/memory.usage_in_bytes", dir);
	}
	if (max < 0 || max >= INT64_MAX / 2)
		return;
	int64_t left = max - used + (int64_t)cache_bytes(dir);

	left = left < 0 ? 0 : left > max ? max : left;
	if ((uint64_t)left < l->memory_left_bytes)
		l->memory_left_bytes = (uint64_t)left;
	if ((uint64_t)max < l->memory_bytes) {
		l->memory_bytes = (uint64_t)max;
		note(l->memory_where, dir);
	}
}

static void cpu_fn(void *arg, const char *dir)
{
	cpu_level(arg, dir);
}

static void memory_fn(void *arg, const char *dir)
{
	memory_level(arg, dir);
}

void limits_read(struct limits *l)
{
	memset(l, 0, sizeof(*l));
	l->memory_bytes = l->memory_left_bytes = UINT64_MAX;
	cgroup_walk("cpu", cpu_fn, l);
	cgroup_walk("memory", memory_fn, l);
}

struct throttling {
	double periods, seconds;
	bool counted;
};

/* cpu.stat: throttled_usec in v2, throttled_time in nanoseconds in v1. */
static void throttled_fn(void *arg, const char *dir)
{
	struct throttling *t = arg;
	char *text = sysfs_read("%s/cpu.stat", dir), *save = NULL;

	for (char *line = text ? strtok_r(text, "\n", &save) : NULL; line;
	     line = strtok_r(NULL, "\n", &save)) {
		double v = strtod(line + strcspn(line, " "), NULL);

		if (!strncmp(line, "nr_throttled ", 13)) {
			t->periods += v;
			t->counted = true;
		} else if (!strncmp(line, "throttled_usec ", 15)) {
			t->seconds += v * 1e-6;
		} else if (!strncmp(line, "throttled_time ", 15)) {
			t->seconds += v * 1e-9;
		}
	}
	free(text);
}

bool limits_throttled(double *periods, double *seconds)
{
	struct throttling t = {.counted = false};

	cgroup_walk("cpu", throttled_fn, &t);
	*periods = t.periods;
	*seconds = t.seconds;
	return t.counted;
}

/* ---- rows ---- */

static void cgroup_rows(const struct rows *r)
{
	struct limits l;
	char text[40];

	limits_read(&l);
	if (l.cpus > 0)
		row(r, "limits.cpu_quota", l.cpu_where, "%s", rows_number(text, l.cpus));
	else
		row(r, "limits.cpu_quota", "cgroup", "none");
	if (l.memory_bytes != UINT64_MAX)
		row(r, "limits.memory", l.memory_where, "%llu", (unsigned long long)l.memory_bytes);
	else
		row(r, "limits.memory", "cgroup", "none");
}

char *limits_status(const char *name)
{
	char *text = sysfs_read("%s", "/proc/self/status"), *save = NULL, *found = NULL;
	size_t n = strlen(name);

	for (char *line = text ? strtok_r(text, "\n", &save) : NULL; line && !found;
	     line = strtok_r(NULL, "\n", &save))
		if (!strncmp(line, name, n) && line[n] == ':')
			found = mem_strdup(line + n + 1 + strspn(line + n + 1, " \t"));
	free(text);
	return found;
}

static void memlock_row(const struct rows *r)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_MEMLOCK, &l))
		return;
	if (l.rlim_cur == RLIM_INFINITY)
		row(r, "limits.memlock", "getrlimit", "unlimited");
	else
		row(r, "limits.memlock", "getrlimit", "%llu", (unsigned long long)l.rlim_cur);
}

static void capability_rows(const struct rows *r)
{
	static const struct {
		const char *key;
		int bit;
	} caps[] = {{"limits.cap_sys_admin", 21},
		    {"limits.cap_sys_nice", 23},
		    {"limits.cap_ipc_lock", 14}};
	char *text = limits_status("CapEff");
	unsigned long long mask = text ? strtoull(text, NULL, 16) : 0;

	for (size_t i = 0; text && i < sizeof(caps) / sizeof(*caps); i++)
		row(r, caps[i].key, "CapEff in /proc/self/status", "%s",
		    mask >> caps[i].bit & 1 ? "yes" : "no");
	free(text);
}

static void seccomp_row(const struct rows *r)
{
	static const char *const modes[] = {"off", "strict", "filter"};
	char *text = limits_status("Seccomp");
	int mode = text ? atoi(text) : -1;

	if (mode >= 0 && mode <= 2)
		row(r, "limits.seccomp", "/proc/self/status", "%s", modes[mode]);
	free(text);
}

static const char *call_result(long rc)
{
	if (rc >= 0 || errno == EINVAL)
		return "allowed";
	return errno == ENOSYS ? "not in this kernel" : errno == EPERM ? "EPERM" : "refused";
}

/*
 * Asks with arguments that the kernel must reject (EINVAL) or that mean nothing: a filter
 * answers before the kernel looks at them, and neither policy nor pages change.
 */
static void numa_call_rows(const struct rows *r)
{
	const char *source = "tried with arguments that change nothing";
	static const unsigned long bad = 0x7fff;

	row(r, "limits.get_mempolicy", source, "%s",
	    call_result(syscall(SYS_get_mempolicy, NULL, NULL, 0UL, NULL, bad)));
	row(r, "limits.set_mempolicy", source, "%s",
	    call_result(syscall(SYS_set_mempolicy, (int)bad, NULL, 0UL)));
	row(r, "limits.mbind", source, "%s",
	    call_result(syscall(SYS_mbind, NULL, 0UL, (int)bad, NULL, 0UL, 0U)));
	row(r, "limits.move_pages", source, "%s",
	    call_result(syscall(SYS_move_pages, 0, 0UL, NULL, NULL, NULL, 0)));
}

static void shm_row(const struct rows *r)
{
	struct statvfs s;

	if (!statvfs("/dev/shm", &s))
		row(r, "limits.dev_shm", "statvfs /dev/shm", "%llu",
		    (unsigned long long)s.f_blocks * s.f_frsize);
}

void limits_rows(const struct rows *r)
{
	cgroup_rows(r);
	cpuset_rows(r);
	memlock_row(r);
	capability_rows(r);
	seccomp_row(r);
	numa_call_rows(r);
	shm_row(r);
}
