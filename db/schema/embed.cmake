# Writes the C file OUT with the array eg__schemas of the texts of FILES, in their order.
#
# A line @append_only(TABLE) becomes the two triggers that refuse UPDATE and DELETE. Their text is part of every ledger and
# never changes: of a name with ten letters or more it has two lines each, except where the line says "wide".
set(keeps "CREATE TRIGGER \\1_keeps BEFORE UPDATE ON \\1")
set(stays "CREATE TRIGGER \\1_stays BEFORE DELETE ON \\1")
set(refuse "BEGIN SELECT RAISE(ABORT, 'the ledger is append only'); END;")
set(texts "")
set(rows "")
foreach(file IN LISTS FILES)
  get_filename_component(stem ${file} NAME_WE)
  file(READ ${file} sql)
  string(REGEX REPLACE "@append_only\\(([a-z_]+), wide\\)" "${keeps} ${refuse}\n${stays} ${refuse}" sql "${sql}")
  string(REGEX REPLACE "@append_only\\(([a-z_][a-z_][a-z_][a-z_][a-z_][a-z_][a-z_][a-z_][a-z_][a-z_]+)\\)"
    "${keeps}\n${refuse}\n${stays}\n${refuse}" sql "${sql}")
  string(REGEX REPLACE "@append_only\\(([a-z_]+)\\)" "${keeps} ${refuse}\n${stays} ${refuse}" sql "${sql}")
  if(sql MATCHES "@[^\n]*")
    message(FATAL_ERROR "${file}: what is \"${CMAKE_MATCH_0}\"?")
  endif()
  string(HEX "${sql}" hex)
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
