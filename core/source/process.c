/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/cleanup.h"
#include "kernel/ksm_stat.h"
#include "kernel/nodes.h"
#include "kernel/page_flags.h"
#include "kernel/pagemap.h"
#include "kernel/process.h"
#include "source/process_read.h"

#define RANGES	64
#define ENTRIES 512

/* Handles on one process. All stay with the process or mm that they were opened on. */
struct target {
	struct ksm_process process;
	int dir_fd;
	int mem_fd;
	struct ksm_pagemap pagemap;
	enum ksm_page_choice pages;
	bool has_ksm; /* may have KSM pages */
};

/* Where planning stands: the space, the area in it, and ranges of that area still to be handed out. */
struct cursor {
	uint32_t space;
	bool in_space;
	size_t area;
	uint64_t address; /* in the area, behind the ranges */
	struct ksm_range range[RANGES];
	size_t n_ranges;
	size_t next_range;
	uint32_t huge_flags; /* of huge pages in the ranges */
	bool check_ksm;	     /* pages of the ranges may be KSM pages: ask for each */
	bool doubts_exclusive; /* a huge page of the ranges may be called exclusive, and not be so as a whole */
};

struct process_source {
	struct ksm_page_source source;
	const struct ksm_root *root;
	struct ksm_process_source_options options;
	struct ksm_pagemap_facts facts;
	struct ksm_page_flags *page_flags; /* NULL if the caller may not */
	struct ksm_nodes nodes;		   /* none where there is only one */
	struct target *target;		   /* one per space */
	struct cursor cursor;
};

static struct process_source *of(struct ksm_page_source *source)
{
	return (struct process_source *)source;
}

/* ---------------------------------------------------------------- opening */

static void target_close(struct target *target)
{
	ksm_cleanup_close(&target->dir_fd);
	ksm_cleanup_close(&target->mem_fd);
	ksm_pagemap_close(&target->pagemap);
	ksm_process_free(&target->process);
}

static int set_gone(struct ksm_error *err, pid_t pid)
{
	ksm_error_set(err, KSM_ERR_GONE, ESRCH, "exited, or replaced its program, during the scan");
	if (err)
		err->pid = pid;
	return -ESRCH;
}

static bool is_dying(const struct ksm_root *root, pid_t pid)
{
	struct ksm_process process;
	bool has_memory;

	if (ksm_process_get(root, pid, &process, NULL))
		return true;
	has_memory = process.has_memory;
	ksm_process_free(&process);
	return !has_memory;
}

static int open_mem(const struct process_source *source, struct target *target,
		    struct ksm_error *err)
{
	int ret = ksm_open_at(target->dir_fd, "mem", O_RDONLY, &target->mem_fd, err);
	const char *why;

	if (ret != -EACCES && ret != -EPERM)
		return ret;
	/* The files of a process that is dying belong to root: not the right is missing, but the process. */
	if (is_dying(source->root, target->process.pid))
		return set_gone(err, target->process.pid);
	if (geteuid() == 0)
		why = "not even as root: its capabilities, its user namespace or a security module "
		      "forbid it";
	else if (ksm_root_yama_restricts(source->root))
		why = "kernel.yama.ptrace_scope allows that only to CAP_SYS_PTRACE (run as root)";
	else
		why = "it takes the same user, or CAP_SYS_PTRACE (run as root)";
	return ksm_error_set(err, KSM_ERR_PERMISSION, -ret, "may not read its memory: %s", why);
}

static int target_open(struct process_source *source, pid_t pid, struct target *target,
		       struct ksm_error *err)
{
	int ret;

	if (source->root->is_machine && target->process.pid == getpid())
		return ksm_error_set(
			err, KSM_ERR_SYSTEM, EINVAL,
			"is ksmctl itself, whose memory changes as it reads: give another process");
	if (!target->process.has_memory)
		return ksm_error_set(err, KSM_ERR_NO_MEMORY, ESRCH, "has no memory: %s",
				     target->process.state == 'Z'
					     ? "it is a zombie, which has exited already"
					     : "it is a kernel thread");
	ret = ksm_root_open_pid(source->root, pid, &target->dir_fd, err);
	if (!ret)
		ret = open_mem(source, target, err);
	if (!ret)
		ret = ksm_pagemap_open(target->dir_fd, &source->facts, source->source.page_size,
				       &target->pagemap, err);
	return ret;
}

static void drop_target(struct ksm_space *space, struct target *target)
{
	target_close(target);
	memset(space, 0, sizeof(*space));
}

