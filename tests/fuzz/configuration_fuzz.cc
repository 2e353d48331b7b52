// Any bytes as a configuration: it is refused with something to say, or accepted, described, planned,
// applied and written, and planning it or what was written again finds nothing to do. Seeds are the shipped
// files: configuration_fuzz CORPUS config

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "doorbuster/base/check.h"
#include "doorbuster/catalog/configuration.h"
#include "doorbuster/catalog/definition.h"

namespace {

using namespace doorbuster;

void live_through(const Configuration& configuration) {
  const CatalogPointer empty = std::make_shared<const Catalog>();
  const Result<CatalogChangeSet> change = plan_change(*empty, {}, configuration, kOrdersMax);
  DOORBUSTER_CHECK(change.has_value());
  const CatalogPointer catalog = apply_change(*empty, *change);
  const std::vector<std::int64_t> nothing_sold(catalog->offers().size(), 0);
  const Result<CatalogChangeSet> again = plan_change(*catalog, nothing_sold, configuration, kOrdersMax);
  DOORBUSTER_CHECK(again.has_value() && again->empty());
  // As a text it is the same, and has one text only.
  const std::string text = configuration_json(configuration, *catalog);
  const ParsedConfiguration parsed = parse_configuration(text);
  DOORBUSTER_CHECK(parsed.configuration.has_value());
  const Result<CatalogChangeSet> same =
      plan_change(*catalog, nothing_sold, *parsed.configuration, kOrdersMax);
  DOORBUSTER_CHECK(same.has_value() && same->empty());
  DOORBUSTER_CHECK(configuration_json(*parsed.configuration, *catalog) == text);
  DOORBUSTER_CHECK(!describe_configuration(configuration, Tick{1'795'766'400 * kNsPerSecond}).empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t count) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), count);
  const ParsedConfiguration parsed = parse_configuration(text);
  DOORBUSTER_CHECK(parsed.configuration.has_value() == parsed.diagnostics.empty());
  for (const Diagnostic& diagnostic : parsed.diagnostics) {
    DOORBUSTER_CHECK(!diagnostic.message.empty());
    DOORBUSTER_CHECK(diagnostic.line >= 1 && diagnostic.line <= count + 1);
    DOORBUSTER_CHECK(diagnostic.column >= 1 && diagnostic.column <= count + 1);
  }
  DOORBUSTER_CHECK(!describe_configuration_json(parsed, Tick{}).empty());
  if (parsed.configuration) live_through(*parsed.configuration);
  return 0;
}
