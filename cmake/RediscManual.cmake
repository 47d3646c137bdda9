# SPDX-License-Identifier: MIT
# Makes and installs the manual. generated/man has a file for each group of commands; the build parts
# them into a page for each function.

set(manual ${CMAKE_CURRENT_BINARY_DIR}/man/man3)
set(manual_made ${CMAKE_CURRENT_BINARY_DIR}/man/made)
file(GLOB manual_sources CONFIGURE_DEPENDS generated/man/*.3)

add_custom_command(
    OUTPUT ${manual_made}
    COMMAND ${CMAKE_COMMAND} -E rm -rf ${manual}
    COMMAND ${CMAKE_COMMAND} -D TO=${manual}
        -P ${CMAKE_CURRENT_SOURCE_DIR}/cmake/PartManual.cmake ${manual_sources}
    COMMAND ${CMAKE_COMMAND} -E touch ${manual_made}
    DEPENDS ${manual_sources} cmake/PartManual.cmake
    COMMENT "Making the manual")
add_custom_target(redisc_manual ALL DEPENDS ${manual_made})

install(DIRECTORY ${manual} DESTINATION ${CMAKE_INSTALL_MANDIR} FILES_MATCHING PATTERN "*.3")
