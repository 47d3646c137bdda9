# SPDX-License-Identifier: MIT
# hiredis's reader as a second parser, if it is wanted and there.
#
# Gives the target redisc_hiredis (for compiling; empty without hiredis), REDISC_HIREDIS_LIBRARY (for
# linking) and REDISC_HIREDIS_FOUND.

find_path(REDISC_HIREDIS_INCLUDE hiredis/hiredis.h)
find_library(REDISC_HIREDIS_LIBRARY_PATH hiredis)
mark_as_advanced(REDISC_HIREDIS_INCLUDE REDISC_HIREDIS_LIBRARY_PATH)

set(REDISC_HIREDIS_FOUND OFF)
if(REDISC_HIREDIS_INCLUDE AND REDISC_HIREDIS_LIBRARY_PATH)
    set(REDISC_HIREDIS_FOUND ON)
elseif(REDISC_WITH_HIREDIS STREQUAL "ON")
    message(FATAL_ERROR "REDISC_WITH_HIREDIS is ON, but hiredis was not found")
endif()

add_library(redisc_hiredis INTERFACE)
set(REDISC_HIREDIS_LIBRARY "")
if(REDISC_WITH_HIREDIS AND REDISC_HIREDIS_FOUND)
    target_compile_definitions(redisc_hiredis INTERFACE REDISC_HAVE_HIREDIS=1)
    target_include_directories(redisc_hiredis SYSTEM INTERFACE ${REDISC_HIREDIS_INCLUDE})
    set(REDISC_HIREDIS_LIBRARY ${REDISC_HIREDIS_LIBRARY_PATH})
    message(STATUS "hiredis's parser: offered")
else()
    message(STATUS "hiredis's parser: not offered")
endif()
