// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include <cstring>

extern "C" {
#include "base/library.h"
}

namespace
{

// All of them or none; and a reason that fits.
TEST(Library, GivesAllFunctionsOrNone)
{
	double (*cosine)(double) = nullptr;
	void (*nothing)() = nullptr;
	const ksm_library_function functions[] = {{"cos", &cosine}, {"no_such_thing", &nothing}};
	char why[200] = "", cut[8];

	EXPECT_FALSE(ksm_library_load("libm.so.6", functions, 2, why, sizeof(why)));
	EXPECT_EQ(cosine, nullptr);
	EXPECT_NE(std::strstr(why, "no_such_thing"), nullptr) << why;
	EXPECT_FALSE(ksm_library_load("libnowhere.so.0", functions, 1, cut, sizeof(cut)));
	EXPECT_STREQ(cut, "libnowh");
	ASSERT_TRUE(ksm_library_load("libm.so.6", functions, 1, why, sizeof(why))) << why;
	EXPECT_EQ(cosine(0), 1);
}

} // namespace
