/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <gtest/gtest.h>
#include <random>

#include "fake.h"

extern "C" {
#include "tui/amount.h"
}

namespace
{

std::string Put(const std::string &text, int width, bool ascii = false)
{
	FakeScreen screen(20, 2, ascii);

	tui_put(&screen.canvas, 0, 0, width, TUI_PLAIN, text.c_str());
	return Lines(screen.canvas)[0];
}

TEST(Canvas, PutsText)
{
	EXPECT_EQ(Put("hello", 10), "hello");
	EXPECT_EQ(Put("hello", 5), "hello");
	EXPECT_EQ(Put("hello", 4), "hel\u2026");
	EXPECT_EQ(Put("hello", 4, true), "hel~");
	EXPECT_EQ(Put("hello", 0), "");
	EXPECT_EQ(Put(std::string(100, 'x'), 100), std::string(19, 'x') + "\u2026");
}

TEST(Canvas, WideCharactersAreNotHalved)
{
	EXPECT_EQ(Put("\u65e5\u672c\u8a9e", 6), "\u65e5\u672c\u8a9e");
	EXPECT_EQ(Put("\u65e5\u672c\u8a9e", 5), "\u65e5\u672c\u2026");
	EXPECT_EQ(Put("\u65e5\u672c\u8a9e", 4), "\u65e5\u2026");
	EXPECT_EQ(Put("\u65e5\u672c", 4, true), "??");
	FakeScreen screen(4, 1);
	tui_put(&screen.canvas, 0, 0, 4, TUI_PLAIN, "\u65e5\u672c");
	tui_put(&screen.canvas, 0, 1, 1, TUI_PLAIN, "x");
	EXPECT_EQ(Lines(screen.canvas)[0], " x\u672c");
}

TEST(Canvas, NothingThatATerminalActsOn)
{
	EXPECT_EQ(Put("a\033[31mb", 20), "a?[31mb");
	EXPECT_EQ(Put("a\nb\tc\x7f", 20), "a?b?c?");
	EXPECT_EQ(Put("a\u009bb", 20), "a?b");
	EXPECT_EQ(Put("\xff\xfe\xc3", 20), "???");
	EXPECT_EQ(Put("a\u202eb\u2066c", 20), "a?b?c"); /* overrides of direction */
	EXPECT_EQ(Put("ssh\u200bd", 20), "ssh?d");	/* not to be seen */
	EXPECT_EQ(Put("e\u0301x", 20), "ex");		/* a combining accent is left out */
	EXPECT_EQ(Put("\u05d0\u05d1", 20), "\u05d0\u05d1");
}

/* Whatever bytes come in, each cell holds one printable character, and halves stand behind their wholes. */
TEST(Canvas, RandomBytes)
{
	std::mt19937 random(1);

	for (int i = 0; i < 5000; i++) {
		FakeScreen screen(30, 3, i % 2);
		for (int put = 0; put < 6; put++) {
			std::string text(random() % 20, ' ');
			for (char &byte : text)
				byte = static_cast<char>(random() % 3 ? 0x80 + random() % 0x80
								      : 1 + random() % 0x7f);
			tui_put(&screen.canvas, random() % 3, random() % 30, random() % 30,
				TUI_PLAIN, text.c_str());
		}
		for (int at = 0; at < 90; at++) {
			const struct tui_cell &cell = screen.canvas.cell[at];
			if (cell.width == 0) {
				ASSERT_GT(at % 30, 0);
				ASSERT_EQ(screen.canvas.cell[at - 1].width, 2);
			} else {
				ASSERT_GE(cell.ch, 0x20u);
				ASSERT_FALSE(cell.ch >= 0x7f && cell.ch < 0xa0);
			}
			if (cell.width == 2) {
				ASSERT_LT(at % 30, 29);
				ASSERT_EQ(screen.canvas.cell[at + 1].width, 0);
			}
		}
	}
}

std::string Bytes(int64_t value)
{
	char text[TUI_AMOUNT_MAX];

	tui_format_bytes(value, text);
	return text;
}

std::string Count(int64_t value)
{
	char text[TUI_AMOUNT_MAX];

	tui_format_count(value, text);
	return text;
}

TEST(Amount, InFewColumns)
{
	EXPECT_EQ(Bytes(0), "0");
	EXPECT_EQ(Bytes(1), "1B");
	EXPECT_EQ(Bytes(1023), "1023B");
	EXPECT_EQ(Bytes(1024), "1.00K");
	EXPECT_EQ(Bytes(-4096), "-4.00K");
	EXPECT_EQ(Bytes(1 << 20), "1.00M");
	EXPECT_EQ(Bytes(1047552), "1023K");
	EXPECT_EQ(Bytes((1 << 20) - 1), "1.00M");
	EXPECT_EQ(Bytes(KSM_UNKNOWN), "-");
	EXPECT_EQ(Count(99999), "99999");
	EXPECT_EQ(Count(100000), "100k");
	EXPECT_EQ(Count(999499), "999k");
	EXPECT_EQ(Count(999500), "1.00M");
	EXPECT_EQ(Count(-9999), "-9999");
	EXPECT_EQ(Count(KSM_UNKNOWN), "-");
}

TEST(Amount, NeverWiderThanItsColumn)
{
	std::mt19937_64 random(2);

	for (int i = 0; i < 200000; i++) {
		int64_t value = static_cast<int64_t>(random()) >> random() % 64;

		ASSERT_LE(Bytes(value).size(), TUI_AMOUNT_COLUMNS) << value;
		ASSERT_LE(Count(value).size(), TUI_AMOUNT_COLUMNS) << value;
	}
	EXPECT_LE(Bytes(INT64_MAX).size(), TUI_AMOUNT_COLUMNS);
	EXPECT_LE(Bytes(INT64_MIN + 1).size(), TUI_AMOUNT_COLUMNS);
}

std::vector<std::string> Graph(enum tui_graph_kind kind, const std::vector<double> &values,
			       int width, int height, double top, bool ascii = false)
{
	FakeScreen screen(width, height, ascii);
	struct tui_history history = {};

	for (double value : values)
		tui_history_add(&history, value);
	tui_graph_draw(&screen.canvas, 0, 0, width, height, kind, &history, top);
	return Lines(screen.canvas);
}

TEST(Graph, NewestToTheRight)
{
	EXPECT_EQ(Graph(TUI_GRAPH_BLOCK, {0, 4, 8}, 4, 1, 8)[0], "  \u2584\u2588");
	EXPECT_EQ(Graph(TUI_GRAPH_ASCII, {1, 2, 3}, 3, 1, 3)[0], ".:#");
	EXPECT_EQ(Graph(TUI_GRAPH_BRAILLE, {1, 2, 3, 4}, 2, 1, 4)[0], "\u28e0\u28fe");
	EXPECT_EQ(Graph(TUI_GRAPH_BLOCK, {3}, 1, 1, 3, true)[0], "#");
	/* In two lines the upper one fills last. */
	std::vector<std::string> two = Graph(TUI_GRAPH_BLOCK, {8, 16}, 2, 2, 16);
	EXPECT_EQ(two[0], " \u2588");
	EXPECT_EQ(two[1], "\u2588\u2588");
}

TEST(Graph, WhatIsUnknownIsBlankAndLittleIsNotNothing)
{
	EXPECT_EQ(Graph(TUI_GRAPH_BLOCK, {NAN, 1}, 2, 1, 1000)[0], " \u2581");
	EXPECT_EQ(Graph(TUI_GRAPH_BLOCK, {0, 0}, 2, 1, 0)[0], "");
	std::vector<double> many(3000, 5);
	EXPECT_EQ(Graph(TUI_GRAPH_ASCII, many, 3, 1, 5)[0], "###");
}

} // namespace
