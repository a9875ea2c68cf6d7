/* SPDX-License-Identifier: MIT */
/* Configurations from files, host-wide defaults and the command line. */
#include "core/config.h"

#include <stdlib.h>
#include <unistd.h>

#include "tests/unit/tap.h"

#define GRAPHICS "the protocol has no graphics output"

/* What config_load was told to warn about. */
struct warnings {
	char text[1024];
};

static void note(void *ctx, const char *text)
{
	struct warnings *w = ctx;
	size_t len = strlen(w->text);

	snprintf(w->text + len, sizeof(w->text) - len, "%s\n", text);
}

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	if (!f || fputs(text, f) < 0 || fclose(f))
		abort();
}

/* Load g.cfg over defaults.conf with the given words. */
static int load(struct vm_config *c, char *const *words, bool lenient,
		struct warnings *w, struct err *e)
{
	unsigned int nr = 0;

	while (words && words[nr])
		nr++;
	w->text[0] = e->msg[0] = '\0';
	return config_load(c, "g.cfg", "defaults.conf", words, nr, lenient,
			   note, w, e);
}

static void test_load(void)
{
	char *words[] = {"vcpus=3", "name=g2", "disk+=['/y,,hdb']", NULL};
	struct warnings w;
	struct vm_config c;
	struct err e;

	write_file("g.cfg", "name='g'\nvcpus=2\ndisk=['/x,,hda']\n");
	is_int(load(&c, NULL, false, &w, &e), -1, "without defaults");
	is_str(e.msg, "g.cfg: memory: not given", "memory is missing");

	write_file("defaults.conf", "memory=256\nvcpus=1\n"
				    "stubdomain_kernel='/k'\n");
	is_int(load(&c, NULL, false, &w, &e), 0, "defaults have it");
	is_int(c.memory_mb, 256, "it comes from there");
	is_str(c.stub_kernel, "/k", "and the stubdomain's kernel");
	is_int(c.vcpus, 2, "the VM's own file comes after it");
	config_free(&c);

	is_int(load(&c, words, false, &w, &e), 0, "words come last");
	is_int(c.vcpus, 3, "they override numbers");
	is_str(c.name, "g2", "and strings, without quotes");
	is_int(c.nr_disk, 2, "and extend lists");
	config_free(&c);
	is_int(config_load(&c, "g.cfg", NULL, NULL, 0, false, NULL, NULL, &e),
	       -1, "defaults are read only if there are any");
}

/* Those that hold where there is no VM yet. */
static void test_defaults(void)
{
	char text[400] = "stubdomain_kernel='/";
	struct vm_config c;
	struct err e;

	write_file("defaults.conf", "stubdomain_kernel='/k'\ncap=0\n");
	is_int(config_load_defaults(&c, "defaults.conf", &e), 0,
	       "defaults alone");
	is_str(c.stub_kernel, "/k", "are as written");
	is_int(c.stub_memory_mb, 256, "or mtool's own");
	config_free(&c);
	is_int(config_load_defaults(&c, "none.conf", &e), 0,
	       "there may be no such file");
	ok(!c.stub_kernel, "that says nothing");
	config_free(&c);
	write_file("defaults.conf", "name='g'\n");
	is_int(config_load_defaults(&c, "defaults.conf", &e), -1,
	       "no VM's name");
	is_str(e.msg, "defaults.conf:1: name: cannot be a default of all VMs",
	       "as when a VM is loaded");
	memset(text + strlen(text), 'k', 255);
	strcat(text, "'\n");
	write_file("defaults.conf", text);
	is_int(config_load_defaults(&c, "defaults.conf", &e), -1, "nor a path");
	is_str(e.msg,
	       "defaults.conf:1: stubdomain_kernel: longer than 255 bytes",
	       "that would be cut");
}

static void test_load_errors(void)
{
	char *words[] = {"memory=1", NULL}, *unknown[] = {"foo=1", NULL};
	char *no_key[] = {"foo", NULL};
	struct warnings w;
	struct vm_config c;
	struct err e;

	write_file("g.cfg", "name='g'\nmemory=512\n");
	write_file("defaults.conf", "\nvcpus=0\n");
	load(&c, NULL, false, &w, &e);
	is_str(e.msg, "defaults.conf:2: vcpus: 0 is less than 1",
	       "an error in the defaults names their file");
	write_file("defaults.conf", "uuid='x'\n");
	load(&c, NULL, false, &w, &e);
	is_str(e.msg, "defaults.conf:1: uuid: cannot be a default of all VMs",
	       "a uuid is one VM's");
	write_file("defaults.conf", "name='x'\n");
	load(&c, NULL, false, &w, &e);
	is_str(e.msg, "defaults.conf:1: name: cannot be a default of all VMs",
	       "so is a name");
	write_file("defaults.conf", "a b\n");
	load(&c, NULL, false, &w, &e);
	is_str(e.msg, "defaults.conf:1: a: unexpected b where = should be",
	       "the syntax is the same");
	unlink("defaults.conf");

	load(&c, words, false, &w, &e);
	is_str(e.msg, "command line: memory: 1 is less than 2",
	       "an error in a word says so");
	load(&c, unknown, false, &w, &e);
	is_str(e.msg, "command line: foo: unknown key", "an unknown one, too");
	load(&c, no_key, false, &w, &e);
	is_str(e.msg, "command line: foo: not KEY=VALUE", "or none at all");
}

