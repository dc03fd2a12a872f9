/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a host, a guest or a process has in memory, small enough to be sent: for each content, or one in so many of
 * them, a digest and how many copies there are.
 *
 * Which contents are kept is a matter of the digest alone (coordinated sampling), so that every host keeps the same
 * ones, and what two have in common can be told from what both kept. Contents with many copies, on which sums hang,
 * are kept whatever their digest: the more of these, the less is left to chance.
 */
#ifndef KSM_FLEET_FINGERPRINT_H
#define KSM_FLEET_FINGERPRINT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "checksum/digest.h"
#include "source/page_source.h"

/* From so many copies on, and for the page of zeros, a content is kept whatever its digest. */
#define KSM_FINGERPRINT_MANY 64
/* Stands for that many and more: files have 32 bits with a sign. */
#define KSM_FINGERPRINT_COPIES_MAX INT32_MAX

enum ksm_fingerprint_flag {
	KSM_FINGERPRINT_ZERO = 1u << 0,	 /* the page of zeros */
	KSM_FINGERPRINT_EXACT = 1u << 1, /* kept whatever its digest */
};

struct ksm_fingerprint_row {
	uint64_t digest;
	uint32_t copies; /* physical pages */
	uint32_t flags;
};

struct ksm_fingerprint {
	uint32_t page_size; /* bytes */
	uint32_t sample;    /* of so many contents one is kept: its digest is below 2^64 / sample */
	uint64_t key_id;    /* of struct ksm_digest_key */
	uint32_t host;	    /* a number that its user gave it */
	char *name;	    /* own, unescaped */
	uint64_t pages;	    /* physical pages in all */
	uint64_t distinct;  /* contents in all */
	bool is_incomplete; /* there was memory that could not be read */
	struct ksm_fingerprint_row *row; /* ascending by digest, each once */
	size_t n;
};

/* Does sampling keep this digest? */
static inline bool ksm_fingerprint_keeps(uint32_t sample, uint64_t digest)
{
	return sample <= 1 || digest <= UINT64_MAX / sample;
}

struct ksm_fingerprint_options {
	const struct ksm_digest_key *key;
	uint32_t sample;
	unsigned int threads;
	uint64_t bytes_per_second; /* that are read at most; 0: no limit */
	/* After each batch; a negative errno ends it. May be NULL. */
	int (*progress)(void *data, unsigned int pass, uint64_t pages);
	void *progress_data;
};

/*
 * Reads all of @source once. How many pages could not be read is in *@ret_lost, why in the source's spaces; host and name
 * are left for the caller to fill in. The caller releases. -ENOMEM, or the negative errno of source or progress.
 */
int ksm_fingerprint_take(struct ksm_page_source *source,
			 const struct ksm_fingerprint_options *options,
			 struct ksm_fingerprint *ret_fingerprint, uint64_t *ret_lost,
			 struct ksm_error *err);
void ksm_fingerprint_release(struct ksm_fingerprint *fingerprint);

#endif
