/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest of its own for QEMU (-kernel, multiboot), of 64 MiB: fills pages from 16 MiB on, FILLED of them with
 * CONTENTS contents in turn, then writes zeros from 40 MiB on; maps all memory where it is and once more from
 * 1 GiB on, so that a dump with paging has aliases; says so on the debug console, and rests.
 */
#define FILLED	 4096
#define CONTENTS 1000
#define ZEROED	 512
#define PAGE_DIR 0x200000

	.code32
	.text
	.globl _start
	.balign 4
	.long 0x1badb002, 0, -0x1badb002

_start:
	cld
	movl $0x1000000, %edi
	xorl %ebx, %ebx			/* the content's number */
	movl $FILLED, %edx
page:	leal 1(%ebx), %eax
	imull $0x9e3779b1, %eax
	movl $1024, %ecx
word:	stosl
	imull $0x915f77f5, %eax
	addl $0x3c6ef35f, %eax
	loop word
	incl %ebx
	cmpl $CONTENTS, %ebx
	jne next
	xorl %ebx, %ebx
next:	decl %edx
	jnz page

	movl $0x2800000, %edi
	xorl %eax, %eax
	movl $ZEROED * 1024, %ecx
	rep stosl

	movl $PAGE_DIR, %edi
	movl $1024, %ecx
	rep stosl
	movl $0x83, %eax		/* present, writable, 4 MiB */
	xorl %ecx, %ecx
entry:	movl %eax, PAGE_DIR(, %ecx, 4)
	movl %eax, PAGE_DIR + 1024(, %ecx, 4)
	addl $0x400000, %eax
	incl %ecx
	cmpl $16, %ecx
	jne entry
	movl $0x10, %eax		/* PSE */
	movl %eax, %cr4
	movl $PAGE_DIR, %eax
	movl %eax, %cr3
	movl %cr0, %eax
	orl $0x80000000, %eax
	movl %eax, %cr0

	movb $'!', %al
	outb %al, $0xe9
rest:	hlt
	jmp rest
