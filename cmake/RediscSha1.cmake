# SPDX-License-Identifier: MIT
# SHA1, for Lua scripts: libmd, which the BSDs and macOS have as a part of the system.
find_path(REDISC_MD_INCLUDE sha1.h)
find_library(REDISC_MD_LIBRARY md)
mark_as_advanced(REDISC_MD_INCLUDE REDISC_MD_LIBRARY)
if(NOT REDISC_MD_INCLUDE OR NOT REDISC_MD_LIBRARY)
    message(FATAL_ERROR "libmd (sha1.h) is needed; on Debian: apt-get install libmd-dev")
endif()
