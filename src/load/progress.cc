#include "load/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <ostream>

#include "load/judge.h"

namespace doorbuster::load {
namespace {

constexpr std::size_t kSkuLinesMax = 16;
constexpr std::size_t kBarWidth = 30;
constexpr std::size_t kNameWidth = 22;

std::string head_line(const ProgressFrame& frame) {
  return fmt::format(
      "{:5.1f} of {:.1f} s  {:>9}/s  accepted {}  refused {}  no answer {}  p50 {}  p99 {}", frame.elapsed_s,
      frame.total_s, grouped(static_cast<std::int64_t>(frame.sent_per_second)),
      grouped(static_cast<std::int64_t>(frame.accepted)), grouped(static_cast<std::int64_t>(frame.refused)),
      grouped(static_cast<std::int64_t>(frame.unknown)), duration_text(frame.p50_ns),
      duration_text(frame.p99_ns));
}

}  // namespace

std::string duration_text(std::int64_t ns) {
  const auto value = static_cast<double>(ns);
  if (ns < 1'000'000) return fmt::format("{:.0f} us", value / 1e3);
  if (ns < 1'000'000'000) return fmt::format("{:.2f} ms", value / 1e6);
  return fmt::format("{:.2f} s", value / 1e9);
}

Progress::Progress(ProgressMode mode, bool terminal, bool color, std::ostream& out)
    : mode_(mode),
      redraw_(mode == ProgressMode::automatic && terminal),
      color_(color && terminal),
      out_(out) {}

std::string Progress::paint(const char* code, const std::string& text) const {
  return color_ ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : text;
}

void Progress::show(const ProgressFrame& frame) {
  if (!enabled()) return;
  if (redraw_) return show_block(frame);
  std::string line = head_line(frame);
  std::int64_t sold = 0;
  std::int64_t held = 0;
  std::int64_t allocated = 0;
  for (const StockView& stock : frame.stock) {
    sold += stock.sold;
    held += stock.held;
    allocated += stock.allocated;
  }
  if (!frame.stock.empty()) line += fmt::format("  sold {} of {}", grouped(sold), grouped(allocated));
  if (held > 0) line += fmt::format(", held {}", grouped(held));
  out_ << line << std::endl;
}

void Progress::show_block(const ProgressFrame& frame) {
  std::string block;
  if (lines_drawn_ > 0) block += fmt::format("\x1b[{}A\x1b[J", lines_drawn_);
  block += paint("1", head_line(frame)) + "\n";
  lines_drawn_ = 1;
  for (const StockView& stock : frame.stock) {
    if (lines_drawn_ > kSkuLinesMax) {
      block += fmt::format("  and {} more SKUs\n", frame.stock.size() - kSkuLinesMax);
      ++lines_drawn_;
      break;
    }
    const double share = stock.allocated == 0
                             ? 1
                             : static_cast<double>(stock.committed()) / static_cast<double>(stock.allocated);
    const auto filled =
        static_cast<std::size_t>(std::clamp(share, 0.0, 1.0) * static_cast<double>(kBarWidth));
    const std::string bar = std::string(filled, '#') + std::string(kBarWidth - filled, '.');
    const bool sold_out = stock.available == 0 && stock.held == 0;
    block += fmt::format(
        "  {:<{}} {} {}\n", stock.sku.substr(0, kNameWidth), kNameWidth, paint(sold_out ? "31" : "32", bar),
        sold_out ? paint("31", fmt::format("sold out ({})", grouped(stock.allocated)))
                 : fmt::format("sold {}, {}left {}", grouped(stock.sold),
                               stock.held == 0 ? "" : fmt::format("held {}, ", grouped(stock.held)),
                               grouped(stock.available)));
    ++lines_drawn_;
  }
  out_ << block << std::flush;
}

void Progress::finish() {
  lines_drawn_ = 0;
}

}  // namespace doorbuster::load
