/* SPDX-License-Identifier: GPL-2.0-or-later */
#if !defined(__x86_64__) && !defined(__aarch64__)

#include "control/inject_arch.h"

const bool ksm_arch_is_known = false;
const size_t ksm_arch_syscall_size = 1;

int64_t ksm_arch_find_syscall(const unsigned char *code, size_t len)
{
	return -1;
}

bool ksm_arch_is_native(const ksm_regs *regs)
{
	return false;
}

uint64_t ksm_arch_pc(const ksm_regs *regs)
{
	return regs->pc;
}

void ksm_arch_set_pc(ksm_regs *regs, uint64_t pc)
{
	regs->pc = pc;
}

ksm_regs ksm_arch_prepare(const ksm_regs *saved, uint64_t pc, long nr, const uint64_t args[6])
{
	return *saved;
}

int64_t ksm_arch_result(const ksm_regs *regs)
{
	return -1;
}

#endif
