/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fingerprints as Parquet: the columns of the text, host, digest, copies and flags, and its facts as metadata of the
 * file, their names with "ksmctl." before them. The digest is signed, so that rows ascend by it as unsigned.
 */
#ifndef KSM_FLEET_FINGERPRINT_PARQUET_H
#define KSM_FLEET_FINGERPRINT_PARQUET_H

#include "base/str.h"
#include "fleet/fingerprint.h"

/* -ENOMEM, or -EIO if the compressor fails. */
int ksm_fingerprint_print_parquet(const struct ksm_fingerprint *fingerprint,
				  struct ksm_str *ret_file);

/* KSM_ERR_FORMAT if it is not what ksm_fingerprint_print_parquet() makes. The caller releases. */
int ksm_fingerprint_parse_parquet(const char *file, size_t len,
				  struct ksm_fingerprint *ret_fingerprint, struct ksm_error *err);

#endif
