/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "estimate/holdings.h"

#include <errno.h>
#include <stdlib.h>

#include "base/array.h"

int ksm_holdings_init(struct ksm_holdings *holdings, uint32_t n_targets, bool keeps)
{
	*holdings = (struct ksm_holdings){.n_targets = n_targets, .keeps = keeps};
	holdings->count = calloc((size_t)n_targets + 1, sizeof(*holdings->count));
	holdings->touched = calloc((size_t)n_targets + 1, sizeof(*holdings->touched));
	return holdings->count && holdings->touched ? 0 : -ENOMEM;
}

void ksm_holdings_release(struct ksm_holdings *holdings)
{
	free(holdings->holding);
	free(holdings->content);
	free(holdings->count);
	free(holdings->touched);
	*holdings = (struct ksm_holdings){0};
}

void ksm_holdings_add(struct ksm_holdings *holdings, uint32_t target)
{
	if (!holdings->count[target]++)
		holdings->touched[holdings->n_touched++] = target;
}

int ksm_holdings_end_content(struct ksm_holdings *holdings, int64_t weight)
{
	size_t n = holdings->n_touched;
	int ret = 0;

	holdings->n_touched = 0;
	if (holdings->keeps && (n > 1 || (n && holdings->count[holdings->touched[0]] > 1))) {
		ret = ksm_array_reserve(&holdings->holding, &holdings->capacity, holdings->n + n,
					sizeof(*holdings->holding))
			      ?: ksm_array_reserve(&holdings->content, &holdings->content_capacity,
						   holdings->n_contents + 1,
						   sizeof(*holdings->content));
		for (size_t i = 0; i < n && !ret; i++) {
			uint32_t target = holdings->touched[i];

			holdings->holding[holdings->n++] =
				(struct ksm_holding){target, holdings->count[target]};
		}
		if (!ret)
			holdings->content[holdings->n_contents++] =
				(struct ksm_held_content){holdings->n, weight};
	}
	for (size_t i = 0; i < n; i++)
		holdings->count[holdings->touched[i]] = 0;
	return ret;
}
