#include "journal/spare_segment.h"

#include <algorithm>
#include <system_error>
#include <vector>

#include "doorbuster/platform/clock.h"
#include "doorbuster/platform/thread.h"
#include "journal/layout.h"

namespace doorbuster {
namespace {

constexpr std::size_t kChunkBytes = 1U << 20;
// A sync of the writer that meets one of the helper's waits for it: so the helper's are short, and it rests
// three times as long as each took. What it fills by the way stands in the way for less than a millisecond.
constexpr std::size_t kPatientChunkBytes = 256U << 10;
constexpr int kRestFactor = 3;
constexpr std::chrono::milliseconds kRestMax{50};  // a slow disk has waited enough

}  // namespace

SpareSegment::~SpareSegment() {
  stop();
}

Status SpareSegment::start(bool in_background) {
  if (auto removed = remove_left_over(); !removed) return removed;
  if (!in_background) return {};
  try {
    helper_ = std::thread([this] { run(); });
  } catch (const std::system_error& error) {
    return fail(ErrorKind::runtime,
                std::string("cannot start the thread that prepares segments: ") + error.what());
  }
  return {};
}

void SpareSegment::prepare() {
  if (!helper_.joinable()) return;
  const std::lock_guard guard(mutex_);
  if (state_ != State::none) return;
  state_ = State::wanted;
  changed_.notify_all();
}

void SpareSegment::hurry() {
  const std::lock_guard guard(mutex_);
  if (hurried_) return;
  hurried_ = true;
  changed_.notify_all();
}

Result<std::unique_ptr<StorageFile>> SpareSegment::take(bool& waited, Milliseconds patience) {
  waited = true;
  hurry();
  if (!helper_.joinable()) return fill();
  prepare();
  std::unique_lock lock(mutex_);
  waited = state_ != State::ready;
  // A slow disk has all the time it needs; a full one may be full for ever.
  changed_.wait(lock, [this] { return state_ == State::ready || no_room_.has_value(); });
  if (!changed_.wait_for(lock, patience, [this] { return state_ == State::ready; })) {
    return tl::unexpected(*no_room_);
  }
  auto result = std::move(*filled_);
  filled_.reset();
  state_ = State::none;
  hurried_ = false;
  return result;
}

Status SpareSegment::discard() {
  stop();
  filled_.reset();
  return remove_left_over();
}

void SpareSegment::run() {
  name_this_thread("journal-spare");
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return stopping_ || state_ == State::wanted; });
      if (stopping_) return;
    }
    auto result = fill_or_clean_up();
    std::unique_lock lock(mutex_);
    const bool no_room = !result && result.error().no_room;
    short_of_room_.store(no_room);
    if (no_room) {
      no_room_ = result.error();
      changed_.notify_all();
      changed_.wait_for(lock, retry_, [this] { return stopping_; });
      continue;
    }
    no_room_.reset();
    filled_ = std::move(result);
    state_ = State::ready;
    changed_.notify_all();
  }
}

void SpareSegment::stop() {
  if (!helper_.joinable()) return;
  {
    const std::lock_guard guard(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  helper_.join();
}

Result<std::unique_ptr<StorageFile>> SpareSegment::fill() {
  auto file = storage_.open(kSpareName, Storage::Mode::create);
  if (!file) return file;
  const std::vector<std::byte> zeros(std::min(bytes_, kChunkBytes));
  std::size_t chunk = std::min(zeros.size(), kPatientChunkBytes);
  const SystemClock clock;  // the disk's time, and not the sale's
  for (std::size_t done = 0; done < bytes_;) {
    const std::int64_t begun = clock.monotonic_ns();
    const std::size_t size = std::min(chunk, bytes_ - done);
    if (auto written = (*file)->write_at(done, std::span(zeros).first(size)); !written) {
      return tl::unexpected(written.error());
    }
    // Chunk by chunk: one large sync would stand in the way of the writer's small ones.
    if (auto synced = (*file)->sync(); !synced) return tl::unexpected(synced.error());
    done += size;
    if (done == bytes_) break;
    switch (rest(std::chrono::nanoseconds(clock.monotonic_ns() - begun))) {
      case Pace::patient:
        break;
      case Pace::hurried:
        chunk = zeros.size();
        break;
      case Pace::stopped:
        return file;
    }
  }
  return file;
}

SpareSegment::Pace SpareSegment::rest(std::chrono::nanoseconds after) {
  const auto length = std::min<std::chrono::nanoseconds>(kRestFactor * after, kRestMax);
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, length, [this] { return stopping_ || hurried_; });
  return stopping_ ? Pace::stopped : hurried_ ? Pace::hurried : Pace::patient;
}

// What little fitted is given back: others may need it to make room.
Result<std::unique_ptr<StorageFile>> SpareSegment::fill_or_clean_up() {
  auto result = fill();
  if (!result && result.error().no_room) {
    if (auto removed = remove_left_over(); !removed) return tl::unexpected(removed.error());
  }
  return result;
}

Status SpareSegment::remove_left_over() {
  auto names = storage_.list();
  if (!names) return tl::unexpected(names.error());
  if (std::find(names->begin(), names->end(), kSpareName) == names->end()) return {};
  return storage_.remove(kSpareName);
}

}  // namespace doorbuster
