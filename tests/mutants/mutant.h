#pragma once
// Whether a broken variant is on: the one that the environment names. Only the sources that make_mutants.py
// writes include this.

#include <cstdlib>
#include <string_view>

namespace doorbuster::mutants {

inline bool is_on(std::string_view name) {
  static const char* const chosen = std::getenv("DOORBUSTER_MUTANT");
  return chosen != nullptr && name == chosen;
}

}  // namespace doorbuster::mutants

#define MUTANT(name) ::doorbuster::mutants::is_on(#name)
