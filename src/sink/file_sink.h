#pragma once
// Events as lines of files: NDJSON, one event a line, in a folder of the sink's own. A file that is large
// enough is ended and another begun, named by the sequence of its first event, so names sort by age.
//
// The files say themselves how far they are: a start goes on behind the last whole line. A line that a crash
// cut off is taken away first. So each event stands there once, whatever dies; whoever reads the newest file
// while it grows may see a line that is cut off, and must wait for its end.

#include <memory>
#include <string>
#include <vector>

#include "doorbuster/platform/storage.h"
#include "doorbuster/sink/sink.h"

namespace doorbuster {

class FileSink final : public Sink {
 public:
  // REQUIRES: the options are FileSinkOptions.
  FileSink(const SinkConfiguration& configuration, const FolderIdentity& folder);

  // A sync is dear, also for the journal on the same disk: a delivery is large.
  Batch batch() const override { return {.events = 16'384, .bytes = 8U << 20}; }
  Result<std::optional<FeedPosition>> open(const std::atomic<bool>& stop) override;
  Delivery deliver(std::span<const FeedEvent> events, const FeedPosition& through,
                   const std::atomic<bool>& stop) override;

 private:
  Result<std::vector<std::string>> names();
  // The place of a file's last whole event; nothing: it has none. Takes away what stands behind it.
  Result<std::optional<FeedPosition>> mend(const std::string& name);
  Status begin_file(const FeedEvent& first);
  Status remove_old();
  Status append(std::string_view lines);

  const FileSinkOptions options_;
  const std::string source_;  // of the events
  std::unique_ptr<Storage> storage_;
  std::unique_ptr<StorageFile> file_;  // null: the next event begins one
  std::uint64_t bytes_ = 0;            // in it
  FeedPosition place_;
};

}  // namespace doorbuster
