#pragma once
// The parameters behind the '?' of a path. What a route does not know is refused, like everything else that
// a client has mistyped.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "doorbuster/base/json_reader.h"
#include "doorbuster/base/tick.h"

namespace doorbuster {

// A route asks for each parameter that it knows, and then for what is wrong.
class QueryReader {
 public:
  explicit QueryReader(std::string_view query);

  // Each stores what the parameter says and returns true; without it, or when something is wrong with it, it
  // returns false and leaves `out` as it was.
  bool text(std::string_view name, std::size_t bytes_max, std::string& out);
  bool identifier(std::string_view name, std::string& out);
  bool integer(std::string_view name, IntegerRange range, std::uint64_t& out);
  bool time(std::string_view name, Tick& out);
  bool flag(std::string_view name, bool& out);

  void error(std::string message);
  // All that is wrong, in one text; empty when nothing is.
  std::string take_errors();

 private:
  struct Parameter {
    std::string name, value;
    bool is_known = false;
  };
  // The parameter's value; null when it is not there, or there twice, which is an error.
  const std::string* find(std::string_view name);

  std::vector<Parameter> parameters_;
  std::vector<std::string_view> names_;  // that were asked for
  std::vector<std::string> errors_;
};

}  // namespace doorbuster
