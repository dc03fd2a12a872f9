// SPDX-License-Identifier: GPL-2.0-or-later
// Dumps of several frames, which helpers decode side by side: held against the content, and frames' ends against libzstd.
#include <gtest/gtest.h>
#include <zstd.h>

#include <cerrno>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

extern "C" {
#include "source/read_ahead.h"
#include "source/zstd_frame.h"
}

namespace
{

constexpr size_t kContentMax = 16u << 20;

std::string Content(size_t size, unsigned int seed)
{
	std::mt19937 random(seed);
	std::string content(size, 'x');

	for (size_t i = 0; i < size; i++)
		if (i % 8192 < 2048)
			content[i] = static_cast<char>(random());
	return content;
}

// As a stream is compressed, which does not know its size beforehand, or as a whole.
std::string Frame(const std::string &content, bool knows_size, bool has_checksum)
{
	std::unique_ptr<ZSTD_CCtx, size_t (*)(ZSTD_CCtx *)> context(ZSTD_createCCtx(),
								    ZSTD_freeCCtx);
	std::string frame(ZSTD_compressBound(content.size()) + 64, '\0');
	ZSTD_inBuffer in = {content.data(), content.size(), 0};
	ZSTD_outBuffer out = {frame.data(), frame.size(), 0};

	ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, 1);
	ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, has_checksum);
	if (knows_size)
		ZSTD_CCtx_setPledgedSrcSize(context.get(), content.size());
	else
		ZSTD_compressStream2(context.get(), &out, &in, ZSTD_e_flush);
	EXPECT_EQ(ZSTD_compressStream2(context.get(), &out, &in, ZSTD_e_end), 0u);
	frame.resize(out.pos);
	return frame;
}

std::string Skippable(const std::string &content)
{
	const auto size = static_cast<uint32_t>(content.size());
	std::string frame = "\x50\x2a\x4d\x18";

	for (int i = 0; i < 4; i++)
		frame += static_cast<char>(size >> 8 * i);
	return frame + content;
}

ksm_frame_sight Sight(const std::string &bytes, size_t *len, size_t *content,
		      size_t content_max = kContentMax)
{
	return ksm_zstd_frame_end(reinterpret_cast<const unsigned char *>(bytes.data()),
				  bytes.size(), content_max, len, content);
}

TEST(ZstdFrame, EndsWhereLibzstdSays)
{
	for (size_t size : {0u, 1u, 255u, 256u, 65791u, 65792u, 1000000u}) {
		for (int kind = 0; kind < 4; kind++) {
			std::string frame = Frame(Content(size, 1), kind & 1, kind & 2);
			size_t len = 0, content = 0;

			ASSERT_EQ(Sight(frame + "more", &len, &content), KSM_FRAME_WHOLE)
				<< size << ' ' << kind;
			EXPECT_EQ(len, frame.size());
			EXPECT_EQ(len, ZSTD_findFrameCompressedSize(frame.data(), frame.size()));
			EXPECT_GE(content, size);
			EXPECT_LE(content, size + 2 * ZSTD_BLOCKSIZE_MAX);
			for (size_t left = 0; left < frame.size();
			     left += 1 + frame.size() / 1000) {
				EXPECT_EQ(Sight(frame.substr(0, left), &len, &content),
					  KSM_FRAME_GOES_ON)
					<< left << " of " << frame.size();
			}
		}
	}
}

TEST(ZstdFrame, WhatIsNone)
{
	std::string frame = Frame(Content(1000000, 1), true, false), bad;
	size_t len = 0, content = 0;

	EXPECT_EQ(Sight(frame, &len, &content, 999999), KSM_FRAME_NONE) << "too large";
	EXPECT_EQ(Sight("no such frame", &len, &content), KSM_FRAME_NONE);
	for (int bit : {1, 2, 8}) { // dictionaries, and what is reserved
		bad = frame;
		bad[4] = static_cast<char>(bad[4] | bit);
		EXPECT_EQ(Sight(bad, &len, &content), KSM_FRAME_NONE) << bit;
	}
	ASSERT_EQ(Sight(Skippable("some"), &len, &content), KSM_FRAME_WHOLE);
	EXPECT_EQ(len, 12u);
	EXPECT_EQ(content, 0u);
	EXPECT_EQ(Sight(Skippable("some").substr(0, 11), &len, &content), KSM_FRAME_GOES_ON);
	bad = Skippable("");
	bad[7] = '\x7f';
	EXPECT_EQ(Sight(bad, &len, &content), KSM_FRAME_NONE) << "to be skipped for ever";
	bad = frame.substr(0, 4) + std::string("\0\x58", 2);
	ASSERT_EQ(Sight(bad + std::string(3 * 1000, '\0'), &len, &content), KSM_FRAME_GOES_ON);
	EXPECT_EQ(Sight(bad + std::string(3 * 100000, '\0'), &len, &content), KSM_FRAME_NONE)
		<< "blocks without content";
}

