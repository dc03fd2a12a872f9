/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "control/tune.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "estimate/pace.h"

#define ADVISOR_CPU_MIN 10   /* percent; mm/ksm.c of 6.8 */
#define SLEEP_DEFAULT	20   /* ms */
#define SLEEP_MAX	2000 /* ms: beyond, a setting takes long to show */
#define BATCH_MIN	10   /* pages: a smaller batch is not worth waking up for */
#define BATCH_MAX	1000000
#define FREE_BAND	5.0 /* percent of memory between starting and pausing */
#define NEAR		0.1 /* so much of a difference is noise */

/* ---------------------------------------------------------------- decisions */

static void decide(struct ksm_tuning *tuning, const struct ksm_tune_facts *facts,
		   enum ksm_sysfs_field field, int64_t to, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

static void decide(struct ksm_tuning *tuning, const struct ksm_tune_facts *facts,
		   enum ksm_sysfs_field field, int64_t to, const char *fmt, ...)
{
	struct ksm_decision *decision = &tuning->decision[tuning->n_decisions];
	va_list args;

	if (!facts->sysfs.valid[field])
		return;
	tuning->n_decisions++;
	decision->field = field;
	decision->from = facts->sysfs.value[field];
	decision->to = to;
	va_start(args, fmt);
	vsnprintf(decision->why, sizeof(decision->why), fmt, args);
	va_end(args);
	tuning->settings.given[field] = true;
	tuning->settings.value[field] = to;
}

/* ---------------------------------------------------------------- memory */

static void decide_run(const struct ksm_tune_goals *goals, const struct ksm_tune_facts *facts,
		       struct ksm_tuning *tuning)
{
	double total = (double)facts->meminfo.total, percent = goals->free_target;
	double available = total > 0 ? 100 * (double)facts->meminfo.available / total : 100;
	int64_t run = facts->sysfs.value[KSM_SYSFS_run];

	if (total > 0 && 100 * goals->free_bytes / total > percent)
		percent = 100 * goals->free_bytes / total;
	if (percent <= 0 && !goals->steps.given) {
		tuning->runs = true;
		if (run != 1)
			decide(tuning, facts, KSM_SYSFS_run, 1, "there is a pace to keep");
	} else if (available < percent) {
		tuning->runs = true;
		decide(tuning, facts, KSM_SYSFS_run, 1,
		       "%.1f%% of memory are available, less than %.1f%%", available, percent);
	} else if (available > percent + FREE_BAND) {
		decide(tuning, facts, KSM_SYSFS_run, 0,
		       "%.1f%% of memory are available, more than %.1f%%: what is merged stays so",
		       available, percent + FREE_BAND);
	} else {
		tuning->runs = run == 1;
		decide(tuning, facts, KSM_SYSFS_run, run,
		       "%.1f%% of memory are available, between %.1f%% and %.1f%%: as it is",
		       available, percent, percent + FREE_BAND);
	}
}

/* ---------------------------------------------------------------- pace */

/* Pages a second for batches of @batch pages. */
static double rate_of(const struct ksm_cost *cost, double batch, double sleep_millisecs)
{
	return batch / ksm_pace_batch_seconds(sleep_millisecs / 1000, cost->tick_seconds,
					      batch * cost->seconds_per_page);
}

/* The smallest batch with which ksmd is as fast as @rate; it grows with the batch, up to 1 / cost. */
static int64_t batch_for(const struct ksm_cost *cost, double rate, double sleep_millisecs)
{
	int64_t low = 1, high = BATCH_MAX;

	while (low < high) {
		int64_t middle = low + (high - low) / 2;

		if (rate_of(cost, (double)middle, sleep_millisecs) >= rate * (1 - 1e-9))
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static void foretell(const struct ksm_tune_facts *facts, double rate, struct ksm_tuning *tuning)
{
	tuning->cpu_percent = 100 * rate * facts->cost.seconds_per_page;
	tuning->scan_seconds = tuning->pages ? (double)tuning->pages / rate : NAN;
}

/* Nothing is asked of the pace, and it stays as it is. An advisor's changes with every scan. */
static void take_pace(const struct ksm_tune_facts *facts, struct ksm_tuning *tuning)
{
	const int64_t *is = facts->sysfs.value;

	if (is[KSM_SYSFS_advisor_mode] == KSM_ADVISOR_NONE && is[KSM_SYSFS_pages_to_scan] > 0)
		foretell(facts,
			 rate_of(&facts->cost, (double)is[KSM_SYSFS_pages_to_scan],
				 (double)is[KSM_SYSFS_sleep_millisecs]),
			 tuning);
}

/* The wanted rate in pages a second, and why. */
static double wanted_rate(const struct ksm_tune_goals *goals, const struct ksm_tune_facts *facts,
			  struct ksm_tuning *tuning)
{
	double rate = 0, most = 0;

	if (goals->scan_seconds > 0)
		rate = (double)tuning->pages / goals->scan_seconds;
	if (goals->max_cpu > 0)
		most = goals->max_cpu / 100 / facts->cost.seconds_per_page;
	if (rate <= 0)
		return most;
	tuning->is_limited = most > 0 && rate > most;
	return tuning->is_limited ? most : rate;
}

/* Round @batch to the side that keeps what was asked for: no more CPU than the limit, else no longer scan. */
static void decide_pace(const struct ksm_tune_goals *goals, const struct ksm_tune_facts *facts,
			struct ksm_tuning *tuning)
{
	const struct ksm_cost *cost = &facts->cost;
	double rate = wanted_rate(goals, facts, tuning), sleep = SLEEP_DEFAULT;
	int64_t batch;

	if (rate <= 0) {
		take_pace(facts, tuning);
		return;
	}
	/* Few pages: longer sleeps rather than tiny batches. */
	if (BATCH_MIN / rate * 1000 > sleep)
		sleep = fmin(floor(BATCH_MIN / rate * 1000), SLEEP_MAX);
	batch = batch_for(cost, rate, sleep);
	if (goals->max_cpu > 0 && batch > 1 &&
	    rate_of(cost, (double)batch, sleep) * cost->seconds_per_page * 100 > goals->max_cpu)
		batch--;
	rate = rate_of(cost, (double)batch, sleep);
	foretell(facts, rate, tuning);
	if (facts->sysfs.value[KSM_SYSFS_advisor_mode] != KSM_ADVISOR_NONE)
		decide(tuning, facts, KSM_SYSFS_advisor_mode, KSM_ADVISOR_NONE,
		       "the advisor would set pages_to_scan itself");
	decide(tuning, facts, KSM_SYSFS_sleep_millisecs, (int64_t)sleep, "%s",
	       sleep > SLEEP_DEFAULT ? "few pages: longer sleeps rather than tiny batches"
				     : "short enough to be even, long enough to sleep");
	decide(tuning, facts, KSM_SYSFS_pages_to_scan, batch,
	       "%.0f pages/s at %.1f us a page take %.1f%% of a CPU%s", rate,
	       cost->seconds_per_page * 1e6, tuning->cpu_percent,
	       tuning->is_limited ? ": all that it may" : "");
	if (tuning->is_limited && !facts->sysfs.value[KSM_SYSFS_smart_scan])
		decide(tuning, facts, KSM_SYSFS_smart_scan, 1,
		       "CPU is short, so pages that found no twin are skipped");
}

static int decide_advisor(const struct ksm_tune_goals *goals, const struct ksm_tune_facts *facts,
			  struct ksm_tuning *tuning, struct ksm_error *err)
{
	double seconds = goals->scan_seconds > 0
				 ? goals->scan_seconds
				 : (double)facts->sysfs.value[KSM_SYSFS_advisor_target_scan_time];
	double rate, limit; /* pages a second */

	if (!facts->sysfs.valid[KSM_SYSFS_advisor_mode])
		return ksm_error_set(
			err, KSM_ERR_UNSUPPORTED, EOPNOTSUPP,
			"this kernel has no advisor: it came with 6.8; without --advisor the "
			"pace is worked out here");
	decide(tuning, facts, KSM_SYSFS_advisor_mode, KSM_ADVISOR_SCAN_TIME,
	       "the kernel sets pages_to_scan after every full scan");
	decide(tuning, facts, KSM_SYSFS_advisor_target_scan_time, (int64_t)fmax(1, round(seconds)),
	       "in seconds");
	if (goals->max_cpu > 0)
		decide(tuning, facts, KSM_SYSFS_advisor_max_cpu,
		       (int64_t)fmax(1, floor(goals->max_cpu)),
		       "in percent; the advisor never goes below %d%%", ADVISOR_CPU_MIN);
	rate = (double)tuning->pages / seconds;
	limit = goals->max_cpu > 0 ? floor(goals->max_cpu)
				   : (double)facts->sysfs.value[KSM_SYSFS_advisor_max_cpu];
	limit = fmax(limit, ADVISOR_CPU_MIN) / 100 / facts->cost.seconds_per_page;
	tuning->is_limited = rate > limit;
	foretell(facts, fmin(rate, limit), tuning);
	return 0;
}

/* As ksmtuned: a step up while memory is short, else one down. */
static void decide_steps(const struct ksm_tune_goals *goals, const struct ksm_tune_facts *facts,
			 struct ksm_tuning *tuning)
{
	const struct ksm_tune_steps *steps = &goals->steps;
	const double reference = 16.0 * (1 << 30);
	int64_t pages = facts->sysfs.value[KSM_SYSFS_pages_to_scan] +
			(tuning->runs ? steps->boost : steps->decay);
	double sleep = (double)steps->sleep_millisecs;
	double rate;

	tuning->in_steps = true;
	if (facts->meminfo.total)
		sleep = sleep * reference / (double)facts->meminfo.total;
	sleep = fmin(fmax(floor(sleep), 10), SLEEP_MAX);
	pages = pages < steps->min ? steps->min : pages > steps->max ? steps->max : pages;
	rate = rate_of(&facts->cost, (double)pages, sleep);
	foretell(facts, rate, tuning);
	if (facts->sysfs.value[KSM_SYSFS_advisor_mode] != KSM_ADVISOR_NONE)
		decide(tuning, facts, KSM_SYSFS_advisor_mode, KSM_ADVISOR_NONE,
		       "the advisor would set pages_to_scan itself");
	decide(tuning, facts, KSM_SYSFS_sleep_millisecs, (int64_t)sleep,
	       "%" PRId64 " ms for 16 GiB", steps->sleep_millisecs);
	decide(tuning, facts, KSM_SYSFS_pages_to_scan, pages,
	       "a step of %" PRId64 ", within %" PRId64 " and %" PRId64,
	       tuning->runs ? steps->boost : steps->decay, steps->min, steps->max);
}

/* ---------------------------------------------------------------- all of it */

int ksm_tune(const struct ksm_tune_goals *goals, const struct ksm_tune_facts *facts,
	     struct ksm_tuning *ret_tuning, struct ksm_error *err)
{
	struct ksm_tuning tuning = {.scan_seconds = NAN, .cpu_percent = NAN};
	int ret = 0;

	if (goals->scan_seconds <= 0 && goals->max_cpu <= 0 && goals->free_target <= 0 &&
	    goals->free_bytes <= 0 && !goals->steps.given)
		return ksm_error_set(err, KSM_ERR_INVALID, EINVAL,
				     "no goal: give --scan-time, --max-cpu or --free-target");
	tuning.pages = ksm_sysfs_rmap_items(&facts->sysfs);
	decide_run(goals, facts, &tuning);
	if (goals->advisor)
		ret = decide_advisor(goals, facts, &tuning, err);
	else if (goals->steps.given)
		decide_steps(goals, facts, &tuning);
	else
		decide_pace(goals, facts, &tuning);
	if (!ret)
		*ret_tuning = tuning;
	return ret;
}

/* pages_to_scan also with an advisor: it sets that, and the kernel does where its mode changes. */
void ksm_tune_before(const struct ksm_tune_goals *goals, const struct ksm_sysfs *now,
		     struct ksm_settings *ret_before)
{
	enum ksm_sysfs_field field[KSM_DECISIONS_MAX] = {KSM_SYSFS_run, KSM_SYSFS_advisor_mode,
							 KSM_SYSFS_pages_to_scan};
	bool has_pace = goals->scan_seconds > 0 || goals->max_cpu > 0 || goals->steps.given;
	size_t n = goals->advisor || has_pace ? 3 : 1;

	if (goals->advisor) {
		field[n++] = KSM_SYSFS_advisor_target_scan_time;
		if (goals->max_cpu > 0)
			field[n++] = KSM_SYSFS_advisor_max_cpu;
	} else if (has_pace) {
		field[n++] = KSM_SYSFS_sleep_millisecs;
		if (!goals->steps.given && goals->scan_seconds > 0 && goals->max_cpu > 0)
			field[n++] = KSM_SYSFS_smart_scan;
	}
	ksm_settings_take_some(now, field, n, ret_before);
}

static bool is_noise(const struct ksm_tuning *tuning, enum ksm_sysfs_field field, int64_t is,
		     int64_t to)
{
	if (tuning->in_steps ||
	    (field != KSM_SYSFS_pages_to_scan && field != KSM_SYSFS_sleep_millisecs))
		return to == is;
	return llabs(to - is) <= NEAR * (double)is;
}

bool ksm_tune_is_worth(const struct ksm_tuning *tuning, const struct ksm_sysfs *now)
{
	for (size_t i = 0; i < tuning->n_decisions; i++) {
		enum ksm_sysfs_field field = tuning->decision[i].field;

		if (!is_noise(tuning, field, now->value[field], tuning->decision[i].to))
			return true;
	}
	return false;
}
