/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long ksmd takes: foretold, and by the clock. */
#include <cmath>
#include <cstdio>

#include "ksm_live.h"
#include "process.h"
#include "scan.h"

namespace
{

struct Pace {
	int pages_to_scan, sleep_millisecs;
};

class Forecast : public LiveTest, public ::testing::WithParamInterface<Pace>
{
};

/*
 * Whoever else uses the CPUs makes ksmd late, never early; so the best of a few tries counts, and it would not
 * help one that foretells too long a time.
 */
TEST_P(Forecast, OfAPassHolds)
{
	const Pace &pace = GetParam();
	double best = INFINITY;

	if (!ksm)
		return;
	Workload workload({"unique:2950", "repeat:5:10", "--opt-in=madvise"});
	ksm->Set("smart_scan", 0);
	ksm->Set("pages_to_scan", pace.pages_to_scan);
	Scan scan = RunScan({workload.pid()},
			    {"--pages=mergeable",
			     "--set=sleep_millisecs=" + std::to_string(pace.sleep_millisecs)});
	ASSERT_EQ(scan.output.status, 0) << scan.output.err;
	double foretold = scan.document["forecast"]["seconds_per_pass"].Real();
	for (int i = 0; i < 8 && std::abs(best - foretold) > 0.05 * foretold; i++) {
		double seconds;

		ksm->Unmerge();
		ksm->PassesApart(4, pace.sleep_millisecs, &seconds);
		best = std::min(best, seconds / 3);
	}
	printf("a pass: %.3f s foretold, %.3f s taken\n", foretold, best);
	EXPECT_NEAR(best, foretold, 0.1 * foretold);
}

std::string NameOf(const ::testing::TestParamInfo<Pace> &test)
{
	return std::to_string(test.param.pages_to_scan) + "PagesThen" +
	       std::to_string(test.param.sleep_millisecs) + "Ms";
}

INSTANTIATE_TEST_SUITE_P(Paces, Forecast,
			 ::testing::Values(Pace{100, 20}, Pace{500, 50}, Pace{1000, 200}), NameOf);

} // namespace
