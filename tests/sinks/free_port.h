#pragma once

#include <cstdint>

namespace doorbuster {

// A port of loopback that nobody has just now.
std::uint16_t free_port();

}  // namespace doorbuster