static void test_unreadable(void)
{
	struct warnings w;
	struct vm_config c;
	struct err e;

	unlink("g.cfg");
	is_int(load(&c, NULL, false, &w, &e), -1, "no file");
	is_str(e.msg, "g.cfg: No such file or directory", "is named");
	is_int(e.code, EXIT_USAGE, "and a matter of usage");
	config_load(&c, ".", NULL, NULL, 0, false, NULL, NULL, &e);
	is_str(e.msg, ".: Is a directory", "a directory is no file");
	write_file("g.cfg", "name='g'");
	config_load(&c, "g.cfg", ".", NULL, 0, false, NULL, NULL, &e);
	is_str(e.msg, ".: Is a directory", "nor are defaults");
	config_load(&c, "/dev/zero", NULL, NULL, 0, false, NULL, NULL, &e);
	is_str(e.msg, "/dev/zero: more than 1048576 bytes",
	       "and reading has an end");
}

/* -W */
static void test_lenient(void)
{
	struct warnings w;
	struct vm_config c;
	struct err e;

	write_file("g.cfg", "name='g';memory=512\nvnc=1\nvnclisten='::'\n"
			    "keymap='de'\nvfb=['vnc=1']\n");
	is_int(load(&c, NULL, true, &w, &e), 0, "-W leaves graphics out");
	is_str(w.text,
	       "g.cfg:2: vnc: left out: " GRAPHICS "\n"
	       "g.cfg:3: vnclisten: left out: " GRAPHICS "\n"
	       "g.cfg:4: keymap: left out: " GRAPHICS "\n"
	       "g.cfg:5: vfb: left out: " GRAPHICS "\n",
	       "with a warning for each");
	config_free(&c);
	write_file("g.cfg", "name='g';memory=512;vnc=0\n");
	is_int(load(&c, NULL, true, &w, &e), 0, "-W and nothing to leave out");
	is_str(w.text, "", "is no warning");
	config_free(&c);
	is_int(config_load(&c, "g.cfg", NULL, NULL, 0, true, NULL, NULL, &e), 0,
	       "nor must anybody listen");
	config_free(&c);
	write_file("g.cfg", "name='g';memory=512\ncpus_soft='1'\n");
	load(&c, NULL, true, &w, &e);
	is_str(e.msg, "g.cfg:2: cpus_soft: soft affinity is not done yet",
	       "-W keeps what matters");
	write_file("g.cfg", "name='g';memory=512\nfoo=1\n");
	load(&c, NULL, true, &w, &e);
	is_str(e.msg, "g.cfg:2: foo: unknown key", "and what is unknown");
}

/* What is kept of a configuration is a configuration, and the same one. */
static void test_as_used(void)
{
	char *const words[] = {"memory=768", "boot=dc"};
	struct vm_config c, again;
	struct err e;

	write_file("g.cfg", "name='g';memory=512;vcpus=0x2\n"
			    "stubdomain_cmdline='a \"b\" \\\\ c'\n"
			    "serial=['pty','pty']; usbdevice=[]\n"
			    "vif=['bridge=b,rate=1MB/s','']\n"
			    "disk=['/dev/a,raw,xvda,w',\n'/b c,,hdc,cdrom']\n");
	is_int(config_load(&c, "g.cfg", NULL, words, 2, false, NULL, NULL, &e),
	       0, "as used: load");
	is_int(config_parse(&again, c.as_used, strlen(c.as_used), "again", &e),
	       0, "as used: it parses");
	is_str(again.as_used, c.as_used, "as used: to the same text");
	is_int(again.memory_mb, 768,
	       "as used: words of the command line count");
	is_str(again.boot, "dc", "as used: quoted or not");
	is_int(again.vcpus, 2, "as used: numbers");
	is_str(again.stub_cmdline, "a \"b\" \\ c", "as used: escapes");
	is_int(again.nr_serial, 2, "as used: lists");
	is_str(again.disk[1].path, "/b c", "as used: disks");
	is_int(again.nr_nic, 2, "as used: nics");
	is_int(again.nic[0].rate_bytes, 50000, "as used: their rates");
	config_free(&again);
	config_free(&c);
}

int main(void)
{
	char dir[] = "/tmp/mtool-config-XXXXXX";

	if (!mkdtemp(dir) || chdir(dir) < 0)
		abort();
	test_load();
	test_load_errors();
	test_unreadable();
	test_lenient();
	test_defaults();
	test_as_used();
	unlink("g.cfg");
	unlink("defaults.conf");
	if (chdir("/") < 0 || rmdir(dir) < 0)
		abort();
	return done_testing();
}
