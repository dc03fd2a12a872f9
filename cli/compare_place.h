/* SPDX-License-Identifier: GPL-2.0-or-later */
/* compare --place: which guest belongs on which host. */
#ifndef KSM_CLI_COMPARE_PLACE_H
#define KSM_CLI_COMPARE_PLACE_H

#include "cli/cli.h"
#include "cli/table.h"
#include "report/fleet.h"

#define KSM_INPUT_LABEL_MAX 80
/* How a table names an input: its number and where it came from. */
void ksm_compare_input_label(const struct ksm_compare_input *input, uint32_t i,
			     char label[KSM_INPUT_LABEL_MAX]);

/* HOSTS:SIZE; an exit status. */
int ksm_place_option(const struct ksm_cli *cli, const char *value,
		     struct ksm_place_request *ret_request);

/* Both placements, where the fingerprints name hosts; the caller releases. An exit status. */
int ksm_place_run(const struct ksm_cli *cli, const struct ksm_fingerprint *fingerprint, uint32_t n,
		  struct ksm_place_request *request);
int ksm_place_print(const struct ksm_cli *cli, const struct ksm_place_request *request,
		    const struct ksm_compare_input *input,
		    const struct ksm_fingerprint *fingerprint, uint32_t n,
		    const struct ksm_table_options *options);
void ksm_place_release(struct ksm_place_request *request);

#endif
