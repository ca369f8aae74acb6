/*
 * Container runtime: see container.h. A marker file alone lies (a stray /.dockerenv is
 * common), so it counts only with a second witness. Known error: a container that shares all
 * namespaces and leaves no variable is taken for the host.
 */
#include "container.h"
#include "mounts.h"
#include "sysfs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Inode numbers of the first namespaces, fixed in the kernel (include/linux/proc_ns.h). */
#define FIRST_CGROUP_NS 4026531835ull
#define FIRST_PID_NS	4026531836ull
#define FIRST_USER_NS	4026531837ull

struct witness {
	char *cgroup;		   /* /proc/self/cgroup */
	bool pid, cgroup_ns, user; /* namespace is not the first one */
	bool foreign;		   /* pid or cgroup */
};

static bool is_foreign(const char *name, unsigned long long first)
{
	char *link = sysfs_link_name("/proc/self/ns/%s", name);
	const char *p = link ? strchr(link, '[') : NULL;
	bool foreign = p && strtoull(p + 1, NULL, 10) != first;

	free(link);
	return foreign;
}

static struct witness ask(void)
{
	struct witness w = {
		.cgroup = sysfs_read("%s", "/proc/self/cgroup"),
		.pid = is_foreign("pid", FIRST_PID_NS),
		.cgroup_ns = is_foreign("cgroup", FIRST_CGROUP_NS),
		.user = is_foreign("user", FIRST_USER_NS),
	};

	w.foreign = w.pid || w.cgroup_ns;
	return w;
}

static bool cgroup_says(const struct witness *w, const char *word)
{
	return w->cgroup && strstr(w->cgroup, word);
}

static bool set(struct container *c, const char *runtime, bool sure, const char *evidence)
{
	snprintf(c->runtime, sizeof(c->runtime), "%s", runtime);
	snprintf(c->evidence, sizeof(c->evidence), "%s", evidence);
	c->sure = sure;
	return true;
}

static bool by_variable(struct container *c)
{
	static const struct {
		const char *variable, *runtime;
	} list[] = {
		{"APPTAINER_CONTAINER", "apptainer"},
		{"SINGULARITY_CONTAINER", "apptainer"},
		{"CH_RUNNING", "charliecloud"},
		{"KUBERNETES_SERVICE_HOST", "kubernetes"},
	};

	for (size_t i = 0; i < sizeof(list) / sizeof(*list); i++)
		if (getenv(list[i].variable))
			return set(c, list[i].runtime, true, list[i].variable);
	return false;
}

static bool by_marker(struct container *c, const struct witness *w)
{
	const char *variable = getenv("container");
	bool podman = sysfs_exists("/run/.containerenv");
	bool docker = sysfs_exists("/.dockerenv");

	if (podman && variable && !strcmp(variable, "podman"))
		return set(c, "podman", true, "/run/.containerenv and container=podman");
	if (podman && cgroup_says(w, "libpod"))
		return set(c, "podman", true, "/run/.containerenv and libpod in /proc/self/cgroup");
	if (podman && w->foreign)
		return set(c, "podman", true, "/run/.containerenv and its own namespaces");
	if (docker && cgroup_says(w, "docker"))
		return set(c, "docker", true, "/.dockerenv and docker in /proc/self/cgroup");
	if (docker && w->foreign)
		return set(c, "docker", true, "/.dockerenv and its own namespaces");
	return false;
}

static void by_namespace(struct container *c, const struct witness *w)
{
	if (w->foreign)
		set(c, "container", true,
		    w->pid ? "/proc/self/ns/pid is not the first"
			   : "/proc/self/ns/cgroup is not the first");
	else if (w->user)
		set(c, "sandbox", true, "/proc/self/ns/user is not the first");
	else if (sysfs_exists("/run/.containerenv") || sysfs_exists("/.dockerenv"))
		set(c, "host", false, "marker file present, nothing else says container");
	else
		set(c, "host", true, "no marker, first namespaces");
}

void container_detect(struct container *c)
{
	struct witness w = ask();

	if (by_variable(c))
		;
	else if (cgroup_says(&w, "kubepods"))
		set(c, "kubernetes", true, "kubepods in /proc/self/cgroup");
	else if (!by_marker(c, &w))
		by_namespace(c, &w);
	free(w.cgroup);
}

/* ---- rows ---- */

static void root_row(const struct rows *r)
{
	struct mount m;

	if (!mount_of("/", &m, NULL))
		row(r, "container.root_fs", "/proc/self/mountinfo", "%s", m.type);
}

static void uid_map_row(const struct rows *r)
{
	char *text = sysfs_read("%s", "/proc/self/uid_map");
	unsigned inside, outside, count;

	if (text && sscanf(text, "%u %u %u", &inside, &outside, &count) == 3) {
		if (!inside && !outside && count == 4294967295u)
			row(r, "container.uid_map", "/proc/self/uid_map", "all");
		else
			row(r, "container.uid_map", "/proc/self/uid_map", "%u as %u, %u ids",
			    outside, inside, count);
	}
	free(text);
}

static void variable_rows(const struct rows *r)
{
	static const struct {
		const char *variable, *key;
	} list[] = {
		{"SLURM_JOB_ID", "slurm.job"},
		{"SLURM_STEP_ID", "slurm.step"},
		{"SLURM_JOB_GPUS", "slurm.job_gpus"},
		{"SLURM_STEP_GPUS", "slurm.step_gpus"},
		{"SLURM_JOB_NODELIST", "slurm.nodes"},
		{"KUBERNETES_SERVICE_HOST", "kubernetes.service"},
	};

	for (size_t i = 0; i < sizeof(list) / sizeof(*list); i++) {
		const char *value = getenv(list[i].variable);

		if (value)
			row(r, list[i].key, list[i].variable, "%s", value);
	}
}

void container_rows(const struct rows *r)
{
	struct container c;

	container_detect(&c);
	row(r, "container.runtime", c.evidence, "%s", c.runtime);
	row(r, "container.confidence", c.evidence, "%s", c.sure ? "high" : "low");
	root_row(r);
	uid_map_row(r);
	variable_rows(r);
}
