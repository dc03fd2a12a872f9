/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What keys do. */
#include <stdio.h>
#include <string.h>

#include "kernel/tunables.h"
#include "tui/amount.h"
#include "tui/input.h"
#include "tui/state.h"

#define DELAY_MIN    0.1
#define DELAY_MAX    3600.0
#define JUMP_SECONDS 60

static const struct tui_request nothing = {.kind = TUI_WANTS_NOTHING};

/* ---------------------------------------------------------------- moving */

static struct tui_list *current_list(struct tui *tui)
{
	return tui->mode == TUI_NORMAL ? &tui->list[tui->screen] : &tui->menu;
}

static void move(struct tui *tui, long by)
{
	if (tui->mode == TUI_NORMAL && tui->screen == TUI_PROCESSES) {
		tui->view.follow = true;
		tui_view_move(&tui->view, by, tui_page(tui));
	} else {
		tui_list_move(current_list(tui), by);
	}
}

/* True if @command was one that moves. */
static bool do_move(struct tui *tui, enum tui_command command)
{
	const long far = 1L << 40;

	switch (command) {
	case TUI_DO_UP:
		move(tui, -1);
		return true;
	case TUI_DO_DOWN:
		move(tui, 1);
		return true;
	case TUI_DO_PAGE_UP:
		move(tui, -tui_page(tui));
		return true;
	case TUI_DO_PAGE_DOWN:
		move(tui, tui_page(tui));
		return true;
	case TUI_DO_HOME:
		move(tui, -far);
		return true;
	case TUI_DO_END:
		move(tui, far);
		return true;
	default:
		return false;
	}
}

/* ---------------------------------------------------------------- menus */

static void open_menu(struct tui *tui, enum tui_mode mode, size_t n, size_t cursor)
{
	tui->mode = mode;
	tui->menu = (struct tui_list){.n = n, .cursor = cursor};
}

static void sort_by(struct tui *tui, enum tui_column_id column)
{
	tui->choice.reverse = tui->choice.sort == column && !tui->choice.reverse;
	tui->choice.sort = column;
	tui_rebuild(tui);
}

/* Columns, then meters, then kinds of graphs. */
static void toggle_setup(struct tui *tui)
{
	struct tui_config *config = &tui->config;
	size_t at = tui->menu.cursor;

	if (at < TUI_COLS) {
		/* Something has to tell what a row is about. */
		if (at != TUI_COL_PID && at != TUI_COL_NAME)
			config->column[at] = !config->column[at];
	} else if (at < TUI_COLS + TUI_METERS) {
		config->meter[at - TUI_COLS] = !config->meter[at - TUI_COLS];
	} else {
		config->graph = (enum tui_graph_kind)(at - TUI_COLS - TUI_METERS);
	}
}

static struct tui_request press_in_menu(struct tui *tui, int key)
{
	enum tui_command command = tui_command_of(key, TUI_LOG);

	if (do_move(tui, command))
		return nothing;
	if (command == TUI_DO_QUIT || command == TUI_DO_LEAVE ||
	    (tui->mode == TUI_HELP && command != TUI_DO_NOTHING)) {
		tui->mode = TUI_NORMAL;
	} else if (tui->mode == TUI_SORT_MENU && key == TUI_KEY_ENTER) {
		tui->mode = TUI_NORMAL;
		sort_by(tui, (enum tui_column_id)tui->menu.cursor);
	} else if (tui->mode == TUI_SETUP) {
		if (key == ' ' || key == TUI_KEY_ENTER)
			toggle_setup(tui);
		else if (command == TUI_DO_SETUP)
			tui->mode = TUI_NORMAL;
		else if (command == TUI_DO_SAVE_CONFIG)
			return (struct tui_request){.kind = TUI_WANTS_SAVE};
	}
	return nothing;
}

static struct tui_request press_in_confirm(struct tui *tui, int key)
{
	struct tui_request request = tui->request;

