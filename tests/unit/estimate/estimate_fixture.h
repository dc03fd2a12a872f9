// SPDX-License-Identifier: GPL-2.0-or-later
// Estimates of a made-up source.
#ifndef KSM_TESTS_UNIT_ESTIMATE_FIXTURE_H
#define KSM_TESTS_UNIT_ESTIMATE_FIXTURE_H

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "tests/unit/estimate/fake_source.h"

extern "C" {
#include "estimate/estimate.h"
}

struct Free {
	void operator()(ksm_estimate *estimate) const
	{
		ksm_estimate_free(estimate);
	}
};
using Estimate = std::unique_ptr<ksm_estimate, Free>;

class EstimateTest : public testing::Test
{
      protected:
	EstimateTest()
	{
		options_.passes = 2;
		options_.threads = 2;
	}

	Estimate Run(const std::string &kernel = "6.18", const char *setting = nullptr)
	{
		ksm_estimate *estimate = nullptr;
		ksm_trial trial = {};

		EXPECT_EQ(ksm_model_init(&trial.model, kernel.c_str(), nullptr, nullptr), 0);
		if (setting) {
			EXPECT_EQ(ksm_model_set(&trial.model, setting, nullptr), 0);
		}
		trial.settings = "";
		error_ = {};
		ksm_estimate_run(source_.source(), &trial, 1, &options_, &estimate, &error_);
		return Estimate(estimate);
	}

	FakeSource source_;
	ksm_estimate_options options_ = {};
	ksm_error error_ = {};
};

#endif
