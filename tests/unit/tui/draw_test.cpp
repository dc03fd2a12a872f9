/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What must hold on every screen, whatever it shows and however large it is. */
#include <gtest/gtest.h>

#include "fake.h"

extern "C" {
#include "tui/amount.h"
}

namespace
{

std::string RandomName(std::mt19937 &random)
{
	static const char *const pieces[] = {
		"a",	   "sleep", "\033[2J", "\u65e5\u672c", "\xff",	 "\u05d0\u05d1", "\n",
		"e\u0301", "1234",  " ",       "\u202e",       "kworker"};
	std::string name;

	for (int i = random() % 6; i >= 0; i--)
		name += pieces[random() % (sizeof(pieces) / sizeof(pieces[0]))];
	return name;
}

std::vector<FakeProcess> RandomProcesses(std::mt19937 &random, int most)
{
	std::vector<FakeProcess> processes;

	for (pid_t pid = 1; pid <= most; pid++) {
		FakeProcess process;

		if (random() % 4 == 0)
			continue;
		process.pid = random() % 3 ? pid : 4000000 + pid;
		process.ppid = random() % (most + 1);
		process.name = RandomName(random);
		process.user = RandomName(random);
		process.cgroup = "/" + RandomName(random);
		process.rss = static_cast<int64_t>(random()) << random() % 24;
		process.is_readable = random() % 3;
		process.items = random() >> random() % 30;
		process.zero = random() >> random() % 30;
		process.merging = random() >> random() % 30;
		process.profit =
			(static_cast<int64_t>(random()) - (1ll << 31)) * (1ll << random() % 24);
		process.any = random() % 2;
		processes.push_back(process);
	}
	return processes;
}

std::string RandomSysfs(std::mt19937 &random)
{
	static const char *const names[] = {"run",
					    "pages_to_scan",
					    "sleep_millisecs",
					    "full_scans",
					    "pages_shared",
					    "pages_sharing",
					    "pages_unshared",
					    "pages_volatile",
					    "general_profit",
					    "pages_scanned",
					    "ksm_zero_pages",
					    "pages_skipped",
					    "smart_scan",
					    "advisor_max_cpu"};
	std::string text = "\"max_page_sharing\":256";

	for (const char *name : names)
		if (random() % 5)
			text += std::string(",\"") + name + "\":" +
				std::to_string((static_cast<int64_t>(random()) << 16) >>
					       random() % 48);
	return text;
}

/* Cells that tui_put() and its like may leave. */
void ExpectSound(const struct tui_canvas &canvas)
{
	for (int at = 0; at < canvas.width * canvas.height; at++) {
		const struct tui_cell &cell = canvas.cell[at];

		ASSERT_LT(cell.style, TUI_STYLES);
		if (!cell.width) {
			ASSERT_TRUE(at % canvas.width && canvas.cell[at - 1].width == 2);
			continue;
		}
		ASSERT_GE(cell.ch, 0x20u);
		ASSERT_FALSE(cell.ch >= 0x7f && cell.ch < 0xa0);
		if (canvas.ascii) {
			ASSERT_LT(cell.ch, 0x7fu);
		}
	}
}

/* The numbers of each shown process stand whole in its line. */
void ExpectRowsWhole(const FakeScreen &screen, const std::vector<std::string> &lines)
{
	const struct tui &tui = screen.tui;

	for (int i = 0; i < tui.hits.table_height; i++) {
		size_t at = tui.view.first + i;

		if (at >= tui.view.n)
			break;
		const struct tui_row &row = tui.view.row[at];
		const std::string &line = lines[tui.hits.table_y + i];
		for (size_t h = 0; h < tui.hits.n_headings; h++) {
			enum tui_column_id id = tui.hits.heading[h].column;
			char text[TUI_AMOUNT_MAX];

			if (tui_column_at(id)->kind == TUI_BYTES)
				tui_format_bytes(tui_row_number(&row, id), text);
			else if (tui_column_at(id)->kind == TUI_COUNT)
				tui_format_count(tui_row_number(&row, id), text);
			else
				continue;
			ASSERT_NE((line + " ").find(std::string(" ") + text + " "),
				  std::string::npos)
				<< tui_column_at(id)->title << " in " << line;
		}
		if (row.pid) {
			ASSERT_NE(line.find(std::to_string(row.pid)), std::string::npos) << line;
		}
	}
}

TEST(Draw, RandomStates)
{
	static const int sizes[][2] = {{40, 10},  {41, 11},  {60, 15}, {80, 24},
				       {100, 30}, {132, 43}, {300, 80}};
	static const int keys[] = {'F',
				   't',
				   'g',
				   'i',
				   'I',
				   '<',
				   '>',
				   'Z',
				   TUI_KEY_DOWN,
				   TUI_KEY_UP,
				   TUI_KEY_PAGE_DOWN,
				   TUI_KEY_END,
				   TUI_KEY_RIGHT,
				   TUI_KEY_LEFT,
				   TUI_KEY_TAB,
				   TUI_KEY_F + 1,
				   TUI_KEY_F + 2,
				   TUI_KEY_F + 6,
				   TUI_KEY_ESCAPE,
				   TUI_KEY_ENTER,
				   '/',
				   's',
				   'R',
				   'D',
				   '\\',
				   'm',
				   ' ',
				   'q'};
	std::mt19937 random(4);

	for (int round = 0; round < 400; round++) {
		const int *size = sizes[random() % 7];
		FakeScreen screen(size[0], size[1], random() % 3 == 0);
		std::vector<FakeProcess> first = RandomProcesses(random, 60), second = first;
		if (!second.empty())
			second.erase(second.begin() + random() % second.size());
		FakeSample before(first, 1000, RandomSysfs(random)),
			now(second, 1001, RandomSysfs(random));
		ASSERT_NE(now.get(), nullptr) << now.error();

		ASSERT_EQ(tui_take_sample(&screen.tui, before.get(), nullptr), 0);
		ASSERT_EQ(tui_take_sample(&screen.tui, now.get(), before.get()), 0);
		for (int press = 0; press < 25; press++) {
			screen.Press(keys[random() % (sizeof(keys) / sizeof(keys[0]))]);
			if (random() % 8 == 0) {
				const int *other = sizes[random() % 7];
				screen.Resize(other[0], other[1]);
			}
			std::vector<std::string> lines = screen.Draw();
			ASSERT_NO_FATAL_FAILURE(ExpectSound(screen.canvas));
			if (screen.tui.mode == TUI_NORMAL && screen.tui.screen == TUI_PROCESSES) {
				ASSERT_NO_FATAL_FAILURE(ExpectRowsWhole(screen, lines));
			}
			/* The same state gives the same cells. */
			ASSERT_EQ(screen.Draw(), lines);
		}
	}
}

std::vector<FakeProcess> Some()
{
	FakeProcess init, shell, hidden;

	init.pid = 1;
	init.name = "init";
	shell.pid = 4711;
	shell.ppid = 1;
	shell.name = "sh";
	shell.user = "alice";
	shell.cgroup = "/user.slice";
	shell.items = 2000;
	shell.merging = 1500;
	shell.zero = 10;
	shell.profit = 1500 * 4096 - 2000 * 64;
	shell.any = true;
	hidden.pid = 99;
	hidden.name = "secret";
	hidden.is_readable = false;
	return {init, shell, hidden};
}

bool Shows(const std::vector<std::string> &lines, const std::string &text)
{
	for (const std::string &line : lines)
		if (line.find(text) != std::string::npos)
			return true;
	return false;
}

TEST(Draw, WhatIsMissingIsNotZero)
{
	FakeScreen screen(80, 24);
	FakeSample old(Some(), 1000, "\"run\":1,\"pages_shared\":5,\"pages_sharing\":20");

	tui_take_sample(&screen.tui, old.get(), nullptr);
	std::vector<std::string> lines = screen.Draw();
	EXPECT_TRUE(Shows(lines, "profit -"));
	EXPECT_TRUE(Shows(lines, "full scans -"));
	EXPECT_TRUE(Shows(lines, "sharing/shared 4.00"));
	EXPECT_TRUE(Shows(lines, "- is for what only root may see: 1 of 3 processes"));
	for (const std::string &line : lines)
		if (line.find("secret") != std::string::npos) {
			EXPECT_EQ(line.find(" 0"), std::string::npos) << line;
		}
}

TEST(Draw, StoppedHidesNothing)
{
	FakeScreen screen(80, 24);
	FakeSample stopped(Some(), 1000, "\"run\":0,\"pages_shared\":5,\"pages_sharing\":20");

	tui_take_sample(&screen.tui, stopped.get(), nullptr);
	std::vector<std::string> lines = screen.Draw();
	EXPECT_TRUE(Shows(lines, "KSM off (run=0)"));
	EXPECT_TRUE(Shows(lines, "saved 80.0 KiB"));
	EXPECT_TRUE(Shows(lines, "4711 alice    sh"));
	EXPECT_TRUE(Shows(lines, "5.74M"));
}

TEST(Draw, TooSmall)
{
	for (int width = 1; width < 45; width += 3) {
		for (int height = 1; height < 12; height++) {
			FakeScreen screen(width, height);
			FakeSample sample(Some());

			tui_take_sample(&screen.tui, sample.get(), nullptr);
			screen.Draw();
			ExpectSound(screen.canvas);
		}
	}
}

TEST(Draw, HelpHasEveryKey)
{
	FakeScreen screen(120, 200);
	FakeSample sample(Some());
	const struct tui_binding *binding;
	size_t n;

	tui_take_sample(&screen.tui, sample.get(), nullptr);
	screen.Press('h');
	std::vector<std::string> lines = screen.Draw();
	binding = tui_bindings(&n);
	for (size_t i = 0; i < n; i++) {
		char keys[32];

		tui_binding_keys(&binding[i], keys, sizeof(keys));
		EXPECT_TRUE(Shows(lines, keys)) << keys;
		EXPECT_TRUE(Shows(lines, std::string(binding[i].help).substr(0, 80)))
			<< binding[i].help;
	}
	for (int id = 0; id < TUI_COLS; id++)
		EXPECT_TRUE(Shows(lines, tui_column_at(static_cast<enum tui_column_id>(id))->help));
}

/* And on a small screen, all of it can be scrolled to. */
TEST(Draw, HelpScrollsToItsEnd)
{
	FakeScreen screen(80, 12);
	FakeSample sample(Some());

	tui_take_sample(&screen.tui, sample.get(), nullptr);
	screen.Press('h');
	screen.Draw();
	EXPECT_FALSE(Shows(screen.Draw(), tui_column_at(TUI_COL_CGROUP)->help));
	screen.Press(TUI_KEY_END);
	EXPECT_TRUE(Shows(screen.Draw(), tui_column_at(TUI_COL_CGROUP)->help));
	screen.Press(TUI_KEY_HOME);
	EXPECT_TRUE(Shows(screen.Draw(), "search while typing"));
}

TEST(Draw, HelpGoesOnByPages)
{
	FakeScreen screen(80, 14);
	FakeSample sample(Some());

	tui_take_sample(&screen.tui, sample.get(), nullptr);
	screen.Press('h');
	std::vector<std::string> first = screen.Draw();
	ASSERT_GT(screen.tui.hits.table_height, 3);
	/* What came last is just above what comes first then. */
	std::string last = first[screen.tui.hits.table_y + screen.tui.hits.table_height - 1];
	screen.Press(TUI_KEY_PAGE_DOWN);
	screen.Press(TUI_KEY_UP);
	EXPECT_EQ(screen.Draw()[screen.tui.hits.table_y], last);
	screen.Press(TUI_KEY_DOWN);
	screen.Press(TUI_KEY_PAGE_UP);
	EXPECT_EQ(screen.Draw(), first);
}

TEST(Draw, NarrowKeepsWhatMatters)
{
	FakeScreen screen(40, 10);
	FakeSample sample(Some());

	tui_take_sample(&screen.tui, sample.get(), nullptr);
	std::vector<std::string> lines = screen.Draw();
	EXPECT_TRUE(Shows(lines, "PID"));
	EXPECT_TRUE(Shows(lines, "NAME"));
	EXPECT_TRUE(Shows(lines, "PROFIT"));
	EXPECT_TRUE(Shows(lines, "SAVED"));
	EXPECT_FALSE(Shows(lines, "CGROUP"));
	for (int i = 0; i < 8; i++)
		screen.Press(TUI_KEY_RIGHT);
	EXPECT_TRUE(Shows(screen.Draw(), "CGROUP"));
	EXPECT_TRUE(Shows(screen.Draw(), "4711"));
}

TEST(Draw, Tree)
{
	FakeScreen screen(100, 24), plain(100, 24, true);
	FakeSample sample(Some());

	for (FakeScreen *own : {&screen, &plain}) {
		tui_take_sample(&own->tui, sample.get(), nullptr);
		own->Press('t');
	}
	EXPECT_TRUE(Shows(screen.Draw(), "\u2514\u2500sh"));
	EXPECT_TRUE(Shows(plain.Draw(), "`-sh"));
}

} // namespace
