# Installs the pinned package into the build folder, once. Afterwards EG_STUBS_DIR is the folder of its stub files, empty
# when there is none, and EG_STUBS_SOURCE is its name and version, or "none".
set(EG_STUBS_DIR "")
set(EG_STUBS_SOURCE "none")
set(build ${CMAKE_CURRENT_BINARY_DIR})
set(installed ${build}/installed.json) # the lock file of what is installed

if(NOT EG_STUBS)
  message(STATUS "EG_STUBS is OFF: boards will be programmed by their ROM; see stubs/README.md")
  return()
endif()

set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS package.json package-lock.json)
set(up_to_date FALSE)
if(EXISTS ${installed})
  file(SHA256 ${installed} have)
  file(SHA256 ${CMAKE_CURRENT_SOURCE_DIR}/package-lock.json want)
  string(COMPARE EQUAL ${have} ${want} up_to_date)
endif()

if(NOT up_to_date)
  find_program(EG_NPM npm)
  if(NOT EG_NPM)
    message(STATUS "no npm: boards will be programmed by their ROM; see stubs/README.md")
    return()
  endif()
  message(STATUS "Installing the package of the flasher stubs by npm")
  file(REMOVE ${installed})
  file(COPY package.json package-lock.json DESTINATION ${build})
  execute_process(
    COMMAND ${EG_NPM} ci --ignore-scripts --no-audit --no-fund --prefer-offline --fetch-retries=1
      --fetch-retry-mintimeout=2000 --fetch-timeout=60000
    WORKING_DIRECTORY ${build} TIMEOUT 300
    RESULT_VARIABLE failed OUTPUT_QUIET ERROR_VARIABLE complaint)
  if(failed)
    message("${complaint}")
    message(STATUS "npm cannot install the stubs: boards will be programmed by their ROM; see stubs/README.md")
    return()
  endif()
  file(COPY_FILE package-lock.json ${installed})
endif()

file(READ package.json package)
string(JSON version GET ${package} dependencies esptool-js)
set(EG_STUBS_DIR ${build}/node_modules/esptool-js/lib/targets/stub_flasher)
set(EG_STUBS_SOURCE "esptool-js ${version}")
