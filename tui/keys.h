/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keys, whatever terminal they come from, and what each does. One table makes dispatch, bottom line and help. */
#ifndef KSM_TUI_KEYS_H
#define KSM_TUI_KEYS_H

#include <stdbool.h>
#include <stddef.h>

/* Characters are their own code points; all others are here. */
enum tui_key {
	TUI_KEY_NONE = 0,
	TUI_KEY_TAB = '\t',
	TUI_KEY_ENTER = '\r',
	TUI_KEY_ESCAPE = 27,
	TUI_KEY_BACKSPACE = 127,
	TUI_KEY_UP = 0x110000,
	TUI_KEY_DOWN,
	TUI_KEY_LEFT,
	TUI_KEY_RIGHT,
	TUI_KEY_PAGE_UP,
	TUI_KEY_PAGE_DOWN,
	TUI_KEY_HOME,
	TUI_KEY_END,
	TUI_KEY_BACK_TAB,
	TUI_KEY_MOUSE, /* see struct tui_mouse */
	TUI_KEY_F,     /* F1 is TUI_KEY_F + 1 */
	TUI_KEY_F_LAST = TUI_KEY_F + 12,
};

enum tui_screen {
	TUI_PROCESSES,
	TUI_AREAS,    /* of the chosen process, and what each would save */
	TUI_TUNABLES, /* and what they mean */
	TUI_LOG,      /* of what was changed */
	TUI_SCREENS
};

enum tui_command {
	TUI_DO_NOTHING,
	TUI_DO_UP,
	TUI_DO_DOWN,
	TUI_DO_PAGE_UP,
	TUI_DO_PAGE_DOWN,
	TUI_DO_HOME,
	TUI_DO_END,
	TUI_DO_LEFT,
	TUI_DO_RIGHT,
	TUI_DO_HELP,
	TUI_DO_SETUP,
	TUI_DO_SEARCH,
	TUI_DO_SEARCH_NEXT,
	TUI_DO_FILTER,
	TUI_DO_FILTER_USER,
	TUI_DO_FILTER_CGROUP,
	TUI_DO_TREE,
	TUI_DO_SORT_MENU,
	TUI_DO_SORT_LEFT,
	TUI_DO_SORT_RIGHT,
	TUI_DO_REVERSE,
	TUI_DO_GROUP,
	TUI_DO_CONCERNED,
	TUI_DO_FOLLOW,
	TUI_DO_PAUSE,
	TUI_DO_FASTER,
	TUI_DO_SLOWER,
	TUI_DO_NEXT_SCREEN,
	TUI_DO_LAST_SCREEN,
	TUI_DO_SCAN,
	TUI_DO_MERGE,
	TUI_DO_UNMERGE,
	TUI_DO_EDIT,
	TUI_DO_STEP_BACK,
	TUI_DO_STEP,
	TUI_DO_JUMP_BACK,
	TUI_DO_JUMP,
	TUI_DO_SAVE_CONFIG,
	TUI_DO_REDRAW,
	TUI_DO_LEAVE, /* what is on top, or a screen for the first one */
	TUI_DO_QUIT,
};

enum tui_key_group {
	TUI_GROUP_MOVE,
	TUI_GROUP_SHOW,
	TUI_GROUP_DO,
	TUI_GROUP_REPLAY,
	TUI_KEY_GROUPS
};

struct tui_binding {
	int key[3]; /* 0: no more */
	enum tui_command command;
	unsigned int screens; /* where it works: a bit for each enum tui_screen */
	enum tui_key_group group;
	const char *label; /* in the bottom line; NULL: not there */
	const char *help;
};

const struct tui_binding *tui_bindings(size_t *ret_n);
enum tui_command tui_command_of(int key, enum tui_screen screen);
const char *tui_key_group_name(enum tui_key_group group);

/* "F5", "Space", "a" */
#define TUI_KEY_NAME_MAX 12
void tui_key_name(int key, char ret_name[TUI_KEY_NAME_MAX]);

/* Any of a binding's keys that @screen has for it, with their names: "F4 \". */
void tui_binding_keys(const struct tui_binding *binding, char *ret_text, size_t size);

enum tui_mouse_button { TUI_MOUSE_LEFT, TUI_MOUSE_WHEEL_UP, TUI_MOUSE_WHEEL_DOWN };
struct tui_mouse {
	int x, y;
	enum tui_mouse_button button;
};

#endif
