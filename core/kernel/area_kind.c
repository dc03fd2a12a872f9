/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an area is: for KSM and for a reader. */
#include <string.h>

#include "kernel/areas.h"

#define VM_SPECIAL (KSM_VM_IO | KSM_VM_DONTEXPAND | KSM_VM_PFNMAP | KSM_VM_MIXEDMAP)

/* VM_SAO and VM_SPARC_ADI; on other machines the bit means things that KSM does not mind. */
#if defined(__powerpc64__) || defined(__sparc__)
#define VM_REFUSED_HERE KSM_VM_ARCH_1
#else
#define VM_REFUSED_HERE 0
#endif

#define VM_REFUSED                                                                           \
	(KSM_VM_SHARED | KSM_VM_MAYSHARE | KSM_VM_HUGETLB | KSM_VM_DROPPABLE | KSM_VM_SYNC | \
	 VM_SPECIAL | VM_REFUSED_HERE)

const char *ksm_area_name(const struct ksm_areas *areas, const struct ksm_area *area)
{
	return areas->names ? areas->names + area->name : "";
}

const struct ksm_area *ksm_areas_find(const struct ksm_areas *areas, uint64_t address)
{
	size_t low = 0, high = areas->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct ksm_area *area = &areas->area[middle];

		if (address < area->start)
			high = middle;
		else if (address >= area->end)
			low = middle + 1;
		else
			return area;
	}
	return NULL;
}

/*
 * [vsyscall] is listed with every process of x86 but lies in the kernel's half and belongs to none. What is
 * mapped by sparc64 begins in that half, at 0xfff8000100000000 or above.
 */
static bool is_gate(const struct ksm_area *area)
{
	return area->start == KSM_VSYSCALL;
}

bool ksm_area_is_eligible(const struct ksm_area *area)
{
	return !(area->vm_flags & VM_REFUSED) && !is_gate(area);
}

static bool begins(const char *name, const char *prefix)
{
	return !strncmp(name, prefix, strlen(prefix));
}

enum ksm_area_kind ksm_area_kind(const struct ksm_areas *areas, const struct ksm_area *area)
{
	const char *name = ksm_area_name(areas, area);

	if (area->vm_flags & KSM_VM_HUGETLB)
		return KSM_AREA_HUGETLB;
	/* By name too: without VmFlags that is all there is to tell. */
	if (area->vm_flags & VM_SPECIAL || is_gate(area) || begins(name, "[vdso") ||
	    begins(name, "[vvar") || begins(name, "[vsyscall"))
		return KSM_AREA_SPECIAL;
	if (area->vm_flags & (KSM_VM_SHARED | KSM_VM_MAYSHARE))
		return KSM_AREA_SHARED;
	if (!strcmp(name, "[heap]"))
		return KSM_AREA_HEAP;
	if (begins(name, "[stack")) /* 3.4 to 4.4 also have [stack:TID] */
		return KSM_AREA_STACK;
	return area->inode || name[0] == '/' ? KSM_AREA_FILE : KSM_AREA_ANON;
}

const char *ksm_area_kind_name(enum ksm_area_kind kind)
{
	static const char *const names[KSM_AREA_KINDS] = {
		[KSM_AREA_HEAP] = "heap",	[KSM_AREA_STACK] = "stack",
		[KSM_AREA_ANON] = "anon",	[KSM_AREA_FILE] = "file",
		[KSM_AREA_SHARED] = "shared",	[KSM_AREA_HUGETLB] = "hugetlb",
		[KSM_AREA_SPECIAL] = "special",
	};

	return names[kind];
}
