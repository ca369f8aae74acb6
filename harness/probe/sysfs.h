/*
 * Reads of /sys and /proc that ASSAY_SYSROOT can redirect to a recorded or simulated tree.
 * Every reader of system state goes through here, except what is about this very process
 * (/proc/self) and what needs a system call.
 */
#ifndef ASSAY_PROBE_SYSFS_H
#define ASSAY_PROBE_SYSFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The prefix put before every path: "" or the value of ASSAY_SYSROOT. */
const char *sysfs_root(void);

/* Whole file without trailing newline, or NULL if it cannot be read. Caller frees. */
char *sysfs_read(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Whole file of *n bytes as they are, or NULL. Caller frees. */
char *sysfs_bytes(size_t *n, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A number from a file (decimal, or hexadecimal with 0x); fallback where there is none. */
int64_t sysfs_int(int64_t fallback, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

bool sysfs_exists(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Last part of what a link points to, NULL if it is none. Caller frees. */
char *sysfs_link_name(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Resolved path of a link inside the tree, without the root; NULL if there is none. Caller frees.
 */
char *sysfs_real_path(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Sorted names of a folder's entries; returns how many. Free with sysfs_list_free. */
size_t sysfs_list(char ***names, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void sysfs_list_free(char **names, size_t n);

/* "0-3,8" -> numbers, ascending; returns how many (never more than max), -1 if malformed. */
int sysfs_parse_list(const char *text, int *out, int max);
/* The way back, for ascending numbers. The caller frees. */
char *sysfs_format_list(const int *ids, int n);

#endif
