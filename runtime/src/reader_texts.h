/* SPDX-License-Identifier: MIT */
/* Records whose text form no other has: the lines of INFO, and those of CLUSTER NODES. */
#ifndef REDISC_SRC_READER_TEXTS_H
#define REDISC_SRC_READER_TEXTS_H

#include "reader.h"

#include <redisc/types.h>

/* "# Section" and "name:value" lines. */
bool redisc_take_info_entry_list(redisc_reader *in, redisc_info_entry_list *list);
/* A text of lines, or an array with a line in each item. */
bool redisc_take_cluster_node_list(redisc_reader *in, redisc_cluster_node_list *list);

#endif
