/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "estimate/sample.h"

#include <errno.h>
#include <stdlib.h>

/* Two bytes for each of two cells a page: little against what a page takes that is looked at. */
#define CELLS_PER_PAGE 2

#define HEAVY_COPIES 64
/* So many times as many pages in a cell as there are on average do not come together by chance. */
#define HEAVY_TIMES 8

/* Of the key's upper 32 bits, enough are left to choose by. */
#define EVERY_MAX (1u << 24)

void ksm_sample_init(struct ksm_sample *sample)
{
	*sample = (struct ksm_sample){.every = 1};
}

void ksm_sample_release(struct ksm_sample *sample)
{
	free(sample->cell);
	sample->cell = NULL;
}

int ksm_sample_begin(struct ksm_sample *sample, uint64_t max_pages)
{
	ksm_sample_release(sample);
	*sample = (struct ksm_sample){.every = 1, .mask = 1};
	while (sample->mask < max_pages * CELLS_PER_PAGE)
		sample->mask = sample->mask * 2 + 1;
	sample->cell = calloc(sample->mask + 1, sizeof(*sample->cell));
	return sample->cell ? 0 : -ENOMEM;
}

static uint16_t *cell_of(const struct ksm_sample *sample, struct ksm_page_key key)
{
	return &sample->cell[key.hi & sample->mask];
}

void ksm_sample_count(struct ksm_sample *sample, const struct ksm_page_sum *sum)
{
	uint16_t *cell = cell_of(sample, sum->key);

	sample->pages++;
	if (!sum->is_zero && *cell < UINT16_MAX)
		++*cell;
}

int ksm_sample_decide(struct ksm_sample *sample, uint64_t max_pages, uint64_t *ret_pages)
{
	uint64_t heavy = sample->pages / (sample->mask + 1) * HEAVY_TIMES, light = 0, whole;

	if (heavy < HEAVY_COPIES)
		heavy = HEAVY_COPIES;
	sample->heavy = heavy < UINT16_MAX ? (uint32_t)heavy : UINT16_MAX;
	for (uint64_t i = 0; i <= sample->mask; i++)
		light += sample->cell[i] < sample->heavy ? sample->cell[i] : 0;
	whole = sample->pages - light;
	*ret_pages = whole;
	if (whole >= max_pages || light / (max_pages - whole) >= EVERY_MAX)
		return -E2BIG;
	sample->every = (uint32_t)(light / (max_pages - whole)) + 1;
	return 0;
}

enum ksm_stratum ksm_sample_stratum(const struct ksm_sample *sample, const struct ksm_page_sum *sum)
{
	bool is_whole = sample->every == 1 || sum->is_zero ||
			*cell_of(sample, sum->key) >= sample->heavy;

	return is_whole ? KSM_STRATUM_WHOLE : KSM_STRATUM_SAMPLE;
}

bool ksm_sample_takes(const struct ksm_sample *sample, const struct ksm_page_sum *sum,
		      enum ksm_stratum stratum)
{
	return stratum == KSM_STRATUM_WHOLE ||
	       sum->key.hi >> 32 < (UINT64_C(1) << 32) / sample->every;
}