/* One more space, with an error of its own if it cannot be read. */
static int add_target(struct process_source *source, pid_t pid, enum ksm_page_choice pages,
		      struct ksm_error *err)
{
	struct ksm_space *space = &source->source.space[source->source.n_spaces];
	struct target *target = &source->target[source->source.n_spaces];
	int ret;

	*target = (struct target){.dir_fd = -1, .mem_fd = -1, .pagemap.fd = -1, .pages = pages};
	space->pid = pid;
	space->name = space->cgroup = "";
	ret = ksm_process_get(source->root, pid, &target->process, &space->error);
	if (ret == -ENOMEM)
		return ksm_error_no_memory(err);
	if (!ret) {
		space->pid = target->process.pid;
		space->name = target->process.name;
		space->cgroup = target->process.cgroup;
		space->has_uid = true;
		space->uid = target->process.uid;
		for (uint32_t i = 0; i < source->source.n_spaces; i++) {
			if (source->source.space[i].pid == space->pid) {
				drop_target(space, target);
				return 0;
			}
		}
		ret = target_open(source, space->pid, target, &space->error);
	}
	/* -ESRCH: gone, or a zombie by now. */
	if (ret == -ESRCH && source->options.skip_vanished) {
		drop_target(space, target);
		return 0;
	}
	space->error.pid = space->error.code ? space->pid : 0;
	source->source.n_spaces++;
	return 0;
}

/* Three descriptors per target: take what the hard limit gives. */
static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

/* ---------------------------------------------------------------- planning */

static int process_rewind(struct ksm_page_source *base, struct ksm_error *err)
{
	memset(&of(base)->cursor, 0, sizeof(of(base)->cursor));
	return 0;
}

static bool is_chosen(const struct target *target, const struct ksm_area *area)
{
	if (target->pages == KSM_PAGES_MERGEABLE && !(area->vm_flags & KSM_VM_MERGEABLE))
		return false;
	/* smaps counts the anonymous pages of an area: those without any need no look. */
	return ksm_area_is_eligible(area) &&
	       (area->anonymous || !(area->vm_flags & KSM_VM_FLAGS_KNOWN));
}

/* Looks at what the space has now. On failure the space keeps the reason. */
static int begin_space(struct process_source *source, struct ksm_space *space,
		       struct target *target)
{
	struct ksm_stat stat;
	int ret;

	space->swapped_pages = 0;
	if (space->error.code)
		return -1;
	ret = ksm_areas_read(target->dir_fd, &space->areas, &space->error);
	if (!ret)
		ret = ksm_stat_read(target->dir_fd, &stat, &space->error);
	if (!ksm_pagemap_is_alive(&target->pagemap))
		ret = set_gone(&space->error, space->pid);
	if (ret) {
		space->error.pid = space->pid;
		return -1;
	}
	target->has_ksm = !stat.valid[KSM_STAT_ksm_merging_pages] ||
			  stat.value[KSM_STAT_ksm_merging_pages];
	if (target->has_ksm && !(source->page_flags && source->facts.has_pfn))
		source->source.unknown |= KSM_UNKNOWN_KSM_PAGES;

	for (size_t i = 0; i < space->areas.n; i++) {
		const struct ksm_area *area = &space->areas.area[i];

		if (!(area->vm_flags & KSM_VM_FLAGS_KNOWN))
			source->source.unknown |= KSM_UNKNOWN_VM_FLAGS;
		if (ksm_area_is_eligible(area))
			space->swapped_pages += area->swap / source->source.page_size;
	}
	source->cursor.area = 0;
	source->cursor.address = 0;
	source->cursor.n_ranges = source->cursor.next_range = 0;
	return 0;
}

/* More ranges of present pages. 1, 0 at the end of the space, or a negative errno. */
static int next_ranges(struct process_source *source, const struct ksm_space *space,
		       const struct target *target, struct ksm_error *err)
{
	struct cursor *cursor = &source->cursor;

	cursor->n_ranges = cursor->next_range = 0;
	for (; cursor->area < space->areas.n; cursor->area++, cursor->address = 0) {
		const struct ksm_area *area = &space->areas.area[cursor->area];
		int ret;

		if (!is_chosen(target, area))
			continue;
		if (cursor->address < area->start)
			cursor->address = area->start;
		if (cursor->address == area->end)
			continue;
		/* smaps counts KSM pages too (6.7): asking for each page costs more than reading it. */
		cursor->check_ksm = target->has_ksm && area->ksm;
		/*
		 * Of a whole huge page pagemap tells for all its pages what is so of the first one: after a fork, that may be
		 * this process's alone while others are not (pagemap_pmd_range() of 6.18).
		 */
		cursor->huge_flags = KSM_PAGE_HUGE;
		if (area->vm_flags & KSM_VM_LOCKED)
			cursor->huge_flags |= KSM_PAGE_LOCKED;
		cursor->doubts_exclusive = area->shared && area->huge;
		if (!target->pagemap.has_scan) {
			cursor->range[0] = (struct ksm_range){cursor->address, area->end, false};
			cursor->address = area->end;
			cursor->n_ranges = 1;
			return 1;
		}
		ret = ksm_pagemap_scan(&target->pagemap, cursor->address, area->end, cursor->range,
				       RANGES, &cursor->n_ranges, &cursor->address, err);
		if (ret)
			return ret;
		if (cursor->n_ranges)
			return 1;
	}
	return 0;
}

