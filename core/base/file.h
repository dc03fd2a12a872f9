/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that the program writes. */
#ifndef KSM_BASE_FILE_H
#define KSM_BASE_FILE_H

#include "base/str.h"

/*
 * Where a file lies that is to be written: what links lead to, and the path itself of what is not there yet. The caller
 * frees; NULL and errno, ENOENT also for a link that leads nowhere.
 */
char *ksm_file_resolve(const char *path);

/*
 * Whole under its name, for its owner alone, or not at all: what was there stays until then, and a link stays one. It is
 * written beside it, under a name of its own, and then renamed. A device or a pipe is just written to, and so is the file
 * that is this program's standard output or error, as /dev/stdout. 0 or a negative errno.
 */
int ksm_file_write(const char *path, const struct ksm_str *text);

#endif
