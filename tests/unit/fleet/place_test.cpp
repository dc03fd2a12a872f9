// SPDX-License-Identifier: GPL-2.0-or-later
// Placing guests on hosts: held against counting contents in sets.
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <map>
#include <random>
#include <set>
#include <vector>

extern "C" {
#include "fleet/place.h"
}

namespace
{

using Contents = std::set<uint64_t>;

class PlaceTest : public ::testing::Test
{
      protected:
	void TearDown() override
	{
		for (auto &guest : guests_)
			ksm_fingerprint_release(&guest);
		ksm_placement_release(&placement_);
		ksm_placer_free(&placer_);
	}
	void Add(const Contents &contents, uint32_t host = 0, uint32_t sample = 1)
	{
		ksm_fingerprint guest = {};

		guest.page_size = 4096;
		guest.sample = sample;
		guest.host = host;
		guest.distinct = contents.size();
		guest.row = static_cast<ksm_fingerprint_row *>(
			calloc(contents.size() + 1, sizeof(ksm_fingerprint_row)));
		for (uint64_t digest : contents)
			if (ksm_fingerprint_keeps(sample, digest))
				guest.row[guest.n++] = {digest, 1, 0};
		guests_.push_back(guest);
		contents_.push_back(contents);
	}
	void Begin()
	{
		ksm_placer_free(&placer_);
		ASSERT_EQ(
			ksm_placer_new(guests_.data(), uint32_t(guests_.size()), &placer_, nullptr),
			0);
	}
	void Greedily(uint32_t n_hosts, uint64_t pages)
	{
		ksm_placement_release(&placement_);
		Begin();
		ASSERT_EQ(ksm_place_greedily(placer_, n_hosts, pages, &placement_, nullptr), 0);
	}
	std::vector<uint32_t> Hosts() const
	{
		return {placement_.host, placement_.host + guests_.size()};
	}
	// Of each host, by counting.
	std::vector<double> Truth() const
	{
		std::vector<Contents> hosts(placement_.n_hosts);
		std::vector<double> sizes;

		for (size_t i = 0; i < guests_.size(); i++)
			if (placement_.host[i] != KSM_PLACE_NOWHERE)
				hosts[placement_.host[i]].insert(contents_[i].begin(),
								 contents_[i].end());
		sizes.reserve(hosts.size());
		for (auto &host : hosts)
			sizes.push_back(double(host.size()));
		return sizes;
	}
	std::vector<double> Told() const
	{
		return {placement_.host_pages, placement_.host_pages + placement_.n_hosts};
	}

	std::vector<ksm_fingerprint> guests_;
	std::vector<Contents> contents_;
	ksm_placer *placer_ = nullptr;
	ksm_placement placement_ = {};
};

TEST_F(PlaceTest, LikeGoesToLike)
{
	Add({1, 2, 3, 4, 5});
	Add({11, 12, 13, 14});
	Add({1, 2, 3});
	Add({12, 13});
	Greedily(2, 6);
	EXPECT_EQ(Hosts(), (std::vector<uint32_t>{0, 1, 0, 1}));
	EXPECT_EQ(Told(), (std::vector<double>{5, 4}));
	EXPECT_EQ(placement_.pages, 9);
	EXPECT_EQ(placement_.n_nowhere, 0u);
}

TEST_F(PlaceTest, WhatDoesNotFitIsNowhere)
{
	Add({1, 2, 3, 4});
	Add({11, 12, 13});
	Add({21});
	Greedily(1, 4);
	EXPECT_EQ(Hosts(), (std::vector<uint32_t>{0, KSM_PLACE_NOWHERE, KSM_PLACE_NOWHERE}));
	EXPECT_EQ(placement_.n_nowhere, 2u);
	EXPECT_EQ(placement_.pages, 4);
	Greedily(1, 3);
	EXPECT_EQ(Hosts(), (std::vector<uint32_t>{KSM_PLACE_NOWHERE, 0, KSM_PLACE_NOWHERE}));
}

TEST_F(PlaceTest, AsGivenIsByTheNumbersOfHosts)
{
	Add({1, 2, 3}, 70);
	Add({3, 4}, 7);
	Add({1, 2}, 70);
	Begin();
	ASSERT_EQ(ksm_place_as_given(placer_, &placement_, nullptr), 0);
	EXPECT_EQ(Hosts(), (std::vector<uint32_t>{1, 0, 1}));
	EXPECT_EQ(Told(), (std::vector<double>{2, 3}));
}

TEST_F(PlaceTest, HostsHaveWhatCountingSays)
{
	std::mt19937_64 random(3);
	std::vector<uint64_t> pool(400);

	for (auto &digest : pool)
		digest = random();
	for (int i = 0; i < 30; i++) {
		Contents contents;
		size_t first = random() % 4 * 100;

		for (size_t k = 0; k < 20 + random() % 60; k++)
			contents.insert(pool[first + random() % 100]);
		Add(contents);
	}
	Greedily(6, 100);
	EXPECT_EQ(Told(), Truth());
	for (double pages : Told())
		EXPECT_LE(pages, 100);
	// Four kinds of 100 contents each fit on four hosts, and are found.
	EXPECT_LE(placement_.pages, 400);
	EXPECT_EQ(placement_.n_nowhere, 0u);
}

TEST_F(PlaceTest, SamplesAreEstimates)
{
	std::mt19937_64 random(4);
	std::vector<uint64_t> pool(20000);

	for (auto &digest : pool)
		digest = random();
	for (int i = 0; i < 8; i++)
		Add(Contents(pool.begin() + i % 2 * 10000, pool.begin() + i % 2 * 10000 + 9000), 0,
		    16);
	Greedily(2, 12000);
	EXPECT_EQ(placement_.n_nowhere, 0u);
	for (size_t host = 0; host < 2; host++)
		EXPECT_NEAR(Told()[host], Truth()[host], 1500);
}

} // namespace
