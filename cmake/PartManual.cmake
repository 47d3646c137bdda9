# SPDX-License-Identifier: MIT
# Parts files of the manual into pages: cmake -D TO=DIR -P PartManual.cmake FILE…
#
# A page begins with a line that names it, and then the names that lead to it:
#
#     .\" Page redisc_set redisc_set_with redisc_set_get
#
# A page for such a name only includes the other one.
cmake_minimum_required(VERSION 3.18)

# Writes a page, of which `text` has the line of names from the first name on.
function(write_page text)
    string(FIND "${text}" "\n" end)
    string(SUBSTRING "${text}" 0 ${end} names)
    string(SUBSTRING "${text}" ${end} -1 page)
    string(STRIP "${page}" page)
    string(REPLACE " " ";" names "${names}")
    list(POP_FRONT names name)
    file(WRITE "${TO}/${name}.3" "${page}\n")
    foreach(other IN LISTS names)
        file(WRITE "${TO}/${other}.3" ".so man3/${name}.3\n")
    endforeach()
endfunction()

function(part_file path)
    set(mark "\n.\\\" Page ")
    string(LENGTH "${mark}" mark_length)
    file(READ "${path}" text)
    string(FIND "${text}" "${mark}" begin)
    while(NOT begin EQUAL -1)
        math(EXPR begin "${begin} + ${mark_length}")
        string(SUBSTRING "${text}" ${begin} -1 text)
        string(FIND "${text}" "${mark}" begin)
        string(SUBSTRING "${text}" 0 ${begin} page)
        write_page("${page}")
    endwhile()
endfunction()

# What stands behind -P and this file.
math(EXPR last "${CMAKE_ARGC} - 1")
foreach(number RANGE ${last})
    if("${CMAKE_ARGV${number}}" MATCHES "\\.3$")
        part_file("${CMAKE_ARGV${number}}")
    endif()
endforeach()
