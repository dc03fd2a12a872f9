/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of processes. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tui/amount.h"
#include "tui/draw.h"

#define NAME_COLUMNS_MAX 32

/* Where each shown column is. Before each is a blank, which takes marks. */
struct places {
	struct {
		enum tui_column_id id;
		int x, width;
	} column[TUI_COLS];
	size_t n;
};

/* The one that is the first to go; SIZE_MAX if all are to stay. */
static size_t least_wanted(const struct places *places)
{
	size_t least = SIZE_MAX;
	int priority = 0;

	for (size_t i = 0; i < places->n; i++) {
		int own = tui_column_at(places->column[i].id)->priority;

		if (own > priority) {
			priority = own;
			least = i;
		}
	}
	return least;
}

static int columns_of(const struct places *places)
{
	int columns = 0;

	for (size_t i = 0; i < places->n; i++)
		columns += places->column[i].width + 1;
	return columns;
}

static void widen(struct places *places, enum tui_column_id id, int *spare, int most)
{
	for (size_t i = 0; i < places->n; i++) {
		int more = most - places->column[i].width;

		if (places->column[i].id != id || more <= 0)
			continue;
		if (more > *spare)
			more = *spare;
		places->column[i].width += more;
		*spare -= more;
	}
}

static struct places place_columns(const struct tui *tui, int width)
{
	struct places places = {.n = 0};
	int skip = tui->shift, spare, x = 0;

	for (int id = 0; id < TUI_COLS; id++) {
		const struct tui_column *column = tui_column_at((enum tui_column_id)id);

		/* What a row is about stays where the table is shifted. */
		if (!tui->config.column[id] || (column->priority && skip-- > 0))
			continue;
		places.column[places.n].id = (enum tui_column_id)id;
		places.column[places.n++].width = column->width;
	}
	while (columns_of(&places) > width) {
		size_t gone = least_wanted(&places);

		if (gone == SIZE_MAX)
			break;
		memmove(&places.column[gone], &places.column[gone + 1],
			(--places.n - gone) * sizeof(places.column[0]));
	}
	spare = width - columns_of(&places);
	if (spare > 0) {
		widen(&places, TUI_COL_NAME, &spare, NAME_COLUMNS_MAX);
		widen(&places, TUI_COL_CGROUP, &spare, width);
	}
	for (size_t i = 0; i < places.n; i++) {
		places.column[i].x = x + 1;
		x += places.column[i].width + 1;
	}
	return places;
}

static void draw_headings(struct tui *tui, struct tui_canvas *canvas, int y,
			  const struct places *places)
{
	struct tui_hits *hits = &tui->hits;

	tui_paint(canvas, y, 0, canvas->width, TUI_TITLE);
	for (size_t i = 0; i < places->n; i++) {
		enum tui_column_id id = places->column[i].id;
		const struct tui_column *column = tui_column_at(id);
		int x = places->column[i].x, width = places->column[i].width;

		if (column->kind == TUI_TEXT)
			tui_put(canvas, y, x, width, TUI_TITLE, column->title);
		else
			tui_put_right(canvas, y, x, width, TUI_TITLE, column->title);
		if (id == tui->choice.sort)
			tui_put_char(canvas, y, x - 1, TUI_TITLE,
				     canvas->ascii	   ? tui->choice.reverse ? '^' : 'v'
				     : tui->choice.reverse ? 0x25b4
							   : 0x25be);
		hits->heading[hits->n_headings].x = x - 1;
		hits->heading[hits->n_headings].width = width + 1;
		hits->heading[hits->n_headings++].column = id;
	}
}

