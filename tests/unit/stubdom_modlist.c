/* SPDX-License-Identifier: MIT */
/* The stubdomain's list of kernel modules. */
#include "tools/stubdom/modlist.h"

#include "tests/unit/tap.h"

static void one_line_one_module(void)
{
	char text[] = "xen-evtchn.ko\n"
		      "xen-privcmd.ko unrestricted=1\n"
		      "tun.ko \n"
		      "a.ko  b=1 c=2\t\n";
	char *list = text;
	struct module m;

	is_int(modlist_next(&list, &m), 1, "first");
	is_str(m.file, "xen-evtchn.ko", "its file");
	is_str(m.params, "", "no parameters");
	is_int(modlist_next(&list, &m), 1, "second");
	is_str(m.file, "xen-privcmd.ko", "its file");
	is_str(m.params, "unrestricted=1", "its parameter");
	is_int(modlist_next(&list, &m), 1, "third");
	is_str(m.file, "tun.ko", "without the blank");
	is_str(m.params, "", "no parameters");
	is_int(modlist_next(&list, &m), 1, "fourth");
	is_str(m.params, "b=1 c=2", "two parameters, blanks cut");
	is_int(modlist_next(&list, &m), 0, "no more");
	is_int(modlist_next(&list, &m), 0, "nor later");
}

static void what_is_no_module_is_skipped(void)
{
	char text[] = "\n \t\n# a comment\n  # another\n\r\n  a.ko x=1";
	char *list = text;
	struct module m;

	is_int(modlist_next(&list, &m), 1, "one is left");
	is_str(m.file, "a.ko", "indented");
	is_str(m.params, "x=1", "at the end without a newline");
	is_int(modlist_next(&list, &m), 0, "no more");
}

static void empty_list(void)
{
	char text[] = "";
	char *list = text;
	struct module m;

	is_int(modlist_next(&list, &m), 0, "no module in nothing");
}

int main(void)
{
	one_line_one_module();
	what_is_no_module_is_skipped();
	empty_list();
	return done_testing();
}
