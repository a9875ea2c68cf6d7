/* SPDX-License-Identifier: MIT */
/* The stub of a guest that is being restored: held in time, and let go once. */
#include "tests/unit/tap.h"
#include "tests/unit/xs_fake.h"
#include "tools/mtool/superviseint.h"

#define FRONT "/local/domain/8/device/console/2/state"

static struct vm_config cfg;
static struct vm vm = {.cfg = &cfg};
static struct supervise s;
static struct {
	int paused, unpaused, served;
	bool broken; /* the journal */
} w;

/* --- what supervisehold.c uses of the rest --- */

int hyp_dom_pause(struct hyp *h, uint32_t domid, struct err *e)
{
	(void)h, (void)e;
	w.paused += domid == 8;
	return 0;
}

int hyp_dom_unpause(struct hyp *h, uint32_t domid, struct err *e)
{
	(void)h, (void)e;
	w.unpaused += domid == 8;
	return 0;
}

int rundir_read(const char *name, struct vm_record *out, struct err *e)
{
	if (w.broken || strcmp(name, "g"))
		return err_set(e, EXIT_NO_VM, "no such VM");
	out->stub = 8;
	out->target_console.frame = 0xfeffc;
	return 0;
}

int sup_consoles_open_target(struct supervise *sup, struct err *e)
{
	(void)e;
	w.served += sup->vm->record.target_console.frame == 0xfeffc;
	return 0;
}

/* --- */

static void begin(bool incoming, uint64_t frame)
{
	struct err e;

	memset(&w, 0, sizeof(w));
	memset(&store, 0, sizeof(store));
	memset(&s, 0, sizeof(s));
	strcpy(cfg.name, "g");
	cfg.incoming = incoming;
	vm.record = (struct vm_record){.stub = 8};
	vm.record.target_console.frame = frame;
	s.vm = &vm;
	is_int(sup_hold(&s, &e), 0, "hold");
}

static void test_held(void)
{
	struct err e;

	begin(true, 0);
	fire(FRONT);
	change(FRONT, "1");
	change(FRONT, "2");
	change(FRONT, "nonsense");
	is_int(w.paused, 0, "not before its console offers a ring");
	change(FRONT, "3");
	change(FRONT, "4");
	is_int(w.paused, 1, "then it is paused, once");
	is_int(w.unpaused + w.served, 0,
	       "for as long as its guest is not whole");
	is_int(sup_whole(&s, &e), 0, "the guest is whole");
	is_int(w.served, 1, "so its console is served");
	is_int(w.unpaused, 1, "and the stub goes on");
	change(FRONT, "3");
	is_int(w.paused, 1, "for good");
}

static void test_early(void)
{
	struct err e;

	begin(true, 0);
	change(FRONT, "2");
	is_int(sup_whole(&s, &e), 0, "the guest is whole before that");
	change(FRONT, "3");
	is_int(w.paused + w.unpaused, 0, "then the stub just goes on");
	is_int(w.served, 1, "with the guest's console served");
}

static void test_others(void)
{
	struct err e;

	begin(false, 0);
	change(FRONT, "3");
	is_int(w.paused, 0, "a fresh guest's stub is not held");
	begin(true, 0xfeffc);
	change(FRONT, "3");
	is_int(w.paused, 0, "nor that of a guest which is whole");
	begin(true, 0);
	sup_hold_end(&s);
	change(FRONT, "3");
	is_int(w.paused, 0, "nor one that nobody looks after any more");
	begin(true, 0);
	change(FRONT, "3");
	w.broken = true;
	is_int(sup_whole(&s, &e), -1, "no journal: %s", e.msg);
	is_int(w.unpaused, 0, "it stays held");
}

int main(void)
{
	test_held();
	test_early();
	test_others();
	return done_testing();
}
