/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `scan --advise`: whom to opt in, and how. */
#ifndef KSM_CLI_ESTIMATE_ADVICE_H
#define KSM_CLI_ESTIMATE_ADVICE_H

#include "cli/estimate_options.h"

/* As text, or as "advice" in the document of the estimate. An exit status. */
int ksm_estimate_print_advice(const struct ksm_cli *cli, const struct ksm_estimate_request *request,
			      const struct ksm_estimate *estimate);

#endif
