// SPDX-License-Identifier: GPL-2.0-or-later
// What is told from samples held against all there is.
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "tests/unit/fleet/host.h"

extern "C" {
#include "fleet/compare.h"
}

namespace
{

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

// One content in a million is kept, and that one stands for more pages than there are.
TEST(Compare, NoTwoShareMoreThanTheyHave)
{
	Compare compare({{{1, 1}, {UINT64_MAX, 2}}, {{1, 2}, {UINT64_MAX - 1, 1}}}, 1000000);

	ASSERT_EQ(compare.n_pairs, 1u);
	EXPECT_EQ(compare.pair[0].shared_pages, 6);
	EXPECT_EQ(compare.pair[0].shared_contents.value, 2);
}

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
