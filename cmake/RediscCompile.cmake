# SPDX-License-Identifier: MIT
# How redisc's own C is compiled: C11, POSIX, all warnings, sanitizers if asked for.

# The functions of all servers are committed; those of one server are made for the build.
set(REDISC_GENERATED ${CMAKE_CURRENT_SOURCE_DIR}/generated)
if(REDISC_SERVER)
    set(REDISC_GENERATED ${CMAKE_CURRENT_BINARY_DIR}/generated)
endif()
set(REDISC_INCLUDES
    ${CMAKE_CURRENT_SOURCE_DIR}/runtime/include
    ${REDISC_GENERATED}/include)
set(REDISC_PRIVATE_INCLUDES ${CMAKE_CURRENT_SOURCE_DIR}/runtime/src)

function(redisc_compile target)
    set_target_properties(${target} PROPERTIES
        C_STANDARD 11
        C_STANDARD_REQUIRED ON
        C_EXTENSIONS OFF)
    target_compile_definitions(${target} PRIVATE _POSIX_C_SOURCE=200809L)
    # These systems hide more than POSIX asks them to, once it is asked for.
    if(APPLE)
        target_compile_definitions(${target} PRIVATE _DARWIN_C_SOURCE)
    elseif(CMAKE_SYSTEM_NAME MATCHES "BSD|DragonFly")
        target_compile_definitions(${target} PRIVATE __BSD_VISIBLE=1 _NETBSD_SOURCE _BSD_SOURCE)
    endif()
    target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wconversion -Wshadow)
    if(REDISC_WERROR)
        target_compile_options(${target} PRIVATE -Werror)
    endif()
    if(REDISC_SANITIZE)
        set(sanitizers ${REDISC_SANITIZE})
        if(REDISC_BUILD_FUZZ)
            string(APPEND sanitizers ",fuzzer-no-link")
        endif()
        target_compile_options(${target} PRIVATE
            -fsanitize=${sanitizers} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    endif()
endfunction()

if(REDISC_SANITIZE)
    add_link_options(-fsanitize=${REDISC_SANITIZE})
endif()
