#pragma once
// What a sink's agent keeps in the data folder: its place, and the events that its target refused. Texts, for
// people to read; docs/integration.md, "In the data folder".

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "doorbuster/base/result.h"
#include "doorbuster/feed/feed_reader.h"
#include "doorbuster/platform/storage.h"

namespace doorbuster {

// `sink-<id>.cursor`.
struct SinkCursor {
  FeedPosition place;
  bool paused = false;
  bool disabled = false;  // by its target
  friend bool operator==(const SinkCursor&, const SinkCursor&) = default;
};
// Nothing: there is none. A file that is none is an error that names it.
Result<std::optional<SinkCursor>> read_sink_cursor(Storage& storage, const std::string& sink);
// Durable when it returns.
Status write_sink_cursor(Storage& storage, const std::string& sink, const SinkCursor& cursor);

// An event that was not delivered, and will not be by itself.
struct DeadLetter {
  FeedPosition at;
  Tick refused_at;
  std::string subject, reason, json;
};

// `sink-<id>.dead`: one line for each. One thread.
class DeadLetters {
 public:
  DeadLetters(Storage& storage, std::string sink);

  // Reads what there is; a last line that is cut off is dropped, its event was not passed by.
  Status open();
  // Durable when it returns. One that is there already is left as it is.
  Status add(DeadLetter letter);
  // Whether an event of this order is there: then those behind it must not overtake it.
  bool holds(const std::string& subject) const { return !subject.empty() && subjects_.contains(subject); }
  const std::vector<DeadLetter>& letters() const { return letters_; }
  bool is_full() const { return letters_.size() >= kDeadLettersMax; }

  static constexpr std::size_t kDeadLettersMax = 10'000;

 private:
  Storage& storage_;
  const std::string name_;
  std::unique_ptr<StorageFile> file_;
  std::uint64_t bytes_ = 0;
  std::vector<DeadLetter> letters_;
  std::unordered_map<std::string, std::uint32_t> subjects_;
};

}  // namespace doorbuster
