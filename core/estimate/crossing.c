/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "estimate/crossing.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "estimate/estimate.h"

void ksm_space_domain(const struct ksm_space *space, struct ksm_domain *ret_domain)
{
	const struct ksm_process process = {.pid = space->pid,
					    .uid = space->uid,
					    .name = (char *)(uintptr_t)space->name,
					    .cgroup = (char *)(uintptr_t)space->cgroup};

	ksm_domain_of(&process, ret_domain);
}

/* An owner has the number of its first target. */
static uint32_t *number_owners(const struct ksm_page_source *source,
			       const struct ksm_domain *domain, enum ksm_owner owner)
{
	uint32_t *part = calloc((size_t)source->n_spaces + 1, sizeof(*part));

	for (uint32_t i = 0; part && i < source->n_spaces; i++) {
		part[i] = i;
		for (uint32_t j = 0; j < i && owner != KSM_OWNER_TARGET; j++) {
			if (part[j] != j ||
			    (owner == KSM_OWNER_USER ? source->space[i].uid != source->space[j].uid
						     : !ksm_domain_equal(&domain[i], &domain[j])))
				continue;
			part[i] = j;
			break;
		}
	}
	return part;
}

int ksm_crossing_init(struct ksm_crossing *crossing, const struct ksm_page_source *source,
		      int64_t sharing_max)
{
	struct ksm_domain *domain ksm_auto_free =
		calloc((size_t)source->n_spaces + 1, sizeof(*domain));

	*crossing = (struct ksm_crossing){.sharing_max = sharing_max};
	crossing->count = calloc((size_t)source->n_spaces + 1, sizeof(*crossing->count));
	if (!crossing->count || !domain)
		return -ENOMEM;
	for (uint32_t i = 0; i < source->n_spaces; i++)
		ksm_space_domain(&source->space[i], &domain[i]);
	for (enum ksm_owner owner = 0; owner < KSM_OWNERS; owner++) {
		crossing->part[owner] = number_owners(source, domain, owner);
		if (!crossing->part[owner])
			return -ENOMEM;
	}
	return 0;
}

void ksm_crossing_release(struct ksm_crossing *crossing)
{
	for (int owner = 0; owner < KSM_OWNERS; owner++)
		free(crossing->part[owner]);
	free(crossing->count);
}

/* Pages that stay if each owner merges its own alone, less those that stay if all merge together. */
static int64_t saved_across(struct ksm_crossing *crossing, const struct ksm_holdings *holdings,
			    const uint32_t *part)
{
	int64_t all = 0, apart = 0;

	for (size_t i = 0; i < holdings->n_touched; i++) {
		int64_t pages = holdings->count[holdings->touched[i]];

		crossing->count[part[holdings->touched[i]]] += pages;
		all += pages;
	}
	for (size_t i = 0; i < holdings->n_touched; i++) {
		int64_t *pages = &crossing->count[part[holdings->touched[i]]];

		apart += ksm_kept_pages(*pages, crossing->sharing_max);
		*pages = 0;
	}
	return apart - ksm_kept_pages(all, crossing->sharing_max);
}

void ksm_crossing_count(struct ksm_crossing *crossing, const struct ksm_holdings *holdings,
			int64_t freed, int64_t weight)
{
	if (holdings->n_touched < 2)
		return;
	for (int owner = 0; owner < KSM_OWNERS; owner++) {
		int64_t across = saved_across(crossing, holdings, crossing->part[owner]);

		crossing->pages[owner] += (across < freed ? across : freed) * weight;
	}
}
