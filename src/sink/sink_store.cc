#include "doorbuster/sink/sink_store.h"

#include <algorithm>
#include <span>
#include <utility>

#include "doorbuster/base/json_document.h"
#include "doorbuster/base/json_writer.h"

namespace doorbuster {
namespace {

std::string cursor_name(const std::string& sink) {
  return "sink-" + sink + ".cursor";
}

Result<bool> is_there(Storage& storage, const std::string& name) {
  const auto names = storage.list();
  if (!names) return tl::unexpected(names.error());
  return std::binary_search(names->begin(), names->end(), name);
}

Result<std::string> read_all(StorageFile& file) {
  const auto size = file.size();
  if (!size) return tl::unexpected(size.error());
  std::string text(*size, '\0');
  const auto read = file.read_at(0, std::as_writable_bytes(std::span(text)));
  if (!read) return tl::unexpected(read.error());
  text.resize(*read);
  return text;
}

std::string_view text_of(const JsonNode& object, std::string_view name) {
  const JsonNode* node = object.find(name);
  return node != nullptr && node->is(JsonType::string) ? node->string() : std::string_view();
}

bool flag_of(const JsonNode& object, std::string_view name) {
  const JsonNode* node = object.find(name);
  return node != nullptr && node->is(JsonType::boolean) && node->boolean();
}

std::string line_of(const DeadLetter& letter) {
  JsonWriter json;
  json.begin_object();
  json.member("place", format_feed_position(letter.at));
  json.member("refused_at", letter.refused_at);
  json.member("order", letter.subject);
  json.member("reason", letter.reason);
  json.member("event", letter.json);
  json.end_object();
  return std::move(json).take() + '\n';
}

std::optional<DeadLetter> letter_of(std::string_view line) {
  const auto document = JsonDocument::parse(line);
  if (!document) return std::nullopt;
  const JsonNode& root = document->root();
  const auto at = parse_feed_position(text_of(root, "place"));
  const auto refused_at = parse_rfc3339(text_of(root, "refused_at"));
  if (!at || !refused_at) return std::nullopt;
  return DeadLetter{.at = *at,
                    .refused_at = *refused_at,
                    .subject = std::string(text_of(root, "order")),
                    .reason = std::string(text_of(root, "reason")),
                    .json = std::string(text_of(root, "event"))};
}

}  // namespace

Result<std::optional<SinkCursor>> read_sink_cursor(Storage& storage, const std::string& sink) {
  const std::string name = cursor_name(sink);
  const auto there = is_there(storage, name);
  if (!there) return tl::unexpected(there.error());
  if (!*there) return std::optional<SinkCursor>();
  auto file = storage.open(name, Storage::Mode::read);
  if (!file) return tl::unexpected(file.error());
  const auto text = read_all(**file);
  if (!text) return tl::unexpected(text.error());
  const auto document = JsonDocument::parse(*text);
  const auto place =
      document ? parse_feed_position(text_of(document->root(), "place")) : std::optional<FeedPosition>();
  if (!place) {
    return fail(ErrorKind::configuration,
                storage.path(name) +
                    " is no sink's place: remove it to have everything that is kept delivered "
                    "once more, or write {\"place\":\"EPOCH-SEQUENCE\"} into it");
  }
  const JsonNode& root = document->root();
  return SinkCursor{
      .place = *place, .paused = flag_of(root, "paused"), .disabled = flag_of(root, "disabled")};
}

Status write_sink_cursor(Storage& storage, const std::string& sink, const SinkCursor& cursor) {
  JsonWriter json;
  json.begin_object();
  json.member("place", format_feed_position(cursor.place));
  if (cursor.paused) json.member("paused", true);
  if (cursor.disabled) json.member("disabled", true);
  json.end_object();
  const std::string text = std::move(json).take() + '\n';
  const std::string name = cursor_name(sink), temporary = name + ".new";
  // What another write has left half-way.
  const auto left = is_there(storage, temporary);
  if (!left) return tl::unexpected(left.error());
  if (*left) {
    if (Status removed = storage.remove(temporary); !removed) return removed;
  }
  auto file = storage.open(temporary, Storage::Mode::create);
  if (!file) return tl::unexpected(file.error());
  Status status = (*file)->write_at(0, std::as_bytes(std::span(text)));
  if (status) status = (*file)->sync();
  if (status) status = storage.rename(temporary, name);
  if (status) status = storage.sync_folder();
  return status;
}

DeadLetters::DeadLetters(Storage& storage, std::string sink)
    : storage_(storage), name_("sink-" + std::move(sink) + ".dead") {}

Status DeadLetters::open() {
  const auto there = is_there(storage_, name_);
  if (!there) return tl::unexpected(there.error());
  if (!*there) return {};
  auto file = storage_.open(name_, Storage::Mode::read_write);
  if (!file) return tl::unexpected(file.error());
  const auto text = read_all(**file);
  if (!text) return tl::unexpected(text.error());
  letters_.clear();
  subjects_.clear();
  bytes_ = 0;
  for (std::size_t end = 0; (end = text->find('\n', bytes_)) != std::string::npos; bytes_ = end + 1) {
    auto letter = letter_of(std::string_view(*text).substr(bytes_, end - bytes_));
    if (!letter) {
      return fail(ErrorKind::configuration, storage_.path(name_) + ", byte " + std::to_string(bytes_) +
                                                ": the line is no dead letter: repair or remove it");
    }
    subjects_[letter->subject] += 1;
    letters_.push_back(std::move(*letter));
  }
  file_ = std::move(*file);
  return {};
}

Status DeadLetters::add(DeadLetter letter) {
  const auto is_same = [&](const DeadLetter& other) { return other.at == letter.at; };
  if (std::any_of(letters_.rbegin(), letters_.rend(), is_same)) return {};
  if (file_ == nullptr) {
    auto file = storage_.open(name_, Storage::Mode::create);
    if (!file) return tl::unexpected(file.error());
    if (Status synced = storage_.sync_folder(); !synced) return synced;
    file_ = std::move(*file);
  }
  const std::string line = line_of(letter);
  Status status = file_->write_at(bytes_, std::as_bytes(std::span(line)));
  if (status) status = file_->sync();
  // A tail that was cut off may be longer than this line was.
  if (status) status = file_->truncate(bytes_ + line.size());
  if (!status) return status;
  bytes_ += line.size();
  subjects_[letter.subject] += 1;
  letters_.push_back(std::move(letter));
  return {};
}

}  // namespace doorbuster
