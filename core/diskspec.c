/* SPDX-License-Identifier: MIT */
#include "core/diskspec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/vdev.h"

/* The positional parameters, in their order, then the ones with names only. */
enum param {
	TARGET,
	FORMAT,
	VDEV,
	ACCESS,
	POSITIONAL,
	DEVTYPE = POSITIONAL,
	BACKEND,
	BACKENDTYPE,
	SCRIPT,
	SPECIFICATION,
	PARAMS,
};

enum flag { NO_FLAG, CDROM, DISCARD, NO_DISCARD, DIRECT, TRUSTED, UNTRUSTED };

/* A stretch of the text; p is NULL while the parameter is not given. */
struct span {
	const char *p;
	size_t len;
};

struct spec {
	const char *text;
	struct span param[PARAMS];
	unsigned int next; /* positional parameter that comes next */
	bool flag[UNTRUSTED + 1];
	struct err *e;
};

static const char *const param_name[PARAMS] = {
	[TARGET] = "target",
	[FORMAT] = "format",
	[VDEV] = "vdev",
	[ACCESS] = "access",
	[DEVTYPE] = "devtype",
	[BACKEND] = "backend",
	[BACKENDTYPE] = "backendtype",
	[SCRIPT] = "script",
	[SPECIFICATION] = "specification",
};

static const struct {
	const char *name;
	enum flag flag, contrary;
} flags[] = {
	{"cdrom", CDROM, NO_FLAG},
	{"discard", DISCARD, NO_DISCARD},
	{"no-discard", NO_DISCARD, DISCARD},
	{"direct-io-safe", DIRECT, NO_FLAG},
	{"trusted", TRUSTED, UNTRUSTED},
	{"untrusted", UNTRUSTED, TRUSTED},
};

/* xend's prefixes of a target. Those without a meaning are dropped. */
enum prefix_kind { PREFIX_NONE, PREFIX_FORMAT, PREFIX_SCRIPT };
static const struct {
	const char *name;
	enum prefix_kind kind;
} prefixes[] = {
	{"phy", PREFIX_NONE},	  {"file", PREFIX_NONE},
	{"tap", PREFIX_NONE},	  {"tap2", PREFIX_NONE},
	{"tapdisk", PREFIX_NONE}, {"aio", PREFIX_NONE},
	{"ioemu", PREFIX_NONE},	  {"raw", PREFIX_FORMAT},
	{"qcow", PREFIX_FORMAT},  {"qcow2", PREFIX_FORMAT},
	{"vhd", PREFIX_FORMAT},	  {"qed", PREFIX_FORMAT},
	{"iscsi", PREFIX_SCRIPT}, {"nbd", PREFIX_SCRIPT},
	{"enbd", PREFIX_SCRIPT},  {"drbd", PREFIX_SCRIPT},
};

#define ARRAY_SIZE(a) (sizeof(a) / sizeof(*(a)))

static bool span_is(struct span s, const char *text)
{
	return s.len == strlen(text) && !memcmp(s.p, text, s.len);
}

/* For "%.*s": a message shows no more than this of the text. */
static int shown(struct span s)
{
	return s.len > 64 ? 64 : (int)s.len;
}

static int bad(struct spec *s, const char *what, struct span value)
{
	return err_set(s->e, EXIT_USAGE, "%s: %.*s", what, shown(value),
		       value.p);
}

/* Give a parameter its value. An empty one leaves it as it is. */
static int set(struct spec *s, enum param param, struct span value)
{
	if (!value.len)
		return 0;
	if (s->param[param].p)
		return err_set(s->e, EXIT_USAGE, "%s is given twice",
			       param_name[param]);
	s->param[param] = value;
	return 0;
}

static int set_flag(struct spec *s, unsigned int i)
{
	if (s->flag[flags[i].contrary])
		return err_set(s->e, EXIT_USAGE,
			       "both trusted and untrusted, or both discard "
			       "and no-discard");
	s->flag[flags[i].flag] = true;
	return 0;
}

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/* Length of the name at the start of `s`: letters, digits, - and _. */
static size_t name_length(struct span s)
{
	size_t n = 0;

	while (n < s.len && is_name_char(s.p[n]))
		n++;
	return n;
}

static int prefix_index(struct span name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(prefixes); i++) {
		if (span_is(name, prefixes[i].name))
			return (int)i;
	}
	return -1;
}

static int apply_prefix(struct spec *s, struct span name, int index)
{
	switch (prefixes[index].kind) {
	case PREFIX_FORMAT:
		return set(s, FORMAT, name);
	case PREFIX_SCRIPT:
		return set(s, SCRIPT, name);
	default:
		return 0;
	}
}

/*
 * Strip xend's prefixes off a positional target. After one of them the format
 * is no longer expected: "phy:/dev/vg/g,hda,w".
 */
