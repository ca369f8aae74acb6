/* probe/container and probe/limits: who is believed, and limits over all ancestors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../harness/probe/container.h"
#include "../../harness/probe/limits.h"
#include "../../harness/probe/mounts.h"
#include "sysfs_tree.h"

#include <linux/mempolicy.h>
#include <errno.h>
#include <math.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#define PID0	"pid:[4026531836]"
#define CGROUP0 "cgroup:[4026531835]"
#define USER0	"user:[4026531837]"

struct scene {
	const char *variable; /* set to "podman" or "1" */
	const char *cgroup;
	const char *pid, *cgroup_ns, *user; /* NULL: the first namespace */
	bool dockerenv, containerenv;
	const char *runtime;
	bool sure;
};

static const struct scene scenes[] = {
	{NULL, "0::/", NULL, NULL, NULL, false, false, "host", true},
	/* marker files alone lie */
	{NULL, "0::/", NULL, NULL, NULL, true, false, "host", false},
	{NULL, "0::/", NULL, NULL, NULL, false, true, "host", false},
	{NULL, "0::/", NULL, NULL, "user:[7]", true, false, "sandbox", true},
	/* marker with a second witness */
	{NULL, "0::/", "pid:[7]", NULL, NULL, true, false, "docker", true},
	{NULL, "0::/", NULL, "cgroup:[7]", NULL, true, false, "docker", true},
	{NULL, "4:memory:/docker/0123abc", NULL, NULL, NULL, true, false, "docker", true},
	{NULL, "0::/", "pid:[7]", "cgroup:[7]", "user:[7]", false, true, "podman", true},
	{NULL, "0::/machine.slice/libpod-12.scope", NULL, NULL, NULL, false, true, "podman", true},
	{"container", "0::/", NULL, NULL, NULL, false, true, "podman", true},
	/* variables, in their order */
	{"APPTAINER_CONTAINER", "0::/", NULL, NULL, "user:[7]", true, false, "apptainer", true},
	{"SINGULARITY_CONTAINER", "0::/", NULL, NULL, NULL, false, false, "apptainer", true},
	{"CH_RUNNING", "0::/", NULL, NULL, "user:[7]", false, false, "charliecloud", true},
	{"KUBERNETES_SERVICE_HOST", "0::/", "pid:[7]", NULL, NULL, true, false, "kubernetes", true},
	{NULL, "0::/kubepods/besteffort/pod1/c", "pid:[7]", NULL, NULL, true, false, "kubernetes",
	 true},
	/* no marker */
	{NULL, "0::/", "pid:[7]", NULL, NULL, false, false, "container", true},
	{NULL, "0::/", NULL, "cgroup:[7]", NULL, false, false, "container", true},
	{NULL, "0::/", NULL, NULL, "user:[7]", false, false, "sandbox", true},
	/* docker in the cgroup, but no marker and first namespaces: a shell of the engine */
	{NULL, "0::/system.slice/docker.service", NULL, NULL, NULL, false, false, "host", true},
};

