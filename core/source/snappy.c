/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/snappy.h"

#include <errno.h>
#include <pthread.h>
#include <snappy-c.h>

#include "base/library.h"

/* The name under which its interface for C has been since it was published. */
#define LIBRARY "libsnappy.so.1"

static struct {
	__typeof__(snappy_uncompress) *uncompress;
	__typeof__(snappy_uncompressed_length) *uncompressed_length;
	char why[200]; /* there is none */
} snappy;

static void load(void)
{
	const struct ksm_library_function functions[] = {
		{"snappy_uncompress", &snappy.uncompress},
		{"snappy_uncompressed_length", &snappy.uncompressed_length},
	};

	ksm_library_load(LIBRARY, functions, sizeof(functions) / sizeof(functions[0]), snappy.why,
			 sizeof(snappy.why));
}

int ksm_snappy_unpack(const unsigned char *in, size_t size, unsigned char *out, size_t page_size,
		      struct ksm_error *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	size_t len;

	pthread_once(&once, load);
	if (!snappy.uncompress)
		return ksm_error_set(
			err, KSM_ERR_SYSTEM, ENOENT,
			"has pages that snappy compressed, and the library for it cannot "
			"be loaded (%s): install libsnappy",
			snappy.why);
	if (snappy.uncompressed_length((const char *)in, size, &len) != SNAPPY_OK ||
	    len != page_size)
		return -EBADMSG;
	return snappy.uncompress((const char *)in, size, (char *)out, &len) == SNAPPY_OK ? 0
											 : -EBADMSG;
}
