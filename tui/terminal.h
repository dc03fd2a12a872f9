/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The terminal, through ncurses: shows canvases, gives keys, and is left as it was found. */
#ifndef KSM_TUI_TERMINAL_H
#define KSM_TUI_TERMINAL_H

#include "base/error.h"
#include "tui/canvas.h"
#include "tui/keys.h"

/* One at a time: ncurses has a state of its own. Without @color, by attributes alone. */
int tui_terminal_open(bool color, struct ksm_error *err);
void tui_terminal_close(void);

/* Can it show more than ASCII? By the locale. */
bool tui_terminal_is_utf8(void);
void tui_terminal_size(int *ret_width, int *ret_height);
/* With @anew as if nothing were on it. */
void tui_terminal_show(const struct tui_canvas *canvas, bool anew);
/* Waits at most @milliseconds; TUI_KEY_NONE if there was no key, or the size has changed. */
int tui_terminal_key(int milliseconds, struct tui_mouse *ret_mouse);
/* SIGTERM, SIGHUP, SIGINT or SIGQUIT has come: its number, or 0. */
int tui_terminal_signal(void);

#endif
