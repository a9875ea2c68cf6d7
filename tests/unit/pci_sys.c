/* SPDX-License-Identifier: MIT */
/* What dom0's sysfs says of PCI devices, and pciback's part of it. */
#include "devices/pcisys.h"

#include "devices/pciback.h"
#include "devices/pciuse.h"
#include "tests/unit/pci_fake.h"
#include "tests/unit/tap.h"

static const struct bdf edu = {0, 0, 4, 0};
static struct fake fake;
static struct err e;

static void begin(void)
{
	fake_open(&fake);
	fake_edu(&fake);
	fake_pciback(&fake);
}

static void test_facts(void)
{
	struct pci_facts f;
	struct bdf none = {0, 0, 5, 0};

	begin();
	ok(!pci_facts(fake.root, &edu, &f, &e), "a device that is there");
	is_int(f.vendor, 0x1234, "its vendor");
	is_int(f.device, 0x11e8, "its device");
	is_int(f.class, 0xff00, "its class");
	is_int(f.irq, 20, "its interrupt");
	is_int(f.nr_region, 1, "one BAR");
	ok(f.region[0].start == 0xfea00000 && f.region[0].size == 0x100000 &&
		   !f.region[0].ports,
	   "which is this memory");
	is_str(f.driver, "", "no driver");
	ok(!f.bridge && !f.reset && !f.phantom && !f.sisters, "nothing odd");
	ok(pci_facts(fake.root, &none, &f, &e) < 0 && e.code == EXIT_FAILED,
	   "a device that is not there");
	is_str(e.msg, "PCI device 0000:00:05.0: not there", "is named");
	fake_close(&fake);
}

static void test_odd(void)
{
	char config[65] = {0};
	struct pci_facts f;

	begin();
	fake_driver(&fake, "0000:00:04.0", "e1000e");
	fake_dev(&fake, "0000:00:04.0", "reset", "");
	fake_dev(&fake, "0000:00:04.3", "vendor", "0x8086\n");
	fake_dev(&fake, "0000:00:04.0", "irq", "255\n");
	fake_dev(&fake, "0000:00:04.0", "resource",
		 "0x000000000000c000 0x000000000000c01f 0x0000000000040101\n"
		 "0x00000000febf1000 0x00000000febf101f 0x0000000020040200\n"
		 "0x0000004000000000 0x0000004000003fff 0x0000000000140204\n"
		 "0x00000000febf0000 0x00000000febeffff 0x0000000000040200\n"
		 "0x00000000febf2000 nonsense 0x0000000000040200\n"
		 "0x0000000000010000 0x000000000001001f 0x0000000000040101\n"
		 "0x00000000feb80000 0x00000000feb9ffff 0x0000000000046200\n"
		 "0x00000000f0000000 0x00000000ffffffff 0x0000000000000200\n");
	pci_facts(fake.root, &edu, &f, &e);
	is_str(f.driver, "e1000e", "its driver is found");
	ok(f.reset, "it can be reset");
	is_int(f.sisters, 1 << 3, "it has a sister");
	is_int(f.irq, 0, "255 is no interrupt");
	is_int(f.nr_region, 3, "what makes no sense is left out");
	ok(f.region[0].ports && f.region[0].start == 0xc000 &&
		   f.region[0].size == 32,
	   "ports are ports");
	ok(f.region[1].start == 0x4000000000 && f.region[1].size == 0x4000,
	   "a 64-bit BAR is not cut");
	is_int(f.region[2].start, 0xfeb80000, "the ROM counts, too");
	fake_dev(&fake, "0000:00:04.0", "irq", "2147483648\n");
	pci_facts(fake.root, &edu, &f, &e);
	is_int(f.irq, 0, "IRQ_NOTCONNECTED is no interrupt");
	ok(!f.bridge, "it is no bridge");
	fake_dev(&fake, "0000:00:04.0", "class", "0x060400\n");
	pci_facts(fake.root, &edu, &f, &e);
	ok(f.bridge, "now it is, by its class");
	fake_dev(&fake, "0000:00:04.0", "class", "0x010000\n");
	memset(config, 'x', 64);
	config[0x0e] = 1;
	fake_dev(&fake, "0000:00:04.0", "config", config);
	pci_facts(fake.root, &edu, &f, &e);
	ok(f.bridge, "or by its header");
	fake_close(&fake);
}

static void test_phantom(void)
{
	char config[256] = {0};
	struct pci_facts f;
	int fd;

	begin();
	config[0x06] = 0x10; /* capabilities */
	config[0x34] = 0x40;
	config[0x40] = 0x05; /* MSI, and behind it */
	config[0x41] = 0x60;
	config[0x60] = 0x10; /* PCI Express */
	config[0x64] = 0x08; /* one bit of phantom functions */
	fd = openat(fake.root, "sys/bus/pci/devices/0000:00:04.0/config",
		    O_WRONLY | O_CREAT, 0600);
	is_int(write(fd, config, sizeof(config)), 256, "a device with");
	pci_facts(fake.root, &edu, &f, &e);
	ok(f.phantom, "phantom functions is told from others");
	config[0x41] = 0x40; /* a loop */
	is_int(pwrite(fd, config, sizeof(config), 0), 256, "a list that");
	pci_facts(fake.root, &edu, &f, &e);
	ok(!f.phantom, "leads in a circle ends all the same");
	close(fd);
	fake_close(&fake);
}

