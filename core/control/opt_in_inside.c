/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "control/opt_in_inside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "base/cleanup.h"
#include "control/inject.h"

#ifndef PR_SET_MEMORY_MERGE
#define PR_SET_MEMORY_MERGE 67
#endif

#define BATCH 1024 /* UIO_MAXIOV */

/* What the tracer and its caller share. */
struct session {
	bool merge;
	unsigned int methods;
	struct ksm_attempt attempt[KSM_OPT_IN_METHODS];
	size_t n_attempts;
	size_t advised;
	size_t n_ranges;
	struct iovec range[];
};

static int call(struct ksm_inject *inject, long nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
		int64_t *ret_result, struct ksm_error *err)
{
	const uint64_t args[6] = {a, b, c, d};

	return ksm_inject_call(inject, nr, args, ret_result, err);
}

static uint64_t advice(const struct session *session)
{
	return session->merge ? MADV_MERGEABLE : MADV_UNMERGEABLE;
}

/* The methods: 0 with what the kernel said in @ret_errnum (0: done), or a negative errno if the target is gone. */

static int try_prctl(struct ksm_inject *inject, struct session *session, int *ret_errnum,
		     struct ksm_error *err)
{
	int64_t result;
	int ret = call(inject, SYS_prctl, PR_SET_MEMORY_MERGE, session->merge, 0, 0, &result, err);

	if (!ret)
		*ret_errnum = (int)-result;
	return ret;
}

static int try_madvise(struct ksm_inject *inject, struct session *session, int *ret_errnum,
		       struct ksm_error *err)
{
	int64_t result;

	*ret_errnum = 0;
	session->advised = 0;
	for (size_t i = 0; i < session->n_ranges; i++) {
		const struct iovec *range = &session->range[i];
		int ret = call(inject, SYS_madvise, (uintptr_t)range->iov_base, range->iov_len,
			       advice(session), 0, &result, err);

		if (ret)
			return ret;
		/* Unmapped since it was looked up: the others still count. */
		if (result && result != -ENOMEM) {
			*ret_errnum = (int)-result;
			return 0;
		}
		session->advised += !result;
	}
	return 0;
}

/* One batch, from @scratch on in the target; how many of its ranges are through, or 0 with the errno. */
static int advise_batch(struct ksm_inject *inject, const struct session *session, int64_t pidfd,
			uint64_t scratch, size_t first, size_t n, size_t *ret_done, int *ret_errnum,
			struct ksm_error *err)
{
	int64_t result;
	uint64_t bytes;
	size_t done = 0;
	int ret = ksm_inject_write(inject, scratch, &session->range[first],
				   n * sizeof(*session->range), err);

	if (!ret)
		ret = call(inject, SYS_process_madvise, (uint64_t)pidfd, scratch, n,
			   advice(session), &result, err);
	if (ret)
		return ret;
	*ret_errnum = result < 0 ? (int)-result : 0;
	/* It stops at what it cannot advise, and says how many bytes came before. */
	for (bytes = result < 0 ? 0 : (uint64_t)result;
	     done < n && session->range[first + done].iov_len <= bytes; done++)
		bytes -= session->range[first + done].iov_len;
	*ret_done = done;
	return 0;
}

static int advise_all(struct ksm_inject *inject, struct session *session, int64_t pidfd,
		      uint64_t scratch, int *ret_errnum, struct ksm_error *err)
{
	session->advised = 0;
	for (size_t i = 0; i < session->n_ranges;) {
		size_t n = session->n_ranges - i < BATCH ? session->n_ranges - i : BATCH, done;
		int ret =
			advise_batch(inject, session, pidfd, scratch, i, n, &done, ret_errnum, err);

		if (ret || (*ret_errnum && *ret_errnum != ENOMEM))
			return ret;
		*ret_errnum = 0;
		session->advised += done;
		/* One that was unmapped since it was looked up is passed over. */
		i += done < n ? done + 1 : n;
	}
	return 0;
}

static int try_self_madvise(struct ksm_inject *inject, struct session *session, int *ret_errnum,
			    struct ksm_error *err)
{
	const size_t size = BATCH * sizeof(struct iovec);
	int64_t pid = 0, pidfd = -1, scratch = 0, ignored;
	int ret;

	/* By its number as itself sees it. */
	ret = call(inject, SYS_getpid, 0, 0, 0, 0, &pid, err)
		      ?: call(inject, SYS_pidfd_open, (uint64_t)pid, 0, 0, 0, &pidfd, err);
	if (ret || pidfd < 0) {
		*ret_errnum = (int)-pidfd;
		return ret;
	}
	const uint64_t map[6] = {
		0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, (uint64_t)-1, 0};
	ret = ksm_inject_call(inject, SYS_mmap, map, &scratch, err);
	if (!ret && scratch > -4096 && scratch < 0) {
		*ret_errnum = (int)-scratch;
	} else if (!ret) {
		ret = advise_all(inject, session, pidfd, (uint64_t)scratch, ret_errnum, err)
			      ?: call(inject, SYS_munmap, (uint64_t)scratch, size, 0, 0, &ignored,
				      err);
	}
	return ret ?: call(inject, SYS_close, (uint64_t)pidfd, 0, 0, 0, &ignored, err);
}

static int (*const tries[KSM_OPT_IN_METHODS])(struct ksm_inject *inject, struct session *session,
					      int *ret_errnum, struct ksm_error *err) = {
	[KSM_OPT_IN_PRCTL] = try_prctl,
	[KSM_OPT_IN_SELF_MADVISE] = try_self_madvise,
	[KSM_OPT_IN_MADVISE] = try_madvise,
};

static int try_in_turn(struct ksm_inject *inject, void *shared, struct ksm_error *err)
{
	struct session *session = shared;

	for (unsigned int method = 0; method < KSM_OPT_IN_METHODS; method++) {
		int errnum = 0, ret;

		if (!tries[method] || !(session->methods & 1u << method))
			continue;
		ret = tries[method](inject, session, &errnum, err);
		if (ret)
			return ret;
		session->attempt[session->n_attempts++] =
			(struct ksm_attempt){(enum ksm_opt_in_method)method, errnum};
		if (!errnum)
			return 0;
	}
	return ksm_error_set(err, KSM_ERR_UNSUPPORTED, ENOTSUP, "the kernel refuses every way");
}

int ksm_opt_in_inside(const struct ksm_root *root, pid_t pid, bool merge, unsigned int methods,
		      const struct ksm_ranges *ranges, struct ksm_opt_in_result *result,
		      struct ksm_error *err)
{
	size_t size = sizeof(struct session) + ranges->n * sizeof(*ranges->range);
	ksm_auto_free struct session *session = calloc(1, size);
	int ret;

	if (!session)
		return ksm_error_no_memory(err);
	session->merge = merge;
	session->methods = methods;
	session->n_ranges = ranges->n;
	if (ranges->n)
		memcpy(session->range, ranges->range, ranges->n * sizeof(*ranges->range));
	ret = ksm_inject_run(root, pid, try_in_turn, session, size, err);
	for (size_t i = 0; i < session->n_attempts; i++)
		result->attempt[result->n_attempts++] = session->attempt[i];
	result->ranges = session->advised;
	return ret;
}
