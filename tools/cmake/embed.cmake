# Writes a C file that has a file's bytes, and a NUL after them, as NAME, and their number as NAME_size.
# Usage: cmake -D INPUT=FILE -D OUTPUT=FILE -D NAME=NAME -P embed.cmake
file(READ ${INPUT} bytes HEX)
string(LENGTH "${bytes}" digits)
math(EXPR size "${digits} / 2")
string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
file(WRITE ${OUTPUT}.new "#include <stddef.h>
extern const unsigned char ${NAME}[];
extern const size_t ${NAME}_size;
const unsigned char ${NAME}[] = {${bytes}0};
const size_t ${NAME}_size = ${size};
")
file(RENAME ${OUTPUT}.new ${OUTPUT})
