#pragma once
// What one sees while the load runs: a block of lines that redraws itself on a terminal, one line a second
// elsewhere.

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

#include "doorbuster/load/load.h"
#include "load/server_view.h"

namespace doorbuster::load {

struct ProgressFrame {
  double elapsed_s = 0;
  double total_s = 0;
  std::uint64_t sent = 0, accepted = 0, refused = 0, unknown = 0;  // since the start
  double sent_per_second = 0;                                      // since the last frame
  std::int64_t p50_ns = 0, p99_ns = 0;                             // response time, since the last frame
  std::vector<StockView> stock;                                    // empty: not known
};

class Progress {
 public:
  Progress(ProgressMode mode, bool terminal, bool color, std::ostream& out);
  bool enabled() const { return mode_ != ProgressMode::off; }
  void show(const ProgressFrame& frame);
  // Leaves the last frame where it is.
  void finish();

 private:
  void show_block(const ProgressFrame& frame);
  std::string paint(const char* code, const std::string& text) const;

  ProgressMode mode_;
  bool redraw_;
  bool color_;
  std::ostream& out_;
  std::size_t lines_drawn_ = 0;
};

// "812 us", "3.41 ms", "1.20 s"
std::string duration_text(std::int64_t ns);

}  // namespace doorbuster::load
