/* SPDX-License-Identifier: MIT */
/*
 * Giving a device and taking it back, against a Xen that writes down what it
 * is asked and can be told to refuse, a sysfs of files, and a xenstore that is
 * a list.
 */
#include "tools/mtool/pcigive.h"

#include "core/hyp_pci.h"
#include "devices/pciback.h"
#include "tests/unit/pci_fake.h"
#include "tests/unit/tap.h"
#include "tests/unit/xs_fake.h"

#define EDU "0000:00:04.0"

static struct xen {
	char calls[2048];
	const char *refuse; /* the call that begins so */
	bool iommu, target_gone;
} xen;

static const uint8_t uuid[16] = {1}, stub_uuid[16] = {2}, other[16] = {3};
static const struct bdf edu = {0, 0, 4, 0};
static struct fake fake;
static struct pci_host host;
static struct log quiet;
static struct err e;

static int call(struct err *why, const char *fmt, ...)
{
	char text[80];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (xen.refuse && !strncmp(text, xen.refuse, strlen(xen.refuse)))
		return err_set(why, EXIT_FAILED, "Xen refuses to %s", text);
	strcat(xen.calls, text);
	strcat(xen.calls, "\n");
	return 0;
}

/* --- core/hyp.c and core/hyp_pci.c, as far as they are used --- */

struct log *hyp_log(struct hyp *h)
{
	(void)h;
	return &quiet;
}

int hyp_host_info(struct hyp *h, struct hyp_host *out, struct err *why)
{
	(void)h, (void)why;
	memset(out, 0, sizeof(*out));
	out->directio = xen.iommu;
	return 0;
}

int hyp_dom_get(struct hyp *h, uint32_t domid, struct hyp_dom *out,
		struct err *why)
{
	(void)h, (void)why;
	memset(out, 0, sizeof(*out));
	out->domid = domid;
	memcpy(out->uuid, domid == 5 ? uuid : stub_uuid, 16);
	return domid == 5 ? !xen.target_gone : 1;
}

int hyp_pci_test(struct hyp *h, uint32_t domid, const struct bdf *b,
		 struct err *why)
{
	(void)h, (void)b;
	return call(why, "test %u", domid);
}

static const char *who(uint32_t domid)
{
	return domid == HYP_QUARANTINE ? "quarantine"
	       : domid == 5	       ? "target"
				       : "stub";
}

int hyp_pci_assign(struct hyp *h, uint32_t domid, const struct bdf *b,
		   bool strict, struct err *why)
{
	(void)h, (void)b, (void)strict;
	return call(why, "assign %s", who(domid));
}

int hyp_pci_deassign(struct hyp *h, uint32_t domid, const struct bdf *b,
		     struct err *why)
{
	(void)h, (void)b;
	return call(why, "deassign %s", who(domid));
}

int hyp_pci_group(struct hyp *h, uint32_t domid, const struct bdf *b,
		  struct bdf *out, unsigned int max)
{
	(void)h, (void)domid, (void)b, (void)out, (void)max;
	return 0;
}

int hyp_allow_mem(struct hyp *h, uint32_t domid, uint64_t frame, uint64_t nr,
		  bool allow, struct err *why)
{
	(void)h;
	return call(why, "%s %s mem %llx+%llx", allow ? "allow" : "forbid",
		    who(domid), (unsigned long long)frame,
		    (unsigned long long)nr);
}

int hyp_allow_ports(struct hyp *h, uint32_t domid, uint32_t port, uint32_t nr,
		    bool allow, struct err *why)
{
	(void)h;
	return call(why, "%s %s ports %x+%x", allow ? "allow" : "forbid",
		    who(domid), port, nr);
}

int hyp_allow_irq(struct hyp *h, uint32_t domid, unsigned int gsi, bool allow,
		  struct err *why)
{
	(void)h;
	return call(why, "%s %s irq %u", allow ? "allow" : "forbid", who(domid),
		    gsi);
}

int hyp_pci_reserved(struct hyp *h, const struct bdf *b,
		     struct hyp_reserved *out, unsigned int max,
		     struct err *why)
{
	(void)h, (void)b, (void)out, (void)max, (void)why;
	return 0;
}

/* --- tests --- */

static struct pci_owner owner;

