/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tui/canvas.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "base/str.h"

#define ELLIPSIS 0x2026

int tui_canvas_resize(struct tui_canvas *canvas, int width, int height)
{
	struct tui_cell *cell = calloc((size_t)width * (size_t)height + 1, sizeof(*cell));

	if (!cell)
		return -ENOMEM;
	free(canvas->cell);
	canvas->cell = cell;
	canvas->width = width;
	canvas->height = height;
	tui_canvas_clear(canvas);
	return 0;
}

void tui_canvas_clear(struct tui_canvas *canvas)
{
	tui_blank(canvas, 0, 0, canvas->width, canvas->height);
	canvas->caret_x = canvas->caret_y = -1;
}

void tui_canvas_free(struct tui_canvas *canvas)
{
	free(canvas->cell);
	canvas->cell = NULL;
}

static struct tui_cell *cell_at(const struct tui_canvas *canvas, int y, int x)
{
	if (y < 0 || y >= canvas->height || x < 0 || x >= canvas->width)
		return NULL;
	return &canvas->cell[(size_t)y * (size_t)canvas->width + (size_t)x];
}

/* Half of a wide character must not stay when the other is written over. */
static void blank_halves(struct tui_canvas *canvas, int y, int x)
{
	struct tui_cell *cell = cell_at(canvas, y, x), *left = cell_at(canvas, y, x - 1),
			*right = cell_at(canvas, y, x + 1);

	if (cell && cell->width == 0 && left)
		*left = (struct tui_cell){' ', 1, left->style};
	if (cell && cell->width == 2 && right)
		*right = (struct tui_cell){' ', 1, right->style};
}

static void put_cell(struct tui_canvas *canvas, int y, int x, enum tui_style style, uint32_t ch,
		     int width)
{
	struct tui_cell *cell = cell_at(canvas, y, x), *right = cell_at(canvas, y, x + 1);

	if (!cell || (width == 2 && !right))
		return;
	blank_halves(canvas, y, x);
	*cell = (struct tui_cell){ch, (uint8_t)width, (uint8_t)style};
	if (width == 2) {
		blank_halves(canvas, y, x + 1);
		*right = (struct tui_cell){0, 0, (uint8_t)style};
	}
}

void tui_put_char(struct tui_canvas *canvas, int y, int x, enum tui_style style, uint32_t ch)
{
	put_cell(canvas, y, x, style, ch, 1);
}

/* The next character as it is to be shown, and its columns: 0 for what joins the one before and is left out. */
static uint32_t next_shown(const struct tui_canvas *canvas, const char **text, int *ret_width)
{
	uint32_t ch;
	size_t n = ksm_utf8_length(*text, strlen(*text), &ch);
	int width;

	*text += n ? n : 1;
	*ret_width = 1;
	if (!n || ksm_utf8_misleads(ch) || (canvas->ascii && ch > 0x7e))
		return '?';
	width = ch > 0x7e ? wcwidth((wchar_t)ch) : 1;
	if (width < 0)
		return '?';
	*ret_width = width;
	return ch;
}

int tui_columns_of(const struct tui_canvas *canvas, const char *text)
{
	int columns = 0, width;

	while (*text) {
		next_shown(canvas, &text, &width);
		columns += width;
	}
	return columns;
}

int tui_put(struct tui_canvas *canvas, int y, int x, int width, enum tui_style style,
	    const char *text)
{
	int used = 0, columns;
	bool cut;

	if (width > canvas->width - x)
		width = canvas->width - x;
	if (width <= 0)
		return 0;
	cut = tui_columns_of(canvas, text) > width;
	while (*text) {
		uint32_t ch = next_shown(canvas, &text, &columns);

		if (used + columns > width - cut)
			break;
		if (columns)
			put_cell(canvas, y, x + used, style, ch, columns);
		used += columns;
	}
	if (cut)
		put_cell(canvas, y, x + used++, style, canvas->ascii ? '~' : ELLIPSIS, 1);
	return used;
}

void tui_put_right(struct tui_canvas *canvas, int y, int x, int width, enum tui_style style,
		   const char *text)
{
	int columns = tui_columns_of(canvas, text);

	tui_put(canvas, y, columns < width ? x + width - columns : x, width, style, text);
}

int tui_printf(struct tui_canvas *canvas, int y, int x, enum tui_style style, const char *fmt, ...)
{
	char text[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	return tui_put(canvas, y, x, canvas->width - x, style, text);
}

void tui_paint(struct tui_canvas *canvas, int y, int x, int width, enum tui_style style)
{
	for (int i = 0; i < width; i++) {
		struct tui_cell *cell = cell_at(canvas, y, x + i);

		if (cell)
			cell->style = (uint8_t)style;
	}
}

void tui_blank(struct tui_canvas *canvas, int y, int x, int width, int height)
{
	for (int row = 0; row < height; row++)
		for (int column = 0; column < width; column++)
			put_cell(canvas, y + row, x + column, TUI_PLAIN, ' ', 1);
}
