#include <utility>

#include "doorbuster/sink/sink.h"
#include "sink/file_sink.h"
#include "sink/nats_sink.h"
#include "sink/postgres_sink.h"
#include "sink/webhook_sink.h"

namespace doorbuster {
namespace {

template <typename... Kinds>
struct Overloaded : Kinds... {
  using Kinds::operator()...;
};
template <typename... Kinds>
Overloaded(Kinds...) -> Overloaded<Kinds...>;

}  // namespace

std::unique_ptr<Sink> make_sink(const SinkConfiguration& configuration, const FolderIdentity& folder) {
  using Made = std::unique_ptr<Sink>;
  const auto make = [&]<typename Kind>() -> Made { return std::make_unique<Kind>(configuration, folder); };
  return std::visit(
      Overloaded{[&](const FileSinkOptions&) { return make.template operator()<FileSink>(); },
                 [&](const WebhookSinkOptions&) { return make.template operator()<WebhookSink>(); },
                 [&](const PostgresSinkOptions&) { return make.template operator()<PostgresSink>(); },
                 [&](const NatsSinkOptions&) { return make.template operator()<NatsSink>(); }},
      configuration.options);
}

}  // namespace doorbuster
