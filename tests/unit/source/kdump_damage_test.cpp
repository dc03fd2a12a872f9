// SPDX-License-Identifier: GPL-2.0-or-later
// Kdumps that are cut off, damaged, or of a kind that is not read.
#include "tests/unit/source/kdump_fixture.h"

namespace
{

TEST_F(KdumpTest, TruncationsLoseWhatIsMissingAndNothingElse)
{
	builder_.codecs = {kZlib, kStored, kLzo};
	for (uint64_t pfn : {0, 1, 2, 3, 9})
		builder_.pages[pfn] = builder_.Page(static_cast<unsigned char>(pfn));
	builder_.filtered = {4, 12};
	for (Way way : {kPlain, kFlat}) {
		std::string whole = Bytes(way);

		for (size_t len = 16; len < whole.size(); len += len < 97 ? 81 : 97) {
			for (bool stream : {false, true}) {
				std::string part = whole.substr(0, len);
				Read read = ReadBytes(stream ? Zstd(part) : part);
				SCOPED_TRACE(testing::Message()
					     << way << " " << len << " " << stream);

				if (read.ret) {
					EXPECT_EQ(read.ret, -EBADMSG) << read.error.text;
					EXPECT_NE(std::string(read.error.text)
							  .find("byte " + std::to_string(len)),
						  std::string::npos)
						<< read.error.text;
					continue;
				}
				EXPECT_EQ(read.Count(KSM_KDUMP_FILTERED), 2u);
				EXPECT_EQ(read.Count(KSM_KDUMP_DATA) +
						  read.Count(KSM_KDUMP_MISSING),
					  5u);
				for (const auto &page : read.pages)
					EXPECT_EQ(page.second, builder_.pages[page.first]);
				EXPECT_TRUE(read.facts.is_cut);
				EXPECT_EQ(read.facts.cut_at, len);
				EXPECT_TRUE(way == kFlat || read.Count(KSM_KDUMP_MISSING));
			}
		}
	}
}

TEST_F(KdumpTest, AMissingPageCannotBeRead)
{
	builder_.codecs = {kStored};
	for (uint64_t pfn = 0; pfn < 3; pfn++)
		builder_.pages[pfn] = builder_.Page(static_cast<unsigned char>(pfn + 1));
	std::string image = Bytes(kPlain), page(4096, '\0');
	auto *bytes = reinterpret_cast<unsigned char *>(page.data());
	for (uint64_t lost : {4000u, 3 * 4096u + 4096u + 10u}) { // a page; a descriptor
		ksm_input *input = nullptr;
		ksm_kdump *dump = nullptr;
		ksm_error error;

		tree_.File("dump", image.substr(0, image.size() - lost));
		ASSERT_EQ(ksm_input_open(tree_.Path("dump").c_str(), 0, &input, nullptr), 0);
		Input input_guard(input);
		ASSERT_EQ(ksm_kdump_open(input, &dump, nullptr), 0);
		Dump dump_guard(dump);
		EXPECT_FALSE(FillOne(dump, 2, bytes, &error));
		EXPECT_NE(std::string(error.text).find("missing: the file ends before it"),
			  std::string::npos)
			<< error.text;
		EXPECT_EQ(FillOne(dump, 0, bytes, &error), lost == 4000);
	}
}

TEST_F(KdumpTest, ACompressedFileThatBreaksOffGivesWhatItHas)
{
	builder_.codecs = {kStored};
	std::mt19937 random(5);
	for (uint64_t pfn = 0; pfn < 100; pfn++) {
		for (int i = 0; i < 4096; i++)
			builder_.pages[pfn] += static_cast<char>(random());
	}
	for (Way way : {kPlainStream, kFlatStream}) {
		std::string whole = Bytes(way);
		Read read = ReadBytes(whole.substr(0, whole.size() / 2));

		ASSERT_EQ(read.ret, 0) << read.error.text;
		EXPECT_GT(read.pages.size(), 10u);
		EXPECT_LT(read.pages.size(), 60u);
		EXPECT_EQ(read.pages.size() + read.Count(KSM_KDUMP_MISSING), 100u);
		EXPECT_EQ(read.facts.cut_error.code, KSM_ERR_FORMAT);
		for (const auto &page : read.pages)
			EXPECT_EQ(page.second, builder_.pages[page.first]);
	}
}

TEST_F(KdumpTest, DamagedPagesAreNamedAndTheRestIsRead)
{
	builder_.share_zero = false;
	for (uint64_t pfn = 0; pfn < 6; pfn++)
		builder_.pages[pfn] = builder_.Page(static_cast<unsigned char>(pfn + 1));
	std::string image = builder_.Build();
	uint64_t at = builder_.descriptors_at;
	builder_.Put(image, at + 0 * 24 + 8, 0, 4);		    // no bytes
	builder_.Put(image, at + 1 * 24 + 8, 4097, 4);		    // more than a page
	builder_.Put(image, at + 2 * 24 + 0, UINT64_C(1) << 63, 8); // nowhere
	builder_.Put(image, at + 3 * 24 + 12, 0x40, 4);		    // a codec of the future
	builder_.Put(image, at + 4 * 24 + 12, 0, 4);		    // short, and not compressed
	Read read = ReadBytes(image);

	ASSERT_EQ(read.ret, 0) << read.error.text;
	EXPECT_EQ(read.Count(KSM_KDUMP_DAMAGED), 4u);
	EXPECT_NE(std::string(read.facts.damage.text).find("descriptor 0 makes no sense"),
		  std::string::npos)
		<< read.facts.damage.text;
	EXPECT_EQ(read.lost, (std::vector<uint64_t>{3}));
	EXPECT_NE(std::string(read.lost_error.text).find("flags 0x40"), std::string::npos);
	EXPECT_EQ(read.lost_error.address, 3u * 4096);
	EXPECT_EQ(read.pages.size(), 1u);
	EXPECT_EQ(read.pages[5], builder_.pages[5]);
	read = ReadBytes(Zstd(image));
	ASSERT_EQ(read.ret, 0) << read.error.text;
	EXPECT_EQ(read.Count(KSM_KDUMP_DAMAGED), 5u);
	EXPECT_EQ(read.pages.size(), 1u);
	EXPECT_EQ(read.pages[5], builder_.pages[5]);
}

TEST_F(KdumpTest, BytesThatDoNotUnpackToAPageAreDamage)
{
	for (KdumpCodec codec : {kZlib, kLzo, kSnappy, kZstd}) {
		builder_ = {};
		builder_.share_zero = false;
		builder_.codecs = {codec};
		for (uint64_t pfn = 0; pfn < 3; pfn++)
			builder_.pages[pfn] = builder_.Page(static_cast<unsigned char>(pfn + 1));
		std::string image = builder_.Build();
		SCOPED_TRACE(codec);

		// Half a page where a whole one should be.
		std::string half = KdumpBuilder::Compress(codec, std::string(2048, 'x'));
		std::string changed = image;
		changed.replace(builder_.pages_at, half.size(), half);
		builder_.Put(changed, builder_.descriptors_at + 8, half.size(), 4);
		Read read = ReadBytes(changed);
		EXPECT_EQ(read.lost, (std::vector<uint64_t>{0}));
		EXPECT_NE(std::string(read.lost_error.text).find("do not unpack to a page"),
			  std::string::npos)
			<< read.lost_error.text;
		EXPECT_EQ(read.pages.size(), 2u);
		EXPECT_EQ(ReadBytes(Zstd(changed)).Count(KSM_KDUMP_DAMAGED), 1u);
		// More than a page must not run over its end.
		std::string more = KdumpBuilder::Compress(codec, std::string(60000, 'x'));
		ASSERT_LE(more.size(), 4096u);
		changed = image + more;
		builder_.Put(changed, builder_.descriptors_at + 24, image.size(), 8);
		builder_.Put(changed, builder_.descriptors_at + 24 + 8, more.size(), 4);
		EXPECT_EQ(ReadBytes(changed).lost, (std::vector<uint64_t>{1}));
		// Rubbish of the right length.
		changed = image;
		std::fill(changed.begin() + static_cast<long>(builder_.pages_at), changed.end(),
			  '\xa5');
		EXPECT_EQ(ReadBytes(changed).pages.size(), 0u);
	}
}

TEST_F(KdumpTest, HeadersThatMakeNoSenseAreRefused)
{
	builder_.pages[0] = builder_.Page(1);
	std::string image = builder_.Build();
	auto with = [&](uint64_t at, uint64_t value, int width) {
		std::string changed = image;

		builder_.Put(changed, at, value, width);
		return changed;
	};

	ExpectRefused("something else, of 16 bytes at least", -EBADMSG, "is no kdump");
	ExpectRefused(with(8, 7, 4), -EOPNOTSUPP, "header version 7");
	ExpectRefused(with(428, 0, 4), -EBADMSG, "makes no sense");
	ExpectRefused(with(428, 4097, 4), -EBADMSG, "makes no sense");
	ExpectRefused(with(428, 1024, 4), -EOPNOTSUPP, "pages of 1024 bytes");
	ExpectRefused(with(428, 1u << 20, 4), -EOPNOTSUPP, "pages of 1048576 bytes");
	ExpectRefused(with(432, 0, 4), -EBADMSG, "makes no sense");
	ExpectRefused(with(432, 0xfffff, 4), -EBADMSG, "is cut off");
	ExpectRefused(with(436, 0, 4), -EBADMSG, "bitmaps of 0 bytes");
	ExpectRefused(with(436, UINT32_MAX, 4), -EBADMSG, "within its bitmaps");
	ExpectRefused(with(4096 + 96, UINT64_C(1) << 52, 8), -EBADMSG, "claims 4503599627370496");
	ExpectRefused(with(4096 + 96, UINT64_MAX, 8), -EBADMSG, "claims 18446744073709551615");
	ExpectRefused(with(4096 + 96, 8 * 4096 * 2 + 1, 8), -EBADMSG, "claims 65537");
	std::string huge = with(428, 65536, 4);
	builder_.Put(huge, 436, UINT32_MAX, 4);
	huge.resize(3 * 65536);
	builder_.Put(huge, 65536 + 96, UINT64_C(1) << 49, 8); // more than 2^64 bytes
	ExpectRefused(huge, -EBADMSG, "claims 562949953421312 page frames");
	// The same through a stream, which must not wait for what is claimed, or make room for it.
	ExpectRefused(Zstd(with(436, UINT32_MAX, 4)), -EOPNOTSUPP, "too large");
	ExpectRefused(Zstd(with(436, 15000, 4)), -EBADMSG, "within its bitmaps");
	ExpectRefused(Zstd(with(432, 0xfffff, 4)), -EBADMSG, "is cut off");
}

TEST_F(KdumpTest, FlattenedFilesThatMakeNoSenseAreRefused)
{
	builder_.pages[0] = builder_.Page(1);
	std::vector<KdumpBuilder::Record> records = KdumpBuilder::Cut(builder_.Build(), 4096);
	std::string flat = KdumpBuilder::Flatten(records);
	std::string changed = flat;

	changed[31] = 2;
	ExpectRefused(changed, -EOPNOTSUPP, "version 2 of type 1");
	changed = flat;
	changed[4096] = '\x80'; // an offset below 0
	ExpectRefused(changed, -EBADMSG, "record at byte 4096");
	ExpectRefused(Zstd(changed), -EBADMSG, "record at byte 4096");
	changed = flat;
	changed[4096 + 8] = '\x7f'; // more than all that follows, as if cut off: one record
	Read read = ReadBytes(changed);
	EXPECT_NE(read.ret, 1);
	ExpectRefused(flat.substr(0, 4095), -EBADMSG, "is cut off at byte 4095");
	ExpectRefused(flat.substr(0, 4096), -EBADMSG, "is cut off at byte 4096");
	// Zeros are records of nothing, without end.
	changed = flat.substr(0, 4096) + std::string(2 << 20, '\0');
	ExpectRefused(changed, -EBADMSG, "is damaged: more than 73744 records");
	ExpectRefused(Zstd(changed), -EBADMSG, "record at byte 1052672");
	// Bytes by the million in records of one each would cost more memory than the file has bytes.
	std::string many;
	for (int i = 0; i < 80000; i++)
		many += KdumpBuilder::Big64(i) + KdumpBuilder::Big64(1) + "x";
	ExpectRefused(flat.substr(0, 4096) + many, -EBADMSG, "records by byte");
}

TEST_F(KdumpTest, PartsOfASplitDumpAreRefused)
{
	SomePages();
	builder_.split = true;
	builder_.split_end = 32768;
	for (int version : {2, 5, 6}) {
		builder_.version = version;
		ExpectRefused(Bytes(kPlain), -EOPNOTSUPP,
			      "page frames 0 to 32768 of 70002): join all parts");
		ExpectRefused(Bytes(kFlatStream), -EOPNOTSUPP, "makedumpfile --reassemble");
	}
	builder_.split_start = 32768;
	builder_.split_end = 70002;
	ExpectRefused(Bytes(kPlain), -EOPNOTSUPP, "page frames 32768 to 70002");
	builder_.split_start = 0;
	ExpectSame(ReadBytes(Bytes(kPlain)));
}

TEST_F(KdumpTest, StreamsThatNeedGoingBackAreRefusedWithAdvice)
{
	SomePages();
	builder_.share_zero = false;
	builder_.codecs = {kStored};
	for (uint64_t pfn = 300; pfn < 350; pfn++)
		builder_.pages[pfn] = builder_.Page(static_cast<unsigned char>(pfn - 250));
	std::string image = builder_.Build();
	auto records = KdumpBuilder::Cut(image, 5000);
	auto refused = [&](const std::string &bytes, const std::string &text) {
		ExpectSame(ReadBytes(bytes));
		ExpectRefused(Zstd(bytes), -EOPNOTSUPP, text);
		ExpectRefused(Zstd(bytes), -EOPNOTSUPP, "decompress it to a file first");
	};

	auto changed = records;
	std::rotate(changed.begin(), changed.begin() + 1, changed.end());
	refused(KdumpBuilder::Flatten(changed), "header does not come first");
	changed = records;
	changed.push_back(records[1]);
	// All pages are there by then, and the same once more changes nothing.
	ExpectSame(ReadBytes(Zstd(KdumpBuilder::Flatten(changed))));
	changed.push_back(records.back());
	refused(KdumpBuilder::Flatten(changed), "pages come again");
	changed = records;
	changed.insert(changed.end() - 1, records[0]);
	refused(KdumpBuilder::Flatten(changed), "come again behind pages");
	// Pieces of the descriptors and of the pages that change places.
	changed = KdumpBuilder::Cut(image, 500);
	size_t piece = builder_.descriptors_at / 500 + 1;
	std::swap(changed[piece], changed[piece + 1]);
	refused(KdumpBuilder::Flatten(changed), "descriptors are out of order");
	changed = KdumpBuilder::Cut(image, 500);
	std::swap(changed[changed.size() - 3], changed[changed.size() - 2]);
	refused(KdumpBuilder::Flatten(changed), "pages are out of order");
	// Pages from last to first.
	uint64_t at = builder_.descriptors_at, n = builder_.pages.size();
	std::string bytes = image.substr(builder_.pages_at), backward;
	std::string turned = image.substr(0, builder_.pages_at);
	for (uint64_t i = n; i--;) {
		uint64_t offset = 0, size = 0;

		memcpy(&offset, &image[at + i * 24], 8);
		memcpy(&size, &image[at + i * 24 + 8], 4);
		builder_.Put(turned, at + i * 24, builder_.pages_at + 70000 + backward.size(), 8);
		backward += image.substr(offset, size);
	}
	refused(turned + std::string(70000, 'x') + backward, "not in ascending order");
}

// As makedumpfile wrote them until 2014: header, pages, bitmaps.
TEST_F(KdumpTest, StreamsWithBitmapsBehindPagesAreNotEmpty)
{
	SomePages();
	builder_.codecs = {kStored};
	const std::string image = builder_.Build();
	const size_t pages = builder_.descriptors_at;
	const size_t bitmaps = 2 * builder_.block_size, half = (pages - bitmaps) / 2;

	for (size_t from : {bitmaps, bitmaps + half}) {
		std::vector<KdumpBuilder::Record> records = {
			{0, image.substr(0, from)},
			{pages, image.substr(pages)},
			{from, image.substr(from, pages - from)}};
		ExpectSame(ReadBytes(KdumpBuilder::Flatten(records)));
		ExpectRefused(Zstd(KdumpBuilder::Flatten(records)), -EOPNOTSUPP,
			      "come again behind pages: decompress it to a file first");
		// Cut off before them, no page can be told.
		records.pop_back();
		std::string cut = KdumpBuilder::Flatten(records, false);
		ExpectRefused(cut, -EBADMSG, "within its bitmaps");
		ExpectRefused(Zstd(cut), -EBADMSG, "within its bitmaps");
	}
}

TEST_F(KdumpTest, StreamsWhoseHeaderIsCompletedAtTheEndAreRead)
{
	SomePages();
	const std::string image = builder_.Build();
	std::vector<KdumpBuilder::Record> records = KdumpBuilder::Cut(image, 5000);
	std::string head = image.substr(0, 8192);

	builder_.Put(head, 4096 + 64, image.size(), 8); // where what was erased is listed
	builder_.Put(head, 4096 + 72, 10, 8);
	records.push_back({image.size(), "erased x 1"});
	records.push_back({0, head});
	ExpectSame(ReadBytes(Zstd(KdumpBuilder::Flatten(records))));
	builder_.Put(head, 4096 + 96, 100, 8); // fewer page frames
	records.back().bytes = head;
	ExpectRefused(Zstd(KdumpBuilder::Flatten(records)), -EOPNOTSUPP, "come again behind pages");
}

} // namespace
