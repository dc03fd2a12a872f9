/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory that changes between passes. The same story is told twice: to processes that nobody merges, which the
 * twin looks at pass by pass, and then to fresh ones that the real ksmd works on. After each of the passes all
 * counters must be equal.
 */
#include <algorithm>
#include <cstring>
#include <functional>
#include <memory>

#include "ksm_live.h"
#include "process.h"

extern "C" {
#include "estimate/reader.h"
#include "kernel/root.h"
#include "ksmd/twin.h"
#include "source/process.h"
}

namespace
{

constexpr int kPasses = 12;

/* The processes of a story, in the order in which they opt in. */
class Cast
{
      public:
	Workload &Add(std::vector<std::string> arguments)
	{
		arguments.push_back("--opt-in=madvise");
		workloads_.push_back(std::make_unique<Workload>(arguments));
		pids_.push_back(workloads_.back()->pid());
		return *workloads_.back();
	}
	Workload &operator[](size_t i)
	{
		return *workloads_[i];
	}
	void Fork(size_t parent)
	{
		pids_.push_back(workloads_[parent]->Fork());
	}
	void End(size_t i)
	{
		workloads_[i].reset();
	}
	/* All that ever were: those that are gone have no pages. */
	const std::vector<pid_t> &pids() const
	{
		return pids_;
	}

      private:
	std::vector<std::unique_ptr<Workload>> workloads_;
	std::vector<pid_t> pids_;
};

struct Story {
	const char *name;
	/* Called before pass 1, 2, ...; what happens before the first sets the scene. */
	std::function<void(Cast &, int)> tell;
	/*
	 * A chain whose dups have all gone stays in the kernel's tree until a search for any content passes it
	 * on its way, which depends on the order of the bytes of pages: stable_node_chains may be higher than
	 * foretold, but not above what it was.
	 */
	bool empties_chains = false;
};

void PrintTo(const Story &story, std::ostream *out)
{
	*out << story.name;
}

const Story kStories[] = {
	{"Copies",
	 [](Cast &cast, int pass) {
		 if (pass == 1)
			 cast.Add({"repeat:9:2", "repeat:7:3", "repeat:1:256", "repeat:1:257",
				   "repeat:1:600", "unique:40", "zero:30", "sparse:20"});
	 }},
	{"FiveThousandCopies",
	 [](Cast &cast, int pass) {
		 if (pass == 1)
			 cast.Add({"repeat:1:5000", "zero:700"});
	 }},
	{"Writer",
	 [](Cast &cast, int pass) {
		 if (pass == 1) {
			 cast.Add({"repeat:20:5", "unique:30", "zero:20"});
			 cast.Add({"repeat:20:3", "unique:10"});
		 } else {
			 cast[0].Do("change 0 " + std::to_string(pass * 7) + " 5 " +
				    std::to_string(pass));
			 cast[1].Do("change 1 0 3 " + std::to_string(pass));
		 }
	 }},
	{"WrittenAlike",
	 [](Cast &cast, int pass) {
		 if (pass == 1)
			 cast.Add({"unique:200", "repeat:5:10"});
		 else if (pass % 3 == 0)
			 cast[0].Do("alike 0 " + std::to_string(pass * 10) + " 8 " +
				    std::to_string(pass % 2));
	 }},
	{"AreasGoAndComeBack",
	 [](Cast &cast, int pass) {
		 if (pass == 1) {
			 cast.Add({"repeat:30:4", "unique:50"});
			 cast.Add({"repeat:30:2"});
		 } else if (pass == 4) {
			 cast[0].Do("drop 0 10 40");
		 } else if (pass == 6) {
			 /* With other contents: the same page with the same bytes would not be told. */
			 cast[0].Do("remap 0 20 60");
			 cast[0].Do("change 0 20 60 6");
			 cast[0].Do("mergeable");
		 } else if (pass == 9) {
			 cast[1].Do("unmap 0 0 30");
		 }
	 }},
	{"ProtNoneAndFiles",
	 [](Cast &cast, int pass) {
		 if (pass == 1)
			 cast.Add({"protnone:5:4", "cowfile:40:20", "read:100", "shared:30"});
		 else if (pass == 5)
			 cast[0].Do("change 1 0 10 99");
	 }},
	{"LateAndEarly",
	 [](Cast &cast, int pass) {
		 if (pass == 1) {
			 cast.Add({"repeat:25:3", "unique:20"});
			 cast.Add({"repeat:25:2", "zero:10"});
		 } else if (pass == 4) {
			 cast.Add({"repeat:25:4", "unique:10"});
		 } else if (pass == 7) {
			 cast.End(1);
		 } else if (pass == 9) {
			 cast.End(0);
		 }
	 },
	 true},
	{"ForkAfterFilling",
	 [](Cast &cast, int pass) {
		 if (pass == 1) {
			 cast.Add({"repeat:10:3", "unique:15", "zero:5"});
			 cast.Fork(0);
			 cast.Add({"repeat:10:2"});
		 }
	 }},
	{"NestedForks",
	 [](Cast &cast, int pass) {
		 if (pass == 1) {
			 cast.Add({"repeat:6:4", "unique:9"});
			 cast.Fork(0);
			 cast.Fork(0);
			 cast.Add({"repeat:6:3", "unique:5"});
			 cast.Fork(1);
		 }
	 }},
	{"ForkOfMergedPages",
	 [](Cast &cast, int pass) {
		 if (pass == 1) {
			 cast.Add({"repeat:12:5", "unique:20"});
			 cast.Add({"repeat:12:2"});
		 } else if (pass == 5) {
			 cast.Fork(0);
		 }
	 }},
	{"HugePages",
	 [](Cast &cast, int pass) {
		 if (pass == 1) {
			 cast.Add({"thp:2:900"});
			 cast.Add({"thp:1:100", "unique:20"});
		 }
	 }},
};

using Parameters =
	std::tuple<Story, int, int, int>; // story, smart_scan, use_zero_pages, max_page_sharing

class Matrix : public LiveTest, public ::testing::WithParamInterface<Parameters>
{
      protected:
	/* One pass of the twin over the cast as it is. */
	Counters Look(struct ksm_twin *twin, const struct ksm_model &model, const Cast &cast)
	{
		struct ksm_root root;
		struct ksm_page_source *source = nullptr;
		struct ksm_process_source_options options = {KSM_PAGES_MERGEABLE, false, 0};
		struct ksm_reader *reader = nullptr;
		struct ksm_error err = {};
		struct ksm_counters counters;
		uint32_t mm;
		bool in_space = false;
		auto see = [&](const struct ksm_read_batch *read) {
			if (!in_space)
				ksm_twin_mm_begin(twin, read->batch.space);
			in_space = !read->batch.ends_space;
			for (uint32_t i = 0; i < read->batch.n; i++)
				EXPECT_EQ(ksm_twin_see(twin, &read->batch.page[i], &read->sum[i]),
					  0);
			if (!in_space)
				ksm_twin_mm_end(twin);
		};
		auto pass_on = [](void *to, const struct ksm_read_batch *read, struct ksm_error *) {
			(*static_cast<decltype(see) *>(to))(read);
			return 0;
		};

		while (n_mms_ < cast.pids().size() && ksm_twin_add_mm(twin, &mm) == 0)
			n_mms_++;
		EXPECT_EQ(ksm_root_open(nullptr, &root, nullptr), 0);
		EXPECT_EQ(ksm_process_source_open(&root, cast.pids().data(), cast.pids().size(),
						  &options, &source, &err),
			  0)
			<< err.text;
		/* Pages must have the same key in every pass. */
		if (!has_summer_)
			ksm_summer_init(&summer_, model.profile->checksum, source->page_size);
		has_summer_ = true;
		EXPECT_EQ(ksm_reader_new(source, &summer_, 1, 0, &reader, &err), 0);
		EXPECT_EQ(ksm_twin_pass_begin(twin), 0);
		EXPECT_EQ(ksm_reader_pass(reader, pass_on, nullptr, &see, &err), 0) << err.text;
		EXPECT_EQ(ksm_twin_pass_end(twin), 0);
		ksm_twin_counters(twin, &counters);
		ksm_reader_free(&reader);
		ksm_page_source_close(&source);
		ksm_root_close(&root);
		return {
#define X(name) {#name, counters.name},
			KSM_COUNTERS(X)
#undef X
		};
	}

