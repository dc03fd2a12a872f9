// SPDX-License-Identifier: GPL-2.0-or-later
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <unistd.h>
#include <vector>
#include <zstd.h>

#include <gtest/gtest.h>

extern "C" {
#include "report/recording.h"
#include "report/top.h"
}

namespace
{

std::string Printed(const struct ksm_sample &sample)
{
	json_object *document = ksm_report_top(&sample);
	std::string text = json_object_to_json_string(document);

	json_object_put(document);
	return text;
}

class RecordingTest : public ::testing::Test
{
      protected:
	static constexpr int kSamples = 5;

	RecordingTest()
	{
		close(mkstemp(path_));
		for (int i = 0; i < kSamples; i++) {
			EXPECT_EQ(Record(i), 0);
			written_.push_back(Printed(Sample(i)));
			ends_.push_back(Bytes().size());
		}
		bytes_ = Bytes();
	}
	~RecordingTest() override
	{
		unlink(path_);
	}

	static struct ksm_sample Sample(int i)
	{
		struct ksm_sysfs sysfs = {};
		struct ksm_sample sample = {};

		sysfs.valid[KSM_SYSFS_pages_sharing] = true;
		sysfs.value[KSM_SYSFS_pages_sharing] = 1000 + i;
		ksm_status_init(&sample.status, &sysfs, 4096);
		ksm_rates_unknown(&sample.rates);
		sample.time = 1e9 + i;
		return sample;
	}

	int Record(int i)
	{
		struct ksm_sample sample = Sample(i);
		struct ksm_recorder *recorder;
		int ret = ksm_recorder_open(path_, &recorder, &error_);

		if (ret)
			return ret;
		ret = ksm_recorder_add(recorder, &sample, &error_);
		ksm_recorder_close(recorder);
		return ret;
	}

	std::string Bytes() const
	{
		std::ifstream file(path_, std::ios::binary);

		return {std::istreambuf_iterator<char>(file), {}};
	}
	void Put(const std::string &bytes)
	{
		std::ofstream(path_, std::ios::binary | std::ios::trunc) << bytes;
	}
	std::string WithBit(size_t bit) const
	{
		std::string bytes = bytes_;

		bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ 1 << bit % 8);
		return bytes;
	}

	char path_[32] = "/tmp/ksm-recording-XXXXXX";
	struct ksm_error error_ = {};
	std::vector<std::string> written_; // documents
	std::vector<size_t> ends_;	   // of their frames
	std::string bytes_;
};

TEST_F(RecordingTest, GoesOnBehindWhatIsWholeWhereItWasCutOff)
{
	for (size_t len = ends_[0]; len <= bytes_.size(); len++) {
		struct ksm_recording *recording;
		size_t whole = 0;

		while (whole < ends_.size() && ends_[whole] <= len)
			whole++;
		Put(bytes_.substr(0, len));
		ASSERT_EQ(ksm_recording_open(path_, &recording, &error_), 0) << len;
		EXPECT_EQ(ksm_recording_size(recording), whole) << len;
		EXPECT_EQ(ksm_recording_cut(recording), len - ends_[whole - 1]) << len;
		EXPECT_EQ(ksm_recording_damaged_at(recording), 0u) << len;
		ksm_recording_close(recording);
		EXPECT_EQ(Record(static_cast<int>(whole)), 0) << len;
		EXPECT_TRUE(Bytes().compare(0, ends_[whole - 1], bytes_, 0, ends_[whole - 1]) == 0);
		ASSERT_EQ(ksm_recording_open(path_, &recording, &error_), 0) << len;
		EXPECT_EQ(ksm_recording_size(recording), whole + 1) << len;
		EXPECT_EQ(ksm_recording_cut(recording), 0u) << len;
		ksm_recording_close(recording);
	}
}

