/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/library.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

bool ksm_library_load(const char *soname, const struct ksm_library_function *functions, size_t n,
		      char *ret_why, size_t size)
{
	void *library = dlopen(soname, RTLD_NOW | RTLD_LOCAL);
	bool has_all = library;

	for (size_t i = 0; i < n && has_all; i++)
		has_all = dlsym(library, functions[i].name);
	if (!has_all) {
		const char *why = dlerror();

		snprintf(ret_why, size, "%s", why ? why : "out of memory");
		if (library)
			dlclose(library);
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		void *function = dlsym(library, functions[i].name);

		memcpy(functions[i].pointer, &function, sizeof(function));
	}
	return true;
}