static void test_pages(void)
{
	struct pci_facts f;
	struct bdf other;

	begin();
	fake_dev(&fake, "0000:00:05.0", "resource",
		 "0x00000000feb00000 0x00000000feb00fff 0x0000000000040200\n");
	fake_dev(&fake, "0000:00:06.0", "resource",
		 "0x00000000feb01000 0x00000000feb0101f 0x0000000000040200\n");
	pci_facts(fake.root, &edu, &f, &e);
	ok(!pci_shares_page(fake.root, &f, &other), "neighbours do not share");
	fake_dev(&fake, "0000:00:07.0", "vendor", "0x8086\n");
	fake_dev(&fake, "0000:00:07.0", "resource",
		 "0x00000000feb01020 0x00000000feb0103f 0x0000000000040200\n");
	pci_facts(fake.root, &(struct bdf){0, 0, 7, 0}, &f, &e);
	ok(pci_shares_page(fake.root, &f, &other) && other.dev == 6,
	   "two in one page do");
	fake_close(&fake);
}

static void test_take(void)
{
	begin();
	ok(!pciback_check(fake.root, &e), "pciback is there");
	ok(!pciback_has(fake.root, &edu), "and has not got it");
	ok(!pciback_take(fake.root, &edu, &e), "it is told to take it");
	is_str(fake_get(&fake, FAKE_DRIVER "new_slot"), "0000:00:04.0",
	       "by a new slot");
	is_str(fake_get(&fake, FAKE_DRIVER "bind"), "0000:00:04.0",
	       "and a binding");
	fake_driver(&fake, "0000:00:04.0", "pciback");
	fake_put(&fake, FAKE_DRIVER "slots", "0000:00:03.0\n0000:00:04.0\n");
	fake_put(&fake, FAKE_DRIVER "new_slot", "");
	ok(pciback_has(fake.root, &edu) && !pciback_take(fake.root, &edu, &e),
	   "told so once more");
	is_str(fake_get(&fake, FAKE_DRIVER "new_slot"), "",
	       "it does nothing, for that would fail");
	is_str(fake_get(&fake, FAKE_DRIVER "bind"), "", "nor here");
	ok(!pciback_give_up(fake.root, &edu, &e), "told to give it up");
	is_str(fake_get(&fake, FAKE_DRIVER "unbind"), "0000:00:04.0",
	       "it lets go");
	is_str(fake_get(&fake, FAKE_DRIVER "remove_slot"), "0000:00:04.0",
	       "and forgets it");
	fake_close(&fake);
}

static void test_other_driver(void)
{
	begin();
	fake_driver(&fake, "0000:00:04.0", "e1000e");
	ok(!pci_unbind(fake.root, &edu, &e), "another driver");
	is_str(fake_get(&fake, "sys/bus/pci/drivers/e1000e/unbind"),
	       "0000:00:04.0", "is told to let go");
	ok(!pci_bind(fake.root, &edu, "e1000e", &e), "or to take what it has");
	is_str(fake_get(&fake, "sys/bus/pci/drivers/e1000e/bind"), "",
	       "which is no work");
	ok(pci_bind(fake.root, &edu, "tg3", &e) < 0, "one that is not there");
	is_str(e.msg,
	       "write 0000:00:04.0 to /sys/bus/pci/drivers/tg3/bind: No such "
	       "file or directory",
	       "is an error");
	fake_close(&fake);
}

static void test_permissive(void)
{
	begin();
	fake_driver(&fake, "0000:00:04.0", "pciback");
	fake_put(&fake, FAKE_DRIVER "slots", "0000:00:04.0\n");
	ok(!pciback_is_permissive(fake.root, &edu), "not permissive");
	ok(!pciback_permissive(fake.root, &edu, true, &e),
	   "switched on, and read back");
	ok(pciback_is_permissive(fake.root, &edu), "it is");
	ok(pciback_permissive(fake.root, &edu, false, &e) < 0,
	   "switched off: if pciback still says it is on");
	is_str(e.msg,
	       "PCI device 0000:00:04.0: pciback says that it is still in "
	       "permissive mode",
	       "that is an error");
	is_str(fake_get(&fake, FAKE_DRIVER "unbind"), "0000:00:04.0",
	       "although it was taken anew");
	fake_put(&fake, FAKE_DRIVER "permissive", "0000:00:14.0\n");
	unlinkat(fake.root, FAKE_DRIVER "permissive", 0);
	ok(pciback_permissive(fake.root, &edu, true, &e) < 0,
	   "a pciback that has no such thing is an error");
	fake_close(&fake);
}

