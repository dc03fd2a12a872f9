/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tui/terminal.h"

#include <errno.h>
#include <langinfo.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define NCURSES_WIDECHAR 1
#include <curses.h>
#include <term.h>

#define MOUSE_EVENTS (BUTTON1_PRESSED | BUTTON1_CLICKED | BUTTON4_PRESSED | BUTTON5_PRESSED)

static SCREEN *screen;
static attr_t attributes[TUI_STYLES];
static short pairs[TUI_STYLES];
static volatile sig_atomic_t last_signal;

/* What puts the terminal back where ncurses no longer can: made ready before anything can go wrong. */
static struct termios found;
static char leave[256];
static size_t leave_len;

/* ---------------------------------------------------------------- signals */

static const int ending[] = {SIGTERM, SIGHUP, SIGINT, SIGQUIT};
static const int crashing[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
static struct sigaction old_ending[4], old_crashing[5];

static void note_signal(int number)
{
	last_signal = number;
}

/* Only what may be called in a signal handler. The signal comes again once this returns, and ends the program. */
static void leave_terminal(int number)
{
	ssize_t ignored = write(STDOUT_FILENO, leave, leave_len);

	(void)ignored;
	tcsetattr(STDIN_FILENO, TCSANOW, &found);
	raise(number);
}

static void catch_signals(void)
{
	struct sigaction end = {.sa_handler = note_signal};
	struct sigaction crash = {.sa_handler = leave_terminal, .sa_flags = (int)SA_RESETHAND};

	for (size_t i = 0; i < sizeof(ending) / sizeof(ending[0]); i++)
		sigaction(ending[i], &end, &old_ending[i]);
	for (size_t i = 0; i < sizeof(crashing) / sizeof(crashing[0]); i++)
		sigaction(crashing[i], &crash, &old_crashing[i]);
}

static void release_signals(void)
{
	for (size_t i = 0; i < sizeof(ending) / sizeof(ending[0]); i++)
		sigaction(ending[i], &old_ending[i], NULL);
	for (size_t i = 0; i < sizeof(crashing) / sizeof(crashing[0]); i++)
		sigaction(crashing[i], &old_crashing[i], NULL);
}

int tui_terminal_signal(void)
{
	return last_signal;
}

static void add_leaving(const char *text)
{
	size_t len;

	if (!text || text == (const char *)-1)
		return;
	len = strlen(text);
	if (leave_len + len > sizeof(leave))
		return;
	memcpy(leave + leave_len, text, len);
	leave_len += len;
}

static void prepare_leaving(void)
{
	leave_len = 0;
	add_leaving("\033[?1000l\033[?1006l"); /* reports of the mouse */
	add_leaving(tigetstr("sgr0"));
	add_leaving(tigetstr("rmkx"));
	add_leaving(tigetstr("cnorm"));
	add_leaving(tigetstr("rmcup"));
}

/* ---------------------------------------------------------------- begin and end */

static void set_styles(bool color)
{
	static const struct {
		attr_t plain;	 /* without colours */
		attr_t coloured; /* beside the colour */
		short color, background;
	} styles[TUI_STYLES] = {
		[TUI_PLAIN] = {A_NORMAL, A_NORMAL, -1, -1},
		[TUI_DIM] = {A_DIM, A_NORMAL, COLOR_CYAN, -1},
		[TUI_BOLD] = {A_BOLD, A_BOLD, -1, -1},
		[TUI_TITLE] = {A_REVERSE, A_NORMAL, COLOR_BLACK, COLOR_GREEN},
		[TUI_CURSOR] = {A_REVERSE | A_BOLD, A_NORMAL, COLOR_BLACK, COLOR_CYAN},
		[TUI_GOOD] = {A_NORMAL, A_NORMAL, COLOR_GREEN, -1},
		[TUI_BAD] = {A_BOLD, A_BOLD, COLOR_RED, -1},
		[TUI_KEY] = {A_BOLD, A_BOLD, COLOR_CYAN, -1},
		[TUI_GRAPH] = {A_NORMAL, A_NORMAL, COLOR_GREEN, -1},
	};

	color = color && has_colors() && start_color() == OK && use_default_colors() == OK;
	for (int i = 0; i < TUI_STYLES; i++) {
		attributes[i] = color ? styles[i].coloured : styles[i].plain;
		pairs[i] = 0;
		if (color && i != TUI_PLAIN &&
		    init_pair((short)i, styles[i].color, styles[i].background) == OK)
			pairs[i] = (short)i;
	}
}

int tui_terminal_open(bool color, struct ksm_error *err)
{
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) || tcgetattr(STDIN_FILENO, &found))
		return ksm_error_set(err, KSM_ERR_SYSTEM, ENOTTY,
				     "the dashboard needs a terminal: -b prints text instead");
	set_escdelay(25);
	screen = newterm(NULL, stdout, stdin);
	if (!screen) {
		const char *term = getenv("TERM");

		return ksm_error_set(
			err, KSM_ERR_SYSTEM, ENOTTY,
			"the terminal \"%.60s\" is not known here: set TERM, or use -b",
			term ? term : "");
	}
	last_signal = 0;
	prepare_leaving();
	catch_signals();
	cbreak();
	noecho();
	nonl();
	intrflush(stdscr, FALSE);
	keypad(stdscr, TRUE);
	mousemask(MOUSE_EVENTS, NULL);
	mouseinterval(0);
	curs_set(0);
	set_styles(color);
	return 0;
}

