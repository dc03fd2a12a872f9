/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Samples as ksmctl.top/1, and back: what a recording is made of. */
#ifndef KSM_REPORT_TOP_H
#define KSM_REPORT_TOP_H

#include <stddef.h>

#include "report/sample.h"

/* ksmctl.top/1; NULL when memory is short. */
json_object *ksm_report_top(const struct ksm_sample *sample);

/* The text of such a document, which may come from anybody. KSM_ERR_FORMAT for what is none. */
int ksm_top_parse(const char *text, size_t len, struct ksm_sample *ret_sample,
		  struct ksm_error *err);

#endif
