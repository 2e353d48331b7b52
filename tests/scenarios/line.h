#pragma once
// One line of a scenario: `buy at=08:00:00 who=ann`.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "doorbuster/base/tick.h"

namespace doorbuster {

struct CannotRead {
  std::string why;
};

// A word, what it is about, and values by name. Each value is asked for once; what nobody has asked for is an
// error, so that a slip of the pen never passes for a scenario. Throws CannotRead.
class Line {
 public:
  explicit Line(const std::string& text);

  const std::string& verb() const { return verb_; }
  const std::string& subject() const { return subject_; }

  std::optional<std::string> text(const std::string& name);
  std::string must(const std::string& name);
  std::vector<std::string> list(const std::string& name);  // comma-separated; empty when it is not there
  std::int64_t number(const std::string& name, std::int64_t otherwise);
  std::uint32_t count(const std::string& name, std::uint32_t otherwise);
  bool yes_or_no(const std::string& name, bool otherwise);
  Tick time(const std::string& name);  // of the day of the sale, in UTC
  Tick time(const std::string& name, Tick otherwise);
  bool has(const std::string& name) const { return values_.contains(name); }
  void nothing_else() const;

 private:
  std::string verb_, subject_;
  std::map<std::string, std::string> values_;
};

// A piece of the value of `name`, as a time of the day and as a number. Throws CannotRead.
Tick time_in(const std::string& name, const std::string& piece);
std::int64_t number_in(const std::string& name, const std::string& piece);
// What stands before and behind the first `separator`. Throws CannotRead when there is none.
std::pair<std::string, std::string> halves(const std::string& name, const std::string& piece, char separator);

// The time of the day as a scenario writes it.
std::string time_text(Tick tick);

}  // namespace doorbuster
