/* SPDX-License-Identifier: MIT */
#ifndef STUBDOM_POWER_H
#define STUBDOM_POWER_H

/*
 * End the stubdomain: the way init tells the toolstack that there is no more
 * device model. Why must have been said already.
 */
_Noreturn void power_off(void);

#endif