TEST_F(RecordingTest, ZerosAtTheEndAreWhatACrashLeft)
{
	for (size_t zeros : {1u, 3u, 4u, 4095u, 70000u}) {
		struct ksm_recording *recording;

		Put(bytes_ + std::string(zeros, 0));
		ASSERT_EQ(ksm_recording_open(path_, &recording, &error_), 0) << zeros;
		EXPECT_EQ(ksm_recording_size(recording), ends_.size());
		EXPECT_EQ(ksm_recording_cut(recording), zeros);
		EXPECT_EQ(ksm_recording_damaged_at(recording), 0u);
		ksm_recording_close(recording);
		EXPECT_EQ(Record(kSamples), 0) << error_.text;
		EXPECT_EQ(Bytes().compare(0, bytes_.size(), bytes_), 0);
		EXPECT_EQ(Bytes()[bytes_.size()], 0x28) << "zeros before what was added";
	}
	Put(bytes_ + std::string(100, 0) + "x");
	EXPECT_EQ(Record(kSamples), -EBADMSG);
	Put(std::string(100, 0));
	EXPECT_NE(Record(kSamples), 0);
	EXPECT_EQ(Bytes(), std::string(100, 0));
}

/* What could not be read again is not written. */
TEST_F(RecordingTest, EndsBeforeItIsTooLargeToBeRead)
{
	struct ksm_sample sample = Sample(9);
	struct ksm_recorder *recorder;

	ASSERT_EQ(ksm_recorder_open(path_, &recorder, &error_), 0) << error_.text;
	ASSERT_EQ(truncate(path_, (INT64_C(2) << 30) - 10), 0);
	EXPECT_EQ(ksm_recorder_add(recorder, &sample, &error_), -EFBIG);
	EXPECT_NE(std::string(error_.text).find("another file"), std::string::npos);
	ksm_recorder_close(recorder);
}

TEST_F(RecordingTest, NothingIsTakenAwayBehindDamage)
{
	int refused = 0;

	for (size_t bit = 0; bit < 8 * ends_[kSamples - 2]; bit += 3) {
		std::string damaged = WithBit(bit);

		Put(damaged);
		refused += Record(kSamples) != 0;
		EXPECT_TRUE(Bytes().compare(0, damaged.size(), damaged) == 0) << bit;
	}
	EXPECT_GT(refused, 0);
}

TEST_F(RecordingTest, DamageIsToldFromWhatWasCutOff)
{
	struct ksm_recording *recording;

	Put(WithBit(8 * ends_[1])); // the magic of the third frame
	ASSERT_EQ(ksm_recording_open(path_, &recording, &error_), 0);
	EXPECT_EQ(ksm_recording_size(recording), 2u);
	EXPECT_EQ(ksm_recording_damaged_at(recording), ends_[1]);
	ksm_recording_close(recording);
	EXPECT_EQ(Record(kSamples), -EBADMSG);
	EXPECT_NE(std::string(error_.text).find("is damaged at byte " + std::to_string(ends_[1])),
		  std::string::npos)
		<< error_.text;
}

TEST_F(RecordingTest, NoBitThatHasChangedIsShown)
{
	for (size_t bit = 0; bit < 8 * bytes_.size(); bit++) {
		struct ksm_recording *recording;

		Put(WithBit(bit));
		if (ksm_recording_open(path_, &recording, nullptr))
			continue;
		for (size_t i = 0; i < ksm_recording_size(recording); i++) {
			struct ksm_sample sample;

			if (ksm_recording_read(recording, i, &sample, nullptr))
				continue;
			EXPECT_TRUE(Printed(sample) == written_[i]) << "bit " << bit;
			ksm_sample_free(&sample);
		}
		ksm_recording_close(recording);
	}
}

TEST_F(RecordingTest, OneWithoutChecksumsIsReadToo)
{
	std::string bytes(1000, '\0'), text = written_[0];
	struct ksm_recording *recording;
	struct ksm_sample sample;

	bytes.resize(ZSTD_compress(bytes.data(), bytes.size(), text.data(), text.size(), 3));
	Put(bytes);
	EXPECT_EQ(Record(1), 0) << error_.text;
	ASSERT_EQ(ksm_recording_open(path_, &recording, &error_), 0);
	EXPECT_EQ(ksm_recording_size(recording), 2u);
	ASSERT_EQ(ksm_recording_read(recording, 0, &sample, &error_), 0) << error_.text;
	EXPECT_TRUE(Printed(sample) == text);
	ksm_sample_free(&sample);
	ksm_recording_close(recording);
}

} // namespace
