/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the areas of a dump are, and which of them count. */
#include <errno.h>
#include <string.h>

#include "base/array.h"
#include "source/dump_internal.h"

/*
 * RAM of x86 machines ends somewhere below 4 GiB: by 0xe0000000 in QEMU (unless max-ram-below-4g is higher),
 * VirtualBox, Firecracker and VMware, at 0xf0000000 in Xen and at 0xf8000000 in Hyper-V. Devices lie behind
 * it, in all of them the chips from the I/O APIC on, and firmware ends at 4 GiB.
 */
#define X86_DEVICES UINT64_C(0xe0000000)
#define X86_CHIPS   UINT64_C(0xfec00000)
#define X86_END	    UINT64_C(0x100000000)

#define ROM_NAME "[rom]"

const char *ksm_passed_name(enum ksm_passed passed)
{
	static const char *const names[KSM_PASSED_KINDS] = {
		[KSM_PASSED_NOT] = "not",	    [KSM_PASSED_SHARED] = "shared",
		[KSM_PASSED_HUGETLB] = "hugetlb",   [KSM_PASSED_SPECIAL] = "special",
		[KSM_PASSED_FILE] = "file",	    [KSM_PASSED_ROM] = "rom",
		[KSM_PASSED_UNMARKED] = "unmarked", [KSM_PASSED_UNLISTED] = "unlisted",
		[KSM_PASSED_REFUSED] = "refused",   [KSM_PASSED_PARTIAL] = "partial",
	};

	return names[passed];
}

static int add_name(struct ksm_areas *areas, const char *name, uint32_t *ret_name)
{
	const struct ksm_area *last = areas->n ? &areas->area[areas->n - 1] : NULL;
	size_t len = strlen(name) + 1;

	/* The segments of a library follow one another. */
	if (last) {
		*ret_name = last->name;
		if (!strcmp(areas->names + *ret_name, name))
			return 0;
	}
	if (ksm_array_reserve(&areas->names, &areas->names_capacity, areas->names_len + len + 1, 1))
		return -ENOMEM;
	if (!areas->names_len)
		areas->names[areas->names_len++] = '\0';
	if (areas->names_len + len > UINT32_MAX)
		return -ENOMEM;
	*ret_name = 0;
	if (len == 1)
		return 0;
	*ret_name = (uint32_t)areas->names_len;
	memcpy(areas->names + areas->names_len, name, len);
	areas->names_len += len;
	return 0;
}

int ksm_dump_add_area(struct ksm_areas *areas, uint64_t start, uint64_t end, uint32_t vm_flags,
		      uint64_t offset, const char *name, struct ksm_error *err)
{
	struct ksm_area area = {.start = start,
				.end = end,
				.offset = offset,
				.vm_flags = vm_flags,
				.ksm = KSM_AREA_UNKNOWN};

	if (add_name(areas, name, &area.name) ||
	    ksm_array_reserve(&areas->area, &areas->capacity, areas->n + 1, sizeof(area)))
		return ksm_error_no_memory(err);
	areas->area[areas->n++] = area;
	return 0;
}

static int add_guest_part(struct ksm_areas *areas, uint64_t start, uint64_t end, bool is_rom,
			  struct ksm_error *err)
{
	struct ksm_area *last = areas->n ? &areas->area[areas->n - 1] : NULL;
	uint32_t flags = KSM_VM_READ | KSM_VM_WRITE | KSM_VM_EXEC | (is_rom ? KSM_VM_IO : 0);

	if (last && start < last->end)
		start = last->end;
	if (start >= end)
		return 0;
	if (last && last->end == start && last->vm_flags == flags) {
		last->end = end;
		return 0;
	}
	return ksm_dump_add_area(areas, start, end, flags, 0, is_rom ? ROM_NAME : "[ram]", err);
}

/* Where in memory that begins at @start there are devices. RAM goes up to them in one piece. */
static uint64_t devices_start(enum ksm_guest_memory memory, uint64_t start)
{
	if (memory == KSM_GUEST_RAM)
		return X86_END;
	return memory == KSM_GUEST_X86 && start >= X86_DEVICES ? X86_DEVICES : X86_CHIPS;
}

int ksm_dump_add_guest_area(struct ksm_dump *dump, uint64_t start, uint64_t end,
			    enum ksm_guest_memory memory, struct ksm_error *err)
{
	uint64_t mask = dump->facts.page_size - 1;
	const uint64_t border[] = {devices_start(memory, start), X86_END, UINT64_MAX};
	int ret = 0;

	start &= ~mask;
	end = end > UINT64_MAX - mask ? end & ~mask : (end + mask) & ~mask;
	for (size_t i = 0; i < 3 && start < end && !ret; i++) {
		uint64_t part = end < border[i] ? end : border[i];

		if (start >= part)
			continue;
		ret = add_guest_part(&dump->space->areas, start, part, i == 1, err);
		start = part;
	}
	return ret;
}

/* An area that smaps knows no anonymous pages of, or that only a list without flags tells of. */
static bool is_page_cache(const struct ksm_dump *dump, const struct ksm_area *area)
{
	if (area->vm_flags & KSM_VM_FLAGS_KNOWN)
		return !area->anonymous;
	if (area->vm_flags & KSM_VM_WRITE)
		return false;
	/* Without NT_FILE all areas look anonymous; what cannot be written then is text most likely. */
	return ksm_area_kind(&dump->space->areas, area) == KSM_AREA_FILE || !dump->facts.has_areas;
}

static enum ksm_passed passed_area(const struct ksm_dump *dump, const struct ksm_area *area)
{
	if (dump->options->pages == KSM_PAGES_ALL)
		return KSM_PASSED_NOT;
	if (!area)
		return KSM_PASSED_UNLISTED;
	switch (ksm_area_kind(&dump->space->areas, area)) {
	case KSM_AREA_HUGETLB:
		return KSM_PASSED_HUGETLB;
	case KSM_AREA_SPECIAL:
		return dump->is_guest ? KSM_PASSED_ROM : KSM_PASSED_SPECIAL;
	case KSM_AREA_SHARED:
		return KSM_PASSED_SHARED;
	default:
		break;
	}
	if (!dump->is_guest && !ksm_area_is_eligible(area))
		return KSM_PASSED_REFUSED;
	if (!dump->is_guest && is_page_cache(dump, area))
		return KSM_PASSED_FILE;
	if (dump->options->pages == KSM_PAGES_MERGEABLE && !(area->vm_flags & KSM_VM_MERGEABLE))
		return KSM_PASSED_UNMARKED;
	return KSM_PASSED_NOT;
}

/* The first area that ends behind @address; areas->n if none does. */
static size_t find_area(const struct ksm_areas *areas, uint64_t address)
{
	size_t low = 0, high = areas->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (areas->area[middle].end <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

enum ksm_passed ksm_dump_passed(const struct ksm_dump *dump, uint64_t address, uint64_t *ret_until)
{
	const struct ksm_areas *areas = &dump->space->areas;
	size_t i = find_area(areas, address);
	const struct ksm_area *area = i < areas->n ? &areas->area[i] : NULL;

	*ret_until = UINT64_MAX;
	if (area && area->start > address) {
		*ret_until = area->start;
		area = NULL;
	} else if (area) {
		*ret_until = area->end;
	}
	return passed_area(dump, area);
}
