/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Amounts, and how people are told of them. Documents carry plain numbers; only text output uses these. */
#ifndef KSM_BASE_UNITS_H
#define KSM_BASE_UNITS_H

#include <stdint.h>

/* In place of an amount: null in documents, "-" in tables. */
#define KSM_UNKNOWN INT64_MIN

#define KSM_UNITS_MAX 32

/* "512 B", "4.0 KiB", "-1.2 GiB": one decimal from KiB on. */
void ksm_format_bytes(int64_t bytes, char buf[KSM_UNITS_MAX]);

/*
 * Whole of @text as an amount of bytes from 1 to @max: digits, then nothing or one of K, M, G, T, each 1024 of the one
 * before, or these with "iB" behind. 0, -EINVAL or -ERANGE.
 */
int ksm_parse_bytes(const char *text, uint64_t max, uint64_t *ret_bytes);

/* "0.2 s", "45 s", "3 min 20 s", "2 h 5 min", "3 d 4 h". */
void ksm_format_seconds(double seconds, char buf[KSM_UNITS_MAX]);

/* "12.3%" of a whole; "-" where the whole is 0, since then there is no answer. */
void ksm_format_percent(uint64_t part, uint64_t whole, char buf[KSM_UNITS_MAX]);

#endif
