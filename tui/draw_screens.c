/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The other screens: areas of a process, tunables, log. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/units.h"
#include "kernel/tunables.h"
#include "tui/amount.h"
#include "tui/draw.h"

#define AMOUNT_WIDTH 9 /* with the blank before it */

static void draw_heading(struct tui_canvas *canvas, int y, const char *text)
{
	tui_paint(canvas, y, 0, canvas->width, TUI_TITLE);
	tui_put(canvas, y, 1, canvas->width - 1, TUI_TITLE, text);
}

static int paint_row(struct tui_canvas *canvas, int y, bool is_chosen)
{
	if (is_chosen)
		tui_paint(canvas, y, 0, canvas->width, TUI_CURSOR);
	return is_chosen ? TUI_CURSOR : TUI_PLAIN;
}

static void begin_list(struct tui *tui, int y, int height, size_t n)
{
	tui->hits.table_y = y;
	tui->hits.table_height = height;
	tui_list_settle(&tui->list[tui->screen], n, height);
}

/* ---------------------------------------------------------------- areas */

/* What asking for it would cost, before it is asked for. */
static void draw_offer(const struct tui *tui, struct tui_canvas *canvas, int y)
{
	const struct tui_row *row = tui_chosen(tui);
	char size[TUI_AMOUNT_MAX], name[64];

	if (!row) {
		tui_put(canvas, y, 1, canvas->width - 1, TUI_DIM,
			"no process is chosen: Tab leads back to them");
		return;
	}
	tui_format_bytes(row->rss, size);
	snprintf(name, sizeof(name), "%.15s (%d)", row->name, row->pid);
	tui_printf(canvas, y, 1, TUI_BOLD, "%s", name);
	tui_printf(canvas, y + 1, 1, TUI_PLAIN, "s reads what is present of its %s, twice", size);
	tui_put(canvas, y + 2, 1, canvas->width - 1, TUI_PLAIN,
		"with a second between, and tells what each");
	tui_put(canvas, y + 3, 1, canvas->width - 1, TUI_PLAIN,
		"area would save. It is not disturbed.");
}

static void draw_forecast(const struct tui_scan *scan, struct tui_canvas *canvas, int y)
{
	char present[KSM_UNITS_MAX], freed[KSM_UNITS_MAX], cost[KSM_UNITS_MAX],
		seconds[KSM_UNITS_MAX] = "-", name[48];
	struct tui_piece pieces[] = {
		{"", name, TUI_BOLD},
		{scan->is_sample ? "would free about" : "would free", freed, TUI_GOOD},
		{"of", present, TUI_PLAIN},
		{"rmap items", cost, TUI_PLAIN},
		{"settled in", seconds, TUI_PLAIN},
	};

	snprintf(name, sizeof(name), "%.15s (%d)", scan->name, scan->pid);
	ksm_format_bytes(scan->present_bytes, present);
	ksm_format_bytes(scan->freed_bytes, freed);
	ksm_format_bytes(scan->cost_bytes, cost);
	if (scan->passes_to_settle != KSM_UNKNOWN && scan->seconds_to_settle < 1e9)
		ksm_format_seconds(scan->seconds_to_settle, seconds);
	tui_put_pieces(canvas, y, 1, canvas->width, pieces, sizeof(pieces) / sizeof(pieces[0]));
}

/* Where it is narrow, the first two. */
static int n_amounts(const struct tui_canvas *canvas)
{
	return canvas->width >= 60 ? 4 : 2;
}

static void draw_area_headings(struct tui_canvas *canvas, int y)
{
	static const char *const titles[] = {"FREED", "PRESENT", "DUPLIC", "ZERO"};
	int x = 0;

	draw_heading(canvas, y, "");
	for (int i = 0; i < n_amounts(canvas); i++, x += AMOUNT_WIDTH)
		tui_put_right(canvas, y, x, AMOUNT_WIDTH, TUI_TITLE, titles[i]);
	tui_put(canvas, y, x + 1, canvas->width - x - 1, TUI_TITLE, "AREA");
}

static void put_amount(struct tui_canvas *canvas, int y, int *x, int style, int64_t bytes)
{
	char text[TUI_AMOUNT_MAX];

	tui_format_bytes(bytes, text);
	tui_put_right(canvas, y, *x, AMOUNT_WIDTH, (enum tui_style)style, text);
	*x += AMOUNT_WIDTH;
}

static void draw_area(struct tui_canvas *canvas, int y, const struct tui_area *area, bool is_chosen)
{
	const int64_t amounts[] = {area->freed_bytes, area->present_bytes, area->duplicate_bytes,
				   area->zero_bytes};
	int style = paint_row(canvas, y, is_chosen), x = 0;

	for (int i = 0; i < n_amounts(canvas); i++)
		put_amount(canvas, y, &x, style, amounts[i]);
	tui_put(canvas, y, x + 1, canvas->width - x - 1, (enum tui_style)style, area->name);
}

