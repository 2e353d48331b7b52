#include "sink/file_sink.h"

#include <algorithm>
#include <utility>

#include "doorbuster/base/json_document.h"
#include "doorbuster/base/text.h"

namespace doorbuster {
namespace {

constexpr std::string_view kPrefix = "events-";
constexpr std::string_view kSuffix = ".ndjson";
constexpr std::size_t kDigits = 20;
// More than two of the largest events.
constexpr std::uint64_t kTailBytes = 1U << 20;

std::string name_of(std::uint64_t sequence) {
  const std::string digits = std::to_string(sequence);
  return std::string(kPrefix) + std::string(kDigits - digits.size(), '0') + digits + std::string(kSuffix);
}

bool is_ours(std::string_view name) {
  return name.size() == kPrefix.size() + kDigits + kSuffix.size() && name.starts_with(kPrefix) &&
         name.ends_with(kSuffix);
}

std::string_view text_of(const JsonNode& object, std::string_view name) {
  const JsonNode* node = object.find(name);
  return node != nullptr && node->is(JsonType::string) ? node->string() : std::string_view();
}

}  // namespace

FileSink::FileSink(const SinkConfiguration& configuration, const FolderIdentity& folder)
    : options_(std::get<FileSinkOptions>(configuration.options)), source_(event_source(folder)) {}

Result<std::optional<FeedPosition>> FileSink::open(const std::atomic<bool>&) {
  file_.reset();
  auto storage = open_posix_storage(options_.folder, true);
  // Whatever is wrong with a folder can be repaired while we wait.
  if (!storage) return fail(ErrorKind::runtime, storage.error().message);
  storage_ = std::move(*storage);
  const auto found = names();
  if (!found) return tl::unexpected(found.error());
  for (auto name = found->rbegin(); name != found->rend(); ++name) {
    const auto place = mend(*name);
    if (!place) return tl::unexpected(place.error());
    if (!*place) {
      // Begun, and nothing came to stand in it.
      if (Status removed = storage_->remove(*name); !removed) return tl::unexpected(removed.error());
      continue;
    }
    place_ = **place;
    return *place;
  }
  place_ = {};
  return std::optional<FeedPosition>();
}

Result<std::vector<std::string>> FileSink::names() {
  auto names = storage_->list();
  if (!names) return tl::unexpected(names.error());
  std::erase_if(*names, [](const std::string& name) { return !is_ours(name); });
  return std::move(*names);
}

// After a power cut the last lines may be anything: what is no event goes, from the end on.
Result<std::optional<FeedPosition>> FileSink::mend(const std::string& name) {
  auto file = storage_->open(name, Storage::Mode::read_write);
  if (!file) return tl::unexpected(file.error());
  const auto size = (*file)->size();
  if (!size) return tl::unexpected(size.error());
  const std::uint64_t from = *size - std::min(*size, kTailBytes);
  std::string tail(*size - from, '\0');
  const auto read = (*file)->read_at(from, std::as_writable_bytes(std::span(tail)));
  if (!read) return tl::unexpected(read.error());
  std::optional<FeedPosition> place;
  std::size_t end = tail.rfind('\n') + 1;  // of what stays
  while (end != 0 && !place) {
    const std::size_t before = end < 2 ? std::string::npos : tail.rfind('\n', end - 2);
    const std::size_t begin = before == std::string::npos ? 0 : before + 1;
    const auto event = JsonDocument::parse(std::string_view(tail).substr(begin, end - 1 - begin));
    if (event) place = parse_feed_position(text_of(event->root(), "id"));
    if (place && text_of(event->root(), "source") != source_) {
      return fail(
          ErrorKind::configuration,
          storage_->path(name) + " has events of another data folder: give this sink a folder of its own");
    }
    if (!place) end = begin;
  }
  if (from + end != *size) {
    if (Status cut = (*file)->truncate(from + end); !cut) return tl::unexpected(cut.error());
    if (Status synced = (*file)->sync(); !synced) return tl::unexpected(synced.error());
  }
  if (place && from + end < options_.rotate_bytes) {
    file_ = std::move(*file);
    bytes_ = from + end;
  }
  return place;
}

Delivery FileSink::deliver(std::span<const FeedEvent> events, const FeedPosition&, const std::atomic<bool>&) {
  const auto failed = [](const Error& error) {
    return Delivery{.then = Delivery::Then::retry, .reason = error.message};
  };
  // A batch is whole before it is told: what was written of one that failed is found by open().
  std::string lines;
  for (const FeedEvent& event : events) {
    if (event.at.sequence <= place_.sequence) continue;
    const bool is_full = file_ == nullptr || bytes_ + lines.size() >= options_.rotate_bytes;
    if (is_full) {
      if (Status written = append(lines); !written) return failed(written.error());
      lines.clear();
      if (Status begun = begin_file(event); !begun) return failed(begun.error());
    }
    lines += event.json;
    lines += '\n';
  }
  if (Status written = append(lines); !written) return failed(written.error());
  if (!events.empty())
    place_ = std::max(place_, events.back().at,
                      [](const auto& a, const auto& b) { return a.sequence < b.sequence; });
  return {.delivered = events.size()};
}

Status FileSink::append(std::string_view lines) {
  if (lines.empty()) return {};
  Status status = file_->write_at(bytes_, std::as_bytes(std::span(lines)));
  if (status) status = file_->sync();
  if (status) bytes_ += lines.size();
  return status;
}

Status FileSink::begin_file(const FeedEvent& first) {
  auto file = storage_->open(name_of(first.at.sequence), Storage::Mode::create);
  if (!file) return tl::unexpected(file.error());
  file_ = std::move(*file);
  bytes_ = 0;
  if (Status synced = storage_->sync_folder(); !synced) return synced;
  return remove_old();
}

Status FileSink::remove_old() {
  if (options_.files_max == 0) return {};
  const auto found = names();
  if (!found) return tl::unexpected(found.error());
  const std::size_t old = found->size() - std::min<std::size_t>(found->size(), options_.files_max);
  for (std::size_t i = 0; i < old; ++i) {
    if (Status removed = storage_->remove((*found)[i]); !removed) return removed;
  }
  return {};
}

}  // namespace doorbuster
