/* Which file system a path lies on, as /proc/self/mountinfo shows it to this process. */
#ifndef ASSAY_PROBE_MOUNTS_H
#define ASSAY_PROBE_MOUNTS_H

#include "../base/err.h"

struct mount {
	int id;		 /* of the mount: equal where two paths lie on the same one; 0: not shown */
	char type[64];	 /* "ext4", "overlay", "tmpfs" … */
	char point[256]; /* where it is mounted */
};

/*
 * The mount that an absolute path without links lies on; where several stand on one point, the
 * last, which hides the others. The root of a chroot may be no mount: then the type is what statfs
 * says, "unknown" at worst. 0, or -ENOENT where mountinfo cannot be read.
 */
int mount_of(const char *path, struct mount *out, struct err *e);

#endif
