# Warnings, standard and include root of everything that is built here.
add_library(eg_options_plain INTERFACE)
set(CMAKE_C_STANDARD 11)
target_compile_definitions(eg_options_plain INTERFACE _POSIX_C_SOURCE=200809L _XOPEN_SOURCE=700 _FILE_OFFSET_BITS=64)
target_compile_options(eg_options_plain INTERFACE
  -Wall -Wextra -Wpedantic -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla)
target_include_directories(eg_options_plain INTERFACE ${PROJECT_SOURCE_DIR})
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_C_VISIBILITY_PRESET hidden) # libespgang shows what espgang.h declares

# The same with the sanitizers.
add_library(eg_options INTERFACE)
target_link_libraries(eg_options INTERFACE eg_options_plain)
if(EG_SANITIZE)
  target_compile_options(eg_options INTERFACE
    -fsanitize=${EG_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(eg_options INTERFACE -fsanitize=${EG_SANITIZE})
  find_program(EG_MOLD mold) # hundreds of test programs are linked in half the time
  if(EG_MOLD)
    target_link_options(eg_options INTERFACE -fuse-ld=mold)
  endif()
endif()
if(EG_FUZZ)
  target_compile_options(eg_options INTERFACE -fsanitize=fuzzer-no-link)
endif()

# Hardening of what users get: programs, library and package alike; tests/tools/package reads it back. Not of builds for
# debugging, among them those with sanitizers: glibc takes _FORTIFY_SOURCE only where the compiler optimises.
include(CheckPIESupported)
check_pie_supported(LANGUAGES C)
include(CheckCCompilerFlag)
set(hardened $<CONFIG:Release,RelWithDebInfo,MinSizeRel>)
set(CMAKE_REQUIRED_FLAGS -Werror) # clang only warns of flags of another processor
foreach(flag -fstack-protector-strong -fstack-clash-protection -fcf-protection=full -mbranch-protection=standard)
  string(MAKE_C_IDENTIFIER "EG_HAS${flag}" has)
  check_c_compiler_flag(${flag} ${has}) # the last two: CET of x86, BTI of 64-bit ARM
  if(${has})
    target_compile_options(eg_options_plain INTERFACE $<${hardened}:${flag}>)
  endif()
endforeach()
unset(CMAKE_REQUIRED_FLAGS)
target_compile_options(eg_options_plain INTERFACE $<${hardened}:-U_FORTIFY_SOURCE> $<${hardened}:-D_FORTIFY_SOURCE=3>)
target_link_options(eg_options_plain INTERFACE $<${hardened}:-Wl,-z,relro,-z,now,-z,noexecstack>)
