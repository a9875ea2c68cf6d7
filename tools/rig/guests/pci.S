/* SPDX-License-Identifier: MIT */
/*
 * A guest for PCI passthrough: a monitor on COM1 that looks at QEMU's "edu"
 * devices (1234:11e8). A command is a letter and up to two hexadecimal numbers
 * in a line; the answer is "#COUNT VALUE", both of 8 digits, COUNT growing by
 * one with each command.
 *
 *   f N     use the Nth edu of bus 0 from here on: its slot, or ffffffff;
 *           what firmware has not placed is placed, and it may do DMA
 *   c R     config space, 32 bits      C R V  write, then read it
 *   h R V   write 16 bits there, then read 32
 *   r O     memory behind BAR 0        w O V  write
 *   i       INTx handled so far        m      MSIs (vector 0x50) handled
 *   d       ACPI hot-plug: slots to be let go of, a bit for each
 *   e V     eject these
 *
 * The handlers do what edu wants: read its status, write it back.
 */
	.set	COM1, 0x3f8
	.set	EDU, 0x11e81234
	.set	IDT, 0x10000
	.set	VECTORS, 0x51
	.set	MSI_VECTOR, 0x50
	.set	APIC_EOI, 0xfee000b0
	.set	APIC_SVR, 0xfee000f0
	.set	PLACE, 0xf8000000	/* for what comes after firmware */
	.set	ACPI_DOWN, 0xae04
	.set	ACPI_EJECT, 0xae08

	.code16
	.globl	_start
_start:
	ljmp	$0, $1f
1:	cli
	xorw	%ax, %ax
	movw	%ax, %ds
	movw	%ax, %es
	movw	%ax, %ss
	movw	$0x7c00, %sp
	movw	$packet, %si
	movb	$0x42, %ah		/* the rest, by its sectors */
	int	$0x13
	inb	$0x92, %al		/* the 21st address line */
	orb	$2, %al
	outb	%al, $0x92
	lgdt	gdtr
	movl	%cr0, %eax
	orl	$1, %eax
	movl	%eax, %cr0
	ljmp	$8, $protected

	.balign	4
packet:	.byte	16, 0
	.word	7, 0x7e00, 0
	.quad	1
gdt:	.quad	0, 0x00cf9a000000ffff, 0x00cf92000000ffff
gdtr:	.word	gdtr - gdt - 1
	.long	gdt
idtr:	.word	VECTORS * 8 - 1
	.long	IDT

	.org	510
	.word	0xaa55

	.code32
protected:
	movw	$16, %ax
	movw	%ax, %ds
	movw	%ax, %es
	movw	%ax, %ss
	movl	$0x7c00, %esp
	cld
	call	serial
	call	vectors
	call	pics
	orl	$0x1ff, APIC_SVR
	lidt	idtr
	sti
	movl	$hello, %esi
	call	say

next:	call	line
	incl	count
	movl	$buffer, %esi
	lodsb
	movb	%al, %bl
	call	number
	movl	%edx, %ecx		/* the first number */
	call	number			/* the second, in %edx */
	movl	$table, %edi
1:	cmpb	$0, (%edi)
	je	2f
	cmpb	%bl, (%edi)
	je	2f
	addl	$5, %edi
	jmp	1b
2:	call	*1(%edi)		/* value in %eax */
	pushl	%eax
	movb	$'#', %al
	call	put
	movl	count, %eax
	call	hex
	movb	$' ', %al
	call	put
	popl	%eax
	call	hex
	movl	$newline, %esi
	call	say
	jmp	next

	.macro	entry letter, label
	.byte	\letter
	.long	\label
	.endm
table:	entry	'f', find
	entry	'c', config_get
	entry	'C', config_put
	entry	'h', config_half
	entry	'r', memory_get
	entry	'w', memory_put
	entry	'i', intx_get
	entry	'm', msi_get
	entry	'd', down_get
	entry	'e', eject
	entry	0, unknown

unknown: movl	$-1, %eax
	ret

/* --- commands: numbers in %ecx and %edx, value to %eax --- */

find:	movl	%ecx, %ebx		/* how many to pass over */
	movl	$-1, slot
1:	incl	slot
	cmpl	$32, slot
	je	unknown
	xorl	%ecx, %ecx
	call	config_get
	cmpl	$EDU, %eax
	jne	1b
	decl	%ebx
	jns	1b
	movl	$0x10, %ecx
	call	config_get
	andl	$~15, %eax
	jnz	2f
	movl	slot, %edx		/* a MiB for each slot */
	shll	$20, %edx
	addl	$PLACE, %edx
	call	config_put
	andl	$~15, %eax
2:	movl	%eax, bar
	movl	$4, %ecx
	movl	$6, %edx		/* memory, bus master */
	call	config_half
	movl	$0x3c, %ecx
	call	config_get
	movzbl	%al, %ecx
	jecxz	3f
	cmpl	$15, %ecx
	ja	3f
	inb	$0xa1, %al		/* let its interrupt through */
	movb	%al, %ah
	inb	$0x21, %al
	btr	%ecx, %eax
	outb	%al, $0x21
	movb	%ah, %al
	outb	%al, $0xa1
3:	movl	slot, %eax
	ret

/* Register %ecx of the device is behind port 0xcfc. */
select:	movl	slot, %eax
	shll	$11, %eax
	orl	%ecx, %eax
	andl	$~3, %eax
	orl	$0x80000000, %eax
	pushl	%edx
	movl	$0xcf8, %edx
	outl	%eax, %dx
	popl	%edx
	ret

config_get:
	call	select
	pushl	%edx
	movl	$0xcfc, %edx
	inl	%dx, %eax
	popl	%edx
	ret

