/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verbs, one file each. */
#ifndef KSM_CLI_VERBS_H
#define KSM_CLI_VERBS_H

#include "cli/cli.h"

extern const struct ksm_verb ksm_verb_analyze;
extern const struct ksm_verb ksm_verb_compare;
extern const struct ksm_verb ksm_verb_doctor;
extern const struct ksm_verb ksm_verb_exec;
extern const struct ksm_verb ksm_verb_fingerprint;
extern const struct ksm_verb ksm_verb_get;
extern const struct ksm_verb ksm_verb_merge;
extern const struct ksm_verb ksm_verb_restore;
extern const struct ksm_verb ksm_verb_save;
extern const struct ksm_verb ksm_verb_scan;
extern const struct ksm_verb ksm_verb_set;
extern const struct ksm_verb ksm_verb_start;
extern const struct ksm_verb ksm_verb_status;
extern const struct ksm_verb ksm_verb_stop;
extern const struct ksm_verb ksm_verb_top;
extern const struct ksm_verb ksm_verb_tune;
extern const struct ksm_verb ksm_verb_unmerge;
extern const struct ksm_verb ksm_verb_wait;

#endif
