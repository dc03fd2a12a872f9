/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a diagnosis goes by, read once. */
#ifndef KSM_DIAGNOSIS_FACTS_H
#define KSM_DIAGNOSIS_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "estimate/cost.h"
#include "kernel/domain.h"
#include "kernel/ksm_stat.h"
#include "kernel/ksm_sysfs.h"
#include "kernel/meminfo.h"
#include "kernel/process.h"

/* A process that has opted in, was asked for, or is a hypervisor. Amounts are bytes. */
struct ksm_process_facts {
	const struct ksm_process *process;
	struct ksm_domain domain;
	struct ksm_stat stat;
	bool is_opted_in;
	bool was_asked_for;
	bool has_areas;	    /* what follows is known */
	uint64_t anonymous; /* in areas that KSM accepts */
	uint64_t marked;    /* of these, in areas marked mergeable */
	uint64_t shared;    /* addresses mapped shared: files, memfd, shmem */
	uint64_t hugetlb;
	uint64_t swap;
};

struct ksm_facts {
	unsigned int page_size;
	struct ksm_sysfs sysfs;
	struct ksm_meminfo meminfo; /* total is 0 if unknown */
	struct ksm_cost cost;
	unsigned int n_nodes; /* NUMA nodes with memory; 0: unknown */
	bool huge_always;     /* transparent huge pages are for all memory */
	struct ksm_processes list;
	struct ksm_process_facts *process;
	size_t n_processes;
	bool is_whole;	      /* of the machine, not only of processes asked for */
	size_t n_with_memory; /* of those that were looked at, and the next */
	size_t n_opted_in;
	size_t n_unreadable; /* of those with memory, whose ksm_stat is not ours to read */
	pid_t ksmtuned;	     /* 0: does not run, likewise */
	pid_t uksmd;
	int64_t freed_within; /* with an estimate: bytes, by merging within domains alone; else KSM_UNKNOWN */
	int64_t freed_together; /* and over all */
};

/* Only @pids are looked at, if there are any. The caller frees with ksm_facts_free(). */
int ksm_facts_read(const struct ksm_root *root, const pid_t *pids, size_t n_pids,
		   struct ksm_facts *ret_facts, struct ksm_error *err);
void ksm_facts_free(struct ksm_facts *facts);

#endif
