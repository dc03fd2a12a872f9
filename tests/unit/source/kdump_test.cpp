// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/fake_tree.h"
#include "tests/unit/source/kdump_builder.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <random>
#include <thread>
#include <tuple>

extern "C" {
#include "source/input.h"
#include "source/kdump.h"
#include "source/page_source.h"
}

namespace
{

// A dump as a whole: what became of each page, and the bytes of those that are there.
struct Read {
	int ret = 0;
	ksm_error error = {};
	ksm_kdump_facts facts = {};
	std::string machine, release;
	std::map<uint64_t, ksm_kdump_class> classes;
	std::map<uint64_t, std::string> pages;
	std::vector<uint64_t> lost;
	ksm_error lost_error = {};

	size_t Count(ksm_kdump_class of_class) const
	{
		size_t n = 0;

		for (const auto &page : classes)
			n += page.second == of_class;
		return n;
	}
};

struct CloseInput {
	void operator()(ksm_input *input) const
	{
		ksm_input_close(&input);
	}
};
struct CloseDump {
	void operator()(ksm_kdump *dump) const
	{
		ksm_kdump_close(&dump);
	}
};
using Input = std::unique_ptr<ksm_input, CloseInput>;
using Dump = std::unique_ptr<ksm_kdump, CloseDump>;

std::unique_ptr<ksm_batch> Batch(const ksm_kdump_run &run, unsigned int page_size,
				 unsigned char *data)
{
	auto batch = std::make_unique<ksm_batch>();

	batch->data = data;
	for (uint64_t i = 0; i < run.n; i++)
		batch->page[batch->n++].address = (run.pfn + i) * page_size;
	return batch;
}

// False if the page is lost; then why.
bool FillOne(const ksm_kdump *dump, uint64_t pfn, unsigned char *page, ksm_error *error)
{
	const ksm_kdump_run run = {KSM_KDUMP_DATA, pfn, 1};
	auto batch = Batch(run, 4096, page);

	ksm_kdump_fill(dump, batch.get());
	*error = batch->error;
	return !(batch->page[0].flags & KSM_PAGE_LOST);
}

void TakeRun(const ksm_kdump *dump, const ksm_kdump_run &run, bool is_stream, std::string &data,
	     Read &read)
{
	unsigned int page_size = read.facts.page_size;
	auto *bytes = reinterpret_cast<unsigned char *>(data.data());
	auto batch = Batch(run, page_size, bytes);

	for (uint64_t i = 0; i < run.n; i++) {
		EXPECT_TRUE(read.classes.empty() || read.classes.rbegin()->first < run.pfn + i);
		read.classes[run.pfn + i] = run.kind;
	}
	if (run.kind != KSM_KDUMP_DATA)
		return;
	if (!is_stream)
		ksm_kdump_fill(dump, batch.get());
	for (uint32_t i = 0; i < batch->n; i++) {
		if (batch->page[i].flags & KSM_PAGE_LOST)
			read.lost.push_back(run.pfn + i);
		else
			read.pages[run.pfn + i] = data.substr(i * page_size, page_size);
	}
	if (batch->error.code && !read.lost_error.code)
		read.lost_error = batch->error;
}

Read ReadDump(const std::string &path, uint64_t max = KSM_BATCH_PAGES_MAX)
{
	std::string data(KSM_BATCH_BYTES, '\0');
	ksm_kdump_run run;
	ksm_input *input = nullptr;
	ksm_kdump *dump = nullptr;
	Read read;

	read.ret = ksm_input_open(path.c_str(), 0, &input, &read.error);
	Input input_guard(input);
	if (!read.ret)
		read.ret = ksm_kdump_open(input, &dump, &read.error);
	Dump dump_guard(dump);
	if (read.ret)
		return read;
	read.facts = *ksm_kdump_get_facts(dump);
	read.machine = read.facts.machine;
	read.release = read.facts.release;
	max = std::min<uint64_t>(max, KSM_BATCH_BYTES / read.facts.page_size);
	while ((read.ret = ksm_kdump_next(dump, max, reinterpret_cast<unsigned char *>(data.data()),
					  &run, &read.error)) == 1) {
		EXPECT_GE(run.n, 1u);
		EXPECT_LE(run.n, max);
		TakeRun(dump, run, !ksm_input_is_seekable(input), data, read);
	}
	read.facts = *ksm_kdump_get_facts(dump);
	return read;
}

enum Way { kPlain, kFlat, kPlainStream, kFlatStream };

std::string Zstd(const std::string &content)
{
	std::string out(ZSTD_compressBound(content.size()), '\0');

	out.resize(ZSTD_compress(out.data(), out.size(), content.data(), content.size(), 1));
	return out;
}

class KdumpTest : public testing::Test
{
      protected:
	FakeTree tree_;
	KdumpBuilder builder_;