      private:
	struct ksm_summer summer_;
	bool has_summer_ = false;
	size_t n_mms_ = 0;
};

TEST_P(Matrix, CountsAsTheKernelDoes)
{
	const auto &[story, smart_scan, use_zero_pages, max_page_sharing] = GetParam();
	std::vector<Counters> foretold;
	struct ksm_model model;
	struct ksm_root root;
	struct ksm_twin *twin = nullptr;

	if (!ksm)
		return;
	ksm->Set("smart_scan", smart_scan);
	ksm->Set("use_zero_pages", use_zero_pages);
	ksm->Set("max_page_sharing", max_page_sharing);
	ASSERT_EQ(ksm_root_open(nullptr, &root, nullptr), 0);
	ASSERT_EQ(ksm_model_init(&model, "running", &root, nullptr), 0);
	ksm_root_close(&root);
	ASSERT_EQ(ksm_twin_new(&model, &twin), 0);
	{
		Cast cast;

		for (int pass = 1; pass <= kPasses; pass++) {
			story.tell(cast, pass);
			foretold.push_back(Look(twin, model, cast));
		}
	}
	ksm_twin_free(&twin);
	ksm->Unmerge();

	Cast cast;
	int64_t peak = 0;
	for (int pass = 1; pass <= kPasses; pass++) {
		story.tell(cast, pass);
		Counters kernel = ksm->OnePass();

		for (const auto &[name, value] : foretold[static_cast<size_t>(pass) - 1]) {
			if (kernel.count(name)) {
				if (name == "stable_node_chains" && story.empties_chains) {
					peak = std::max(peak, value);
					EXPECT_LE(value, kernel[name])
						<< name << " in pass " << pass;
					EXPECT_GE(peak, kernel[name])
						<< name << " in pass " << pass;
				} else {
					EXPECT_EQ(value, kernel[name])
						<< name << " in pass " << pass;
				}
			}
		}
	}
}

std::string NameOf(const ::testing::TestParamInfo<Parameters> &info)
{
	const auto &[story, smart_scan, use_zero_pages, max_page_sharing] = info.param;

	return std::string(story.name) + (smart_scan ? "Smart" : "") +
	       (use_zero_pages ? "Zero" : "") + std::to_string(max_page_sharing);
}

INSTANTIATE_TEST_SUITE_P(Stories, Matrix,
			 ::testing::Combine(::testing::ValuesIn(kStories), ::testing::Values(0, 1),
					    ::testing::Values(0, 1),
					    ::testing::Values(2, 100, 256)),
			 NameOf);

} // namespace
