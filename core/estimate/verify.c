/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "estimate/verify.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "estimate/reread.h"

struct verifying {
	struct ksm_estimate *estimate;
	unsigned char *first; /* the content's first page that still is what it was */
	bool has_first;
};

static bool compare_page(void *data, const unsigned char *page)
{
	struct verifying *v = data;

	if (!v->has_first)
		memcpy(v->first, page, v->estimate->page_size);
	v->has_first = true;
	v->estimate->verified_pages++;
	v->estimate->mismatched_pages += memcmp(v->first, page, v->estimate->page_size) != 0;
	return false;
}

int ksm_verify_contents(struct ksm_estimate *estimate, struct ksm_page_source *source,
			const struct ksm_summer *summer, const struct ksm_contents *contents)
{
	unsigned char *first ksm_auto_free = malloc(source->page_size);
	struct ksm_reread reread ksm_auto_reread = {0};
	struct verifying v = {estimate, .first = first};

	if (!first || ksm_reread_init(&reread, source, summer, contents))
		return -ENOMEM;
	for (size_t at = 0; at < contents->n;) {
		size_t end = ksm_contents_end(contents, at);

		v.has_first = false;
		if (end - at > 1)
			ksm_reread_pages(&reread, at, end, compare_page, &v);
		at = end;
	}
	return 0;
}
