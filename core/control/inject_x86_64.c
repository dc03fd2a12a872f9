/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifdef __x86_64__

#include "control/inject_arch.h"

#include <string.h>

#define USER_CS 0x33 /* __USER_CS: 64-bit code */

static const unsigned char syscall_code[] = {0x0f, 0x05};

const bool ksm_arch_is_known = true;
const size_t ksm_arch_syscall_size = sizeof(syscall_code);

/* Instructions need no alignment: the two bytes are a `syscall` wherever they stand. */
int64_t ksm_arch_find_syscall(const unsigned char *code, size_t len)
{
	const unsigned char *at = memmem(code, len, syscall_code, sizeof(syscall_code));

	return at ? at - code : -1;
}

bool ksm_arch_is_native(const ksm_regs *regs)
{
	return regs->cs == USER_CS;
}

uint64_t ksm_arch_pc(const ksm_regs *regs)
{
	return regs->rip;
}

void ksm_arch_set_pc(ksm_regs *regs, uint64_t pc)
{
	regs->rip = pc;
}

ksm_regs ksm_arch_prepare(const ksm_regs *saved, uint64_t pc, long nr, const uint64_t args[6])
{
	ksm_regs regs = *saved;

	regs.rip = pc;
	/* Not one of the codes that make the kernel restart a call that was interrupted. */
	regs.rax = (unsigned long long)nr;
	regs.rdi = args[0];
	regs.rsi = args[1];
	regs.rdx = args[2];
	regs.r10 = args[3];
	regs.r8 = args[4];
	regs.r9 = args[5];
	return regs;
}

int64_t ksm_arch_result(const ksm_regs *regs)
{
	return (int64_t)regs->rax;
}

#endif
