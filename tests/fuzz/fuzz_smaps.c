/* SPDX-License-Identifier: GPL-2.0-or-later */
/* maps and smaps: whatever is accepted keeps the promises of kernel/areas.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/areas.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(what)              \
	do {                     \
		if (!(what))     \
			abort(); \
	} while (0)

static void check_areas(const struct ksm_areas *areas)
{
	for (size_t i = 0; i < areas->n; i++) {
		const struct ksm_area *area = &areas->area[i];

		CHECK(area->start < area->end && !(area->start & 0xfff) && !(area->end & 0xfff));
		CHECK(!i || area[-1].end <= area->start);
		CHECK(area->name < areas->names_len);
		CHECK(area->name + strlen(ksm_area_name(areas, area)) < areas->names_len);
		CHECK(ksm_areas_find(areas, area->start) == area);
		CHECK(ksm_areas_find(areas, area->end - 1) == area);
		CHECK(ksm_areas_find(areas, area->end) != area);
		CHECK(ksm_area_kind_name(ksm_area_kind(areas, area)) != NULL);
		if (ksm_area_is_eligible(area))
			CHECK(!(area->vm_flags & (KSM_VM_SHARED | KSM_VM_MAYSHARE)));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ksm_areas areas = {0};
	struct ksm_error err = {0};
	int rc = ksm_areas_parse((const char *)data, size, &areas, &err);

	CHECK(rc == 0 || (rc == -EBADMSG && err.code == KSM_ERR_FORMAT && err.text[0]));
	CHECK(rc == 0 || areas.n == 0);
	check_areas(&areas);
	/* Once more into what is already in use. */
	CHECK(ksm_areas_parse((const char *)data, size, &areas, NULL) == rc);
	check_areas(&areas);
	ksm_areas_free(&areas);
	return 0;
}
