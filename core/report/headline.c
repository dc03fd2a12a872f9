/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/headline.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/units.h"
#include "source/dump.h"

/* The kernel holds an rmap item for every page that it looks at, whether or not it saves anything. */
static const char *verdict(int64_t looked_at, int64_t freed, int64_t net)
{
	if (!looked_at)
		return "nothing to look at";
	if (!freed)
		return "nothing to gain";
	if (net <= 0)
		return "not worth it";
	return net < looked_at / 100 ? "hardly worth it" : "worth it";
}

/* Of dumps in which memory that was never touched looks like zeros. */
static int64_t untouched_zeros(const struct ksm_estimate *estimate)
{
	int64_t pages = 0;

	for (uint32_t i = 0; i < estimate->n_targets; i++) {
		const struct ksm_space *space = estimate->target[i].space;

		if (space->dump && space->dump->format && !space->dump->has_holes)
			pages += estimate->target[i].sums.zero_pages;
	}
	return pages;
}

static bool hides_holes(const struct ksm_estimate *estimate)
{
	return untouched_zeros(estimate) && estimate->totals.zero_pages > 1;
}

static int put_freed(const struct ksm_estimate *estimate, struct ksm_str *lines)
{
	int64_t looked_at = ksm_estimate_bytes(estimate, estimate->totals.physical_pages);
	int64_t freed = ksm_estimate_bytes(estimate, estimate->totals.freed_pages);
	int64_t net = freed - estimate->outcome->settled_metadata_bytes;
	char a[KSM_UNITS_MAX], b[KSM_UNITS_MAX], c[KSM_UNITS_MAX], d[KSM_UNITS_MAX],
		e[KSM_UNITS_MAX];

	ksm_format_bytes(freed, a);
	ksm_format_bytes(looked_at, b);
	ksm_format_percent((uint64_t)freed, (uint64_t)looked_at, c);
	ksm_format_bytes(estimate->outcome->settled_metadata_bytes, d);
	ksm_format_bytes(net, e);
	return ksm_str_printf(
		lines, "%s would free %s%s%s of %s (%s); rmap items cost %s, net %s: %s\n",
		estimate->pages == KSM_PAGES_ALL ? "KSM, if it took all pages," : "KSM",
		hides_holes(estimate) ? "at most " : "", estimate->sample.every > 1 ? "about " : "",
		a, b, c, d, e, verdict(looked_at, freed, net));
}

static int put_holes(const struct ksm_estimate *estimate, struct ksm_str *lines)
{
	char bytes[KSM_UNITS_MAX];

	if (!hides_holes(estimate))
		return 0;
	ksm_format_bytes(ksm_estimate_bytes(estimate, untouched_zeros(estimate)), bytes);
	return ksm_str_printf(
		lines, "Of the memory, %s are zeros, which may never have been touched.\n", bytes);
}

static int put_net_band(const struct ksm_estimate *estimate, struct ksm_str *lines)
{
	const struct ksm_band *band = &estimate->outcome->bands.general_profit;
	char lowest[KSM_UNITS_MAX], highest[KSM_UNITS_MAX], median[KSM_UNITS_MAX];

	if (!estimate->outcome->has_bands)
		return 0;
	ksm_format_bytes(band->lowest, lowest);
	ksm_format_bytes(band->highest, highest);
	ksm_format_bytes(band->median, median);
	if (strcmp(lowest, highest) == 0)
		return 0;
	return ksm_str_printf(
		lines, "It changes: from pass to pass the net lies between %s and %s, median %s\n",
		lowest, highest, median);
}

static int put_crossing(const struct ksm_estimate *estimate, struct ksm_str *lines)
{
	static const struct {
		const char *before, *after;
	} owners[KSM_OWNERS] = {
		[KSM_OWNER_TARGET] = {"Of this, ", " need pages of different targets"},
		[KSM_OWNER_USER] = {", ", " of different users"},
		[KSM_OWNER_DOMAIN] = {", ", " of different users, containers or guests"},
	};
	char bytes[KSM_UNITS_MAX];
	int ret = 0;

	if (estimate->n_targets < 2 || !estimate->totals.freed_pages)
		return 0;
	for (enum ksm_owner owner = 0; owner < KSM_OWNERS && !ret; owner++) {
		int64_t pages = estimate->crossing_pages[owner];

		if (pages == KSM_UNKNOWN || (owner == KSM_OWNER_DOMAIN &&
					     pages == estimate->crossing_pages[KSM_OWNER_USER]))
			continue;
		ksm_format_bytes(ksm_estimate_bytes(estimate, pages), bytes);
		ret = ksm_str_printf(lines, "%s%s%s", owners[owner].before, bytes,
				     owners[owner].after);
	}
	return ret ?: ksm_str_printf(lines, " to merge.\n");
}

static int put_sample(const struct ksm_estimate *estimate, struct ksm_str *lines)
{
	const struct ksm_estimate_sample *sample = &estimate->sample;
	char low[KSM_UNITS_MAX], high[KSM_UNITS_MAX];

	if (sample->every <= 1)
		return 0;
	ksm_format_bytes(ksm_estimate_bytes(estimate, llround(sample->freed_pages.low)), low);
	ksm_format_bytes(ksm_estimate_bytes(estimate, llround(sample->freed_pages.high)), high);
	return ksm_str_printf(lines,
			      "An estimate, with 95%% certainty between %s and %s: of the contents "
			      "with fewer than "
			      "%" PRId64 "\ncopies one in %" PRIu32
			      " was looked at, for want of memory "
			      "(--max-memory).\n",
			      low, high, sample->heavy_copies, sample->every);
}

int ksm_report_headline(const struct ksm_estimate *estimate, struct ksm_str *lines)
{
	int ret = put_freed(estimate, lines) ?: put_sample(estimate, lines)
		?: put_crossing(estimate, lines)
		?: put_holes(estimate, lines) ?: put_net_band(estimate, lines);

	if (!ret && !estimate->complete)
		ret = ksm_str_printf(lines,
				     "This is a part: some targets could not be read whole.\n");
	return ret;
}
