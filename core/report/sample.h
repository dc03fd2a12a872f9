/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is seen of KSM and of processes at one moment, and how fast things go from sample to sample. */
#ifndef KSM_REPORT_SAMPLE_H
#define KSM_REPORT_SAMPLE_H

#include "kernel/ksmd_cpu.h"
#include "report/processes.h"
#include "report/status.h"

enum ksm_sample_processes {
	KSM_SAMPLE_NO_PROCESSES,
	KSM_SAMPLE_CONCERNED, /* those that KSM has to do with */
	KSM_SAMPLE_ALL,	      /* that have memory */
};

struct ksm_sample {
	double time; /* seconds since 1970 */
	struct ksm_status status;
	struct ksm_rates rates; /* since the sample before */
	double ksmd_seconds;	/* of CPU, so far; NAN if unknown */
	struct ksm_process_statuses processes;
};

struct ksm_sampler {
	const struct ksm_root *root;
	enum ksm_sample_processes processes;
	int ksmd_fd; /* -1: its CPU time cannot be seen */
	struct ksm_ksmd_load load;
	bool has_last;
	struct ksm_sysfs last;
	int64_t last_time; /* of the monotonic clock, ns */
};

/* @root must outlive it. */
void ksm_sampler_init(struct ksm_sampler *sampler, const struct ksm_root *root,
		      enum ksm_sample_processes processes);
void ksm_sampler_release(struct ksm_sampler *sampler);
/* As ksm_sysfs_read() and ksm_processes_list(). To be freed with ksm_sample_free(). */
int ksm_sampler_take(struct ksm_sampler *sampler, struct ksm_sample *ret_sample,
		     struct ksm_error *err);
void ksm_sample_free(struct ksm_sample *sample);

#endif
