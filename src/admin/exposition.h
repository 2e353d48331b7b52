#pragma once
// The Prometheus text format, family by family.

#include <array>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "doorbuster/base/counters.h"

namespace doorbuster {

// Writes families: HELP and TYPE once, then the samples.
class Exposition {
 public:
  void family(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    text_ += "# HELP ";
    text_ += name;
    text_ += ' ';
    text_ += help;
    text_ += "\n# TYPE ";
    text_ += name;
    text_ += ' ';
    text_ += type;
    text_ += '\n';
  }
  void sample(std::string_view labels, std::uint64_t value) { line("", labels, std::to_string(value)); }
  void sample(std::string_view labels, double value) { line("", labels, decimal(value)); }
  void one(std::string_view name, std::string_view type, std::string_view help, std::uint64_t value) {
    family(name, type, help);
    sample("", value);
  }
  void one(std::string_view name, std::string_view type, std::string_view help, double value) {
    family(name, type, help);
    sample("", value);
  }
  // The sum of several threads' histograms. `unit`: what one in the exposition is in the histogram's numbers.
  void histogram(std::string_view name, std::string_view help,
                 const std::vector<const BucketHistogram*>& parts, double unit) {
    family(name, "histogram", help);
    std::uint64_t cumulative = 0;
    double sum = 0;
    for (const auto* part : parts) sum += static_cast<double>(part->sum());
    const auto& bounds = parts.front()->bounds();
    for (std::size_t bucket = 0; bucket <= bounds.size(); ++bucket) {
      for (const auto* part : parts) cumulative += part->count(bucket);
      const std::string bound =
          bucket == bounds.size() ? "+Inf" : decimal(static_cast<double>(bounds[bucket]) / unit);
      line("_bucket", "le=\"" + bound + "\"", std::to_string(cumulative));
    }
    line("_sum", "", decimal(sum / unit));
    line("_count", "", std::to_string(cumulative));
  }
  std::string take() { return std::move(text_); }

  static std::string decimal(double value) {
    std::array<char, 40> text;
    const auto end =
        std::to_chars(text.data(), text.data() + text.size(), value).ptr;  // shortest that is exact
    return {text.data(), end};
  }

 private:
  void line(std::string_view suffix, std::string_view labels, std::string_view value) {
    text_ += name_;
    text_ += suffix;
    if (!labels.empty()) {
      text_ += '{';
      text_ += labels;
      text_ += '}';
    }
    text_ += ' ';
    text_ += value;
    text_ += '\n';
  }
  std::string name_, text_;
};

inline std::string label(std::string_view name, std::string_view value) {
  return std::string(name) + "=\"" + std::string(value) + "\"";
}

}  // namespace doorbuster
