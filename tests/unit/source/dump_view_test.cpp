// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/source/dump_fixture.h"

extern "C" {
#include "source/dump_internal.h"
}

namespace
{

class ViewTest : public DumpTest
{
      protected:
	~ViewTest() override
	{
		ksm_view_release(&view_);
		ksm_input_close(&input_);
	}

	void OpenView(const std::string &name)
	{
		ksm_view_release(&view_);
		ksm_input_close(&input_);
		ASSERT_EQ(ksm_input_open(tree_.Path(name).c_str(), 0, &input_, &error_), 0);
		view_.input = input_;
	}
	void Pack(const std::string &content)
	{
		tree_.File("a", content);
		Shell("gzip -1 -c a >a.gz");
	}
	std::string Get(uint64_t offset, size_t len)
	{
		const unsigned char *data = nullptr;
		size_t got = 0;

		ret_ = ksm_view_get(&view_, offset, len, &data, &got, &error_);
		return ret_ || !got ? "" : std::string(reinterpret_cast<const char *>(data), got);
	}

	std::string Take(uint64_t offset, size_t len)
	{
		std::string data(len, '?');
		size_t got = 0;

		ret_ = ksm_view_take(&view_, offset, len,
				     reinterpret_cast<unsigned char *>(&data[0]), &got, &error_);
		return ret_ ? "" : data.substr(0, got);
	}

	ksm_input *input_ = nullptr;
	ksm_view view_ = {};
	int ret_ = 0;
};

TEST_F(ViewTest, AnywhereInAFileForwardInAStream)
{
	std::string content = Pages(1, 1000);

	Pack(content);
	for (const char *name : {"a", "a.gz"}) {
		OpenView(name);
		for (uint64_t at : {0, 100, 5, 70000, 70001, 69000, 1000000, 4090000})
			EXPECT_EQ(Get(at, 5000), content.substr(at, 5000)) << at;
		EXPECT_EQ(Get(content.size() - 3, 10), content.substr(content.size() - 3));
		EXPECT_EQ(Get(content.size() + 3, 10), "");
		EXPECT_EQ(ret_, 0);
		Get(0, 1);
		EXPECT_EQ(ret_, name == std::string("a") ? 0 : -ESPIPE);
		// Little more is kept than is asked for at once.
		EXPECT_LE(view_.capacity, 1u << 20);
	}
}

TEST_F(ViewTest, AStreamCanBeHeld)
{
	std::string content = Pages(1, 1000);

	Pack(content);
	OpenView("a.gz");
	view_.hold = true;
	EXPECT_EQ(Get(3000000, 10), content.substr(3000000, 10));
	EXPECT_EQ(Get(0, 10), content.substr(0, 10));
	Get(UINT64_C(1) << 40, 10);
	EXPECT_EQ(ret_, -ESPIPE);
	view_.hold = false;
	EXPECT_EQ(Get(10, 100), content.substr(10, 100));
	EXPECT_EQ(Get(4000000, 100), content.substr(4000000, 100));
	Get(10, 100);
	EXPECT_EQ(ret_, -ESPIPE);
}

// From what the view has and what follows, at its end, beyond it, and in turn with looking.
TEST_F(ViewTest, WhatIsTakenIsGone)
{
	std::string content = Pages(1, 1000);
	uint64_t end;

	Pack(content);
	OpenView("a.gz");
	for (auto [at, len] : {std::pair(0, 100), {300, 1000}, {2000, 400000}}) {
		EXPECT_TRUE(Take(at, len) == content.substr(at, len)) << at;
		EXPECT_EQ(Get(at + len + 50, 10), content.substr(at + len + 50, 10));
	}
	end = view_.start + view_.len;
	EXPECT_TRUE(Take(end, 5000) == content.substr(end, 5000));
	Get(end + 4990, 10);
	EXPECT_EQ(ret_, -ESPIPE);
	EXPECT_EQ(Take(3000000, 10), content.substr(3000000, 10));
	EXPECT_EQ(Take(content.size() - 3, 10), content.substr(content.size() - 3));
	EXPECT_EQ(Take(content.size() + 3, 10), "");
	EXPECT_EQ(ret_, 0);
	EXPECT_LE(view_.capacity, 1u << 20);
}

TEST_F(ViewTest, AFaultIsKept)
{
	Pack(Pages(1, 1000));
	Shell("head -c 3000 a.gz >cut");
	for (bool takes : {false, true}) {
		OpenView("cut");
		EXPECT_LT((takes ? Take(0, 4000000) : Get(0, 4000000)).size(), 4000000u);
		EXPECT_EQ(ret_, 0);
		EXPECT_EQ(view_.fault.errnum, EBADMSG);
	}
}

} // namespace
