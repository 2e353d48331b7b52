// Appending records to a batch in memory (checksum, chain, copy), and committing batches of several sizes to
// the disk that the working folder is on. The commit includes the write and the sync.

#include <cstdio>
#include <filesystem>
#include <string>

#include "doorbuster/base/check.h"
#include "doorbuster/journal/journal.h"
#include "micro/allocations.h"

namespace doorbuster::bench {
namespace {

class Folder {
 public:
  Folder() {
    std::filesystem::remove_all(path_);
    auto storage = open_posix_storage(path_, true);
    DOORBUSTER_CHECK(storage.has_value());
    storage_ = std::move(*storage);
    DOORBUSTER_CHECK(storage_->lock().has_value());
    auto recovered = recover_journal(*storage_, [](const JournalRecord&) { return Status{}; });
    DOORBUSTER_CHECK(recovered.has_value());
    auto writer = JournalWriter::open(*storage_, *recovered, {});
    DOORBUSTER_CHECK(writer.has_value());
    writer_ = std::move(*writer);
  }
  ~Folder() {
    writer_.reset();
    storage_.reset();
    std::filesystem::remove_all(path_);
  }
  JournalWriter& writer() { return *writer_; }

 private:
  const std::string path_ = "micro_bench_journal";
  std::unique_ptr<Storage> storage_;
  std::unique_ptr<JournalWriter> writer_;
};

constexpr RecordInfo kInfo = {.kind = RecordKind::order_confirmed, .tick = {}};
const std::vector<std::byte> kPayload(96, std::byte{7});

void append(benchmark::State& state) {
  Folder folder;
  std::uint64_t in_batch = 0;
  const CountAllocations count(state);
  for (auto _ : state) {
    folder.writer().append(kInfo, kPayload);
    if (++in_batch == 16'384) {
      state.PauseTiming();
      DOORBUSTER_CHECK(folder.writer().commit().has_value());
      in_batch = 0;
      state.ResumeTiming();
    }
  }
}

void commit(benchmark::State& state) {
  Folder folder;
  const auto records = static_cast<std::uint64_t>(state.range(0));
  for (auto _ : state) {
    for (std::uint64_t i = 0; i < records; ++i) folder.writer().append(kInfo, kPayload);
    DOORBUSTER_CHECK(folder.writer().commit().has_value());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(records));
}

BENCHMARK(append)->Name("journal/append/smoke");
BENCHMARK(commit)->Name("journal/commit/smoke")->Arg(1)->UseRealTime();
BENCHMARK(commit)->Name("journal/commit")->Arg(16)->Arg(64)->Arg(1024)->UseRealTime();

}  // namespace
}  // namespace doorbuster::bench
