/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The real ksmd under control: alone on the machine, one full pass at a time, and everything put back
 * afterwards whatever happens.
 */
#ifndef TESTS_LIVE_KSM_LIVE_H
#define TESTS_LIVE_KSM_LIVE_H

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <sys/types.h>

#include <gtest/gtest.h>

/* The kernel's counters by name, with rmap_items worked out from general_profit. */
using Counters = std::map<std::string, int64_t>;
using Settings = std::map<std::string, std::string>;

class LiveKsm
{
      public:
	/*
	 * Waits for other live tests on this machine, saves all settings, unmerges everything and lets ksmd
	 * rest. A guardian process puts the settings back should this one die. NULL where ksmd cannot be
	 * tested here and now, with the reason; nothing has been touched then.
	 */
	static LiveKsm *TakeOver(std::string *ret_why_not);
	/* Unmerges and puts all settings back. */
	~LiveKsm();
	LiveKsm(const LiveKsm &) = delete;
	LiveKsm &operator=(const LiveKsm &) = delete;

	void Set(const std::string &name, int64_t value);
	/* Everything unmerged, ksmd at rest, counters 0 again; settings stay. */
	void Unmerge();
	/* ksmd makes exactly one full pass. Then it rests, and these are the counters. */
	Counters OnePass();
	Counters Passes(int n);
	/*
	 * @n passes of a ksmd that runs freely and sleeps @sleep_millisecs after each: the counters after each,
	 * and the seconds from the end of the first to the end of the last.
	 */
	std::vector<Counters> PassesApart(int n, int sleep_millisecs, double *ret_seconds);
	/* pages_scanned and pages_skipped, which the kernel never sets back, count from the last Unmerge. */
	Counters Read() const;

      private:
	explicit LiveKsm(int lock);
	void Rest();

	Settings saved_;
	int lock_ = -1;
	int guardian_pipe_ = -1;
	pid_t guardian_ = -1;
	int64_t sleep_millisecs_ = 0;
	int64_t scanned_before_ = 0;
	int64_t skipped_before_ = 0;
};

/* A test against ksmd: skips where there is none, which is a failure with KSMCTL_REQUIRE_LIVE=1. */
class LiveTest : public ::testing::Test
{
      protected:
	void SetUp() override;
	void TearDown() override;

	LiveKsm *ksm = nullptr;
};

/* To be called in SetUp or a test, followed by a return: skips, or fails where CI must not skip. */
void SkipOrFail(const std::string &reason);

#endif
