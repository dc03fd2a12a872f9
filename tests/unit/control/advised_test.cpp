// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <vector>

extern "C" {
#include "control/advised.h"
}

namespace
{

const uint64_t kPage = 4096, kRwMax = (UINT64_C(1) << 31) - kPage;

// As the kernel's process_madvise: what it has done, and where it cannot or is interrupted.
class Kernel
{
      public:
	std::set<uint64_t> unmapped;  // bases of ranges
	uint64_t interrupt_after = 0; // bytes of one call; 0: never
	int error = 0;		      // what an interrupted call says that has done nothing
	uint64_t done = 0;	      // bytes
	unsigned int calls = 0;

	int64_t Call(const struct iovec *range, size_t n)
	{
		uint64_t bytes = 0;

		calls++;
		EXPECT_LE(n, 1024u);
		for (size_t i = 0; i < n && bytes < kRwMax; i++) {
			uint64_t len = std::min<uint64_t>(range[i].iov_len, kRwMax - bytes);

			EXPECT_GT(len, 0u);
			if (unmapped.count(reinterpret_cast<uint64_t>(range[i].iov_base)))
				return Result(bytes, ENOMEM);
			if (interrupt_after && bytes >= interrupt_after)
				return Result(bytes, error);
			bytes += len;
		}
		return Result(bytes, 0);
	}

      private:
	int64_t Result(uint64_t bytes, int errnum)
	{
		done += bytes;
		return bytes ? static_cast<int64_t>(bytes) : -errnum;
	}
};

struct iovec Range(uint64_t base, uint64_t bytes)
{
	return {reinterpret_cast<void *>(base), bytes};
}

class Advised : public ::testing::Test
{
      protected:
	// Whether all was gone through.
	bool Run(const std::vector<struct iovec> &ranges)
	{
		struct iovec batch[KSM_ADVISE_MAX];

		advised_ = {ranges.data(), ranges.size(), 0, 0, 0};
		while (size_t n = ksm_advised_next(&advised_, batch))
			if (!ksm_advised_take(&advised_, kernel_.Call(batch, n)))
				return false;
		return true;
	}

	Kernel kernel_;
	struct ksm_advised advised_ = {};
};

TEST_F(Advised, NothingTakesNoCall)
{
	EXPECT_TRUE(Run({}));
	EXPECT_EQ(kernel_.calls, 0u);
}

TEST_F(Advised, MoreThanACallTakes)
{
	const uint64_t large = UINT64_C(48) << 30;

	EXPECT_TRUE(Run({Range(kPage, 2 << 20), Range(1 << 30, large), Range(large * 2, 2 << 20)}));
	EXPECT_EQ(kernel_.done, large + (4 << 20));
	EXPECT_EQ(advised_.n_whole, 3u);
	EXPECT_EQ(kernel_.calls, 25u);
}

TEST_F(Advised, MoreRangesThanACallTakes)
{
	std::vector<struct iovec> ranges;

	for (uint64_t i = 0; i < 2500; i++)
		ranges.push_back(Range((i + 1) << 20, kPage * (1 + i % 3)));
	EXPECT_TRUE(Run(ranges));
	EXPECT_EQ(advised_.n_whole, 2500u);
	EXPECT_EQ(kernel_.calls, 3u);
}

TEST_F(Advised, WhatIsUnmappedIsPassedOverAlone)
{
	kernel_.unmapped = {kPage, 1 << 20, 3 << 20};
	EXPECT_TRUE(Run({Range(kPage, kPage), Range(1 << 20, kPage), Range(2 << 20, 3 * kPage),
			 Range(3 << 20, kPage), Range(4 << 20, 5 * kPage)}));
	EXPECT_EQ(kernel_.done, 8 * kPage);
	EXPECT_EQ(advised_.n_whole, 2u);
}

TEST_F(Advised, AnInterruptedCallGoesOnWhereItEnded)
{
	kernel_.interrupt_after = 2 * kPage;
	EXPECT_TRUE(Run({Range(1 << 20, kPage), Range(2 << 20, kPage), Range(3 << 20, kPage),
			 Range(4 << 20, 7 * kPage)}));
	EXPECT_EQ(kernel_.done, 10 * kPage);
	EXPECT_EQ(advised_.n_whole, 4u);
}

TEST_F(Advised, AnotherErrorIsForGood)
{
	kernel_.interrupt_after = UINT64_MAX;
	for (int64_t error : {EINVAL, EAGAIN, EPERM}) {
		advised_ = {};
		EXPECT_FALSE(ksm_advised_take(&advised_, -error)) << error;
	}
}

// In the middle of a range.
TEST_F(Advised, BytesCountNotRanges)
{
	const std::vector<struct iovec> ranges = {Range(1 << 20, 3 * kPage), Range(2 << 20, kPage)};
	struct iovec batch[KSM_ADVISE_MAX];

	advised_ = {ranges.data(), ranges.size(), 0, 0, 0};
	EXPECT_TRUE(ksm_advised_take(&advised_, kPage));
	ASSERT_EQ(ksm_advised_next(&advised_, batch), 2u);
	EXPECT_EQ(batch[0].iov_base, reinterpret_cast<void *>((1 << 20) + kPage));
	EXPECT_EQ(batch[0].iov_len, 2 * kPage);
	EXPECT_TRUE(ksm_advised_take(&advised_, 2 * kPage));
	EXPECT_EQ(advised_.n_whole, 1u);
	ASSERT_EQ(ksm_advised_next(&advised_, batch), 1u);
	EXPECT_EQ(batch[0].iov_base, reinterpret_cast<void *>(2 << 20));
}

} // namespace
