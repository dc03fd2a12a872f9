/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values for tunables: checked together, written in the order that the kernel asks for, all of them or none. */
#ifndef KSM_CONTROL_SETTINGS_H
#define KSM_CONTROL_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/str.h"
#include "kernel/ksm_sysfs.h"
#include "kernel/root.h"

struct ksm_settings {
	int64_t value[KSM_SYSFS_N];
	bool given[KSM_SYSFS_N];
};

/* One "NAME=VALUE", which replaces what was given for the name before. KSM_ERR_INVALID with what is allowed. */
int ksm_settings_add(struct ksm_settings *settings, const char *assignment, struct ksm_error *err);

/* Those of all tunables that the kernel has, without pages_to_scan where the advisor sets that. */
void ksm_settings_take(const struct ksm_sysfs *sysfs, struct ksm_settings *ret_settings);

/* Of these, those of @n fields: others may be changed by somebody else meanwhile. */
void ksm_settings_take_some(const struct ksm_sysfs *sysfs, const enum ksm_sysfs_field *field,
			    size_t n, struct ksm_settings *ret_settings);

/*
 * Text with an assignment per line, at least one; empty lines and those that begin with # are passed over. KSM_ERR_FORMAT
 * with the number of the line.
 */
int ksm_settings_parse(const char *text, size_t len, struct ksm_settings *ret_settings,
		       struct ksm_error *err);
/* Appends them in this form. -ENOMEM only. */
int ksm_settings_print(const struct ksm_settings *settings, struct ksm_str *text);

enum ksm_settings_flag {
	/* Unmerge everything first where a value asks for it, then let run be as it was. */
	KSM_SETTINGS_UNMERGE_FIRST = 1u << 0,
	KSM_SETTINGS_FORCE = 1u << 1, /* even where memory may not suffice for unmerging */
};

/*
 * Writes what differs from now, reads each back, and puts everything back if one fails: then @err says what failed,
 * and also if putting back failed. Nothing is written before all has been checked:
 *
 *  - KSM_ERR_UNSUPPORTED for a tunable that this kernel does not have, with the version that brought it
 *  - -EBUSY for max_page_sharing or merge_across_nodes while pages are merged, without KSM_SETTINGS_UNMERGE_FIRST
 *  - -EINVAL for pages_to_scan while the advisor sets it
 *  - -ENOMEM (KSM_ERR_SYSTEM) where unmerging, also by run=2, would take more memory than is available, without
 *    KSM_SETTINGS_FORCE
 *  - KSM_ERR_PERMISSION where a file is not ours to write
 */
int ksm_settings_apply(const struct ksm_root *root, const struct ksm_settings *settings,
		       unsigned int flags, struct ksm_error *err);

/*
 * Applies settings as they were before a change for a time. Tries again where it fails: want of memory or of
 * descriptors that passes must not leave a machine as it was only meant to be for a while.
 */
int ksm_settings_put_back(const struct ksm_root *root, const struct ksm_settings *before,
			  struct ksm_error *err);

/*
 * -ENOMEM with the figures if @pages pages, taken apart, do not fit into what memory is available. 0 where that cannot
 * be told.
 */
int ksm_unmerge_check(const struct ksm_root *root, int64_t pages, struct ksm_error *err);

#endif
