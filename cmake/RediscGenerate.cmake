# SPDX-License-Identifier: MIT
# Brings generated/ up to date when a specification, a template, the generator or a public header of
# the runtime has changed (api.json and the manual describe those too).
#
# It happens while CMake runs, and CMake runs again as soon as one of those files is newer than the
# build. So new files are found by the same glob as the old ones, and unchanged ones are not touched.
# Without a Python that has Jinja2 and jsonschema the committed files are compiled as they are.

function(redisc_find_python result)
    foreach(candidate $ENV{REDISC_PYTHON} python3 /usr/bin/python3 /usr/local/bin/python3)
        execute_process(
            COMMAND ${candidate} -c "import jinja2, jsonschema"
            RESULT_VARIABLE failed OUTPUT_QUIET ERROR_QUIET)
        if(NOT failed)
            set(${result} ${candidate} PARENT_SCOPE)
            return()
        endif()
    endforeach()
    set(${result} "" PARENT_SCOPE)
endfunction()

function(redisc_generate)
    redisc_find_python(python)
    if(NOT python AND REDISC_SERVER)
        message(FATAL_ERROR "REDISC_SERVER needs a Python with Jinja2 and jsonschema")
    elseif(NOT python)
        message(STATUS "no Python with Jinja2 and jsonschema: generated/ is compiled as it is")
        return()
    endif()
    file(GLOB_RECURSE inputs CONFIGURE_DEPENDS
        spec/*.json codegen/*.py codegen/*.j2 runtime/include/redisc/*.h)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${inputs})
    set(arguments)
    if(REDISC_SERVER)
        set(arguments --server ${REDISC_SERVER} --out ${REDISC_GENERATED})
    endif()
    execute_process(
        COMMAND ${python} -m codegen generate ${arguments}
        WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR}
        RESULT_VARIABLE failed)
    if(failed)
        message(FATAL_ERROR "The generator refuses; what it says stands above.")
    endif()
endfunction()

if((REDISC_REGENERATE OR REDISC_SERVER) AND EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/codegen/__main__.py)
    redisc_generate()
endif()
