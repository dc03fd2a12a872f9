/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Scope guards for descriptors and memory: what a function opened is closed on every way out of it.
 * To hand a guarded value on, take it with ksm_no_free() or ksm_no_close().
 */
#ifndef KSM_BASE_CLEANUP_H
#define KSM_BASE_CLEANUP_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ksm_cleanup(fn) __attribute__((cleanup(fn)))

static inline void ksm_cleanup_free(void *p)
{
	free(*(void **)p);
}

static inline void ksm_cleanup_close(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void ksm_cleanup_fclose(FILE **f)
{
	if (*f)
		fclose(*f);
}

#define ksm_auto_free	ksm_cleanup(ksm_cleanup_free)
#define ksm_auto_close	ksm_cleanup(ksm_cleanup_close)
#define ksm_auto_fclose ksm_cleanup(ksm_cleanup_fclose)

/* The value of @p, which the guard then no longer frees. */
#define ksm_no_free(p)                          \
	({                                      \
		__typeof__(p) ksm_taken_ = (p); \
		(p) = NULL;                     \
		ksm_taken_;                     \
	})

/* The descriptor in @fd, which the guard then no longer closes. */
#define ksm_no_close(fd)               \
	({                             \
		int ksm_taken_ = (fd); \
		(fd) = -1;             \
		ksm_taken_;            \
	})

#endif