static void take_node(struct process_source *source, struct ksm_page *page)
{
	int nid = ksm_nodes_find(&source->nodes, page->pfn);

	if (nid < 0) {
		source->source.unknown |= KSM_UNKNOWN_SOME_NODES;
		return;
	}
	page->nid = (uint16_t)nid;
	page->flags |= KSM_PAGE_NID;
}

/* A candidate's flags from its pagemap entry; false for what is none. */
static bool take_entry(struct process_source *source, uint64_t entry, bool may_be_huge,
		       struct ksm_page *page)
{
	bool is_exclusive = (entry & KSM_PM_EXCLUSIVE) &&
			    !(may_be_huge && source->cursor.doubts_exclusive);
	uint64_t kpf;

	if (!(entry & KSM_PM_PRESENT) || (entry & KSM_PM_FILE))
		return false;
	page->flags = is_exclusive ? 0 : KSM_PAGE_SHARED;
	page->pfn = entry & KSM_PM_PFN;
	/* What may be a KSM page with one mapping left is to be read with as much care as a shared one. */
	if (source->cursor.check_ksm && !(source->page_flags && source->facts.has_pfn))
		page->flags |= KSM_PAGE_SHARED;
	if (!source->facts.has_pfn)
		return true;
	if (source->facts.zero_pfn && page->pfn == source->facts.zero_pfn)
		return false;
	page->flags |= KSM_PAGE_PFN;
	if (source->nodes.n_nodes)
		take_node(source, page);
	/* A child forked from merged memory has KSM pages that its own counters do not know of. */
	if ((source->cursor.check_ksm || (page->flags & KSM_PAGE_SHARED)) && source->page_flags &&
	    ksm_page_flags_get(source->page_flags, page->pfn, &kpf, NULL) == 0) {
		if (kpf & KSM_KPF_ZERO_PAGE)
			return false;
		if (kpf & KSM_KPF_KSM)
			page->flags |= KSM_PAGE_KSM;
	}
	return true;
}

/* Adds pages of the current range to the batch as far as they fit. */
static int take_range(struct process_source *source, const struct target *target,
		      struct ksm_batch *batch, uint32_t max, struct ksm_error *err)
{
	unsigned int page_size = source->source.page_size;
	struct ksm_range *range = &source->cursor.range[source->cursor.next_range];
	uint64_t entries[ENTRIES];
	size_t want = (range->end - range->start) / page_size, got;
	int ret;

	if (want > ENTRIES)
		want = ENTRIES;
	ret = ksm_pagemap_read(&target->pagemap, range->start, want, entries, &got, err);
	if (ret)
		return ret;
	if (got == 0)
		return set_gone(err, target->process.pid);
	for (size_t i = 0; i < got && batch->n < max; i++, range->start += page_size) {
		struct ksm_page *page = &batch->page[batch->n];

		page->address = range->start;
		if (!take_entry(source, entries[i], range->is_huge || !target->pagemap.has_scan,
				page))
			continue;
		if (range->is_huge)
			page->flags |= source->cursor.huge_flags;
		batch->n++;
	}
	if (range->start == range->end)
		source->cursor.next_range++;
	return 0;
}

/* Fills the batch up. 1 if there may be more of this space, 0 at its end, or a negative errno. */
static int plan_batch(struct process_source *source, const struct ksm_space *space,
		      const struct target *target, struct ksm_batch *batch, struct ksm_error *err)
{
	uint32_t max = KSM_BATCH_BYTES / source->source.page_size;

	while (batch->n < max) {
		int ret = 1;

		if (source->cursor.next_range == source->cursor.n_ranges)
			ret = next_ranges(source, space, target, err);
		if (ret == 1)
			ret = take_range(source, target, batch, max, err) ?: 1;
		if (ret != 1)
			return ret;
	}
	return 1;
}

