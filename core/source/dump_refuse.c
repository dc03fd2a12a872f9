/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What people take for a dump that can be analyzed, and what they can do instead. */
#include <errno.h>
#include <string.h>

#include "source/dump_internal.h"

struct foreign {
	const char *magic;
	size_t len;
	size_t offset;
	const char *text;
};

#define MAGIC(bytes) bytes, sizeof(bytes) - 1
#define MIGRATION                                                                              \
	"is a migration stream, of which the pages' addresses cannot be told: dump the guest " \
	"with "                                                                                \
	"virsh dump --memory-only, or QEMU's dump-guest-memory"
#define VMSS "is a VMware state file without the guest's memory: give the .vmem file beside it"
#define WINDOWS                                                                                \
	"is a dump of a Windows kernel, which is not read: dump the guest as ELF (virsh dump " \
	"--memory-only, dump-guest-memory)"

/*
 * Sources: QEMU's migration/qemu-file and savevm, libvirt's qemu_saveimage.h, Microsoft's minidumpapiset.h,
 * crash's vmware_vmss.h, makedumpfile's sadump, CRIU's magic.h.
 */
static const struct foreign foreign[] = {
	{MAGIC("QEVM"), 0, MIGRATION},
	{MAGIC("LibvirtQemudSave"), 0, MIGRATION},
	{MAGIC("LibvirtQemudPart"), 0, MIGRATION},
	{MAGIC("MDMP"), 0,
	 "is a minidump, which holds stacks and little else of the memory: take a full core "
	 "(gcore)"},
	{MAGIC("PAGEDU64"), 0, WINDOWS},
	{MAGIC("PAGEDUMP"), 0, WINDOWS},
	{MAGIC("\xd0\xbe\xd0\xbe"), 0, VMSS},
	{MAGIC("\xd1\xbe\xd1\xbe"), 0, VMSS},
	{MAGIC("\xd2\xbe\xd2\xbe"), 0, VMSS},
	{MAGIC("\xd3\xbe\xd3\xbe"), 0, VMSS},
	{MAGIC("AVML"), 0,
	 "is AVML's own format, which is not read: convert it with avml-convert to LiME's"},
	{MAGIC("QFI\xfb"), 0,
	 "is a disk image, which holds no memory (or a saved machine inside it)"},
	{MAGIC("\x19\x43\x56\x54"), 0,
	 "is an image of CRIU, which is not read: take a core (gcore)"},
	{MAGIC("ProblemType:"), 0,
	 "is a report of apport: unpack the core out of it with apport-unpack"},
	{MAGIC("ustar"), 257, "is a tar archive: unpack the dump out of it"},
	{MAGIC("\x02\x21\x4c\x18"), 0,
	 "is compressed in lz4's legacy format, which is not read: unpack it with lz4 -d"},
	{MAGIC("PK\x03\x04"), 0, "is a zip archive: unpack the dump out of it"},
};

int ksm_dump_refuse(const unsigned char *front, size_t len, struct ksm_error *err)
{
	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
		const struct foreign *f = &foreign[i];

		if (len >= f->offset + f->len && !memcmp(front + f->offset, f->magic, f->len))
			return ksm_error_set(err, KSM_ERR_UNSUPPORTED, EOPNOTSUPP, "%s", f->text);
	}
	return 0;
}
