/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who shares with whom: a matrix for few targets, the best pairs for more. */
#include <stdio.h>

#include "cli/estimate_tables.h"

#define MATRIX_MAX  8
#define PAIRS_SHOWN 10

static int put_label(struct ksm_table *table, size_t column, const struct ksm_estimate *estimate,
		     uint32_t target)
{
	const struct ksm_space *space = estimate->target[target].space;
	char label[80];

	if (space->file)
		snprintf(label, sizeof(label), "%u %.*s", target + 1,
			 (int)ksm_utf8_cut(space->file, 60), space->file);
	else
		snprintf(label, sizeof(label), "%u %d %.40s", target + 1, space->pid, space->name);
	return ksm_table_text(table, column, label);
}

static const struct ksm_pair *find_pair(const struct ksm_estimate *estimate, uint32_t one,
					uint32_t other)
{
	for (size_t i = 0; i < estimate->n_pairs; i++) {
		const struct ksm_pair *pair = &estimate->pair[i];

		if ((pair->a == one && pair->b == other) || (pair->a == other && pair->b == one))
			return pair;
	}
	return NULL;
}

/* With whom merging frees most: pairs are in that order. */
static int put_best(struct ksm_table *table, const struct ksm_estimate *estimate, uint32_t target)
{
	size_t best = estimate->n_targets + 1;

	for (size_t i = 0; i < estimate->n_pairs; i++) {
		const struct ksm_pair *pair = &estimate->pair[i];

		if (!pair->freeable_pages || (pair->a != target && pair->b != target))
			continue;
		return ksm_table_number(table, best, (pair->a == target ? pair->b : pair->a) + 1)
			       ?: ksm_table_number(
					  table, best + 1,
					  ksm_estimate_bytes(estimate, pair->freeable_pages));
	}
	return 0;
}

/* On the diagonal what a target has itself. */
static int put_row(struct ksm_table *table, const struct ksm_estimate *estimate, uint32_t target)
{
	int ret = ksm_table_row(table) ?: put_label(table, 0, estimate, target);

	for (uint32_t other = 0; other < estimate->n_targets && !ret; other++) {
		const struct ksm_pair *pair = find_pair(estimate, target, other);
		int64_t contents = pair ? pair->shared_contents : 0;

		if (other == target)
			contents = estimate->target[target].sums.distinct_pages;
		ret = ksm_table_number(table, other + 1, contents);
	}
	return ret ?: put_best(table, estimate, target);
}

static int print_matrix(const struct ksm_estimate *estimate,
			const struct ksm_table_options *options)
{
	static const char *const numbers[MATRIX_MAX] = {"1", "2", "3", "4", "5", "6", "7", "8"};
	struct ksm_column columns[MATRIX_MAX + 4] = {
		{"SHARED-CONTENTS", "of two targets", true, KSM_COL_TEXT}};
	struct ksm_table_options plain = {.bytes = options->bytes};
	uint32_t n = estimate->n_targets;
	struct ksm_table *table;
	int ret;

	for (uint32_t i = 0; i < n; i++)
		columns[i + 1] = (struct ksm_column){numbers[i], "with this", true, KSM_COL_NUMBER};
	columns[n + 1] = (struct ksm_column){"BEST", "partner", true, KSM_COL_NUMBER};
	columns[n + 2] = (struct ksm_column){"FREES", "merging across them", true, KSM_COL_BYTES};
	ret = ksm_table_new(columns, &plain, &table, NULL);
	if (ret)
		return ret;
	for (uint32_t i = 0; i < n && !ret; i++)
		ret = put_row(table, estimate, i);
	ret = ret ?: ksm_table_print(table);
	ksm_table_free(&table);
	return ret;
}

enum { PAIR_A, PAIR_B, PAIR_CONTENTS, PAIR_FREES };

static const struct ksm_column pair_columns[] = {
	[PAIR_A] = {"ONE", "target or group", true, KSM_COL_TEXT},
	[PAIR_B] = {"AND", "the other", true, KSM_COL_TEXT},
	[PAIR_CONTENTS] = {"SHARED-CONTENTS", "that both have", true, KSM_COL_NUMBER},
	[PAIR_FREES] = {"FREES", "merging across them", true, KSM_COL_BYTES},
	{NULL, NULL, false, KSM_COL_TEXT},
};

typedef int put_name(struct ksm_table *table, size_t column, const struct ksm_estimate *estimate,
		     uint32_t number);

static int print_best_pairs(const struct ksm_estimate *estimate, const struct ksm_pair *pair,
			    size_t n, put_name *put, const struct ksm_table_options *options)
{
	struct ksm_table_options plain = {.bytes = options->bytes};
	struct ksm_table *table;
	int ret = ksm_table_new(pair_columns, &plain, &table, NULL);

	if (ret)
		return ret;
	for (size_t i = 0; i < n && i < PAIRS_SHOWN && !ret; i++) {
		int64_t freed = ksm_estimate_bytes(estimate, pair[i].freeable_pages);

		ret = ksm_table_row(table) ?: put(table, PAIR_A, estimate, pair[i].a)
			?: put(table, PAIR_B, estimate, pair[i].b)
			?: ksm_table_number(table, PAIR_CONTENTS, pair[i].shared_contents)
			?: ksm_table_number(table, PAIR_FREES, freed);
	}
	ret = ret ?: ksm_table_print(table);
	ksm_table_free(&table);
	return ret;
}

int ksm_estimate_print_pairs(const struct ksm_estimate *estimate,
			     const struct ksm_table_options *options)
{
	if (estimate->n_targets <= MATRIX_MAX)
		return print_matrix(estimate, options);
	return print_best_pairs(estimate, estimate->pair, estimate->n_pairs, put_label, options);
}

static int put_group(struct ksm_table *table, size_t column, const struct ksm_estimate *estimate,
		     uint32_t number)
{
	return ksm_table_text(table, column, estimate->group[number].name);
}

int ksm_estimate_print_group_pairs(const struct ksm_estimate *estimate,
				   const struct ksm_table_options *options)
{
	return print_best_pairs(estimate, estimate->group_pair, estimate->n_group_pairs, put_group,
				options);
}
