/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What injection needs to know of the processor that this is built for (core/control/inject_arch.h), as far as it can
 * be shown without tracing: run natively, and for other processors under qemu-user, which has no ptrace.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "control/inject_arch.h"

#define CHECK(condition)                                                        \
	do {                                                                    \
		if (!(condition)) {                                             \
			fprintf(stderr, "line %d: %s\n", __LINE__, #condition); \
			exit(1);                                                \
		}                                                               \
	} while (0)

extern const unsigned char __executable_start[], etext[];

/* Makes a system call with the registers as they were prepared, by an instruction of its own. */
static int64_t call_with(ksm_regs *regs)
{
#if defined(__aarch64__)
	register uint64_t x8 __asm__("x8") = regs->regs[8];
	register uint64_t x0 __asm__("x0") = regs->regs[0];
	register uint64_t x1 __asm__("x1") = regs->regs[1];
	register uint64_t x2 __asm__("x2") = regs->regs[2];
	register uint64_t x3 __asm__("x3") = regs->regs[3];
	register uint64_t x4 __asm__("x4") = regs->regs[4];
	register uint64_t x5 __asm__("x5") = regs->regs[5];

	__asm__ volatile("svc #0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory", "cc");
	regs->regs[0] = x0;
#elif defined(__x86_64__)
	register uint64_t r10 __asm__("r10") = regs->r10;
	register uint64_t r8 __asm__("r8") = regs->r8;
	register uint64_t r9 __asm__("r9") = regs->r9;
	uint64_t rax = regs->rax;

	__asm__ volatile("syscall"
			 : "+a"(rax)
			 : "D"(regs->rdi), "S"(regs->rsi), "d"(regs->rdx), "r"(r10), "r"(r8),
			   "r"(r9)
			 : "rcx", "r11", "memory");
	regs->rax = rax;
#endif
	return ksm_arch_result(regs);
}

/* Of this program's own code: an instruction that makes a system call, where it says. */
static void check_search(void)
{
	size_t len = (size_t)(etext - __executable_start);
	int64_t at = ksm_arch_find_syscall(__executable_start, len);
	unsigned char code[64] = {0};

	CHECK(at >= 0 && (size_t)at + ksm_arch_syscall_size <= len);
	memcpy(code + 32, __executable_start + at, ksm_arch_syscall_size);
	CHECK(ksm_arch_find_syscall(code, sizeof(code)) == 32);
	CHECK(ksm_arch_find_syscall(code, 32 + ksm_arch_syscall_size) == 32);
	CHECK(ksm_arch_find_syscall(code, 32 + ksm_arch_syscall_size - 1) == -1);
	CHECK(ksm_arch_find_syscall(code, 0) == -1);
}

static void check_calls(void)
{
	const uint64_t none[6] = {0}, sum[6] = {0, 4096, 0, 0x22, (uint64_t)-1, 0};
	const uint64_t bad[6] = {12345};
	ksm_regs saved, regs;

	memset(&saved, 0x5a, sizeof(saved));
	regs = ksm_arch_prepare(&saved, 0x1234, SYS_getpid, none);
	CHECK(ksm_arch_pc(&regs) == 0x1234);
	CHECK(call_with(&regs) == getpid());
	/* All six arguments: a private anonymous mapping. */
	regs = ksm_arch_prepare(&saved, 0, SYS_mmap, sum);
	CHECK(call_with(&regs) > 0);
	regs = ksm_arch_prepare(&saved, 0, SYS_close, bad);
	CHECK(call_with(&regs) == -9 /* EBADF */);
}

/* Nothing but what a call needs is another. */
static void check_rest(void)
{
	const uint64_t args[6] = {1, 2, 3, 4, 5, 6};
	ksm_regs saved, regs;
	size_t changed = 0;

	memset(&saved, 0x5a, sizeof(saved));
	regs = ksm_arch_prepare(&saved, 7, 8, args);
	for (size_t i = 0; i < sizeof(regs) / 8; i++)
		changed += memcmp((char *)&regs + 8 * i, (char *)&saved + 8 * i, 8) != 0;
	CHECK(changed == 8);
}

static void check_native(void)
{
	ksm_regs regs;

	memset(&regs, 0, sizeof(regs));
#if defined(__aarch64__)
	CHECK(ksm_arch_is_native(&regs));
	regs.pstate = 0x10; /* AArch32 */
#elif defined(__x86_64__)
	regs.cs = 0x33;
	CHECK(ksm_arch_is_native(&regs));
	regs.cs = 0x23; /* 32-bit code */
#endif
	CHECK(!ksm_arch_is_native(&regs));
}

int main(void)
{
	CHECK(ksm_arch_is_known);
	check_search();
	check_calls();
	check_rest();
	check_native();
	puts("ok");
	return 0;
}
