/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A line that is typed in: what to search, to filter by or to set. Not for use outside tui. */
#ifndef KSM_TUI_INPUT_H
#define KSM_TUI_INPUT_H

#include "tui/state.h"

/* Lines that the table shows, at least one. */
int tui_page(const struct tui *tui);

void tui_begin_input(struct tui *tui, enum tui_input input, const char *text);
struct tui_request tui_press_in_input(struct tui *tui, int key);

/* To the next process that has what is searched for, the chosen one counting unless it is to be @beyond that. */
void tui_search(struct tui *tui, bool beyond);

#endif
