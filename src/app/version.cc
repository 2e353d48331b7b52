#include "doorbuster/app/version.h"

#include <simdjson.h>
#include <spdlog/version.h>

#include <boost/asio/version.hpp>
#include <boost/beast/version.hpp>
#include <boost/version.hpp>
#include <cstdlib>
#include <utility>
#include <vector>

#include "doorbuster/catalog/schedule.h"
#include "doorbuster/http/audience_token.h"

#ifdef DOORBUSTER_WITH_MIMALLOC
#include <mimalloc.h>
#endif

namespace doorbuster {
namespace {

std::vector<std::pair<std::string, std::string>> facts() {
  const auto dotted = [](int major, int minor, int patch) {
    return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch);
  };
  return {
      {"version", version_number()},
      {"build_type", build_type()},
      {"compiler", compiler_name()},
      {"boost", dotted(BOOST_VERSION / 100000, BOOST_VERSION / 100 % 1000, BOOST_VERSION % 100)},
      {"asio",
       dotted(BOOST_ASIO_VERSION / 100000, BOOST_ASIO_VERSION / 100 % 1000, BOOST_ASIO_VERSION % 100)},
      {"beast", std::to_string(BOOST_BEAST_VERSION)},
      {"simdjson", dotted(simdjson::SIMDJSON_VERSION_MAJOR, simdjson::SIMDJSON_VERSION_MINOR,
                          simdjson::SIMDJSON_VERSION_REVISION)},
      {"simdjson_kernel", simdjson::get_active_implementation()->name()},
      {"spdlog", dotted(SPDLOG_VER_MAJOR, SPDLOG_VER_MINOR, SPDLOG_VER_PATCH)},
      {"openssl", std::string(openssl_version())},
      {"time_zones", zone_database_version()},
      {"allocator", allocator_in_force()},
  };
}

}  // namespace

std::string allocator_in_force() {
#ifdef DOORBUSTER_WITH_MIMALLOC
  void* block = std::calloc(1, 16);
  const bool ours = mi_is_in_heap_region(block);
  std::free(block);
  // Linked is not yet in force: a preloaded library may have taken malloc over.
  if (ours) return "mimalloc " + std::to_string(mi_version());
#endif
  return "system";
}

std::string version_number() {
  return DOORBUSTER_VERSION;
}
std::string build_type() {
  return DOORBUSTER_BUILD_TYPE;
}
std::string compiler_name() {
#ifdef __clang__
  return "clang " __clang_version__;
#else
  return "gcc " __VERSION__;
#endif
}

std::string version_text() {
  std::string text = "doorbuster " + version_number() + "\n";
  for (const auto& [name, value] : facts()) {
    if (name != "version") text += "  " + name + ": " + value + "\n";
  }
  return text;
}

std::string version_json() {
  std::string text = "{";
  for (const auto& [name, value] : facts()) {
    if (text.size() > 1) text += ",";
    text += "\"" + name + "\":\"" + value + "\"";
  }
  return text + "}\n";
}

}  // namespace doorbuster
