/* SPDX-License-Identifier: MIT */
/* The list of kernel modules in the image. */
#ifndef STUBDOM_MODLIST_H
#define STUBDOM_MODLIST_H

/* One line of the list: "name.ko parameter=value ...". */
struct module {
	const char *file;
	const char *params; /* "" if there are none */
};

/*
 * Take the next module off `*list`, skipping empty lines and lines that start
 * with '#'. Cuts the text into strings in place. Returns 1 and fills *m, or 0
 * at the end.
 */
int modlist_next(char **list, struct module *m);

#endif