static void begin(void)
{
	memset(&store, 0, sizeof(store));
	xen = (struct xen){.iommu = true};
	fake_open(&fake);
	fake_edu(&fake);
	fake_dev(&fake, EDU, "resource",
		 "0x00000000fea00000 0x00000000feafffff 0x0000000000040200\n"
		 "0x000000000000c000 0x000000000000c01f 0x0000000000040101\n");
	fake_pciback(&fake);
	fake_driver(&fake, EDU, "pciback");
	fake_put(&fake, FAKE_DRIVER "slots", EDU "\n");
	fake_put(&fake, "sys/module/xen_pciback/parameters/passthrough", "Y\n");
	host = (struct pci_host){.root = fake.root, .log = &quiet};
	owner = (struct pci_owner){.bdf = edu, .target = 5, .stub = 6};
	memcpy(owner.uuid, uuid, 16);
	memcpy(owner.stub_uuid, stub_uuid, 16);
}

#define GIVEN                          \
	"test 5\n"                     \
	"allow stub mem fea00+100\n"   \
	"allow stub ports c000+20\n"   \
	"allow stub irq 20\n"          \
	"allow target mem fea00+100\n" \
	"allow target ports c000+20\n" \
	"allow target irq 20\n"        \
	"assign target\n"

#define REVOKED                         \
	"deassign target\n"             \
	"forbid target irq 20\n"        \
	"forbid target ports c000+20\n" \
	"forbid target mem fea00+100\n" \
	"forbid stub irq 20\n"          \
	"forbid stub ports c000+20\n"   \
	"forbid stub mem fea00+100\n"

#define SETTLED               \
	"assign quarantine\n" \
	"assign quarantine\n"

static void test_strict(void)
{
	const struct pci_config pci = {edu, .slot = -1};

	begin();
	ok(!pci_give(&host, &owner, &pci, &e), "a device is given");
	is_str(xen.calls, GIVEN,
	       "first the stub's rights, then the guest's, "
	       "then the device");
	ok(there("/mtool/pci/0000-00-04-0/owner"), "it has an owner");
	is_str(fake_get(&fake, FAKE_DRIVER "allow_interrupt_control"), EDU,
	       "MSI is allowed");
	is_str(fake_get(&fake, FAKE_DRIVER "permissive"), "",
	       "and nothing more");
	xen.calls[0] = '\0';
	pci_revoke(&host, &owner);
	is_str(xen.calls, REVOKED, "it is taken in the reverse order");
	ok(there("/mtool/pci"), "still it has an owner");
	xen.calls[0] = '\0';
	ok(!pci_settle(&host, &edu, &e), "it is settled");
	is_str(xen.calls, SETTLED, "in quarantine");
	ok(!there("/mtool"), "and has no owner");
	is_str(fake_get(&fake, FAKE_DRIVER "unbind"), "",
	       "pciback keeps it all the time");
	fake_close(&fake);
}

static void test_permissive(void)
{
	const struct pci_config pci = {edu, .slot = -1, .permissive = true};

	begin();
	ok(!pci_give(&host, &owner, &pci, &e), "a permissive one is given");
	is_str(fake_get(&fake, FAKE_DRIVER "permissive"), EDU,
	       "pciback is told");
	pci_revoke(&host, &owner);
	pci_settle(&host, &edu, &e);
	is_str(fake_get(&fake, FAKE_DRIVER "unbind"), EDU,
	       "it ends: pciback takes the device anew");
	fake_close(&fake);
}

/* The file takes the write and does not show it. */
static void test_not_verified(void)
{
	const struct pci_config pci = {edu, .slot = -1, .permissive = true};

	begin();
	unlinkat(fake.root, FAKE_DRIVER "permissive", 0);
	fake_link(&fake, FAKE_DRIVER "permissive", "/dev/null");
	ok(pci_give(&host, &owner, &pci, &e) < 0, "permissive, but not really");
	is_str(e.msg,
	       "PCI device " EDU ": pciback says that it is not in permissive "
	       "mode",
	       "is refused");
	ok(!strstr(xen.calls, "allow"), "before any right is given");
	ok(!there("/mtool"), "and nobody owns it");
	fake_close(&fake);
}

static void test_refused(void)
{
	static const char *const at[] = {
		"test 5",	    "allow stub mem",	"allow stub ports",
		"allow stub irq",   "allow target mem", "allow target ports",
		"allow target irq", "assign target",
	};
	const struct pci_config pci = {edu, .slot = -1};
	unsigned int i;

	for (i = 0; i < sizeof(at) / sizeof(*at); i++) {
		begin();
		xen.refuse = at[i];
		ok(pci_give(&host, &owner, &pci, &e) < 0, "refused: %s", at[i]);
		ok(strstr(e.msg, "PCI device " EDU ": Xen refuses to "),
		   "which is told");
		ok(strstr(xen.calls, REVOKED SETTLED), "all is taken back");
		ok(!there("/mtool"), "and nobody owns it");
		fake_close(&fake);
	}
}