static void clear_variables(void)
{
	static const char *const names[] = {"APPTAINER_CONTAINER", "SINGULARITY_CONTAINER",
					    "CH_RUNNING", "KUBERNETES_SERVICE_HOST", "container"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		unsetenv(names[i]);
}

static void runtimes(void **state)
{
	for (size_t i = 0; i < sizeof(scenes) / sizeof(*scenes); i++) {
		const struct scene *s = &scenes[i];
		struct container c;

		clear_variables();
		if (s->variable)
			setenv(s->variable, strcmp(s->variable, "container") ? "1" : "podman", 1);
		tree_new();
		tree_file("/proc/self/cgroup", s->cgroup);
		tree_link("/proc/self/ns/pid", s->pid ? s->pid : PID0);
		tree_link("/proc/self/ns/cgroup", s->cgroup_ns ? s->cgroup_ns : CGROUP0);
		tree_link("/proc/self/ns/user", s->user ? s->user : USER0);
		if (s->dockerenv)
			tree_file("/.dockerenv", "");
		if (s->containerenv)
			tree_file("/run/.containerenv", "");
		container_detect(&c);
		tree_drop();
		if (strcmp(c.runtime, s->runtime))
			print_message("scene %zu: %s (%s)\n", i, c.runtime, c.evidence);
		assert_string_equal(c.runtime, s->runtime);
		assert_true(c.sure == s->sure);
		assert_true(*c.evidence);
	}
	clear_variables();
}

/* ---- mounts ---- */

static void lies_on(const char *path, int id, const char *type)
{
	struct err e = ERR_INIT;
	struct mount m;

	assert_int_equal(mount_of(path, &m, &e), 0);
	assert_int_equal(m.id, id);
	assert_string_equal(m.type, type);
}

static void which_mount_a_path_lies_on(void **state)
{
	struct err e = ERR_INIT;
	struct mount m;

	tree_new();
	tree_file("/proc/self/mountinfo",
		  "900 700 0:90 / / rw,relatime - overlay overlay rw,lowerdir=/l\n"
		  "910 900 8:1 /d /var/tmp rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
		  "915 900 0:40 / /mnt/with\\040blank rw - nfs4 server:/a rw\n"
		  "not a mount at all\n"
		  "920 900 0:41 / /over rw - ext4 /dev/sdb rw\n"
		  "921 920 0:42 / /over rw - tmpfs tmpfs rw\n");
	lies_on("/", 900, "overlay");
	lies_on("/var", 900, "overlay");
	lies_on("/var/tmp", 910, "ext4");
	lies_on("/var/tmp/x", 910, "ext4");
	lies_on("/var/tmpfile", 900, "overlay"); /* a name that begins alike */
	lies_on("/mnt/with blank/x", 915, "nfs4");
	lies_on("/over/x", 921, "tmpfs"); /* the later one hides the other */
	tree_drop();
	tree_new();
	tree_file("/proc/self/mountinfo/x", ""); /* no file, so nothing can be read */
	assert_int_equal(mount_of("/", &m, &e), -ENOENT);
	tree_drop();
}

/* The root of a chroot into a plain folder is no mount, and mountinfo does not show it. */
static void the_root_of_a_chroot(void **state)
{
	struct statfs s;

	tree_new();
	tree_file("/proc/self/mountinfo", "40 22 0:5 / /proc rw - proc proc rw\n");
	lies_on("/nowhere", 0, "unknown");
	if (!statfs("/dev/shm", &s) && s.f_type == 0x01021994)
		lies_on("/dev/shm", 0, "tmpfs");
	lies_on("/proc/self", 40, "proc");
	tree_drop();
}

/* ---- limits ---- */

static void v2_mount(void)
{
	tree_file("/proc/self/mountinfo",
		  "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
		  "30 22 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw\n");
}

static void v2_ancestors(void **state)
{
	struct limits l;
	double periods, seconds;

	tree_new();
	v2_mount();
	tree_file("/proc/self/cgroup", "0::/a/b/c\n");
	tree_file("/sys/fs/cgroup/a/b/c/cpu.max", "max 100000");
	tree_file("/sys/fs/cgroup/a/b/cpu.max", "150000 100000"); /* the least */
	tree_file("/sys/fs/cgroup/a/cpu.max", "400000 100000");
	tree_file("/sys/fs/cgroup/a/b/c/cpu.stat", "usage_usec 5\nnr_throttled 0\n");
	tree_file("/sys/fs/cgroup/a/b/cpu.stat",
		  "nr_periods 9\nnr_throttled 7\nthrottled_usec 250000\n");
	tree_file("/sys/fs/cgroup/a/b/c/memory.max", "8000000");
	tree_file("/sys/fs/cgroup/a/b/c/memory.current", "1000000");
	tree_file("/sys/fs/cgroup/a/b/memory.max", "max");
	tree_file("/sys/fs/cgroup/a/memory.max", "5000000"); /* the least */
	tree_file("/sys/fs/cgroup/a/memory.current", "4500000");
	tree_file("/sys/fs/cgroup/a/memory.stat", "anon 1\ninactive_file 100000\n");
	/* neighbours whose names begin alike, and a child, are not ancestors */
	tree_file("/sys/fs/cgroup/a/b/c/d/cpu.max", "1000 100000");
	tree_file("/sys/fs/cgroup/a/bb/cpu.max", "1000 100000");
	limits_read(&l);
	assert_true(limits_throttled(&periods, &seconds));
	assert_true(periods == 7 && fabs(seconds - 0.25) < 1e-12);
	assert_true(fabs(l.cpus - 1.5) < 1e-9);
	assert_string_equal(l.cpu_where, "/sys/fs/cgroup/a/b");
	assert_int_equal(l.memory_bytes, 5000000);
	assert_string_equal(l.memory_where, "/sys/fs/cgroup/a");
	assert_int_equal(l.memory_left_bytes, 600000); /* 5.0 - 4.5 + 0.1 MB */
	tree_drop();
}

static void v1_ancestors(void **state)
{
	struct limits l;
	double periods, seconds;

	tree_new();
	tree_file("/proc/self/mountinfo",
		  "40 22 0:30 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
		  "41 22 0:31 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"
		  "42 22 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
		  "43 22 0:33 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
	tree_file("/proc/self/cgroup",
		  "5:cpuset:/\n4:cpu,cpuacct:/job/step\n3:memory:/job/step\n0::/job\n");
	tree_file("/sys/fs/cgroup/cpu,cpuacct/job/step/cpu.cfs_quota_us", "-1");
	tree_file("/sys/fs/cgroup/cpu,cpuacct/job/step/cpu.cfs_period_us", "100000");
	tree_file("/sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_quota_us", "50000");
	tree_file("/sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_period_us", "100000");
	tree_file("/sys/fs/cgroup/cpu,cpuacct/job/cpu.stat",
		  "nr_throttled 2\nthrottled_time 30000000\n");
	tree_file("/sys/fs/cgroup/memory/job/step/memory.limit_in_bytes", "9223372036854771712");
	tree_file("/sys/fs/cgroup/memory/job/memory.limit_in_bytes", "1000000");
	tree_file("/sys/fs/cgroup/memory/job/memory.usage_in_bytes", "1200000");
	limits_read(&l);
	assert_true(limits_throttled(&periods, &seconds));
	assert_true(periods == 2 && fabs(seconds - 0.03) < 1e-12);
	assert_true(fabs(l.cpus - 0.5) < 1e-9);
	assert_int_equal(l.memory_bytes, 1000000);
	assert_int_equal(l.memory_left_bytes, 0); /* above its limit for a moment */
	tree_drop();
}

/* Docker on v1 without a cgroup namespace: the mount shows the container's part only. */
static void part_of_a_hierarchy(void **state)
{
	struct limits l;

	tree_new();
	tree_file("/proc/self/mountinfo",
		  "42 22 0:32 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n");
	tree_file("/proc/self/cgroup", "3:memory:/docker/abc/x\n");
	tree_file("/sys/fs/cgroup/memory/memory.limit_in_bytes", "2000000");
	tree_file("/sys/fs/cgroup/memory/x/memory.limit_in_bytes", "3000000");
	limits_read(&l);
	assert_int_equal(l.memory_bytes, 2000000);
	assert_string_equal(l.memory_where, "/sys/fs/cgroup/memory");
	assert_true(l.cpus <= 0);
	tree_file("/sys/fs/cgroup/memory/x/memory.limit_in_bytes", "1000000");
	limits_read(&l);
	assert_int_equal(l.memory_bytes, 1000000);
	assert_string_equal(l.memory_where, "/sys/fs/cgroup/memory/x");
	tree_drop();
}

static void no_limits(void **state)
{
	struct limits l;

	tree_new();
	v2_mount();
	tree_file("/proc/self/cgroup", "0::/\n");
	tree_file("/sys/fs/cgroup/memory.max", "max");
	tree_file("/sys/fs/cgroup/cpu.max", "garbage 0");
	limits_read(&l);
	assert_true(l.cpus <= 0);
	assert_true(l.memory_bytes == UINT64_MAX);
	assert_true(l.memory_left_bytes == UINT64_MAX);
	assert_string_equal(l.memory_where, "");
	tree_drop();
}

/* ---- rows of the recorded container ---- */

struct seen {
	char key[40], value[80];
} seen[80];
static size_t n_seen;

static void collect(void *arg, const char *key, const char *value, const char *source)
{
	assert_true(n_seen < 80);
	assert_true(source && *source);
	snprintf(seen[n_seen].key, sizeof(seen->key), "%s", key);
	snprintf(seen[n_seen++].value, sizeof(seen->value), "%s", value);
}

static const char *value_of(const char *key)
{
	for (size_t i = 0; i < n_seen; i++)
		if (!strcmp(seen[i].key, key))
			return seen[i].value;
	return "(no row)";
}

static void recorded(void **state)
{
	const struct rows r = {collect, NULL};

	clear_variables();
	n_seen = 0;
	tree_use("container-cpuset");
	limits_rows(&r);
	container_rows(&r);
	tree_drop();
	assert_string_equal(value_of("limits.cpu_quota"), "2.5");
	assert_string_equal(value_of("limits.memory"), "8589934592");
	assert_string_equal(value_of("limits.affinity"), "0-3");
	assert_string_equal(value_of("limits.mems"), "0");
	assert_string_equal(value_of("limits.cpuset_cpus"), "0-3");
	assert_string_equal(value_of("limits.cpuset_mems"), "0");
	assert_string_equal(value_of("limits.cap_sys_admin"), "no");
	assert_string_equal(value_of("limits.cap_sys_nice"), "no");
	assert_string_equal(value_of("limits.seccomp"), "filter");
	assert_string_equal(value_of("container.runtime"), "docker");
	assert_string_equal(value_of("container.confidence"), "high");
	assert_string_equal(value_of("container.root_fs"), "overlay");
	assert_string_equal(value_of("container.uid_map"), "100000 as 0, 65536 ids");
}

/* The real process: asking about NUMA calls must not change the policy. */
static void own_process(void **state)
{
	const struct rows r = {collect, NULL};
	unsigned long node0 = 1, mask[16] = {0};
	long set = syscall(SYS_set_mempolicy, MPOL_PREFERRED, &node0, 64UL);
	int policy = -1;

	n_seen = 0;
	limits_rows(&r);
	container_rows(&r);
	if (!set && !syscall(SYS_get_mempolicy, &policy, mask, 1024UL, NULL, 0UL)) {
		assert_int_equal(policy, MPOL_PREFERRED);
		assert_int_equal(mask[0], 1);
		assert_string_equal(value_of("limits.set_mempolicy"), "allowed");
	}
	assert_string_not_equal(value_of("limits.mbind"), "(no row)");
	assert_string_not_equal(value_of("limits.affinity"), "(no row)");
	assert_string_not_equal(value_of("container.runtime"), "(no row)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(which_mount_a_path_lies_on),
		cmocka_unit_test(the_root_of_a_chroot),
		cmocka_unit_test(runtimes),
		cmocka_unit_test(v2_ancestors),
		cmocka_unit_test(v1_ancestors),
		cmocka_unit_test(part_of_a_hierarchy),
		cmocka_unit_test(no_limits),
		cmocka_unit_test(recorded),
		cmocka_unit_test(own_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
