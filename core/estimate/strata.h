/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The twins of one model. Contents that are looked at whole have one; where memory does not suffice for all, a sample of
 * the others has a second. Pages of different contents have nothing to do with each other, so that every counter is
 * what the first has and, for each that the second has, as many as the sample is one of. Not for use outside
 * core/estimate.
 */
#ifndef KSM_ESTIMATE_STRATA_H
#define KSM_ESTIMATE_STRATA_H

#include "ksmd/twin.h"

enum ksm_stratum {
	KSM_STRATUM_WHOLE,
	KSM_STRATUM_SAMPLE,
	KSM_STRATA,
};

struct ksm_strata {
	struct ksm_twin *twin[KSM_STRATA]; /* NULL of a sample where there is none */
	int64_t weight[KSM_STRATA];	   /* contents that each of its contents stands for */
};

/* With a sample of one in @every contents; 1: without. -ENOMEM only, as all; to be released in any case. */
int ksm_strata_init(struct ksm_strata *strata, const struct ksm_model *model, uint32_t n_mms,
		    uint32_t every);
void ksm_strata_release(struct ksm_strata *strata);

/* As in ksmd/twin.h, of both together. */
int ksm_strata_pass_begin(struct ksm_strata *strata);
void ksm_strata_mm_begin(struct ksm_strata *strata, uint32_t mm);
void ksm_strata_mm_end(struct ksm_strata *strata);
void ksm_strata_let_go(struct ksm_strata *strata);
int ksm_strata_pass_end(struct ksm_strata *strata);
int ksm_strata_repeat(struct ksm_strata *strata, bool smart_scan);
int ksm_strata_has_settled(struct ksm_strata *strata, bool *ret_has_settled);
void ksm_strata_counters(const struct ksm_strata *strata, struct ksm_counters *ret_counters);
void ksm_strata_mm_counters(const struct ksm_strata *strata, uint32_t mm,
			    struct ksm_mm_counters *ret_counters);

#endif