	// Data, zero pages, filtered ones and gaps, over more than one piece of the bitmaps.
	void SomePages()
	{
		std::mt19937 random(7);

		for (uint64_t pfn : {0, 1, 2, 5, 6, 63, 64, 65, 200, 32767, 32768, 32769, 70000})
			builder_.pages[pfn] = builder_.Page(static_cast<unsigned char>(pfn % 7));
		std::string noise(builder_.block_size, '\0');
		for (char &c : noise)
			c = static_cast<char>(random());
		builder_.pages[7] = noise;
		for (uint64_t pfn : {3, 4, 66, 32766, 32770, 50000, 70001})
			builder_.filtered.insert(pfn);
	}

	std::string Bytes(Way way)
	{
		std::string image = builder_.Build();

		if (way == kFlat || way == kFlatStream)
			image = KdumpBuilder::Flatten(KdumpBuilder::Cut(image, 5000));
		return way == kPlainStream || way == kFlatStream ? Zstd(image) : image;
	}

	Read ReadBytes(const std::string &bytes, uint64_t max = KSM_BATCH_PAGES_MAX)
	{
		tree_.File("dump", bytes);
		return ReadDump(tree_.Path("dump"), max);
	}

	void ExpectSame(const Read &read)
	{
		ASSERT_EQ(read.ret, 0) << read.error.text;
		EXPECT_EQ(read.pages, builder_.pages);
		EXPECT_EQ(read.Count(KSM_KDUMP_DATA), builder_.pages.size());
		EXPECT_EQ(read.Count(KSM_KDUMP_FILTERED), builder_.filtered.size());
		EXPECT_EQ(read.classes.size(), builder_.pages.size() + builder_.filtered.size());
		EXPECT_EQ(read.facts.pages_dumped, builder_.pages.size());
		EXPECT_FALSE(read.facts.is_cut);
		EXPECT_TRUE(read.lost.empty()) << read.lost_error.text;
		for (uint64_t pfn : builder_.filtered)
			EXPECT_EQ(read.classes.at(pfn), KSM_KDUMP_FILTERED);
	}

