/* SPDX-License-Identifier: MIT */
/* CRC-32C (Castagnoli), the checksum of iSCSI (RFC 3720, B.4). */
#ifndef CORE_CRC32C_H
#define CORE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* The checksum of what `crc` is of, followed by `n` bytes; of nothing, 0. */
uint32_t crc32c(uint32_t crc, const void *data, size_t n);

#endif
