/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the state to a canvas: the same state at the same size gives the same cells. */
#ifndef KSM_TUI_DRAW_H
#define KSM_TUI_DRAW_H

#include "tui/canvas.h"
#include "tui/state.h"

#define TUI_WIDTH_MIN  40
#define TUI_HEIGHT_MIN 10

/* Draws all of @canvas. What it finds out about places (hits, lines that are scrolled to) goes into @tui. */
void tui_draw(struct tui *tui, struct tui_canvas *canvas);

/* ---- the parts, for draw.c */

/* Blank-separated pieces from column @x on, as many as fit whole; returns the column behind the last. */
struct tui_piece {
	const char *label, *value;
	enum tui_style style; /* of the value */
};
int tui_put_pieces(struct tui_canvas *canvas, int y, int x, int end, const struct tui_piece *pieces,
		   size_t n);

/* The lines at the top; returns how many, at most @most. */
int tui_draw_header(const struct tui *tui, struct tui_canvas *canvas, int most);
/* The screens' lists, from line @y on, @height lines. */
void tui_draw_processes(struct tui *tui, struct tui_canvas *canvas, int y, int height);
void tui_draw_areas(struct tui *tui, struct tui_canvas *canvas, int y, int height);
void tui_draw_tunables(struct tui *tui, struct tui_canvas *canvas, int y, int height);
void tui_draw_log(struct tui *tui, struct tui_canvas *canvas, int y, int height);
/* What lies over them. */
void tui_draw_help(struct tui *tui, struct tui_canvas *canvas, int y, int height);
void tui_draw_setup(struct tui *tui, struct tui_canvas *canvas, int y, int height);
void tui_draw_sort_menu(struct tui *tui, struct tui_canvas *canvas, int y, int height);
/* False where it has more lines than there is room for. */
bool tui_confirm_fits(const struct tui *tui, const struct tui_canvas *canvas);
void tui_draw_confirm(const struct tui *tui, struct tui_canvas *canvas);

#endif
