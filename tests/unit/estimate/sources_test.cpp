// SPDX-License-Identifier: GPL-2.0-or-later
// Sources that are still, unordered, joined, in sequence, or failing.
#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>

#include "tests/unit/estimate/estimate_fixture.h"

extern "C" {
#include "source/join.h"
#include "source/sequence.h"
}

namespace
{

TEST_F(EstimateTest, UnorderedPagesAreSortedOnceItIsKnownWhichCount)
{
	auto &a = source_.Add("a"), &b = source_.Add("b");

	source_.Put(a, 1, 20);
	source_.Put(a, 2, 3);
	source_.Put(a, 3, 2);
	source_.Put(b, 2, 2);
	a.is_unordered = true;
	a.uncounted = {0x10000, 0x11000, FakeSource::Next(a) - 4096};
	Estimate e = Run();
	ASSERT_TRUE(e);
	EXPECT_EQ(e->totals.pages_present, 24);
	EXPECT_EQ(e->totals.distinct_pages, 3);
	EXPECT_EQ(e->outcome->pass[1].pages_sharing, 17 + 4);
	EXPECT_EQ(e->outcome->pass[1].pages_unshared, 1);
	EXPECT_EQ(e->target[0].sums.pages_present, 22);
}

TEST_F(EstimateTest, WhatIsStillIsReadOnce)
{
	auto &a = source_.Add("a");
	int reads = 0;

	source_.Put(a, 1, 600);
	source_.Put(a, 0, 5);
	for (int i = 10; i < 60; i++)
		source_.Put(a, i);
	options_.passes = 12;
	source_.before = [&](FakeSource &, int) { reads++; };
	Estimate again = Run();
	ASSERT_TRUE(again);
	EXPECT_EQ(reads, 12);
	reads = 0;
	ksm_page_source *source = source_.source();
	source->is_still = true;
	ksm_trial trial = {};
	ksm_estimate *estimate = nullptr;
	trial.settings = "";
	ASSERT_EQ(ksm_model_init(&trial.model, "6.18", nullptr, nullptr), 0);
	ASSERT_EQ(ksm_estimate_run(source, &trial, 1, &options_, &estimate, &error_), 0);
	Estimate once(estimate);
	EXPECT_EQ(reads, 1);
	for (unsigned int i = 0; i < 12; i++) {
		EXPECT_EQ(memcmp(&once->outcome->pass[i], &again->outcome->pass[i],
				 sizeof(ksm_counters)),
			  0)
			<< i;
		EXPECT_EQ(memcmp(&once->target_pass[i], &again->target_pass[i],
				 sizeof(ksm_mm_counters)),
			  0)
			<< i;
	}
}

TEST_F(EstimateTest, JoinedSourcesAreOne)
{
	FakeSource other;
	ksm_page_source *joined = nullptr;
	ksm_estimate *estimate = nullptr;
	ksm_trial trial = {};

	source_.Put(source_.Add("a"), 1, 10);
	source_.Put(source_.Add("b"), 2, 10);
	auto &c = other.Add("c");
	other.Put(c, 1, 5);
	other.Put(c, 3, 1);
	c.is_unordered = true;
	c.uncounted = {0x10000};
	other.Put(other.Add("d"), 2, 5);
	source_.source()->is_still = true;
	trial.settings = "";
	ASSERT_EQ(ksm_model_init(&trial.model, "6.18", nullptr, nullptr), 0);
	ASSERT_EQ(ksm_source_join(source_.source(), other.source(), &joined, &error_), 0);
	EXPECT_FALSE(joined->is_still);
	ASSERT_EQ(ksm_estimate_run(joined, &trial, 1, &options_, &estimate, &error_), 0);
	Estimate e(estimate);
	ASSERT_EQ(e->n_targets, 4u);
	EXPECT_STREQ(e->target[3].space->name, "d");
	EXPECT_EQ(e->totals.pages_present, 30);
	EXPECT_EQ(e->target[2].sums.pages_present, 5);
	EXPECT_EQ(e->outcome->pass[1].pages_sharing, 13 + 14);
	EXPECT_EQ(e->target[2].cross_duplicate_pages, 1);
	ksm_page_source_close(&joined);
}

TEST_F(EstimateTest, ASequenceIsOneSpaceAtDifferentTimes)
{
	FakeSource then;
	ksm_page_source *parts[2], *sequence = nullptr;
	ksm_estimate *estimate = nullptr;
	ksm_trial trial = {};
	auto &before = then.Add("before"), &after = source_.Add("after");

	then.Put(before, 1, 6);
	source_.Put(after, 1, 4);
	after.pages[0x10000].content = 9;   // changed
	after.pages[0x20000] = {1, 77, 0};  // came
	after.pages[0x100000] = {1, 78, 0}; // came, elsewhere
	before.is_unordered = true;
	trial.settings = "";
	ASSERT_EQ(ksm_model_init(&trial.model, "6.18", nullptr, nullptr), 0);
	parts[0] = then.source();
	parts[1] = source_.source();
	ASSERT_EQ(ksm_source_sequence(parts, 2, &sequence, &error_), 0);
	ASSERT_EQ(ksm_estimate_run(sequence, &trial, 1, &options_, &estimate, &error_), 0);
	Estimate e(estimate);
	ASSERT_EQ(e->n_targets, 1u);
	EXPECT_STREQ(e->target[0].space->name, "after");
	EXPECT_EQ(e->outcome->pass[1].pages_sharing, 2);
	EXPECT_EQ(e->outcome->pass[1].pages_volatile, 3);
	ASSERT_EQ(e->n_changes, 2u);
	EXPECT_STREQ(e->change[0].area, "heap");
	EXPECT_EQ(e->change[0].changed_pages, 1);
	EXPECT_EQ(e->change[0].new_pages, 1);
	EXPECT_EQ(e->change[0].gone_pages, 2);
	EXPECT_STREQ(e->change[1].area, "anon");
	EXPECT_EQ(e->change[1].new_pages, 1);
	EXPECT_EQ(e->change[1].gone_pages, 0);
	ksm_page_source_close(&sequence);
}

TEST_F(EstimateTest, PagesOfTwoSizesAreNotJoined)
{
	FakeSource other;
	ksm_page_source *joined = nullptr, *second = other.source();

	second->page_size = 16384;
	EXPECT_EQ(ksm_source_join(source_.source(), second, &joined, &error_), -EINVAL);
	EXPECT_EQ(error_.code, KSM_ERR_INVALID);
	EXPECT_EQ(joined, nullptr);
}

TEST_F(EstimateTest, LostPagesMakeTheTargetIncompleteAndSayWhy)
{
	auto &a = source_.Add("a"), &b = source_.Add("b");

	source_.Put(a, 1, 20);
	source_.Put(b, 1, 20);
	a.pages[0x12000].lost = a.pages[0x13000].lost = true;
	Estimate e = Run();
	ASSERT_TRUE(e);
	EXPECT_FALSE(e->complete);
	EXPECT_FALSE(e->target[0].complete);
	EXPECT_EQ(e->target[0].lost_pages, 2);
	EXPECT_STREQ(e->target[0].error.text, "made to be lost");
	EXPECT_EQ(e->target[0].error.pid, 100);
	EXPECT_TRUE(e->target[1].complete);
	EXPECT_EQ(e->totals.pages_present, 38);
}

TEST_F(EstimateTest, AFailingSourceEndsTheRunWithItsError)
{
	source_.Put(source_.Add("a"), 1, 100);
	source_.fail_at_batch = 3;
	EXPECT_FALSE(Run());
	EXPECT_EQ(error_.errnum, EIO);
	EXPECT_STREQ(error_.text, "made to fail");
}

} // namespace
