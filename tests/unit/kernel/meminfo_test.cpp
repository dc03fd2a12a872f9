/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <cerrno>

#include <gtest/gtest.h>

extern "C" {
#include "kernel/meminfo.h"
}

namespace
{

TEST(MeminfoTest, Bytes)
{
	struct ksm_meminfo meminfo;

	ASSERT_EQ(ksm_meminfo_parse("MemTotal:       1000 kB\nMemFree:         200 kB\n"
				    "MemAvailable:    300 kB\nBuffers:           7 kB\n"
				    "Cached:           50 kB\nSwapCached:        9 kB\n",
				    &meminfo, nullptr),
		  0);
	EXPECT_EQ(meminfo.total, 1000u * 1024);
	EXPECT_EQ(meminfo.available, 300u * 1024);
}

TEST(MeminfoTest, WhatIsAvailableIsAllThatIsAskedFor)
{
	struct ksm_meminfo meminfo;

	ASSERT_EQ(ksm_meminfo_parse("MemTotal: 1000 kB\nMemAvailable: 300 kB\n", &meminfo, nullptr),
		  0);
	EXPECT_EQ(meminfo.available, 300u * 1024);
}

TEST(MeminfoTest, BeforeMemAvailable)
{
	struct ksm_meminfo meminfo;

	ASSERT_EQ(ksm_meminfo_parse("MemTotal: 1000 kB\nMemFree: 200 kB\nBuffers: 7 kB\n"
				    "Cached: 50 kB\n",
				    &meminfo, nullptr),
		  0);
	EXPECT_EQ(meminfo.available, 257u * 1024);
	ASSERT_EQ(ksm_meminfo_parse("MemTotal: 1000 kB\nMemFree: 200 kB\n", &meminfo, nullptr), 0);
	EXPECT_EQ(meminfo.available, 200u * 1024);
}

TEST(MeminfoTest, WithoutWhatIsNeeded)
{
	struct ksm_meminfo meminfo;

	for (const char *text :
	     {"", "MemTotal: 1000 kB", "MemTotal: 1000 kB\nXMemFree: 1 kB\nXMemAvailable: 5 kB\n",
	      "MemTotal: 1 kB\nMemFree: 18014398509481983 kB\nCached: 18014398509481983 kB\n",
	      "MemTotal: x kB\nMemFree: 1 kB\nMemAvailable: 5 kB\nBuffers: 1 kB\nCached: 1 kB\n"})
		EXPECT_EQ(ksm_meminfo_parse(text, &meminfo, nullptr), -EBADMSG) << text;
}

} // namespace
