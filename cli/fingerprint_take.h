/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fingerprints of what is named in a command line. All return exit statuses, and tell of failures themselves. */
#ifndef KSM_CLI_FINGERPRINT_TAKE_H
#define KSM_CLI_FINGERPRINT_TAKE_H

#include "cli/cli.h"
#include "cli/load.h"
#include "fleet/fingerprint.h"
#include "source/dump.h"

#define KSM_FINGERPRINT_OPTIONS                                                            \
	{"key-file", 0, "FILE", "16 to 64 bytes that digests are keyed with", NULL},       \
		{"sample", 0, "N", "keep one content in N (1)", NULL},                     \
		{"format", 0, "FORMAT", "take dumps for elf, raw, lime or kdump (auto)",   \
		 "auto elf raw lime kdump"},                                               \
		{"page-size", 0, "N", "bytes of a page, where a dump does not say", NULL}, \
		KSM_LOAD_OPTIONS

/* Zero-initialise. */
struct ksm_fingerprint_request {
	const char *key_file;
	unsigned int sample; /* 0: not given */
	struct ksm_load load;
	struct ksm_digest_key key;
	struct ksm_dump_options dump;
};

/* --format of dumps, also of analyze. */
int ksm_cli_take_format(const struct ksm_cli *cli, const struct ksm_option *option,
			const char *value, struct ksm_dump_options *dump);

/* --page-size of dumps, likewise. */
int ksm_cli_take_page_size(const struct ksm_cli *cli, const char *value,
			   struct ksm_dump_options *dump);

/* One of KSM_FINGERPRINT_OPTIONS. */
int ksm_fingerprint_option(const struct ksm_cli *cli, struct ksm_fingerprint_request *request,
			   const struct ksm_option *option, const char *value);
/* Once all options are there. */
int ksm_fingerprint_prepare(const struct ksm_cli *cli, struct ksm_fingerprint_request *request);

/*
 * Of all that @source has, under the name of the first file that could be read, or of the machine. What could not be read
 * is named; it is a failure if nothing could. The caller releases. A negative errno, as the failure itself is not
 * printed.
 */
int ksm_fingerprint_take_source(const struct ksm_cli *cli,
				const struct ksm_fingerprint_request *request,
				struct ksm_page_source *source,
				struct ksm_fingerprint *ret_fingerprint, struct ksm_error *err);

#endif
