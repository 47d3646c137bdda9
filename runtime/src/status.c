/* SPDX-License-Identifier: MIT */
#include <redisc/status.h>

typedef struct status_row {
    redisc_status status;
    redisc_status parent;
    const char *name;
    const char *text;
} status_row;

static const status_row rows[] = {
#define REDISC_STATUS_ROW(name, value, parent, text) {name, parent, #name, text},
    REDISC_STATUS_LIST(REDISC_STATUS_ROW)
#undef REDISC_STATUS_ROW
};

/* A status that is not in the list is an error of no special kind. */
static const status_row *row_of(redisc_status status)
{
    const status_row *general = NULL;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].status == status) {
            return &rows[i];
        }
        if (rows[i].status == REDISC_ERROR) {
            general = &rows[i];
        }
    }
    return general;
}

bool redisc_is(redisc_status status, redisc_status kind)
{
    if (status >= 0) {
        return kind == REDISC_OK || kind == status;
    }
    const status_row *row = row_of(status);
    while (row->status != kind) {
        if (row->parent == row->status || row->status == REDISC_ERROR) {
            return false;
        }
        row = row_of(row->parent);
    }
    return true;
}

const char *redisc_status_name(redisc_status status)
{
    return row_of(status)->name;
}

const char *redisc_status_text(redisc_status status)
{
    return row_of(status)->text;
}