void tui_terminal_close(void)
{
	if (!screen)
		return;
	endwin();
	delscreen(screen);
	screen = NULL;
	release_signals();
}

bool tui_terminal_is_utf8(void)
{
	return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

void tui_terminal_size(int *ret_width, int *ret_height)
{
	getmaxyx(stdscr, *ret_height, *ret_width);
}

/* ---------------------------------------------------------------- drawing */

static void show_line(const struct tui_canvas *canvas, int y)
{
	const struct tui_cell *cell = &canvas->cell[(size_t)y * (size_t)canvas->width];

	for (int x = 0; x < canvas->width; x++) {
		wchar_t text[2] = {(wchar_t)cell[x].ch, L'\0'};
		cchar_t shown;

		if (!cell[x].width)
			continue;
		setcchar(&shown, text, attributes[cell[x].style], pairs[cell[x].style], NULL);
		mvadd_wch(y, x, &shown);
	}
}

void tui_terminal_show(const struct tui_canvas *canvas, bool anew)
{
	bool has_caret = canvas->caret_x >= 0;

	erase();
	for (int y = 0; y < canvas->height; y++)
		show_line(canvas, y);
	curs_set(has_caret);
	if (has_caret)
		move(canvas->caret_y, canvas->caret_x);
	if (anew)
		clearok(stdscr, TRUE);
	refresh();
}

/* ---------------------------------------------------------------- keys */

static int mouse_key(struct tui_mouse *ret_mouse)
{
	MEVENT event;

	if (getmouse(&event) != OK)
		return TUI_KEY_NONE;
	ret_mouse->x = event.x;
	ret_mouse->y = event.y;
	ret_mouse->button = event.bstate & BUTTON4_PRESSED   ? TUI_MOUSE_WHEEL_UP
			    : event.bstate & BUTTON5_PRESSED ? TUI_MOUSE_WHEEL_DOWN
							     : TUI_MOUSE_LEFT;
	return TUI_KEY_MOUSE;
}

static int function_key(wint_t key, struct tui_mouse *ret_mouse)
{
	static const struct {
		wint_t curses;
		int key;
	} keys[] = {
		{KEY_UP, TUI_KEY_UP},	      {KEY_DOWN, TUI_KEY_DOWN},
		{KEY_LEFT, TUI_KEY_LEFT},     {KEY_RIGHT, TUI_KEY_RIGHT},
		{KEY_PPAGE, TUI_KEY_PAGE_UP}, {KEY_NPAGE, TUI_KEY_PAGE_DOWN},
		{KEY_HOME, TUI_KEY_HOME},     {KEY_END, TUI_KEY_END},
		{KEY_BTAB, TUI_KEY_BACK_TAB}, {KEY_BACKSPACE, TUI_KEY_BACKSPACE},
		{KEY_ENTER, TUI_KEY_ENTER},   {KEY_DC, TUI_KEY_BACKSPACE},
	};

	if (key == KEY_MOUSE)
		return mouse_key(ret_mouse);
	if (key >= KEY_F(1) && key <= KEY_F(12))
		return TUI_KEY_F + (int)(key - KEY_F0);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (keys[i].curses == key)
			return keys[i].key;
	return TUI_KEY_NONE;
}

/* A terminal that is not the controlling one goes without a signal, and then nobody waits for a key any more. */
static bool is_hung_up(void)
{
	struct pollfd terminal = {.fd = STDIN_FILENO};

	return poll(&terminal, 1, 0) > 0 && (terminal.revents & (POLLHUP | POLLERR | POLLNVAL));
}

int tui_terminal_key(int milliseconds, struct tui_mouse *ret_mouse)
{
	wint_t key = 0;
	int kind;

	timeout(milliseconds);
	kind = get_wch(&key);
	if (kind == KEY_CODE_YES)
		return function_key(key, ret_mouse);
	if (kind != OK) {
		if (is_hung_up())
			last_signal = SIGHUP;
		return TUI_KEY_NONE;
	}
	if (key == '\n')
		return TUI_KEY_ENTER;
	if (key == '\b')
		return TUI_KEY_BACKSPACE;
	return key < TUI_KEY_UP ? (int)key : TUI_KEY_NONE;
}
