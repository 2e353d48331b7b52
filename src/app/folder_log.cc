#include "app/folder_log.h"

#include <spdlog/spdlog.h>

namespace doorbuster {

void log_recovery(const RecoveryReport& recovered, const std::string& folder) {
  if (recovered.torn_bytes != 0) {
    spdlog::warn(
        "cut a torn tail of {} bytes off {}: it was never acknowledged; its bytes are kept beside it",
        recovered.torn_bytes, recovered.torn_segment);
  }
  for (const std::string& damaged : recovered.damaged_checkpoints) {
    spdlog::warn("unusable checkpoint, started without it: {}", damaged);
  }
  for (const StateFault& fault : recovered.state_faults) {
    spdlog::error("started with what the journal says, which is not what its engine had: {}", fault.text);
  }
  if (recovered.checkpoint != 0) spdlog::info("began with the checkpoint of record {}", recovered.checkpoint);
  spdlog::info("{} data folder {}: {} records, {} orders, state {:016x}",
               recovered.fresh ? "new" : "recovered", folder, recovered.records, recovered.orders,
               recovered.state_hash);
}

void log_room(bool has_room) {
  spdlog::log(has_room ? spdlog::level::info : spdlog::level::err,
              "the disk has {} for the journal's next segment: new orders are {}",
              has_room ? "room again" : "no room", has_room ? "taken" : "refused");
}

void log_checkpoint(CheckpointAgent::News news, const std::string& text) {
  using enum CheckpointAgent::News;
  if (news == built) return spdlog::info("checkpoint {}", text);
  if (news == damaged) return spdlog::warn("unusable checkpoint: {}", text);
  spdlog::error("no checkpoint was made: {}", text);
}

void log_keeper(CampaignKeeper::News news, const std::string& text) {
  using enum CampaignKeeper::News;
  spdlog::log(news == done      ? spdlog::level::info
              : news == refused ? spdlog::level::warn
                                : spdlog::level::err,
              "by the clock: {}", text);
}

void log_sink(SinkAgent::News news, const std::string& sink, const std::string& text) {
  using enum SinkAgent::News;
  switch (news) {
    case failed:
      return spdlog::warn("sink {}: {}; it is tried again", sink, text);
    case recovered:
      return spdlog::info("sink {} takes events again", sink);
    case refused:
      return spdlog::error("sink {} refused an event, which is a dead letter now: {}", sink, text);
    case disabled:
      return spdlog::error("sink {} is disabled: {}", sink, text);
    case stopped:
      return spdlog::error("sink {} has stopped: {}", sink, text);
  }
}

}  // namespace doorbuster
