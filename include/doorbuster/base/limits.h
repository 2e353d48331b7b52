#pragma once
// Every bound of the program, in one place. A configuration may lower some of them, never raise them.
// What happens at each bound, and which counter says so: docs/ARCHITECTURE.md, "Bounds".

#include <cstddef>
#include <cstdint>

namespace doorbuster {

// --- words of the contract
// ------------------------------------------------------------------------------------
inline constexpr std::size_t kIdentifierBytesMax = 64;       // campaign, sku, buyer, channel, region, segment
inline constexpr std::size_t kIdempotencyKeyBytesMax = 255;  // as the largest that well-known clients send
inline constexpr std::size_t kReferenceBytesMax = 64;
inline constexpr std::size_t kNameBytesMax = 256;  // a campaign's display name
inline constexpr std::uint32_t kQuantityMax = 1000;
inline constexpr std::size_t kBasketLinesMax = 16;
inline constexpr std::size_t kIdentitiesMax = 4;       // of one request
inline constexpr std::size_t kIdentityBytesMax = 128;  // of one
inline constexpr std::uint32_t kHoldSecondsMax = 86'400;
// Stock from the pool: catalog/pool.h.
inline constexpr std::uint32_t kArmSecondsMax = 30 * 86'400;  // before the first window
inline constexpr std::size_t kPoolOffersPerLook = 4096;       // of campaigns that are over
// Audience tokens: docs/formats/audience-token.md.
inline constexpr std::size_t kAudienceTokenBytesMax = 512;
inline constexpr std::int64_t kAudienceTokenSecondsMax = 86'400;  // how far ahead its end may be
inline constexpr std::size_t kAudienceSecretsMax = 4;
inline constexpr std::size_t kAudienceSecretBytesMin = 16;
inline constexpr std::size_t kAudienceSecretBytesMax = 128;
// Places in one offer's line. At the bound a buy that would wait is refused with `all_held`.
inline constexpr std::uint32_t kLinePlacesMax = 1U << 14;
inline constexpr std::int64_t kPriceMax = 1'000'000'000'000;  // minor units
inline constexpr std::int64_t kStockMax = 1'000'000'000;
inline constexpr std::int64_t kBasisPointsMax = 10'000;  // a discount of everything

// --- plans of a campaign
// --------------------------------------------------------------------------------------
inline constexpr std::size_t kOccurrencesMax = 1'000;  // windows of one campaign's schedule
inline constexpr std::size_t kRruleBytesMax = 512;     // the text of its rule; bounds the lists in it too
inline constexpr std::int64_t kScheduleSecondsMax = 366LL * 86'400;  // schedule.duration_seconds
inline constexpr std::size_t kScheduleBytesMax = 960;                // a schedule as JSON text
inline constexpr std::size_t kPriceLayersMax = 64;       // price steps of one campaign, and of one offer
inline constexpr std::size_t kAudienceNamesMax = 64;     // regions, segments or channels of one list
inline constexpr std::size_t kOfferRulesMax = 64;        // of one campaign
inline constexpr std::size_t kOfferRuleBytesMax = 960;   // one of them as JSON text
inline constexpr std::size_t kChannelQuotasMax = 16;     // of one offer
inline constexpr std::size_t kChangeTextBytesMax = 256;  // who changed the catalog, and why
// The audit trail in memory; the journal has more of it. The oldest changes leave first.
inline constexpr std::size_t kAuditEntriesMax = 1'000;
inline constexpr std::size_t kAuditBytesMax = 16U << 20;
inline constexpr std::size_t kAuditDifferencesMax = 100;  // of one change; how many more there are is told

inline constexpr std::size_t kAlertsKeptMax =
    10'000;  // raised and cleared, in memory; the oldest leave first

// --- the catalog
// ----------------------------------------------------------------------------------------------
inline constexpr std::uint32_t kCampaignsMax = 1U << 16;
// Over the life of a data folder, withdrawn ones included.
inline constexpr std::uint32_t kOffersMax = 1U << 20;
inline constexpr std::uint32_t kItemsMax = 1U << 20;  // SKUs of the catalog, withdrawn ones included
inline constexpr std::uint32_t kTenantsMax = 1U << 10;
inline constexpr std::size_t kCategoryBytesMax = 128;       // a path: "electronics/tv"
inline constexpr std::size_t kItemAttributesMax = 16;       // of one item
inline constexpr std::size_t kItemAttributeBytesMax = 640;  // names and values of one item together
inline constexpr std::uint64_t kOrdersMax = 1ULL << 27;
inline constexpr std::uint64_t kOrdersDefault = 1ULL << 18;
// Of each table that is filled from the front: what is taken ahead of the next order, at least.
inline constexpr std::size_t kPagesAheadBytes = 1U << 20;
// Of the engine on one data folder: numbers of orders are made from it. One each minute takes two years.
inline constexpr std::uint32_t kStartsMax = 1U << 20;
inline constexpr std::size_t kConfigurationBytesMax = 256U << 20;

// --- tenants and their keys
// -----------------------------------------------------------------------------------
inline constexpr std::size_t kApiKeysMax = 1U << 12;
inline constexpr std::uint32_t kRequestsPerSecondMax = 1'000'000;  // the largest rate_limit of a tenant
inline constexpr std::uint32_t kRequestBurstMax = 1'000'000;

// --- JSON files: the configuration, a load scenario
// ---------------------------------------------------------
inline constexpr std::size_t kJsonDepthMax = 64;
// Values in one file, objects and arrays included. A catalog of kOffersMax offers with four members each is a
// third of it; at 64 bytes a value, the tree of the worst file is 1 GiB.
inline constexpr std::size_t kJsonValuesMax = 1U << 24;

// --- threads and queues
// ---------------------------------------------------------------------------------------
inline constexpr std::uint32_t kShardsMax = 64;
// Commands one shard takes in one duty cycle. Bounds the time between two looks at the journal's progress:
// 256 commands at about 0.2 us are about 50 us.
inline constexpr std::uint32_t kCommandDrainMax = 256;
// Holds that one shard lets expire in one duty cycle besides those that a decision needs: so a million that
// expire at once stand in nobody's way. 256 at about 0.3 us are about 80 us.
inline constexpr std::uint32_t kExpiriesPerCycleMax = 256;
// Holds that one decision may let expire because they stand in its way; beyond it the answer is `overloaded`.
inline constexpr std::uint32_t kExpiriesPerDecisionMax = 2 * kQuantityMax;
// The audit of the books: an order or an offer so often, of one shard, as long as something has changed. At
// about 0.15 us each that is under 2 % of a processor; ten million orders are walked in 100 s.
inline constexpr std::int64_t kAuditStepNs = 10'000;
inline constexpr std::uint32_t kAuditStepsBusyMax = 64;  // of one duty cycle that has decisions to make
inline constexpr std::uint32_t kAuditStepsIdleMax = 1'024;
inline constexpr std::uint64_t kEvidenceOrdersMax = 1'000;  // of an offer whose books are wrong
inline constexpr std::size_t kBooksFaultsKept = 64;  // of one shard: what was found, the first of each offer
// How often a shard writes a sample of its state to the journal, by bytes of records; of how many orders; and
// how many samples that one replay did not come to are told, the last ones.
inline constexpr std::uint64_t kStateSampleBytes = 4U << 20;
inline constexpr std::uint16_t kStateSampleOrders = 64;
inline constexpr std::size_t kStateFaultsKept = 16;
// How long an order and its idempotency key are remembered after they are over
// (server.order_retention_seconds). The contract promises a key for a day.
inline constexpr std::uint32_t kOrderRetentionSecondsDefault = 30 * 86'400;
inline constexpr std::uint32_t kOrderRetentionSecondsMin = 86'400;
inline constexpr std::uint32_t kOrderRetentionSecondsMax = 3'653 * 86'400;
// So much longer a basket's lines are remembered where they live: the whole goes first, by the clock of its
// own shard.
inline constexpr std::uint32_t kLineRetentionSeconds = 60;
// Rows that one shard looks at for orders to forget, about once a second while there are any: 0.1 ms.
inline constexpr std::uint32_t kForgettingRowsPerLook = 1U << 14;
inline constexpr std::int64_t kForgettingIntervalMs = 1'000;
// Orders of one record that forgets some: as many as fit.
inline constexpr std::size_t kForgottenPerRecordMax = 84;
// Baskets of one shard's offers that may be under way. At the bound one more is refused with `overloaded`.
inline constexpr std::uint32_t kBasketsPerShardMax = 256;
// Requests of one HTTP thread that may be anywhere between decoding and reply. Also the bound of every queue
// between that thread and a shard: no queue can hold more than there are requests.
inline constexpr std::uint32_t kRequestsPerThreadMax = 16'384;
// Of each thread's requests, one in so many is kept for what happens to orders, and as many again for that
// and buys: at the bound reads are refused first, then buys, then the rest.
inline constexpr std::uint32_t kRequestsKeptOneIn = 8;
// How long a buy waits for one, in the order of the connections; nothing more is read from its connection
// meanwhile. A batch of the journal that takes longer than usual is waited for. An HTTP thread that has
// nothing else to do may notice up to 100 ms late.
inline constexpr std::int64_t kRoomWaitMsMax = 200;
// Load shedding. One turn of an HTTP thread serves every connection that has something to say once. What
// comes to its turn later than this, and would have to be decided or looked up by a shard, is told
// `overloaded` before anything is: so what was accepted is answered in time, and the thread catches up.
inline constexpr std::int64_t kReadTurnMsMax = 100;
inline constexpr std::int64_t kBuyTurnMsMax = 200;

// --- the journal
// ----------------------------------------------------------------------------------------------
inline constexpr std::size_t kJournalRecordBytesMax = 1024;
// Encoded records between one shard and the journal thread. At the bound a buy is refused with `overloaded`.
inline constexpr std::size_t kJournalRingBytes = 8U << 20;
// One write and one sync cover at most this much.
inline constexpr std::size_t kJournalBatchBytesMax = 4U << 20;
inline constexpr std::size_t kSegmentBytesDefault = 64U << 20;
inline constexpr std::size_t kSegmentBytesMin = 64U << 10;
inline constexpr std::size_t kSegmentBytesMax = 1U << 30;
static_assert(kCommandDrainMax * kJournalRecordBytesMax <= kJournalRingBytes);

// --- checkpoints
// ----------------------------------------------------------------------------------------------
inline constexpr std::size_t kCheckpointChunkBytesMax = 1U << 20;  // what one checksum covers
inline constexpr std::size_t kCheckpointElementBytesMax = 4096;  // an order with all its texts, a definition
inline constexpr std::uint32_t kCheckpointSegmentsDefault = 4;
inline constexpr std::uint32_t kCheckpointSegmentsMax = 1U << 16;
// Checkpoints kept for a restore to a time, evenly over journal_retention_seconds, besides the newest two.
inline constexpr std::uint32_t kCheckpointsPerRetention = 8;
inline constexpr std::uint32_t kJournalRetentionSecondsDefault = 7 * 86'400;
inline constexpr std::uint32_t kJournalRetentionSecondsMax = 10 * 366 * 86'400;

// --- HTTP
// -----------------------------------------------------------------------------------------------------
inline constexpr std::size_t kHeaderBytesMax = 8192;
inline constexpr std::size_t kBodyBytesMax = 1U << 20;  // upper end of server.max_body_bytes
inline constexpr std::size_t kBodyBytesDefault = 16'384;
inline constexpr std::size_t kAdminBodyBytesMax = 32U << 20;  // a campaign of 100,000 offers is 10 MiB
inline constexpr std::uint32_t kPipelineDepthMax = 64;
inline constexpr std::size_t kReplyBytesPendingMax = 256U << 10;  // per connection; reading stops above it
inline constexpr std::uint32_t kConnectionsDefault = 10'000;
inline constexpr std::uint32_t kConnectionsMax = 1'000'000;

// --- live streams
// ---------------------------------------------------------------------------------------------
inline constexpr std::uint32_t kStreamSubscribersMax = 1'000;
inline constexpr std::int64_t kStreamIntervalMs = 10;        // an offer is told at most once in it
inline constexpr std::size_t kStreamEventOffersMax = 1'000;  // offers of one event, campaigns of one tick
// Events kept to go on from after a connection was lost, and in front of those who read: as text. The whole
// of a million prices that change at once is about half of it.
inline constexpr std::size_t kStreamLogBytesMax = 128U << 20;
inline constexpr std::size_t kStreamLogChunksMax = 1U << 16;
// What a subscriber may be behind, of the events of all. Beyond it is dropped, and comes back for a snapshot.
inline constexpr std::size_t kStreamPendingBytesMax = 96U << 20;
inline constexpr std::size_t kStreamTurnBytes = 256U << 10;  // written to one subscriber before the next
inline constexpr std::int64_t kStreamStallMs = 10'000;       // without room for a byte: dropped
inline constexpr std::int64_t kStreamSnapshotMs = 120'000;   // to read a snapshot in
static_assert(kStreamPendingBytesMax <= kStreamLogBytesMax);

// --- feed and sinks
// -------------------------------------------------------------------------------------------
inline constexpr std::uint32_t kFeedReadersMax = 64;  // connections that read the feed at once
inline constexpr std::uint32_t kFeedPageEventsDefault = 1'000;
inline constexpr std::uint32_t kFeedPageEventsMax = 10'000;
inline constexpr std::size_t kFeedPageBytes = 4U << 20;       // a page has little more than this
inline constexpr std::uint32_t kFeedWaitSecondsMax = 60;      // for the next event
inline constexpr std::uint32_t kFeedRecordsPerRead = 16'384;  // looked at before others have their turn
inline constexpr std::int64_t kFeedPaceNs = 20'000'000;       // between two looks at what is durable by now
inline constexpr std::int64_t kFeedStallMs = 10'000;          // without room for a byte: closed
inline constexpr std::uint32_t kSinksMax = 16;
inline constexpr std::uint32_t kSinkBatchEvents = 1'000;
inline constexpr std::size_t kSinkBatchBytes = 1U << 20;
inline constexpr std::int64_t kSinkBackOffMinMs = 500;
inline constexpr std::int64_t kSinkBackOffMaxMs = 60'000;
inline constexpr std::uint32_t kSinkSecretsMax = 4;  // that a webhook is signed with at once

}  // namespace doorbuster