static int strip_prefixes(struct spec *s, struct span *target)
{
	while (true) {
		struct span name = {target->p, name_length(*target)};
		const char *after = target->p + name.len;
		int index = prefix_index(name);

		if (!name.len || *after != ':')
			return 0;
		if (index < 0 && after[1] != '/')
			return 0; /* a file name with a colon in it */
		if (index < 0)
			return bad(s, "unknown prefix", name);
		if (apply_prefix(s, name, index) < 0)
			return -1;
		s->next = VDEV;
		target->len -= name.len + 1;
		target->p = after + 1;
	}
}

/* xend's "hdc:cdrom". */
static int split_vdev(struct spec *s, struct span *vdev)
{
	const char *colon = memchr(vdev->p, ':', vdev->len);
	struct span type;

	if (!colon)
		return 0;
	type.p = colon + 1;
	type.len = vdev->len - (size_t)(type.p - vdev->p);
	vdev->len = (size_t)(colon - vdev->p);
	return set(s, DEVTYPE, type);
}

/* xend's empty drive has no format either: ",hdc:cdrom,r". */
static bool is_xend_vdev(const struct spec *s, struct span value)
{
	return s->next == FORMAT && !s->param[TARGET].p && value.len &&
	       memchr(value.p, ':', value.len);
}

static int set_positional(struct spec *s, struct span value)
{
	if (value.len && memchr(value.p, '=', value.len))
		return bad(s,
			   "no PARAMETER=VALUE; a path with = in it is the "
			   "last word, target=PATH",
			   value);
	while (s->next < POSITIONAL && s->param[s->next].p)
		s->next++;
	if (is_xend_vdev(s, value))
		s->next = VDEV;
	switch (s->next) {
	case TARGET:
		s->next = FORMAT;
		if (strip_prefixes(s, &value) < 0)
			return -1;
		return set(s, TARGET, value);
	case VDEV:
		if (split_vdev(s, &value) < 0)
			return -1;
		/* fall through */
	case FORMAT:
	case ACCESS:
		return set(s, (enum param)s->next++, value);
	default:
		return bad(s, "too many parameters", value);
	}
}

/* NAME=VALUE; `len` is that of the name. */
static int set_named(struct spec *s, struct span word, size_t len)
{
	struct span name = {word.p, len};
	struct span value = {word.p + len + 1, word.len - len - 1};
	unsigned int i;

	if (len >= 4 &&
	    (!memcmp(name.p, "colo", 4) || span_is(name, "active-disk") ||
	     span_is(name, "hidden-disk")))
		return bad(s, "mtool has no COLO replication", name);
	for (i = 0; i < PARAMS; i++) {
		if (span_is(name, param_name[i]))
			return set(s, (enum param)i, value);
	}
	return bad(s, "unknown parameter", name);
}

/* One of the comma-separated words. */
static int take_word(struct spec *s, struct span word)
{
	size_t len = name_length(word);
	unsigned int i;

	if (len && len < word.len && word.p[len] == '=')
		return set_named(s, word, len);
	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		if (span_is(word, flags[i].name))
			return set_flag(s, i);
	}
	if (span_is(word, "colo"))
		return bad(s, "mtool has no COLO replication", word);
	return set_positional(s, word);
}

static int split(struct spec *s)
{
	const char *p = s->text;

	while (*p) {
		struct span word;

		p += strspn(p, " ");
		if (!strncmp(p, "target=", 7)) {
			word.p = p + 7;
			word.len = strlen(word.p);
			return set(s, TARGET, word);
		}
		word.p = p;
		word.len = strcspn(p, ",");
		p += word.len;
		/* Nothing after the last comma is no parameter. */
		if (word.len || *p) {
			if (take_word(s, word) < 0)
				return -1;
		}
		p += *p == ',';
	}
	return 0;
}

static int check_format(struct spec *s, struct disk_config *out)
{
	static const char *const images[] = {"qcow", "qcow2", "vhd", "qed"};
	struct span format = s->param[FORMAT];
	unsigned int i;

	out->raw = format.p && span_is(format, "raw");
	if (!format.p || out->raw)
		return 0;
	for (i = 0; i < ARRAY_SIZE(images); i++) {
		if (span_is(format, images[i]))
			return err_set(
				s->e, EXIT_USAGE,
				"format %s: the kernel serves raw images only: "
				"convert it (qemu-img convert -O raw), or use "
				"qemu-nbd -c /dev/nbd0 and then /dev/nbd0",
				images[i]);
	}
	return bad(s, "unknown format", format);
}

