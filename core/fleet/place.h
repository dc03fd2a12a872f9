/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which guests belong on one host, so that merging frees most. */
#ifndef KSM_FLEET_PLACE_H
#define KSM_FLEET_PLACE_H

#include "base/error.h"
#include "fleet/fingerprint.h"

#define KSM_PLACE_HOSTS_MAX 4096
#define KSM_PLACE_NOWHERE   UINT32_MAX /* it fits on no host */

struct ksm_placement {
	uint32_t *host; /* of each guest, or KSM_PLACE_NOWHERE */
	double *host_pages; /* of each host: contents of all its guests together, estimated where sampled */
	uint32_t n_hosts;
	uint32_t n_nowhere;
	double pages; /* of all hosts */
};

/* Guests, with their contents told apart. */
struct ksm_placer;

/* -ENOMEM only, here and below. @guest has to be alike, as ksm_compare_run() has seen to, and must outlive it. */
int ksm_placer_new(const struct ksm_fingerprint *guest, uint32_t n, struct ksm_placer **ret_placer,
		   struct ksm_error *err);
void ksm_placer_free(struct ksm_placer **placer);
#define ksm_auto_placer ksm_cleanup(ksm_placer_free)

/*
 * The largest guest first, each to the host where it adds the fewest pages, of those where it then fits into
 * @host_pages; among equal ones to the emptiest, which leaves room for its like. That is a heuristic, as packing takes.
 * The caller releases.
 */
int ksm_place_greedily(const struct ksm_placer *placer, uint32_t n_hosts, uint64_t host_pages,
		       struct ksm_placement *ret_placement, struct ksm_error *err);
/* Each on the host that its fingerprint names: hosts here are these numbers in ascending order. */
int ksm_place_as_given(const struct ksm_placer *placer, struct ksm_placement *ret_placement,
		       struct ksm_error *err);
void ksm_placement_release(struct ksm_placement *placement);

#endif
