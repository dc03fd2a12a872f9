// SPDX-License-Identifier: GPL-2.0-or-later
// Fingerprints: digests, what is kept, and files.
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "tests/unit/estimate/fake_source.h"
#include "tests/unit/fleet/host.h"

extern "C" {
#include "base/str.h"
#include "fleet/compare.h"
#include "fleet/fingerprint.h"
#include "fleet/fingerprint_facts.h"
#include "fleet/fingerprint_file.h"
#include "fleet/fingerprint_parquet.h"
#include "fleet/fingerprint_tsv.h"
#include "fleet/parquet.h"
}

namespace
{

ksm_digest_key Key(size_t len)
{
	unsigned char bytes[KSM_DIGEST_KEY_MAX];
	ksm_digest_key key;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = static_cast<unsigned char>(i);
	EXPECT_EQ(ksm_digest_key_init(&key, bytes, len), 0);
	return key;
}

// Python 3.11: hashlib.blake2b(data, digest_size=8, key=bytes(range(32))).hexdigest()
TEST(Digest, IsKeyedBlake2b)
{
	const std::string zeros(4096, '\0');
	ksm_digest_key none = Key(0), key = Key(32);

	EXPECT_EQ(ksm_digest(&none, "abc", 3), 0xd8bb14d833d59559u);
	EXPECT_EQ(ksm_digest(&none, zeros.data(), zeros.size()), 0xe218cb050e9903acu);
	EXPECT_EQ(ksm_digest(&key, "abc", 3), 0x30531c41ec34cdefu);
	EXPECT_EQ(ksm_digest(&key, zeros.data(), zeros.size()), 0xc3b7e0c5e0700f09u);
	EXPECT_EQ(none.id, 0u);
	EXPECT_EQ(key.id, 0xb6fbe0459eb623dau);
}

TEST(Digest, KeysHaveALength)
{
	unsigned char bytes[65] = {};
	ksm_digest_key key;

	for (size_t len : {1u, 15u, 65u})
		EXPECT_EQ(ksm_digest_key_init(&key, bytes, len), -EINVAL) << len;
	for (size_t len : {0u, 16u, 64u})
		EXPECT_EQ(ksm_digest_key_init(&key, bytes, len), 0) << len;
}

// ------------------------------------------------------------------------------- taking

class FingerprintTest : public testing::Test
{
      protected:
	Fingerprint Take(uint32_t sample, unsigned threads = 2)
	{
		ksm_fingerprint_options options = {&key_, sample, threads, 0, nullptr, nullptr};
		Fingerprint fingerprint;

		EXPECT_EQ(ksm_fingerprint_take(source_.source(), &options, &fingerprint, &lost_,
					       &error_),
			  0)
			<< error_.text;
		fingerprint.name = strdup("a host");
		return fingerprint;
	}

