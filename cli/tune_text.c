/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/tune_text.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/units.h"
#include "cli/changes.h"
#include "kernel/tunables.h"
#include "report/report.h"

static void print_headline(const struct ksm_tuning *tuning, unsigned int page_size)
{
	char bytes[KSM_UNITS_MAX], seconds[KSM_UNITS_MAX];

	ksm_format_bytes(tuning->pages * page_size, bytes);
	if (!tuning->runs) {
		puts("ksmd is paused: enough memory is available");
	} else if (!tuning->pages) {
		puts("ksmd has no pages: there is nothing to scan yet");
	} else if (isnan(tuning->scan_seconds)) {
		printf("ksmd runs over %s\n", bytes);
	} else {
		ksm_format_seconds(tuning->scan_seconds, seconds);
		printf("a full scan of %s takes %s and %.1f%% of a CPU%s\n", bytes, seconds,
		       tuning->cpu_percent,
		       tuning->is_limited ? ": the CPU budget allows no less time" : "");
	}
}

void ksm_tune_print(const struct ksm_tuning *tuning, const struct ksm_tune_facts *facts,
		    unsigned int page_size, bool explain)
{
	print_headline(tuning, page_size);
	if (!explain)
		return;
	printf("a page costs %.1f us: %s\n", facts->cost.seconds_per_page * 1e6, facts->cost.basis);
	for (size_t i = 0; i < tuning->n_decisions; i++) {
		const struct ksm_decision *decision = &tuning->decision[i];
		const struct ksm_tunable *tunable = ksm_tunable_of(decision->field);
		char from[KSM_TUNABLE_TEXT_MAX], to[KSM_TUNABLE_TEXT_MAX];

		ksm_tunable_format(tunable, decision->from, from);
		ksm_tunable_format(tunable, decision->to, to);
		printf("%s %s -> %s: %s\n", ksm_sysfs_name(decision->field), from, to,
		       decision->why);
	}
}

static json_object *goal(double value)
{
	return value > 0 ? ksm_json_decimal(value, 3) : NULL;
}

static json_object *goals_json(const struct ksm_tune_goals *goals)
{
	json_object *object = ksm_json_object();

	ksm_json_put(object, "scan_seconds", goal(goals->scan_seconds));
	ksm_json_put(object, "max_cpu_percent", goal(goals->max_cpu));
	ksm_json_put(object, "free_target_percent", goal(goals->free_target));
	ksm_json_put(object, "advisor", ksm_json_bool(goals->advisor));
	return object;
}

static json_object *decisions_json(const struct ksm_tuning *tuning)
{
	json_object *array = ksm_json_array();

	for (size_t i = 0; i < tuning->n_decisions; i++) {
		const struct ksm_decision *decision = &tuning->decision[i];
		const struct ksm_tunable *tunable = ksm_tunable_of(decision->field);
		json_object *object = ksm_json_object();

		ksm_json_put(object, "name", ksm_json_string(ksm_sysfs_name(decision->field)));
		ksm_json_put(object, "old", ksm_report_tunable(tunable->field, decision->from));
		ksm_json_put(object, "new", ksm_report_tunable(tunable->field, decision->to));
		ksm_json_put(object, "text", ksm_json_string(decision->why));
		ksm_json_append(array, object);
	}
	return array;
}

json_object *ksm_tune_json(struct ksm_cli *cli, const struct ksm_tune_goals *goals,
			   const struct ksm_tuning *tuning, const struct ksm_tune_facts *facts)
{
	json_object *document = ksm_report_new("ksmctl.tune/1");

	ksm_json_put(document, "goals", goals_json(goals));
	ksm_json_put(document, "pages", ksm_json_int(tuning->pages));
	ksm_json_put(document, "microseconds_per_page",
		     ksm_json_decimal(facts->cost.seconds_per_page * 1e6, 3));
	ksm_json_put(document, "basis", ksm_json_string(facts->cost.basis));
	ksm_json_put(document, "decisions", decisions_json(tuning));
	ksm_json_put(document, "runs", ksm_json_bool(tuning->runs));
	ksm_json_put(document, "limited", ksm_json_bool(tuning->is_limited));
	ksm_json_put(document, "scan_seconds", ksm_json_decimal(tuning->scan_seconds, 3));
	ksm_json_put(document, "cpu_percent", ksm_json_decimal(tuning->cpu_percent, 3));
	ksm_cli_add_changes(cli, document);
	return document;
}
