# Linked PRIVATE to our own targets only, so that a library's headers never fail our build.
add_library(doorbuster_warnings INTERFACE)
target_compile_options(doorbuster_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor -Wunused-result
  # g++ 12 sees overlaps in std::string's operator+ that are not there (GCC bug 105651)
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
  $<$<BOOL:${DOORBUSTER_WERROR}>:-Werror>)
