/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "estimate/reread.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int ksm_reread_init(struct ksm_reread *reread, struct ksm_page_source *source,
		    const struct ksm_summer *summer, const struct ksm_contents *contents)
{
	unsigned char *data = malloc(KSM_BATCH_BYTES);

	if (!data)
		return -ENOMEM;
	*reread = (struct ksm_reread){source, summer, contents, .batch.data = data};
	return 0;
}

void ksm_reread_release(struct ksm_reread *reread)
{
	free(reread->batch.data);
	memset(reread, 0, sizeof(*reread));
}

/* True once @see does not want more. */
static bool show_batch(struct ksm_reread *reread, struct ksm_page_key key,
		       bool (*see)(void *data, const unsigned char *page), void *data)
{
	struct ksm_batch *batch = &reread->batch;
	bool is_enough = false;

	reread->source->ops->fill(reread->source, batch);
	for (uint32_t i = 0; i < batch->n && !is_enough; i++) {
		const unsigned char *page = batch->data + (size_t)i * reread->source->page_size;
		struct ksm_page_sum sum = {.key = key};

		if (batch->page[i].flags & KSM_PAGE_LOST)
			continue;
		ksm_summer_pages_again(reread->summer, page, 1, &sum);
		if (ksm_page_key_equal(sum.key, key))
			is_enough = see(data, page);
	}
	batch->n = 0;
	return is_enough;
}

void ksm_reread_pages(struct ksm_reread *reread, size_t first, size_t end,
		      bool (*see)(void *data, const unsigned char *page), void *data)
{
	uint32_t max = KSM_BATCH_BYTES / reread->source->page_size;
	const struct ksm_contents *contents = reread->contents;
	struct ksm_batch *batch = &reread->batch;
	struct ksm_twin_page page = {0};

	for (size_t i = first; i < end; i++) {
		ksm_twin_get_page(contents->twin, contents->page[i], &page);
		if (batch->n == max || (batch->n && batch->space != page.mm))
			if (show_batch(reread, page.key, see, data))
				return;
		batch->space = page.mm;
		batch->page[batch->n++] =
			(struct ksm_page){.address = page.address, .flags = page.flags};
	}
	show_batch(reread, page.key, see, data);
}
