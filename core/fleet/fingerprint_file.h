/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The formats that fingerprints are written in and read from: a row for each. */
#ifndef KSM_FLEET_FINGERPRINT_FILE_H
#define KSM_FLEET_FINGERPRINT_FILE_H

#include "base/str.h"
#include "fleet/fingerprint.h"

struct ksm_fingerprint_format {
	const char *
		suffix; /* of files that are written; those that are read are told by their front */
	bool (*is)(const void *front, size_t len);
	/* -ENOMEM, or -EIO if a library fails. */
	int (*print)(const struct ksm_fingerprint *fingerprint, struct ksm_str *ret_file);
	/* KSM_ERR_FORMAT, and the text goes behind a name. The caller releases. */
	int (*parse)(const char *file, size_t len, struct ksm_fingerprint *ret_fingerprint,
		     struct ksm_error *err);
};

/* By the end of a file's name; the first, which is text, if that says nothing. */
const struct ksm_fingerprint_format *ksm_fingerprint_format_of_name(const char *name);
/* By how a file begins; NULL if it is no fingerprint. */
const struct ksm_fingerprint_format *ksm_fingerprint_format_of_front(const void *front, size_t len);

#endif
