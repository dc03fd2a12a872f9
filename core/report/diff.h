/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two documents ksmctl.estimate/1, of the same machine or program at different times: what is other now. Amounts are
 * bytes, so that pages of different sizes compare, or KSM_UNKNOWN.
 */
#ifndef KSM_REPORT_DIFF_H
#define KSM_REPORT_DIFF_H

#include <json-c/json.h>
#include <stddef.h>

#include "base/error.h"
#include "base/str.h"
#include "base/units.h"
#include "estimate/estimate.h"

struct ksm_diff_value {
	const char *name; /* as in totals, without _bytes: "freed", "pages_sharing" */
	int64_t before, now;
};

/* What the estimates went by, where that differs: "kernel", "smart_scan". */
struct ksm_diff_setting {
	char *name;
	char *before, *now; /* NULL: there is none */
};

/* A target or a group; of one that is not there all values are KSM_UNKNOWN. */
struct ksm_diff_part {
	char *name; /* unescaped */
	bool was_there, is_there;
	struct ksm_diff_value present, duplicates, freed;
};

struct ksm_diff {
	struct ksm_diff_value *total;
	size_t n_totals;
	struct ksm_diff_setting *setting;
	size_t n_settings;
	struct ksm_diff_part *target; /* in the order of now, then those that are gone */
	size_t n_targets;
	struct ksm_diff_part *group; /* of the same kind in both; else none */
	size_t n_groups;
};

/* Reads a document from a file that may come from anybody. The caller releases it with json_object_put(). */
int ksm_diff_read(const char *path, json_object **ret_document, struct ksm_error *err);

/*
 * Targets are the same if they have the same file, or process number and name; of those left, the same name; if one is
 * left on both sides, these. Groups go by name. -ENOMEM only; freed with ksm_diff_free().
 */
int ksm_diff_make(json_object *before, json_object *now, struct ksm_diff *ret_diff);
void ksm_diff_free(struct ksm_diff *diff);

/* How much more it is; KSM_UNKNOWN unless both are known. */
int64_t ksm_diff_change(const struct ksm_diff_value *value);

/* Bytes for people, or "unknown". */
void ksm_diff_format(int64_t bytes, char text[KSM_UNITS_MAX]);

/* "same", "new" or "gone". */
const char *ksm_diff_state(const struct ksm_diff_part *part);

/* What would be freed then and now, what was looked at, and one for each setting that differs. */
size_t ksm_diff_sentences(const struct ksm_diff *diff);
/* Appends one of them, unescaped, without a newline of its own. -ENOMEM only. */
int ksm_diff_sentence(const struct ksm_diff *diff, size_t number, struct ksm_str *text);

/* "diff" in the document of the later estimate; NULL when memory is short. */
json_object *ksm_report_diff(const struct ksm_diff *diff);

#endif
