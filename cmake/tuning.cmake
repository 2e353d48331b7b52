# Profile-guided optimisation: scripts/tune builds once with `collect`, lets that program run a sale, and
# builds with `use`. The profile stands beside the objects, so both builds share a folder.
set(DOORBUSTER_PROFILE "" CACHE STRING
    "collect: the program counts what it does; use: it is optimised by what was counted")
if(DOORBUSTER_PROFILE AND NOT CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  message(FATAL_ERROR "DOORBUSTER_PROFILE needs g++")
endif()
if(DOORBUSTER_PROFILE STREQUAL "collect")
  add_compile_options(-fprofile-generate -fprofile-update=prefer-atomic)
  add_link_options(-fprofile-generate)
elseif(DOORBUSTER_PROFILE STREQUAL "use")
  # Partial training: what the sale did not do is optimised as without a profile, and not for size.
  # Correction: counters of threads that ran at the same time do not add up exactly.
  add_compile_options(-fprofile-use -fprofile-partial-training -fprofile-correction -Wno-missing-profile)
  set(CMAKE_INTERPROCEDURAL_OPTIMIZATION ON)
  # When it links, g++ 12 sees overflows in std::string and in the queue library that are not there.
  add_link_options(-Wno-stringop-overflow)
elseif(DOORBUSTER_PROFILE)
  message(FATAL_ERROR "DOORBUSTER_PROFILE is collect, use or empty, and not ${DOORBUSTER_PROFILE}")
endif()
