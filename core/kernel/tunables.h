/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tunables of KSM: those files of /sys/kernel/mm/ksm that are written to. One row each.
 * Sources: Documentation/admin-guide/mm/ksm.rst and the _store functions of mm/ksm.c, 6.12.
 */
#ifndef KSM_KERNEL_TUNABLES_H
#define KSM_KERNEL_TUNABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "kernel/ksm_sysfs.h"
#include "kernel/root.h"

enum ksm_unit {
	KSM_UNIT_NONE, /* a count of something else, a switch, a word */
	KSM_UNIT_PAGES,
	KSM_UNIT_BYTES,
	KSM_UNIT_MILLISECONDS,
	KSM_UNIT_SECONDS,
	KSM_UNIT_PERCENT,
};

/* When the kernel takes a new value. */
enum ksm_writable {
	KSM_WRITABLE,		/* at any time */
	KSM_WRITABLE_UNMERGED,	/* while pages_shared is 0, else EBUSY */
	KSM_WRITABLE_UNADVISED, /* while advisor_mode is none, else EINVAL */
};

struct ksm_tunable {
	enum ksm_sysfs_field field;
	int64_t min, max; /* what the kernel takes; of advisor_mode the modes */
	int64_t fallback; /* the kernel's default; of max_kernel_pages see ksm_tunable_default() */
	enum ksm_unit unit;
	enum ksm_writable writable;
	const char *meaning; /* in one line */
};

/* In the order of the table of ksm_sysfs.h. */
const struct ksm_tunable *ksm_tunables(size_t *ret_n);
/* NULL for a counter. */
const struct ksm_tunable *ksm_tunable_of(enum ksm_sysfs_field field);
/* By its name, @len bytes; NULL if there is none. */
const struct ksm_tunable *ksm_tunable_find(const char *name, size_t len);

/*
 * The kernel's default on the machine of @root: max_kernel_pages was a quarter of its memory (2.6.32,
 * ksm_init_max_kernel_pages(), which leaves out what zones keep free). False where that is not known.
 */
bool ksm_tunable_default(const struct ksm_tunable *tunable, const struct ksm_root *root,
			 int64_t *ret_value);

/* A value as sysfs has it: the advisor's mode is a word, all else a number. -EINVAL. */
int ksm_tunable_parse(const struct ksm_tunable *tunable, const char *text, int64_t *ret_value);
#define KSM_TUNABLE_TEXT_MAX 24
void ksm_tunable_format(const struct ksm_tunable *tunable, int64_t value,
			char ret_text[KSM_TUNABLE_TEXT_MAX]);
/* "the value goes from 2 to 2147483647" */
#define KSM_TUNABLE_RANGE_MAX 80
void ksm_tunable_range(const struct ksm_tunable *tunable, char ret_text[KSM_TUNABLE_RANGE_MAX]);

/* "it came with 6.7" */
#define KSM_TUNABLE_HISTORY_MAX 40
void ksm_tunable_history(const struct ksm_tunable *tunable, char ret_text[KSM_TUNABLE_HISTORY_MAX]);

/* -EOPNOTSUPP (KSM_ERR_UNSUPPORTED): the kernel at hand does not have it, and which does. */
int ksm_tunable_missing(const struct ksm_tunable *tunable, struct ksm_error *err);

#endif
