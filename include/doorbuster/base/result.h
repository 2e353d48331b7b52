#pragma once
// Result<T>: a value, or an Error that says in one sentence what went wrong and what to do about it.

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace doorbuster {

// How the process ends when this error reaches main(): the exit codes of the program's contract.
enum class ErrorKind {
  runtime,        // exit 1: a failure while running
  usage,          // exit 2: the command line
  configuration,  // exit 78: a configuration, or a data folder, that is refused
};

struct [[nodiscard]] Error {
  ErrorKind kind = ErrorKind::runtime;
  std::string message;
  bool no_room = false;  // the disk is full: what has not been begun can be tried again later
};

template <typename T>
using Result = tl::expected<T, Error>;

using Status = Result<void>;

inline tl::unexpected<Error> fail(ErrorKind kind, std::string message) {
  return tl::unexpected<Error>(Error{kind, std::move(message)});
}

}  // namespace doorbuster
