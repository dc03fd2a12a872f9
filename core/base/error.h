/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Errors as values. A function that can fail returns 0 or a negative errno and takes, last, an optional
 * struct ksm_error that it fills where the fault is seen. Outputs are untouched on failure.
 */
#ifndef KSM_BASE_ERROR_H
#define KSM_BASE_ERROR_H

#include <errno.h>
#include <stdint.h>
#include <sys/types.h>

enum ksm_error_code {
	KSM_ERR_NONE,
	KSM_ERR_SYSTEM,	    /* a call failed for a reason of its own */
	KSM_ERR_INVALID,    /* a value that the caller gave makes no sense */
	KSM_ERR_PERMISSION, /* a right is missing; the text names it */
	/* The kernel lacks it: the text names the version that has it. Of a file: of a kind that is not read. */
	KSM_ERR_UNSUPPORTED,
	KSM_ERR_GONE,	   /* the target exited, replaced its memory by exec, or never was */
	KSM_ERR_NO_MEMORY, /* the target has no user memory: a kernel thread or a zombie */
	KSM_ERR_FORMAT,	   /* what was read does not follow its format */
};

struct ksm_error {
	enum ksm_error_code code;
	int errnum;	  /* positive errno, 0 if none applies */
	pid_t pid;	  /* 0 if no process is concerned */
	uint64_t address; /* in the target, bytes; 0 if none is concerned */
	char path[128];	  /* as used, unescaped; empty if no file is concerned */
	char text[256];	  /* cause first, then what to do; lower case, no full stop, unescaped */
};

/*
 * Fills @err if there is one and returns -@errnum (-EIO for an @errnum of 0), so that a caller can write
 * `return ksm_error_set(err, ...)`. Pid, address and path are cleared: set them afterwards.
 */
int ksm_error_set(struct ksm_error *err, enum ksm_error_code code, int errnum, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Fills @err as above where memory is short; -ENOMEM. In line, so that analyzers of a caller see that it fails. */
static inline int ksm_error_no_memory(struct ksm_error *err)
{
	ksm_error_set(err, KSM_ERR_SYSTEM, ENOMEM, "out of memory");
	return -ENOMEM;
}

/* Puts words, such as whom it is about, before what @err says, which is cut off where both do not fit. */
void ksm_error_prefix(struct ksm_error *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Names the file that @err is about, as it is used; one that it names already stays. */
void ksm_error_name_path(struct ksm_error *err, const char *path);

/* The class that an errno of an ordinary system call belongs to. */
enum ksm_error_code ksm_error_class(int errnum);

/* A word for JSON: "permission", "gone", ... */
const char *ksm_error_code_name(enum ksm_error_code code);

#endif
