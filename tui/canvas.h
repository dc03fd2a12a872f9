/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a screen is to show, cell by cell, before any terminal sees it. Text from outside comes in through tui_put()
 * alone, which lets nothing through that a terminal would act on.
 */
#ifndef KSM_TUI_CANVAS_H
#define KSM_TUI_CANVAS_H

#include <stdbool.h>
#include <stdint.h>

enum tui_style {
	TUI_PLAIN,
	TUI_DIM,
	TUI_BOLD,
	TUI_TITLE,  /* headings of tables, names of screens */
	TUI_CURSOR, /* the chosen row */
	TUI_GOOD,
	TUI_BAD,
	TUI_KEY, /* what to press */
	TUI_GRAPH,
	TUI_STYLES
};

struct tui_cell {
	uint32_t ch;   /* a code point; 0: the right half of a wide one */
	uint8_t width; /* columns: 1, 2, or 0 for a right half */
	uint8_t style; /* enum tui_style */
};

struct tui_canvas {
	int width, height;
	bool ascii; /* nothing but ASCII is drawn */
	struct tui_cell *cell;
	int caret_x, caret_y; /* of an input line; -1: none */
};

/* Blank then. -ENOMEM only, and as before then. */
int tui_canvas_resize(struct tui_canvas *canvas, int width, int height);
void tui_canvas_clear(struct tui_canvas *canvas);
void tui_canvas_free(struct tui_canvas *canvas);

/*
 * Puts @text at line @y from column @x on, into @width columns and not past the canvas; what is longer ends in a mark.
 * Controls, what turns the direction of text, and what is no UTF-8 become '?'. Returns the columns used.
 */
int tui_put(struct tui_canvas *canvas, int y, int x, int width, enum tui_style style,
	    const char *text);
/* The same flush right, for what is no longer than @width. */
void tui_put_right(struct tui_canvas *canvas, int y, int x, int width, enum tui_style style,
		   const char *text);
/* To the end of the line; a text that does not fit whole. Returns the columns used. */
int tui_printf(struct tui_canvas *canvas, int y, int x, enum tui_style style, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
void tui_put_char(struct tui_canvas *canvas, int y, int x, enum tui_style style, uint32_t ch);
/* Gives @width cells of a line another style. */
void tui_paint(struct tui_canvas *canvas, int y, int x, int width, enum tui_style style);
/* Blanks a rectangle. */
void tui_blank(struct tui_canvas *canvas, int y, int x, int width, int height);

/* The columns that tui_put() would use for all of @text. */
int tui_columns_of(const struct tui_canvas *canvas, const char *text);

#endif
