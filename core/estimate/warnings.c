/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "estimate/warnings.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "source/dump.h"
#include "source/kdump.h"

static int warn(struct ksm_estimate *estimate, const char *code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static int warn(struct ksm_estimate *estimate, const char *code, const char *fmt, ...)
{
	struct ksm_warning *warning;
	va_list args;

	if (ksm_array_reserve(&estimate->warning, &estimate->warning_capacity,
			      estimate->n_warnings + 1, sizeof(*estimate->warning)))
		return -ENOMEM;
	warning = &estimate->warning[estimate->n_warnings++];
	warning->code = code;
	va_start(args, fmt);
	vsnprintf(warning->text, sizeof(warning->text), fmt, args);
	va_end(args);
	return 0;
}

/* What is unknown of running processes, and what that leaves open. */
static const struct {
	enum ksm_source_unknown unknown;
	const char *code;
	const char *text;
} unknowns[] = {
	{KSM_UNKNOWN_PFN, "no-pfn",
	 "physical page numbers need CAP_SYS_ADMIN: pages that fork shares count as separate ones, "
	 "so what would be freed is an upper bound"},
	{KSM_UNKNOWN_KSM_PAGES, "no-kpageflags",
	 "which pages are merged already needs root: they count as if they were not"},
	{KSM_UNKNOWN_ZERO_PAGE, "no-zero-page",
	 "without PAGEMAP_SCAN (Linux 6.7) or CAP_SYS_ADMIN, memory that was only read may count "
	 "as zero pages"},
	{KSM_UNKNOWN_VM_FLAGS, "no-vmflags",
	 "the kernel gives no VmFlags: some areas that KSM refuses may be counted"},
	{KSM_UNKNOWN_HUGE_PAGES, "no-huge-pages",
	 "which pages belong to transparent huge pages needs PAGEMAP_SCAN (Linux 6.7): merging may "
	 "take a pass longer"},
	{KSM_UNKNOWN_NODES, "no-nodes",
	 "which NUMA node a page lies on needs CAP_SYS_ADMIN and \"zoneinfo\": pages of different "
	 "nodes count as merging, so what would be freed with merge_across_nodes=0 is an upper "
	 "bound"},
	{KSM_UNKNOWN_SOME_NODES, "some-nodes",
	 "of some pages the NUMA node is unknown, where zones of several overlap: with "
	 "merge_across_nodes=0 these count as merging among themselves"},
};

/* Does a model keep pages of different nodes apart? */
static bool keeps_nodes_apart(const struct ksm_estimate *estimate)
{
	for (size_t i = 0; i < estimate->n_outcomes; i++) {
		const struct ksm_model *model = &estimate->outcome[i].model;

		if (ksm_model_has(model, KSM_SYSFS_merge_across_nodes) &&
		    !ksm_model_get(model, KSM_SYSFS_merge_across_nodes))
			return true;
	}
	return false;
}

static int warn_of_unknowns(struct ksm_estimate *estimate, const struct ksm_page_source *source)
{
	unsigned int unknown = source->live ? source->live->unknown : 0;

	if (!keeps_nodes_apart(estimate))
		unknown &= ~(unsigned int)(KSM_UNKNOWN_NODES | KSM_UNKNOWN_SOME_NODES);
	for (size_t i = 0; i < sizeof(unknowns) / sizeof(unknowns[0]); i++)
		if ((unknown & unknowns[i].unknown) &&
		    warn(estimate, unknowns[i].code, "%s", unknowns[i].text))
			return -ENOMEM;
	return 0;
}

/* What the dumps of a source have in common, for what their reader must know. */
struct dump_traits {
	bool is_core, foreign_maps, hides_holes, hides_areas, hides_flags, assumes_page_size,
		lacks_user_pages;
	uint64_t filtered;
};

static struct dump_traits traits_of(const struct ksm_page_source *source)
{
	struct dump_traits traits = {0};

	for (uint32_t i = 0; i < source->n_spaces; i++) {
		const struct ksm_dump_facts *facts = source->space[i].dump;
		bool is_core;

		/* Nothing is known of what could not be opened. */
		if (!facts || !facts->format || !facts->page_size_from)
			continue;
		is_core = strcmp(facts->format, "elf-core") == 0;
		traits.is_core |= is_core;
		traits.hides_holes |= !facts->has_holes;
		traits.foreign_maps |= facts->passed_over[KSM_PASSED_UNLISTED] >
				       facts->pages_data / 2;
		traits.hides_areas |= is_core && !facts->has_areas;
		traits.hides_flags |= is_core && (source->unknown & KSM_UNKNOWN_VM_FLAGS);
		traits.assumes_page_size |= strcmp(facts->page_size_from, "assumed") == 0;
		traits.lacks_user_pages |= facts->dump_level > 0 &&
					   (facts->dump_level & KSM_KDUMP_NO_USER);
		traits.filtered += facts->pages_filtered;
	}
	return traits;
}

static int warn_of_dumps(struct ksm_estimate *estimate, const struct ksm_page_source *source)
{
	const struct dump_traits traits = traits_of(source);
	const struct {
		bool applies;
		const char *code;
		const char *text;
	} warnings[] = {
		{source->pages == KSM_PAGES_ALL, "all-pages",
		 "all pages that the file holds are counted, also those that KSM would not look "
		 "at: "
		 "this is no forecast (--pages)"},
		{traits.foreign_maps, "foreign-maps",
		 "most of the core lies in none of the areas that --maps lists: it may be another "
		 "process's"},
		{traits.hides_holes, "no-holes",
		 "the file does not show what was never touched: such memory counts as zero pages, "
		 "so these, and what merging them frees, are an upper bound"},
		{traits.is_core, "repeats",
		 "what fork shared or KSM had merged when the core was made stands in it once for "
		 "each mapping, and counts as duplicates"},
		{traits.hides_areas, "no-areas",
		 "the core does not say which files it maps: pages that KSM would not accept may "
		 "be "
		 "counted"},
		{traits.hides_flags, "no-vmflags",
		 "a core does not tell all about its areas: a saved smaps of the process makes it "
		 "exact (--maps)"},
		{traits.assumes_page_size, "page-size",
		 "the file does not tell its page size: 4096 bytes is a guess (--page-size)"},
		{traits.lacks_user_pages, "no-user-pages",
		 "the dump level leaves out the pages of user programs, which are what KSM merges"},
		{source->unknown & KSM_UNKNOWN_NODES && !source->live &&
			 keeps_nodes_apart(estimate),
		 "no-nodes",
		 "a dump does not tell NUMA nodes: what would be freed with merge_across_nodes=0 "
		 "is "
		 "an upper bound"},
	};

	for (size_t i = 0; i < sizeof(warnings) / sizeof(warnings[0]); i++)
		if (warnings[i].applies && warn(estimate, warnings[i].code, "%s", warnings[i].text))
			return -ENOMEM;
	if (traits.filtered)
		return warn(estimate, "filtered",
			    "%" PRIu64 " pages were left out when the dump was made: nothing is "
			    "known of them, and no percentage counts them",
			    traits.filtered);
	return 0;
}

int ksm_estimate_warn_all(struct ksm_estimate *estimate, const struct ksm_page_source *source)
{
	uint64_t swapped = 0;
	int err = warn_of_unknowns(estimate, source) ?: warn_of_dumps(estimate, source);

	if (!err && ksm_model_is_beyond(&estimate->outcome->model))
		err = warn(estimate, "new-kernel",
			   "kernel \"%.40s\" is newer than " KSM_MODEL_LAST_RELEASE
			   ", the last that the model follows: what is new since may be missing "
			   "(--kernel=next has what was to come)",
			   estimate->outcome->model.kernel);
	for (uint32_t i = 0; i < source->n_spaces; i++)
		swapped += source->space[i].swapped_pages;
	if (!err && swapped)
		err = warn(estimate, "swapped",
			   "%" PRIu64 " pages are swapped out: KSM does not see them", swapped);
	if (!err && estimate->sample.every > 1)
		err = warn(
			estimate, "sample",
			"memory did not suffice for all pages: every count is an estimate from a "
			"sample, but for zero pages and full_scans and, in what can be read in "
			"order, for present pages");
	if (!err && estimate->outcome->n_passes == 1)
		err = warn(estimate, "one-pass",
			   "one pass cannot tell which pages change: all count as still, and ksmd "
			   "merges nothing in its first");
	if (!err && estimate->mismatched_pages > 0)
		err = warn(estimate, "mismatch",
			   "%" PRId64 " pages differ from others with an equal key",
			   estimate->mismatched_pages);
	return err;
}
