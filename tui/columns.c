/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tui/columns.h"

#include <string.h>

#include "estimate/estimate.h"
#include "tui/amount.h"

#define AT(member) offsetof(struct tui_row, member)

/* clang-format off */
static const struct tui_column columns[TUI_COLS] = {
	[TUI_COL_PID] = {"pid", "PID", "process", TUI_PID, 7, 'D', 0, true, AT(pid)},
	[TUI_COL_USER] = {"user", "USER", "whose it is", TUI_TEXT, 8, 0, 5, true, AT(user)},
	[TUI_COL_NAME] = {"name", "NAME", "of the process", TUI_TEXT, 15, 'N', 0, true, AT(name)},
	[TUI_COL_RSS] = {"rss", "RSS", "memory that it has now", TUI_BYTES, 6, 'R', 4, true, AT(rss)},
	[TUI_COL_MERGING] = {"merging", "MERGING", "pages of it that are merged with others", TUI_COUNT, 7, 'M', 6, true, AT(merging)},
	[TUI_COL_SAVED] = {"saved", "SAVED", "its merged pages, those in the zero page too", TUI_BYTES, 6, 'S', 1, true, AT(saved)},
	[TUI_COL_ZERO] = {"zero", "ZERO", "of these, merged with the zero page", TUI_BYTES, 6, 'O', 8, true, AT(zero)},
	[TUI_COL_COST] = {"cost", "COST", "what its rmap items take", TUI_BYTES, 6, 'K', 7, true, AT(cost)},
	[TUI_COL_PROFIT] = {"profit", "PROFIT", "saved less cost, as the kernel counts", TUI_BYTES, 6, 'P', 0, true, AT(profit)},
	[TUI_COL_OPT_IN] = {"opt-in", "OPT-IN", "whole, part or none of it has opted in", TUI_TEXT, 6, 'A', 2, true, AT(opt_in)},
	[TUI_COL_POTENTIAL] = {"potential", "POTENT", "what a scan found that merging it alone frees", TUI_BYTES, 6, 'E', 3, true, AT(potential)},
	[TUI_COL_CGROUP] = {"cgroup", "CGROUP", "control group, or unit", TUI_TEXT, 8, 0, 9, true, AT(cgroup)},
};
/* clang-format on */

const struct tui_column *tui_column_at(enum tui_column_id id)
{
	return &columns[id];
}

enum tui_column_id tui_column_find(const char *name)
{
	int id = 0;

	while (id < TUI_COLS && strcmp(columns[id].name, name) != 0)
		id++;
	return (enum tui_column_id)id;
}

enum tui_column_id tui_column_of_letter(int letter)
{
	int id = 0;

	while (id < TUI_COLS && (!letter || columns[id].letter != letter))
		id++;
	return (enum tui_column_id)id;
}

const char *tui_row_text(const struct tui_row *row, enum tui_column_id column)
{
	return *(const char *const *)((const char *)row + columns[column].offset);
}

int64_t tui_row_number(const struct tui_row *row, enum tui_column_id column)
{
	const char *at = (const char *)row + columns[column].offset;

	return columns[column].kind == TUI_PID ? *(const pid_t *)at : *(const int64_t *)at;
}

static int compare_numbers(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

int tui_row_compare(const struct tui_row *a, const struct tui_row *b, enum tui_column_id column,
		    bool reverse)
{
	int order;

	if (columns[column].kind == TUI_TEXT) {
		order = strcasecmp(tui_row_text(a, column), tui_row_text(b, column));
	} else {
		int64_t x = tui_row_number(a, column), y = tui_row_number(b, column);

		if (x != y && (x == KSM_UNKNOWN || y == KSM_UNKNOWN))
			return x == KSM_UNKNOWN ? 1 : -1;
		order = columns[column].kind == TUI_PID ? compare_numbers(x, y)
							: compare_numbers(y, x);
	}
	if (order)
		return reverse ? -order : order;
	return compare_numbers(a->pid, b->pid) ?: strcmp(a->name, b->name);
}
