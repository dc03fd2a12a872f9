/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ksmd/model.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "kernel/tunables.h"

#define ROW_2_6_32                                                                            \
	.checksum = KSM_CHECKSUM_JHASH2, .merges_into_copy = true, .breaks_lone_pages = true, \
	.has_max_kernel_pages = true
#define ROW_2_6_33 .checksum = KSM_CHECKSUM_JHASH2
#define ROW_3_9	   ROW_2_6_33, .has_merge_across_nodes = true
#define ROW_4_11   ROW_3_9, .has_use_zero_pages = true
#define ROW_4_13   ROW_4_11, .has_max_page_sharing = true
#define ROW_5_0                                                          \
	.checksum = KSM_CHECKSUM_XXHASH, .has_merge_across_nodes = true, \
	.has_use_zero_pages = true, .has_max_page_sharing = true
#define ROW_6_7	 ROW_5_0, .has_smart_scan = true
#define ROW_6_8	 ROW_6_7, .has_advisor = true
#define ROW_6_11 ROW_6_8, .checksum_first = true
#define ROW_6_12 ROW_6_11, .split_frees_zeros = true
#define ROW_NEXT ROW_6_12, .stable_items_forget = true

static const struct ksm_profile profiles[] = {
	{.kernel = "2.6.32",
	 .changes = "the first: jhash2, max_kernel_pages: a quarter of memory",
	 ROW_2_6_32},
	{.kernel = "2.6.33",
	 .changes = "no max_kernel_pages; the scanned page becomes the KSM page",
	 ROW_2_6_33},
	{.kernel = "3.9", .changes = "merge_across_nodes", ROW_3_9},
	{.kernel = "4.11", .changes = "use_zero_pages", ROW_4_11},
	{.kernel = "4.13", .changes = "max_page_sharing, chains and dups", ROW_4_13},
	{.kernel = "5.0", .changes = "xxhash", ROW_5_0},
	{.kernel = "6.7", .changes = "smart_scan, on by default", ROW_6_7},
	{.kernel = "6.8", .changes = "the advisor sets pages_to_scan, if on", ROW_6_8},
	{.kernel = "6.11",
	 .changes = "the checksum is compared before the stable tree is searched",
	 ROW_6_11},
	{.kernel = "6.12",
	 .changes = "a huge page that is split has its pages of zeros freed",
	 ROW_6_12},
	/* The mm development tree of mid-2026: in which release it comes was open then. */
	{.kernel = "next",
	 .changes = "what leaves the stable tree starts anew: checksum, age and skips",
	 ROW_NEXT},
};
#define N_PROFILES (sizeof(profiles) / sizeof(profiles[0]))

const struct ksm_profile *ksm_profiles(size_t *ret_n)
{
	*ret_n = N_PROFILES;
	return profiles;
}

/* run and stable_node_chains_prune_millisecs steer no pass of the model. */
static bool profile_has(const struct ksm_profile *profile, enum ksm_sysfs_field field)
{
	switch (field) {
	case KSM_SYSFS_pages_to_scan:
	case KSM_SYSFS_sleep_millisecs:
		return true;
	case KSM_SYSFS_max_kernel_pages:
		return profile->has_max_kernel_pages;
	case KSM_SYSFS_merge_across_nodes:
		return profile->has_merge_across_nodes;
	case KSM_SYSFS_use_zero_pages:
		return profile->has_use_zero_pages;
	case KSM_SYSFS_max_page_sharing:
		return profile->has_max_page_sharing;
	case KSM_SYSFS_smart_scan:
		return profile->has_smart_scan;
	case KSM_SYSFS_advisor_mode:
	case KSM_SYSFS_advisor_max_cpu:
	case KSM_SYSFS_advisor_min_pages_to_scan:
	case KSM_SYSFS_advisor_max_pages_to_scan:
	case KSM_SYSFS_advisor_target_scan_time:
		return profile->has_advisor;
	default:
		return false;
	}
}

static bool any_profile_has(enum ksm_sysfs_field field)
{
	for (size_t i = 0; i < N_PROFILES; i++)
		if (profile_has(&profiles[i], field))
			return true;
	return false;
}

/* "6.18.44-fc" as 6018, "2.6.32" as 2006.032: orders releases. 0 for what is no version. */
static uint64_t version_rank(const char *text)
{
	unsigned int part[3] = {0, 0, 0};
	int n = sscanf(text, "%4u.%4u.%4u", &part[0], &part[1], &part[2]);

	return n < 2 || !isdigit((unsigned char)text[0])
		       ? 0
		       : ((uint64_t)part[0] << 40) | ((uint64_t)part[1] << 20) | part[2];
}

static const struct ksm_profile *find_profile(const char *version)
{
	uint64_t rank = version_rank(version);
	const struct ksm_profile *found = NULL;

	for (size_t i = 0; i < N_PROFILES; i++) {
		uint64_t row = version_rank(profiles[i].kernel);

		if (row ? row <= rank : strcmp(version, profiles[i].kernel) == 0)
			found = &profiles[i];
	}
	return found;
}

