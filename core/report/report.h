/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Documents for scripts, as promised in ksmctl-json(7). The caller releases with json_object_put(). */
#ifndef KSM_REPORT_REPORT_H
#define KSM_REPORT_REPORT_H

#include "base/error.h"
#include "estimate/estimate.h"
#include "kernel/ksm_sysfs.h"
#include "report/json.h"

/* Every document begins alike: schema, version. What lacks something for want of memory, report/json.h tells. */
json_object *ksm_report_new(const char *schema);

/* A tunable's value: a number, or the word that a mode is. */
json_object *ksm_report_tunable(enum ksm_sysfs_field field, int64_t value);

/* {"code", "errno", "pid", "address", "path", "text"}; what does not apply is null. */
json_object *ksm_report_error(const struct ksm_error *err);
/* An array of these. */
json_object *ksm_report_errors(const struct ksm_error *errors, size_t n);

/* ksmctl.error/1 */
json_object *ksm_report_error_document(const struct ksm_error *err);

/* ksmctl.estimate/1 */
json_object *ksm_report_estimate(const struct ksm_estimate *estimate);

#endif
