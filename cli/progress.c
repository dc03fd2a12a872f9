/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/progress.h"

#include "base/clock.h"
#include "base/units.h"

/* From the first second on and ten times a second at most. */
static int show(void *data, unsigned int pass, uint64_t pages)
{
	struct ksm_progress *progress = data;
	char bytes[KSM_UNITS_MAX];
	double time = ksm_now_seconds();

	if (time - progress->begin < 1 || time - progress->last < 0.1)
		return 0;
	progress->last = time;
	ksm_format_bytes((int64_t)(pages * progress->page_size), bytes);
	fprintf(stderr, "\rpass %u of %u: %s read\033[K", pass, progress->passes, bytes);
	fflush(stderr);
	return 0;
}

ksm_progress_show ksm_progress_begin(const struct ksm_cli *cli, unsigned int passes,
				     unsigned int page_size, struct ksm_progress *ret_progress)
{
	*ret_progress = (struct ksm_progress){passes, page_size, .begin = ksm_now_seconds()};
	return ksm_cli_progress(cli) ? show : NULL;
}

void ksm_progress_end(struct ksm_progress *progress)
{
	if (progress->last > 0)
		fputs("\r\033[K", stderr);
	progress->last = 0;
}
