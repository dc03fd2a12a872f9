/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What lies over the screens: help, setup, the sort menu, a question. */
#include <stdio.h>
#include <string.h>

#include "tui/draw.h"

static void begin_menu(struct tui *tui, struct tui_canvas *canvas, int y, int height, size_t n,
		       const char *title)
{
	tui_paint(canvas, y, 0, canvas->width, TUI_TITLE);
	tui_put(canvas, y, 1, canvas->width - 1, TUI_TITLE, title);
	tui->hits.table_y = y + 1;
	tui->hits.table_height = height - 1;
	tui_list_settle(&tui->menu, n, height - 1);
}

/* ---------------------------------------------------------------- help */

/* A line of the help: a title, a key, or a letter that sorts. */
struct help_line {
	char keys[32];
	const char *text;
	bool is_title;
};

static size_t help_of_group(enum tui_key_group group, size_t wanted, struct help_line *ret_line)
{
	const struct tui_binding *binding;
	size_t n, lines = 0;

	if (lines++ == wanted)
		*ret_line = (struct help_line){.text = tui_key_group_name(group), .is_title = true};
	binding = tui_bindings(&n);
	for (size_t i = 0; i < n; i++) {
		if (binding[i].group != group)
			continue;
		if (lines++ == wanted) {
			*ret_line = (struct help_line){.text = binding[i].help};
			tui_binding_keys(&binding[i], ret_line->keys, sizeof(ret_line->keys));
		}
	}
	return lines;
}

static size_t help_of_columns(size_t wanted, struct help_line *ret_line)
{
	if (wanted == 0)
		*ret_line = (struct help_line){.text = "columns, and the letter that sorts by each",
					       .is_title = true};
	else if (wanted <= TUI_COLS) {
		const struct tui_column *column = tui_column_at((enum tui_column_id)(wanted - 1));

		*ret_line = (struct help_line){.text = column->help};
		snprintf(ret_line->keys, sizeof(ret_line->keys), "%c %s",
			 column->letter ? column->letter : ' ', column->title);
	}
	return TUI_COLS + 1;
}

/* The number of all lines; the @wanted-th is filled in. */
static size_t help_line(size_t wanted, struct help_line *ret_line)
{
	size_t lines = 0;

	*ret_line = (struct help_line){.text = ""};
	for (int group = 0; group < TUI_KEY_GROUPS; group++)
		lines += help_of_group((enum tui_key_group)group, wanted - lines, ret_line);
	lines += help_of_columns(wanted - lines, ret_line);
	return lines + 2;
}

void tui_draw_help(struct tui *tui, struct tui_canvas *canvas, int y, int height)
{
	struct help_line line;
	size_t n = help_line(SIZE_MAX, &line);

	/* There is no row to choose: the cursor is the first line. */
	begin_menu(tui, canvas, y, 2, n > (size_t)height ? n - (size_t)height + 2 : 1, "KEYS");
	tui->menu.first = tui->menu.cursor;
	tui->hits.table_height = height - 1;
	for (int i = 0; i < height - 1 && tui->menu.first + (size_t)i < n; i++) {
		help_line(tui->menu.first + (size_t)i, &line);
		if (line.is_title) {
			tui_put(canvas, y + 1 + i, 1, canvas->width - 1, TUI_BOLD, line.text);
			continue;
		}
		tui_put(canvas, y + 1 + i, 2, 14, TUI_KEY, line.keys);
		tui_put(canvas, y + 1 + i, 17, canvas->width - 17, TUI_PLAIN, line.text);
	}
}

/* ---------------------------------------------------------------- setup */

static void setup_line(const struct tui *tui, size_t at, const char **ret_name,
		       const char **ret_help, bool *ret_on)
{
	if (at < TUI_COLS) {
		*ret_name = tui_column_at((enum tui_column_id)at)->title;
		*ret_help = tui_column_at((enum tui_column_id)at)->help;
		*ret_on = tui->config.column[at];
	} else if (at < TUI_COLS + TUI_METERS) {
		enum tui_meter meter = (enum tui_meter)(at - TUI_COLS);

		*ret_name = tui_meter_name(meter);
		*ret_help = tui_meter_help(meter);
		*ret_on = tui->config.meter[meter];
	} else {
		enum tui_graph_kind kind = (enum tui_graph_kind)(at - TUI_COLS - TUI_METERS);

		*ret_name = tui_graph_name(kind);
		*ret_help = "graphs drawn with these characters";
		*ret_on = tui->config.graph == kind;
	}
}

void tui_draw_setup(struct tui *tui, struct tui_canvas *canvas, int y, int height)
{
	size_t n = TUI_COLS + TUI_METERS + TUI_GRAPH_KINDS;

	begin_menu(tui, canvas, y, height, n, "SETUP: columns, meters, graphs");
	for (int i = 0; i < height - 1 && tui->menu.first + (size_t)i < n; i++) {
		size_t at = tui->menu.first + (size_t)i;
		bool is_chosen = at == tui->menu.cursor, is_on;
		enum tui_style style = is_chosen ? TUI_CURSOR : TUI_PLAIN;
		const char *name, *help;

		setup_line(tui, at, &name, &help, &is_on);
		tui_paint(canvas, y + 1 + i, 0, canvas->width, style);
		tui_printf(canvas, y + 1 + i, 1, style, "[%c] %s", is_on ? 'x' : ' ', name);
		tui_put(canvas, y + 1 + i, 18, canvas->width - 18, style, help);
	}
}

void tui_draw_sort_menu(struct tui *tui, struct tui_canvas *canvas, int y, int height)
{
	begin_menu(tui, canvas, y, height, TUI_COLS, "SORT BY: again, the other way round");
	for (int i = 0; i < height - 1 && tui->menu.first + (size_t)i < TUI_COLS; i++) {
		size_t at = tui->menu.first + (size_t)i;
		const struct tui_column *column = tui_column_at((enum tui_column_id)at);
		enum tui_style style = at == tui->menu.cursor ? TUI_CURSOR : TUI_PLAIN;

		tui_paint(canvas, y + 1 + i, 0, canvas->width, style);
		tui_printf(canvas, y + 1 + i, 1, style, "%c %c %s",
			   at == (size_t)tui->choice.sort ? '*' : ' ',
			   column->letter ? column->letter : ' ', column->title);
		tui_put(canvas, y + 1 + i, 18, canvas->width - 18, style, column->help);
	}
}

/* ---------------------------------------------------------------- a question */

/* Around its lines: what is above and below them. */
#define CONFIRM_FRAME 4

bool tui_confirm_fits(const struct tui *tui, const struct tui_canvas *canvas)
{
	return (int)tui->n_confirm + CONFIRM_FRAME <= canvas->height - 2;
}

void tui_draw_confirm(const struct tui *tui, struct tui_canvas *canvas)
{
	int height = (int)tui->n_confirm + CONFIRM_FRAME, width = canvas->width - 4, y, x;

	if (width > 84)
		width = 84;
	y = (canvas->height - 1 - height) / 2;
	x = (canvas->width - width) / 2;
	tui_blank(canvas, y, x, width, height);
	for (int i = 0; i < height; i++)
		tui_paint(canvas, y + i, x, width, TUI_CURSOR);
	tui_put(canvas, y, x + 1, width - 2, TUI_CURSOR, "This would be done:");
	for (int i = 0; i < (int)tui->n_confirm; i++)
		tui_put(canvas, y + 2 + i, x + 2, width - 3, TUI_CURSOR, tui->confirm[i]);
	tui_put(canvas, y + height - 1, x + 1, width - 2, TUI_CURSOR, "y: do it    n: leave it");
}
