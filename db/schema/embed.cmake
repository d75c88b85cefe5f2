# Writes the C file OUT with the array eg__schemas of the texts of FILES, in their order, and with eg__schema_fresh, the
# statements that make at once what they make one after the other: dozens of ALTER TABLE take ten times as long, and every
# opening of a ledger compares with a fresh one. SQLITE3 is the program that says what they make.
#
# A line @append_only(TABLE) becomes the two triggers that refuse UPDATE and DELETE. Their text is part of every ledger and
# never changes: of a name with ten letters or more it has two lines each, except where the line says "wide".
set(keeps "CREATE TRIGGER \\1_keeps BEFORE UPDATE ON \\1")
set(stays "CREATE TRIGGER \\1_stays BEFORE DELETE ON \\1")
set(refuse "BEGIN SELECT RAISE(ABORT, 'the ledger is append only'); END;")
set(texts "")
set(rows "")
set(all "")

# In C, a text that ends with a NUL.
function(c_array out text)
  string(HEX "${text}" hex)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}00")
  string(REGEX REPLACE "(0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,)" "\\1\n" bytes "${bytes}")
  set(${out} "{\n${bytes}}" PARENT_SCOPE)
endfunction()

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
  string(APPEND all "${sql}")
  c_array(array "${sql}")
  string(APPEND texts "static const unsigned char schema_${stem}[] = ${array};\n")
  string(APPEND rows "    schema_${stem},\n")
endforeach()
file(WRITE ${OUT}.sql "${all}
SELECT sql || ';' FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid;
")
execute_process(COMMAND ${SQLITE3} -batch -bail -init /dev/null :memory: INPUT_FILE ${OUT}.sql OUTPUT_VARIABLE fresh
  COMMAND_ERROR_IS_FATAL ANY)
c_array(fresh "${fresh}")
file(WRITE ${OUT}
"/* Generated from db/schema/; do not edit. */
#include \"db/migrate.h\"

${texts}
const unsigned char eg__schema_fresh[] = ${fresh};
const unsigned char *const eg__schemas[] = {
${rows}    NULL,
};
")
