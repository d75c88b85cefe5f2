# Writes the C file OUT with the array eg__schemas of the texts of FILES, in their order.
set(texts "")
set(rows "")
foreach(file IN LISTS FILES)
  get_filename_component(stem ${file} NAME_WE)
  file(READ ${file} hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}00")
  string(REGEX REPLACE "(0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,)" "\\1\n" bytes "${bytes}")
  string(APPEND texts "static const unsigned char schema_${stem}[] = {\n${bytes}};\n")
  string(APPEND rows "    schema_${stem},\n")
endforeach()
file(WRITE ${OUT}
"/* Generated from db/schema/; do not edit. */
#include \"db/migrate.h\"

${texts}
const unsigned char *const eg__schemas[] = {
${rows}    NULL,
};
")
