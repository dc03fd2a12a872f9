/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/estimate_tables.h"

#include <math.h>

#include "base/units.h"

enum {
	OUTCOME_SETTINGS,
	OUTCOME_FREED,
	OUTCOME_NET,
	OUTCOME_SHARED,
	OUTCOME_SHARING,
	OUTCOME_ZERO,
	OUTCOME_PASSES,
	OUTCOME_SECONDS,
	OUTCOME_CPU
};

static const struct ksm_column outcome_columns[] = {
	[OUTCOME_SETTINGS] = {"WHAT-IF", "settings", true, KSM_COL_TEXT},
	[OUTCOME_FREED] = {"FREED", "physical memory given back", true, KSM_COL_BYTES},
	[OUTCOME_NET] = {"NET", "the same less rmap items", true, KSM_COL_BYTES},
	[OUTCOME_SHARED] = {"SHARED", "pages_shared after the last pass", true, KSM_COL_NUMBER},
	[OUTCOME_SHARING] = {"SHARING", "pages_sharing after the last pass", true, KSM_COL_NUMBER},
	[OUTCOME_ZERO] = {"ZERO", "ksm_zero_pages after the last pass", true, KSM_COL_NUMBER},
	[OUTCOME_PASSES] = {"PASSES", "until nothing more merges", true, KSM_COL_NUMBER},
	[OUTCOME_SECONDS] = {"TIME", "until then", true, KSM_COL_TEXT},
	[OUTCOME_CPU] = {"CPU", "of ksmd, until then", true, KSM_COL_TEXT},
	{NULL, NULL, false, KSM_COL_TEXT},
};

static int put_seconds(struct ksm_table *table, size_t column, double seconds)
{
	char text[KSM_UNITS_MAX];

	if (!isfinite(seconds))
		return 0;
	ksm_format_seconds(seconds, text);
	return ksm_table_text(table, column, text);
}

static int put_outcome(struct ksm_table *table, const struct ksm_estimate *estimate,
		       const struct ksm_outcome *outcome)
{
	const struct ksm_counters *c = &outcome->pass[outcome->n_passes - 1];
	int64_t freed = ksm_estimate_bytes(estimate, outcome->freed_pages);

	return ksm_table_row(table)
			  ?: ksm_table_text(table, OUTCOME_SETTINGS,
					    *outcome->settings ? outcome->settings : "(as it is)")
			  ?: ksm_table_number(table, OUTCOME_FREED, freed)
			  ?: ksm_table_number(table, OUTCOME_NET, freed - outcome->settled_metadata_bytes)
			  ?: ksm_table_number(table, OUTCOME_SHARED, c->pages_shared)
			  ?: ksm_table_number(table, OUTCOME_SHARING, c->pages_sharing)
			  ?: ksm_table_number(table, OUTCOME_ZERO, c->ksm_zero_pages)
			  ?: ksm_table_number(table, OUTCOME_PASSES, outcome->forecast.passes_to_settle)
			  ?: put_seconds(table, OUTCOME_SECONDS, outcome->forecast.seconds_to_settle)
			  ?: put_seconds(table, OUTCOME_CPU, outcome->forecast.ksmd_cpu_seconds);
}

int ksm_estimate_print_outcomes(const struct ksm_estimate *estimate,
				const struct ksm_table_options *options)
{
	struct ksm_table_options plain = {.bytes = options->bytes};
	struct ksm_table *table;
	int ret = ksm_table_new(outcome_columns, &plain, &table, NULL);

	if (ret)
		return ret;
	for (size_t i = 0; i < estimate->n_outcomes && !ret; i++)
		ret = put_outcome(table, estimate, &estimate->outcome[i]);
	ret = ret ?: ksm_table_print(table);
	ksm_table_free(&table);
	return ret;
}

enum {
	GROUP_NAME,
	GROUP_PRESENT,
	GROUP_DISTINCT,
	GROUP_SELF,
	GROUP_CROSS,
	GROUP_ZERO,
	GROUP_FREED
};

static const struct ksm_column group_columns[] = {
	[GROUP_NAME] = {"GROUP", "name", true, KSM_COL_TEXT},
	[GROUP_PRESENT] = {"PRESENT", "pages looked at, in bytes", true, KSM_COL_BYTES},
	[GROUP_DISTINCT] = {"DISTINCT", "different contents, in bytes", true, KSM_COL_BYTES},
	[GROUP_SELF] = {"SELF", "duplicates within the group, in bytes", true, KSM_COL_BYTES},
	[GROUP_CROSS] = {"CROSS", "contents that another group has too, in bytes", true,
			 KSM_COL_BYTES},
	[GROUP_ZERO] = {"ZERO", "pages of zero bytes only, in bytes", true, KSM_COL_BYTES},
	[GROUP_FREED] = {"FREED", "physical memory given back", true, KSM_COL_BYTES},
	{NULL, NULL, false, KSM_COL_TEXT},
};

int ksm_estimate_print_groups(const struct ksm_estimate *estimate,
			      const struct ksm_table_options *options)
{
	struct ksm_table_options plain = {.bytes = options->bytes};
	struct ksm_table *table;
	int ret = ksm_table_new(group_columns, &plain, &table, NULL);

	if (ret)
		return ret;
	for (size_t i = 0; i < estimate->n_groups && !ret; i++) {
		const struct ksm_estimate_sums *sums = &estimate->group[i].sums;

		ret = ksm_table_row(table) ?: ksm_table_text(table, GROUP_NAME, estimate->group[i].name)
			?: ksm_table_number(table, GROUP_PRESENT, ksm_estimate_bytes(estimate, sums->pages_present))
			?: ksm_table_number(table, GROUP_DISTINCT, ksm_estimate_bytes(estimate, sums->distinct_pages))
			?: ksm_table_number(table, GROUP_SELF, ksm_estimate_bytes(estimate, sums->duplicate_pages))
			?: ksm_table_number(table, GROUP_CROSS, ksm_estimate_bytes(estimate, estimate->group[i].cross_duplicate_pages))
			?: ksm_table_number(table, GROUP_ZERO, ksm_estimate_bytes(estimate, sums->zero_pages))
			?: ksm_table_number(table, GROUP_FREED, ksm_estimate_bytes(estimate, sums->freed_pages));
	}
	ret = ret ?: ksm_table_print(table);
	ksm_table_free(&table);
	return ret;
}
