// SPDX-License-Identifier: GPL-2.0-or-later
// The same document from any number of reading threads, over random sources.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "tests/unit/estimate/fake_source.h"

extern "C" {
#include "estimate/estimate.h"
#include "report/report.h"
}

namespace
{

class RandomSource
{
      public:
	explicit RandomSource(uint64_t seed) : random_(seed)
	{
		uint64_t processes = 1 + Below(6);

		contents_ = 1 + Below(One(2) ? 5 : 100);
		for (uint64_t i = 0; i < processes; i++)
			AddProcess(i);
		source.before = [this](FakeSource &, int pass) {
			if (pass > 1)
				Change();
		};
		if (One(2))
			for (uint64_t pfn = 1; pfn < 40; pfn++)
				source.mapcounts[pfn] = 1 + Below(4);
	}

	FakeSource source;

      private:
	uint64_t Below(uint64_t n)
	{
		return random_() % n;
	}

	bool One(uint64_t of)
	{
		return Below(of) == 0;
	}

	void AddProcess(uint64_t i)
	{
		auto &process = source.Add("p" + std::to_string(i % 4), static_cast<uid_t>(i % 3),
					   i % 2 ? "/odd" : "/even");

		if (One(3) && i) // a fork
			process.pages = source.processes[0].pages;
		for (auto &[address, page] : process.pages)
			page.flags |= KSM_PAGE_SHARED;
		for (uint64_t n = Below(150); n > 0; n--)
			AddPage(process);
	}

	void AddPage(FakeProcess &process)
	{
		uint64_t at = FakeSource::Next(process);

		source.Put(process, Below(contents_));
		FakePage &page = process.pages[at];
		page.nid = static_cast<int>(Below(4)) - 1;
		page.lost = One(50);
		if (One(10)) {
			page.pfn = 1 + Below(40);
			page.content = page.pfn % contents_;
			page.nid = static_cast<int>(page.pfn % 3);
			page.flags = KSM_PAGE_SHARED | (page.pfn % 4 ? 0 : KSM_PAGE_KSM);
		}
		if (One(20))
			process.pages[at + 4096 * (1 + Below(9))] = page; // a hole
	}

	void AddPageAnywhere(FakeProcess &process)
	{
		uint64_t at = FakeSource::Next(process);

		AddPage(process);
		auto page = process.pages.extract(at);
		page.key() = 0x10000 + 4096 * Below(150);
		process.pages.insert(std::move(page));
	}

	void Change()
	{
		for (auto &process : source.processes) {
			for (auto it = process.pages.begin(); it != process.pages.end();) {
				if (One(12))
					it->second.content = Below(contents_);
				it = One(15) ? process.pages.erase(it) : std::next(it);
			}
			for (uint64_t n = Below(8); n > 0; n--)
				AddPageAnywhere(process);
		}
	}

	std::mt19937_64 random_;
	uint64_t contents_ = 1;
};

// Everything that does not tell the time.
std::string Document(uint64_t seed, unsigned int threads)
{
	static const char *const settings[] = {"", "merge_across_nodes=0", "use_zero_pages=1",
					       "max_page_sharing=3", "smart_scan=0"};
	static const char *const kernels[] = {"6.18", "6.10", "4.13"};
	constexpr size_t n = sizeof(settings) / sizeof(settings[0]);
	RandomSource random(seed);
	ksm_estimate_options options = {};
	ksm_estimate *estimate = nullptr;
	ksm_trial trials[n] = {};
	size_t n_trials = seed % 3 == 2 ? 4 : n; // 4.13 has no smart scan

	for (size_t i = 0; i < n_trials; i++) {
		trials[i].settings = settings[i];
		EXPECT_EQ(ksm_model_init(&trials[i].model, kernels[seed % 3], nullptr, nullptr), 0);
		if (*settings[i]) {
			EXPECT_EQ(ksm_model_set(&trials[i].model, settings[i], nullptr), 0);
		}
	}
	std::swap(trials[0], trials[seed % n_trials]);
	options.passes = 1 + seed % 4;
	options.threads = threads;
	options.top = 7;
	options.by = static_cast<ksm_group_by>(seed % (KSM_BY_USER + 1));
	options.verify = seed % 2;
	EXPECT_EQ(ksm_estimate_run(random.source.source(), trials, n_trials, &options, &estimate,
				   nullptr),
		  0);
	if (!estimate)
		return "";
	estimate->elapsed_seconds = 0;
	json_object *document = ksm_report_estimate(estimate);
	std::string text = json_object_to_json_string_ext(document, JSON_C_TO_STRING_PRETTY);
	json_object_put(document);
	ksm_estimate_free(estimate);
	return text;
}

// The lines in which two documents differ first.
std::string Difference(const std::string &a, const std::string &b)
{
	auto at = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
	auto line = [](const std::string &text, size_t i) {
		size_t begin = text.rfind('\n', i) + 1;

		return text.substr(begin, text.find('\n', i) - begin);
	};

	if (a == b)
		return "";
	return line(a, at.first - a.begin()) + "\n" + line(b, at.second - b.begin());
}

TEST(EstimateThreads, TheDocumentDoesNotDependOnTheirNumber)
{
	for (uint64_t seed = 0; seed < 60; seed++) {
		const std::string one = Document(seed, 1);

		ASSERT_FALSE(one.empty());
		for (unsigned int threads : {2u, 3u, 8u})
			EXPECT_EQ(Difference(one, Document(seed, threads)), "")
				<< "seed " << seed << ", " << threads << " threads";
	}
}

// And the sources are not all alike.
TEST(EstimateThreads, TheSourcesDiffer)
{
	EXPECT_NE(Difference(Document(1, 1), Document(4, 1)), "");
}

} // namespace
