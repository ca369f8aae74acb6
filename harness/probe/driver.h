/* Which NVIDIA driver this is: the loaded kernel module, and the libcuda a program gets. */
#ifndef ASSAY_PROBE_DRIVER_H
#define ASSAY_PROBE_DRIVER_H

#include "rows.h"

#include <stdbool.h>
#include <stddef.h>

#define DRIVER_VERSION_FILE "/proc/driver/nvidia/version"

/* "580.82.07" and "open" or "proprietary"; false where no module is loaded. */
bool driver_module(char *version, size_t version_size, char *flavour, size_t flavour_size);

/* driver.libcuda_status, driver.libcuda (its file), driver.libcuda_version; loads libcuda, does not
 * start it. */
void driver_libcuda_rows(const struct rows *r);

#endif
