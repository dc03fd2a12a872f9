/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The frame of every screen: header, list, a line for messages, a line for keys. */
#include "tui/draw.h"

#include <stdio.h>
#include <string.h>

#include "kernel/tunables.h"
#include "tui/amount.h"

#define ROWS_MIN 3

int tui_put_pieces(struct tui_canvas *canvas, int y, int x, int end, const struct tui_piece *pieces,
		   size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int label = tui_columns_of(canvas, pieces[i].label);
		int value = tui_columns_of(canvas, pieces[i].value);
		int gap = label && value;

		if (x + label + gap + value > end)
			continue;
		tui_put(canvas, y, x, label, TUI_DIM, pieces[i].label);
		tui_put(canvas, y, x + label + gap, value, pieces[i].style, pieces[i].value);
		x += label + gap + value + 2;
	}
	return x;
}

/* ---------------------------------------------------------------- the line of keys */

static int put_key(struct tui *tui, struct tui_canvas *canvas, int x, int key, const char *label)
{
	struct tui_hits *hits = &tui->hits;
	char name[TUI_KEY_NAME_MAX];
	int y = canvas->height - 1, columns;

	tui_key_name(key, name);
	/* "F1Help", but "s Scan". */
	if (!name[1])
		strcat(name, " ");
	columns = (int)(strlen(name) + strlen(label)) + 1;
	if (x + columns > canvas->width || hits->n_bar == sizeof(hits->bar) / sizeof(hits->bar[0]))
		return x;
	hits->bar[hits->n_bar].x = x;
	hits->bar[hits->n_bar].width = columns;
	hits->bar[hits->n_bar++].key = key;
	x += tui_put(canvas, y, x, canvas->width - x, TUI_KEY, name);
	x += tui_put(canvas, y, x, canvas->width - x, TUI_PLAIN, label);
	return x + 1;
}

static void draw_bar(struct tui *tui, struct tui_canvas *canvas)
{
	const struct tui_binding *binding;
	int x = 0;
	size_t n;

	tui->hits.bar_y = canvas->height - 1;
	tui->hits.n_bar = 0;
	switch (tui->mode) {
	case TUI_NORMAL:
		binding = tui_bindings(&n);
		for (size_t i = 0; i < n; i++)
			if (binding[i].label && (binding[i].screens & 1u << tui->screen))
				x = put_key(tui, canvas, x, binding[i].key[0], binding[i].label);
		return;
	case TUI_INPUT:
		x = put_key(tui, canvas, x, TUI_KEY_ENTER, "Take");
		put_key(tui, canvas, x, TUI_KEY_ESCAPE, "Back");
		return;
	case TUI_CONFIRM:
		x = put_key(tui, canvas, x, 'y', "do it");
		put_key(tui, canvas, x, 'n', "leave it");
		return;
	case TUI_SETUP:
		x = put_key(tui, canvas, x, ' ', "Choose");
		x = put_key(tui, canvas, x, 'W', "Save");
		break;
	case TUI_SORT_MENU:
		x = put_key(tui, canvas, x, TUI_KEY_ENTER, "Sort");
		break;
	case TUI_HELP:
		break;
	}
	put_key(tui, canvas, x, TUI_KEY_ESCAPE, "Back");
}

/* ---------------------------------------------------------------- the line of messages */

static void draw_input(const struct tui *tui, struct tui_canvas *canvas, int y)
{
	const struct ksm_tunable *tunable = tui_tunable(tui, tui->list[TUI_TUNABLES].cursor);
	const char *label = "";
	int x, room;

	switch (tui->input) {
	case TUI_INPUT_SEARCH:
		label = "search";
		break;
	case TUI_INPUT_FILTER:
		label = "filter";
		break;
	case TUI_INPUT_USER:
		label = "user";
		break;
	case TUI_INPUT_CGROUP:
		label = "control group";
		break;
	case TUI_INPUT_VALUE:
		label = tunable ? ksm_sysfs_name(tunable->field) : "";
		break;
	}
	x = tui_printf(canvas, y, 0, TUI_KEY, "%s:", label) + 1;
	room = canvas->width - x - 1;
	if (*tui->message && tui->message_is_bad && tui->input == TUI_INPUT_FILTER)
		room /= 2;
	x += tui_put(canvas, y, x, room, TUI_PLAIN, tui->text);
	canvas->caret_x = x;
	canvas->caret_y = y;
	if (*tui->message)
		tui_put(canvas, y, x + 2, canvas->width - x - 2,
			tui->message_is_bad ? TUI_BAD : TUI_DIM, tui->message);
}

