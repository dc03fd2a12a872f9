/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Documents of fingerprints. NULL when memory is short. */
#ifndef KSM_REPORT_FLEET_H
#define KSM_REPORT_FLEET_H

#include <json-c/json.h>

#include "fleet/compare.h"
#include "fleet/place.h"

/* ksmctl.fingerprint/1, of one taken of @source and written to @output. */
json_object *ksm_report_fingerprint(const struct ksm_fingerprint *fingerprint,
				    const struct ksm_page_source *source, const char *output);

/* Where an input of a comparison came from. */
struct ksm_compare_input {
	const char *file;	/* NULL for a process */
	pid_t pid;		/* 0 for a file */
	struct ksm_error error; /* why nothing of it could be read; its fingerprint is empty then */
};

/* Guests that were to be placed. */
struct ksm_place_request {
	uint32_t n_hosts; /* 0: none were asked for */
	uint64_t host_bytes;
	struct ksm_placement placed;
	struct ksm_placement given; /* by the numbers of hosts in their fingerprints */
};

/* One host says nothing of where guests are: it is the number that fingerprints have by default. */
static inline bool ksm_place_has_given(const struct ksm_place_request *place)
{
	return place->given.n_hosts > 1;
}

/* ksmctl.compare/1; @input and @fingerprint have @n elements each. */
json_object *ksm_report_compare(const struct ksm_compare *compare,
				const struct ksm_compare_input *input,
				const struct ksm_fingerprint *fingerprint, uint32_t n,
				const struct ksm_place_request *place);

#endif
