/*
 * Starts the portable program: the folder that this file lies in brings a loader and libraries,
 * and assay runs on those, whatever the system or the image has. Static, so that it starts where
 * there is no C library at all.
 *
 * Our libraries are an argument of the loader and never LD_LIBRARY_PATH: what assay starts (an
 * image's shell, its podman) keeps its own. Known error: the loader obeys the system's
 * /etc/ld.so.preload, and no option turns that off; the manifest names what came in that way.
 */
#include "../../harness/base/self.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#define CANNOT_START 3 /* nothing could be measured */

/*
 * Where a host, a container toolkit, CDI, Apptainer, Kubernetes or WSL put the driver's libraries,
 * and where images have NCCL and cuBLAS. CUDA's "compat" folders are left out on purpose: they
 * would replace the driver's own libcuda. An image that wants them says so in LD_LIBRARY_PATH or in
 * its ld.so.cache, which the loader asks last.
 */
static const char *const driver_places[] = {
	"/usr/lib/wsl/lib",
	"/.singularity.d/libs",
	"/usr/lib/" MULTIARCH,
	"/usr/lib/" MULTIARCH "/nvidia",
	"/usr/lib64",
	"/usr/lib64/nvidia",
	"/usr/lib/nvidia",
	"/usr/local/nvidia/lib64",
	"/usr/local/nvidia/lib",
	"/run/opengl-driver/lib",
	"/run/nvidia/driver/usr/lib/" MULTIARCH,
	"/run/nvidia/driver/usr/lib64",
	"/usr/local/cuda/lib64",
	"/usr/local/lib",
	"/usr/lib",
};

static int fail(const char *what, const char *why)
{
	fprintf(stderr, "assay: %s: %s\n", what, why);
	return CANNOT_START;
}

/*
 * The folder of this file, links resolved, or NULL. The kernel says what it was asked to start;
 * argv[0] is the caller's word and may be anything. /proc helps where the name leads nowhere.
 */
static char *own_folder(void)
{
	const char *name = (const char *)getauxval(AT_EXECFN);
	char *path = name ? realpath(name, NULL) : NULL;

	if (!path)
		path = realpath("/proc/self/exe", NULL);
	if (path)
		*strrchr(path, '/') = '\0';
	return path;
}

static char *join(const char *dir, const char *name)
{
	char *path = NULL;

	return asprintf(&path, "%s/%s", dir, name) < 0 ? NULL : path;
}

/* The absolute folders of a search path; the others depend on where one happens to stand. */
static void add_absolute(FILE *out, const char *path)
{
	while (path && *path) {
		size_t n = strcspn(path, ":;");

		if (*path == '/')
			fprintf(out, ":%.*s", (int)n, path);
		path += n + (path[n] != '\0');
	}
}

/* Ours first, then what the user or the image asks for, then the driver's usual places. */
static char *search_path(const char *lib)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	fputs(lib, out);
	add_absolute(out, getenv("LD_LIBRARY_PATH"));
	for (size_t i = 0; i < sizeof(driver_places) / sizeof(*driver_places); i++)
		fprintf(out, ":%s", driver_places[i]);
	return fclose(out) ? NULL : text;
}

/*
 * What would put other people's code into our process is renamed for the loader; assay renames it
 * back for the programs that it starts (self_start).
 */
static int hold_back(void)
{
	static const char *const names[] = {SELF_HELD_NAMES};
	char held[64];

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const char *value = getenv(names[i]);

		snprintf(held, sizeof(held), SELF_HELD_PREFIX "%s", names[i]);
		if (value ? setenv(held, value, 1) || unsetenv(names[i]) : unsetenv(held))
			return -1;
	}
	return 0;
}

static int start(const char *dir, int argc, char **argv)
{
	char *loader = join(dir, SELF_LIB "/" LOADER), *lib = join(dir, SELF_LIB);
	char *self = join(dir, "assay"), *program = join(dir, SELF_PLAIN);
	char **args = calloc((size_t)argc + 7, sizeof(*args));
	char *path = lib ? search_path(lib) : NULL;
	int n = 0;

	if (!loader || !self || !program || !args || !path || hold_back())
		return fail("cannot start", strerror(ENOMEM));
	args[n++] = loader;
	args[n++] = "--library-path";
	args[n++] = path;
	args[n++] = "--argv0"; /* the name by which assay starts itself again: this file */
	args[n++] = self;
	args[n++] = program;
	for (int i = 1; i < argc; i++)
		args[n++] = argv[i];
	execv(loader, args);
	return fail(loader, strerror(errno));
}

int main(int argc, char **argv)
{
	char *dir = own_folder();

	if (!dir)
		return fail("cannot find my own folder", strerror(errno));
	/* the loader would take these for its own */
	if (strpbrk(dir, ":;$"))
		return fail(dir, "a portable folder cannot run from a path with : ; or $; move it");
	return start(dir, argc, argv);
}
