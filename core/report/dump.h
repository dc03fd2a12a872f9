/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a dump says of itself, as part of a target in ksmctl.estimate/1. Not for use outside core/report. */
#ifndef KSM_REPORT_DUMP_H
#define KSM_REPORT_DUMP_H

#include <stdbool.h>

#include <json-c/json.h>

#include "source/dump.h"

/* What of a dump that was not read (@is_read) is not known is null. */
void ksm_report_put_dump(json_object *target, const struct ksm_dump_facts *facts, bool is_read);

#endif
