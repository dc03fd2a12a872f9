/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "estimate/advice.h"

#include <errno.h>
#include <stdlib.h>

#include "estimate/crossing.h"

/* Of one domain, by target: who may be opted in, and what that is worth. */
struct choice {
	const struct ksm_estimate *estimate;
	const bool *is_in;
	struct ksm_domain *domain;
	bool *chosen;
	int64_t *loss; /* pages that would not be freed without the target */
	int64_t *alone;
	int64_t sharing_max;
	int64_t freed;	 /* pages, by all who are chosen */
	int64_t already; /* of these, by those alone who have opted in */
};

/* Pages that go when so many of one content merge. */
static int64_t freed_of(const struct choice *choice, int64_t pages)
{
	return pages - ksm_kept_pages(pages, choice->sharing_max);
}

static int64_t cost_of(const struct choice *choice, uint32_t target)
{
	const struct ksm_estimate *estimate = choice->estimate;

	if (choice->is_in[target])
		return 0;
	return estimate->target[target].sums.pages_present *
	       estimate->outcome[0].model.rmap_item_size;
}

static int64_t bytes(const struct choice *choice, int64_t pages)
{
	return ksm_estimate_bytes(choice->estimate, pages);
}

/* What those chosen free together, and each of them adds to the others. */
static void weigh(struct choice *choice)
{
	const struct ksm_holdings *holdings = &choice->estimate->holdings;
	size_t first = 0;

	choice->freed = 0;
	for (uint32_t t = 0; t < choice->estimate->n_targets; t++)
		choice->loss[t] = choice->alone[t] = 0;
	for (size_t c = 0; c < holdings->n_contents; first = holdings->content[c++].end) {
		const struct ksm_held_content *content = &holdings->content[c];
		int64_t pages = 0, freed;

		for (size_t i = first; i < content->end; i++)
			if (choice->chosen[holdings->holding[i].target])
				pages += holdings->holding[i].pages;
		freed = freed_of(choice, pages);
		choice->freed += freed * content->weight;
		for (size_t i = first; i < content->end; i++) {
			const struct ksm_holding *holding = &holdings->holding[i];

			if (!choice->chosen[holding->target])
				continue;
			choice->loss[holding->target] +=
				(freed - freed_of(choice, pages - holding->pages)) *
				content->weight;
			choice->alone[holding->target] +=
				freed_of(choice, holding->pages) * content->weight;
		}
	}
}

/* They stay chosen whatever becomes of the others. */
static int64_t freed_already(const struct choice *choice)
{
	const struct ksm_holdings *holdings = &choice->estimate->holdings;
	size_t i = 0;
	int64_t freed = 0;

	for (size_t c = 0; c < holdings->n_contents; c++) {
		int64_t pages = 0;

		for (; i < holdings->content[c].end; i++) {
			const struct ksm_holding *holding = &holdings->holding[i];

			if (choice->chosen[holding->target] && choice->is_in[holding->target])
				pages += holding->pages;
		}
		freed += freed_of(choice, pages) * holdings->content[c].weight;
	}
	return freed;
}

static bool leave_out(struct choice *choice)
{
	bool any = false;

	for (uint32_t t = 0; t < choice->estimate->n_targets; t++) {
		if (!choice->chosen[t] || choice->is_in[t] ||
		    bytes(choice, choice->loss[t]) > cost_of(choice, t))
			continue;
		choice->chosen[t] = false;
		any = true;
	}
	return any;
}

static int64_t total_cost(const struct choice *choice)
{
	int64_t cost = 0;

	for (uint32_t t = 0; t < choice->estimate->n_targets; t++)
		cost += choice->chosen[t] ? cost_of(choice, t) : 0;
	return cost;
}

static void choose(struct choice *choice)
{
	choice->already = freed_already(choice);
	do
		weigh(choice);
	while (leave_out(choice));
	if (bytes(choice, choice->freed - choice->already) > total_cost(choice))
		return;
	for (uint32_t t = 0; t < choice->estimate->n_targets; t++)
		choice->chosen[t] &= choice->is_in[t];
	weigh(choice);
}

/* ---------------------------------------------------------------- domains */

static int by_adds(const void *a, const void *b)
{
	const struct ksm_advised *x = a, *y = b;

	if (x->adds_bytes != y->adds_bytes)
		return x->adds_bytes > y->adds_bytes ? -1 : 1;
	return x->target < y->target ? -1 : 1;
}

