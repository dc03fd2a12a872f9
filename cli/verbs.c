/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/verbs.h"

#include <stddef.h>

static const struct ksm_verb end = {.name = NULL};

/* In the order of --help. */
/* clang-format off */
const struct ksm_verb *const ksm_verbs[] = {
	&ksm_verb_scan,
	&ksm_verb_analyze,
	&ksm_verb_fingerprint,
	&ksm_verb_compare,
	&ksm_verb_status,
	&ksm_verb_top,
	&ksm_verb_doctor,
	&ksm_verb_merge,
	&ksm_verb_unmerge,
	&ksm_verb_wait,
	&ksm_verb_exec,
	&ksm_verb_start,
	&ksm_verb_stop,
	&ksm_verb_tune,
	&ksm_verb_get,
	&ksm_verb_set,
	&ksm_verb_save,
	&ksm_verb_restore,
	&end,
};
