// SPDX-License-Identifier: GPL-2.0-or-later
// What repeats: by how few contents the duplicates are made, what the most repeated ones look like, and who has
// them in common.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <functional>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "tests/unit/estimate/estimate_fixture.h"

extern "C" {
#include "estimate/tally.h"
#include "estimate/top.h"
#include "report/report.h"
}

namespace
{

using Numbers = std::vector<int64_t>;

Numbers Of(const ksm_concentration &c)
{
	return {c.duplicate_pages, c.repeated_contents, c.contents_for_half,
		c.top_1_pages,	   c.top_10_pages,	c.top_100_pages};
}

// The same from a sorted list.
Numbers Sorted(std::vector<int64_t> copies)
{
	int64_t all = 0, repeated = 0, so_far = 0, half = 0, top_1 = 0, top_10 = 0, top_100 = 0;

	std::sort(copies.rbegin(), copies.rend());
	for (int64_t c : copies)
		all += c - 1;
	for (size_t i = 0; i < copies.size() && copies[i] > 1; i++) {
		int64_t pages = copies[i] - 1;

		half += 2 * so_far < all;
		so_far += pages;
		repeated++;
		top_1 += i < 1 ? pages : 0;
		top_10 += i < 10 ? pages : 0;
		top_100 += i < 100 ? pages : 0;
	}
	return {all, repeated, half, top_1, top_10, top_100};
}

// The first of the contents is that of zeros, if has_zeros.
void Check(const std::vector<int64_t> &copies, bool has_zeros)
{
	ksm_tally tally = {};
	ksm_concentration all, nonzero;

	for (size_t i = 0; i < copies.size(); i++)
		ASSERT_EQ(ksm_tally_count(&tally, copies[i], 1, has_zeros && i == 0), 0);
	ksm_tally_take(&tally, &all, &nonzero);
	EXPECT_EQ(Of(all), Sorted(copies));
	EXPECT_EQ(Of(nonzero), Sorted({copies.begin() + has_zeros, copies.end()}));
	ksm_tally_release(&tally);
}

TEST(Concentration, OfNothingAndOfNoDuplicates)
{
	Check({}, false);
	Check({1, 1, 1}, false);
	Check({1, 1, 1}, true);
}

TEST(Concentration, HalfIsReachedByTheFewest)
{
	Check({4, 4, 2}, false);     // 7 duplicates: two contents
	Check({5, 3, 3}, false);     // 8: the first has just half
	Check({100, 2, 2, 3}, true); // the zeros outweigh all
	Check({2, 100, 2}, true);
}

TEST(Concentration, ZerosAreLeftOutOnceAmongOthersWithAsManyCopies)
{
	Check({7, 7, 7}, true);
	Check({5000, 5000, 5000, 3}, true);
	Check({KSM_TALLY_MANY - 1, KSM_TALLY_MANY, KSM_TALLY_MANY - 1, KSM_TALLY_MANY}, true);
	Check({KSM_TALLY_MANY, KSM_TALLY_MANY - 1, KSM_TALLY_MANY}, true);
}

TEST(Concentration, IsThatOfASortedList)
{
	std::mt19937_64 random(7);

	for (int round = 0; round < 300; round++) {
		std::vector<int64_t> copies(random() % 400);

		for (int64_t &c : copies)
			c = 1 + static_cast<int64_t>(random() % (1u << (random() % 14)));
		Check(copies, !copies.empty() && round % 2);
	}
}

TEST(Top, KeepsTheMostRepeatedOfAny)
{
	std::mt19937_64 random(3);

	for (size_t max : {1u, 2u, 7u, 100u, 1000u}) {
		ksm_top top = {};
		std::vector<std::tuple<int64_t, int64_t, uint64_t>>
			all; // most copies, then by place

		top.max = max;
		for (size_t i = 0; i < 500; i++) {
			ksm_estimate_content content = {};

			content.copies = 1 + static_cast<int64_t>(random() % 40);
			content.space = static_cast<uint32_t>(random() % 3);
			content.address = 4096 * i;
			ASSERT_EQ(ksm_top_offer(&top, &content, i), 0);
			if (content.copies > 1)
				all.emplace_back(-content.copies, content.space, content.address);
		}
		std::sort(all.begin(), all.end());
		ASSERT_EQ(top.n, std::min(max, all.size()));
		all.resize(top.n);
		for (size_t i = 0; i < top.n; i++) {
			const ksm_estimate_content &c = top.entry[i].content;

			EXPECT_TRUE(std::binary_search(
				all.begin(), all.end(),
				std::make_tuple(-c.copies, int64_t{c.space}, c.address)));
			EXPECT_EQ(top.entry[i].first * 4096, c.address);
		}
		ksm_top_release(&top);
	}
}

// Of each content, the physical pages that a process maps.
std::map<uint64_t, std::set<uint64_t>> Contents(const FakeProcess &process)
{
	std::map<uint64_t, std::set<uint64_t>> contents;

	for (const auto &[address, page] : process.pages)
		contents[page.content].insert(page.pfn);
	return contents;
}

// Contents in common; those in separate physical pages.
std::pair<int64_t, int64_t> Common(const FakeProcess &a, const FakeProcess &b)
{
	std::pair<int64_t, int64_t> common = {0, 0};
	auto of_b = Contents(b);

	for (const auto &[content, pages] : Contents(a)) {
		if (!of_b.count(content))
			continue;
		bool is_apart = true;

		for (uint64_t pfn : pages)
			is_apart = is_apart && !of_b[content].count(pfn);
		common.first++;
		common.second += is_apart;
	}
	return common;
}

class Pairs : public EstimateTest
{
};

TEST_F(Pairs, FreeNothingByMergingWhatTheyShareByFork)
{
	auto &parent = source_.Add("parent"), &child = source_.Add("child"),
	     &other = source_.Add("other");

	for (uint64_t i = 0; i < 20; i++) // contents 1 to 20, by fork
		parent.pages[0x10000 + i * 4096] =
			child.pages[0x10000 + i * 4096] = {i + 1, 70 + i, KSM_PAGE_SHARED};
	source_.Put(child, 1);	// one of them once more, in a page of its own
	source_.Put(child, 30); // made by either
	source_.Put(parent, 30);
	source_.Put(other, 2, 3);
	source_.Put(other, 3);
	Estimate e = Run();
	ASSERT_TRUE(e);
	ASSERT_EQ(e->n_pairs, 3u);
	const std::vector<std::vector<int64_t>> expected = {
		{0, 2, 2, 2}, {1, 2, 2, 2}, {0, 1, 21, 1}}; // those that free most first
	for (size_t i = 0; i < 3; i++)
		EXPECT_EQ((std::vector<int64_t>{e->pair[i].a, e->pair[i].b,
						e->pair[i].shared_contents,
						e->pair[i].freeable_pages}),
			  expected[i])
			<< i;
}

TEST_F(Pairs, AreThoseOfSets)
{
	std::mt19937_64 random(5);

	options_.passes = 1;
	for (int round = 0; round < 50; round++) {
		source_.processes.clear();
		for (int i = 0; i < 5; i++)
			source_.Add("x");
		for (int i = 0; i < 200; i++) {
			auto &process = source_.processes[random() % 5];
			uint64_t content = random() % 30, pfn = 100 * content + 1 + random() % 20;

			process.pages[FakeSource::Next(process)] = {content, pfn, KSM_PAGE_SHARED};
		}
		Estimate e = Run();
		ASSERT_TRUE(e);
		size_t n = 0;

		for (uint32_t a = 0; a < 5; a++)
			for (uint32_t b = a + 1; b < 5; b++)
				n += Common(source_.processes[a], source_.processes[b]).first > 0;
		ASSERT_EQ(e->n_pairs, n);
		for (size_t i = 0; i < n; i++)
			EXPECT_EQ(std::make_pair(e->pair[i].shared_contents,
						 e->pair[i].freeable_pages),
				  Common(source_.processes[e->pair[i].a],
					 source_.processes[e->pair[i].b]));
	}
}

class LooksOfContents : public EstimateTest
{
      protected:
	LooksOfContents()
	{
		options_.threads = 1;
		options_.top = 10;
		source_.paint = [this](uint32_t space, uint64_t address, unsigned char *data) {
			uint64_t content = source_.processes[space].pages[address].content;
			bool is_again = ++reads_ > pages_ * 2;

			if (content == 1)
				memset(data, 'A', 4096);
			if (is_again && changed(space, address))
				data[5] ^= 1;
		};
	}

