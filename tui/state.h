/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All that the dashboard shows and knows. Keys change it (control.c) and may ask for more than it can do by itself, in
 * a request; drawing (draw.h) reads it alone. Neither knows of a terminal, a machine or a clock.
 */
#ifndef KSM_TUI_STATE_H
#define KSM_TUI_STATE_H

#include "tui/config.h"
#include "tui/keys.h"
#include "tui/list.h"
#include "tui/view.h"

enum tui_mode { TUI_NORMAL, TUI_HELP, TUI_SETUP, TUI_SORT_MENU, TUI_INPUT, TUI_CONFIRM };

enum tui_input {
	TUI_INPUT_SEARCH,
	TUI_INPUT_FILTER,
	TUI_INPUT_USER,
	TUI_INPUT_CGROUP,
	TUI_INPUT_VALUE, /* of a tunable */
};

enum tui_request_kind {
	TUI_WANTS_NOTHING,
	TUI_WANTS_QUIT,
	TUI_WANTS_REDRAW,
	TUI_WANTS_SCAN, /* or an end of the one that runs */
	TUI_WANTS_MERGE,
	TUI_WANTS_UNMERGE,
	TUI_WANTS_SET,
	TUI_WANTS_SAVE,
	TUI_WANTS_STEP, /* @number samples on or back, in a replay */
	TUI_WANTS_JUMP, /* @number seconds, likewise */
};

struct tui_request {
	enum tui_request_kind kind;
	bool confirmed; /* what would be done has been shown, and agreed to */
	pid_t pid;
	uint64_t start_time; /* of that process: its pid may be another's by now */
	long number;
	char text[TUI_INPUT_MAX]; /* "NAME=VALUE" */
};

/* What a scan has found by area. */
struct tui_area {
	char name[96];
	int64_t present_bytes;
	int64_t duplicate_bytes;
	int64_t zero_bytes;
	int64_t freed_bytes;
};

enum tui_scan_state { TUI_SCAN_NONE, TUI_SCAN_RUNS, TUI_SCAN_DONE, TUI_SCAN_FAILED };

/* Of the scan that ran last. */
struct tui_scan {
	enum tui_scan_state state;
	pid_t pid;
	uint64_t start_time;
	char name[32];
	double progress; /* 0 to 1 */
	char error[256];
	bool is_sample; /* for want of memory: the rest but for present_bytes is an estimate */
	int64_t present_bytes;
	int64_t freed_bytes;
	int64_t cost_bytes;
	int64_t passes_to_settle; /* KSM_UNKNOWN if that is not in sight */
	double seconds_to_settle;
	struct tui_area *area; /* most freed first */
	size_t n_areas;
};

#define TUI_LOG_LINES	  256
#define TUI_CONFIRM_LINES 8

struct tui_log_line {
	double time;
	char text[256];
};

/* Where ksmd is in the pass that runs. */
struct tui_pass {
	bool is_known; /* its begin was seen */
	int64_t full_scans;
	double pages_at_begin;
	double began;
	double seconds; /* of the pass before; 0: unknown */
};

/* What a click on a place of the screen means, as of the last drawing. */
struct tui_hits {
	int table_y, table_height; /* lines with rows; the headings are above */
	struct {
		int x, width;
		enum tui_column_id column;
	} heading[TUI_COLS];
	size_t n_headings;
	int bar_y;
	struct {
		int x, width, key;
	} bar[16];
	size_t n_bar;
};

struct tui {
	bool may_write;
	bool is_replay;
	struct tui_config config;
	struct tui_choice choice;

	const struct ksm_sample *sample; /* NULL before the first */
	const struct ksm_sample *before;
	struct tui_history saved;
	struct tui_history cpu;
	struct tui_pass pass;
	struct tui_view view;
	struct tui_potential *potential;
	size_t n_potentials, potential_capacity;
	struct tui_scan scan;
	int shift; /* columns of the table that are passed over */

	enum tui_screen screen;
	struct tui_list list[TUI_SCREENS]; /* of processes: unused */
	enum tui_mode mode;
	struct tui_list menu; /* of help, setup and the sort menu */
	enum tui_input input;
	char text[TUI_INPUT_MAX]; /* being typed */
	size_t search_from;	  /* where the cursor was before */
	char search[TUI_INPUT_MAX];
	struct tui_request request; /* that waits for a yes */
	char confirm[TUI_CONFIRM_LINES][160];
	size_t n_confirm;
	bool is_paused;
	double speed;	  /* of a replay */
	size_t replay_at; /* number of the sample, from 1 */
	size_t replay_size;

	char message[256]; /* in the last line but one, until the next key */
	bool message_is_bad;
	struct tui_log_line log[TUI_LOG_LINES];
	size_t n_log; /* ever; the newest TUI_LOG_LINES are kept */
	struct tui_hits hits;
};

void tui_init(struct tui *tui, const struct tui_config *config);
void tui_release(struct tui *tui);

/* Shows @sample from now on, beside what was in @before; both stay the caller's, and must live until the next call. */
int tui_take_sample(struct tui *tui, const struct ksm_sample *sample,
		    const struct ksm_sample *before);
/* Where a replay goes back, what was counted along the way begins anew. */
void tui_forget_history(struct tui *tui);
int tui_rebuild(struct tui *tui);
/* What a scan that is done has found. */
int tui_note_potential(struct tui *tui, const struct tui_scan *scan);

struct tui_request tui_press(struct tui *tui, int key, const struct tui_mouse *mouse);

/* Asks whether @request is to be done. */
void tui_ask(struct tui *tui, const struct tui_request *request);
/* Part of the question: what that would write, or what speaks against it. */
void tui_ask_line(struct tui *tui, const char *text);
/* Without an answer, or by one that is no. */
void tui_withdraw(struct tui *tui);

void tui_say(struct tui *tui, bool is_bad, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void tui_log(struct tui *tui, double time, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The @back-th newest line, counted from 0. */
const struct tui_log_line *tui_logged(const struct tui *tui, size_t back);

/* The process at the cursor; NULL for none or a group. */
const struct tui_row *tui_chosen(const struct tui *tui);
/* The tunables that the machine has, by number; NULL past the last. */
const struct ksm_tunable *tui_tunable(const struct tui *tui, size_t number);
/* 0 to 1; NAN while the begin of the pass has not been seen. */
double tui_pass_progress(const struct tui *tui);

#endif
