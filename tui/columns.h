/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The columns of the table of processes: one row each. */
#ifndef KSM_TUI_COLUMNS_H
#define KSM_TUI_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What a line of the table is about: a process, or a group of them. Strings are the sample's. */
struct tui_row {
	pid_t pid; /* 0 for a group */
	pid_t ppid;
	uint64_t start_time;
	const char *name; /* of a group what its processes have in common */
	const char *user;
	const char *cgroup;
	const char *opt_in; /* "" if unknown */
	int64_t rss; /* bytes, as all below but merging: pages; KSM_UNKNOWN where the kernel does not tell */
	int64_t merging;
	int64_t saved;
	int64_t zero;
	int64_t cost;
	int64_t profit;
	int64_t potential; /* what a scan found that merging frees */
	uint32_t members;  /* of a group */
	bool is_concerned; /* KSM has to do with it */
	bool is_new;	   /* not in the sample before */
	bool is_gone;	   /* in the sample before alone */
	uint8_t depth;	   /* in the tree */
	uint64_t last;	   /* bit d: at depth d no sibling follows */
};

enum tui_column_id {
	TUI_COL_PID,
	TUI_COL_USER,
	TUI_COL_NAME,
	TUI_COL_RSS,
	TUI_COL_MERGING,
	TUI_COL_SAVED,
	TUI_COL_ZERO,
	TUI_COL_COST,
	TUI_COL_PROFIT,
	TUI_COL_OPT_IN,
	TUI_COL_POTENTIAL,
	TUI_COL_CGROUP,
	TUI_COLS
};

enum tui_column_kind { TUI_TEXT, TUI_PID, TUI_BYTES, TUI_COUNT };

struct tui_column {
	const char *name; /* in a configuration file */
	const char *title;
	const char *help;
	enum tui_column_kind kind;
	int width;	  /* columns; of a text at least */
	char letter;	  /* sorts by it; 0: none */
	uint8_t priority; /* where not all fit, the highest goes first; 0 stays */
	bool is_default;
	size_t offset; /* of the value in struct tui_row */
};

const struct tui_column *tui_column_at(enum tui_column_id id);
/* TUI_COLS for a word that is none. */
enum tui_column_id tui_column_find(const char *name);
enum tui_column_id tui_column_of_letter(int letter);

/* By that column: largest numbers first, texts by letters, what is unknown last, and then by pid. */
int tui_row_compare(const struct tui_row *a, const struct tui_row *b, enum tui_column_id column,
		    bool reverse);
const char *tui_row_text(const struct tui_row *row, enum tui_column_id column);
int64_t tui_row_number(const struct tui_row *row, enum tui_column_id column);

#endif