/* What of the table is left out, and why; or how to see more. */
static void draw_hint(const struct tui *tui, struct tui_canvas *canvas, int y)
{
	const struct tui_choice *choice = &tui->choice;
	const struct ksm_sample *sample = tui->sample;
	char hidden[64];
	struct tui_piece pieces[] = {
		{"filter", choice->filter, TUI_BOLD},
		{"user", choice->user, TUI_BOLD},
		{"control group", choice->cgroup, TUI_BOLD},
		{"", hidden, TUI_DIM},
	};
	int x = 0;

	snprintf(hidden, sizeof(hidden), "%zu not shown", tui->view.hidden);
	if (tui->screen == TUI_PROCESSES && tui->view.hidden) {
		for (size_t i = 0; i < 4; i++)
			if (*pieces[i].value)
				x = tui_put_pieces(canvas, y, x, canvas->width, &pieces[i], 1);
		return;
	}
	if (tui->screen == TUI_PROCESSES && sample && sample->processes.n_unreadable)
		tui_printf(canvas, y, 0, TUI_DIM,
			   "- is for what only root may see: %zu of %zu processes",
			   sample->processes.n_unreadable, sample->processes.n);
}

static void draw_scan(const struct tui *tui, struct tui_canvas *canvas, int y)
{
	const struct tui_scan *scan = &tui->scan;
	int width = canvas->width - 40, done;
	char name[48];

	snprintf(name, sizeof(name), "%.15s (%d)", scan->name, scan->pid);
	done = tui_printf(canvas, y, 0, TUI_PLAIN, "scanning %s %3.0f%%", name,
			  scan->progress * 100) +
	       1;
	if (width > 30)
		width = 30;
	for (int i = 0; i < width && done + i < canvas->width; i++)
		tui_put_char(canvas, y, done + i, TUI_GRAPH,
			     i < (int)(scan->progress * width) ? '#' : '.');
}

static void draw_message(const struct tui *tui, struct tui_canvas *canvas, int y)
{
	if (tui->mode == TUI_INPUT)
		draw_input(tui, canvas, y);
	else if (*tui->message)
		tui_put(canvas, y, 0, canvas->width, tui->message_is_bad ? TUI_BAD : TUI_BOLD,
			tui->message);
	else if (tui->scan.state == TUI_SCAN_RUNS)
		draw_scan(tui, canvas, y);
	else
		draw_hint(tui, canvas, y);
}

/* ---------------------------------------------------------------- */

void tui_draw(struct tui *tui, struct tui_canvas *canvas)
{
	int y, height;

	tui_canvas_clear(canvas);
	tui->hits.n_headings = 0;
	tui->hits.table_height = 0;
	if (canvas->width < TUI_WIDTH_MIN || canvas->height < TUI_HEIGHT_MIN) {
		tui->hits.n_bar = 0;
		/* Nobody agrees to what is not to be seen. */
		if (tui->mode == TUI_CONFIRM)
			tui_withdraw(tui);
		tui_put(canvas, 0, 0, canvas->width, TUI_PLAIN, "too small: 40x10");
		return;
	}
	if (tui->mode == TUI_CONFIRM && !tui_confirm_fits(tui, canvas)) {
		tui_withdraw(tui);
		tui_say(tui, true, "nothing was changed: too few lines for the question");
	}
	y = tui_draw_header(tui, canvas, canvas->height - 3 - ROWS_MIN);
	height = canvas->height - 2 - y;
	if (tui->mode == TUI_HELP)
		tui_draw_help(tui, canvas, y, height);
	else if (tui->mode == TUI_SETUP)
		tui_draw_setup(tui, canvas, y, height);
	else if (tui->mode == TUI_SORT_MENU)
		tui_draw_sort_menu(tui, canvas, y, height);
	else if (tui->screen == TUI_AREAS)
		tui_draw_areas(tui, canvas, y, height);
	else if (tui->screen == TUI_TUNABLES)
		tui_draw_tunables(tui, canvas, y, height);
	else if (tui->screen == TUI_LOG)
		tui_draw_log(tui, canvas, y, height);
	else
		tui_draw_processes(tui, canvas, y, height);
	draw_message(tui, canvas, canvas->height - 2);
	draw_bar(tui, canvas);
	if (tui->mode == TUI_CONFIRM)
		tui_draw_confirm(tui, canvas);
}