static void test_interrupts(void)
{
	begin();
	is_int(pciback_interrupts(fake.root, &edu, &e), 0, "MSI is allowed");
	is_str(fake_get(&fake, FAKE_DRIVER "allow_interrupt_control"),
	       "0000:00:04.0", "so");
	unlinkat(fake.root, FAKE_DRIVER "allow_interrupt_control", 0);
	is_int(pciback_interrupts(fake.root, &edu, &e), 1,
	       "where the kernel is too old, that is told");
	fake_close(&fake);
}

static void test_reset(void)
{
	begin();
	is_int(pci_reset(fake.root, &edu, &e), 1, "no reset is no error");
	fake_dev(&fake, "0000:00:04.0", "reset", "");
	is_int(pci_reset(fake.root, &edu, &e), 0, "one that is there is done");
	is_str(fake_get(&fake, "sys/bus/pci/devices/0000:00:04.0/reset"), "1",
	       "so");
	fake_close(&fake);
}

static void test_same_address(void)
{
	static const char path[] =
		"sys/module/xen_pciback/parameters/passthrough";

	begin();
	is_int(pciback_same_address(fake.root), -1, "not told");
	fake_put(&fake, path, "N\n");
	is_int(pciback_same_address(fake.root), 0, "other addresses");
	fake_put(&fake, path, "Y\n");
	is_int(pciback_same_address(fake.root), 1, "the same ones");
	fake_close(&fake);
}

static void is_use(enum pci_use want, const char *why)
{
	char text[128];

	is_int(pci_use(fake.root, &edu, text, sizeof(text)), want, "its use");
	is_str(text, why, "in words");
}

#define ON_EDU "../../devices/pci0000:00/0000:00:04.0/"

static void test_use(void)
{
	begin();
	is_use(PCI_UNUSED, "");
	fake_link(&fake, "sys/class/net/eth0", ON_EDU "net/eth0");
	fake_put(&fake, "sys/devices/pci0000:00/0000:00:04.0/net/eth0/flags",
		 "0x1002\n");
	is_use(PCI_UNUSED, "");
	fake_put(&fake, "sys/devices/pci0000:00/0000:00:04.0/net/eth0/flags",
		 "0x1003\n");
	is_use(PCI_USED, "network interface eth0 is up");
	fake_put(&fake, "proc/net/route",
		 "Iface\tDestination\tGateway\neth01\t00000000\t0102A8C0\n");
	is_use(PCI_USED, "network interface eth0 is up");
	fake_put(&fake, "proc/net/route",
		 "Iface\tDestination\tGateway\neth0\t00000000\t0102A8C0\n");
	is_use(PCI_NEEDED, "network interface eth0 has the default route");
	fake_close(&fake);
}

static void test_disk_use(void)
{
	static const char dev[] =
		"sys/devices/pci0000:00/0000:00:04.0/ata1/sda1/dev";

	begin();
	fake_link(&fake, "sys/class/block/sda1", ON_EDU "ata1/sda1");
	fake_put(&fake, dev, "8:1\n");
	fake_put(&fake, "proc/self/mountinfo",
		 "22 1 8:17 / / rw - ext4 /dev/sdb1 rw\n");
	is_use(PCI_UNUSED, "");
	fake_put(&fake,
		 "sys/devices/pci0000:00/0000:00:04.0/ata1/sda1/holders/dm-0",
		 "");
	is_use(PCI_NEEDED, "disk sda1 is part of a device that is in use");
	fake_put(&fake, "proc/self/mountinfo",
		 "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n");
	is_use(PCI_NEEDED, "disk sda1 is mounted");
	fake_put(&fake, "proc/self/mountinfo", "");
	fake_put(&fake, "proc/swaps", "Filename\n/dev/sda1 partition 9 0\n");
	is_use(PCI_NEEDED, "disk sda1 is swapped to");
	fake_close(&fake);
}

static void test_all(void)
{
	struct bdf all[4];

	begin();
	fake_dev(&fake, "0000:01:00.0", "vendor", "0x1\n");
	fake_dev(&fake, "0000:00:1f.2", "vendor", "0x1\n");
	is_int(pci_all(fake.root, all, 4, &e), 3, "all are found");
	ok(all[0].dev == 4 && all[1].dev == 31 && all[2].bus == 1,
	   "in the order of their addresses");
	is_int(pci_all(fake.root, all, 2, &e), 2, "or as many as fit");
	fake_close(&fake);
	fake_open(&fake);
	ok(pci_all(fake.root, all, 4, &e) < 0 && e.code == EXIT_HOST,
	   "no sysfs is the host's fault");
	ok(pciback_check(fake.root, &e) < 0 && e.code == EXIT_HOST,
	   "so is no pciback");
	fake_close(&fake);
}

int main(void)
{
	test_facts();
	test_odd();
	test_phantom();
	test_pages();
	test_take();
	test_other_driver();
	test_permissive();
	test_interrupts();
	test_reset();
	test_same_address();
	test_use();
	test_disk_use();
	test_all();
	return done_testing();
}