static int check_backend_type(struct spec *s, struct disk_config *out)
{
	struct span type = s->param[BACKENDTYPE];

	if (!type.p)
		return 0;
	if (span_is(type, "phy")) {
		out->kind = DISK_PHY;
		return 0;
	}
	if (span_is(type, "qdisk") || span_is(type, "tap"))
		return bad(s,
			   "mtool runs no QEMU in dom0: leave backendtype out, "
			   "or use qemu-nbd -c /dev/nbd0 and then /dev/nbd0, "
			   "instead of backendtype",
			   type);
	if (span_is(type, "standalone"))
		return bad(s, "mtool cannot do backendtype", type);
	return bad(s, "unknown backendtype", type);
}

static int check_backend(struct spec *s, struct disk_config *out)
{
	struct span domain = s->param[BACKEND];
	struct span protocol = s->param[SPECIFICATION];

	if (s->param[SCRIPT].p)
		return bad(s,
			   "mtool runs no scripts: attach the device first "
			   "and give its /dev path, instead of script",
			   s->param[SCRIPT]);
	if (domain.p && !span_is(domain, "0") && !span_is(domain, "Domain-0"))
		return bad(s, "only dom0 serves disks, not backend", domain);
	if (protocol.p && !span_is(protocol, "xen"))
		return bad(s, "mtool cannot do specification", protocol);
	return check_backend_type(s, out);
}

static int take_vdev(struct spec *s, struct disk_config *out)
{
	struct span vdev = s->param[VDEV];
	char name[VDEV_NAME_MAX];
	struct vdev v;

	if (!vdev.p)
		return err_set(s->e, EXIT_USAGE,
			       "no vdev (xvda, hda, ...) in %s",
			       *s->text ? s->text : "an empty disk");
	if (vdev.len >= sizeof(name))
		return bad(s, "unknown vdev", vdev);
	memcpy(name, vdev.p, vdev.len);
	name[vdev.len] = '\0';
	if (vdev_parse(name, &v) < 0)
		return bad(s, "unknown vdev", vdev);
	if (v.part)
		return bad(s, "QEMU emulates whole disks, not partitions",
			   vdev);
	vdev_name(&v, out->vdev, sizeof(out->vdev));
	out->devid = v.devid;
	out->index = v.disk;
	return 0;
}

static int take_access(struct spec *s, struct disk_config *out)
{
	struct span type = s->param[DEVTYPE], access = s->param[ACCESS];

	out->cdrom = s->flag[CDROM];
	if (type.p && span_is(type, "cdrom"))
		out->cdrom = true;
	else if (type.p && !span_is(type, "disk"))
		return bad(s, "unknown devtype", type);
	if (!access.p || span_is(access, "rw") || span_is(access, "w"))
		out->readonly = out->cdrom;
	else if (span_is(access, "ro") || span_is(access, "r"))
		out->readonly = true;
	else
		return bad(s, "access is neither r, ro, w nor rw", access);
	out->direct_io_safe = s->flag[DIRECT];
	out->discard =
		s->flag[DISCARD] || (!s->flag[NO_DISCARD] && !out->readonly);
	out->untrusted = s->flag[UNTRUSTED];
	return 0;
}

/* The only one to allocate, so it comes last. */
static int take_target(struct spec *s, struct disk_config *out)
{
	struct span target = s->param[TARGET];
	const char *dir = target.p && *target.p != '/' ? "/dev/" : "";

	if (!target.p) {
		if (out->cdrom)
			return 0;
		return err_set(s->e, EXIT_USAGE,
			       "%s has no target: only a cdrom may be empty",
			       out->vdev);
	}
	if (target.len + strlen(dir) >= DISK_PATH_MAX)
		return err_set(s->e, EXIT_USAGE,
			       "a target of more than %u bytes",
			       DISK_PATH_MAX - 1);
	if (asprintf(&out->path, "%s%.*s", dir, (int)target.len, target.p) <
	    0) {
		out->path = NULL;
		return err_set(s->e, EXIT_FAILED, "out of memory");
	}
	return 0;
}

static int check_bytes(struct spec *s)
{
	const char *p;

	for (p = s->text; *p; p++) {
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return err_set(s->e, EXIT_USAGE,
				       "control character 0x%02x in a disk",
				       (unsigned char)*p);
	}
	return 0;
}

int diskspec_parse(const char *text, struct disk_config *out, struct err *e)
{
	struct spec s = {.text = text, .e = e};

	memset(out, 0, sizeof(*out));
	if (check_bytes(&s) < 0 || split(&s) < 0 || check_format(&s, out) < 0 ||
	    check_backend(&s, out) < 0 || take_vdev(&s, out) < 0 ||
	    take_access(&s, out) < 0 || take_target(&s, out) < 0)
		return -1;
	return 0;
}

void diskspec_free(struct disk_config *d)
{
	free(d->path);
	d->path = NULL;
}
