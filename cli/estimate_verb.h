/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a page source to a printed estimate: what all verbs that estimate share. */
#ifndef KSM_CLI_ESTIMATE_VERB_H
#define KSM_CLI_ESTIMATE_VERB_H

#include "cli/estimate_options.h"

/* An error of a space behind its name, as far as both fit; @ret_err is not @error. */
void ksm_estimate_name_error(const struct ksm_space *space, const struct ksm_error *error,
			     struct ksm_error *ret_err);

/* As ksm_cli_fail(). What a file is that cannot be read is not for want of a newer kernel. */
int ksm_cli_fail_of(const struct ksm_cli *cli, bool is_file, const struct ksm_error *err);

/*
 * Says that the @n-th space, from 0, could not be read whole; past a few, ksm_cli_warn_of_more() sums the others up when
 * @n is how many there were.
 */
void ksm_cli_warn_of_space(const struct ksm_cli *cli, const struct ksm_space *space,
			   const struct ksm_error *error, uint32_t n);
void ksm_cli_warn_of_more(const struct ksm_cli *cli, uint32_t n);

/*
 * Runs the request over @source and prints what came of it, with a line on stderr for each target that could
 * not be read whole. Returns the exit status.
 */
int ksm_estimate_run_and_print(const struct ksm_cli *cli, struct ksm_estimate_request *request,
			       struct ksm_page_source *source);

#endif
