/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tui/graph.h"

#include <math.h>
#include <string.h>

/* Steps of one line, and values of one column. */
static const struct {
	const char *name;
	int steps, values;
} kinds[TUI_GRAPH_KINDS] = {
	[TUI_GRAPH_BRAILLE] = {"braille", 4, 2},
	[TUI_GRAPH_BLOCK] = {"block", 8, 1},
	[TUI_GRAPH_ASCII] = {"ascii", 3, 1},
};

const char *tui_graph_name(enum tui_graph_kind kind)
{
	return kinds[kind].name;
}

int tui_graph_find(const char *name, enum tui_graph_kind *ret_kind)
{
	for (int i = 0; i < TUI_GRAPH_KINDS; i++) {
		if (strcmp(kinds[i].name, name) == 0) {
			*ret_kind = (enum tui_graph_kind)i;
			return 0;
		}
	}
	return -1;
}

void tui_history_add(struct tui_history *history, double value)
{
	history->value[history->next] = value;
	history->next = (history->next + 1) % TUI_HISTORY;
	if (history->n < TUI_HISTORY)
		history->n++;
}

/* The @back-th newest, counted from 0; NAN for none. */
static double value_at(const struct tui_history *history, size_t back)
{
	if (back >= history->n)
		return NAN;
	return history->value[(history->next + TUI_HISTORY - 1 - back) % TUI_HISTORY];
}

double tui_history_max(const struct tui_history *history, size_t n)
{
	double max = 0;

	for (size_t i = 0; i < n && i < history->n; i++)
		max = fmax(max, value_at(history, i)); /* of a number and NAN: the number */
	return max;
}

size_t tui_graph_values(enum tui_graph_kind kind, int width)
{
	return width > 0 ? (size_t)width * (size_t)kinds[kind].values : 0;
}

/* How many steps of all lines together a value fills; what is not 0 fills one at least. */
static int steps_of(double value, double top, int steps)
{
	double filled;

	if (isnan(value) || value <= 0 || !(top > 0))
		return 0;
	filled = ceil(value / top * steps - 1e-9);
	return filled > steps ? steps : (int)filled;
}

static uint32_t braille(const int filled[2])
{
	static const uint32_t dots[2][5] = {{0, 0x40, 0x44, 0x46, 0x47},
					    {0, 0x80, 0xa0, 0xb0, 0xb8}};

	return 0x2800 + dots[0][filled[0]] + dots[1][filled[1]];
}

static uint32_t character(enum tui_graph_kind kind, const int filled[2])
{
	if (kind == TUI_GRAPH_BRAILLE)
		return filled[0] || filled[1] ? braille(filled) : ' ';
	if (kind == TUI_GRAPH_BLOCK)
		return filled[0] ? 0x2580 + (uint32_t)filled[0] : ' ';
	return (uint32_t) " .:#"[filled[0]];
}

void tui_graph_draw(struct tui_canvas *canvas, int y, int x, int width, int height,
		    enum tui_graph_kind kind, const struct tui_history *history, double top)
{
	if (canvas->ascii)
		kind = TUI_GRAPH_ASCII;
	for (int column = 0; column < width; column++) {
		for (int line = 0; line < height; line++) {
			int below = (height - 1 - line) * kinds[kind].steps, filled[2] = {0, 0};

			for (int i = 0; i < kinds[kind].values; i++) {
				size_t back =
					(size_t)(width - column) * (size_t)kinds[kind].values - 1 -
					(size_t)i;
				int steps = steps_of(value_at(history, back), top,
						     height * kinds[kind].steps) -
					    below;

				filled[i] = steps < 0			? 0
					    : steps > kinds[kind].steps ? kinds[kind].steps
									: steps;
			}
			tui_put_char(canvas, y + line, x + column, TUI_GRAPH,
				     character(kind, filled));
		}
	}
}
