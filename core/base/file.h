/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that the program writes. */
#ifndef KSM_BASE_FILE_H
#define KSM_BASE_FILE_H

#include "base/str.h"

/*
 * Whole under its name, for its owner alone, or not at all: what was there stays until then. A device or a pipe is just
 * written to. 0 or a negative errno.
 */
int ksm_file_write(const char *path, const struct ksm_str *text);

#endif
