/* SPDX-License-Identifier: MIT */
/* Buttons and interrupts of the guest's machine, and its kernel's SysRq. */
#include <getopt.h>
#include <string.h>

#include "core/num.h"
#include "tools/mtool/guestctl.h"
#include "tools/mtool/host.h"
#include "tools/mtool/mtool.h"

static int parse_trigger(const char *word, enum hyp_trigger *out, struct err *e)
{
	static const char *const names[] = {
		[TRIGGER_POWER] = "power", [TRIGGER_SLEEP] = "sleep",
		[TRIGGER_NMI] = "nmi",	   [TRIGGER_RESET] = "reset",
		[TRIGGER_INIT] = "init",
	};
	unsigned int i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (!strcmp(word, names[i])) {
			*out = (enum hyp_trigger)i;
			return 0;
		}
	}
	return err_set(e, EXIT_USAGE,
		       "%s: not one of: power, sleep, nmi, reset, init", word);
}

static int pull(struct host *h, const struct vm_record *r,
		const struct hyp_dom *guest, enum hyp_trigger what,
		uint64_t vcpu, struct err *e)
{
	if (vcpu >= guest->max_vcpus)
		return err_set(e, EXIT_USAGE, "vcpu %llu: it has 0..%u",
			       (unsigned long long)vcpu, guest->max_vcpus - 1);
	return hyp_dom_trigger(h->hyp, r->target, what, (unsigned int)vcpu, e);
}

int cmd_trigger(struct mtool *m, int argc, char **argv, struct err *e)
{
	enum hyp_trigger what = TRIGGER_POWER;
	struct host h;
	struct vm_record r;
	struct hyp_dom guest;
	uint64_t vcpu = 0;
	int rc;

	if (cmd_option(argc, argv, "", "", e) != -1 ||
	    cmd_words(argc, argv, 2, 3, e) < 0 ||
	    parse_trigger(argv[optind + 1], &what, e) < 0)
		return -1;
	if (argc - optind == 3 &&
	    num_parse(argv[optind + 2], 0, VM_VCPUS_MAX - 1, &vcpu) < 0)
		return err_set(e, EXIT_USAGE, "%s: not a vcpu",
			       argv[optind + 2]);
	if (host_open_vm(m, &h, argv[optind], &r, &guest, e) < 0)
		return -1;
	rc = pull(&h, &r, &guest, what, vcpu, e);
	host_close(&h);
	return rc < 0 ? err_in(e, "%s", r.name) : 0;
}

static int sysrq(struct host *h, const struct vm_record *r, char letter,
		 struct err *e)
{
	int pv = hyp_dom_has_pv(h->hyp, r->target, e);

	if (!pv)
		err_set(e, EXIT_FAILED,
			"the guest has no PV drivers that would see it");
	return pv == 1 ? guest_sysrq(h->xs, r->target, letter, e) : -1;
}

int cmd_sysrq(struct mtool *m, int argc, char **argv, struct err *e)
{
	struct host h;
	struct vm_record r;
	struct hyp_dom guest;
	const char *word;
	int rc;

	if (cmd_option(argc, argv, "", "", e) != -1 ||
	    cmd_words(argc, argv, 2, 2, e) < 0)
		return -1;
	word = argv[optind + 1];
	if (word[0] <= ' ' || word[0] > '~' || word[1])
		return err_set(e, EXIT_USAGE, "%s: not one letter", word);
	if (host_open_vm(m, &h, argv[optind], &r, &guest, e) < 0)
		return -1;
	rc = sysrq(&h, &r, *word, e);
	host_close(&h);
	return rc < 0 ? err_in(e, "%s", r.name) : 0;
}
