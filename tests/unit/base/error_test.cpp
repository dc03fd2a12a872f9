// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>
#include <set>
#include <string>

extern "C" {
#include "base/error.h"
}

namespace
{

TEST(ErrorSet, FillsAndReturnsTheNegativeErrno)
{
	struct ksm_error err;

	memset(&err, 0xff, sizeof(err));
	EXPECT_EQ(ksm_error_set(&err, KSM_ERR_PERMISSION, EACCES, "no %s for %d", "right", 7),
		  -EACCES);
	EXPECT_EQ(err.code, KSM_ERR_PERMISSION);
	EXPECT_EQ(err.errnum, EACCES);
	EXPECT_STREQ(err.text, "no right for 7");
	EXPECT_EQ(err.pid, 0);
	EXPECT_EQ(err.address, 0u);
	EXPECT_STREQ(err.path, "");
}

TEST(ErrorSet, WithoutAnErrnoIsAnErrorAllTheSame)
{
	struct ksm_error err;

	EXPECT_EQ(ksm_error_set(&err, KSM_ERR_FORMAT, 0, "x"), -EIO);
	EXPECT_EQ(err.errnum, 0);
	EXPECT_EQ(ksm_error_set(nullptr, KSM_ERR_FORMAT, 0, "x"), -EIO);
	EXPECT_EQ(ksm_error_set(nullptr, KSM_ERR_GONE, ESRCH, "x"), -ESRCH);
}

TEST(ErrorSet, CutsLongTexts)
{
	struct ksm_error err;

	ksm_error_set(&err, KSM_ERR_SYSTEM, EIO, "%s", std::string(1000, 'x').c_str());
	EXPECT_EQ(strlen(err.text), sizeof(err.text) - 1);
}

TEST(ErrorSet, CanBuildOnTheTextItReplaces)
{
	struct ksm_error err;

	ksm_error_set(&err, KSM_ERR_SYSTEM, EIO, "inner");
	ksm_error_set(&err, KSM_ERR_SYSTEM, err.errnum, "outer: %s", err.text);
	EXPECT_STREQ(err.text, "outer: inner");
}

TEST(ErrorPath, IsTheFirstThatIsNamed)
{
	const std::string longer(200, 'x');
	struct ksm_error err;

	ksm_error_set(&err, KSM_ERR_FORMAT, EBADMSG, "line 1");
	ksm_error_name_path(&err, longer.c_str());
	EXPECT_EQ(err.path, longer.substr(0, sizeof(err.path) - 1));
	ksm_error_name_path(&err, "another");
	EXPECT_EQ(err.path[0], 'x');
	EXPECT_STREQ(err.text, "line 1");
	ksm_error_name_path(nullptr, "nobody");
}

TEST(ErrorClass, SaysWhatAnErrnoMeans)
{
	EXPECT_EQ(ksm_error_class(0), KSM_ERR_NONE);
	EXPECT_EQ(ksm_error_class(EPERM), KSM_ERR_PERMISSION);
	EXPECT_EQ(ksm_error_class(EACCES), KSM_ERR_PERMISSION);
	EXPECT_EQ(ksm_error_class(ESRCH), KSM_ERR_GONE);
	EXPECT_EQ(ksm_error_class(ENOSYS), KSM_ERR_UNSUPPORTED);
	EXPECT_EQ(ksm_error_class(EOPNOTSUPP), KSM_ERR_UNSUPPORTED);
	EXPECT_EQ(ksm_error_class(ENOTTY), KSM_ERR_UNSUPPORTED);
	EXPECT_EQ(ksm_error_class(ERANGE), KSM_ERR_SYSTEM);
	EXPECT_EQ(ksm_error_class(ENOENT), KSM_ERR_SYSTEM);
	EXPECT_EQ(ksm_error_class(ENOSPC), KSM_ERR_SYSTEM);
}

TEST(ErrorCodeName, IsAWordOfItsOwnForEach)
{
	std::set<std::string> names;

	for (int code = KSM_ERR_NONE; code <= KSM_ERR_FORMAT; code++)
		names.insert(ksm_error_code_name(static_cast<enum ksm_error_code>(code)));
	EXPECT_EQ(names.size(), static_cast<size_t>(KSM_ERR_FORMAT) + 1);
	EXPECT_STREQ(ksm_error_code_name(KSM_ERR_PERMISSION), "permission");
	EXPECT_STREQ(ksm_error_code_name(KSM_ERR_NO_MEMORY), "no-memory");
}

} // namespace