void tui_draw_areas(struct tui *tui, struct tui_canvas *canvas, int y, int height)
{
	const struct tui_scan *scan = &tui->scan;
	const struct tui_row *row = tui_chosen(tui);
	struct tui_list *list = &tui->list[TUI_AREAS];
	bool is_own = row && row->pid == scan->pid && row->start_time == scan->start_time;

	begin_list(tui, y + 2, height - 2,
		   is_own && scan->state == TUI_SCAN_DONE ? scan->n_areas : 0);
	draw_area_headings(canvas, y);
	if (is_own && scan->state == TUI_SCAN_FAILED) {
		tui_put(canvas, y + 1, 1, canvas->width - 1, TUI_BAD, scan->error);
		return;
	}
	if (!is_own || scan->state == TUI_SCAN_NONE) {
		draw_offer(tui, canvas, y + 1);
		return;
	}
	if (scan->state == TUI_SCAN_RUNS)
		return;
	draw_forecast(scan, canvas, y + 1);
	for (int i = 0; i < height - 2 && list->first + (size_t)i < list->n; i++) {
		size_t at = list->first + (size_t)i;

		draw_area(canvas, y + 2 + i, &scan->area[at], at == list->cursor);
	}
}

/* ---------------------------------------------------------------- tunables */

static const char *unit_name(enum ksm_unit unit)
{
	static const char *const names[] = {
		[KSM_UNIT_NONE] = "",	    [KSM_UNIT_PAGES] = "pages",
		[KSM_UNIT_BYTES] = "bytes", [KSM_UNIT_MILLISECONDS] = "ms",
		[KSM_UNIT_SECONDS] = "s",   [KSM_UNIT_PERCENT] = "%",
	};

	return names[unit];
}

static void draw_tunable(const struct tui *tui, struct tui_canvas *canvas, int y,
			 const struct ksm_tunable *tunable, bool is_chosen)
{
	enum tui_style style = (enum tui_style)paint_row(canvas, y, is_chosen);
	char value[KSM_TUNABLE_TEXT_MAX], text[KSM_TUNABLE_TEXT_MAX + 8];
	int name = canvas->width >= 80 ? 36 : 24;

	ksm_tunable_format(tunable, tui->sample->status.sysfs.value[tunable->field], value);
	snprintf(text, sizeof(text), "%s %s", value, unit_name(tunable->unit));
	tui_put(canvas, y, 1, name - 2, style, ksm_sysfs_name(tunable->field));
	tui_put(canvas, y, name, 14, style, text);
	tui_put(canvas, y, name + 15, canvas->width - name - 15, style, tunable->meaning);
}

void tui_draw_tunables(struct tui *tui, struct tui_canvas *canvas, int y, int height)
{
	struct tui_list *list = &tui->list[TUI_TUNABLES];
	const struct ksm_tunable *tunable;
	char range[KSM_TUNABLE_RANGE_MAX];
	size_t n = 0;

	while (tui_tunable(tui, n))
		n++;
	begin_list(tui, y + 1, height - 2, n);
	draw_heading(canvas, y, "TUNABLE");
	tui_put(canvas, y, canvas->width >= 80 ? 36 : 24, canvas->width, TUI_TITLE, "VALUE");
	for (int i = 0; i < height - 2 && list->first + (size_t)i < n; i++) {
		size_t at = list->first + (size_t)i;

		draw_tunable(tui, canvas, y + 1 + i, tui_tunable(tui, at), at == list->cursor);
	}
	tunable = tui_tunable(tui, list->cursor);
	if (!tunable)
		return;
	ksm_tunable_range(tunable, range);
	tui_printf(canvas, y + height - 1, 1, TUI_DIM, "%s; since Linux %s", range,
		   ksm_sysfs_since(tunable->field));
}

/* ---------------------------------------------------------------- log */

void tui_draw_log(struct tui *tui, struct tui_canvas *canvas, int y, int height)
{
	size_t n = tui->n_log < TUI_LOG_LINES ? tui->n_log : TUI_LOG_LINES;
	struct tui_list *list = &tui->list[TUI_LOG];

	begin_list(tui, y + 1, height - 1, n);
	draw_heading(canvas, y, "LOG of what was changed, newest first");
	if (!n)
		tui_put(canvas, y + 1, 1, canvas->width - 1, TUI_DIM, "nothing so far");
	for (int i = 0; i < height - 1 && list->first + (size_t)i < n; i++) {
		size_t at = list->first + (size_t)i;
		const struct tui_log_line *line = tui_logged(tui, at);
		enum tui_style style =
			(enum tui_style)paint_row(canvas, y + 1 + i, at == list->cursor);
		time_t seconds = (time_t)line->time;
		char clock[16] = "";
		struct tm tm;

		if (localtime_r(&seconds, &tm))
			strftime(clock, sizeof(clock), "%T", &tm);
		tui_put(canvas, y + 1 + i, 1, 8, style, clock);
		tui_put(canvas, y + 1 + i, 10, canvas->width - 10, style, line->text);
	}
}
