/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "control/opt_in_inside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "base/cleanup.h"
#include "control/advised.h"
#include "control/inject.h"

#ifndef PR_SET_MEMORY_MERGE
#define PR_SET_MEMORY_MERGE 67
#endif

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

static int none_is_mapped(struct ksm_error *err)
{
	return ksm_error_set(err, KSM_ERR_GONE, ESRCH,
			     "none of these ranges is mapped any more: its memory changed "
			     "meanwhile; try again");
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
	return session->advised ? 0 : none_is_mapped(err);
}

/* Ranges are handed over from @scratch on in the target. */
static int advise_all(struct ksm_inject *inject, struct session *session, int64_t pidfd,
		      uint64_t scratch, int *ret_errnum, struct ksm_error *err)
{
	struct ksm_advised advised = {.range = session->range, .n = session->n_ranges};
	struct iovec batch[KSM_ADVISE_MAX];
	int64_t result = 0;
	bool goes_on = true, any = false;
	size_t n;

	while (goes_on && (n = ksm_advised_next(&advised, batch)) != 0) {
		int ret = ksm_inject_write(inject, scratch, batch, n * sizeof(*batch), err)
				  ?: call(inject, SYS_process_madvise, (uint64_t)pidfd, scratch, n,
					  advice(session), &result, err);

		if (ret)
			return ret;
		any |= result > 0;
		goes_on = ksm_advised_take(&advised, result);
	}
	session->advised = advised.n_whole;
	*ret_errnum = goes_on ? 0 : (int)-result;
	return goes_on && !any ? none_is_mapped(err) : 0;
}

/* What was made in the target is taken away again, whatever came of it. */
static int try_self_madvise(struct ksm_inject *inject, struct session *session, int *ret_errnum,
			    struct ksm_error *err)
{
	const size_t size = KSM_ADVISE_MAX * sizeof(struct iovec);
	const uint64_t map[6] = {
		0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, (uint64_t)-1, 0};
	int64_t pid = 0, pidfd = -1, scratch = -1;
	bool is_mapped;
	int ret;

	/* By its number as itself sees it. */
	ret = call(inject, SYS_getpid, 0, 0, 0, 0, &pid, err)
		      ?: call(inject, SYS_pidfd_open, (uint64_t)pid, 0, 0, 0, &pidfd, err);
	if (ret || pidfd < 0) {
		*ret_errnum = (int)-pidfd;
		return ret;
	}
	ret = ksm_inject_call(inject, SYS_mmap, map, &scratch, err);
	is_mapped = !ret && !(scratch > -4096 && scratch < 0);
	if (is_mapped)
		ret = advise_all(inject, session, pidfd, (uint64_t)scratch, ret_errnum, err);
	else if (!ret)
		*ret_errnum = (int)-scratch;
	if (is_mapped)
		ksm_inject_clean(inject, SYS_munmap, (uint64_t[6]){(uint64_t)scratch, size});
	ksm_inject_clean(inject, SYS_close, (uint64_t[6]){(uint64_t)pidfd});
	return ret;
}

static int (*const tries[KSM_OPT_IN_METHODS])(struct ksm_inject *inject, struct session *session,
					      int *ret_errnum, struct ksm_error *err) = {
	[KSM_OPT_IN_PRCTL] = try_prctl,
	[KSM_OPT_IN_SELF_MADVISE] = try_self_madvise,
	[KSM_OPT_IN_MADVISE] = try_madvise,
};

/* The kernel does not know it, or does not let it be done so. */
static bool is_refused(int errnum)
{
	return errnum == EINVAL || errnum == ENOSYS || errnum == EPERM || errnum == EACCES;
}

/* Of why none did it, what is no refusal says more. */
static int none_did(const struct session *session, struct ksm_error *err)
{
	for (size_t i = 0; i < session->n_attempts; i++) {
		const struct ksm_attempt *attempt = &session->attempt[i];

		if (!is_refused(attempt->errnum))
			return ksm_error_set(
				err, KSM_ERR_SYSTEM, attempt->errnum,
				"could not be opted %s: %s: %s", session->merge ? "in" : "out",
				ksm_opt_in_method_name(attempt->method), strerror(attempt->errnum));
	}
	return ksm_error_set(err, KSM_ERR_UNSUPPORTED, ENOTSUP, "the kernel refuses every way");
}

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
	return none_did(session, err);
}

int ksm_opt_in_inside(const struct ksm_root *root, pid_t pid, int pid_dir_fd, bool merge,
		      unsigned int methods, const struct ksm_ranges *ranges,
		      struct ksm_opt_in_result *result, struct ksm_error *err)
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
	ret = ksm_inject_run(root, pid, pid_dir_fd, try_in_turn, session, size, err);
	for (size_t i = 0; i < session->n_attempts; i++)
		result->attempt[result->n_attempts++] = session->attempt[i];
	result->ranges = session->advised;
	return ret;
}
