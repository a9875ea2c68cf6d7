/* SPDX-License-Identifier: MIT */
#include "tools/stubdom/power.h"

#include <sys/reboot.h>
#include <unistd.h>

#include "tools/stubdom/console.h"

/*
 * No sync: closing a block device writes it back, and QEMU's are closed. A
 * sync could wait for ever for a backend that has gone.
 */
_Noreturn void power_off(void)
{
	console_log_flush();
	reboot(RB_POWER_OFF);
	for (;;) /* the kernel panics if init ends */
		pause();
}
