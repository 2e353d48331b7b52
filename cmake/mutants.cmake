# DOORBUSTER_MUTANTS: for some sources a copy stands in that can be broken in ways that the tests must notice.
# tests/mutants/mutants.py says which and how; doorbuster_room() takes the copies.
find_package(Python3 REQUIRED COMPONENTS Interpreter)
set(DOORBUSTER_MUTANT_FOLDER "${PROJECT_BINARY_DIR}/mutants")
set(mutants "${PROJECT_SOURCE_DIR}/tests/mutants")
execute_process(
  COMMAND "${Python3_EXECUTABLE}" -B "${mutants}/make_mutants.py"
          "${PROJECT_SOURCE_DIR}" "${DOORBUSTER_MUTANT_FOLDER}"
  OUTPUT_VARIABLE DOORBUSTER_MUTATED OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
string(REPLACE "\n" ";" DOORBUSTER_MUTATED "${DOORBUSTER_MUTATED}")
set(inputs ${DOORBUSTER_MUTATED})
list(TRANSFORM inputs PREPEND "${PROJECT_SOURCE_DIR}/")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${inputs} "${mutants}/mutants.py")
