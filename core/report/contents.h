/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which contents repeat, how often, and who has them in common. Not for use outside core/report. */
#ifndef KSM_REPORT_CONTENTS_H
#define KSM_REPORT_CONTENTS_H

#include <json-c/json.h>

#include "estimate/estimate.h"

/* Adds contents, histogram, concentration and pairs. */
void ksm_report_put_contents(json_object *document, const struct ksm_estimate *estimate);

#endif
