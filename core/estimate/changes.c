/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "estimate/changes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "estimate/groups.h"

static void count_changes(struct ksm_estimate_change *change, const struct ksm_grouping *grouping,
			  const struct ksm_twin *twin, uint32_t mm)
{
	struct ksm_twin_page page;

	for (uint32_t number = ksm_twin_first(twin, mm); number;
	     number = ksm_twin_next(twin, number)) {
		struct ksm_estimate_change *of;

		ksm_twin_get_page(twin, number, &page);
		of = &change[ksm_grouping_find(grouping, mm, page.address)];
		of->pages_present++;
		of->changed_pages += page.changes > 0;
		of->changes += page.changes;
	}
}

static int compare_changes(const void *a, const void *b)
{
	const struct ksm_estimate_change *ca = a, *cb = b;

	if (ca->changes != cb->changes)
		return ca->changes > cb->changes ? -1 : 1;
	return strcmp(ca->area, cb->area);
}

static int take_changed(struct ksm_estimate *estimate, const struct ksm_grouping *grouping,
			const struct ksm_estimate_change *change)
{
	for (size_t i = 0; i < grouping->n; i++) {
		struct ksm_estimate_change *to = &estimate->change[estimate->n_changes];

		if (!change[i].changes)
			continue;
		*to = change[i];
		to->area = strdup(grouping->name[i]);
		if (!to->area)
			return -ENOMEM;
		estimate->n_changes++;
	}
	qsort(estimate->change, estimate->n_changes, sizeof(*estimate->change), compare_changes);
	return 0;
}

int ksm_changes_take(struct ksm_estimate *estimate, const struct ksm_page_source *source,
		     const struct ksm_twin *twin)
{
	struct ksm_grouping grouping;
	struct ksm_estimate_change *change ksm_auto_free = NULL;
	int err = ksm_grouping_init(&grouping, KSM_BY_AREA, source);

	if (!err) {
		change = calloc(grouping.n, sizeof(*change));
		estimate->change = calloc(grouping.n, sizeof(*estimate->change));
		if (!change || !estimate->change)
			err = -ENOMEM;
	}
	for (uint32_t mm = 0; mm < estimate->n_targets && !err; mm++)
		count_changes(change, &grouping, twin, mm);
	if (!err)
		err = take_changed(estimate, &grouping, change);
	ksm_grouping_release(&grouping);
	return err;
}
