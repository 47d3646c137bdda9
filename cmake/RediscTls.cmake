# SPDX-License-Identifier: MIT
# TLS, as a library of its own beside redisc, if it is wanted and OpenSSL 3 is there.
#
# Gives REDISC_TLS_FOUND, and with it redisc_tls_static and (with the shared libraries) redisc_tls.

set(REDISC_TLS_FOUND OFF)
if(REDISC_WITH_TLS STREQUAL "OFF")
    message(STATUS "TLS: not wanted")
    return()
endif()
find_package(OpenSSL 3.0 QUIET)
if(OPENSSL_FOUND)
    set(REDISC_TLS_FOUND ON)
    message(STATUS "TLS: by OpenSSL ${OPENSSL_VERSION}")
elseif(REDISC_WITH_TLS STREQUAL "ON")
    message(FATAL_ERROR "REDISC_WITH_TLS is ON, but OpenSSL 3 was not found")
else()
    message(STATUS "TLS: none, for there is no OpenSSL 3")
    return()
endif()

set(REDISC_TLS_INCLUDE ${PROJECT_SOURCE_DIR}/runtime/tls/include)
file(GLOB tls_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/runtime/tls/*.c)

add_library(redisc_tls_objects OBJECT ${tls_sources})
redisc_compile(redisc_tls_objects)
set_target_properties(redisc_tls_objects PROPERTIES
    POSITION_INDEPENDENT_CODE ON
    C_VISIBILITY_PRESET hidden)
target_compile_options(redisc_tls_objects PRIVATE -ffunction-sections -fdata-sections)
# Only redisc's public headers: it lives beside the library, not in it.
target_include_directories(redisc_tls_objects PRIVATE ${REDISC_INCLUDES} ${REDISC_TLS_INCLUDE})
target_include_directories(redisc_tls_objects SYSTEM PRIVATE ${OPENSSL_INCLUDE_DIR})

function(redisc_tls_library name alias redisc)
    add_library(redisc::${alias} ALIAS ${name})
    target_include_directories(${name} PUBLIC
        $<BUILD_INTERFACE:${REDISC_TLS_INCLUDE}>
        $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
    target_link_libraries(${name} PUBLIC ${redisc} PRIVATE OpenSSL::SSL OpenSSL::Crypto
        Threads::Threads)
    set_target_properties(${name} PROPERTIES
        OUTPUT_NAME redisc_tls EXPORT_NAME ${alias} LINKER_LANGUAGE C)
endfunction()

add_library(redisc_tls_static STATIC $<TARGET_OBJECTS:redisc_tls_objects>)
redisc_tls_library(redisc_tls_static tls_static redisc_static)

if(REDISC_BUILD_SHARED)
    add_library(redisc_tls SHARED $<TARGET_OBJECTS:redisc_tls_objects>)
    redisc_tls_library(redisc_tls tls redisc)
    set_target_properties(redisc_tls PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION 0)
    if(NOT APPLE AND NOT REDISC_SANITIZE)
        target_link_options(redisc_tls PRIVATE LINKER:-z,defs)
    endif()
endif()
