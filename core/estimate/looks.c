/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "estimate/looks.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/str.h"

#define TEXT_RUN_MIN 4

const char *ksm_looks_name(enum ksm_looks looks)
{
	static const char *const names[] = {
		[KSM_LOOKS_ZERO] = "zero",     [KSM_LOOKS_ONE_BYTE] = "one-byte",
		[KSM_LOOKS_TEXT] = "text",     [KSM_LOOKS_POINTERS] = "pointers",
		[KSM_LOOKS_RANDOM] = "random", [KSM_LOOKS_MIXED] = "mixed",
		[KSM_LOOKS_UNKNOWN] = NULL,
	};

	return names[looks];
}

/* Length of the character of a text at @page, 0 if there is none. */
static size_t text_length(const char *page, size_t bytes)
{
	uint32_t cp = 0;
	size_t len = ksm_utf8_length(page, bytes, &cp);

	if (cp == 0x7f || (cp >= 0x80 && cp < 0xa0))
		return 0;
	return cp >= 0x20 || (cp >= '\b' && cp <= '\r') || cp == '\033' ? len : 0;
}

static bool is_text(const char *page, size_t bytes)
{
	size_t text = 0, other = 0, run = 0;

	for (size_t i = 0; i < bytes;) {
		size_t len = text_length(page + i, bytes - i);

		run += len;
		if (len && i + len < bytes) {
			i += len;
			continue;
		}
		*(run < TEXT_RUN_MIN ? &other : &text) += run;
		run = 0;
		other += !len && page[i];
		i += len ? len : 1;
	}
	return text >= bytes / 8 && other * 19 <= text;
}

/*
 * Given out by mmap and brk to position independent programs, or the kernel's own. The bounds on either half
 * keep out pairs of 32-bit numbers: small ones, negative ones, floats.
 */
static bool is_address(uint64_t word)
{
	uint32_t high = (uint32_t)(word >> 32), low = (uint32_t)word;

	if (word % 4 || low < 0x10000)
		return false;
	if (high == UINT32_MAX)
		return low >= 0x80000000 && low < 0xff000000;
	return (high >= 0x10 && high <= 0xffff) || high >= 0xffff8000;
}

static bool are_pointers(const unsigned char *page, size_t bytes)
{
	size_t words = 0, little = 0, big = 0, most;

	for (size_t i = 0; i < bytes; i += 8) {
		uint64_t word, value = 0;

		memcpy(&word, page + i, sizeof(word));
		if (!word)
			continue;
		for (int k = 7; k >= 0; k--)
			value = value << 8 | page[i + (size_t)k];
		words++;
		little += is_address(value);
		big += is_address(__builtin_bswap64(value));
	}
	most = little > big ? little : big;
	return most * 3 >= words && most >= bytes / 8 / 16;
}

static bool is_random(const unsigned char *page, size_t bytes)
{
	uint64_t count[256] = {0}, equal = 0;

	for (size_t i = 0; i < bytes; i++)
		count[page[i]]++;
	for (int i = 0; i < 256; i++)
		if (count[i])
			equal += count[i] * (count[i] - 1);
	return equal * 256 * 4 <= (uint64_t)bytes * (bytes - 1) * 5;
}

enum ksm_looks ksm_looks_of(const void *page, size_t bytes)
{
	const unsigned char *byte = page;

	if (memcmp(byte, byte + 1, bytes - 1) == 0)
		return *byte ? KSM_LOOKS_ONE_BYTE : KSM_LOOKS_ZERO;
	if (is_text(page, bytes))
		return KSM_LOOKS_TEXT;
	if (are_pointers(page, bytes))
		return KSM_LOOKS_POINTERS;
	return is_random(page, bytes) ? KSM_LOOKS_RANDOM : KSM_LOOKS_MIXED;
}
