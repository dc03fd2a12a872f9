// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include <cerrno>
#include <cmath>
#include <string>

#include "tests/unit/fake_tree.h"

extern "C" {
#include "base/cleanup.h"
#include "kernel/ksmd_cpu.h"
}

namespace
{

const std::string before = " S 2 0 0 0 -1 2097216 0 0 0 0 ", after = " 0 0 25 5 1 0 36 0\n";

void AddProcess(const FakeTree &tree, const std::string &pid, const std::string &name,
		const std::string &state, const std::string &memory = "")
{
	tree.File("proc/" + pid + "/stat",
		  pid + " (" + name + ") " + state + before.substr(2) + "0 " + pid + after);
	tree.File("proc/" + pid + "/status", "Name:\t" + name + "\nState:\t" + state +
						     " (as it is)\nUid:\t0\t0\t0\t0\n" + memory);
}

TEST(KsmdOpen, FindsTheKernelThreadAmongThoseOfItsName)
{
	FakeTree tree;
	ksm_auto_root ksm_root root;
	ksm_auto_close int dir = -1;
	uint64_t ticks = 0;

	AddProcess(tree, "5", "ksmd", "S", "VmSize:\t9 kB\n");
	AddProcess(tree, "6", "ksmd", "Z");
	AddProcess(tree, "7", "x) S (ksmd", "S");
	tree.Directory("proc/8");
	AddProcess(tree, "37", "ksmd", "S");
	AddProcess(tree, "38", "kworker", "I");
	ASSERT_EQ(ksm_root_open(tree.Path().c_str(), &root, nullptr), 0);
	ASSERT_EQ(ksm_ksmd_open(&root, &dir, nullptr), 0);
	EXPECT_EQ(ksm_ksmd_ticks(dir, &ticks, nullptr), 0);
	EXPECT_EQ(ticks, 37u);
}

TEST(KsmdOpen, SaysThatThereIsNone)
{
	FakeTree tree;
	ksm_auto_root ksm_root root;
	ksm_error err = {};
	int dir = -1;

	AddProcess(tree, "5", "ksmd", "S", "VmSize:\t9 kB\n");
	ASSERT_EQ(ksm_root_open(tree.Path().c_str(), &root, nullptr), 0);
	EXPECT_EQ(ksm_ksmd_open(&root, &dir, &err), -ESRCH);
	EXPECT_EQ(err.code, KSM_ERR_GONE);
	EXPECT_EQ(dir, -1);
}

TEST(KsmdTicks, AddsUserAndSystemTime)
{
	uint64_t ticks = 0;

	EXPECT_EQ(ksm_ksmd_ticks_parse(("37 (ksmd)" + before + "120 98765" + after).c_str(), &ticks,
				       nullptr),
		  0);
	EXPECT_EQ(ticks, 98885u);
}

TEST(KsmdTicks, TheNameMayHoldAnything)
{
	uint64_t ticks = 0;

	EXPECT_EQ(ksm_ksmd_ticks_parse(("37 (a) R 1 (b)" + before + "1 2" + after).c_str(), &ticks,
				       nullptr),
		  0);
	EXPECT_EQ(ticks, 3u);
}

TEST(KsmdTicks, OtherTextIsRefused)
{
	struct ksm_error err;
	uint64_t ticks = 7;

	for (const std::string &text :
	     {std::string(), std::string("37 ksmd S 2"), "37 (ksmd)" + before,
	      "37 (ksmd)" + before + "1", "37 (ksmd)" + before + "1 ",
	      "37 (ksmd)" + before + "-1 2" + after, "37 (ksmd)" + before + "1 x" + after}) {
		EXPECT_EQ(ksm_ksmd_ticks_parse(text.c_str(), &ticks, &err), -EBADMSG) << text;
		EXPECT_EQ(err.code, KSM_ERR_FORMAT);
	}
	EXPECT_EQ(ticks, 7u);
}

TEST(KsmdLoad, IsOfTheTimeBetweenTwoSamples)
{
	struct ksm_ksmd_load load = {};

	EXPECT_TRUE(std::isnan(ksm_ksmd_load_percent(&load, 1000, 5000000000, 100)));
	EXPECT_DOUBLE_EQ(ksm_ksmd_load_percent(&load, 1050, 7000000000, 100), 25.0);
	EXPECT_DOUBLE_EQ(ksm_ksmd_load_percent(&load, 1050, 8000000000, 100), 0.0);
}

TEST(KsmdLoad, WhatGoesBackIsUnknown)
{
	struct ksm_ksmd_load load = {};

	ksm_ksmd_load_percent(&load, 1000, 5000000000, 100);
	EXPECT_TRUE(std::isnan(ksm_ksmd_load_percent(&load, 900, 6000000000, 100)));
	EXPECT_TRUE(std::isnan(ksm_ksmd_load_percent(&load, 950, 6000000000, 100)));
	EXPECT_DOUBLE_EQ(ksm_ksmd_load_percent(&load, 1050, 7000000000, 100), 100.0);
}

} // namespace
