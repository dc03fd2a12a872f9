/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Of a huge page that ksmd splits, the pages of zeros are its no more (6.12): foretold, and as it comes. */
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ksm_live.h"
#include "scan.h"

namespace
{

constexpr size_t kHuge = 2 << 20;

/* A huge page with @used contents, all else zeros, and five small ones with the first of these. Both opted in. */
[[noreturn]] void Hold(size_t used, bool is_locked, int ready)
{
	auto *area = static_cast<char *>(mmap(nullptr, 3 * kHuge, PROT_READ | PROT_WRITE,
					      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	char *huge = area + (kHuge - reinterpret_cast<uintptr_t>(area) % kHuge) % kHuge;
	char *twins = huge + kHuge;
	char byte = 'r';

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	madvise(huge, kHuge, MADV_HUGEPAGE);
	madvise(twins, 5 * 4096, MADV_NOHUGEPAGE);
	for (size_t page = 1; page <= used; page++)
		memcpy(huge + (page - 1) * 4096, &page, sizeof(page));
	for (size_t page = 1; page <= 5; page++)
		memcpy(twins + (page - 1) * 4096, &page, sizeof(page));
	if (madvise(huge, kHuge, MADV_MERGEABLE) || madvise(twins, 5 * 4096, MADV_MERGEABLE) ||
	    (is_locked && mlock(huge, kHuge)) || write(ready, &byte, 1) != 1)
		_exit(1);
	for (;;)
		pause();
}

class HugeZeros : public LiveTest
{
      protected:
	void Compare(size_t used, bool is_locked, int use_zero_pages)
	{
		int ready[2];
		char byte;

		ASSERT_EQ(pipe(ready), 0);
		pid_t pid = fork();
		if (pid == 0)
			Hold(used, is_locked, ready[1]);
		close(ready[1]);
		ASSERT_EQ(read(ready[0], &byte, 1), 1);
		close(ready[0]);
		if (ProcNumber(pid, "smaps_rollup", "AnonHugePages") < 2048) {
			SkipOrFail("there are no huge pages to be had");
		} else {
			ksm->Set("smart_scan", 0);
			ksm->Set("use_zero_pages", use_zero_pages);
			Scan scan = RunScan({pid}, {"--passes=4", "--pages=mergeable"});
			for (int pass = 1; pass <= 4; pass++) {
				Counters fact = ksm->OnePass();
				Json foretold = scan.document["passes"].At(pass - 1);

				for (const char *name :
				     {"pages_shared", "pages_sharing", "pages_unshared",
				      "pages_volatile", "ksm_zero_pages", "rmap_items"})
					EXPECT_EQ(foretold[name].Number(), fact[name])
						<< name << ", pass " << pass;
			}
		}
		kill(pid, SIGKILL);
		waitpid(pid, nullptr, 0);
	}
};

TEST_F(HugeZeros, GoWithTheSplit)
{
	if (ksm)
		Compare(100, false, 0);
}

TEST_F(HugeZeros, AlsoWithZeroPages)
{
	if (ksm)
		Compare(100, false, 1);
}

TEST_F(HugeZeros, StayWhereTheAreaIsLocked)
{
	if (ksm)
		Compare(100, true, 1);
}

} // namespace
