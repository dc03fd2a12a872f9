/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was forecast, and what came. */
#include <inttypes.h>
#include <stdio.h>

#include "cli/merge_wait.h"
#include "cli/settle_text.h"
#include "cli/table.h"
#include "report/report.h"

enum { COL_WHAT, COL_FORECAST, COL_FACT, COL_DIFFERENCE };

static const struct ksm_column columns[] = {
	[COL_WHAT] = {"PAGES", "of the machine, or of a process", true, KSM_COL_TEXT},
	[COL_FORECAST] = {"FORECAST", "before it was opted in", true, KSM_COL_NUMBER},
	[COL_FACT] = {"FACT", "at the end", true, KSM_COL_NUMBER},
	[COL_DIFFERENCE] = {"DIFFERENCE", "fact less forecast", true, KSM_COL_TEXT},
	{NULL, NULL, false, KSM_COL_TEXT},
};

static int put_row(struct ksm_table *table, const char *what, int64_t forecast, int64_t fact)
{
	char difference[32];
	int ret = ksm_table_row(table) ?: ksm_table_text(table, COL_WHAT, what)
		?: ksm_table_number(table, COL_FORECAST, forecast)
		?: ksm_table_number(table, COL_FACT, fact);

	if (ret || forecast == KSM_UNKNOWN || fact == KSM_UNKNOWN)
		return ret;
	if (forecast)
		snprintf(difference, sizeof(difference), "%+" PRId64 " (%+.1f%%)", fact - forecast,
			 100.0 * (double)(fact - forecast) / (double)forecast);
	else
		snprintf(difference, sizeof(difference), "%+" PRId64, fact - forecast);
	return ksm_table_text(table, COL_DIFFERENCE, difference);
}

static int64_t merged_then(const struct ksm_merge_target *target)
{
	const struct ksm_stat *after = &target->result.after;

	return after->valid[KSM_STAT_ksm_merging_pages] ? ksm_opt_out_pages(after) : KSM_UNKNOWN;
}

void ksm_merge_wait_print(const struct ksm_merge_targets *targets,
			  const struct ksm_merge_wait *wait)
{
	const struct ksm_table_options plain = {0};
	struct ksm_table *table;
	char what[64];
	int ret;

	/* Where nobody could be opted in, nothing was waited for. */
	if (!wait->settle.has_first)
		return;
	ksm_settle_print(&wait->settle, wait->settled);
	putchar('\n');
	if (ksm_table_new(columns, &plain, &table, NULL))
		return;
	ret = put_row(table, "pages_shared", wait->shared, wait->shared_then)
		      ?: put_row(table, "pages_sharing", wait->sharing, wait->sharing_then);
	if (!ret && (wait->zero > 0 || wait->zero_then > 0))
		ret = put_row(table, "ksm_zero_pages", wait->zero, wait->zero_then);
	for (size_t i = 0; i < targets->n && !ret; i++) {
		const struct ksm_merge_target *target = &targets->target[i];

		snprintf(what, sizeof(what), "merged in %d %.40s", target->pid, target->name);
		ret = put_row(table, what, wait->merged[i], merged_then(target));
	}
	if (!ret)
		ksm_table_print(table);
	ksm_table_free(&table);
}

static json_object *counters_json(int64_t shared, int64_t sharing, int64_t zero)
{
	json_object *object;

	if (shared == KSM_UNKNOWN)
		return NULL;
	object = ksm_json_object();
	ksm_json_put(object, "pages_shared", ksm_json_int(shared));
	ksm_json_put(object, "pages_sharing", ksm_json_int(sharing));
	ksm_json_put_number(object, "ksm_zero_pages", zero);
	return object;
}

void ksm_merge_wait_json(const struct ksm_merge_targets *targets, const struct ksm_merge_wait *wait,
			 json_object *document)
{
	json_object *array = json_object_object_get(document, "targets"), *waited = NULL;

	for (size_t i = 0; i < targets->n; i++) {
		json_object *forecast;

		if (wait->merged[i] == KSM_UNKNOWN)
			continue;
		forecast = ksm_json_object();
		ksm_json_put(forecast, "merged_pages", ksm_json_int(wait->merged[i]));
		ksm_json_put(json_object_array_get_idx(array, i), "forecast", forecast);
	}
	ksm_json_put(document, "forecast", counters_json(wait->shared, wait->sharing, wait->zero));
	ksm_json_put(document, "fact",
		     counters_json(wait->shared_then, wait->sharing_then, wait->zero_then));
	if (wait->settle.has_first) {
		waited = ksm_json_object();
		ksm_settle_json(&wait->settle, wait->settled, waited);
	}
	ksm_json_put(document, "wait", waited);
	ksm_json_put(document, "boost_error",
		     wait->boost_error.code ? ksm_report_error(&wait->boost_error) : NULL);
}
