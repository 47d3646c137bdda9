/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Looking things up in what redisc_info() and its kin give.
 *
 *     const redisc_info_entry_list *info;
 *     int64_t used;
 *     if (redisc_info(r, &info) == REDISC_OK) {
 *         if (redisc_find_info_integer(info, "used_memory", &used)) {
 *             printf("%lld bytes\n", (long long)used);
 *         }
 *         redisc_free(info);
 *     }
 *
 * All of it only reads the list, so any number of threads may do so at once. What these functions
 * give belongs to the list.
 */
#ifndef REDISC_INFO_H
#define REDISC_INFO_H

#include <redisc/types.h>

REDISC_BEGIN_DECLS

/** The entry of that name, in whatever section it is; NULL if there is none. */
REDISC_API const redisc_info_entry *redisc_find_info(const redisc_info_entry_list *info,
                                                     const char *name);

/** The entry of that name in a section ("Memory", as the server writes it); NULL if there is none.
 */
REDISC_API const redisc_info_entry *redisc_find_info_in(const redisc_info_entry_list *info,
                                                        const char *section, const char *name);

/** The value of a name as an integer. False: there is none, or it is no integer; then 0. */
REDISC_API bool redisc_find_info_integer(const redisc_info_entry_list *info, const char *name,
                                         int64_t *value);

/** The value of a name as a number. False: there is none, or it is no number; then 0. */
REDISC_API bool redisc_find_info_double(const redisc_info_entry_list *info, const char *name,
                                        double *value);

/** A part of an entry's value: "keys" of "keys=5,expires=0"; NULL if there is none. */
REDISC_API const redisc_str *redisc_find_info_part(const redisc_info_entry *entry,
                                                   const char *name);

REDISC_END_DECLS

#endif
