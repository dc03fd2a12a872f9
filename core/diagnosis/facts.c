/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "diagnosis/facts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "estimate/estimate.h"
#include "kernel/areas.h"
#include "kernel/nodes.h"

static void add_areas(int dir_fd, struct ksm_process_facts *facts)
{
	struct ksm_areas areas ksm_cleanup(ksm_areas_free) = {0};

	if (ksm_areas_read(dir_fd, &areas, NULL))
		return;
	facts->has_areas = true;
	facts->is_opted_in |= ksm_areas_are_mergeable(&areas);
	for (size_t i = 0; i < areas.n; i++) {
		const struct ksm_area *area = &areas.area[i];

		facts->swap += area->swap;
		if (ksm_area_is_eligible(area)) {
			facts->anonymous += area->anonymous;
			if (area->vm_flags & KSM_VM_MERGEABLE)
				facts->marked += area->anonymous;
			continue;
		}
		if (ksm_area_kind(&areas, area) == KSM_AREA_HUGETLB)
			facts->hugetlb += area->end - area->start;
		else if (ksm_area_kind(&areas, area) == KSM_AREA_SHARED)
			facts->shared += area->end - area->start;
	}
}

static bool is_among(const pid_t *pids, size_t n, pid_t pid)
{
	for (size_t i = 0; i < n; i++)
		if (pids[i] == pid)
			return true;
	return false;
}

/* Areas cost the kernel a walk over the page tables: only of those that matter. */
static void add_process(const struct ksm_root *root, const struct ksm_process *process,
			bool was_asked_for, struct ksm_facts *facts)
{
	struct ksm_process_facts *own = &facts->process[facts->n_processes];
	ksm_auto_close int dir_fd = -1;
	bool is_wanted;

	*own = (struct ksm_process_facts){.process = process, .was_asked_for = was_asked_for};
	ksm_domain_of(process, &own->domain);
	if (ksm_root_open_pid(root, process->pid, &dir_fd, NULL))
		return;
	if (ksm_stat_read(dir_fd, &own->stat, NULL)) {
		facts->n_unreadable++;
		return;
	}
	is_wanted = was_asked_for || own->domain.kind == KSM_DOMAIN_GUEST;
	if (ksm_stat_tells_opt_in(&own->stat, &own->is_opted_in) && !own->is_opted_in && !is_wanted)
		return;
	add_areas(dir_fd, own);
	facts->n_opted_in += own->is_opted_in;
	facts->n_processes += own->is_opted_in || is_wanted;
}

static bool reads_always(const struct ksm_root *root)
{
	struct ksm_str text ksm_auto_str = {0};

	return root->sys_fd >= 0 &&
	       !ksm_read_at(root->sys_fd, "kernel/mm/transparent_hugepage/enabled", 128, &text,
			    NULL) &&
	       strstr(text.data, "[always]");
}

static int read_processes(const struct ksm_root *root, const pid_t *pids, size_t n_pids,
			  struct ksm_facts *facts, struct ksm_error *err)
{
	int ret = ksm_processes_list(root, &facts->list, err);

	if (ret)
		return ret;
	facts->process = calloc(facts->list.n + 1, sizeof(*facts->process));
	if (!facts->process)
		return ksm_error_no_memory(err);
	for (size_t i = 0; i < facts->list.n; i++) {
		const struct ksm_process *process = &facts->list.process[i];
		bool was_asked_for = is_among(pids, n_pids, process->pid);

		if (strcmp(process->name, "ksmtuned") == 0)
			facts->ksmtuned = process->pid;
		if (strcmp(process->name, "uksmd") == 0)
			facts->uksmd = process->pid;
		if (!process->has_memory || (n_pids && !was_asked_for))
			continue;
		facts->n_with_memory++;
		add_process(root, process, was_asked_for, facts);
	}
	return 0;
}

static unsigned int count_nodes(const struct ksm_root *root)
{
	ksm_cleanup(ksm_nodes_free) struct ksm_nodes nodes = {0};

	return ksm_nodes_read(root, &nodes, NULL) ? 0 : nodes.n_nodes;
}

int ksm_facts_read(const struct ksm_root *root, const pid_t *pids, size_t n_pids,
		   struct ksm_facts *ret_facts, struct ksm_error *err)
{
	struct ksm_facts facts = {
		.page_size = root->page_size,
		.is_whole = !n_pids,
		.freed_within = KSM_UNKNOWN,
		.freed_together = KSM_UNKNOWN,
	};
	int ret = ksm_sysfs_read(root, &facts.sysfs, err);

	if (!ret)
		ret = read_processes(root, pids, n_pids, &facts, err);
	if (ret) {
		ksm_facts_free(&facts);
		return ret;
	}
	if (ksm_meminfo_read(root, &facts.meminfo, NULL))
		facts.meminfo = (struct ksm_meminfo){0};
	ksm_cost_measure(root, KSM_CHECKSUM_XXHASH, facts.page_size, &facts.cost);
	facts.n_nodes = count_nodes(root);
	facts.huge_always = reads_always(root);
	*ret_facts = facts;
	return 0;
}

void ksm_facts_free(struct ksm_facts *facts)
{
	free(facts->process);
	ksm_processes_free(&facts->list);
	*facts = (struct ksm_facts){0};
}
