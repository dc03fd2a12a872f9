/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "estimate/top.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "estimate/reread.h"

/* So many copies, spread over all, are tried before a content is given up as changed. */
#define TRIES_MAX 16

void ksm_top_release(struct ksm_top *top)
{
	free(top->entry);
	memset(top, 0, sizeof(*top));
}

/* ---------------------------------------------------------------- which contents */

/* Most copies first, then by place. */
static int compare_entries(const void *a, const void *b)
{
	const struct ksm_estimate_content *ca = &((const struct ksm_top_entry *)a)->content;
	const struct ksm_estimate_content *cb = &((const struct ksm_top_entry *)b)->content;

	if (ca->copies != cb->copies)
		return ca->copies > cb->copies ? -1 : 1;
	if (ca->space != cb->space)
		return ca->space < cb->space ? -1 : 1;
	return ca->address < cb->address ? -1 : ca->address > cb->address;
}

static void swap(struct ksm_top *top, size_t a, size_t b)
{
	struct ksm_top_entry entry = top->entry[a];

	top->entry[a] = top->entry[b];
	top->entry[b] = entry;
}

static bool is_lighter(const struct ksm_top *top, size_t a, size_t b)
{
	return compare_entries(&top->entry[a], &top->entry[b]) > 0;
}

static void sift_up(struct ksm_top *top, size_t at)
{
	for (; at && is_lighter(top, at, (at - 1) / 2); at = (at - 1) / 2)
		swap(top, at, (at - 1) / 2);
}

static void sift_down(struct ksm_top *top)
{
	for (size_t at = 0, child; (child = 2 * at + 1) < top->n; at = child) {
		if (child + 1 < top->n && is_lighter(top, child + 1, child))
			child++;
		if (!is_lighter(top, child, at))
			return;
		swap(top, at, child);
	}
}

int ksm_top_offer(struct ksm_top *top, const struct ksm_estimate_content *content, size_t first)
{
	struct ksm_top_entry entry = {*content, first};

	if (!top->max || content->copies < 2)
		return 0;
	if (top->n < top->max) {
		if (ksm_array_reserve(&top->entry, &top->capacity, top->n + 1, sizeof(*top->entry)))
			return -ENOMEM;
		top->entry[top->n++] = entry;
		sift_up(top, top->n - 1);
	} else if (compare_entries(&entry, top->entry) < 0) {
		top->entry[0] = entry;
		sift_down(top);
	}
	return 0;
}

/* ---------------------------------------------------------------- what they hold */

struct look {
	struct ksm_estimate_content *content;
	unsigned int page_size;
	bool preview;
};

static bool see(void *data, const unsigned char *page)
{
	struct look *look = data;

	look->content->looks = ksm_looks_of(page, look->page_size);
	look->content->has_preview = look->preview;
	if (look->preview)
		memcpy(look->content->preview, page, KSM_PREVIEW_BYTES);
	return true;
}

static void look_at(struct ksm_reread *reread, const struct ksm_top_entry *entry, struct look *look)
{
	const struct ksm_contents *contents = reread->contents;
	size_t end = ksm_contents_end(contents, entry->first);
	size_t step = (end - entry->first + TRIES_MAX - 1) / TRIES_MAX;

	if (look->content->is_zero) {
		look->content->looks = KSM_LOOKS_ZERO;
		look->content->has_preview = look->preview;
		return;
	}
	for (size_t i = entry->first; i < end && !look->content->looks; i += step)
		ksm_reread_pages(reread, i, i + 1, see, look);
}

int ksm_top_take(struct ksm_top *top, struct ksm_estimate *estimate, struct ksm_page_source *source,
		 const struct ksm_summer *summer, const struct ksm_contents *contents, bool preview)
{
	struct look look = {.page_size = source->page_size, .preview = preview};
	struct ksm_reread reread ksm_auto_reread = {0};

	if (!top->n)
		return 0;
	estimate->content = calloc(top->n, sizeof(*estimate->content));
	if (!estimate->content || ksm_reread_init(&reread, source, summer, contents))
		return -ENOMEM;
	qsort(top->entry, top->n, sizeof(*top->entry), compare_entries);
	for (; estimate->n_contents < top->n; estimate->n_contents++) {
		const struct ksm_top_entry *entry = &top->entry[estimate->n_contents];

		look.content = &estimate->content[estimate->n_contents];
		*look.content = entry->content;
		look_at(&reread, entry, &look);
	}
	return 0;
}