/*
 * What sysfs has there is, whatever the release: distributions bring features to older kernels, and leave some
 * out (merge_across_nodes without CONFIG_NUMA). Every kernel has the pace.
 */
static void take_running_tunables(struct ksm_model *model, const struct ksm_root *root)
{
	size_t n;
	const struct ksm_tunable *tunables = ksm_tunables(&n);
	struct ksm_sysfs sysfs;

	if (ksm_sysfs_read(root, &sysfs, NULL))
		return;
	for (size_t i = 0; i < n; i++) {
		enum ksm_sysfs_field field = tunables[i].field;

		if (!any_profile_has(field))
			continue;
		if (!sysfs.valid[field] &&
		    (field == KSM_SYSFS_pages_to_scan || field == KSM_SYSFS_sleep_millisecs))
			continue;
		model->tunables.valid[field] = sysfs.valid[field];
		model->tunables.value[field] = sysfs.valid[field] ? sysfs.value[field] : 0;
	}
}

int ksm_model_init(struct ksm_model *ret_model, const char *kernel, const struct ksm_root *root,
		   struct ksm_error *err)
{
	bool running = strcmp(kernel, "running") == 0;
	struct ksm_str release ksm_auto_str = {0};
	struct ksm_model model = {.rmap_item_size = 64};
	size_t n;
	const struct ksm_tunable *tunables = ksm_tunables(&n);
	int ret;

	if (running) {
		ret = ksm_root_release(root, &release, err);
		if (ret)
			return ret;
		kernel = release.data;
	}
	model.profile = find_profile(kernel);
	if (!model.profile)
		return ksm_error_set(err, KSM_ERR_INVALID, EINVAL,
				     "no KSM model for kernel \"%.40s\": give \"running\" or a "
				     "version from 2.6.32 on; --kernel=list shows the models",
				     kernel);
	snprintf(model.kernel, sizeof(model.kernel), "%s", kernel);
	for (size_t i = 0; i < n; i++) {
		if (!profile_has(model.profile, tunables[i].field))
			continue;
		ksm_tunable_default(&tunables[i], root, &model.tunables.value[tunables[i].field]);
		model.tunables.valid[tunables[i].field] = true;
	}
	if (running)
		take_running_tunables(&model, root);
	*ret_model = model;
	return 0;
}

bool ksm_model_is_beyond(const struct ksm_model *model)
{
	const uint64_t updates = UINT64_C(0xfffff);

	return version_rank(model->kernel) > (version_rank(KSM_MODEL_LAST_RELEASE) | updates);
}

int ksm_model_set(struct ksm_model *model, const char *assignment, struct ksm_error *err)
{
	const char *equals = strchr(assignment, '=');
	size_t len = equals ? (size_t)(equals - assignment) : 0;
	const struct ksm_tunable *tunable = ksm_tunable_find(assignment, len);
	char range[KSM_TUNABLE_RANGE_MAX], history[KSM_TUNABLE_HISTORY_MAX];
	int64_t value;

	if (!equals)
		return ksm_error_set(err, KSM_ERR_INVALID, EINVAL, "\"%.60s\" is not NAME=VALUE",
				     assignment);
	if (!tunable || !any_profile_has(tunable->field))
		return ksm_error_set(err, KSM_ERR_INVALID, EINVAL,
				     "\"%.*s\" is no tunable of the model",
				     (int)(len < 60 ? len : 60), assignment);
	if (!ksm_model_has(model, tunable->field)) {
		ksm_tunable_history(tunable, history);
		return ksm_error_set(err, KSM_ERR_INVALID, EINVAL, "kernel %s has no %s: %s",
				     model->kernel, ksm_sysfs_name(tunable->field), history);
	}
	if (ksm_tunable_parse(tunable, equals + 1, &value)) {
		ksm_tunable_range(tunable, range);
		return ksm_error_set(err, KSM_ERR_INVALID, EINVAL, "\"%.60s\": %s", assignment,
				     range);
	}
	model->tunables.value[tunable->field] = value;
	if (tunable->field == KSM_SYSFS_pages_to_scan)
		model->is_paced = true;
	return 0;
}

void ksm_model_switch_advisor(struct ksm_model *model, const struct ksm_model *before)
{
	int64_t mode = ksm_model_get(model, KSM_SYSFS_advisor_mode);

	if (model->is_paced || mode == ksm_model_get(before, KSM_SYSFS_advisor_mode))
		return;
	model->tunables.value[KSM_SYSFS_pages_to_scan] =
		mode == KSM_ADVISOR_SCAN_TIME
			? ksm_model_get(model, KSM_SYSFS_advisor_min_pages_to_scan)
			: ksm_tunable_of(KSM_SYSFS_pages_to_scan)->fallback;
}
