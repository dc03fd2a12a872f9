/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a page seems to hold, by its bytes alone. */
#ifndef KSM_ESTIMATE_LOOKS_H
#define KSM_ESTIMATE_LOOKS_H

#include <stddef.h>

/* The first that fits. */
enum ksm_looks {
	KSM_LOOKS_UNKNOWN,
	KSM_LOOKS_ZERO,
	KSM_LOOKS_ONE_BYTE, /* all bytes are the same, and not zero */
	/*
	 * Runs of 4 bytes and more of printable characters and white space, ASCII or UTF-8, make an eighth of
	 * the page or more, and 95% of the bytes that are not zero.
	 */
	KSM_LOOKS_TEXT,
	/*
	 * Of the 64-bit words that are not zero a third or more, and of all a sixteenth or more, are
	 * addresses as Linux gives them out, in one of the byte orders. Programs that are not position
	 * independent, and those of 32 bits, have addresses that cannot be told from numbers.
	 */
	KSM_LOOKS_POINTERS,
	/*
	 * Two of its bytes are equal no more than 1.25 times as often as by chance: compressed, encrypted,
	 * random.
	 */
	KSM_LOOKS_RANDOM,
	KSM_LOOKS_MIXED,
};

/* "one-byte"; NULL for KSM_LOOKS_UNKNOWN. */
const char *ksm_looks_name(enum ksm_looks looks);

/* @bytes is a page's size, a multiple of 4096. Never KSM_LOOKS_UNKNOWN. */
enum ksm_looks ksm_looks_of(const void *page, size_t bytes);

#endif
