/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fingerprints as text: lines that begin with "# " say what the numbers are, then a line of names, then a row a line,
 * columns separated by tabs. The digest is printed as signed 64 bits, the type that every database has.
 */
#ifndef KSM_FLEET_FINGERPRINT_TSV_H
#define KSM_FLEET_FINGERPRINT_TSV_H

#include "base/str.h"
#include "fleet/fingerprint.h"

/* Does a file that begins so claim to be one? */
bool ksm_fingerprint_is_tsv(const void *front, size_t len);

/* -ENOMEM only. */
int ksm_fingerprint_print_tsv(const struct ksm_fingerprint *fingerprint, struct ksm_str *ret_text);

/* KSM_ERR_FORMAT with the line in the text if it is not what ksm_fingerprint_print_tsv() makes. The caller releases. */
int ksm_fingerprint_parse_tsv(const char *text, size_t len, struct ksm_fingerprint *ret_fingerprint,
			      struct ksm_error *err);

#endif
