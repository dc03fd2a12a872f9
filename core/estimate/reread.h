/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pages of a content read once more after the last pass. Not for use outside core/estimate. */
#ifndef KSM_ESTIMATE_REREAD_H
#define KSM_ESTIMATE_REREAD_H

#include "base/cleanup.h"
#include "checksum/checksum.h"
#include "estimate/contents.h"

struct ksm_reread {
	struct ksm_page_source *source;
	const struct ksm_summer *summer;
	const struct ksm_contents *contents;
	struct ksm_batch batch;
};

/* All of them must outlive it. -ENOMEM only. */
int ksm_reread_init(struct ksm_reread *reread, struct ksm_page_source *source,
		    const struct ksm_summer *summer, const struct ksm_contents *contents);
void ksm_reread_release(struct ksm_reread *reread);
#define ksm_auto_reread ksm_cleanup(ksm_reread_release)

/*
 * Reads the pages of one content that stand at @first up to @end, exclusive, and shows those that are still
 * what they were; a page that is gone or has changed is passed over. Ends once @see returns true.
 */
void ksm_reread_pages(struct ksm_reread *reread, size_t first, size_t end,
		      bool (*see)(void *data, const unsigned char *page), void *data);

#endif
