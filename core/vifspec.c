/* SPDX-License-Identifier: MIT */
#include "core/vifspec.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "core/netif.h"
#include "core/num.h"
#include "core/plan.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof(*(a)))
#define SECOND 1000000u /* in microseconds */

enum { DEFAULT_INTERVAL = 50000 /* microseconds, as xl's */ };

/*
 * The Ethernet cards of QEMU 7.2 that sit on PCI. What others there are need
 * a bus that the machine does not have, or are no cards.
 */
static const struct {
	const char *name;
	bool rom; /* the stub's image holds what boots from it */
} models[] = {
	{"rtl8139", true},
	{"e1000", true},
	{"virtio-net-pci", true},
	{"virtio-net", true},
	{"e1000-82540em", true},
	{"e1000-82544gc", false},
	{"e1000-82545em", false},
	{"e1000e", false},
	{"i82550", false},
	{"i82551", false},
	{"i82557a", false},
	{"i82557b", false},
	{"i82557c", false},
	{"i82558a", false},
	{"i82558b", false},
	{"i82559a", false},
	{"i82559b", false},
	{"i82559c", false},
	{"i82559er", false},
	{"i82562", false},
	{"i82801", false},
	{"ne2k_pci", false},
	{"pcnet", false},
	{"tulip", false},
	{"virtio-net-pci-non-transitional", false},
	{"virtio-net-pci-transitional", false},
	{"vmxnet3", false},
};

static int bad(struct err *e, const char *what, const char *value)
{
	return err_set(e, EXIT_USAGE, "%s: %.64s", what,
		       *value ? value : "nothing");
}

static int model_index(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(models); i++) {
		if (!strcmp(name, models[i].name))
			return (int)i;
	}
	return -1;
}

bool vifspec_has_rom(const char *model)
{
	int i = model_index(model);

	return i >= 0 && models[i].rom;
}

static int take_mac(struct nic_config *n, const char *value, struct err *e)
{
	const char *why;

	if (mac_parse(value, n->mac) < 0)
		return bad(e, "mac is not like 00:16:3e:01:02:03", value);
	why = mac_unfit(n->mac);
	if (why)
		return err_set(e, EXIT_USAGE, "mac %s is %s", value, why);
	n->mac_set = true;
	return 0;
}

static int take_name(char out[NIC_NAME_MAX], const char *what,
		     const char *value, struct err *e)
{
	if (strlen(value) >= NIC_NAME_MAX)
		return err_set(e, EXIT_USAGE,
			       "%s: more than %u characters: %.64s", what,
			       NIC_NAME_MAX - 1, value);
	if (!netif_name_ok(value))
		return err_set(e, EXIT_USAGE,
			       "%s cannot be the name of an interface: %.64s",
			       what, *value ? value : "nothing");
	strcpy(out, value);
	return 0;
}

static int take_bridge(struct nic_config *n, const char *value, struct err *e)
{
	return take_name(n->bridge, "bridge", value, e);
}

static int take_vifname(struct nic_config *n, const char *value, struct err *e)
{
	return take_name(n->vifname, "vifname", value, e);
}

static int take_type(struct nic_config *n, const char *value, struct err *e)
{
	if (strcmp(value, "ioemu") && strcmp(value, "vif"))
		return bad(e, "type is neither ioemu nor vif", value);
	n->emulated = *value == 'i';
	return 0;
}

static int take_model(struct nic_config *n, const char *value, struct err *e)
{
	int i = model_index(value);

	if (i < 0)
		return bad(e,
			   "the stubdomain's QEMU has no such model (rtl8139, "
			   "e1000 and virtio-net-pci are the usual ones)",
			   value);
	n->model = models[i].name;
	return 0;
}

static int take_mtu(struct nic_config *n, const char *value, struct err *e)
{
	uint64_t mtu;

	if (num_parse(value, NIC_MTU_MIN, NIC_MTU_MAX, &mtu) < 0)
		return err_set(
			e, EXIT_USAGE, "mtu is not a number in %u..%u: %.64s",
			NIC_MTU_MIN, NIC_MTU_MAX, *value ? value : "nothing");
	n->mtu = (unsigned int)mtu;
	return 0;
}

/*
 * The digits at *text as a number in 1..UINT32_MAX, as much as libxl takes;
 * *text is then behind them.
 */
