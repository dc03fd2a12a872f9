/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/tune_text.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "base/units.h"
#include "cli/changes.h"
#include "kernel/tunables.h"
#include "report/report.h"

static void print_headline(const struct ksm_tuning *tuning)
{
	char bytes[KSM_UNITS_MAX], seconds[KSM_UNITS_MAX];

	ksm_format_bytes(tuning->pages * sysconf(_SC_PAGESIZE), bytes);
	if (!tuning->runs) {
		puts("ksmd is paused: enough memory is available");
	} else if (!tuning->pages) {
		puts("no process has opted in: there is nothing to scan yet");
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
		    bool explain)
{
	print_headline(tuning);
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

static json_object *real(double value)
{
	char text[32];

	if (isnan(value))
		return NULL;
	snprintf(text, sizeof(text), "%.3f", value);
	return json_object_new_double_s(value, text);
}

static json_object *goal(double value)
{
	return value > 0 ? real(value) : NULL;
}

static json_object *goals_json(const struct ksm_tune_goals *goals)
{
	json_object *object = json_object_new_object();

	json_object_object_add(object, "scan_seconds", goal(goals->scan_seconds));
	json_object_object_add(object, "max_cpu_percent", goal(goals->max_cpu));
	json_object_object_add(object, "free_target_percent", goal(goals->free_target));
	json_object_object_add(object, "advisor", json_object_new_boolean(goals->advisor));
	return object;
}

static json_object *decisions_json(const struct ksm_tuning *tuning)
{
	json_object *array = json_object_new_array();

	for (size_t i = 0; i < tuning->n_decisions; i++) {
		const struct ksm_decision *decision = &tuning->decision[i];
		json_object *object = json_object_new_object();

		json_object_object_add(object, "name",
				       json_object_new_string(ksm_sysfs_name(decision->field)));
		json_object_object_add(object, "old", json_object_new_int64(decision->from));
		json_object_object_add(object, "new", json_object_new_int64(decision->to));
		json_object_object_add(object, "text", ksm_report_string(decision->why));
		json_object_array_add(array, object);
	}
	return array;
}

json_object *ksm_tune_json(struct ksm_cli *cli, const struct ksm_tune_goals *goals,
			   const struct ksm_tuning *tuning, const struct ksm_tune_facts *facts)
{
	json_object *document = ksm_report_new("ksmctl.tune/1");

	json_object_object_add(document, "goals", goals_json(goals));
	json_object_object_add(document, "pages", json_object_new_int64(tuning->pages));
	json_object_object_add(document, "microseconds_per_page",
			       real(facts->cost.seconds_per_page * 1e6));
	json_object_object_add(document, "basis", ksm_report_string(facts->cost.basis));
	json_object_object_add(document, "decisions", decisions_json(tuning));
	json_object_object_add(document, "runs", json_object_new_boolean(tuning->runs));
	json_object_object_add(document, "limited", json_object_new_boolean(tuning->is_limited));
	json_object_object_add(document, "scan_seconds", real(tuning->scan_seconds));
	json_object_object_add(document, "cpu_percent", real(tuning->cpu_percent));
	ksm_cli_add_changes(cli, document);
	return document;
}
