/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/settle_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/units.h"
#include "estimate/estimate.h"
#include "report/json.h"

/* Mappings that are merged, as far as a sample has them. */
static int64_t merged_pages(const struct ksm_settle_sample *sample)
{
	const int64_t parts[] = {sample->merging_pages, sample->pages_sharing, sample->zero_pages};
	int64_t sum = 0;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (parts[i] != KSM_UNKNOWN)
			sum += parts[i];
	return sum;
}

static int64_t scans(const struct ksm_settle *settle)
{
	return settle->last.full_scans - settle->first.full_scans;
}

void ksm_settle_show(struct ksm_settle_line *line, const struct ksm_settle *settle)
{
	char bytes[KSM_UNITS_MAX];

	if (settle->last.seconds < 1 || !ksm_cli_progress(line->cli))
		return;
	ksm_format_bytes(merged_pages(&settle->last) * sysconf(_SC_PAGESIZE), bytes);
	fprintf(stderr,
		"\r%" PRId64 " full scan%s, %s merged, no change for %" PRId64 " scan%s\033[K",
		scans(settle), scans(settle) == 1 ? "" : "s", bytes,
		settle->last.full_scans - settle->changed_at,
		settle->last.full_scans - settle->changed_at == 1 ? "" : "s");
	fflush(stderr);
	line->is_shown = true;
}

void ksm_settle_end_line(struct ksm_settle_line *line)
{
	if (line->is_shown)
		fputs("\r\033[K", stderr);
	line->is_shown = false;
}

void ksm_settle_print(const struct ksm_settle *settle, bool settled)
{
	char seconds[KSM_UNITS_MAX], bytes[KSM_UNITS_MAX];

	ksm_format_seconds(settle->last.seconds, seconds);
	ksm_format_bytes(merged_pages(&settle->last) * sysconf(_SC_PAGESIZE), bytes);
	printf("%s after %" PRId64 " full scan%s in %s: %s merged\n",
	       settled ? "settled" : "not settled", scans(settle), scans(settle) == 1 ? "" : "s",
	       seconds, bytes);
}

static json_object *sample_json(const struct ksm_settle_sample *sample)
{
	json_object *object = ksm_json_object();

	ksm_json_put(object, "full_scans", ksm_json_int(sample->full_scans));
	ksm_json_put_number(object, "pages_shared", sample->pages_shared);
	ksm_json_put_number(object, "pages_sharing", sample->pages_sharing);
	ksm_json_put_number(object, "ksm_zero_pages", sample->zero_pages);
	ksm_json_put_number(object, "rmap_items", sample->rmap_items);
	ksm_json_put_number(object, "ksm_merging_pages", sample->merging_pages);
	return object;
}

void ksm_settle_json(const struct ksm_settle *settle, bool settled, json_object *document)
{
	ksm_json_put(document, "settled", ksm_json_bool(settled));
	ksm_json_put(document, "full_scans", ksm_json_int(scans(settle)));
	ksm_json_put(document, "seconds", ksm_json_decimal(settle->last.seconds, 2));
	ksm_json_put(document, "before", sample_json(&settle->first));
	ksm_json_put(document, "after", sample_json(&settle->last));
}
