/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What ksmd does, by kernel version, and the tunables it does it with. */
#ifndef KSM_KSMD_MODEL_H
#define KSM_KSMD_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "checksum/checksum.h"
#include "kernel/ksm_sysfs.h"
#include "kernel/root.h"

/* One row per kernel whose ksmd counts otherwise than the one before. */
struct ksm_profile {
	const char *
		kernel; /* the first release of the row, "6.11"; or a name where that is not known */
	const char *changes; /* against the row before, in a few words */
	enum ksm_checksum_kind checksum;
	bool merges_into_copy;	/* a fresh copy becomes the KSM page, not the scanned page itself */
	bool breaks_lone_pages; /* a KSM page with one mapping left becomes an ordinary one */
	bool has_max_kernel_pages; /* caps the stable nodes */
	bool has_merge_across_nodes;
	bool has_use_zero_pages;
	bool has_max_page_sharing; /* with chains and dups */
	bool has_smart_scan;
	bool has_advisor;
	bool checksum_first;	/* a page must hold still before the stable tree is searched */
	bool split_frees_zeros; /* of a huge page that is split, pages of zeros get the zero page */
	bool stable_items_forget; /* checksum, age and skips start anew when an item leaves its node */
};

/* A profile with the tunables that steer it, as in sysfs. */
struct ksm_model {
	char kernel[64]; /* as asked for; the release itself where "running" was */
	const struct ksm_profile *profile;
	struct ksm_sysfs tunables; /* valid: those that steer this model */
	unsigned int
		rmap_item_size; /* bytes of kernel memory per rmap item: 64 on 64-bit kernels */
	bool is_paced;		/* pages_to_scan is as ksm_model_set() has it */
};

/* All rows, oldest first. */
const struct ksm_profile *ksm_profiles(size_t *ret_n);

/*
 * The model of "running" (release and tunables as @root has them, with the features whose files sysfs has; the
 * defaults where it has no KSM), or of a
 * version such as "6.1" or "2.6.32": the newest row that is not younger, with the default tunables on that
 * machine; or of a row by its name. Without @root, or its memory, max_kernel_pages is 0: no limit.
 * KSM_ERR_INVALID for a version that is none, or older than KSM.
 */
int ksm_model_init(struct ksm_model *ret_model, const char *kernel, const struct ksm_root *root,
		   struct ksm_error *err);

/* The last release whose mm/ksm.c the rows were made from. */
#define KSM_MODEL_LAST_RELEASE "7.1"

/* Is its kernel of a later one, which may have what no row has? */
bool ksm_model_is_beyond(const struct ksm_model *model);

/* One "NAME=VALUE". KSM_ERR_INVALID with what is allowed. */
int ksm_model_set(struct ksm_model *model, const char *assignment, struct ksm_error *err);

/*
 * Once all is set: where the advisor is another one than in @before, pages_to_scan begins anew as in the kernel, at
 * advisor_min_pages_to_scan for scan-time and at its default for none (6.8, set_advisor_defaults()), unless it was set.
 */
void ksm_model_switch_advisor(struct ksm_model *model, const struct ksm_model *before);

/* Does this model take that tunable into account? */
static inline bool ksm_model_has(const struct ksm_model *model, enum ksm_sysfs_field field)
{
	return model->tunables.valid[field];
}

static inline int64_t ksm_model_get(const struct ksm_model *model, enum ksm_sysfs_field field)
{
	return model->tunables.value[field];
}

/* Mappings that one KSM page has at most. */
static inline int64_t ksm_model_sharing_max(const struct ksm_model *model)
{
	return ksm_model_has(model, KSM_SYSFS_max_page_sharing)
		       ? ksm_model_get(model, KSM_SYSFS_max_page_sharing)
		       : INT32_MAX;
}

#endif
