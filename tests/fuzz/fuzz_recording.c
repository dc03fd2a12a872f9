/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A recording: what is whole in it can be read, and recording goes on behind that. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "report/recording.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_all(const char *path)
{
	struct ksm_recording *recording;

	if (ksm_recording_open(path, &recording, NULL))
		return;
	for (size_t i = 0; i < ksm_recording_size(recording); i++) {
		struct ksm_sample sample;

		if (!ksm_recording_read(recording, i, &sample, NULL))
			ksm_sample_free(&sample);
	}
	ksm_recording_close(recording);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[] = "/tmp/ksmctl-fuzz-XXXXXX";
	int fd = mkstemp(path);
	struct ksm_recorder *recorder;
	struct ksm_sample sample = {.status.page_size = 4096};

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	close(fd);
	read_all(path);
	if (!ksm_recorder_open(path, &recorder, NULL)) {
		struct ksm_recording *recording;

		if (ksm_recorder_add(recorder, &sample, NULL))
			abort();
		ksm_recorder_close(recorder);
		if (ksm_recording_open(path, &recording, NULL))
			abort();
		if (ksm_recording_cut(recording))
			abort();
		ksm_recording_close(recording);
	}
	unlink(path);
	return 0;
}
