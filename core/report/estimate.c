/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ksmctl.estimate/1 */
#include <math.h>

#include "report/contents.h"
#include "report/dump.h"
#include "report/report.h"

static int64_t if_known(int64_t value, bool known)
{
	return known ? value : KSM_UNKNOWN;
}

static void put_counters(json_object *object, const struct ksm_counters *counters)
{
#define X(name) ksm_json_put_number(object, #name, counters->name);
	KSM_COUNTERS(X)
#undef X
}

/* Without PFNs nobody knows which mappings share a page; without kpageflags, which are KSM pages. */
static void put_sums(json_object *object, const struct ksm_estimate *estimate,
		     const struct ksm_estimate_sums *sums, bool is_read)
{
	const struct {
		const char *name;
		int64_t value;
		bool known;
	} fields[] = {
		{"pages_present", sums->pages_present, true},
		{"distinct_pages", sums->distinct_pages, true},
		{"duplicate_pages", sums->duplicate_pages, true},
		{"zero_pages", sums->zero_pages, true},
		{"zero_duplicate_pages", sums->zero_duplicate_pages, true},
		{"already_merged_pages", sums->already_merged_pages,
		 !(estimate->unknown & KSM_UNKNOWN_KSM_PAGES)},
		{"same_pfn_pages", sums->same_pfn_pages, !(estimate->unknown & KSM_UNKNOWN_PFN)},
		{"changed_pages", sums->changed_pages, estimate->outcome->n_passes > 1},
		{"merged_pages", sums->merged_pages, true},
		{"freed_bytes", ksm_estimate_bytes(estimate, sums->freed_pages), true},
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		ksm_json_put_number(object, fields[i].name,
				    if_known(fields[i].value, is_read && fields[i].known));
}

static json_object *model_object(const struct ksm_model *model)
{
	json_object *object = ksm_json_object(), *tunables = ksm_json_object();

	ksm_json_put(object, "kernel", ksm_json_string(model->kernel));
	ksm_json_put(object, "profile", ksm_json_string(model->profile->kernel));
	ksm_json_put(object, "checksum",
		     ksm_json_string(ksm_checksum_name(model->profile->checksum)));
	for (enum ksm_sysfs_field field = 0; field < KSM_SYSFS_N; field++)
		if (ksm_model_has(model, field))
			ksm_json_put(tunables, ksm_sysfs_name(field),
				     ksm_report_tunable(field, ksm_model_get(model, field)));
	ksm_json_put(object, "tunables", tunables);
	return object;
}

static json_object *pid_value(const struct ksm_space *space)
{
	return space->pid ? ksm_json_int(space->pid) : NULL;
}

static void put_mm_counters(json_object *object, const struct ksm_estimate *estimate,
			    const struct ksm_mm_counters *counters, bool is_read)
{
	int64_t profit = ksm_process_profit(counters, estimate->page_size,
					    estimate->outcome->model.rmap_item_size);

	ksm_json_put_number(object, "ksm_rmap_items", if_known(counters->ksm_rmap_items, is_read));
	ksm_json_put_number(object, "ksm_merging_pages",
			    if_known(counters->ksm_merging_pages, is_read));
	ksm_json_put_number(object, "ksm_zero_pages", if_known(counters->ksm_zero_pages, is_read));
	ksm_json_put_number(object, "ksm_process_profit", if_known(profit, is_read));
}

/* The targets' own counters after a pass, counted from 0. */
static json_object *pass_targets_array(const struct ksm_estimate *estimate, unsigned int pass)
{
	json_object *array = ksm_json_array();

	for (uint32_t i = 0; i < estimate->n_targets; i++) {
		const struct ksm_space *space = estimate->target[i].space;
		json_object *target = ksm_json_object();

		ksm_json_put(target, "pid", pid_value(space));
		ksm_json_put(target, "file", space->file ? ksm_json_string(space->file) : NULL);
		put_mm_counters(target, estimate,
				&estimate->target_pass[(size_t)pass * estimate->n_targets + i],
				ksm_estimate_is_read(&estimate->target[i]));
		ksm_json_append(array, target);
	}
	return array;
}

/* Only of the first model is it known what the targets had after each pass. */
static json_object *passes_array(const struct ksm_estimate *estimate,
				 const struct ksm_outcome *outcome)
{
	json_object *array = ksm_json_array();

	for (unsigned int i = 0; i < outcome->n_passes; i++) {
		json_object *pass = ksm_json_object();

		ksm_json_put_number(pass, "pass", i + 1);
		put_counters(pass, &outcome->pass[i]);
		ksm_json_put_number(pass, "general_profit",
				    ksm_general_profit(&outcome->pass[i], estimate->page_size,
						       outcome->model.rmap_item_size));
		if (outcome == estimate->outcome)
			ksm_json_put(pass, "targets", pass_targets_array(estimate, i));
		ksm_json_append(array, pass);
	}
	return array;
}

static void put_band(json_object *object, const char *name, const struct ksm_band *band)
{
	json_object *values = ksm_json_object();

	ksm_json_put_number(values, "last", band->last);
	ksm_json_put_number(values, "lowest", band->lowest);
	ksm_json_put_number(values, "median", band->median);
	ksm_json_put_number(values, "highest", band->highest);
	ksm_json_put(object, name, values);
}

/* Null where there were too few passes. */
static json_object *bands_object(const struct ksm_outcome *outcome)
{
	json_object *object;

	if (!outcome->has_bands)
		return NULL;
	object = ksm_json_object();
	ksm_json_put_number(object, "from_pass", KSM_BANDS_FIRST_PASS);
	ksm_json_put_number(object, "to_pass", outcome->n_passes);
#define X(name) put_band(object, #name, &outcome->bands.name);
	KSM_COUNTERS(X)
#undef X
	put_band(object, "general_profit", &outcome->bands.general_profit);
	return object;
}

static json_object *changes_array(const struct ksm_estimate *estimate)
{
	json_object *array = ksm_json_array();

	for (size_t i = 0; i < estimate->n_changes; i++) {
		const struct ksm_estimate_change *change = &estimate->change[i];
		json_object *object = ksm_json_object();

		ksm_json_put(object, "area", ksm_json_string(change->area));
		ksm_json_put_number(object, "pages_present", change->pages_present);
		ksm_json_put_number(object, "changed_pages", change->changed_pages);
		ksm_json_put_number(object, "changes", change->changes);
		ksm_json_put_number(object, "new_pages", change->new_pages);
		ksm_json_put_number(object, "gone_pages", change->gone_pages);
		ksm_json_append(array, object);
	}
	return array;
}

static json_object *crossing_object(const struct ksm_estimate *estimate)
{
	static const char *const names[KSM_OWNERS] = {
		[KSM_OWNER_TARGET] = "targets_bytes",
		[KSM_OWNER_USER] = "users_bytes",
		[KSM_OWNER_DOMAIN] = "domains_bytes",
	};
	json_object *object = ksm_json_object();

	for (enum ksm_owner owner = 0; owner < KSM_OWNERS; owner++) {
		int64_t pages = estimate->crossing_pages[owner];

		ksm_json_put_number(object, names[owner],
				    pages == KSM_UNKNOWN ? pages
							 : ksm_estimate_bytes(estimate, pages));
	}
	return object;
}

static json_object *totals_object(const struct ksm_estimate *estimate)
{
	const struct ksm_outcome *outcome = estimate->outcome;
	json_object *object = ksm_json_object();

	put_counters(object, &outcome->pass[outcome->n_passes - 1]);
	put_sums(object, estimate, &estimate->totals, true);
	ksm_json_put(object, "crossing", crossing_object(estimate));
	ksm_json_put_number(object, "general_profit", outcome->general_profit);
	ksm_json_put_number(object, "metadata_bytes", outcome->metadata_bytes);
	ksm_json_put_number(object, "settled_metadata_bytes", outcome->settled_metadata_bytes);
	ksm_json_put(object, "bands", bands_object(outcome));
	ksm_json_put_number(
		object, "huge_pages_split",
		if_known(outcome->huge_pages_split, !(estimate->unknown & KSM_UNKNOWN_HUGE_PAGES)));
	ksm_json_put_number(object, "verified_pages", estimate->verified_pages);
	ksm_json_put_number(object, "mismatched_pages", estimate->mismatched_pages);
	return object;
}

static json_object *target_object(const struct ksm_estimate *estimate,
				  const struct ksm_estimate_target *target)
{
	const struct ksm_space *space = target->space;
	json_object *object = ksm_json_object();
	bool is_read = ksm_estimate_is_read(target);

	ksm_json_put(object, "pid", pid_value(space));
	ksm_json_put(object, "file", space->file ? ksm_json_string(space->file) : NULL);
	ksm_json_put(object, "name", *space->name || is_read ? ksm_json_string(space->name) : NULL);
	ksm_json_put(object, "uid", space->has_uid ? ksm_json_int(space->uid) : NULL);
	ksm_json_put(object, "cgroup", *space->cgroup ? ksm_json_string(space->cgroup) : NULL);
	if (space->dump)
		ksm_report_put_dump(object, space->dump, is_read);
	put_sums(object, estimate, &target->sums, is_read);
	put_mm_counters(object, estimate, &target->counters, is_read);
	ksm_json_put_number(object, "self_duplicate_pages",
			    if_known(target->sums.duplicate_pages, is_read));
	ksm_json_put_number(object, "cross_duplicate_pages",
			    if_known(target->cross_duplicate_pages, is_read));
	/* A dump does not tell what was swapped out when it was written. */
	ksm_json_put_number(object, "swapped_pages",
			    if_known((int64_t)space->swapped_pages, is_read && !space->dump));
	/* Where all were lost, that is what is known. */
	ksm_json_put_number(object, "lost_pages",
			    if_known(target->lost_pages, is_read || target->lost_pages));
	ksm_json_put(object, "complete", ksm_json_bool(target->complete));
	ksm_json_put(object, "error", target->complete ? NULL : ksm_report_error(&target->error));
	return object;
}

static json_object *targets_array(const struct ksm_estimate *estimate)
{
	json_object *array = ksm_json_array();

	for (uint32_t i = 0; i < estimate->n_targets; i++)
		ksm_json_append(array, target_object(estimate, &estimate->target[i]));
	return array;
}

static json_object *groups_array(const struct ksm_estimate *estimate)
{
	json_object *array = ksm_json_array();

	for (size_t i = 0; i < estimate->n_groups; i++) {
		json_object *group = ksm_json_object();

		ksm_json_put(group, "by", ksm_json_string(ksm_group_by_name(estimate->by)));
		ksm_json_put(group, "name", ksm_json_string(estimate->group[i].name));
		put_sums(group, estimate, &estimate->group[i].sums, true);
		ksm_json_put_number(group, "self_duplicate_pages",
				    estimate->group[i].sums.duplicate_pages);
		ksm_json_put_number(group, "cross_duplicate_pages",
				    estimate->group[i].cross_duplicate_pages);
		ksm_json_append(array, group);
	}
	return array;
}

static json_object *warnings_array(const struct ksm_estimate *estimate)
{
	json_object *array = ksm_json_array();

	for (size_t i = 0; i < estimate->n_warnings; i++) {
		json_object *warning = ksm_json_object();

		ksm_json_put(warning, "code", ksm_json_string(estimate->warning[i].code));
		ksm_json_put(warning, "text", ksm_json_string(estimate->warning[i].text));
		ksm_json_append(array, warning);
	}
	return array;
}

/* JSON has no infinity: never is null. */
static json_object *seconds_value(double seconds)
{
	return isfinite(seconds) ? ksm_json_real(seconds) : NULL;
}

static json_object *forecast_object(const struct ksm_estimate *estimate,
				    const struct ksm_forecast *forecast)
{
	json_object *object = ksm_json_object();

	ksm_json_put_number(object, "passes_to_settle", forecast->passes_to_settle);
	ksm_json_put(object, "seconds_per_pass", seconds_value(forecast->seconds_per_pass));
	ksm_json_put(object, "seconds_to_settle", seconds_value(forecast->seconds_to_settle));
	ksm_json_put(object, "ksmd_cpu_seconds", seconds_value(forecast->ksmd_cpu_seconds));
	ksm_json_put(object, "seconds_per_page", seconds_value(estimate->cost.seconds_per_page));
	ksm_json_put(object, "basis", ksm_json_string(estimate->cost.basis));
	return object;
}

static json_object *what_if_array(const struct ksm_estimate *estimate)
{
	json_object *array = ksm_json_array();

	for (size_t i = 1; i < estimate->n_outcomes; i++) {
		const struct ksm_outcome *outcome = &estimate->outcome[i];
		json_object *object = ksm_json_object();

		ksm_json_put(object, "settings", ksm_json_string(outcome->settings));
		ksm_json_put(object, "model", model_object(&outcome->model));
		ksm_json_put(object, "passes", passes_array(estimate, outcome));
		put_counters(object, &outcome->pass[outcome->n_passes - 1]);
		ksm_json_put_number(object, "merged_pages", outcome->merged_pages);
		ksm_json_put_number(object, "freed_bytes",
				    ksm_estimate_bytes(estimate, outcome->freed_pages));
		ksm_json_put_number(object, "general_profit", outcome->general_profit);
		ksm_json_put_number(object, "metadata_bytes", outcome->metadata_bytes);
		ksm_json_put_number(object, "settled_metadata_bytes",
				    outcome->settled_metadata_bytes);
		ksm_json_put(object, "bands", bands_object(outcome));
		ksm_json_put_number(object, "huge_pages_split",
				    if_known(outcome->huge_pages_split,
					     !(estimate->unknown & KSM_UNKNOWN_HUGE_PAGES)));
		ksm_json_put(object, "forecast", forecast_object(estimate, &outcome->forecast));
		ksm_json_append(array, object);
	}
	return array;
}

static json_object *interval_array(struct ksm_interval interval)
{
	json_object *array = ksm_json_array();

	ksm_json_append(array, ksm_json_number(llround(interval.low)));
	ksm_json_append(array, ksm_json_number(llround(interval.high)));
	return array;
}

/* Null where every page was looked at. */
static json_object *sample_object(const struct ksm_estimate *estimate)
{
	const struct ksm_estimate_sample *sample = &estimate->sample;
	json_object *object, *intervals;

	if (sample->every <= 1)
		return NULL;
	object = ksm_json_object();
	intervals = ksm_json_object();
	ksm_json_put_number(object, "every", sample->every);
	ksm_json_put_number(object, "heavy_copies", sample->heavy_copies);
#define X(name) ksm_json_put(intervals, #name, interval_array(sample->name));
	KSM_SAMPLED_SUMS(X)
#undef X
	ksm_json_put(object, "intervals", intervals);
	return object;
}

json_object *ksm_report_estimate(const struct ksm_estimate *estimate)
{
	json_object *document = ksm_report_new("ksmctl.estimate/1");

	ksm_json_put_number(document, "page_size", estimate->page_size);
	ksm_json_put(document, "complete", ksm_json_bool(estimate->complete));
	ksm_json_put(document, "elapsed_seconds", ksm_json_real(estimate->elapsed_seconds));
	ksm_json_put(document, "model", model_object(&estimate->outcome->model));
	ksm_json_put(document, "sample", sample_object(estimate));
	ksm_json_put(document, "passes", passes_array(estimate, estimate->outcome));
	ksm_json_put(document, "totals", totals_object(estimate));
	ksm_json_put(document, "targets", targets_array(estimate));
	ksm_json_put(document, "groups", groups_array(estimate));
	ksm_report_put_contents(document, estimate);
	ksm_json_put(document, "changes", changes_array(estimate));
	ksm_json_put(document, "forecast", forecast_object(estimate, &estimate->outcome->forecast));
	ksm_json_put(document, "what_if", what_if_array(estimate));
	ksm_json_put(document, "warnings", warnings_array(estimate));
	return document;
}
