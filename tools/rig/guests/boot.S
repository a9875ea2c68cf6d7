/* SPDX-License-Identifier: MIT */
/*
 * The smallest guest: a boot sector that says on COM1 that it is there, then
 * echoes every byte it receives, adding a newline after a carriage return.
 * With nothing to do it halts; the timer wakes it 18 times a second, so it
 * costs the rig next to nothing. It has no PV driver, but heeds the ACPI power
 * button and switches itself off.
 */
	.code16
	.set	COM1, 0x3f8
	.set	PM1A_STS, 0xb000	/* hvmloader's ACPI tables say so */
	.set	PM1A_CNT, 0xb004
	.set	PWRBTN, 1 << 8		/* of PM1A_STS */
	.set	SOFT_OFF, 1 << 13	/* SLP_EN; type 0 is S5 in these tables */
	.globl	_start
_start:
	ljmp	$0, $1f
1:	cli
	xorw	%ax, %ax
	movw	%ax, %ds
	movw	%ax, %ss
	movw	$0x7c00, %sp
	sti
	cld

	/* 115200 baud, 8 bits, no parity, 1 stop bit, FIFO on, no interrupts */
	movw	$setup, %si
	movw	$(setup_end - setup) / 2, %cx
1:	lodsw
	movzbw	%al, %dx
	addw	$COM1, %dx
	movb	%ah, %al
	outb	%al, %dx
	loop	1b

	movw	$hello, %si
	call	say

echo:	movw	$COM1 + 5, %dx
	inb	%dx, %al
	testb	$1, %al
	jnz	1f
	hlt
	movw	$PM1A_STS, %dx
	inw	%dx, %ax
	cmpw	$0xffff, %ax		/* nobody there: acpi=0 */
	je	echo
	testw	$PWRBTN, %ax
	jz	echo
	movw	$bye, %si
	call	say
	movw	$PM1A_CNT, %dx
	movw	$SOFT_OFF, %ax
	outw	%ax, %dx
2:	hlt
	jmp	2b

1:	movw	$COM1, %dx
	inb	%dx, %al
	call	put
	cmpb	$'\r', %al
	jne	echo
	movb	$'\n', %al
	call	put
	jmp	echo

/* say: sends the text at %si */
1:	call	put
say:	lodsb
	testb	%al, %al
	jnz	1b
	ret

/* put: sends %al, keeps it */
put:	pushw	%ax
	movw	$COM1 + 5, %dx
1:	inb	%dx, %al
	testb	$0x20, %al
	jz	1b
	popw	%ax
	movw	$COM1, %dx
	outb	%al, %dx
	ret

/* pairs of register, value */
setup:	.byte	1, 0x00, 3, 0x80, 0, 0x01, 1, 0x00, 3, 0x03, 2, 0xc7, 4, 0x03
setup_end:
hello:	.asciz	"mtool boot sector: ready\r\n"
bye:	.asciz	"mtool boot sector: power button\r\n"

	.org	510
	.word	0xaa55
