// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include <cerrno>
#include <cmath>
#include <string>

extern "C" {
#include "kernel/ksmd_cpu.h"
}

namespace
{

const std::string before = " S 2 0 0 0 -1 2097216 0 0 0 0 ", after = " 0 0 25 5 1 0 36 0\n";

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
