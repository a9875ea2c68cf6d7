/* SPDX-License-Identifier: MIT */
#ifndef CORE_MEMORY_H
#define CORE_MEMORY_H

/*
 * Give back what this process does not need as long as nothing happens: unused
 * heap and stack, and the code it has run and the tables it has read so far,
 * which come back from the page cache when they are used again. For processes
 * that live long and do much at rare moments.
 */
void memory_release(void);

#endif
