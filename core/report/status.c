/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/status.h"

#include <math.h>
#include <stdio.h>

#include "report/report.h"

static int64_t value_or_zero(const struct ksm_sysfs *sysfs, enum ksm_sysfs_field field)
{
	return sysfs->valid[field] ? sysfs->value[field] : 0;
}

static int64_t work_out_saved(const struct ksm_status *status)
{
	const struct ksm_sysfs *sysfs = &status->sysfs;
	int64_t pages, bytes;

	if (!sysfs->valid[KSM_SYSFS_pages_sharing] ||
	    __builtin_add_overflow(sysfs->value[KSM_SYSFS_pages_sharing],
				   value_or_zero(sysfs, KSM_SYSFS_ksm_zero_pages), &pages) ||
	    __builtin_mul_overflow(pages, (int64_t)status->page_size, &bytes))
		return KSM_UNKNOWN;
	return bytes;
}

int64_t ksm_status_tracked_pages(const struct ksm_status *status)
{
	const bool *valid = status->sysfs.valid;
	int64_t pages = ksm_sysfs_rmap_items(&status->sysfs);

	if (!valid[KSM_SYSFS_pages_shared] || !valid[KSM_SYSFS_pages_sharing] ||
	    !valid[KSM_SYSFS_pages_unshared] || !valid[KSM_SYSFS_pages_volatile])
		return KSM_UNKNOWN;
	return pages < INT64_MAX ? pages : KSM_UNKNOWN;
}

static int64_t work_out_metadata(const struct ksm_status *status)
{
	int64_t bytes;

	/* Before 6.4 the size of an rmap item is not to be had, but nothing takes nothing. */
	if (status->general_profit == KSM_UNKNOWN)
		return ksm_status_tracked_pages(status) == 0 ? 0 : KSM_UNKNOWN;
	/* The files are read one after the other: while much merges, they need not fit together. */
	if (status->saved_bytes == KSM_UNKNOWN ||
	    __builtin_sub_overflow(status->saved_bytes, status->general_profit, &bytes) ||
	    bytes < 0)
		return KSM_UNKNOWN;
	return bytes;
}

void ksm_status_init(struct ksm_status *ret_status, const struct ksm_sysfs *sysfs,
		     unsigned int page_size)
{
	struct ksm_status status = {
		.sysfs = *sysfs,
		.page_size = page_size,
		.general_profit = KSM_UNKNOWN,
		.ksmd_cpu_percent = NAN,
	};

	status.saved_bytes = work_out_saved(&status);
	if (sysfs->valid[KSM_SYSFS_general_profit])
		status.general_profit = sysfs->value[KSM_SYSFS_general_profit];
	status.metadata_bytes = work_out_metadata(&status);
	*ret_status = status;
}

static json_object *sysfs_object(const struct ksm_sysfs *sysfs)
{
	json_object *object = ksm_json_object();

	for (int i = 0; i < KSM_SYSFS_N; i++)
		if (sysfs->valid[i])
			ksm_json_put(object, ksm_sysfs_name(i),
				     ksm_report_tunable((enum ksm_sysfs_field)i, sysfs->value[i]));
	return object;
}

/* A counter that went back began anew. */
static double rate(const struct ksm_sysfs *before, const struct ksm_sysfs *now,
		   enum ksm_sysfs_field field, bool is_signed, double seconds)
{
	int64_t more = now->value[field] - before->value[field];

	if (!before->valid[field] || !now->valid[field] || !(seconds > 0) ||
	    (more < 0 && !is_signed))
		return NAN;
	return (double)more / seconds;
}

void ksm_rates_init(struct ksm_rates *ret_rates, const struct ksm_sysfs *before,
		    const struct ksm_sysfs *now, double seconds)
{
	*ret_rates = (struct ksm_rates){
		.pages_scanned = rate(before, now, KSM_SYSFS_pages_scanned, false, seconds),
		.pages_skipped = rate(before, now, KSM_SYSFS_pages_skipped, false, seconds),
		.full_scans = rate(before, now, KSM_SYSFS_full_scans, false, seconds),
		.pages_sharing = rate(before, now, KSM_SYSFS_pages_sharing, true, seconds),
	};
}

void ksm_rates_unknown(struct ksm_rates *ret_rates)
{
	*ret_rates = (struct ksm_rates){NAN, NAN, NAN, NAN};
}

static json_object *rates_object(const struct ksm_rates *rates)
{
	json_object *object = ksm_json_object();

	ksm_json_put(object, "pages_scanned_per_second", ksm_json_decimal(rates->pages_scanned, 2));
	ksm_json_put(object, "pages_skipped_per_second", ksm_json_decimal(rates->pages_skipped, 2));
	ksm_json_put(object, "full_scans_per_second", ksm_json_decimal(rates->full_scans, 2));
	ksm_json_put(object, "pages_sharing_per_second", ksm_json_decimal(rates->pages_sharing, 2));
	return object;
}

json_object *ksm_report_status(const char *schema, const struct ksm_status *status,
			       const struct ksm_rates *rates)
{
	json_object *document = ksm_report_new(schema);

	ksm_json_put(document, "sysfs", sysfs_object(&status->sysfs));
	ksm_json_put_number(document, "page_size", status->page_size);
	ksm_json_put_number(document, "saved_bytes", status->saved_bytes);
	ksm_json_put_number(document, "general_profit", status->general_profit);
	ksm_json_put_number(document, "metadata_bytes", status->metadata_bytes);
	ksm_json_put(document, "ksmd_cpu_percent", ksm_json_decimal(status->ksmd_cpu_percent, 2));
	ksm_json_put(document, "rates", rates_object(rates));
	return document;
}