	void Run()
	{
		pages_ = reads_ = 0;
		for (auto &process : source_.processes)
			pages_ += process.pages.size();
		e = EstimateTest::Run();
		ASSERT_TRUE(e);
	}

	size_t reads_ = 0, pages_ = 0;
	// Which pages are no longer what they were once the passes are over.
	std::function<bool(uint32_t space, uint64_t address)> changed = [](auto, auto) {
		return false;
	};
	Estimate e;
};

TEST_F(LooksOfContents, ComeWithThePreviewThatIsAskedFor)
{
	auto &a = source_.Add("a");

	source_.Put(a, 0, 4);
	source_.Put(a, 1, 3);
	source_.Put(a, 2, 2);
	source_.Put(a, 3);
	Run();
	ASSERT_EQ(e->n_contents, 3u);
	EXPECT_EQ(e->content[0].looks, KSM_LOOKS_ZERO);
	EXPECT_EQ(e->content[1].looks, KSM_LOOKS_ONE_BYTE);
	EXPECT_EQ(e->content[2].looks, KSM_LOOKS_MIXED);
	EXPECT_EQ(reads_ - 2 * pages_, 2u); // a page each, none for the zeros
	for (int i = 0; i < 3; i++) {
		EXPECT_FALSE(e->content[i].has_preview);
		EXPECT_EQ(std::string(reinterpret_cast<char *>(e->content[i].preview), 32),
			  std::string(32, '\0'));
	}
	options_.preview = true;
	Run();
	for (int i = 0; i < 3; i++) {
		EXPECT_TRUE(e->content[i].has_preview);
		EXPECT_EQ(std::string(reinterpret_cast<char *>(e->content[i].preview), 32),
			  std::string(32, i == 1 ? 'A' : '\0'));
	}
}

TEST_F(LooksOfContents, AreUnknownOncePagesHaveChanged)
{
	auto &a = source_.Add("a"), &b = source_.Add("b");

	source_.Put(a, 0, 5);
	source_.Put(a, 1, 100);
	source_.Put(b, 1, 10);
	options_.preview = true;
	changed = [](auto, auto) { return true; };
	Run();
	ASSERT_EQ(e->n_contents, 2u);
	EXPECT_EQ(e->content[0].looks, KSM_LOOKS_UNKNOWN);
	EXPECT_FALSE(e->content[0].has_preview);
	EXPECT_LE(reads_ - 2 * pages_, 16u);
	EXPECT_EQ(e->content[1].looks, KSM_LOOKS_ZERO); // known without reading
	json_object *document = ksm_report_estimate(e.get());
	json_object *contents = nullptr;
	json_object_object_get_ex(document, "contents", &contents);
	EXPECT_STREQ(
		json_object_to_json_string_ext(
			json_object_object_get(json_object_array_get_idx(contents, 0), "looks"),
			JSON_C_TO_STRING_PLAIN),
		"null");
	json_object_put(document);

	// Another copy tells as well: all of one target may be gone.
	changed = [](uint32_t space, auto) { return space == 0; };
	Run();
	EXPECT_EQ(e->content[0].looks, KSM_LOOKS_ONE_BYTE);
	EXPECT_EQ(e->content[0].preview[5], 'A');
}

TEST_F(LooksOfContents, LostPagesArePassedOver)
{
	auto &a = source_.Add("a");

	source_.Put(a, 1, 3);
	source_.Put(a, 2, 2);
	changed = [&](uint32_t, uint64_t address) {
		for (auto &[at, page] : a.pages) // none of those to come is there any more
			page.lost = at > address;
		return false;
	};
	Run();
	ASSERT_EQ(e->n_contents, 2u);
	EXPECT_EQ(e->content[0].looks, KSM_LOOKS_ONE_BYTE);
	EXPECT_EQ(e->content[1].looks, KSM_LOOKS_UNKNOWN);
}

TEST_F(LooksOfContents, VerifyLeavesOutWhatIsLost)
{
	auto &a = source_.Add("a");

	source_.Put(a, 1, 300);
	options_.top = 0;
	options_.verify = true;
	changed = [&](auto, auto) { // a batch is read, of 256 pages, and what follows is gone
		size_t n = 0;

		for (auto &[at, page] : a.pages)
			page.lost = n++ >= 256;
		return false;
	};
	Run();
	EXPECT_EQ(e->verified_pages, 256);
}

TEST_F(LooksOfContents, VerifyLeavesOutWhatChanged)
{
	auto &a = source_.Add("a");

	source_.Put(a, 1, 300);
	source_.Put(a, 2, 2);
	options_.top = 0;
	options_.verify = true;
	changed = [](auto, uint64_t address) { return address / 4096 % 2 == 0; };
	Run();
	EXPECT_EQ(e->verified_pages, 151);
	EXPECT_EQ(e->mismatched_pages, 0);
}

} // namespace