/* False if there is nobody to opt in. */
static bool take_group(const struct choice *choice, struct ksm_advice_group *group)
{
	bool any = false;

	for (uint32_t t = 0; t < choice->estimate->n_targets; t++) {
		if (!choice->chosen[t])
			continue;
		any |= !choice->is_in[t];
		group->cost_bytes += cost_of(choice, t);
		group->advised[group->n++] = (struct ksm_advised){
			.target = t,
			.is_in = choice->is_in[t],
			.cost_bytes = cost_of(choice, t),
			.adds_bytes = bytes(choice, choice->loss[t]) - cost_of(choice, t),
			.alone_bytes = bytes(choice, choice->alone[t]) - cost_of(choice, t),
		};
	}
	group->freed_bytes = bytes(choice, choice->freed);
	group->already_bytes = bytes(choice, choice->already);
	qsort(group->advised, group->n, sizeof(*group->advised), by_adds);
	return any;
}

int64_t ksm_advice_net(const struct ksm_advice_group *group)
{
	return group->freed_bytes - group->already_bytes - group->cost_bytes;
}

static int by_net(const void *a, const void *b)
{
	const struct ksm_advice_group *x = a, *y = b;

	if (ksm_advice_net(x) != ksm_advice_net(y))
		return ksm_advice_net(x) > ksm_advice_net(y) ? -1 : 1;
	return x->advised[0].target < y->advised[0].target ? -1 : 1;
}

/* The domain of @first, and who else is in it; these are marked as done. */
static uint32_t take_members(struct choice *choice, uint32_t first, bool trust, bool *done)
{
	const struct ksm_domain *domain = choice->domain;
	uint32_t n = 0;

	for (uint32_t t = 0; t < choice->estimate->n_targets; t++) {
		choice->chosen[t] = !done[t] &&
				    (trust || ksm_domain_equal(&domain[t], &domain[first]));
		n += choice->chosen[t];
		done[t] |= choice->chosen[t];
	}
	return n;
}

static int advise_all(struct choice *choice, bool trust, bool *done, struct ksm_advice *advice)
{
	uint32_t n_targets = choice->estimate->n_targets;

	for (uint32_t first = 0; first < n_targets; first++) {
		struct ksm_advice_group *group = &advice->group[advice->n];

		if (done[first])
			continue;
		*group =
			(struct ksm_advice_group){.is_all = trust, .domain = choice->domain[first]};
		group->n_members = take_members(choice, first, trust, done);
		group->advised = calloc(group->n_members, sizeof(*group->advised));
		if (!group->advised)
			return -ENOMEM;
		choose(choice);
		if (take_group(choice, group))
			advice->n++;
		else
			free(group->advised);
	}
	qsort(advice->group, advice->n, sizeof(*advice->group), by_net);
	return 0;
}

static void release(struct choice *choice, bool *done)
{
	free(choice->domain);
	free(choice->chosen);
	free(choice->loss);
	free(choice->alone);
	free(done);
}

static int prepare(const struct ksm_estimate *estimate, const bool *is_in, struct choice *choice,
		   bool **ret_done)
{
	const struct ksm_model *model = &estimate->outcome[0].model;
	size_t n = (size_t)estimate->n_targets + 1;

	*choice = (struct choice){
		.estimate = estimate,
		.is_in = is_in,
		.domain = calloc(n, sizeof(*choice->domain)),
		.chosen = calloc(n, sizeof(*choice->chosen)),
		.loss = calloc(n, sizeof(*choice->loss)),
		.alone = calloc(n, sizeof(*choice->alone)),
		.sharing_max = ksm_model_sharing_max(model),
	};
	*ret_done = calloc(n, sizeof(**ret_done));
	if (!choice->domain || !choice->chosen || !choice->loss || !choice->alone || !*ret_done) {
		release(choice, *ret_done);
		return -ENOMEM;
	}
	for (uint32_t t = 0; t < estimate->n_targets; t++)
		ksm_space_domain(estimate->target[t].space, &choice->domain[t]);
	return 0;
}

int ksm_advise(const struct ksm_estimate *estimate, const bool *is_in, bool trust,
	       struct ksm_advice *ret_advice)
{
	struct ksm_advice advice = {0};
	struct choice choice;
	bool *done;
	int ret = prepare(estimate, is_in, &choice, &done);

	if (ret)
		return ret;
	advice.group = calloc((size_t)estimate->n_targets + 1, sizeof(*advice.group));
	ret = advice.group ? advise_all(&choice, trust, done, &advice) : -ENOMEM;
	release(&choice, done);
	if (ret)
		ksm_advice_free(&advice);
	else
		*ret_advice = advice;
	return ret;
}

void ksm_advice_free(struct ksm_advice *advice)
{
	for (size_t i = 0; i < advice->n; i++)
		free(advice->group[i].advised);
	free(advice->group);
	*advice = (struct ksm_advice){0};
}
