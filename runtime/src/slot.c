/* SPDX-License-Identifier: MIT */
#include "slot.h"

/* CRC16, polynomial 0x1021, no reflection, start 0: four bits at a time. */
static unsigned crc16(const char *bytes, size_t len)
{
    static const uint16_t steps[16] = {0x0000, 0x1021, 0x2042, 0x3063, 0x4084, 0x50a5,
                                       0x60c6, 0x70e7, 0x8108, 0x9129, 0xa14a, 0xb16b,
                                       0xc18c, 0xd1ad, 0xe1ce, 0xf1ef};
    unsigned crc = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned byte = (unsigned char)bytes[i];
        crc = ((crc << 4) & 0xffff) ^ steps[(crc >> 12) ^ (byte >> 4)];
        crc = ((crc << 4) & 0xffff) ^ steps[(crc >> 12) ^ (byte & 0xf)];
    }
    return crc;
}

static redisc_str hashed_part(redisc_str key)
{
    const char *open = key.len == 0 ? NULL : memchr(key.data, '{', key.len);
    if (open == NULL) {
        return key;
    }
    const char *tag = open + 1;
    size_t rest = key.len - (size_t)(tag - key.data);
    const char *close = rest == 0 ? NULL : memchr(tag, '}', rest);
    if (close == NULL || close == tag) {
        return key;
    }
    return redisc_bytes(tag, (size_t)(close - tag));
}

unsigned redisc_slot(redisc_str key)
{
    redisc_str part = hashed_part(key);
    return crc16(part.data, part.len) % REDISC_SLOTS;
}
