/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "checksum/many.h"

static bool always(void)
{
	return true;
}

#ifdef __x86_64__
static bool has_avx2(void)
{
	return __builtin_cpu_supports("avx2");
}

static bool has_avx2_clmul(void)
{
	return has_avx2() && __builtin_cpu_supports("vpclmulqdq");
}

static bool has_avx512(void)
{
	return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq");
}

static bool has_avx512_clmul(void)
{
	return has_avx512() && __builtin_cpu_supports("vpclmulqdq");
}
#endif

/* On AArch64, 64-bit words are multiplied one by one, so that XXH64 is the plain one. */
const struct ksm_many ksm_many_table[] = {
#ifdef __x86_64__
	{"avx512_clmul", has_avx512_clmul, 10, ksm_xxh64_avx512, ksm_jhash2_avx512,
	 ksm_clnh_avx512},
	{"avx512", has_avx512, 10, ksm_xxh64_avx512, ksm_jhash2_avx512, ksm_nh_avx512},
	{"avx2_clmul", has_avx2_clmul, 4, ksm_xxh64_avx2, ksm_jhash2_avx2, ksm_clnh_avx2},
	{"avx2", has_avx2, 4, ksm_xxh64_avx2, ksm_jhash2_avx2, ksm_nh_avx2},
#endif
#ifdef __aarch64__
	{"neon", always, 2, ksm_xxh64_plain, ksm_jhash2_neon, ksm_nh_neon},
#endif
	{"plain", always, 2, ksm_xxh64_plain, ksm_jhash2_plain, ksm_nh_plain},
};
const size_t ksm_many_table_size = sizeof(ksm_many_table) / sizeof(ksm_many_table[0]);

const struct ksm_many *ksm_many_best(void)
{
	const struct ksm_many *many = ksm_many_table;

	while (!many->is_supported())
		many++;
	return many;
}