static int take_digits(const char **text, uint64_t *out)
{
	size_t n = strspn(*text, "0123456789");
	char digits[16];

	if (!n || n >= sizeof(digits))
		return -1;
	snprintf(digits, sizeof(digits), "%.*s", (int)n, *text);
	*text += n;
	return num_parse(digits, 1, UINT32_MAX, out);
}

/* "10Mb/s": at most 2^32 * 10^9 bytes in a second, so nothing overflows. */
static int parse_rate(const char *p, uint64_t *bytes)
{
	static const struct {
		char letter;
		uint64_t factor;
	} prefix[] = {{'K', 1000}, {'M', 1000000}, {'G', 1000000000}};
	unsigned int i;

	if (take_digits(&p, bytes) < 0)
		return -1;
	for (i = 0; i < ARRAY_SIZE(prefix); i++) {
		if (*p != prefix[i].letter)
			continue;
		*bytes *= prefix[i].factor;
		p++;
		break;
	}
	if (*p == 'b')
		*bytes /= 8;
	else if (*p != 'B')
		return -1;
	return strcmp(p + 1, "/s") ? -1 : 0;
}

/* "20ms", "50000us", "1s"; without a unit seconds, as xl has it. */
static int parse_interval(const char *p, uint64_t *usec)
{
	uint64_t factor = SECOND;

	if (take_digits(&p, usec) < 0)
		return -1;
	if (*p == 'm' || *p == 'u')
		factor = *p++ == 'm' ? 1000 : 1;
	if (*p == 's')
		p++;
	*usec *= factor;
	return *p || *usec > UINT32_MAX ? -1 : 0;
}

static int take_rate(struct nic_config *n, const char *value, struct err *e)
{
	const char *at = strchr(value, '@');
	uint64_t bytes, usec = DEFAULT_INTERVAL;
	char rate[32];

	snprintf(rate, sizeof(rate), "%.*s",
		 at ? (int)(at - value) : (int)strlen(value), value);
	if (parse_rate(rate, &bytes) < 0)
		return bad(e, "rate is not like 10Mb/s or 250KB/s@20ms", value);
	if (at && parse_interval(at + 1, &usec) < 0)
		return bad(e, "rate: no interval like 20ms, 500us or 1s", at);
	if (bytes / SECOND > UINT64_MAX / 2 / usec)
		return bad(e, "rate: more than can be counted", value);
	/* in two steps, for the product itself may not fit */
	n->rate_bytes = bytes / SECOND * usec + bytes % SECOND * usec / SECOND;
	n->rate_usec = (uint32_t)usec;
	if (!n->rate_bytes)
		return bad(e, "rate: less than one byte in an interval", value);
	return 0;
}

static bool is_address(char *text)
{
	uint8_t addr[sizeof(struct in6_addr)];
	char *slash = strchr(text, '/');
	uint64_t bits;
	bool v4;

	if (slash)
		*slash++ = '\0';
	v4 = inet_pton(AF_INET, text, addr) == 1;
	if (!v4 && inet_pton(AF_INET6, text, addr) != 1)
		return false;
	return !slash || !num_parse(slash, 0, v4 ? 32 : 128, &bits);
}

/* Addresses or networks, with blanks between. */
static int take_ip(struct nic_config *n, const char *value, struct err *e)
{
	char copy[NIC_IP_MAX], *word, *rest;

	if (strlen(value) >= sizeof(copy))
		return err_set(e, EXIT_USAGE, "ip: more than %u bytes",
			       NIC_IP_MAX - 1);
	strcpy(copy, value);
	word = strtok_r(copy, " ", &rest);
	if (!word)
		return bad(e, "ip is not an address", value);
	for (; word; word = strtok_r(NULL, " ", &rest)) {
		if (!is_address(word))
			return bad(e, "ip is not an address", value);
	}
	strcpy(n->ip, value);
	return 0;
}

static int take_backend(struct nic_config *n, const char *value, struct err *e)
{
	(void)n;
	if (strcmp(value, "0") && strcmp(value, "Domain-0"))
		return bad(e, "only dom0 serves nics, not backend", value);
	return 0;
}

/* xl's own script does what mtool does itself. */
static int take_script(struct nic_config *n, const char *value, struct err *e)
{
	(void)n;
	if (strcmp(value, "vif-bridge") &&
	    strcmp(value, "/etc/xen/scripts/vif-bridge"))
		return bad(e,
			   "mtool runs no scripts: it adds the nic to its "
			   "bridge itself, instead of script",
			   value);
	return 0;
}

typedef int take_vif_fn(struct nic_config *n, const char *value, struct err *e);

