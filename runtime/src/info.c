/* SPDX-License-Identifier: MIT */
/* Looking things up in INFO's result. */
#include "number.h"

#include <redisc/info.h>

#include <string.h>

static bool is(redisc_str text, const char *word)
{
    return text.data != NULL && text.len == strlen(word) && memcmp(text.data, word, text.len) == 0;
}

const redisc_info_entry *redisc_find_info_in(const redisc_info_entry_list *info,
                                             const char *section, const char *name)
{
    for (size_t i = 0; info != NULL && i < info->count; i++) {
        const redisc_info_entry *entry = &info->items[i];
        if (is(entry->name, name) && (section == NULL || is(entry->section, section))) {
            return entry;
        }
    }
    return NULL;
}

const redisc_info_entry *redisc_find_info(const redisc_info_entry_list *info, const char *name)
{
    return redisc_find_info_in(info, NULL, name);
}

bool redisc_find_info_integer(const redisc_info_entry_list *info, const char *name, int64_t *value)
{
    const redisc_info_entry *entry = redisc_find_info(info, name);
    *value = 0;
    return entry != NULL && redisc_read_integer(entry->value.data, entry->value.len, value);
}

bool redisc_find_info_double(const redisc_info_entry_list *info, const char *name, double *value)
{
    const redisc_info_entry *entry = redisc_find_info(info, name);
    *value = 0;
    return entry != NULL && redisc_read_double(entry->value.data, entry->value.len, value);
}

const redisc_str *redisc_find_info_part(const redisc_info_entry *entry, const char *name)
{
    for (size_t i = 0; entry != NULL && i < entry->parts.count; i++) {
        if (is(entry->parts.items[i].key, name)) {
            return &entry->parts.items[i].value;
        }
    }
    return NULL;
}
