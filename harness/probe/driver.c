/* The driver's own words about itself: see driver.h. */
#include "driver.h"
#include "library.h"
#include "sysfs.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The first word of the form 580.82 or 580.82.07, its length in *n; NULL if there is none. */
static const char *find_version(const char *text, size_t *n)
{
	for (const char *p = text; *p; p += *n + (p[*n] != '\0')) {
		*n = strcspn(p, " \t\n");
		size_t digits = strspn(p, "0123456789");

		if (digits && p[digits] == '.' && isdigit((unsigned char)p[digits + 1]) &&
		    strspn(p, "0123456789.") == *n)
			return p;
	}
	return NULL;
}

bool driver_module(char *version, size_t version_size, char *flavour, size_t flavour_size)
{
	char *text = sysfs_read(DRIVER_VERSION_FILE);
	char *line = text ? strstr(text, "NVRM version:") : NULL;
	size_t n = 0;

	if (line)
		line[strcspn(line, "\n")] = '\0'; /* the next line is the compiler's version */
	const char *p = line ? find_version(line, &n) : NULL;

	if (p) {
		snprintf(version, version_size, "%.*s", (int)n, p);
		snprintf(flavour, flavour_size, "%s",
			 strstr(line, "Open Kernel Module") ? "open" : "proprietary");
	}
	free(text);
	return p;
}

void driver_libcuda_rows(const struct rows *r)
{
	static const char *const names[] = {"libcuda.so.1", NULL};
	struct err e = ERR_INIT;
	struct library l;

	if (library_open(&l, names, &e)) {
		row(r, "driver.libcuda_status", "dlopen", "%s", e.text);
		return;
	}
	row(r, "driver.libcuda_status", "dlopen", "ok");
	row(r, "driver.libcuda", "dlinfo", "%s", l.path);
	const char *version = strstr(l.path, ".so.");

	if (version && strchr(version + 4, '.'))
		row(r, "driver.libcuda_version", "name of the file", "%s", version + 4);
}
