// SPDX-License-Identifier: GPL-2.0-or-later
// Fingerprints that free themselves, and of hosts that there are not.
#ifndef KSM_TESTS_UNIT_FLEET_HOST_H
#define KSM_TESTS_UNIT_FLEET_HOST_H

#include <cstdlib>
#include <cstring>
#include <map>
#include <utility>

extern "C" {
#include "fleet/fingerprint.h"
}

struct Fingerprint : ksm_fingerprint {
	Fingerprint() : ksm_fingerprint{}
	{
	}
	~Fingerprint()
	{
		ksm_fingerprint_release(this);
	}
	Fingerprint(Fingerprint &&other) noexcept : ksm_fingerprint(other)
	{
		static_cast<ksm_fingerprint &>(other) = {};
	}
	Fingerprint(const Fingerprint &) = delete;

	std::map<uint64_t, std::pair<uint32_t, uint32_t>> Rows() const
	{
		std::map<uint64_t, std::pair<uint32_t, uint32_t>> rows;

		for (size_t i = 0; i < n; i++)
			rows[row[i].digest] = {row[i].copies, row[i].flags};
		return rows;
	}
};

// A host: copies by digest.
using Host = std::map<uint64_t, uint32_t>;

inline Fingerprint Sampled(const Host &host, uint32_t sample)
{
	Fingerprint fingerprint;

	fingerprint.page_size = 4096;
	fingerprint.sample = sample;
	fingerprint.name = strdup("x");
	fingerprint.row = static_cast<ksm_fingerprint_row *>(
		calloc(host.size() + 1, sizeof(ksm_fingerprint_row)));
	for (auto &[digest, copies] : host) {
		bool many = copies >= KSM_FINGERPRINT_MANY;

		fingerprint.pages += copies;
		fingerprint.distinct++;
		if (many || ksm_fingerprint_keeps(sample, digest))
			fingerprint.row[fingerprint.n++] = {digest, copies,
							    many * uint32_t{KSM_FINGERPRINT_EXACT}};
	}
	return fingerprint;
}

#endif