/* Of two that find it free only one gets it, and the other leaves it alone. */
static void test_race(void)
{
	const struct pci_config pci = {edu, .slot = -1};

	begin();
	pci_owner_set(NULL, &owner, &e);
	ok(pci_give(&host, &owner, &pci, &e) < 0 && e.code == EXIT_BUSY,
	   "somebody was faster");
	is_str(xen.calls, "", "nothing is done to the device");
	ok(there("/mtool/pci/0000-00-04-0/owner"), "nor to its owner");
	fake_close(&fake);
}

static void test_stubborn(void)
{
	begin();
	pci_owner_set(NULL, &owner, &e);
	xen.refuse = "forbid target irq";
	pci_revoke(&host, &owner);
	ok(strstr(xen.calls, "forbid target mem") &&
		   strstr(xen.calls, "forbid stub mem"),
	   "what cannot be taken does not keep the rest");
	xen.refuse = "assign quarantine";
	ok(pci_settle(&host, &edu, &e) < 0, "no quarantine is a failure");
	ok(there("/mtool/pci/0000-00-04-0/owner"),
	   "which leaves it to whoever clears up");
	fake_close(&fake);
}

static void test_dead(void)
{
	begin();
	pci_owner_set(NULL, &owner, &e);
	xen.target_gone = true;
	pci_revoke(&host, &owner);
	ok(!strstr(xen.calls, "target"), "a domain that is gone is not asked");
	memcpy(owner.stub_uuid, other, 16);
	xen.calls[0] = '\0';
	pci_revoke(&host, &owner);
	is_str(xen.calls, "", "nor one that has got its number since");
	fake_close(&fake);
}

static void refused_with(enum exit_code code, const char *why)
{
	ok(pci_check_device(&host, &edu, uuid, &e) < 0 && e.code == code,
	   "refused");
	is_str(e.msg, why, "for this");
	is_str(xen.calls, "", "without a call");
}

static void test_checks(void)
{
	begin();
	ok(!pci_check_host(&host, &e), "a host that can");
	ok(!pci_check_device(&host, &edu, uuid, &e), "a device that can");
	pci_owner_set(NULL, &owner, &e);
	refused_with(EXIT_BUSY, "PCI device " EDU ": the VM has it already");
	memcpy(owner.uuid, other, 16);
	pci_owner_set(NULL, &owner, &e);
	refused_with(EXIT_BUSY, "PCI device " EDU ": domain 5 has it (if that "
				"is no more: mtool gc)");
	pci_owner_clear(NULL, &edu, &e);
	fake_dev(&fake, "0000:00:05.0", "resource",
		 "0x00000000feaff000 0x00000000feaff01f 0x0000000000040200\n");
	refused_with(EXIT_FAILED, "PCI device " EDU ": its memory shares a "
				  "page with that of 0000:00:05.0");
	fake_driver(&fake, EDU, "e1000e");
	refused_with(EXIT_FAILED, "PCI device " EDU ": not assignable, dom0 "
				  "has it: driver e1000e: mtool "
				  "pci-assignable-add " EDU);
	fake_dev(&fake, EDU, "class", "0x060400\n");
	refused_with(EXIT_FAILED,
		     "PCI device " EDU ": is a bridge, and stays in dom0");
	fake_put(&fake, "sys/module/xen_pciback/parameters/passthrough", "N\n");
	ok(pci_check_host(&host, &e) < 0 && e.code == EXIT_HOST,
	   "a pciback that changes addresses");
	xen.iommu = false;
	ok(pci_check_host(&host, &e) < 0 && e.code == EXIT_HOST &&
		   strstr(e.msg, "no IOMMU"),
	   "no IOMMU");
	fake_close(&fake);
}

int main(void)
{
	FILE *null = fopen("/dev/null", "w");

	log_init(&quiet, null, LOG_ERROR);
	test_strict();
	test_permissive();
	test_not_verified();
	test_refused();
	test_race();
	test_stubborn();
	test_dead();
	test_checks();
	fclose(null);
	return done_testing();
}