	void ExpectRefused(const std::string &bytes, int ret, const std::string &text)
	{
		Read read = ReadBytes(bytes);

		EXPECT_EQ(read.ret, ret) << text;
		EXPECT_NE(std::string(read.error.text).find(text), std::string::npos)
			<< read.error.text;
	}
};

class KdumpWays : public KdumpTest,
		  public testing::WithParamInterface<std::tuple<std::vector<KdumpCodec>, Way>>
{
};

TEST_P(KdumpWays, GiveEveryPageOnce)
{
	builder_.codecs = std::get<0>(GetParam());
	SomePages();
	std::string bytes = Bytes(std::get<1>(GetParam()));
	ExpectSame(ReadBytes(bytes));
	ExpectSame(ReadBytes(bytes, 1));
	ExpectSame(ReadBytes(bytes, 3));
}

INSTANTIATE_TEST_SUITE_P(
	Codecs, KdumpWays,
	testing::Combine(
		testing::Values(std::vector<KdumpCodec>{kStored}, std::vector<KdumpCodec>{kZlib},
				std::vector<KdumpCodec>{kLzo}, std::vector<KdumpCodec>{kSnappy},
				std::vector<KdumpCodec>{kZstd},
				std::vector<KdumpCodec>{kStored, kZlib, kLzo, kSnappy, kZstd}),
		testing::Values(kPlain, kFlat, kPlainStream, kFlatStream)));

TEST_F(KdumpTest, PagesThatShareTheirBytesAreAllThere)
{
	for (uint64_t pfn = 0; pfn < 3000; pfn++)
		builder_.pages[pfn] = builder_.Page(pfn % 10 ? 0 : 1 + pfn % 200);
	for (Way way : {kPlain, kFlat, kPlainStream, kFlatStream})
		ExpectSame(ReadBytes(Bytes(way)));
	// 2700 descriptors lead to one place.
	EXPECT_LT(builder_.Build().size(), 200000u);
}

TEST_F(KdumpTest, IsToldByItsMagic)
{
	SomePages();
	std::string plain = Bytes(kPlain), flat = Bytes(kFlat);
	auto recognise = [](const std::string &bytes, size_t len) {
		return ksm_kdump_recognise(reinterpret_cast<const unsigned char *>(bytes.data()),
					   len);
	};

	EXPECT_TRUE(recognise(plain, 16));
	EXPECT_TRUE(recognise(flat, 16));
	EXPECT_FALSE(recognise(plain, 7));
	EXPECT_FALSE(recognise(flat, 15));
	EXPECT_FALSE(recognise("\x7f"
			       "ELF____________",
			       16));
	EXPECT_FALSE(recognise("makedumpfile.c__", 16));
}

TEST_F(KdumpTest, EveryHeaderVersionByteOrderAndWordSize)
{
	SomePages();
	builder_.level = 31;
	builder_.release = "5.10.0-test";
	builder_.vmcoreinfo = "OSRELEASE=6.6.6\nPAGESIZE=4096\nSYMBOL(x)=1\n";
	for (int form = 0; form < 6; form++) {
		for (int version = 1; version <= 6; version++) {
			builder_.big = form % 2;
			builder_.is64 = form < 2;
			builder_.packs = form >= 4;
			builder_.machine = form < 2 ? (form ? "s390x" : "x86_64")
						    : (form < 4 ? "armv7l" : "i686");
			builder_.version = version;
			SCOPED_TRACE(testing::Message()
				     << "form " << form << " version " << version);
			for (Way way : {kPlain, kFlat, kPlainStream, kFlatStream}) {
				Read read = ReadBytes(Bytes(way));

				ExpectSame(read);
				EXPECT_EQ(read.facts.is_64bit, builder_.is64);
				EXPECT_EQ(read.facts.is_big_endian, builder_.big);
				EXPECT_EQ(read.facts.version, version);
				EXPECT_EQ(read.facts.dump_level, 31);
				EXPECT_EQ(read.machine, builder_.machine);
				EXPECT_EQ(read.release, "5.10.0-test");
				EXPECT_EQ(read.facts.is_flattened,
					  way == kFlat || way == kFlatStream);
				EXPECT_EQ(read.facts.vmcoreinfo_page_size,
					  version >= 3 ? 4096u : 0u);
			}
		}
	}
}

TEST_F(KdumpTest, FactsOfADumpThatQemuWrote)
{
	SomePages();
	builder_.vmcoreinfo = "OSRELEASE=6.1.0-56-cloud-amd64\nPAGESIZE=4096\n";
	builder_.level = 1;
	Read read = ReadBytes(Bytes(kPlain));

	EXPECT_EQ(read.release, "6.1.0-56-cloud-amd64"); // utsname is empty
	EXPECT_EQ(read.facts.dump_level, KSM_KDUMP_NO_ZERO);
	EXPECT_EQ(read.facts.max_pfn, 70002u);
	EXPECT_FALSE(read.facts.is_incomplete);
	builder_.status = 1 | 8;
	EXPECT_TRUE(ReadBytes(Bytes(kPlain)).facts.is_incomplete);
}

TEST_F(KdumpTest, OtherPageSizesAndOneBitmap)
{
	for (uint32_t block_size : {8192u, 16384u, 65536u}) {
		builder_ = {};
		builder_.block_size = block_size;
		builder_.codecs = {kZlib, kStored};
		SomePages();
		for (Way way : {kPlain, kFlat, kPlainStream, kFlatStream})
			ExpectSame(ReadBytes(Bytes(way)));
	}
	builder_ = {};
	SomePages();
	builder_.filtered.clear();
	builder_.one_bitmap = true;
	builder_.max_pfn = 100000;
	ExpectSame(ReadBytes(Bytes(kPlain)));
	builder_.version = 0;
	builder_.magic = "DISKDUMP";
	Read read = ReadBytes(Bytes(kPlain));
	ExpectSame(read);
	EXPECT_EQ(read.facts.dump_level, -1);
}

TEST_F(KdumpTest, BitsBehindTheLastPageFrameDoNotCount)
{
	for (uint64_t pfn : {1, 9, 10, 11})
		builder_.pages[pfn] = builder_.Page(3);
	builder_.max_pfn = 10;
	for (Way way : {kPlain, kFlat, kPlainStream}) {
		Read read = ReadBytes(Bytes(way));

		// The descriptors of the others are there, and so pages start behind them.
		EXPECT_EQ(read.classes.size(), 2u);
	}
}

TEST_F(KdumpTest, LaterRecordsOverwriteEarlierOnes)
{
	std::mt19937 random(3);

	builder_.codecs = {kStored, kZlib};
	SomePages();
	std::string image = builder_.Build();
	for (int round = 0; round < 20; round++) {
		// Every byte is written once at the end, in any order, over rubbish that overlaps.
		std::vector<KdumpBuilder::Record> records;
		std::vector<KdumpBuilder::Record> last =
			KdumpBuilder::Cut(image, 1000 + random() % 9000);

		for (int i = 0; i < 40; i++) {
			size_t at = random() % image.size();
			size_t len = std::min<size_t>(random() % 20000, image.size() - at);

			records.push_back({at, std::string(len, static_cast<char>(i))});
		}
		std::shuffle(last.begin(), last.end(), random);
		// Some of those are spoilt in the middle, and mended at the very end.
		std::vector<KdumpBuilder::Record> mended;
		for (auto &record : last) {
			size_t at = random() % record.bytes.size();
			size_t len = random() % (record.bytes.size() - at + 1);

			mended.push_back({record.offset + at, record.bytes.substr(at, len)});
			record.bytes.replace(at, len, len, '?');
		}
		records.insert(records.end(), last.begin(), last.end());
		records.insert(records.end(), mended.begin(), mended.end());
		ExpectSame(ReadBytes(KdumpBuilder::Flatten(records)));
	}
}

TEST_F(KdumpTest, WhatAFlattenedFileLeavesOutIsZeros)
{
	builder_.codecs = {kStored};
	builder_.pages[0] = builder_.Page(1);
	builder_.pages[20] = builder_.Page(2);
	std::string image = builder_.Build();
	std::vector<KdumpBuilder::Record> records;

	// Only what is not zero, as a writer that seeks does it.
	for (const auto &record : KdumpBuilder::Cut(image, 64)) {
		if (record.bytes.find_first_not_of('\0') != std::string::npos)
			records.push_back(record);
	}
	std::string flat = KdumpBuilder::Flatten(records);
	ExpectSame(ReadBytes(flat));
	builder_.pages[21] = std::string(2048, '\0') + std::string(2048, 'x');
	image = builder_.Build();
	records.clear();
	for (const auto &record : KdumpBuilder::Cut(image, 64)) {
		if (record.bytes.find_first_not_of('\0') != std::string::npos)
			records.push_back(record);
	}
	flat = KdumpBuilder::Flatten(records);
	ExpectSame(ReadBytes(flat));
	// Cut off, gaps in pages are not known to be zeros.
	flat.resize(flat.size() - 16);
	Read read = ReadBytes(flat);
	ASSERT_EQ(read.ret, 0) << read.error.text;
	EXPECT_EQ(read.Count(KSM_KDUMP_MISSING), 1u);
	EXPECT_EQ(read.pages.size(), 2u);
}

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
	changed.push_back(records.back());
	// All pages are there by then: what follows is not looked at.
	ExpectSame(ReadBytes(Zstd(KdumpBuilder::Flatten(changed))));
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

// As QEMU does it: some descriptors, then the bytes of some pages, or the other way round.
TEST_F(KdumpTest, DescriptorsAndPagesMayTakeTurns)
{
	std::mt19937 random(11);

	builder_.codecs = {kStored, kZlib};
	for (uint64_t pfn = 0; pfn < 2000; pfn++)
		builder_.pages[pfn] = builder_.Page(static_cast<unsigned char>(random() % 3));
	std::string image = builder_.Build();
	for (int round = 0; round < 10; round++) {
		uint64_t descriptor = builder_.descriptors_at, page = builder_.pages_at;
		std::vector<KdumpBuilder::Record> records =
			KdumpBuilder::Cut(image.substr(0, descriptor), 4096);

		while (descriptor < builder_.pages_at || page < image.size()) {
			if (descriptor < builder_.pages_at && random() % 2) {
				uint64_t len = std::min<uint64_t>(1 + random() % 4096,
								  builder_.pages_at - descriptor);

				records.push_back({descriptor, image.substr(descriptor, len)});
				descriptor += len;
			} else if (page < image.size()) {
				uint64_t len = std::min<uint64_t>(1 + random() % 400000,
								  image.size() - page);

				records.push_back({page, image.substr(page, len)});
				page += len;
			}
		}
		std::string flat = KdumpBuilder::Flatten(records);
		ExpectSame(ReadBytes(flat));
		ExpectSame(ReadBytes(Zstd(flat), 100));
	}
}

TEST_F(KdumpTest, ManyThreadsReadAtOnceAndAgainAfterRewinding)
{
	for (uint64_t pfn = 0; pfn < 4000; pfn++)
		builder_.pages[pfn * 3] = builder_.Page(static_cast<unsigned char>(pfn % 251));
	tree_.File("dump", Bytes(kFlat));
	ksm_input *input = nullptr;
	ksm_kdump *dump = nullptr;
	ASSERT_EQ(ksm_input_open(tree_.Path("dump").c_str(), 0, &input, nullptr), 0);
	Input input_guard(input);
	ASSERT_EQ(ksm_kdump_open(input, &dump, nullptr), 0);
	Dump dump_guard(dump);
	std::vector<std::thread> threads;
	std::vector<int> wrong(4);

	for (int t = 0; t < 4; t++) {
		threads.emplace_back([&, t] {
			std::string data(KSM_BATCH_BYTES, '\0');
			auto *bytes = reinterpret_cast<unsigned char *>(data.data());
			auto batch = std::make_unique<ksm_batch>();

			batch->data = bytes;
			for (uint64_t first = t * 250; first + 250 <= 4000; first += 1000) {
				batch->n = 0;
				for (uint64_t i = 0; i < 250; i++)
					batch->page[batch->n++] = {(first + i) * 3 * 4096, 0, 0, 0};
				ksm_kdump_fill(dump, batch.get());
				for (uint64_t i = 0; i < 250; i++)
					wrong[t] += data.compare(i * 4096, 4096,
								 builder_.pages[(first + i) * 3]) !=
						    0;
			}
		});
	}
	for (std::thread &thread : threads)
		thread.join();
	EXPECT_EQ(wrong, (std::vector<int>(4)));

	for (int pass = 0; pass < 2; pass++) {
		ksm_kdump_run run;
		uint64_t n = 0;

		ASSERT_EQ(ksm_kdump_rewind(dump, nullptr), 0);
		while (ksm_kdump_next(dump, 100, nullptr, &run, nullptr) == 1)
			n += run.n;
		EXPECT_EQ(n, 4000u);
	}
	auto batch = std::make_unique<ksm_batch>();
	std::string data(KSM_BATCH_BYTES, '\0');
	batch->data = reinterpret_cast<unsigned char *>(data.data());
	for (uint64_t pfn : {300, 3, 9000})
		batch->page[batch->n++].address = pfn * 4096;
	ksm_kdump_fill(dump, batch.get());
	EXPECT_TRUE(data.substr(0, 3 * 4096) ==
		    builder_.pages[300] + builder_.pages[3] + builder_.pages[9000]);

	std::string page(4096, '\0');
	ksm_error error;
	auto *bytes = reinterpret_cast<unsigned char *>(page.data());
	EXPECT_TRUE(FillOne(dump, 30, bytes, &error));
	EXPECT_EQ(page, builder_.pages[30]);
	EXPECT_FALSE(FillOne(dump, 31, bytes, &error));
	EXPECT_FALSE(FillOne(dump, UINT64_MAX >> 12, bytes, &error));
	EXPECT_STREQ(error.text, "page frame 4503599627370495 is not in the dump");
}

// 4 PiB of page frames in a sparse file cost what is stored.
TEST_F(KdumpTest, HolesInBitmapsCostNothing)
{
	const uint64_t frames = UINT64_C(1) << 40, far = frames - 5;
	uint64_t bitmap = frames / 8, at = 8192 + 2 * bitmap;
	std::string head, descriptor(24, '\0'), page = builder_.Page(9);

	builder_.pages[0] = page;
	builder_.max_pfn = 1;
	head = builder_.Build().substr(0, 8192);
	builder_.Put(head, 436, 2 * bitmap / 4096, 4);
	builder_.Put(head, 440, UINT32_MAX, 4);
	builder_.Put(head, 4096 + 96, frames, 8);
	builder_.Put(descriptor, 0, at + 24, 8);
	builder_.Put(descriptor, 8, 4096, 4);
	tree_.File("dump", head);
	std::string path = tree_.Path("dump");
	int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);
	ASSERT_GE(fd, 0);
	char bit = 1 << (far % 8), some = 2;
	bool is_written = pwrite(fd, &some, 1, 8192 + 1000) == 1 &&
			  pwrite(fd, &bit, 1, static_cast<off_t>(8192 + bitmap + far / 8)) == 1 &&
			  pwrite(fd, descriptor.data(), 24, static_cast<off_t>(at)) == 24 &&
			  pwrite(fd, page.data(), 4096, static_cast<off_t>(at + 24)) == 4096;
	struct stat st;
	bool is_sparse = fstat(fd, &st) == 0 && st.st_blocks < 2048;
	close(fd);
	if (!is_written || !is_sparse)
		GTEST_SKIP() << "the file system keeps no file of 256 GiB with holes";
	Read read = ReadDump(path);

