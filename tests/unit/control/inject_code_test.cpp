/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <cerrno>
#include <string>

#include <gtest/gtest.h>

#include "tests/unit/fake_tree.h"

extern "C" {
#include "base/cleanup.h"
#include "control/inject_arch.h"
#include "control/inject_code.h"
}

namespace
{

constexpr uint64_t kBegin = 0x100000, kEnd = 0x140000, kPiece = 64 << 10;

#if defined(__aarch64__)
const std::string kSyscall("\x01\x00\x00\xd4", 4);
#else
const std::string kSyscall("\x0f\x05", 2);
#endif

/* The search in code that is empty but for the instruction @at. */
int Find(uint64_t at, uint64_t *ret_address)
{
	FakeTree tree;
	std::string mem(kEnd, '\0');

	mem.replace(at, kSyscall.size(), kSyscall);
	tree.File("mem", mem);
	tree.File("maps", "00100000-00140000 r-xp 00000000 08:01 7          /bin/x\n");
	ksm_auto_close int dir = tree.Open("");
	return ksm_inject_find_code(dir, ret_address, nullptr);
}

TEST(InjectCode, IsFoundWhereverItStands)
{
	if (!ksm_arch_is_known)
		GTEST_SKIP() << "nothing is known of this processor";
	for (uint64_t piece = 0; piece < (kEnd - kBegin) / kPiece; piece++)
		for (uint64_t at = 0; at < kPiece; at += at < 64 || at > kPiece - 80 ? 4 : 1028) {
			uint64_t place = kBegin + piece * kPiece + at, found = 0;

			ASSERT_EQ(Find(place, &found), 0) << piece << " " << at;
			EXPECT_EQ(found, place) << piece << " " << at;
		}
}

/* Where instructions need no alignment, one may begin in one piece and end in the next. */
TEST(InjectCode, IsFoundAcrossPieces)
{
	if (KSM_ARCH_CODE_ALIGN > 1)
		GTEST_SKIP() << "instructions are aligned";
	if (!ksm_arch_is_known)
		GTEST_SKIP() << "nothing is known of this processor";
	for (uint64_t piece = 1; piece < (kEnd - kBegin) / kPiece; piece++)
		for (uint64_t before = 0; before < 8; before++) {
			uint64_t place = kBegin + piece * kPiece - before, found = 0;

			ASSERT_EQ(Find(place, &found), 0) << piece << " " << before;
			EXPECT_EQ(found, place) << piece << " " << before;
		}
}

TEST(InjectCode, IsNotFoundBeyondTheEnd)
{
	uint64_t found = 1;

	EXPECT_EQ(Find(kBegin - 8, &found), -ENOENT);
	EXPECT_EQ(found, 1u);
}

} // namespace
