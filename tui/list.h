/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A cursor in a list of which only some lines are shown. */
#ifndef KSM_TUI_LIST_H
#define KSM_TUI_LIST_H

#include <stddef.h>

struct tui_list {
	size_t cursor, first, n;
};

/* Where a cursor comes to, @by rows on, as far as there are any. */
size_t tui_moved(size_t cursor, size_t n, long by);
/* The first row to show, so that the cursor is among @lines lines: as little away from @first as that takes. */
size_t tui_scrolled(size_t first, size_t cursor, size_t n, int lines);

void tui_list_move(struct tui_list *list, long by);
/* Now it has @n rows: keeps the cursor among them, and these among the lines. */
void tui_list_settle(struct tui_list *list, size_t n, int lines);

#endif
