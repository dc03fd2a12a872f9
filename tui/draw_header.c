/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The top of the screen: what KSM saves, costs and does. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/units.h"
#include "tui/amount.h"
#include "tui/draw.h"

struct text {
	char at[64];
};

static struct text bytes(int64_t value)
{
	struct text text = {""};

	if (value == KSM_UNKNOWN)
		strcpy(text.at, "-");
	else
		ksm_format_bytes(value, text.at);
	return text;
}

static struct text count(const struct ksm_sysfs *sysfs, enum ksm_sysfs_field field)
{
	struct text text = {""};

	tui_format_count(sysfs->valid[field] ? sysfs->value[field] : KSM_UNKNOWN, text.at);
	return text;
}

static struct text real(double value, const char *unit)
{
	struct text text = {""};

	tui_format_real(value, text.at);
	if (!isnan(value))
		strcat(text.at, unit);
	return text;
}

static struct text number(const struct ksm_sysfs *sysfs, enum ksm_sysfs_field field,
			  const char *unit)
{
	struct text text = {""};

	if (sysfs->valid[field])
		snprintf(text.at, sizeof(text.at), "%" PRId64 "%s", sysfs->value[field], unit);
	else
		strcpy(text.at, "-");
	return text;
}

/* ---------------------------------------------------------------- the first line */

static struct tui_piece run_state(const struct ksm_sysfs *sysfs)
{
	int64_t run = sysfs->value[KSM_SYSFS_run];

	if (!sysfs->valid[KSM_SYSFS_run])
		return (struct tui_piece){"KSM", "-", TUI_PLAIN};
	if (run == 1)
		return (struct tui_piece){"KSM", "on", TUI_GOOD};
	return (struct tui_piece){"KSM", run == 2 ? "off, unmerged (run=2)" : "off (run=0)",
				  TUI_BAD};
}

static struct text clock_text(const struct tui *tui)
{
	time_t seconds = (time_t)tui->sample->time;
	struct text text = {""};
	struct tm tm;

	if (localtime_r(&seconds, &tm))
		strftime(text.at, sizeof(text.at), tui->is_replay ? "%F %T" : "%T", &tm);
	return text;
}

static struct text pace_text(const struct tui *tui)
{
	struct text text = {""};

	if (tui->is_replay)
		snprintf(text.at, sizeof(text.at), "%s%zu/%zu x%g", tui->is_paused ? "PAUSED " : "",
			 tui->replay_at, tui->replay_size, tui->speed);
	else if (tui->is_paused)
		strcpy(text.at, "PAUSED");
	else
		snprintf(text.at, sizeof(text.at), "every %.4gs", tui->config.delay);
	return text;
}

static void draw_title(const struct tui *tui, struct tui_canvas *canvas)
{
	const struct ksm_sample *sample = tui->sample;
	const struct ksm_sysfs *sysfs = &sample->status.sysfs;
	struct text clock = clock_text(tui), pace = pace_text(tui);
	struct text cpu = real(sample->status.ksmd_cpu_percent, "%");
	struct text scan = number(sysfs, KSM_SYSFS_pages_to_scan, "");
	struct text sleep = number(sysfs, KSM_SYSFS_sleep_millisecs, " ms");
	bool advised = sysfs->value[KSM_SYSFS_advisor_mode] == KSM_ADVISOR_SCAN_TIME;
	struct tui_piece pieces[] = {
		run_state(sysfs),
		{"ksmd", cpu.at, TUI_BOLD},
		{"scans", scan.at, TUI_PLAIN},
		{"every", sleep.at, TUI_PLAIN},
		{"advisor",
		 sysfs->valid[KSM_SYSFS_advisor_mode] ? advised ? "scan-time" : "none" : "-",
		 TUI_PLAIN},
		{"smart scan",
		 !sysfs->valid[KSM_SYSFS_smart_scan]  ? "-"
		 : sysfs->value[KSM_SYSFS_smart_scan] ? "on"
						      : "off",
		 TUI_PLAIN},
	};
	int right = canvas->width - (int)strlen(pace.at), end = right;

	tui_put(canvas, 0, right, (int)strlen(pace.at), tui->is_paused ? TUI_BAD : TUI_DIM,
		pace.at);
	if (canvas->width >= 60) {
		end -= (int)strlen(clock.at) + 2;
		tui_put(canvas, 0, end, (int)strlen(clock.at), TUI_DIM, clock.at);
	}
	tui_put_pieces(canvas, 0, 0, end - 1, pieces, sizeof(pieces) / sizeof(pieces[0]));
}

/* ---------------------------------------------------------------- meters */

static void draw_saved(const struct tui *tui, struct tui_canvas *canvas, int y)
{
	const struct ksm_status *status = &tui->sample->status;
	const struct ksm_sysfs *sysfs = &status->sysfs;
	struct text saved = bytes(status->saved_bytes), cost = bytes(status->metadata_bytes),
		    profit = bytes(status->general_profit), ratio = {"-"};
	int64_t shared = sysfs->value[KSM_SYSFS_pages_shared];
	struct tui_piece pieces[] = {
		{"saved", saved.at, TUI_BOLD},
		{"profit", profit.at,
		 status->general_profit == KSM_UNKNOWN ? TUI_PLAIN
		 : status->general_profit < 0	       ? TUI_BAD
						       : TUI_GOOD},
		{"cost", cost.at, TUI_PLAIN},
		{"sharing/shared", ratio.at, TUI_PLAIN},
	};

	if (shared > 0 && sysfs->valid[KSM_SYSFS_pages_sharing])
		snprintf(ratio.at, sizeof(ratio.at), "%.2f",
			 (double)sysfs->value[KSM_SYSFS_pages_sharing] / (double)shared);
	tui_put_pieces(canvas, y, 0, canvas->width, pieces, sizeof(pieces) / sizeof(pieces[0]));
}

