/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Amounts in few columns, for tables: at most TUI_AMOUNT_COLUMNS, and never cut. */
#ifndef KSM_TUI_AMOUNT_H
#define KSM_TUI_AMOUNT_H

#include <stdint.h>

#define TUI_AMOUNT_COLUMNS 6
#define TUI_AMOUNT_MAX	   16

/* "512B", "1.23G", "-1023K": three digits or more. "-" for KSM_UNKNOWN. */
void tui_format_bytes(int64_t bytes, char ret_text[TUI_AMOUNT_MAX]);
/* "99999", "1.23M": thousands are decimal. "-" for KSM_UNKNOWN. */
void tui_format_count(int64_t count, char ret_text[TUI_AMOUNT_MAX]);
/* A rate or a share; "-" for NAN. */
void tui_format_real(double value, char ret_text[TUI_AMOUNT_MAX]);

#endif