class FramesTest : public testing::Test
{
      protected:
	// Small ones, empty ones, to be skipped ones, and some of 1 MiB and more, one of which is too large to be handed over.
	void SetUp() override
	{
		Add(300);
		for (unsigned int i = 0; i < 24; i++) {
			Add(i % 3 ? 1500000 + i * 1001 : 0);
			bytes_ += Skippable("where the next one ends");
			if (i == 14)
				Add(17u << 20);
		}
		Add(5);
	}
	void Add(size_t size)
	{
		const std::string content =
			Content(size, static_cast<unsigned int>(begins_.size()));

		begins_.push_back(bytes_.size());
		content_begins_.push_back(content_.size());
		bytes_ += Frame(content, begins_.size() % 2, begins_.size() % 4 < 2);
		content_ += content;
	}
	static int Pull(void *data, const unsigned char **ret_bytes, size_t *ret_len, ksm_error *)
	{
		auto *bytes = static_cast<std::string_view *>(data);

		*ret_bytes = reinterpret_cast<const unsigned char *>(bytes->data());
		*ret_len = std::min<size_t>(bytes->size(), KSM_DECODER_PIECE);
		bytes->remove_prefix(*ret_len);
		return 0;
	}
	// Up to @most bytes of what comes before the end or the fault; ret_ and error_ say which.
	std::string Read(std::string_view bytes, unsigned int helpers, size_t step = 300000,
			 size_t most = SIZE_MAX)
	{
		std::string all, piece(step, '\0');
		ksm_decoder *decoder = nullptr;
		ksm_read_ahead *ahead = nullptr;
		size_t got = 0;

		EXPECT_EQ(ksm_decoder_new(ksm_codec_find(bytes.data(), bytes.size()), Pull, &bytes,
					  &decoder, &error_),
			  0);
		EXPECT_EQ(ksm_read_ahead_new(decoder, helpers, &ahead), 0);
		while (all.size() < most &&
		       !(ret_ = ksm_read_ahead_read(ahead, piece.data(), step, &got, &error_)) &&
		       got)
			all.append(piece, 0, got);
		ksm_read_ahead_free(&ahead);
		ksm_decoder_free(&decoder);
		return all;
	}
	std::string bytes_, content_;
	std::vector<size_t> begins_, content_begins_;
	ksm_error error_ = {};
	int ret_ = 0;
};

TEST_F(FramesTest, ContentComesInOrder)
{
	for (unsigned int helpers : {0u, 1u, 2u, 4u, 99u}) {
		for (size_t step : {4096u, 5000000u}) {
			EXPECT_TRUE(Read(bytes_, helpers, step) == content_) << helpers;
			EXPECT_EQ(ret_, 0) << error_.text;
		}
	}
}

TEST_F(FramesTest, WhatBreaksOffIsHandedOutFirst)
{
	for (size_t frame : {8u, 16u, 25u}) {
		size_t left = begins_[frame] + (begins_[frame + 1] - begins_[frame]) / 2;
		std::string got = Read(bytes_.substr(0, left), 3);

		EXPECT_EQ(ret_, -EBADMSG) << frame;
		EXPECT_TRUE(got == content_.substr(0, got.size()));
		EXPECT_GE(got.size(), content_begins_[frame]);
		EXPECT_EQ(error_.text, "its zstd data break off at byte " + std::to_string(left) +
					       ", after " + std::to_string(got.size()) +
					       " bytes of content: the file is incomplete");
	}
}

// Whoever decodes the frame, and whenever: the same bytes and the same words. These frames have a checksum.
TEST_F(FramesTest, DamageIsToldWhereItIs)
{
	for (size_t frame : {3u, 8u, 16u, 24u}) {
		std::string bad = bytes_, first, text;
		size_t at = (begins_[frame] + begins_[frame + 1]) / 2;

		for (size_t i = 0; i < 64; i++)
			bad[at + i] = static_cast<char>(~bad[at + i]);
		for (unsigned int helpers = 1; helpers <= 4; helpers++) {
			std::string got = Read(bad, helpers, helpers * 100000);
			unsigned long long near = 0, after = 0;

			ASSERT_EQ(ret_, -EBADMSG) << frame;
			ASSERT_EQ(sscanf(error_.text,
					 "its zstd data are damaged near byte %llu, after %llu",
					 &near, &after),
				  2)
				<< error_.text;
			EXPECT_GE(near, begins_[frame]);
			EXPECT_LE(near, begins_[frame + 1]);
			EXPECT_EQ(after, got.size());
			EXPECT_GE(after, content_begins_[frame]);
			EXPECT_TRUE(got.compare(0, content_begins_[frame], content_, 0,
						content_begins_[frame]) == 0);
			EXPECT_TRUE(helpers == 1 || first == got);
			EXPECT_TRUE(helpers == 1 || text == error_.text)
				<< text << ", " << error_.text;
			first = got;
			text = error_.text;
		}
	}
}

TEST_F(FramesTest, ClosingDoesNotWaitForHelpers)
{
	for (size_t most = 0; most < 3000000; most += 123456) {
		std::string got = Read(bytes_, 4, 50000, most);

		EXPECT_TRUE(got == content_.substr(0, got.size()));
	}
}

} // namespace
