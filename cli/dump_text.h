/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the dumps of an estimate are, for people. */
#ifndef KSM_CLI_DUMP_TEXT_H
#define KSM_CLI_DUMP_TEXT_H

#include "estimate/estimate.h"

/* A few lines for each target that is a dump; nothing where none is. -ENOMEM only. */
int ksm_estimate_print_dumps(const struct ksm_estimate *estimate);

#endif
