# eg_registry(out TYPE type PREFIX prefix HEADER header FILES file...)
# Writes a C file with the NULL-terminated array `out` of everything the files define: x.c defines PREFIXx.
# The path of the C file is in ${out}_C afterwards.
function(eg_registry out)
  cmake_parse_arguments(R "" "TYPE;PREFIX;HEADER" "FILES" ${ARGN})
  list(SORT R_FILES)
  foreach(file IN LISTS R_FILES)
    get_filename_component(stem ${file} NAME_WE)
    string(APPEND externs "extern const struct ${R_TYPE} ${R_PREFIX}${stem};\n")
    string(APPEND rows "    &${R_PREFIX}${stem},\n")
  endforeach()
  set(path ${CMAKE_CURRENT_BINARY_DIR}/${out}.c)
  file(CONFIGURE OUTPUT ${path} @ONLY CONTENT
"/* Generated from the file names of this folder; do not edit. */
#include <stddef.h>

#include \"@R_HEADER@\"

@externs@
const struct @R_TYPE@ *const @out@[] = {
@rows@    NULL,
};
")
  set(${out}_C ${path} PARENT_SCOPE)
endfunction()