	FakeSource source_;
	ksm_digest_key key_ = Key(32);
	uint64_t lost_ = 0;
	ksm_error error_ = {};
};

TEST_F(FingerprintTest, CountsPhysicalPagesOfEachContent)
{
	auto &parent = source_.Add("parent"), &child = source_.Add("child");

	source_.Put(parent, 0, 3);
	source_.Put(parent, 1, 70);
	source_.Put(parent, 2, 2);
	for (uint64_t i = 0; i < 5; i++) // by fork: once each
		parent.pages[0x900000 + i * 4096] =
			child.pages[0x900000 + i * 4096] = {3, 5000 + i, KSM_PAGE_SHARED};
	source_.Put(child, 4);
	child.pages[0x990000] = {5, 9000, 0, true};
	Fingerprint all = Take(1);
	EXPECT_EQ(lost_, 1u);
	EXPECT_TRUE(all.is_incomplete);
	EXPECT_EQ(all.pages, 3u + 70 + 2 + 5 + 1);
	EXPECT_EQ(all.distinct, 5u);
	std::multiset<std::pair<uint32_t, uint32_t>> rows;
	for (auto &[digest, row] : all.Rows())
		rows.insert(row);
	EXPECT_EQ(rows, (std::multiset<std::pair<uint32_t, uint32_t>>{
				{1, 0},
				{2, 0},
				{5, 0},
				{70, KSM_FINGERPRINT_EXACT},
				{3, KSM_FINGERPRINT_EXACT | KSM_FINGERPRINT_ZERO}}));
	EXPECT_EQ(all.Rows().count(ksm_digest(&key_, std::string(4096, '\0').data(), 4096)), 1u);
	EXPECT_EQ(Take(1, 1).Rows(), all.Rows());
}

TEST_F(FingerprintTest, KeepsByTheDigestAloneAndWhatHasManyCopies)
{
	auto &process = source_.Add("a");

	source_.Put(process, 0, 2);
	for (uint64_t content = 1; content <= 4000; content++)
		source_.Put(process, content, content % 100 ? 1 : 64);
	Fingerprint all = Take(1);
	for (uint32_t sample : {2u, 3u, 16u, 1000u}) {
		Fingerprint some = Take(sample);
		auto rows = all.Rows();

		EXPECT_EQ(some.distinct, all.distinct);
		EXPECT_EQ(some.pages, all.pages);
		for (auto it = rows.begin(); it != rows.end();)
			it = it->second.second || (long double)it->first <
							  18446744073709551616.0L / sample
				     ? std::next(it)
				     : rows.erase(it);
		EXPECT_EQ(some.Rows(), rows) << sample;
		EXPECT_GE(some.n, 41u);
	}
}

TEST_F(FingerprintTest, StreamsCountOnlyWhatCounts)
{
	auto &dump = source_.Add("a");

	source_.Put(dump, 1, 3);
	source_.Put(dump, 2, 2);
	dump.is_unordered = true;
	dump.uncounted.insert(dump.pages.begin()->first);
	Fingerprint fingerprint = Take(1);
	EXPECT_EQ(fingerprint.pages, 4u);
	EXPECT_EQ(fingerprint.distinct, 2u);
}

TEST_F(FingerprintTest, PrintedAndParsedItIsTheSame)
{
	auto &process = source_.Add("a");

	source_.Put(process, 0, 2);
	for (uint64_t content = 1; content <= 40; content++)
		source_.Put(process, content, content % 7 ? 1 : 64);
	Fingerprint fingerprint = Take(1);
	fingerprint.host = 7;
	EXPECT_FALSE(fingerprint.is_incomplete);
	fingerprint.is_incomplete = true;
	for (const char *name : {"x.tsv", "x.parquet"}) {
		const ksm_fingerprint_format *format = ksm_fingerprint_format_of_name(name);
		ksm_str file = {}, again = {};
		Fingerprint parsed;

		ASSERT_STREQ(format->suffix, name + 1);
		ASSERT_EQ(format->print(&fingerprint, &file), 0);
		EXPECT_EQ(ksm_fingerprint_format_of_front(file.data, file.len), format);
		ASSERT_EQ(format->parse(file.data, file.len, &parsed, &error_), 0) << error_.text;
		EXPECT_EQ(parsed.Rows(), fingerprint.Rows());
		EXPECT_TRUE(parsed.is_incomplete) << name;
		ASSERT_EQ(format->print(&parsed, &again), 0);
		EXPECT_EQ(std::string(again.data, again.len), std::string(file.data, file.len));

		// Cut off anywhere it is damaged, be it between rows.
		std::string whole(file.data, file.len);
		for (size_t len = 0; len < whole.size(); len++) {
			Fingerprint cut;

			EXPECT_EQ(format->parse(whole.data(), len, &cut, &error_), -EBADMSG)
				<< name << " " << len;
		}
		ksm_str_free(&file);
		ksm_str_free(&again);
	}
}

TEST_F(FingerprintTest, NamesComeBackAsTheyWere)
{
	source_.Put(source_.Add("a"), 1, 2);
	Fingerprint fingerprint = Take(1);
	for (const char *name : {"core.a\\x2eout.1000", "a\tb\n\x1b[31m", "\xff\\", "\\\\x41", "",
				 "gr\u00fc\u00df\u202e"}) {
		free(fingerprint.name);
		fingerprint.name = strdup(name);
		for (auto [print, parse] :
		     {std::pair(ksm_fingerprint_print_tsv, ksm_fingerprint_parse_tsv),
		      std::pair(ksm_fingerprint_print_parquet, ksm_fingerprint_parse_parquet)}) {
			ksm_str file = {};
			Fingerprint parsed;

			ASSERT_EQ(print(&fingerprint, &file), 0);
			ASSERT_EQ(parse(file.data, file.len, &parsed, &error_), 0) << error_.text;
			EXPECT_STREQ(parsed.name, name);
			ksm_str_free(&file);
		}
	}
}

TEST_F(FingerprintTest, ParquetHasAsManyGroupsAsItTakes)
{
	constexpr size_t n = 2 * KSM_PARQUET_GROUP_ROWS + 17;
	Fingerprint fingerprint, parsed;
	ksm_str file = {};

	fingerprint.page_size = 4096;
	fingerprint.sample = 1;
	fingerprint.name = strdup("many");
	fingerprint.row =
		static_cast<ksm_fingerprint_row *>(calloc(n, sizeof(ksm_fingerprint_row)));
	fingerprint.n = fingerprint.distinct = n;
	for (size_t i = 0; i < n; i++) {
		fingerprint.row[i] = {i * 0x7fffffffffu, uint32_t(i % 1000 + 1), uint32_t(i % 2)};
		fingerprint.pages += fingerprint.row[i].copies;
	}
	ASSERT_EQ(ksm_fingerprint_print_parquet(&fingerprint, &file), 0);
	ASSERT_EQ(ksm_fingerprint_parse_parquet(file.data, file.len, &parsed, &error_), 0)
		<< error_.text;
	ASSERT_EQ(parsed.n, n);
	EXPECT_EQ(memcmp(parsed.row, fingerprint.row, n * sizeof(*parsed.row)), 0);
	ksm_str_free(&file);
}

TEST_F(FingerprintTest, AsManyCopiesAsFilesCanTell)
{
	const ksm_fingerprint_row most = {5, KSM_FINGERPRINT_COPIES_MAX, KSM_FINGERPRINT_EXACT},
				  more = {5, KSM_FINGERPRINT_COPIES_MAX + 1u,
					  KSM_FINGERPRINT_EXACT};
	Fingerprint fingerprint;
	size_t capacity = 0;

	fingerprint.sample = 1;
	EXPECT_EQ(ksm_fingerprint_add(&fingerprint, &capacity, &more), -EBADMSG);
	EXPECT_EQ(ksm_fingerprint_add(&fingerprint, &capacity, &most), 0);
	EXPECT_EQ(ksm_fingerprint_add(&fingerprint, &capacity, &most), -EBADMSG) << "again";
	EXPECT_EQ(fingerprint.n, 1u);
}

TEST_F(FingerprintTest, DamageIsToldByItsLine)
{
	const std::string head =
		"# ksmctl fingerprint 1\n# digest blake2b-64\n# key 00000000000000ff\n"
		"# page_size 4096\n# sample 2\n# host 1\n# pages 3\n# distinct 2\n"
		"# name x\nhost\tdigest\tcopies\tflags\n";
	const std::map<std::string, uint64_t> bad = {
		{"1\t5\t1\t0\n1\t5\t1\t0\n", 12}, // twice
		{"1\t6\t1\t0\n1\t5\t1\t0\n", 12}, // out of order
		{"1\t-5\t1\t0\n", 11},		  // not to be kept
		{"1\t5\t0\t0\n", 11},		  // no copy
		{"1\t5\t1\n", 11},		  // too short
		{"1\t5\t1\t0\t0\n", 11},	  // too long
		{"1\t5\t4294967296\t0\n", 11},	  // too large
		{"1\t9223372036854775808\t1\t0\n", 11},
		{"1\t0x5\t1\t0\n", 11},
		{"1\t5\t1\t0\n2\t6\t1\t0\n", 12}, // of another host
	};
	Fingerprint good;

	ASSERT_EQ(ksm_fingerprint_parse_tsv(head.data(), head.size(), &good, &error_), 0);
	EXPECT_FALSE(good.is_incomplete) << "as of files that do not say";
	for (const auto &[rows, line] : bad) {
		Fingerprint fingerprint;
		std::string text = head + rows;

		EXPECT_EQ(
			ksm_fingerprint_parse_tsv(text.data(), text.size(), &fingerprint, &error_),
			-EBADMSG)
			<< rows;
		EXPECT_NE(std::string(error_.text).find("line " + std::to_string(line)),
			  std::string::npos)
			<< rows << error_.text;
	}
}

// Facts that cannot be true of the rows, whose copies are 3 and 64.
TEST_F(FingerprintTest, FactsFitTheRows)
{
	constexpr uint64_t most = INT64_MAX / 4096 / KSM_COMPARE_MAX;
	struct {
		uint32_t sample;
		uint64_t pages, distinct;
		bool fits;
	} facts[] = {
		{2, 67, 2, true},
		{2, 68, 3, true},
		{2, most, 3, true},
		{1, 67, 2, true},
		{2, 66, 2, false},
		{2, 68, 1, false},
		{2, 68, 4, false},
		{1, 70, 3, false},
		{2, most + 1, 3, false},
		{2, INT64_MAX, 3, false},
		{2, most, INT64_MAX, false},
	};

	for (auto &fact : facts) {
		for (auto [print, parse] :
		     {std::pair(ksm_fingerprint_print_tsv, ksm_fingerprint_parse_tsv),
		      std::pair(ksm_fingerprint_print_parquet, ksm_fingerprint_parse_parquet)}) {
			Fingerprint fingerprint = Sampled({{5, 3}, {6, 64}}, fact.sample), parsed;
			ksm_str file = {};

			fingerprint.pages = fact.pages;
			fingerprint.distinct = fact.distinct;
			ASSERT_EQ(print(&fingerprint, &file), 0);
			EXPECT_EQ(parse(file.data, file.len, &parsed, &error_),
				  fact.fits ? 0 : -EBADMSG)
				<< fact.pages << " " << fact.distinct;
			ksm_str_free(&file);
		}
	}
}

TEST_F(FingerprintTest, RowsAreOfTheHostOfTheFile)
{
	Fingerprint fingerprint = Sampled({{5, 3}}, 1), parsed;
	ksm_str file = {};

	ASSERT_EQ(ksm_fingerprint_print_parquet(&fingerprint, &file), 0);
	std::string text(file.data, file.len);
	ksm_str_free(&file);
	size_t at = text.find("ksmctl.host");
	ASSERT_NE(at, std::string::npos);
	at = text.find('0', at);
	ASSERT_NE(at, std::string::npos);
	ASSERT_EQ(ksm_fingerprint_parse_parquet(text.data(), text.size(), &parsed, &error_), 0);
	ksm_fingerprint_release(&parsed);
	text[at] = '1';
	EXPECT_EQ(ksm_fingerprint_parse_parquet(text.data(), text.size(), &parsed, &error_),
		  -EBADMSG);
}

} // namespace