	ASSERT_EQ(read.ret, 0) << read.error.text;
	EXPECT_EQ(read.pages, (std::map<uint64_t, std::string>{{far, page}}));
	EXPECT_EQ(read.classes, (std::map<uint64_t, ksm_kdump_class>{{8001, KSM_KDUMP_FILTERED},
								     {far, KSM_KDUMP_DATA}}));
}

// Written by QEMU 7.2, as ../shared/samples says; counted by a Python script from the ELF dump of the same
// guest: pages of its PT_LOADs by p_paddr.
TEST_F(KdumpTest, ASampleOfQemuHoldsWhatTheElfDumpOfTheSameGuestDoes)
{
	const std::string sample = "../shared/samples/bios128M-qemu72-kdump-zlib.flat.zst";
	const std::string elf = "../shared/samples/bios128M-qemu72.elf.zst";

	if (access(sample.c_str(), R_OK) || access(elf.c_str(), R_OK))
		GTEST_SKIP() << sample << " is not there";
	Read read = ReadDump(sample);
	ASSERT_EQ(read.ret, 0) << read.error.text;
	EXPECT_EQ(read.pages.size(), 32832u);
	EXPECT_EQ(read.classes.size(), 32832u);
	EXPECT_EQ(read.machine, "x86_64");
	EXPECT_EQ(read.facts.page_size, 4096u);
	EXPECT_TRUE(read.facts.is_flattened);
	std::set<std::string> distinct;
	size_t zero = 0;
	for (const auto &page : read.pages) {
		distinct.insert(page.second);
		zero += page.second == std::string(4096, '\0');
	}
	EXPECT_EQ(distinct.size(), 92u);
	EXPECT_EQ(zero, 32725u);

	// Its two PT_LOADs follow one another from byte 0x3d8 on: 128 MiB at 0, 256 KiB at 0xfffc0000.
	ksm_input *input = nullptr;
	ASSERT_EQ(ksm_input_open(elf.c_str(), 0, &input, nullptr), 0);
	Input input_guard(input);
	std::string page(4096, '\0');
	size_t got;
	ASSERT_EQ(ksm_input_read(input, page.data(), 0x3d8, &got, nullptr), 0);
	size_t different = 0;
	for (uint64_t i = 0; i < 32768 + 64; i++) {
		uint64_t pfn = i < 32768 ? i : 0xfffc0 + (i - 32768);

		ASSERT_EQ(ksm_input_read(input, page.data(), 4096, &got, nullptr), 0);
		ASSERT_EQ(got, 4096u);
		different += read.pages.at(pfn) != page;
	}
	EXPECT_EQ(different, 0u);
}

} // namespace
