/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who has how many physical pages of which content: what advice goes by. */
#ifndef KSM_ESTIMATE_HOLDINGS_H
#define KSM_ESTIMATE_HOLDINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Pages of one content that one target has. */
struct ksm_holding {
	uint32_t target;
	uint32_t pages; /* physical; one that several targets map is the first one's */
};

struct ksm_held_content {
	size_t end; /* of its holdings, exclusive; they begin where those of the one before end */
	int64_t weight; /* contents that it stands for */
};

/* Of those contents that merge. */
struct ksm_holdings {
	uint32_t n_targets;
	bool keeps; /* contents that are over */
	struct ksm_holding *holding;
	size_t n, capacity;
	struct ksm_held_content *content;
	size_t n_contents, content_capacity;
	uint32_t *count;   /* by target, of the content at hand */
	uint32_t *touched; /* those that have any */
	size_t n_touched;
};

/* -ENOMEM only, as all. Released in any case with ksm_holdings_release(). */
int ksm_holdings_init(struct ksm_holdings *holdings, uint32_t n_targets, bool keeps);
void ksm_holdings_release(struct ksm_holdings *holdings);

/* A physical page of the content at hand, which merges, or would in other company. */
void ksm_holdings_add(struct ksm_holdings *holdings, uint32_t target);
/* The content is over, which stands for so many. One with a single page is of no use to anybody. */
int ksm_holdings_end_content(struct ksm_holdings *holdings, int64_t weight);

#endif
