/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Settings that are to be put back: run/ksmctl/journal has them as they were, while a ksmctl has changed them for a
 * time. Should that one be killed, the next finds the journal. There is one at most.
 */
#ifndef KSM_CONTROL_JOURNAL_H
#define KSM_CONTROL_JOURNAL_H

#include <stdbool.h>

#include "base/error.h"
#include "control/settings.h"
#include "kernel/root.h"

#define KSM_JOURNAL_VERB_MAX 32

struct ksm_journal {
	pid_t pid;	     /* of who wrote it */
	uint64_t start_time; /* of that process, in ticks since boot, as in /proc/PID/stat */
	char verb[KSM_JOURNAL_VERB_MAX];
	bool is_alive; /* that process runs still, and is no zombie */
	struct ksm_settings settings;
};

/* -EBUSY where ksm_journal_begin() would find another. */
int ksm_journal_check(const struct ksm_root *root, struct ksm_error *err);

/*
 * Notes @settings before they are changed. -EBUSY if there is a journal already: it names the process. With the
 * root's dry_run, or without a directory run, nothing is noted.
 */
int ksm_journal_begin(const struct ksm_root *root, const char *verb,
		      const struct ksm_settings *settings, struct ksm_error *err);
/* Once they have been put back. */
void ksm_journal_end(const struct ksm_root *root);

/*
 * 1 with what there is, 0 if there is none, or a negative errno: KSM_ERR_FORMAT for one that is damaged, -EPERM
 * (KSM_ERR_INVALID) for one that somebody else may have written.
 */
int ksm_journal_find(const struct ksm_root *root, struct ksm_journal *ret_journal,
		     struct ksm_error *err);

/*
 * Puts back what a journal has, and removes it: one process at a time, others wait. 1, or 0 if it is no longer there,
 * since somebody else has put it back meanwhile, and may have begun one of their own.
 */
int ksm_journal_recover(const struct ksm_root *root, const struct ksm_journal *journal,
			struct ksm_error *err);

/* The text of one; KSM_ERR_FORMAT. is_alive is not set. */
int ksm_journal_parse(const char *text, size_t len, struct ksm_journal *ret_journal,
		      struct ksm_error *err);

#endif