	if (key == 'y' || key == 'Y') {
		tui->mode = TUI_NORMAL;
		request.confirmed = true;
		return request;
	}
	if (key == 'n' || key == 'N' || key == TUI_KEY_ESCAPE || key == 'q')
		tui_withdraw(tui);
	return nothing;
}

/* ---------------------------------------------------------------- commands */

static void change_pace(struct tui *tui, double factor)
{
	if (tui->is_replay) {
		tui->speed /= factor;
		if (tui->speed < 0.125)
			tui->speed = 0.125;
		if (tui->speed > 64)
			tui->speed = 64;
		tui_say(tui, false, "speed %g", tui->speed);
		return;
	}
	tui->config.delay *= factor;
	if (tui->config.delay < DELAY_MIN)
		tui->config.delay = DELAY_MIN;
	if (tui->config.delay > DELAY_MAX)
		tui->config.delay = DELAY_MAX;
	tui_say(tui, false, "a sample every %.4g s", tui->config.delay);
}

/* The column beside it that is shown. */
static void sort_beside(struct tui *tui, int by)
{
	int column = tui->choice.sort;

	do {
		column = (column + by + TUI_COLS) % TUI_COLS;
	} while (!tui->config.column[column] && column != (int)tui->choice.sort);
	tui->choice.sort = (enum tui_column_id)column;
	tui->choice.reverse = false;
	tui_rebuild(tui);
}

static void next_grouping(struct tui *tui)
{
	static const char *const names[] = {"one row per process", "sums by control group",
					    "sums by name"};

	tui->choice.grouping = (enum tui_grouping)((tui->choice.grouping + 1) % TUI_GROUPINGS);
	tui_rebuild(tui);
	tui_say(tui, false, "%s", names[tui->choice.grouping]);
}

static void leave(struct tui *tui)
{
	if (tui->screen != TUI_PROCESSES) {
		tui->screen = TUI_PROCESSES;
		return;
	}
	*tui->choice.filter = *tui->choice.user = *tui->choice.cgroup = '\0';
	tui_rebuild(tui);
}

/* What it costs is told first; the screen of areas has told it. */
static struct tui_request ask_for_scan(struct tui *tui, const struct tui_row *row)
{
	const struct tui_request request = {
		.kind = TUI_WANTS_SCAN, .pid = row->pid, .start_time = row->start_time};
	char size[TUI_AMOUNT_MAX], line[64];

	if (tui->screen == TUI_AREAS)
		return request;
	tui_ask(tui, &request);
	snprintf(line, sizeof(line), "scan %.15s (%d):", row->name, row->pid);
	tui_ask_line(tui, line);
	tui_format_bytes(row->rss, size);
	snprintf(line, sizeof(line), "read its %s twice, 1 s apart,", size);
	tui_ask_line(tui, line);
	tui_ask_line(tui, "without disturbing it");
	return nothing;
}

static struct tui_request for_process(struct tui *tui, enum tui_request_kind kind)
{
	const struct tui_row *row = tui_chosen(tui);

	if (kind == TUI_WANTS_SCAN && tui->scan.state == TUI_SCAN_RUNS)
		return (struct tui_request){.kind = kind};
	if (!row || row->is_gone)
		tui_say(tui, true, row ? "process %d has exited" : "choose a process first",
			row ? row->pid : 0);
	else if (tui->is_replay)
		tui_say(tui, true, "this is a recording: there is no process to act on");
	else if (kind != TUI_WANTS_SCAN && !tui->may_write)
		tui_say(tui, true, "nothing is changed here unless started with --rw");
	else if (kind == TUI_WANTS_SCAN)
		return ask_for_scan(tui, row);
	else
		return (struct tui_request){
			.kind = kind, .pid = row->pid, .start_time = row->start_time};
	return nothing;
}

