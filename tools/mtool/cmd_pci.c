/* SPDX-License-Identifier: MIT */
#include <getopt.h>
#include <stdio.h>

#include "tools/mtool/host.h"
#include "tools/mtool/livecmd.h"
#include "tools/mtool/pciassign.h"
#include "tools/mtool/vmpci.h"

static int parse_bdf(const char *text, struct bdf *b, struct err *e)
{
	if (!bdf_parse(text, b))
		return 0;
	return err_set(e, EXIT_USAGE,
		       "%s: not the address of a PCI device, like 0000:03:00.0",
		       text);
}

/* All words are checked before anything is done. */
static int check_words(int argc, char **argv, struct err *e)
{
	struct bdf b;
	int i;

	if (cmd_words(argc, argv, 1, argc, e) < 0)
		return -1;
	for (i = optind; i < argc; i++) {
		if (parse_bdf(argv[i], &b, e) < 0)
			return -1;
	}
	return 0;
}

typedef int each_fn(struct pci_host *p, const struct bdf *b, bool option,
		    struct err *e);

/* Call fn for each word, up to the first failure. */
static int each(struct mtool *m, int argc, char **argv, each_fn *fn,
		bool option, struct err *e)
{
	struct pci_host p;
	struct host h;
	struct bdf b;
	int i, rc;

	if (host_open(&h, &m->log, e) < 0)
		return -1;
	rc = pci_host_open(&p, h.hyp, h.xs, &m->log, e);
	for (i = optind; !rc && i < argc; i++) {
		rc = parse_bdf(argv[i], &b, e);
		if (!rc)
			rc = fn(&p, &b, option, e);
	}
	pci_host_close(&p);
	host_close(&h);
	return rc;
}

int cmd_pci_assignable_add(struct mtool *m, int argc, char **argv,
			   struct err *e)
{
	bool force = false;
	int c;

	while ((c = cmd_option(argc, argv, "f", "force=f", e)) != -1) {
		if (c != 'f')
			return -1;
		force = true;
	}
	if (check_words(argc, argv, e) < 0)
		return -1;
	return each(m, argc, argv, pci_assignable_add, force, e);
}

int cmd_pci_assignable_remove(struct mtool *m, int argc, char **argv,
			      struct err *e)
{
	bool rebind = false;
	int c;

	while ((c = cmd_option(argc, argv, "r", "", e)) != -1) {
		if (c != 'r')
			return -1;
		rebind = true;
	}
	if (check_words(argc, argv, e) < 0)
		return -1;
	return each(m, argc, argv, pci_assignable_remove, rebind, e);
}

static const char *text_of(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));

	return text ? text : "";
}

static void print_assignable(const json_t *list)
{
	const json_t *o, *domain;
	size_t i;

	json_array_foreach(list, i, o)
	{
		const char *driver = text_of(o, "driver");

		domain = json_object_get(o, "domain");
		printf("%s %s:%s class %s, ", text_of(o, "bdf"),
		       text_of(o, "vendor"), text_of(o, "device"),
		       text_of(o, "class"));
		if (domain)
			printf("domain %lld has it",
			       (long long)json_integer_value(domain));
		else
			printf("free");
		printf("%s%s\n", *driver ? ", was driver " : "", driver);
	}
}

int cmd_pci_assignable_list(struct mtool *m, int argc, char **argv,
			    struct err *e)
{
	json_t *list = NULL;
	struct pci_host p;
	struct host h;

	if (cmd_option(argc, argv, "", "", e) != -1 ||
	    cmd_words(argc, argv, 0, 0, e) < 0 || host_open(&h, &m->log, e) < 0)
		return -1;
	if (!pci_host_open(&p, h.hyp, h.xs, &m->log, e))
		list = pci_assignable_list(&p, e);
	pci_host_close(&p);
	host_close(&h);
	if (!list)
		return -1;
	if (m->json)
		print_json(list);
	else
		print_assignable(list);
	json_decref(list);
	return 0;
}

static int attach(struct live *l, char **words, const struct live_options *o,
		  struct err *e)
{
	return pci_attach(l, words[0], o->limit_s, e);
}

int cmd_pci_attach(struct mtool *m, int argc, char **argv, struct err *e)
{
	return live_command(m, argc, argv, "t:", 1, attach, e);
}

static int detach(struct live *l, char **words, const struct live_options *o,
		  struct err *e)
{
	struct bdf b;

	if (parse_bdf(words[0], &b, e) < 0)
		return -1;
	return pci_detach(l, &b, o->force, o->limit_s, e);
}

int cmd_pci_detach(struct mtool *m, int argc, char **argv, struct err *e)
{
	struct live_options o;
	struct bdf b;

	/* A wrong word is told before the VM is looked for. */
	if (live_options(argc, argv, "Ft:", 2, 2, &o, e) < 0 ||
	    parse_bdf(argv[optind + 1], &b, e) < 0)
		return -1;
	return live_change(m, argv + optind, &o, detach, e);
}

int cmd_pci_list(struct mtool *m, int argc, char **argv, struct err *e)
{
	return live_show(m, argc, argv, pci_list, pci_print, e);
}
