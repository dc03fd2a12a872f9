// SPDX-License-Identifier: GPL-2.0-or-later
// Fingerprints: digests, what is kept, files, and what is told from samples held against all there is.
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "tests/unit/estimate/fake_source.h"

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

struct Fingerprint : ksm_fingerprint {
	Fingerprint() : ksm_fingerprint{}
	{
	}
	~Fingerprint()
	{
		ksm_fingerprint_release(this);
	}
	Fingerprint(Fingerprint &&other) noexcept : ksm_fingerprint(other)
	{
		static_cast<ksm_fingerprint &>(other) = {};
	}
	Fingerprint(const Fingerprint &) = delete;

	std::map<uint64_t, std::pair<uint32_t, uint32_t>> Rows() const
	{
		std::map<uint64_t, std::pair<uint32_t, uint32_t>> rows;

		for (size_t i = 0; i < n; i++)
			rows[row[i].digest] = {row[i].copies, row[i].flags};
		return rows;
	}
};

// A host: copies by digest.
using Host = std::map<uint64_t, uint32_t>;

Fingerprint Sampled(const Host &host, uint32_t sample)
{
	Fingerprint fingerprint;

	fingerprint.page_size = 4096;
	fingerprint.sample = sample;
	fingerprint.name = strdup("x");
	fingerprint.row = static_cast<ksm_fingerprint_row *>(
		calloc(host.size() + 1, sizeof(ksm_fingerprint_row)));
	for (auto &[digest, copies] : host) {
		bool many = copies >= KSM_FINGERPRINT_MANY;

		fingerprint.pages += copies;
		fingerprint.distinct++;
		if (many || ksm_fingerprint_keeps(sample, digest))
			fingerprint.row[fingerprint.n++] = {digest, copies,
							    many * uint32_t{KSM_FINGERPRINT_EXACT}};
	}
	return fingerprint;
}

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
	for (const char *name : {"x.tsv", "x.parquet"}) {
		const ksm_fingerprint_format *format = ksm_fingerprint_format_of_name(name);
		ksm_str file = {}, again = {};
		Fingerprint parsed;

		ASSERT_STREQ(format->suffix, name + 1);
		ASSERT_EQ(format->print(&fingerprint, &file), 0);
		EXPECT_EQ(ksm_fingerprint_format_of_front(file.data, file.len), format);
		ASSERT_EQ(format->parse(file.data, file.len, &parsed, &error_), 0) << error_.text;
		EXPECT_EQ(parsed.Rows(), fingerprint.Rows());
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

// ------------------------------------------------------------------------------- comparing

struct Truth {
	double distinct = 0, redundant = 0;
	std::map<std::pair<uint32_t, uint32_t>, std::pair<double, double>> pairs;

	explicit Truth(const std::vector<Host> &hosts)
	{
		Host all;

		for (auto &host : hosts)
			for (auto &[digest, copies] : host)
				all[digest] += copies;
		for (auto &[digest, copies] : all)
			redundant += copies - 1.0;
		distinct = static_cast<double>(all.size());
		for (uint32_t a = 0; a < hosts.size(); a++)
			for (uint32_t b = a + 1; b < hosts.size(); b++)
				for (auto &[digest, copies] : hosts[a])
					if (hosts[b].count(digest)) {
						auto &pair = pairs[{a, b}];

						pair.first++;
						pair.second += copies + hosts[b].at(digest);
					}
	}
};

std::vector<Host> Fleet(std::mt19937_64 &random, size_t n, size_t contents)
{
	std::vector<uint64_t> common(contents);
	std::vector<Host> hosts(n);

	for (auto &digest : common)
		digest = random();
	for (auto &host : hosts) {
		for (size_t i = 0; i < contents; i++)
			host[random()] = 1;
		for (auto digest : common)
			if (random() % 2)
				host[digest] = random() % 50 ? 1 + random() % 3
							     : 60 + random() % 100;
	}
	return hosts;
}

struct Compare : ksm_compare {
	Compare(const std::vector<Host> &hosts, uint32_t k) : ksm_compare{}
	{
		std::vector<Fingerprint> fingerprints;
		std::vector<ksm_fingerprint> inputs;
		ksm_error err = {};

		for (auto &host : hosts)
			fingerprints.push_back(Sampled(host, k));
		for (auto &fingerprint : fingerprints)
			inputs.push_back(fingerprint);
		EXPECT_EQ(ksm_compare_run(inputs.data(), inputs.size(), this, &err), 0) << err.text;
	}
	~Compare()
	{
		ksm_compare_release(this);
	}
};

TEST(Compare, WithoutSamplingIsExact)
{
	std::mt19937_64 random(1);

	for (int round = 0; round < 30; round++) {
		auto hosts = Fleet(random, 1 + random() % 6, 1 + random() % 200);
		Truth truth(hosts);
		Compare compare(hosts, 1);

		EXPECT_EQ(compare.distinct.value, truth.distinct);
		EXPECT_EQ(compare.distinct.low, truth.distinct);
		EXPECT_EQ(compare.distinct.high, truth.distinct);
		EXPECT_EQ(compare.redundant_pages, truth.redundant);
		ASSERT_EQ(compare.n_pairs, truth.pairs.size());
		double last = HUGE_VAL;
		for (size_t i = 0; i < compare.n_pairs; i++) {
			auto &pair = compare.pair[i];
			auto &expected = truth.pairs[{pair.a, pair.b}];

			EXPECT_EQ(pair.shared_contents.value, expected.first);
			EXPECT_EQ(pair.shared_pages, expected.second);
			EXPECT_GE(last, pair.shared_contents.value);
			last = pair.shared_contents.value;
		}
	}
}

// Contents that one host has often, and so in any case, and another seldom, and so only by chance.
TEST(Compare, ManyCopiesHereAndFewThere)
{
	std::mt19937_64 random(3);
	std::vector<Host> hosts(2);

	for (int i = 0; i < 5000; i++) {
		uint64_t digest = random();

		hosts[0][digest] = KSM_FINGERPRINT_MANY;
		hosts[1][digest] = 20;
		hosts[1][random()] = 1;
	}
	Truth truth(hosts);
	Compare compare(hosts, 64);
	EXPECT_NEAR(compare.redundant_pages, truth.redundant, 64 * 3 * sqrt(5000.0 / 64));
	EXPECT_EQ(compare.redundant_pages,
		  static_cast<double>(compare.pages) - compare.distinct.value);
}

// Of 95 % intervals, 90 to 99 in a hundred have to have the truth in them, and sums must not be off to one side.
TEST(Compare, FromSamplesHasTheTruthInItsIntervals)
{
	std::mt19937_64 random(2);
	int within = 0, pairs_within = 0, n_pairs = 0;
	double ratio = 0;
	const int rounds = 300;

	for (int round = 0; round < rounds; round++) {
		auto hosts = Fleet(random, 3, 200 + random() % 2000);
		Truth truth(hosts);
		Compare compare(hosts, 4u << round % 3);

		within += compare.distinct.low <= truth.distinct &&
			  truth.distinct <= compare.distinct.high;
		ratio += compare.redundant_pages / truth.redundant / rounds;
		for (size_t i = 0; i < compare.n_pairs; i++) {
			auto &pair = compare.pair[i];
			double expected = truth.pairs[{pair.a, pair.b}].first;

			n_pairs++;
			pairs_within += pair.shared_contents.low <= expected &&
					expected <= pair.shared_contents.high;
		}
	}
	EXPECT_GE(within, rounds * 90 / 100);
	EXPECT_LE(within, rounds * 99 / 100);
	EXPECT_GE(pairs_within, n_pairs * 90 / 100);
	EXPECT_LE(pairs_within, n_pairs * 99 / 100);
	EXPECT_NEAR(ratio, 1, 0.02);
}

// Of two, what both have is what the sum of each has too much, whatever the sample.
TEST(Compare, OfTwoTheUnionIsWhatPairsLeave)
{
	std::mt19937_64 random(4);

	for (int round = 0; round < 60; round++) {
		auto hosts = Fleet(random, 2, 1 + random() % 2000);
		const double all = hosts[0].size() + hosts[1].size();
		Compare compare(hosts, 2u << round % 6);
		ksm_interval shared = compare.n_pairs ? compare.pair[0].shared_contents
						      : ksm_interval{0, 0, 0};

		EXPECT_DOUBLE_EQ(compare.distinct.value, all - shared.value);
		if (!compare.n_pairs)
			continue;
		EXPECT_NEAR(compare.distinct.low, all - shared.high, 1e-6);
		EXPECT_NEAR(compare.distinct.high, all - shared.low, 1e-6);
	}
}

TEST(Compare, WhatHasNothingInCommonHasNoFurtherCopies)
{
	std::mt19937_64 random(5);
	std::vector<Host> hosts(3);

	for (int i = 0; i < 3000; i++)
		hosts[i % 3][random()] = 1;
	Compare compare(hosts, 64);
	EXPECT_EQ(compare.n_pairs, 0u);
	EXPECT_EQ(compare.distinct.value, 3000);
	EXPECT_EQ(compare.distinct.high, 3000);
	EXPECT_LT(compare.distinct.low, 3000);
	EXPECT_EQ(compare.redundant_pages, 0);
}

// Few contents on all hosts beside many on one or two: sums are right on average (but for what the share itself leaves
// to chance where five in a hundred are sampled at all), and in their intervals.
TEST(Compare, FewContentsOnManyHosts)
{
	std::mt19937_64 random(6);
	const int rounds = 300;

	for (size_t common : {10, 40, 400}) {
		double ratio = 0;
		int within = 0;

		for (int round = 0; round < rounds; round++) {
			std::vector<Host> hosts(12);

			for (size_t i = 0; i < common; i++)
				for (uint64_t h = 0, digest = random(); h < 12; h++)
					hosts[h][digest] = i % 10 || h > 6 ? 1 : 70;
			for (size_t i = 0; i < 240; i++)
				hosts[i % 12][random()] = 1;
			for (size_t i = 0; i < 60; i++) {
				uint64_t digest = random();

				hosts[i % 12][digest] = hosts[(i + 1) % 12][digest] = 1;
			}
			Truth truth(hosts);
			Compare compare(hosts, 8);

			within += compare.distinct.low <= truth.distinct &&
				  truth.distinct <= compare.distinct.high;
			ratio += compare.distinct.value / truth.distinct / rounds;
		}
		EXPECT_GE(within, rounds * 92 / 100) << common;
		EXPECT_NEAR(ratio, 1, common < 40 ? 0.08 : 0.03) << common;
	}
}

TEST(Compare, RefusesToMix)
{
	Host host = {{5, 1}};
	Fingerprint a = Sampled(host, 4), b = Sampled(host, 8), c = Sampled(host, 4),
		    d = Sampled(host, 4);
	ksm_compare compare;
	ksm_error err = {};

	c.key_id = 9;
	d.page_size = 16384;
	for (auto &[other, word] : std::map<ksm_fingerprint *, std::string>{
		     {&b, "--sample"}, {&c, "--key-file"}, {&d, "16384"}}) {
		ksm_fingerprint inputs[] = {a, *other};

		EXPECT_EQ(ksm_compare_run(inputs, 2, &compare, &err), -EINVAL);
		EXPECT_NE(std::string(err.text).find(word), std::string::npos) << err.text;
	}
}

} // namespace
