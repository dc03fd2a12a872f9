// SPDX-License-Identifier: GPL-2.0-or-later
// snappy_dump: writes a kdump of eight pages that snappy compressed to stdout, two of them alike.
#include <cstdio>

#include "tests/unit/source/kdump_builder.h"

int main()
{
	KdumpBuilder dump;

	dump.codecs = {kSnappy};
	for (unsigned char i = 0; i < 8; i++)
		dump.pages[i] = dump.Page(static_cast<unsigned char>(i ? i : 7));
	std::string bytes = dump.Build();
	return std::fwrite(bytes.data(), bytes.size(), 1, stdout) == 1 ? 0 : 1;
}