static void draw_pages(const struct tui *tui, struct tui_canvas *canvas, int y)
{
	const struct ksm_sysfs *sysfs = &tui->sample->status.sysfs;
	struct text shared = count(sysfs, KSM_SYSFS_pages_shared),
		    sharing = count(sysfs, KSM_SYSFS_pages_sharing),
		    unshared = count(sysfs, KSM_SYSFS_pages_unshared),
		    changing = count(sysfs, KSM_SYSFS_pages_volatile),
		    zero = count(sysfs, KSM_SYSFS_ksm_zero_pages);
	struct tui_piece pieces[] = {
		{"pages: shared", shared.at, TUI_PLAIN},
		{"sharing", sharing.at, TUI_BOLD},
		{"unshared", unshared.at, TUI_PLAIN},
		{"volatile", changing.at, TUI_PLAIN},
		{"zero", zero.at, TUI_PLAIN},
	};

	tui_put_pieces(canvas, y, 0, canvas->width, pieces, sizeof(pieces) / sizeof(pieces[0]));
}

static void draw_progress(const struct tui *tui, struct tui_canvas *canvas, int y, int x)
{
	double progress = tui_pass_progress(tui);
	int width = canvas->width - x - 16;

	if (width > 24)
		width = 24;
	if (isnan(progress) || width < 6)
		return;
	x += tui_printf(canvas, y, x, TUI_DIM, "this one") + 1;
	for (int i = 0; i < width; i++)
		tui_put_char(canvas, y, x + i, TUI_GRAPH,
			     i < (int)lround(progress * width) ? '#' : '.');
	tui_printf(canvas, y, x + width + 1, TUI_PLAIN, "%.0f%%", progress * 100);
}

static void draw_scan(const struct tui *tui, struct tui_canvas *canvas, int y)
{
	const struct ksm_rates *rates = &tui->sample->rates;
	struct text pace = real(rates->pages_scanned, " pages/s"),
		    passes = count(&tui->sample->status.sysfs, KSM_SYSFS_full_scans),
		    seconds = {"-"};
	struct tui_piece pieces[] = {
		{"scanned", pace.at, TUI_PLAIN},
		{"full scans", passes.at, TUI_PLAIN},
		{"in", seconds.at, TUI_PLAIN},
	};
	int x;

	if (tui->pass.seconds > 0)
		ksm_format_seconds(tui->pass.seconds, seconds.at);
	x = tui_put_pieces(canvas, y, 0, canvas->width, pieces, sizeof(pieces) / sizeof(pieces[0]));
	draw_progress(tui, canvas, y, x);
}

/* The scale stands before the graph. */
static void draw_graph(const struct tui *tui, struct tui_canvas *canvas, int y, int lines,
		       enum tui_meter meter)
{
	enum tui_graph_kind kind = canvas->ascii ? TUI_GRAPH_ASCII : tui->config.graph;
	bool is_saved = meter == TUI_METER_SAVED_GRAPH;
	const struct tui_history *history = is_saved ? &tui->saved : &tui->cpu;
	int label = 12, width = canvas->width - label;
	double top = tui_history_max(history, tui_graph_values(kind, width));
	char text[TUI_AMOUNT_MAX];

	if (is_saved)
		tui_format_bytes(top < 9e18 ? (int64_t)top : INT64_MAX, text);
	else
		snprintf(text, sizeof(text), "%.0f%%", top = fmax(ceil(top), 1));
	tui_put(canvas, y, 0, label - 7, TUI_DIM, is_saved ? "saved" : "ksmd");
	tui_put_right(canvas, y, label - 7, 6, TUI_DIM, text);
	tui_graph_draw(canvas, y, label, width, lines, kind, history, top);
}

/* ---------------------------------------------------------------- */

int tui_draw_header(const struct tui *tui, struct tui_canvas *canvas, int most)
{
	static void (*const line[TUI_METERS])(const struct tui *, struct tui_canvas *, int) = {
		[TUI_METER_SAVED] = draw_saved,
		[TUI_METER_PAGES] = draw_pages,
		[TUI_METER_SCAN] = draw_scan,
	};
	int graph_lines = canvas->height >= 40 ? 3 : canvas->height >= 20 ? 2 : 1, y = 1;

	if (!tui->sample) {
		tui_put(canvas, 0, 0, canvas->width, TUI_DIM, "taking the first sample");
		return 1;
	}
	draw_title(tui, canvas);
	for (int i = 0; i < TUI_METERS; i++) {
		int lines = line[i] ? 1 : graph_lines;

		if (!tui->config.meter[i] || y + lines > most)
			continue;
		if (line[i])
			line[i](tui, canvas, y);
		else
			draw_graph(tui, canvas, y, lines, (enum tui_meter)i);
		y += lines;
	}
	return y;
}
