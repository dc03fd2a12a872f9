/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "estimate/verify.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

struct verifying {
	struct ksm_estimate *estimate;
	struct ksm_page_source *source;
	const struct ksm_summer *summer;
	struct ksm_batch batch;
	unsigned char *first; /* the content's first page that still is what it was */
	bool has_first;
};

static void compare_batch(struct verifying *v, struct ksm_page_key key)
{
	size_t page_size = v->source->page_size;

	v->source->ops->fill(v->source, &v->batch);
	for (uint32_t i = 0; i < v->batch.n; i++) {
		const unsigned char *data = v->batch.data + i * page_size;
		struct ksm_page_sum sum = {0};

		if (v->batch.page[i].flags & KSM_PAGE_LOST)
			continue;
		ksm_summer_pages(v->summer, data, 1, &sum);
		if (!ksm_page_key_equal(sum.key, key))
			continue;
		if (!v->has_first)
			memcpy(v->first, data, page_size);
		v->has_first = true;
		v->estimate->verified_pages++;
		v->estimate->mismatched_pages += memcmp(v->first, data, page_size) != 0;
	}
	v->batch.n = 0;
}

static void verify_content(struct verifying *v, const struct ksm_contents *contents, size_t first,
			   size_t end)
{
	uint32_t max = KSM_BATCH_BYTES / v->source->page_size;
	struct ksm_twin_page page = {0};

	v->has_first = false;
	for (size_t i = first; i < end; i++) {
		ksm_twin_get_page(contents->twin, contents->page[i], &page);
		if (v->batch.n == max || (v->batch.n && v->batch.space != page.mm))
			compare_batch(v, page.key);
		v->batch.space = page.mm;
		v->batch.page[v->batch.n++] =
			(struct ksm_page){.address = page.address, .flags = page.flags};
	}
	compare_batch(v, page.key);
}

int ksm_verify_contents(struct ksm_estimate *estimate, struct ksm_page_source *source,
			const struct ksm_summer *summer, const struct ksm_contents *contents)
{
	unsigned char *data ksm_auto_free = malloc(KSM_BATCH_BYTES);
	unsigned char *first ksm_auto_free = malloc(source->page_size);
	struct verifying v = {estimate, source, summer, .batch.data = data, .first = first};

	if (!data || !first)
		return -ENOMEM;
	estimate->verified_pages = estimate->mismatched_pages = 0;
	for (size_t at = 0; at < contents->n;) {
		size_t end = ksm_contents_end(contents, at);

		if (end - at > 1)
			verify_content(&v, contents, at, end);
		at = end;
	}
	return 0;
}
