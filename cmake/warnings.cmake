# Linked PRIVATE to our own targets only, so that a library's headers never fail our build.
add_library(doorbuster_warnings INTERFACE)
target_compile_options(doorbuster_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor -Wunused-result
  $<$<BOOL:${DOORBUSTER_WERROR}>:-Werror>)
