/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet/place.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

/* What a host has of a content. */
enum { ABSENT, SAMPLED, EXACT };

struct ksm_placer {
	const struct ksm_fingerprint *guest;
	uint32_t n;
	uint32_t **content; /* of each guest, by row: the number of its content among all */
	size_t n_contents;
};

struct placing {
	const struct ksm_placer *placer;
	unsigned char *holds; /* by host * n_contents + content */
	struct ksm_placement placement;
};

/* ---------------------------------------------------------------- contents by number */

static int by_number(const void *a, const void *b)
{
	const uint64_t *na = a, *nb = b;

	return *na < *nb ? -1 : *na > *nb;
}

static size_t sort_out(uint64_t *number, size_t n)
{
	size_t kept = 0;

	qsort(number, n, sizeof(*number), by_number);
	for (size_t i = 0; i < n; i++)
		if (!kept || number[i] != number[kept - 1])
			number[kept++] = number[i];
	return kept;
}

/* @digest: all there are, ascending. */
static int number_guest(struct ksm_placer *placer, uint32_t guest, const uint64_t *digest)
{
	const struct ksm_fingerprint *fingerprint = &placer->guest[guest];
	uint32_t *content = malloc((fingerprint->n + 1) * sizeof(*content));
	size_t at = 0;

	placer->content[guest] = content;
	for (size_t row = 0; row < fingerprint->n && content; row++) {
		while (digest[at] != fingerprint->row[row].digest)
			at++;
		content[row] = (uint32_t)at;
	}
	return content ? 0 : -ENOMEM;
}

static int number_contents(struct ksm_placer *placer)
{
	uint64_t *digest ksm_auto_free = NULL;
	size_t n = 0;
	int ret = 0;

	for (uint32_t i = 0; i < placer->n; i++)
		n += placer->guest[i].n;
	digest = malloc((n + 1) * sizeof(*digest));
	placer->content = calloc((size_t)placer->n + 1, sizeof(*placer->content));
	if (!digest || !placer->content)
		return -ENOMEM;
	n = 0;
	for (uint32_t i = 0; i < placer->n; i++)
		for (size_t row = 0; row < placer->guest[i].n; row++)
			digest[n++] = placer->guest[i].row[row].digest;
	placer->n_contents = sort_out(digest, n);
	for (uint32_t i = 0; i < placer->n && !ret; i++)
		ret = number_guest(placer, i, digest);
	return ret;
}

int ksm_placer_new(const struct ksm_fingerprint *guest, uint32_t n, struct ksm_placer **ret_placer,
		   struct ksm_error *err)
{
	struct ksm_placer *placer ksm_auto_placer = calloc(1, sizeof(*placer));

	if (!placer)
		return ksm_error_no_memory(err);
	placer->guest = guest;
	placer->n = n;
	if (number_contents(placer))
		return ksm_error_no_memory(err);
	*ret_placer = ksm_no_free(placer);
	return 0;
}

void ksm_placer_free(struct ksm_placer **placer_p)
{
	struct ksm_placer *placer = *placer_p;

	for (uint32_t i = 0; placer && placer->content && i < placer->n; i++)
		free(placer->content[i]);
	if (placer)
		free(placer->content);
	free(placer);
	*placer_p = NULL;
}

/* ---------------------------------------------------------------- hosts */

static unsigned char *holds(const struct placing *p, uint32_t host)
{
	return p->holds + host * p->placer->n_contents;
}

static unsigned char kind_of(const struct ksm_fingerprint_row *row)
{
	return row->flags & KSM_FINGERPRINT_EXACT ? EXACT : SAMPLED;
}

/* Of what @guest has, the part that @host has already, in pages. How many contents it has itself is known exactly. */
static double shared(const struct placing *p, uint32_t host, uint32_t guest)
{
	const struct ksm_fingerprint *fingerprint = &p->placer->guest[guest];
	const double pages_for[] = {[ABSENT] = 0, [SAMPLED] = fingerprint->sample, [EXACT] = 1};
	const unsigned char *held = holds(p, host);
	double sum = 0;

	for (size_t row = 0; row < fingerprint->n; row++) {
		unsigned char there = held[p->placer->content[guest][row]];
		unsigned char here = kind_of(&fingerprint->row[row]);

		/* Both together count once, and exactly if one of them is known in any case. */
		if (there)
			sum += pages_for[there] + pages_for[here] -
			       pages_for[there > here ? there : here];
	}
	return sum < (double)fingerprint->distinct ? sum : (double)fingerprint->distinct;
}

static double added(const struct placing *p, uint32_t host, uint32_t guest)
{
	return (double)p->placer->guest[guest].distinct - shared(p, host, guest);
}