/* The branches before a name in the tree; returns their columns. */
static int draw_branches(struct tui_canvas *canvas, int y, int x, int width,
			 const struct tui_row *row, enum tui_style style)
{
	static const char *const drawn[] = {"\u2502 ", "  ", "\u251c\u2500", "\u2514\u2500"};
	static const char *const ascii[] = {"| ", "  ", "|-", "`-"};
	int most = width / 2 / 2, first = row->depth > most ? row->depth - most + 1 : 1, at = 0;

	for (int depth = first; depth <= row->depth; depth++) {
		unsigned int kind = (depth == row->depth ? 2 : 0) + (row->last >> depth & 1);

		at += tui_put(canvas, y, x + at, width - at, style,
			      canvas->ascii ? ascii[kind] : drawn[kind]);
	}
	return at;
}

static void draw_name(struct tui_canvas *canvas, int y, int x, int width, const struct tui_row *row,
		      enum tui_style style)
{
	char members[24];
	int columns;

	if (row->pid) {
		columns = draw_branches(canvas, y, x, width, row, style);
		tui_put(canvas, y, x + columns, width - columns, style, row->name);
		return;
	}
	columns = snprintf(members, sizeof(members), "(%" PRIu32 ")", row->members);
	if (columns + 2 > width)
		columns = 0;
	x += tui_put(canvas, y, x, width - columns - 1, style, *row->name ? row->name : "(none)");
	if (columns)
		tui_put(canvas, y, x + 1, columns, style, members);
}

static void format_number(const struct tui_row *row, enum tui_column_id id,
			  char text[TUI_AMOUNT_MAX])
{
	int64_t value = tui_row_number(row, id);

	if (tui_column_at(id)->kind == TUI_BYTES)
		tui_format_bytes(value, text);
	else if (tui_column_at(id)->kind == TUI_COUNT)
		tui_format_count(value, text);
	else if (value)
		snprintf(text, TUI_AMOUNT_MAX, "%" PRId64, value);
	else
		*text = '\0'; /* of a group */
}

static enum tui_style style_of_cell(const struct tui_row *row, enum tui_column_id id)
{
	if (id != TUI_COL_PROFIT || row->profit == KSM_UNKNOWN || !row->profit)
		return row->is_gone ? TUI_DIM : TUI_PLAIN;
	return row->profit < 0 ? TUI_BAD : TUI_GOOD;
}

static void draw_row(struct tui_canvas *canvas, int y, const struct places *places,
		     const struct tui_row *row, bool is_chosen)
{
	char text[TUI_AMOUNT_MAX];

	if (is_chosen)
		tui_paint(canvas, y, 0, canvas->width, TUI_CURSOR);
	for (size_t i = 0; i < places->n; i++) {
		enum tui_column_id id = places->column[i].id;
		enum tui_style style = is_chosen ? TUI_CURSOR : style_of_cell(row, id);
		int x = places->column[i].x, width = places->column[i].width;

		if (id == TUI_COL_NAME) {
			draw_name(canvas, y, x, width, row, style);
		} else if (tui_column_at(id)->kind == TUI_TEXT) {
			const char *own = tui_row_text(row, id);

			tui_put(canvas, y, x, width, style, *own ? own : "-");
		} else {
			format_number(row, id, text);
			tui_put_right(canvas, y, x, width, style, text);
		}
	}
	if (row->is_new || row->is_gone)
		tui_put_char(canvas, y, 0, is_chosen ? TUI_CURSOR : TUI_KEY,
			     row->is_new ? '+' : 'x');
}

void tui_draw_processes(struct tui *tui, struct tui_canvas *canvas, int y, int height)
{
	struct places places = place_columns(tui, canvas->width);
	struct tui_view *view = &tui->view;
	int lines = height - 1;

	draw_headings(tui, canvas, y, &places);
	tui->hits.table_y = y + 1;
	tui->hits.table_height = lines;
	tui_view_scroll(view, lines);
	for (int i = 0; i < lines && view->first + (size_t)i < view->n; i++) {
		size_t at = view->first + (size_t)i;

		draw_row(canvas, y + 1 + i, &places, &view->row[at], at == view->cursor);
	}
	if (!view->n && tui->sample)
		tui_put(canvas, y + 1, 1, canvas->width - 1, TUI_DIM,
			view->hidden ? "no process matches: Esc shows all" : "no processes");
}
