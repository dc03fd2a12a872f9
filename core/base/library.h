/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared libraries that few runs need, loaded by those: linked, each would cost every start its time and memory. */
#ifndef KSM_BASE_LIBRARY_H
#define KSM_BASE_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>

struct ksm_library_function {
	const char *name;
	void *pointer; /* to the pointer to the function, which is set */
};

/*
 * Loads the library for good. False, with no pointer set and why in @ret_why (cut to @size), where it is not there or
 * has not all of the functions.
 */
bool ksm_library_load(const char *soname, const struct ksm_library_function *functions, size_t n,
		      char *ret_why, size_t size);

#endif
