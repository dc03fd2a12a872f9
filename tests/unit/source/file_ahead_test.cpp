// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <string>
#include <thread>
#include <vector>

extern "C" {
#include "source/file_ahead.h"
}

namespace
{

// A file that is read by one thread at a time, in pieces of any size.
struct File {
	size_t bytes;
	size_t fault_at = SIZE_MAX;
	size_t at = 0;
	std::atomic<int> readers{0};

	static unsigned char ByteAt(size_t at)
	{
		return static_cast<unsigned char>(at * 2654435761u >> 13);
	}
	static int Read(void *data, void *buf, size_t len, size_t *ret_len, ksm_error *err)
	{
		auto *file = static_cast<File *>(data);
		size_t n = std::min(
			{len - file->at % 7, file->bytes - file->at, file->fault_at - file->at});

		EXPECT_EQ(file->readers++, 0);
		for (size_t i = 0; i < n; i++)
			static_cast<unsigned char *>(buf)[i] = ByteAt(file->at + i);
		file->at += n;
		*ret_len = n;
		file->readers--;
		if (n || file->at != file->fault_at)
			return 0;
		return ksm_error_set(err, KSM_ERR_SYSTEM, EIO, "the disk is gone");
	}
};

// All that comes before the end or the fault.
int TakeAll(ksm_file_ahead *ahead, std::string *all, ksm_error *err)
{
	const unsigned char *bytes = nullptr;
	size_t len = 0;

	do {
		int ret = ksm_file_ahead_take(ahead, &bytes, &len, err);

		if (ret)
			return ret;
		all->append(reinterpret_cast<const char *>(bytes), len);
	} while (len);
	return 0;
}

std::string Content(size_t bytes)
{
	std::string content(bytes, '\0');

	for (size_t i = 0; i < bytes; i++)
		content[i] = static_cast<char>(File::ByteAt(i));
	return content;
}

TEST(FileAhead, BytesComeInOrderWhoeverReadsThem)
{
	for (unsigned int fillers : {0u, 1u, 3u}) {
		File file{20 * KSM_DECODER_PIECE + 123};
		std::vector<std::thread> threads;
		std::atomic<bool> stop{false};
		ksm_file_ahead *ahead = nullptr;
		ksm_error err = {};
		std::string all;

		ASSERT_EQ(ksm_file_ahead_new(File::Read, &file, &ahead), 0);
		for (unsigned int i = 0; i < fillers; i++)
			threads.emplace_back([&] {
				while (!stop)
					ksm_file_ahead_fill(ahead);
			});
		EXPECT_EQ(TakeAll(ahead, &all, &err), 0);
		stop = true;
		for (auto &thread : threads)
			thread.join();
		EXPECT_TRUE(all == Content(file.bytes)) << fillers;
		ksm_file_ahead_free(&ahead);
	}
}

TEST(FileAhead, ReadsNoFurtherThanThereIsRoom)
{
	File file{100 * KSM_DECODER_PIECE};
	ksm_file_ahead *ahead = nullptr;
	size_t before;

	ASSERT_EQ(ksm_file_ahead_new(File::Read, &file, &ahead), 0);
	ksm_file_ahead_fill(ahead);
	before = file.at;
	EXPECT_GT(before, 0u);
	EXPECT_LT(before, 10 * KSM_DECODER_PIECE);
	ksm_file_ahead_fill(ahead);
	EXPECT_EQ(file.at, before);
	ksm_file_ahead_free(&ahead);
}

TEST(FileAhead, AFaultComesBehindWhatWasReadBeforeIt)
{
	File file{100 * KSM_DECODER_PIECE, 2 * KSM_DECODER_PIECE + 5};
	ksm_file_ahead *ahead = nullptr;
	ksm_error err = {};
	std::string all;

	ASSERT_EQ(ksm_file_ahead_new(File::Read, &file, &ahead), 0);
	ksm_file_ahead_fill(ahead);
	EXPECT_EQ(TakeAll(ahead, &all, &err), -EIO);
	EXPECT_STREQ(err.text, "the disk is gone");
	EXPECT_TRUE(all == Content(file.fault_at));
	ksm_file_ahead_free(&ahead);
}

} // namespace
