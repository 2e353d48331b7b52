#pragma once
// What the log says of the data folder, and of who looks after it.

#include <string>

#include "doorbuster/runtime/campaign_keeper.h"
#include "doorbuster/runtime/checkpoint_agent.h"
#include "doorbuster/runtime/runtime.h"
#include "doorbuster/sink/sink_agent.h"

namespace doorbuster {

void log_recovery(const RecoveryReport& recovered, const std::string& folder);
// Whether the disk has room for the journal's next segment, when that has changed.
void log_room(bool has_room);
void log_checkpoint(CheckpointAgent::News news, const std::string& text);
void log_keeper(CampaignKeeper::News news, const std::string& text);
void log_sink(SinkAgent::News news, const std::string& sink, const std::string& text);

}  // namespace doorbuster
