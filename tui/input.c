/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tui/input.h"

#include <stdio.h>
#include <string.h>

#include "kernel/tunables.h"

static const struct tui_request nothing = {.kind = TUI_WANTS_NOTHING};

int tui_page(const struct tui *tui)
{
	return tui->hits.table_height > 1 ? tui->hits.table_height : 1;
}

void tui_begin_input(struct tui *tui, enum tui_input input, const char *text)
{
	tui->mode = TUI_INPUT;
	tui->input = input;
	tui->search_from = tui->view.cursor;
	snprintf(tui->text, sizeof(tui->text), "%s", text);
}

void tui_search(struct tui *tui, bool beyond)
{
	const char *text = tui->mode == TUI_INPUT ? tui->text : tui->search;

	tui->view.follow = true;
	if (*text && !tui_view_search(&tui->view, text, beyond))
		tui_say(tui, true, "no process has \"%.60s\"", text);
	tui_view_scroll(&tui->view, tui_page(tui));
}

/* Each change shows at once; a regular expression is taken once it is one. */
static void input_changed(struct tui *tui)
{
	char reason[100];

	*tui->message = '\0';
	if (tui->input == TUI_INPUT_SEARCH) {
		tui->view.cursor = tui->search_from < tui->view.n ? tui->search_from : 0;
		tui_search(tui, false);
	} else if (tui->input == TUI_INPUT_FILTER) {
		const char *error = tui_filter_error(tui->text, reason, sizeof(reason));

		if (error)
			tui_say(tui, true, "no regular expression: %s", error);
		else
			memcpy(tui->choice.filter, tui->text, sizeof(tui->text));
		tui_rebuild(tui);
	}
}

static struct tui_request end_input(struct tui *tui)
{
	const struct ksm_tunable *tunable = tui_tunable(tui, tui->list[TUI_TUNABLES].cursor);
	struct tui_request request = nothing;

	tui->mode = TUI_NORMAL;
	switch (tui->input) {
	case TUI_INPUT_SEARCH:
		memcpy(tui->search, tui->text, sizeof(tui->text));
		break;
	case TUI_INPUT_FILTER:
		break;
	case TUI_INPUT_USER:
		memcpy(tui->choice.user, tui->text, sizeof(tui->text));
		break;
	case TUI_INPUT_CGROUP:
		memcpy(tui->choice.cgroup, tui->text, sizeof(tui->text));
		break;
	case TUI_INPUT_VALUE:
		if (!tunable || !*tui->text)
			break;
		request.kind = TUI_WANTS_SET;
		snprintf(request.text, sizeof(request.text), "%s=%.60s",
			 ksm_sysfs_name(tunable->field), tui->text);
		break;
	}
	tui_rebuild(tui);
	return request;
}

static void cancel_input(struct tui *tui)
{
	tui->mode = TUI_NORMAL;
	*tui->message = '\0';
	if (tui->input == TUI_INPUT_SEARCH) {
		tui->view.cursor = 0;
		tui_view_move(&tui->view, (long)tui->search_from, tui_page(tui));
	} else if (tui->input == TUI_INPUT_FILTER) {
		*tui->choice.filter = '\0';
		tui_rebuild(tui);
	}
}

/* A character is taken off whole. */
static void erase(char *text)
{
	size_t len = strlen(text);

	while (len && ((unsigned char)text[len - 1] & 0xc0) == 0x80)
		len--;
	text[len ? len - 1 : 0] = '\0';
}

static void append(char text[TUI_INPUT_MAX], int ch)
{
	size_t len = strlen(text);

	if (len + 5 > TUI_INPUT_MAX)
		return;
	if (ch < 0x80) {
		text[len++] = (char)ch;
	} else if (ch < 0x800) {
		text[len++] = (char)(0xc0 | ch >> 6);
		text[len++] = (char)(0x80 | (ch & 0x3f));
	} else {
		if (ch < 0x10000) {
			text[len++] = (char)(0xe0 | ch >> 12);
		} else {
			text[len++] = (char)(0xf0 | ch >> 18);
			text[len++] = (char)(0x80 | (ch >> 12 & 0x3f));
		}
		text[len++] = (char)(0x80 | (ch >> 6 & 0x3f));
		text[len++] = (char)(0x80 | (ch & 0x3f));
	}
	text[len] = '\0';
}

struct tui_request tui_press_in_input(struct tui *tui, int key)
{
	if (key == TUI_KEY_ENTER)
		return end_input(tui);
	if (key == TUI_KEY_ESCAPE) {
		cancel_input(tui);
		return nothing;
	}
	if (tui->input == TUI_INPUT_SEARCH && key == TUI_KEY_F + 3) {
		tui_search(tui, true);
		tui->search_from = tui->view.cursor;
		return nothing;
	}
	if (key == TUI_KEY_BACKSPACE)
		erase(tui->text);
	else if (key == ('u' & 0x1f))
		*tui->text = '\0';
	else if (key >= ' ' && key < TUI_KEY_UP)
		append(tui->text, key);
	else
		return nothing;
	input_changed(tui);
	return nothing;
}
