/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What KSM does for each process, and costs, as /proc/PID/ksm_stat tells it. */
#ifndef KSM_REPORT_PROCESSES_H
#define KSM_REPORT_PROCESSES_H

#include <json-c/json.h>

#include "estimate/estimate.h"
#include "kernel/ksm_stat.h"
#include "kernel/process.h"

/* Amounts are bytes, KSM_UNKNOWN where the kernel does not tell, or only others may know. */
struct ksm_process_status {
	struct ksm_process process;
	struct ksm_stat stat;
	char *user; /* name, or number as text; the list's */
	bool is_readable;
	/*
	 * Of its mappings that are merged, and of its zero pages. Summed over all processes that is more than KSM
	 * saves: the first mapping of each page counts as well, which saves nothing.
	 */
	int64_t merged_bytes;
	int64_t zero_bytes;   /* of its zero pages alone */
	int64_t cost_bytes;   /* of its rmap items */
	int64_t profit_bytes; /* signed, as the kernel computes it */
	const char *opt_in;   /* "whole", "part", "none"; NULL if unknown */
};

struct ksm_process_statuses {
	struct ksm_process_status *item; /* most profit first, unknown ones last */
	size_t n;
	size_t n_unreadable;	   /* of all processes, whether listed or not */
	struct ksm_processes list; /* what the items' processes belong to */
};

/* Works out what follows from its ksm_stat, which is there. */
void ksm_process_status_init(struct ksm_process_status *status, unsigned int page_size);

/* Those that KSM has to do with, or with @all every process that has memory. Zero-initialise the result. */
int ksm_process_statuses_read(const struct ksm_root *root, bool all,
			      struct ksm_process_statuses *ret_statuses, struct ksm_error *err);
void ksm_process_statuses_free(struct ksm_process_statuses *statuses);

/* Is there anything that KSM has done, or would do? */
bool ksm_process_is_concerned(const struct ksm_process_status *status);

/* Its fields of ksm_stat, into an object; null is what the kernel does not tell. */
void ksm_report_put_stat(json_object *object, const struct ksm_stat *stat);

/* "processes" of ksmctl.status/1; NULL when memory is short. */
json_object *ksm_report_processes(const struct ksm_process_statuses *statuses);

#endif