/* Without a function: known, and refused for the reason given. */
static const struct {
	const char *name;
	take_vif_fn *take;
	const char *why;
} keys[] = {
	{"mac", take_mac, NULL},
	{"bridge", take_bridge, NULL},
	{"type", take_type, NULL},
	{"model", take_model, NULL},
	{"vifname", take_vifname, NULL},
	{"mtu", take_mtu, NULL},
	{"rate", take_rate, NULL},
	{"ip", take_ip, NULL},
	{"backend", take_backend, NULL},
	{"script", take_script, NULL},
	{"gatewaydev", NULL, "mtool routes nothing: nics join a bridge"},
	{"netdev", NULL, "mtool routes nothing: nics join a bridge"},
	{"devid", NULL, "nics are numbered by their place"},
	{"vlan", NULL, "mtool cannot do VLANs: give the VLAN's own bridge"},
	{"accel", NULL, "mtool cannot do this"},
	{"forwarddev", NULL, "mtool has no COLO replication"},
};

struct spec {
	struct nic_config *out;
	bool given[ARRAY_SIZE(keys)];
	bool trusted, untrusted;
	struct err *e;
};

static int take_flag(struct spec *s, const char *word)
{
	if (!strcmp(word, "trusted"))
		s->trusted = true;
	else if (!strcmp(word, "untrusted"))
		s->untrusted = s->out->untrusted = true;
	else
		return bad(s->e, "unknown parameter", word);
	if (s->trusted && s->untrusted)
		return err_set(s->e, EXIT_USAGE, "both trusted and untrusted");
	return 0;
}

static int take_key(struct spec *s, const char *key, const char *value)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(keys) && strcmp(key, keys[i].name); i++)
		;
	if (!strncmp(key, "colo_", 5))
		return err_set(s->e, EXIT_USAGE,
			       "%.64s: mtool has no COLO replication", key);
	if (i == ARRAY_SIZE(keys))
		return bad(s->e, "unknown parameter", key);
	if (!keys[i].take)
		return err_set(s->e, EXIT_USAGE, "%s: %s", key, keys[i].why);
	if (s->given[i])
		return err_set(s->e, EXIT_USAGE, "%s is given twice", key);
	s->given[i] = true;
	return keys[i].take(s->out, value, s->e);
}

static int take_word(struct spec *s, char *word)
{
	char *value = strchr(word, '=');

	if (!value)
		return take_flag(s, word);
	*value++ = '\0';
	return take_key(s, word, value);
}

/* "-emu" is to fit behind it: two interfaces of dom0 have to be named. */
static int check_vifname(const struct nic_config *n, struct err *e)
{
	static const unsigned int max = NIC_NAME_MAX - sizeof("-emu");

	if (n->emulated && strlen(n->vifname) > max)
		return err_set(e, EXIT_USAGE,
			       "vifname: more than %u characters (-emu is to "
			       "fit behind it): %s",
			       max, n->vifname);
	return 0;
}

static int check_bytes(const char *text, struct err *e)
{
	for (; *text; text++) {
		if (*text < ' ' || *text > '~')
			return err_set(e, EXIT_USAGE, "byte 0x%02x in a vif",
				       (unsigned char)*text);
	}
	return 0;
}

int vifspec_parse(const char *text, bool emulated, struct nic_config *out,
		  struct err *e)
{
	struct spec s = {.out = out, .e = e};
	char copy[1024], *word, *rest;

	memset(out, 0, sizeof(*out));
	strcpy(out->bridge, "xenbr0");
	out->model = models[0].name;
	out->emulated = emulated;
	if (strlen(text) >= sizeof(copy))
		return err_set(e, EXIT_USAGE, "a vif of more than %zu bytes",
			       sizeof(copy) - 1);
	if (check_bytes(text, e) < 0)
		return -1;
	strcpy(copy, text);
	/* as in xl, nothing between two commas is nothing */
	for (word = strtok_r(copy, ",", &rest); word;
	     word = strtok_r(NULL, ",", &rest)) {
		word += strspn(word, " ");
		if (*word && take_word(&s, word) < 0)
			return -1;
	}
	return check_vifname(out, e);
}

void vifspec_mac(const struct nic_config *n, unsigned int place,
		 char buf[NIC_MAC_TEXT])
{
	if (n->mac_set)
		mac_text(n->mac, buf);
	else
		snprintf(buf, NIC_MAC_TEXT, PLAN_VAR("nic%u.mac"), place);
}
