/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tui/state.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "kernel/tunables.h"

void tui_init(struct tui *tui, const struct tui_config *config)
{
	memset(tui, 0, sizeof(*tui));
	tui->config = *config;
	tui->choice = (struct tui_choice){
		.sort = config->sort,
		.reverse = config->reverse,
		.tree = config->tree,
		.concerned_only = config->concerned_only,
		.grouping = config->grouping,
	};
	tui->speed = 1;
}

void tui_release(struct tui *tui)
{
	tui_view_free(&tui->view);
	free(tui->potential);
	free(tui->scan.area);
}

int tui_rebuild(struct tui *tui)
{
	if (!tui->sample)
		return 0;
	return tui_view_build(&tui->view, &tui->choice, tui->sample, tui->before, tui->potential,
			      tui->n_potentials);
}

/* ---------------------------------------------------------------- samples */

static double looked_at(const struct ksm_sysfs *sysfs)
{
	return (double)sysfs->value[KSM_SYSFS_pages_scanned] +
	       (double)sysfs->value[KSM_SYSFS_pages_skipped];
}

static void follow_pass(struct tui_pass *pass, const struct ksm_sample *sample, bool has_before)
{
	const struct ksm_sysfs *sysfs = &sample->status.sysfs;
	int64_t full_scans = sysfs->value[KSM_SYSFS_full_scans];

	if (!sysfs->valid[KSM_SYSFS_full_scans] || !sysfs->valid[KSM_SYSFS_pages_scanned]) {
		*pass = (struct tui_pass){0};
		return;
	}
	if (has_before && full_scans == pass->full_scans)
		return;
	pass->seconds = has_before && pass->is_known &&
					(uint64_t)full_scans - (uint64_t)pass->full_scans == 1
				? sample->time - pass->began
				: 0;
	pass->is_known = has_before;
	pass->full_scans = full_scans;
	pass->pages_at_begin = looked_at(sysfs);
	pass->began = sample->time;
}

double tui_pass_progress(const struct tui *tui)
{
	int64_t all = tui->sample ? ksm_status_tracked_pages(&tui->sample->status) : 0;
	double done;

	if (!tui->pass.is_known || all == KSM_UNKNOWN || all <= 0)
		return NAN;
	done = (looked_at(&tui->sample->status.sysfs) - tui->pass.pages_at_begin) / (double)all;
	return done < 0 ? 0 : done > 1 ? 1 : done;
}

int tui_take_sample(struct tui *tui, const struct ksm_sample *sample,
		    const struct ksm_sample *before)
{
	follow_pass(&tui->pass, sample, tui->sample != NULL);
	tui_history_add(&tui->saved, sample->status.saved_bytes == KSM_UNKNOWN
					     ? NAN
					     : (double)sample->status.saved_bytes);
	tui_history_add(&tui->cpu, sample->status.ksmd_cpu_percent);
	tui->sample = sample;
	tui->before = before;
	return tui_rebuild(tui);
}

void tui_forget_history(struct tui *tui)
{
	memset(&tui->saved, 0, sizeof(tui->saved));
	memset(&tui->cpu, 0, sizeof(tui->cpu));
	memset(&tui->pass, 0, sizeof(tui->pass));
	tui->sample = tui->before = NULL;
}

int tui_note_potential(struct tui *tui, const struct tui_scan *scan)
{
	const struct tui_potential potential = {scan->pid, scan->start_time, scan->freed_bytes};

	for (size_t i = 0; i < tui->n_potentials; i++) {
		if (tui->potential[i].pid == scan->pid) {
			tui->potential[i] = potential;
			return 0;
		}
	}
	if (ksm_array_reserve(&tui->potential, &tui->potential_capacity, tui->n_potentials + 1,
			      sizeof(*tui->potential)))
		return -ENOMEM;
	tui->potential[tui->n_potentials++] = potential;
	return 0;
}

/* ---------------------------------------------------------------- messages */

void tui_say(struct tui *tui, bool is_bad, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(tui->message, sizeof(tui->message), fmt, args);
	va_end(args);
	tui->message_is_bad = is_bad;
}

void tui_log(struct tui *tui, double time, const char *fmt, ...)
{
	struct tui_log_line *line = &tui->log[tui->n_log++ % TUI_LOG_LINES];
	va_list args;

	line->time = time;
	va_start(args, fmt);
	vsnprintf(line->text, sizeof(line->text), fmt, args);
	va_end(args);
}

const struct tui_log_line *tui_logged(const struct tui *tui, size_t back)
{
	if (back >= tui->n_log || back >= TUI_LOG_LINES)
		return NULL;
	return &tui->log[(tui->n_log - 1 - back) % TUI_LOG_LINES];
}

void tui_ask(struct tui *tui, const struct tui_request *request)
{
	tui->request = *request;
	tui->mode = TUI_CONFIRM;
	tui->n_confirm = 0;
}

void tui_withdraw(struct tui *tui)
{
	tui->mode = TUI_NORMAL;
	tui_say(tui, false, "nothing was changed");
}

void tui_ask_line(struct tui *tui, const char *text)
{
	if (tui->n_confirm < TUI_CONFIRM_LINES)
		snprintf(tui->confirm[tui->n_confirm++], sizeof(tui->confirm[0]), "%s", text);
	else
		strcpy(tui->confirm[TUI_CONFIRM_LINES - 1], "... and more");
}

/* ---------------------------------------------------------------- what is chosen */

const struct tui_row *tui_chosen(const struct tui *tui)
{
	const struct tui_row *row = tui->view.n ? &tui->view.row[tui->view.cursor] : NULL;

	return row && row->pid ? row : NULL;
}

const struct ksm_tunable *tui_tunable(const struct tui *tui, size_t number)
{
	const struct ksm_tunable *tunable;
	size_t n;

	tunable = ksm_tunables(&n);
	for (size_t i = 0; i < n && tui->sample; i++)
		if (tui->sample->status.sysfs.valid[tunable[i].field] && !number--)
			return &tunable[i];
	return NULL;
}
