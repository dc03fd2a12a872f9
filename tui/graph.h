/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values over time, as characters. */
#ifndef KSM_TUI_GRAPH_H
#define KSM_TUI_GRAPH_H

#include <stddef.h>

#include "tui/canvas.h"

enum tui_graph_kind { TUI_GRAPH_BRAILLE, TUI_GRAPH_BLOCK, TUI_GRAPH_ASCII, TUI_GRAPH_KINDS };

const char *tui_graph_name(enum tui_graph_kind kind);
/* 0, or -1 for a word that is none. */
int tui_graph_find(const char *name, enum tui_graph_kind *ret_kind);

#define TUI_HISTORY 1024

/* The newest value is at (next - 1) % TUI_HISTORY; NAN where there was none. */
struct tui_history {
	double value[TUI_HISTORY];
	size_t next;
	size_t n;
};

void tui_history_add(struct tui_history *history, double value);
/* The largest of the @n newest; 0 if there is none. */
double tui_history_max(const struct tui_history *history, size_t n);
/* How many values @width columns show. */
size_t tui_graph_values(enum tui_graph_kind kind, int width);

/* The newest to the right; @top is the value that fills @height lines. A canvas of ASCII alone gets ASCII. */
void tui_graph_draw(struct tui_canvas *canvas, int y, int x, int width, int height,
		    enum tui_graph_kind kind, const struct tui_history *history, double top);

#endif