config_put:
	call	select
	movl	%edx, %eax
	movl	$0xcfc, %edx
	outl	%eax, %dx
	jmp	config_get

config_half:
	call	select
	movl	%edx, %eax
	movl	%ecx, %edx
	andl	$2, %edx
	addl	$0xcfc, %edx
	outw	%ax, %dx
	jmp	config_get

memory_get:
	addl	bar, %ecx
	movl	(%ecx), %eax
	ret

memory_put:
	addl	bar, %ecx
	movl	%edx, (%ecx)
	movl	%edx, %eax
	ret

intx_get:
	movl	intx, %eax
	ret

msi_get:
	movl	msi, %eax
	ret

down_get:
	movl	$ACPI_DOWN, %edx
	inl	%dx, %eax
	ret

eject:	movl	%ecx, %eax
	movl	$ACPI_EJECT, %edx
	outl	%eax, %dx
	ret

/* --- interrupts --- */

/* edu keeps its interrupt up until its status is written back. */
acknowledge:
	movl	bar, %edi
	testl	%edi, %edi
	jz	1f
	movl	0x24(%edi), %eax
	movl	%eax, 0x64(%edi)
1:	ret

on_timer:
	pushl	%eax
	movb	$0x20, %al
	outb	%al, $0x20
	popl	%eax
	iret

on_intx:
	pushal
	incl	intx
	call	acknowledge
	movb	$0x20, %al
	outb	%al, $0xa0
	outb	%al, $0x20
	popal
	iret

on_msi:
	pushal
	incl	msi
	call	acknowledge
	movl	$0, APIC_EOI
	popal
	iret

/* Gate %ecx leads to %eax. */
gate:	leal	IDT(, %ecx, 8), %edi
	movw	%ax, (%edi)
	movw	$8, 2(%edi)
	movw	$0x8e00, 4(%edi)
	shrl	$16, %eax
	movw	%ax, 6(%edi)
	ret

vectors:
	movl	$0x20, %ecx
	movl	$on_timer, %eax
	call	gate
1:	incl	%ecx
	movl	$on_intx, %eax
	call	gate
	cmpl	$0x2f, %ecx
	jb	1b
	movl	$MSI_VECTOR, %ecx
	movl	$on_msi, %eax
	jmp	gate

/* IRQ 0-15 are vectors 0x20-0x2f; the timer alone comes through at first. */
pics:	movl	$pic_setup, %esi
	movl	$(pic_setup_end - pic_setup) / 2, %ecx
1:	lodsw
	movzbl	%al, %edx
	movb	%ah, %al
	outb	%al, %dx
	loop	1b
	ret

/* --- the serial line --- */

serial:	movl	$setup, %esi
	movl	$(setup_end - setup) / 2, %ecx
1:	lodsw
	movzbl	%al, %edx
	addl	$COM1, %edx
	movb	%ah, %al
	outb	%al, %dx
	loop	1b
	ret

/* A line into buffer. The timer wakes us 18 times a second to look. */
line:	movl	$buffer, %edi
1:	movl	$COM1 + 5, %edx
	inb	%dx, %al
	testb	$1, %al
	jnz	2f
	hlt
	jmp	1b
2:	movl	$COM1, %edx
	inb	%dx, %al
	cmpb	$'\r', %al
	je	3f
	cmpb	$'\n', %al
	je	1b
	cmpl	$buffer_end, %edi
	je	1b
	stosb
	jmp	1b
3:	cmpl	$buffer, %edi
	je	1b			/* an empty one is none */
	movb	$0, (%edi)
	ret

/* The number at %esi, into %edx; blanks before it are passed over. */
number:	xorl	%edx, %edx
1:	cmpb	$' ', (%esi)
	jne	2f
	incl	%esi
	jmp	1b
2:	movzbl	(%esi), %eax
	orb	$0x20, %al
	subb	$'0', %al
	jb	3f
	cmpb	$9, %al
	jbe	4f
	subb	$'a' - '0' - 10, %al
	cmpb	$10, %al
	jb	3f
	cmpb	$15, %al
	ja	3f
4:	shll	$4, %edx
	orl	%eax, %edx
	incl	%esi
	jmp	2b
3:	ret

1:	call	put
say:	lodsb
	testb	%al, %al
	jnz	1b
	ret

/* %eax in 8 digits */
hex:	movl	$8, %ecx
1:	roll	$4, %eax
	pushl	%eax
	andb	$15, %al
	cmpb	$10, %al
	jb	2f
	addb	$'a' - '0' - 10, %al
2:	addb	$'0', %al
	call	put
	popl	%eax
	loop	1b
	ret

put:	pushl	%edx
	pushl	%eax
	movl	$COM1 + 5, %edx
1:	inb	%dx, %al
	testb	$0x20, %al
	jz	1b
	popl	%eax
	movl	$COM1, %edx
	outb	%al, %dx
	popl	%edx
	ret

/* pairs of port, value */
pic_setup:
	.byte	0x20, 0x11, 0xa0, 0x11, 0x21, 0x20, 0xa1, 0x28, 0x21, 4
	.byte	0xa1, 2, 0x21, 1, 0xa1, 1, 0x21, 0xfa, 0xa1, 0xff
pic_setup_end:
/* pairs of register, value: 115200 baud, 8 bits, FIFO, no interrupts */
setup:	.byte	1, 0x00, 3, 0x80, 0, 0x01, 1, 0x00, 3, 0x03, 2, 0xc7, 4, 0x03
setup_end:
hello:	.asciz	"pci monitor: ready\r\n"
newline: .asciz	"\r\n"
	.balign	4
count:	.long	0
slot:	.long	0
bar:	.long	0
intx:	.long	0
msi:	.long	0
buffer:	.fill	64
buffer_end:
	.byte	0
	.org	8 * 512