static void put(struct placing *p, uint32_t host, uint32_t guest)
{
	const struct ksm_fingerprint *fingerprint = &p->placer->guest[guest];
	unsigned char *held = holds(p, host);
	double pages = added(p, host, guest);

	p->placement.host[guest] = host;
	p->placement.host_pages[host] += pages;
	p->placement.pages += pages;
	for (size_t row = 0; row < fingerprint->n; row++) {
		unsigned char *there = &held[p->placer->content[guest][row]];
		unsigned char here = kind_of(&fingerprint->row[row]);

		*there = *there > here ? *there : here;
	}
}

/* ---------------------------------------------------------------- placing */

static int begin(struct placing *p)
{
	struct ksm_placement *placement = &p->placement;
	size_t cells;

	placement->host = malloc((p->placer->n + 1) * sizeof(*placement->host));
	placement->host_pages = calloc((size_t)placement->n_hosts + 1, sizeof(double));
	if (__builtin_mul_overflow(p->placer->n_contents, placement->n_hosts, &cells))
		return -ENOMEM;
	p->holds = calloc(cells + 1, 1);
	return placement->host && placement->host_pages && p->holds ? 0 : -ENOMEM;
}

static int end(struct placing *p, int ret, struct ksm_placement *ret_placement,
	       struct ksm_error *err)
{
	free(p->holds);
	if (!ret) {
		*ret_placement = p->placement;
		return 0;
	}
	ksm_placement_release(&p->placement);
	return ksm_error_no_memory(err);
}

/* Where @guest adds the fewest pages; KSM_PLACE_NOWHERE if it fits nowhere. */
static uint32_t best_host(const struct placing *p, uint32_t guest, uint64_t host_pages)
{
	const double *used = p->placement.host_pages;
	uint32_t best = KSM_PLACE_NOWHERE;
	double fewest = 0;

	for (uint32_t host = 0; host < p->placement.n_hosts; host++) {
		double pages = added(p, host, guest);

		if (used[host] + pages > (double)host_pages ||
		    (best != KSM_PLACE_NOWHERE &&
		     (pages > fewest || (pages == fewest && used[host] >= used[best]))))
			continue;
		best = host;
		fewest = pages;
	}
	return best;
}

struct order {
	uint64_t distinct;
	uint32_t guest;
};

static int largest_first(const void *a, const void *b)
{
	const struct order *oa = a, *ob = b;

	if (oa->distinct != ob->distinct)
		return oa->distinct > ob->distinct ? -1 : 1;
	return oa->guest < ob->guest ? -1 : oa->guest > ob->guest;
}

int ksm_place_greedily(const struct ksm_placer *placer, uint32_t n_hosts, uint64_t host_pages,
		       struct ksm_placement *ret_placement, struct ksm_error *err)
{
	struct placing p = {.placer = placer, .placement.n_hosts = n_hosts};
	struct order *order ksm_auto_free = malloc((placer->n + 1) * sizeof(*order));
	int ret = order ? begin(&p) : -ENOMEM;

	for (uint32_t i = 0; i < placer->n && !ret; i++)
		order[i] = (struct order){placer->guest[i].distinct, i};
	if (!ret)
		qsort(order, placer->n, sizeof(*order), largest_first);
	for (uint32_t i = 0; i < placer->n && !ret; i++) {
		uint32_t host = best_host(&p, order[i].guest, host_pages);

		if (host != KSM_PLACE_NOWHERE) {
			put(&p, host, order[i].guest);
			continue;
		}
		p.placement.host[order[i].guest] = KSM_PLACE_NOWHERE;
		p.placement.n_nowhere++;
	}
	return end(&p, ret, ret_placement, err);
}

int ksm_place_as_given(const struct ksm_placer *placer, struct ksm_placement *ret_placement,
		       struct ksm_error *err)
{
	uint64_t *number ksm_auto_free = malloc((placer->n + 1) * sizeof(*number));
	struct placing p = {.placer = placer};
	int ret;

	for (uint32_t i = 0; i < placer->n && number; i++)
		number[i] = placer->guest[i].host;
	if (number)
		p.placement.n_hosts = (uint32_t)sort_out(number, placer->n);
	ret = number ? begin(&p) : -ENOMEM;
	for (uint32_t i = 0; i < placer->n && !ret; i++) {
		const uint64_t wanted = placer->guest[i].host;
		const uint64_t *at =
			bsearch(&wanted, number, p.placement.n_hosts, sizeof(*number), by_number);

		put(&p, (uint32_t)(at - number), i);
	}
	return end(&p, ret, ret_placement, err);
}

void ksm_placement_release(struct ksm_placement *placement)
{
	free(placement->host);
	free(placement->host_pages);
	memset(placement, 0, sizeof(*placement));
}
