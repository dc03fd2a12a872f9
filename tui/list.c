/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tui/list.h"

size_t tui_moved(size_t cursor, size_t n, long by)
{
	long to = (long)cursor + by;

	if (to >= (long)n)
		to = (long)n - 1;
	return to > 0 ? (size_t)to : 0;
}

size_t tui_scrolled(size_t first, size_t cursor, size_t n, int lines)
{
	size_t shown = lines > 0 ? (size_t)lines : 1;

	if (cursor < first)
		first = cursor;
	if (cursor >= first + shown)
		first = cursor - shown + 1;
	if (first + shown > n)
		first = n > shown ? n - shown : 0;
	return first;
}

void tui_list_move(struct tui_list *list, long by)
{
	list->cursor = tui_moved(list->cursor, list->n, by);
}

void tui_list_settle(struct tui_list *list, size_t n, int lines)
{
	list->n = n;
	tui_list_move(list, 0);
	list->first = tui_scrolled(list->first, list->cursor, n, lines);
}