static void edit(struct tui *tui)
{
	const struct ksm_tunable *tunable = tui_tunable(tui, tui->list[TUI_TUNABLES].cursor);
	char value[KSM_TUNABLE_TEXT_MAX];

	if (!tunable)
		return;
	if (tui->is_replay || !tui->may_write) {
		tui_say(tui, true,
			tui->is_replay ? "this is a recording"
				       : "nothing is changed here unless started with --rw");
		return;
	}
	ksm_tunable_format(tunable, tui->sample->status.sysfs.value[tunable->field], value);
	tui_begin_input(tui, TUI_INPUT_VALUE, value);
}

static struct tui_request replay(struct tui *tui, enum tui_command command)
{
	struct tui_request request = {.kind = TUI_WANTS_STEP};

	if (!tui->is_replay) {
		tui_say(tui, true, "this key is for --replay");
		return nothing;
	}
	if (command == TUI_DO_JUMP || command == TUI_DO_JUMP_BACK)
		request.kind = TUI_WANTS_JUMP;
	request.number = request.kind == TUI_WANTS_JUMP ? JUMP_SECONDS : 1;
	if (command == TUI_DO_STEP_BACK || command == TUI_DO_JUMP_BACK)
		request.number = -request.number;
	tui->is_paused = true;
	return request;
}

/* What opens a menu or a line to type in. True if @command was that; so below. */
static bool do_open(struct tui *tui, enum tui_command command)
{
	switch (command) {
	case TUI_DO_HELP:
		open_menu(tui, TUI_HELP, 1, 0);
		return true;
	case TUI_DO_SETUP:
		open_menu(tui, TUI_SETUP, TUI_COLS + TUI_METERS + TUI_GRAPH_KINDS, 0);
		return true;
	case TUI_DO_SORT_MENU:
		open_menu(tui, TUI_SORT_MENU, TUI_COLS, tui->choice.sort);
		return true;
	case TUI_DO_SEARCH:
		tui_begin_input(tui, TUI_INPUT_SEARCH, "");
		return true;
	case TUI_DO_FILTER:
		tui_begin_input(tui, TUI_INPUT_FILTER, tui->choice.filter);
		return true;
	case TUI_DO_FILTER_USER:
		tui_begin_input(tui, TUI_INPUT_USER, tui->choice.user);
		return true;
	case TUI_DO_FILTER_CGROUP:
		tui_begin_input(tui, TUI_INPUT_CGROUP, tui->choice.cgroup);
		return true;
	case TUI_DO_EDIT:
		edit(tui);
		return true;
	default:
		return false;
	}
}

/* What changes how the table shows its rows. */
static bool do_arrange(struct tui *tui, enum tui_command command)
{
	struct tui_choice *choice = &tui->choice;

	switch (command) {
	case TUI_DO_CONCERNED:
		choice->concerned_only = !choice->concerned_only;
		tui_rebuild(tui);
		tui_say(tui, false,
			choice->concerned_only ? "only processes that KSM has to do with"
					       : "all processes");
		return true;
	case TUI_DO_TREE:
		choice->tree = !choice->tree;
		tui_rebuild(tui);
		return true;
	case TUI_DO_SORT_LEFT:
		sort_beside(tui, -1);
		return true;
	case TUI_DO_SORT_RIGHT:
		sort_beside(tui, 1);
		return true;
	case TUI_DO_REVERSE:
		choice->reverse = !choice->reverse;
		tui_rebuild(tui);
		return true;
	case TUI_DO_GROUP:
		next_grouping(tui);
		return true;
	case TUI_DO_FOLLOW:
		tui->view.follow = !tui->view.follow;
		tui_say(tui, false,
			tui->view.follow ? "the cursor stays with its process"
					 : "the cursor stays on its line");
		return true;
	case TUI_DO_LEFT:
		tui->shift -= tui->shift > 0;
		return true;
	case TUI_DO_RIGHT:
		tui->shift += tui->shift < TUI_COLS;
		return true;
	default:
		return false;
	}
}

static void show_screen(struct tui *tui, int by)
{
	tui->screen = (enum tui_screen)((tui->screen + TUI_SCREENS + by) % TUI_SCREENS);
}

