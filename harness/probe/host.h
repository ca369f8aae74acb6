/* The host part of the environment, by subject; env_host (env.h) puts them together. */
#ifndef ASSAY_PROBE_HOST_H
#define ASSAY_PROBE_HOST_H

#include "rows.h"

void machine_rows(const struct rows *r); /* host.*, cpu.*, node.N.*, memory.* */
void kernel_rows(const struct rows *r);	 /* kernel.*, module.*, daemon.*, variable.* */
void pci_rows(const struct rows *r);	 /* gpu.ADDRESS.* as the bus tells it, driver.kernel_* */

#endif
