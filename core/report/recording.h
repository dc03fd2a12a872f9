/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Recordings: a file of zstd frames (RFC 8878), each with one document ksmctl.top/1, a newline and a checksum, so that
 * `zstdcat` shows what is in it. Each frame is written in one piece; what a crash or a full disk cuts off is the last one
 * alone.
 */
#ifndef KSM_REPORT_RECORDING_H
#define KSM_REPORT_RECORDING_H

#include <stddef.h>

#include "report/sample.h"

struct ksm_recorder;

/*
 * Goes on with a recording that is there, without a frame that was cut off behind others; with one that is damaged it does
 * not, nor with what may be no recording.
 */
int ksm_recorder_open(const char *path, struct ksm_recorder **ret_recorder, struct ksm_error *err);
/* -EFBIG where the file would be larger than is read again, 2 GiB. */
int ksm_recorder_add(struct ksm_recorder *recorder, const struct ksm_sample *sample,
		     struct ksm_error *err);
void ksm_recorder_close(struct ksm_recorder *recorder);

struct ksm_recording;

/* KSM_ERR_FORMAT for what is no recording. The caller closes it. */
int ksm_recording_open(const char *path, struct ksm_recording **ret_recording,
		       struct ksm_error *err);
void ksm_recording_close(struct ksm_recording *recording);
size_t ksm_recording_size(const struct ksm_recording *recording);
/* Bytes behind the last whole frame. */
size_t ksm_recording_cut(const struct ksm_recording *recording);
/* Where these are more than one frame that was cut off; 0 where they are not. */
size_t ksm_recording_damaged_at(const struct ksm_recording *recording);
int ksm_recording_read(const struct ksm_recording *recording, size_t number,
		       struct ksm_sample *ret_sample, struct ksm_error *err);

#endif
