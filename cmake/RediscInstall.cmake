# SPDX-License-Identifier: MIT
# Installs libraries, headers, the CMake package (find_package(redisc)), redisc.pc, the manual and the
# description of the API.
include(CMakePackageConfigHelpers)
include(RediscManual)

set(package_directory ${CMAKE_INSTALL_LIBDIR}/cmake/redisc)
set(targets redisc_static)
if(REDISC_BUILD_SHARED)
    list(APPEND targets redisc)
endif()

install(TARGETS ${targets} EXPORT redisc-targets
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
# A component of its own, so that finding redisc asks for no cJSON.
if(REDISC_JSON_FOUND)
    set(json_targets redisc_json_static)
    if(REDISC_BUILD_SHARED)
        list(APPEND json_targets redisc_json)
    endif()
    install(TARGETS ${json_targets} EXPORT redisc-json-targets
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
    install(EXPORT redisc-json-targets NAMESPACE redisc:: DESTINATION ${package_directory})
    install(DIRECTORY json/include/redisc DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
endif()
install(EXPORT redisc-targets NAMESPACE redisc:: DESTINATION ${package_directory})
install(DIRECTORY runtime/include/redisc ${REDISC_GENERATED}/include/redisc
    DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
    FILES_MATCHING PATTERN "*.h")

configure_package_config_file(cmake/redisc-config.cmake.in redisc-config.cmake
    INSTALL_DESTINATION ${package_directory})
write_basic_package_version_file(redisc-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES
    ${CMAKE_CURRENT_BINARY_DIR}/redisc-config.cmake
    ${CMAKE_CURRENT_BINARY_DIR}/redisc-config-version.cmake
    DESTINATION ${package_directory})

if(REDISC_TLS_FOUND)
    set(tls_targets redisc_tls_static)
    if(REDISC_BUILD_SHARED)
        list(APPEND tls_targets redisc_tls)
    endif()
    install(TARGETS ${tls_targets} EXPORT redisc-tls-targets
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
    install(EXPORT redisc-tls-targets NAMESPACE redisc:: DESTINATION ${package_directory})
    install(DIRECTORY ${REDISC_TLS_INCLUDE}/redisc DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        FILES_MATCHING PATTERN "*.h")
endif()

# Not as Requires.private: that would bring hiredis's compiler flags to users of the shared library.
set(pc_hiredis "")
if(REDISC_HIREDIS_LIBRARY)
    set(pc_hiredis " -lhiredis")
endif()
# Found from where redisc.pc lies, so that the installed tree may be moved.
file(RELATIVE_PATH pc_prefix
    ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
string(REGEX REPLACE "/$" "" pc_prefix "${pc_prefix}")
configure_file(cmake/redisc.pc.in redisc.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/redisc.pc
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
if(REDISC_TLS_FOUND)
    configure_file(cmake/redisc-tls.pc.in redisc-tls.pc @ONLY)
    install(FILES ${CMAKE_CURRENT_BINARY_DIR}/redisc-tls.pc
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endif()
if(REDISC_JSON_FOUND)
    configure_file(cmake/redisc-json.pc.in redisc-json.pc @ONLY)
    install(FILES ${CMAKE_CURRENT_BINARY_DIR}/redisc-json.pc
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endif()

install(FILES generated/api.json DESTINATION ${CMAKE_INSTALL_DATADIR}/redisc)