static struct tui_request do_command(struct tui *tui, enum tui_command command)
{
	if (do_move(tui, command) || do_open(tui, command) || do_arrange(tui, command))
		return nothing;
	switch (command) {
	case TUI_DO_SEARCH_NEXT:
		tui_search(tui, true);
		break;
	case TUI_DO_PAUSE:
		tui->is_paused = !tui->is_paused;
		break;
	case TUI_DO_FASTER:
		change_pace(tui, 0.5);
		break;
	case TUI_DO_SLOWER:
		change_pace(tui, 2);
		break;
	case TUI_DO_NEXT_SCREEN:
		show_screen(tui, 1);
		break;
	case TUI_DO_LAST_SCREEN:
		show_screen(tui, -1);
		break;
	case TUI_DO_LEAVE:
		leave(tui);
		break;
	case TUI_DO_SCAN:
		return for_process(tui, TUI_WANTS_SCAN);
	case TUI_DO_MERGE:
		return for_process(tui, TUI_WANTS_MERGE);
	case TUI_DO_UNMERGE:
		return for_process(tui, TUI_WANTS_UNMERGE);
	case TUI_DO_STEP:
	case TUI_DO_STEP_BACK:
	case TUI_DO_JUMP:
	case TUI_DO_JUMP_BACK:
		return replay(tui, command);
	case TUI_DO_SAVE_CONFIG:
		return (struct tui_request){.kind = TUI_WANTS_SAVE};
	case TUI_DO_REDRAW:
		return (struct tui_request){.kind = TUI_WANTS_REDRAW};
	case TUI_DO_QUIT:
		return (struct tui_request){.kind = TUI_WANTS_QUIT};
	default:
		break;
	}
	return nothing;
}

/* ---------------------------------------------------------------- mouse */

static struct tui_request click(struct tui *tui, const struct tui_mouse *mouse)
{
	const struct tui_hits *hits = &tui->hits;
	int line = mouse->y - hits->table_y;

	for (size_t i = 0; mouse->y == hits->bar_y && i < hits->n_bar; i++)
		if (mouse->x >= hits->bar[i].x && mouse->x < hits->bar[i].x + hits->bar[i].width)
			return tui_press(tui, hits->bar[i].key, NULL);
	if (tui->mode != TUI_NORMAL)
		return nothing;
	for (size_t i = 0; line == -1 && i < hits->n_headings; i++)
		if (mouse->x >= hits->heading[i].x &&
		    mouse->x < hits->heading[i].x + hits->heading[i].width)
			sort_by(tui, hits->heading[i].column);
	if (line >= 0 && line < hits->table_height) {
		if (tui->screen == TUI_PROCESSES)
			move(tui, (long)tui->view.first + line - (long)tui->view.cursor);
		else
			move(tui, (long)current_list(tui)->first + line -
					  (long)current_list(tui)->cursor);
	}
	return nothing;
}

static struct tui_request press_mouse(struct tui *tui, const struct tui_mouse *mouse)
{
	if (mouse->button == TUI_MOUSE_LEFT)
		return click(tui, mouse);
	move(tui, mouse->button == TUI_MOUSE_WHEEL_UP ? -3 : 3);
	return nothing;
}

/* ---------------------------------------------------------------- */

struct tui_request tui_press(struct tui *tui, int key, const struct tui_mouse *mouse)
{
	enum tui_column_id column;
	enum tui_command command;

	if (key == TUI_KEY_MOUSE)
		return mouse ? press_mouse(tui, mouse) : nothing;
	if (tui->mode == TUI_INPUT)
		return tui_press_in_input(tui, key);
	*tui->message = '\0';
	if (tui->mode == TUI_CONFIRM)
		return press_in_confirm(tui, key);
	if (tui->mode != TUI_NORMAL)
		return press_in_menu(tui, key);
	command = tui_command_of(key, tui->screen);
	column = tui_column_of_letter(key);
	if (command == TUI_DO_NOTHING && tui->screen == TUI_PROCESSES && column != TUI_COLS)
		sort_by(tui, column);
	else
		return do_command(tui, command);
	return nothing;
}
