/* SPDX-License-Identifier: MIT */
/*
 * Virtual device numbers of block devices, as in xen-vbd-interface(7):
 * xvda..., hda..., sda..., dNpM, and plain numbers.
 */
#ifndef CORE_VDEV_H
#define CORE_VDEV_H

enum { VDEV_NAME_MAX = 16 }; /* bytes of the longest name, with its NUL */

struct vdev {
	unsigned int devid; /* the number that xenstore paths carry */
	unsigned int disk;  /* 0-based disk index: xvdc, hdc, sdc, d2 are 2 */
	unsigned int part;  /* 0: the whole disk */
	char bus;	    /* 'x' xvd or d…p…, 'h' hd, 's' sd */
};

/*
 * Returns 0 and fills *out, or -1 if `name` is no such name. A plain number
 * is taken only if it encodes one of the names.
 */
int vdev_parse(const char *name, struct vdev *out);

/*
 * The canonical name: 768 is "hda", d1p2 is "xvdb2". Writes at most `size`
 * bytes with NUL; VDEV_NAME_MAX are always enough.
 */
void vdev_name(const struct vdev *v, char *buf, unsigned int size);

/*
 * The name a Linux blkfront gives the whole disk `disk` in the stubdomain:
 * "xvda".."xvdz", "xvdaa"...; writes at most `size` bytes with NUL.
 */
void vdev_linux_name(unsigned int disk, char *buf, unsigned int size);

#endif
