#pragma once

#include <string>

namespace doorbuster {

// What this binary is: version, build type, compiler, libraries, the allocator in force.
std::string version_text();
std::string version_json();

std::string version_number();
std::string compiler_name();
std::string allocator_in_force();  // "mimalloc 209", "system"
std::string build_type();

}  // namespace doorbuster