static int process_next(struct ksm_page_source *base, struct ksm_batch *batch,
			struct ksm_error *err)
{
	struct process_source *source = of(base);
	struct cursor *cursor = &source->cursor;
	struct target *target;
	struct ksm_space *space;
	int ret = 0;

	if (cursor->space == base->n_spaces)
		return 0;
	space = &base->space[cursor->space];
	target = &source->target[cursor->space];
	batch->space = cursor->space;
	batch->n = 0;
	batch->error.code = KSM_ERR_NONE;

	if (!cursor->in_space)
		cursor->in_space = begin_space(source, space, target) == 0;
	if (cursor->in_space)
		ret = plan_batch(source, space, target, batch, &space->error);
	batch->ends_space = ret != 1;
	if (batch->ends_space) {
		if (ret < 0)
			space->error.pid = space->pid;
		cursor->in_space = false;
		cursor->space++;
	}
	return 1;
}

/* ---------------------------------------------------------------- the rest */

static void process_fill(struct ksm_page_source *base, struct ksm_batch *batch)
{
	const struct process_source *source = of(base);
	const struct target *target = &source->target[batch->space];
	pid_t pid = source->root->is_machine ? target->process.pid : 0;

	ksm_process_read_batch(pid, target->mem_fd, base->page_size, batch);
	/* What was read after an exec would be another program's memory. */
	if (batch->n && source->root->is_machine && !ksm_pagemap_is_alive(&target->pagemap)) {
		for (uint32_t i = 0; i < batch->n; i++)
			batch->page[i].flags |= KSM_PAGE_LOST;
		set_gone(&batch->error, target->process.pid);
	}
}

static int process_mapcount(struct ksm_page_source *base, uint64_t pfn, uint64_t *ret_count)
{
	return ksm_page_flags_mapcount(of(base)->page_flags, pfn, ret_count, NULL);
}

static void process_close(struct ksm_page_source *base)
{
	struct process_source *source = of(base);

	for (uint32_t i = 0; i < base->n_spaces; i++) {
		ksm_areas_free(&base->space[i].areas);
		target_close(&source->target[i]);
	}
	ksm_page_flags_close(source->page_flags);
	ksm_nodes_free(&source->nodes);
	free(source->target);
	free(base->space);
	free(source);
}

static const struct ksm_page_source_ops process_ops = {
	.rewind = process_rewind,
	.next = process_next,
	.fill = process_fill,
	.close = process_close,
};

/* Where the nodes are not known, there may be several. */
static void learn_nodes(struct process_source *source)
{
	if (ksm_nodes_read(source->root, &source->nodes, NULL))
		source->source.unknown |= KSM_UNKNOWN_NODES;
	else if (source->nodes.n_nodes == 1)
		ksm_nodes_free(&source->nodes);
	else if (!source->facts.has_pfn)
		source->source.unknown |= KSM_UNKNOWN_NODES;
}

int ksm_process_source_open(const struct ksm_root *root, const pid_t *pids, size_t n,
			    const struct ksm_process_source_options *options,
			    struct ksm_page_source **ret_source, struct ksm_error *err)
{
	struct process_source *source = calloc(1, sizeof(*source));
	struct ksm_page_source *base ksm_auto_source = source ? &source->source : NULL;
	int ret;

	if (!source)
		return ksm_error_no_memory(err);
	base->ops = &process_ops;
	base->live = base;
	base->pages = options->pages;
	base->page_size = (unsigned int)sysconf(_SC_PAGESIZE);
	source->root = root;
	source->options = *options;
	source->target = calloc(n ? n : 1, sizeof(*source->target));
	base->space = calloc(n ? n : 1, sizeof(*base->space));
	if (!source->target || !base->space)
		return ksm_error_no_memory(err);

	ret = ksm_pagemap_probe(root, &source->facts, err);
	if (ret)
		return ret;
	if (!source->facts.has_pfn)
		base->unknown |= KSM_UNKNOWN_PFN;
	if (!source->facts.has_scan && !source->facts.zero_pfn)
		base->unknown |= KSM_UNKNOWN_ZERO_PAGE;
	if (!source->facts.has_scan)
		base->unknown |= KSM_UNKNOWN_HUGE_PAGES;
	learn_nodes(source);
	if (ksm_page_flags_open(root, &source->page_flags, NULL) == 0)
		base->mapcount = process_mapcount;

	raise_descriptor_limit();
	for (size_t i = 0; i < n && !ret; i++)
		ret = add_target(source, pids[i],
				 n - i > options->n_marked ? options->pages : KSM_PAGES_MERGEABLE,
				 err);
	if (ret)
		return ret;
	*ret_source = ksm_no_free(base);
	return 0;
}
