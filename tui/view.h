/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which processes the table shows, in which order, and where the cursor is in it. */
#ifndef KSM_TUI_VIEW_H
#define KSM_TUI_VIEW_H

#include <limits.h>
#include <regex.h>

#include "report/sample.h"
#include "tui/columns.h"

enum tui_grouping { TUI_NO_GROUPS, TUI_BY_CGROUP, TUI_BY_NAME, TUI_GROUPINGS };

#define TUI_INPUT_MAX 128

struct tui_choice {
	enum tui_column_id sort;
	bool reverse;
	bool tree;
	bool concerned_only;
	enum tui_grouping grouping;
	char filter[TUI_INPUT_MAX]; /* with a leading '!' a regular expression; "" for none */
	char user[TUI_INPUT_MAX];
	char cgroup[TUI_INPUT_MAX];
};

/* What a scan of a process found. */
struct tui_potential {
	pid_t pid;
	uint64_t start_time;
	int64_t freed_bytes;
};

struct tui_view {
	struct tui_row *row;
	size_t n;
	size_t hidden; /* that the choice leaves out */
	size_t capacity;
	size_t cursor; /* below n, or 0 */
	size_t first;  /* the first one that is shown */
	bool follow;   /* the cursor stays with its process; else on its line */
	pid_t pid;     /* at the cursor; 0 for a group or none */
	uint64_t start_time;
	char name[PATH_MAX]; /* of the group at the cursor */
};

/*
 * Anew from @sample; what was in @before (NULL: unknown) tells what is new and gone. The view refers to both. -ENOMEM
 * only, and the view is empty then.
 */
int tui_view_build(struct tui_view *view, const struct tui_choice *choice,
		   const struct ksm_sample *sample, const struct ksm_sample *before,
		   const struct tui_potential *potentials, size_t n_potentials);
void tui_view_free(struct tui_view *view);

/* Moves it by @by rows, as far as there are any, and keeps it among the @lines lines that are shown. */
void tui_view_move(struct tui_view *view, long by, int lines);
/* Scrolls as little as brings the cursor among the lines. */
void tui_view_scroll(struct tui_view *view, int lines);
/* To the next row from the cursor (from the one behind it with @beyond), and around, that has @text. */
bool tui_view_search(struct tui_view *view, const char *text, bool beyond);

/* NULL if it is one, else why not. */
const char *tui_filter_error(const char *filter, char *buffer, size_t size);

#endif
