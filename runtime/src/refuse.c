/* SPDX-License-Identifier: MIT */
/* Refusing a call before anything of it is encoded. */
#include "command.h"

static redisc_status refused(const redisc_operation_info *info, const redisc_result *result,
                             void *out)
{
    if (out != NULL) {
        memset(out, 0, result->size);
    }
    redisc_error_about(info->name, REDISC_NOT_SENT, 0);
    return REDISC_ERROR_ARGUMENT;
}

redisc_status redisc_refuse_both(const redisc_operation_info *info, const redisc_result *result,
                                 void *out, const char *one, const char *other)
{
    redisc_fail(REDISC_ERROR_ARGUMENT, "%s: `%s` and `%s` exclude each other", info->name, one,
                other);
    return refused(info, result, out);
}

redisc_status redisc_refuse_value(const redisc_operation_info *info, const redisc_result *result,
                                  void *out, const char *name, int64_t value)
{
    redisc_fail(REDISC_ERROR_ARGUMENT, "%s: `%s` can't be %lld", info->name, name,
                (long long)value);
    return refused(info, result, out);
}

redisc_status redisc_refuse_missing(const redisc_operation_info *info, const redisc_result *result,
                                    void *out, const char *name)
{
    redisc_fail(REDISC_ERROR_ARGUMENT, "%s: `%s` is missing", info->name, name);
    return refused(info, result, out);
}

redisc_status redisc_refuse_list(const redisc_operation_info *info, const redisc_result *result,
                                 void *out, const char *name, size_t count)
{
    redisc_fail(REDISC_ERROR_ARGUMENT, "%s: `%s` %s", info->name, name,
                count == 0 ? "is empty" : "has a count but its items are NULL");
    return refused(info, result, out);
}

redisc_status redisc_refuse_begin(const redisc_operation *c, const redisc_result *result, void *out)
{
    if (out != NULL) {
        memset(out, 0, result->size);
    }
    return c->status;
}
