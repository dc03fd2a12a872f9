/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Running processes as a page source. Reads what is present and only that: nothing is faulted in, no page
 * is changed, no process is stopped.
 */
#ifndef KSM_SOURCE_PROCESS_H
#define KSM_SOURCE_PROCESS_H

#include "kernel/root.h"
#include "source/page_source.h"

struct ksm_process_source_options {
	enum ksm_page_choice pages;
	bool skip_vanished; /* the list is a search's result: who exited since is no target */
	size_t n_marked; /* of the last so many, areas that are marked mergeable alone, whatever @pages says */
};

/*
 * A source over @n processes (duplicates are taken once; a thread's number gives its process). A process
 * that cannot be opened is a space with an error. Fails as a whole only if the machine gives no page
 * information at all. @root must outlive the source.
 */
int ksm_process_source_open(const struct ksm_root *root, const pid_t *pids, size_t n,
			    const struct ksm_process_source_options *options,
			    struct ksm_page_source **ret_source, struct ksm_error *err);

#endif
