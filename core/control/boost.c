/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "control/boost.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "checksum/checksum.h"
#include "control/journal.h"
#include "control/settings.h"
#include "estimate/pace.h"
#include "kernel/ksmd_cpu.h"

#define SLEEP_MILLISECS 20
#define ALL_OF_A_CPU	95.0 /* percent: from here on ksmd does not sleep */
#define PAGES_MIN	16
#define PAGES_MAX	10000000
#define FACTOR_MAX	4.0
#define NEAR		0.1 /* so far off the budget, as a share of it, is left as it is */
#define MEASURE_SECONDS 0.9

struct ksm_boost {
	const struct ksm_root *root;
	double budget;
	struct ksm_settings before;
	uint64_t pages;
	int ksmd_fd; /* -1: its CPU time cannot be seen */
	struct ksm_ksmd_load load;
	int64_t measured_at; /* ns */
};

/* ---------------------------------------------------------------- the pace */

static uint64_t clamp(double pages)
{
	if (pages < PAGES_MIN)
		return PAGES_MIN;
	return pages < PAGES_MAX ? (uint64_t)pages : PAGES_MAX;
}

/* Work against sleep: of @percent of the time is work. */
static double odds(double percent)
{
	return percent / (100 - percent);
}

struct ksm_boost_pace ksm_boost_first(double budget, const struct ksm_cost *cost)
{
	struct ksm_boost_pace pace = {.sleep_millisecs = SLEEP_MILLISECS};
	double sleep = ksm_pace_batch_seconds(SLEEP_MILLISECS / 1000.0, cost->tick_seconds, 0);

	if (budget >= ALL_OF_A_CPU)
		return (struct ksm_boost_pace){.pages_to_scan = 10000};
	pace.pages_to_scan = clamp(odds(budget) * sleep / cost->seconds_per_page);
	return pace;
}

uint64_t ksm_boost_next(uint64_t pages, double percent, double budget)
{
	double factor;

	if (fabs(percent - budget) <= NEAR * budget)
		return pages;
	factor = percent <= 0	? FACTOR_MAX
		 : percent > 99 ? 1 / FACTOR_MAX
				: odds(budget) / odds(percent);
	factor = factor > FACTOR_MAX	   ? FACTOR_MAX
		 : factor < 1 / FACTOR_MAX ? 1 / FACTOR_MAX
					   : factor;
	return clamp((double)pages * factor);
}

/* ---------------------------------------------------------------- doing */

static int set_pace(const struct ksm_boost *boost, const struct ksm_sysfs *sysfs,
		    struct ksm_boost_pace pace, struct ksm_error *err)
{
	struct ksm_settings settings = {0};

	if (sysfs->valid[KSM_SYSFS_advisor_mode]) {
		settings.given[KSM_SYSFS_advisor_mode] = true;
		settings.value[KSM_SYSFS_advisor_mode] = KSM_ADVISOR_NONE;
	}
	settings.given[KSM_SYSFS_sleep_millisecs] = true;
	settings.value[KSM_SYSFS_sleep_millisecs] = (int64_t)pace.sleep_millisecs;
	settings.given[KSM_SYSFS_pages_to_scan] = true;
	settings.value[KSM_SYSFS_pages_to_scan] = (int64_t)pace.pages_to_scan;
	return ksm_settings_apply(boost->root, &settings, 0, err);
}

/* Only what a boost changes is put back: the rest may be changed by others meanwhile. */
static void note_before(struct ksm_boost *boost, const struct ksm_sysfs *sysfs)
{
	static const enum ksm_sysfs_field changed[] = {
		KSM_SYSFS_advisor_mode, KSM_SYSFS_sleep_millisecs, KSM_SYSFS_pages_to_scan};

	ksm_settings_take_some(sysfs, changed, sizeof(changed) / sizeof(changed[0]),
			       &boost->before);
}

int ksm_boost_begin(const struct ksm_root *root, double budget, struct ksm_boost **ret_boost,
		    struct ksm_error *err)
{
	ksm_auto_free struct ksm_boost *boost = calloc(1, sizeof(*boost));
	struct ksm_sysfs sysfs;
	struct ksm_boost_pace pace;
	struct ksm_cost cost;
	int ret;

	if (!boost)
		return ksm_error_no_memory(err);
	boost->root = root;
	boost->budget = budget;
	boost->ksmd_fd = -1;
	ret = ksm_sysfs_read(root, &sysfs, err);
	if (ret)
		return ret;
	note_before(boost, &sysfs);
	ksm_cost_measure(root, KSM_CHECKSUM_XXHASH, root->page_size, &cost);
	pace = ksm_boost_first(budget, &cost);
	ret = ksm_journal_begin(root, "merge", &boost->before, err);
	if (ret)
		return ret;
	ret = set_pace(boost, &sysfs, pace, err);
	if (ret) {
		if (!ksm_settings_put_back(root, &boost->before, NULL))
			ksm_journal_end(root);
		return ret;
	}
	boost->pages = pace.pages_to_scan;
	ksm_ksmd_open(root, &boost->ksmd_fd, NULL);
	*ret_boost = ksm_no_free(boost);
	return 0;
}

int ksm_boost_adjust(struct ksm_boost *boost, struct ksm_error *err)
{
	struct ksm_settings settings = {0};
	int64_t time = ksm_now();
	uint64_t ticks, pages;
	double percent;

	if (boost->budget >= ALL_OF_A_CPU || boost->ksmd_fd < 0 ||
	    (double)(time - boost->measured_at) < MEASURE_SECONDS * 1e9 ||
	    ksm_ksmd_ticks(boost->ksmd_fd, &ticks, NULL))
		return 0;
	percent = ksm_ksmd_load_percent(&boost->load, ticks, time, sysconf(_SC_CLK_TCK));
	boost->measured_at = time;
	if (isnan(percent))
		return 0;
	pages = ksm_boost_next(boost->pages, percent, boost->budget);
	if (pages == boost->pages)
		return 0;
	boost->pages = pages;
	settings.given[KSM_SYSFS_pages_to_scan] = true;
	settings.value[KSM_SYSFS_pages_to_scan] = (int64_t)pages;
	return ksm_settings_apply(boost->root, &settings, 0, err);
}

int ksm_boost_end(struct ksm_boost **boost, struct ksm_error *err)
{
	struct ksm_boost *own = *boost;
	int ret;

	if (!own)
		return 0;
	ret = ksm_settings_put_back(own->root, &own->before, err);
	if (!ret)
		ksm_journal_end(own->root);
	if (own->ksmd_fd >= 0)
		close(own->ksmd_fd);
	free(own);
	*boost = NULL;
	return ret;
}
