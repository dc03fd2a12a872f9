/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet/compare.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A sum over contents, of which some were met by chance and others in any case. */
struct count {
	uint64_t sampled;
	uint64_t exact;
};

struct pair {
	struct count contents;
	struct count pages;
};

/* A content of an input. */
struct holding {
	uint64_t digest;
	uint32_t input;
	uint32_t copies;
	bool is_exact;
};

enum { BY_CHANCE, BESIDE_EXACT, N_KINDS };

struct comparing {
	uint32_t n_inputs;
	struct holding *holding;
	size_t n;
	struct pair *pair;	  /* by a * n_inputs + b */
	uint64_t exact;		  /* contents that any has in any case */
	uint64_t exact_holdings;  /* of these, by who has them in any case */
	uint64_t (*met)[N_KINDS]; /* contents that others have by chance, by how many do */
};

static void add(struct count *count, bool is_exact, uint64_t by)
{
	*(is_exact ? &count->exact : &count->sampled) += by;
}

/* ---------------------------------------------------------------- what fits together */

static int check_alike(const struct ksm_fingerprint *input, uint32_t i, struct ksm_error *err)
{
	const struct ksm_fingerprint *a = &input[0], *b = &input[i];

	if (a->page_size != b->page_size)
		return ksm_error_set(err, KSM_ERR_INVALID, EINVAL,
				     "input 1 has pages of %" PRIu32 " bytes, input %" PRIu32
				     " of %" PRIu32,
				     a->page_size, i + 1, b->page_size);
	if (a->sample != b->sample)
		return ksm_error_set(err, KSM_ERR_INVALID, EINVAL,
				     "input 1 has one content in %" PRIu32 ", input %" PRIu32
				     " one in %" PRIu32 ": take both with the same --sample",
				     a->sample, i + 1, b->sample);
	if (a->key_id != b->key_id)
		return ksm_error_set(
			err, KSM_ERR_INVALID, EINVAL,
			"inputs 1 and %" PRIu32
			" have different keys, so that their digests say nothing of each "
			"other: give the --key-file of both",
			i + 1);
	return 0;
}

/* ---------------------------------------------------------------- counting */

static int by_digest_and_input(const void *a, const void *b)
{
	const struct holding *ha = a, *hb = b;

	if (ha->digest != hb->digest)
		return ha->digest < hb->digest ? -1 : 1;
	return ha->input < hb->input ? -1 : ha->input > hb->input;
}

static int collect(struct comparing *c, const struct ksm_fingerprint *input)
{
	size_t n = 0;

	for (uint32_t i = 0; i < c->n_inputs; i++)
		n += input[i].n;
	c->holding = calloc(n + 1, sizeof(*c->holding));
	c->pair = calloc((size_t)c->n_inputs * c->n_inputs + 1, sizeof(*c->pair));
	c->met = calloc((size_t)c->n_inputs + 1, sizeof(*c->met));
	if (!c->holding || !c->pair || !c->met)
		return -ENOMEM;
	for (uint32_t i = 0; i < c->n_inputs; i++)
		for (size_t row = 0; row < input[i].n; row++)
			c->holding[c->n++] = (struct holding){
				input[i].row[row].digest, i, input[i].row[row].copies,
				input[i].row[row].flags & KSM_FINGERPRINT_EXACT};
	qsort(c->holding, c->n, sizeof(*c->holding), by_digest_and_input);
	return 0;
}

/*
 * All holdings of one content. Who has many copies of it has it in any case; who has few, only if its digest was to be
 * kept: so of two it is met in any case only if both have many.
 */
static void count_content(struct comparing *c, const struct holding *holding, size_t n)
{
	size_t n_exact = 0;

	for (size_t i = 0; i < n; i++) {
		n_exact += holding[i].is_exact;
		for (size_t j = i + 1; j < n; j++) {
			struct pair *pair =
				&c->pair[(size_t)holding[i].input * c->n_inputs + holding[j].input];
			bool are_exact = holding[i].is_exact && holding[j].is_exact;

			add(&pair->contents, are_exact, 1);
			add(&pair->pages, are_exact,
			    (uint64_t)holding[i].copies + holding[j].copies);
		}
	}
	c->exact += n_exact > 0;
	c->exact_holdings += n_exact;
	c->met[n - n_exact][n_exact ? BESIDE_EXACT : BY_CHANCE]++;
}

static void count_all(struct comparing *c)
{
	for (size_t first = 0, end; first < c->n; first = end) {
		for (end = first + 1; end < c->n; end++)
			if (c->holding[end].digest != c->holding[first].digest)
				break;
		count_content(c, &c->holding[first], end - first);
	}
}

/* ---------------------------------------------------------------- telling */

static double clamp(double value, double low, double high)
{
	return value < low ? low : value > high ? high : value;
}

/* How many contents each input has in all is known without sampling, and so what cannot be. */
static struct ksm_interval within(struct ksm_interval interval, double low, double high)
{
	return (struct ksm_interval){clamp(interval.value, low, high),
				     clamp(interval.low, low, high),
				     clamp(interval.high, low, high)};
}

static int most_shared_first(const void *a, const void *b)
{
	const struct ksm_compare_pair *pa = a, *pb = b;

	if (pa->shared_contents.value != pb->shared_contents.value)
		return pa->shared_contents.value > pb->shared_contents.value ? -1 : 1;
	if (pa->a != pb->a)
		return pa->a < pb->a ? -1 : 1;
	return pa->b < pb->b ? -1 : pa->b > pb->b;
}

