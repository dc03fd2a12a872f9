/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tui/keys.h"

#include <stdio.h>
#include <string.h>

#define ON(screen) (1u << (screen))
#define EVERYWHERE (ON(TUI_SCREENS) - 1)
#define TABLE	   ON(TUI_PROCESSES)
#define TARGETS	   (ON(TUI_PROCESSES) | ON(TUI_AREAS))
#define F(n)	   (TUI_KEY_F + (n))

/* In the order of the help; labels in the order of the bottom line. */
/* clang-format off */
static const struct tui_binding bindings[] = {
	{{F(1), 'h', '?'}, TUI_DO_HELP, EVERYWHERE, TUI_GROUP_SHOW, "Help", "this page"},
	{{F(2)}, TUI_DO_SETUP, EVERYWHERE, TUI_GROUP_SHOW, "Setup", "choose columns, meters and graphs"},
	{{'W'}, TUI_DO_SAVE_CONFIG, EVERYWHERE, TUI_GROUP_SHOW, NULL, "save what was set up, with order and rate"},
	{{F(3), '/'}, TUI_DO_SEARCH, TABLE, TUI_GROUP_MOVE, "Search", "search while typing; Enter stays, Esc goes back"},
	{{'n'}, TUI_DO_SEARCH_NEXT, TABLE, TUI_GROUP_MOVE, NULL, "the next that was searched for"},
	{{F(4), '\\'}, TUI_DO_FILTER, TABLE, TUI_GROUP_SHOW, "Filter", "show only what has this in pid, name, user or cgroup; !RE: a regular expression"},
	{{'U'}, TUI_DO_FILTER_USER, TABLE, TUI_GROUP_SHOW, NULL, "only processes of one user"},
	{{'C'}, TUI_DO_FILTER_CGROUP, TABLE, TUI_GROUP_SHOW, NULL, "only those in a control group or below it"},
	{{'i'}, TUI_DO_CONCERNED, TABLE, TUI_GROUP_SHOW, NULL, "only those that KSM has to do with, or all"},
	{{F(5), 't'}, TUI_DO_TREE, TABLE, TUI_GROUP_SHOW, "Tree", "children below their parents"},
	{{F(6)}, TUI_DO_SORT_MENU, TABLE, TUI_GROUP_SHOW, "Sort", "choose the column to sort by; its letter does so at once"},
	{{'<', ','}, TUI_DO_SORT_LEFT, TABLE, TUI_GROUP_SHOW, NULL, "sort by the column to the left"},
	{{'>', '.'}, TUI_DO_SORT_RIGHT, TABLE, TUI_GROUP_SHOW, NULL, "sort by the column to the right"},
	{{'I'}, TUI_DO_REVERSE, TABLE, TUI_GROUP_SHOW, NULL, "the other way round"},
	{{'g'}, TUI_DO_GROUP, TABLE, TUI_GROUP_SHOW, NULL, "sums by control group, by name, or none"},
	{{'F'}, TUI_DO_FOLLOW, TABLE, TUI_GROUP_MOVE, NULL, "the cursor stays with its process, or on its line"},
	{{'Z', ' '}, TUI_DO_PAUSE, EVERYWHERE, TUI_GROUP_SHOW, NULL, "stop taking samples, or go on; all else works meanwhile"},
	{{'+', '='}, TUI_DO_FASTER, EVERYWHERE, TUI_GROUP_SHOW, NULL, "samples more often; a replay runs faster"},
	{{'-'}, TUI_DO_SLOWER, EVERYWHERE, TUI_GROUP_SHOW, NULL, "less often; slower"},
	{{TUI_KEY_UP, 'k'}, TUI_DO_UP, EVERYWHERE, TUI_GROUP_MOVE, NULL, "up"},
	{{TUI_KEY_DOWN, 'j'}, TUI_DO_DOWN, EVERYWHERE, TUI_GROUP_MOVE, NULL, "down"},
	{{TUI_KEY_PAGE_UP, 'b' & 0x1f}, TUI_DO_PAGE_UP, EVERYWHERE, TUI_GROUP_MOVE, NULL, "a page up"},
	{{TUI_KEY_PAGE_DOWN, 'f' & 0x1f}, TUI_DO_PAGE_DOWN, EVERYWHERE, TUI_GROUP_MOVE, NULL, "a page down"},
	{{TUI_KEY_HOME}, TUI_DO_HOME, EVERYWHERE, TUI_GROUP_MOVE, NULL, "to the first"},
	{{TUI_KEY_END}, TUI_DO_END, EVERYWHERE, TUI_GROUP_MOVE, NULL, "to the last"},
	{{TUI_KEY_LEFT}, TUI_DO_LEFT, TABLE, TUI_GROUP_MOVE, NULL, "further columns to the left"},
	{{TUI_KEY_RIGHT}, TUI_DO_RIGHT, TABLE, TUI_GROUP_MOVE, NULL, "further columns to the right"},
	{{TUI_KEY_TAB}, TUI_DO_NEXT_SCREEN, EVERYWHERE, TUI_GROUP_MOVE, "Screen", "processes, areas, tunables, log"},
	{{TUI_KEY_BACK_TAB}, TUI_DO_LAST_SCREEN, EVERYWHERE, TUI_GROUP_MOVE, NULL, "the same backwards"},
	{{'s'}, TUI_DO_SCAN, TARGETS, TUI_GROUP_DO, "Scan", "read the chosen process's memory and forecast what merging it saves; again: stop"},
	{{'m'}, TUI_DO_MERGE, TARGETS, TUI_GROUP_DO, "Merge", "opt the chosen process in (with --rw)"},
	{{'u'}, TUI_DO_UNMERGE, TARGETS, TUI_GROUP_DO, "Unmerge", "opt it out (with --rw)"},
	{{TUI_KEY_ENTER, 'e'}, TUI_DO_EDIT, ON(TUI_TUNABLES), TUI_GROUP_DO, "Change", "give the tunable another value (with --rw)"},
	{{'['}, TUI_DO_STEP_BACK, EVERYWHERE, TUI_GROUP_REPLAY, NULL, "the sample before"},
	{{']'}, TUI_DO_STEP, EVERYWHERE, TUI_GROUP_REPLAY, NULL, "the next sample"},
	{{'{'}, TUI_DO_JUMP_BACK, EVERYWHERE, TUI_GROUP_REPLAY, NULL, "a minute back"},
	{{'}'}, TUI_DO_JUMP, EVERYWHERE, TUI_GROUP_REPLAY, NULL, "a minute on"},
	{{'l' & 0x1f}, TUI_DO_REDRAW, EVERYWHERE, TUI_GROUP_SHOW, NULL, "draw the screen anew"},
	{{TUI_KEY_ESCAPE}, TUI_DO_LEAVE, EVERYWHERE, TUI_GROUP_MOVE, NULL, "back, or take filters away"},
	{{F(10), 'q'}, TUI_DO_QUIT, EVERYWHERE, TUI_GROUP_SHOW, "Quit", "end"},
};
/* clang-format on */

