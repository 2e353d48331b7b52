#pragma once
// What every part of the simulation uses: chance, the trace, and how a broken promise is told.

#include <fmt/format.h>

#include <cstdint>
#include <cstdio>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "doorbuster/base/tick.h"

namespace doorbuster::simulation {

// All chance of one run comes from one of these.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}
  std::uint64_t roll() { return engine_(); }
  // 0 to bound - 1. The engine's numbers are the same everywhere; a standard distribution's are not.
  std::uint64_t below(std::uint64_t bound) { return engine_() % bound; }
  std::uint32_t below32(std::uint32_t bound) { return static_cast<std::uint32_t>(below(bound)); }
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(high - low + 1)));
  }
  bool percent(std::uint64_t chance) { return below(100) < chance; }
  template <typename Value>
  const Value& pick(const std::vector<Value>& values) {
    return values[below(values.size())];
  }

 private:
  std::mt19937_64 engine_;
};

// A promise of the engine that does not hold.
struct Violation {
  std::string what;
};

// The simulated process is dead; thrown through it.
struct ProcessDied {};

template <typename... Parts>
void require(bool holds, fmt::format_string<Parts...> what, Parts&&... parts) {
  if (!holds) throw Violation{fmt::format(what, std::forward<Parts>(parts)...)};
}

// One line a step. Costs nothing but its arguments when nobody reads it.
class Trace {
 public:
  enum class To { nobody, text, output };
  explicit Trace(To to) : to_(to) {}
  bool on() const { return to_ != To::nobody; }
  // When it happens: since the start of the run, and which step.
  void at(std::int64_t ns, std::uint64_t step) {
    ns_ = ns;
    step_ = step;
  }
  template <typename... Parts>
  void line(fmt::format_string<Parts...> format, Parts&&... parts) {
    if (to_ == To::nobody) return;
    const std::string text = fmt::format("{:>12.6f} {:>5} {}\n", static_cast<double>(ns_) / kNsPerSecond,
                                         step_, fmt::format(format, std::forward<Parts>(parts)...));
    if (to_ == To::text) {
      text_ += text;
    } else {
      std::fputs(text.c_str(), stdout);
    }
  }
  const std::string& text() const { return text_; }

 private:
  const To to_;
  std::int64_t ns_ = 0;
  std::uint64_t step_ = 0;
  std::string text_;
};

}  // namespace doorbuster::simulation