static double fewer(const struct ksm_fingerprint *a, const struct ksm_fingerprint *b)
{
	return (double)(a->distinct < b->distinct ? a->distinct : b->distinct);
}

static int take_pairs(const struct comparing *c, const struct ksm_fingerprint *input,
		      struct ksm_compare *compare)
{
	size_t most = (size_t)c->n_inputs * c->n_inputs;

	compare->pair = calloc(most + 1, sizeof(*compare->pair));
	if (!compare->pair)
		return -ENOMEM;
	for (size_t i = 0; i < most; i++) {
		const struct pair *pair = &c->pair[i];
		uint32_t a = (uint32_t)(i / c->n_inputs), b = (uint32_t)(i % c->n_inputs);

		if (!pair->contents.sampled && !pair->contents.exact)
			continue;
		compare->pair[compare->n_pairs++] = (struct ksm_compare_pair){
			.a = a,
			.b = b,
			.shared_contents =
				within(ksm_interval_of(pair->contents.sampled, compare->sample,
						       pair->contents.exact),
				       0, fewer(&input[a], &input[b])),
			.shared_pages = fmin((double)pair->pages.sampled * compare->sample +
						     (double)pair->pages.exact,
					     (double)input[a].pages + (double)input[b].pages),
		};
	}
	qsort(compare->pair, compare->n_pairs, sizeof(*compare->pair), most_shared_first);
	return 0;
}

static void add_elements(struct ksm_sampled_sum *sum, uint64_t n, double each)
{
	sum->n += n;
	sum->sum += (double)n * each;
	sum->squares += (double)n * each * each;
}

/* The least squares of what a content counts by how many have it; of two inputs all, so that it is what pairs tell. */
static double share_of_holding(const struct comparing *c, uint32_t sample)
{
	double holdings = 0, squares = 0;

	if (sample <= 1)
		return 0;
	for (uint32_t n = 1; n <= c->n_inputs; n++) {
		double by_chance = (double)c->met[n][BY_CHANCE];

		holdings += by_chance * n;
		squares += (by_chance + (double)c->met[n][BESIDE_EXACT]) * n * n;
	}
	return c->n_inputs <= 2 || squares == 0 ? 1 : holdings / squares;
}

/*
 * How many holdings there are is known without sampling, and so is a share of each content for each of its holders:
 * only what contents count more or less than that is told from the sample (a regression estimator: C. Saerndal, B.
 * Swensson, J. Wretman, Model Assisted Survey Sampling, 1992). Where no two have a content in common, or all have all,
 * nothing is left to chance. The limits of both parts make those of their difference as G. Zou and A. Donner have it
 * (Statistics in Medicine, 2008).
 */
static struct ksm_interval distinct_of(const struct comparing *c, uint32_t sample, double all)
{
	double share = share_of_holding(c, sample);
	double known = (double)c->exact + share * (all - (double)c->exact_holdings), value;
	struct ksm_sampled_sum above = {0}, below = {0};
	struct ksm_interval more, less;

	for (uint32_t n = 1; n <= c->n_inputs; n++) {
		double over = 1 - share * n;

		add_elements(over > 0 ? &above : &below, c->met[n][BY_CHANCE], fabs(over));
		add_elements(&below, c->met[n][BESIDE_EXACT], share * n);
	}
	more = ksm_interval_of_uneven(&above, sample, 0, 1 - share);
	less = ksm_interval_of_uneven(&below, sample, 0, share * (c->n_inputs - 1));
	value = known + more.value - less.value;
	return (struct ksm_interval){
		value,
		value - hypot(more.value - more.low, less.high - less.value),
		value + hypot(more.high - more.value, less.value - less.low),
	};
}

static void take_union(const struct comparing *c, const struct ksm_fingerprint *input,
		       struct ksm_compare *compare)
{
	double most = 0, all = 0;

	for (uint32_t i = 0; i < c->n_inputs; i++) {
		compare->pages += input[i].pages;
		all += (double)input[i].distinct;
		if (most < (double)input[i].distinct)
			most = (double)input[i].distinct;
	}
	compare->distinct = within(distinct_of(c, compare->sample, all), most, all);
	/* Pages are known without sampling. */
	compare->redundant_pages = (double)compare->pages - compare->distinct.value;
}

int ksm_compare_run(const struct ksm_fingerprint *input, uint32_t n,
		    struct ksm_compare *ret_compare, struct ksm_error *err)
{
	struct comparing c = {.n_inputs = n};
	struct ksm_compare compare = {.page_size = input->page_size, .sample = input->sample};
	int ret = 0;

	if (n > KSM_COMPARE_MAX)
		return ksm_error_set(err, KSM_ERR_INVALID, E2BIG, "no more than %d can be compared",
				     KSM_COMPARE_MAX);
	for (uint32_t i = 1; i < n && !ret; i++)
		ret = check_alike(input, i, err);
	if (ret)
		return ret;
	ret = collect(&c, input);
	if (!ret) {
		count_all(&c);
		take_union(&c, input, &compare);
		ret = take_pairs(&c, input, &compare);
	}
	free(c.holding);
	free(c.pair);
	free(c.met);
	if (ret)
		return ksm_error_no_memory(err);
	*ret_compare = compare;
	return 0;
}

void ksm_compare_release(struct ksm_compare *compare)
{
	free(compare->pair);
	memset(compare, 0, sizeof(*compare));
}