const struct tui_binding *tui_bindings(size_t *ret_n)
{
	*ret_n = sizeof(bindings) / sizeof(bindings[0]);
	return bindings;
}

enum tui_command tui_command_of(int key, enum tui_screen screen)
{
	for (size_t i = 0; i < sizeof(bindings) / sizeof(bindings[0]); i++)
		for (size_t k = 0; k < 3 && bindings[i].key[k]; k++)
			if (bindings[i].key[k] == key && (bindings[i].screens & ON(screen)))
				return bindings[i].command;
	return TUI_DO_NOTHING;
}

const char *tui_key_group_name(enum tui_key_group group)
{
	static const char *const names[TUI_KEY_GROUPS] = {
		[TUI_GROUP_MOVE] = "moving",
		[TUI_GROUP_SHOW] = "what is shown",
		[TUI_GROUP_DO] = "doing",
		[TUI_GROUP_REPLAY] = "replay",
	};

	return names[group];
}

void tui_key_name(int key, char ret_name[TUI_KEY_NAME_MAX])
{
	static const struct {
		int key;
		const char *name;
	} names[] = {
		{TUI_KEY_TAB, "Tab"},	     {TUI_KEY_ENTER, "Enter"},
		{TUI_KEY_ESCAPE, "Esc"},     {' ', "Space"},
		{TUI_KEY_UP, "Up"},	     {TUI_KEY_DOWN, "Down"},
		{TUI_KEY_LEFT, "Left"},	     {TUI_KEY_RIGHT, "Right"},
		{TUI_KEY_PAGE_UP, "PgUp"},   {TUI_KEY_PAGE_DOWN, "PgDn"},
		{TUI_KEY_HOME, "Home"},	     {TUI_KEY_END, "End"},
		{TUI_KEY_BACK_TAB, "S-Tab"}, {TUI_KEY_BACKSPACE, "Backsp"},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].key == key) {
			strcpy(ret_name, names[i].name);
			return;
		}
	}
	if (key > TUI_KEY_F && key <= TUI_KEY_F_LAST)
		snprintf(ret_name, TUI_KEY_NAME_MAX, "F%d", key - TUI_KEY_F);
	else if (key < ' ')
		snprintf(ret_name, TUI_KEY_NAME_MAX, "^%c", '@' + key);
	else
		snprintf(ret_name, TUI_KEY_NAME_MAX, "%c", key < 0x7f ? key : '?');
}

void tui_binding_keys(const struct tui_binding *binding, char *ret_text, size_t size)
{
	size_t used = 0;

	*ret_text = '\0';
	for (size_t k = 0; k < 3 && binding->key[k] && used < size; k++) {
		char name[TUI_KEY_NAME_MAX];

		tui_key_name(binding->key[k], name);
		used += (size_t)snprintf(ret_text + used, size - used, k ? " %s" : "%s", name);
	}
}
