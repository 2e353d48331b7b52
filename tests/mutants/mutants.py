"""The broken variants: what each one breaks, and how.

EDITS says which text of which source becomes what; the text must be there exactly once. MUTANT(name) in the
new text is true while that mutant is on. A source that has changed so that an edit does not fit any more
stops the configuration: say anew how it would be broken.
"""

# name: the promise that it breaks
MUTANTS = {
    "answer_before_sync": "an answer leaves when its record is durable",
    "gate_off_by_one": "the gate opens for what is durable and not for the record behind it",
    "durable_before_commit": "a ring is durable when the commit has returned",
    "sync_error_ignored": "a failed sync is a failure",
    "sync_retried": "a failed sync is final: the second success is a lie",
    "crc_not_checked": "a record with a wrong checksum is no record",
    "stranger_accepted": "a segment that does not continue the one before is damage",
    "watermark_ignored": "what the watermark proves must be there",
    "torn_tail_kept": "a torn tail is cut before anything follows",
    "cache_believed": "recovery believes the device and not the cache",
    "name_not_synced": "a segment's name is durable before records are",
    "key_not_journaled": "an order is kept under its key across restarts",
    "key_not_asked": "one key, one order",
    "reused_key_answered": "a key with another body is refused",
    "limit_after_stock": "the limit comes before the stock",
    "limit_off_by_one": "nobody gets one unit above the limit",
    "limit_not_given_back": "what a hold has given back can be bought again by the same buyer",
    "unconditional_decrement": "stock is taken only where there is some",
    "window_end_included": "the end of a window is outside of it",
    "price_not_compared": "nobody pays more than was expected",
    "expiry_by_timer_only": "a hold whose time is over is free at the next decision",
    "expiry_not_journaled": "what happens to an order is in the journal",
    "late_confirm_takes_anyway": "a late payment gets what is free and nothing else",
    "line_overtaken": "what comes back belongs to the first in the line",
    "freed_before_durable": "units are another shard's when their return is durable",
    "number_given_again": "what was told before it was durable and is lost names no other order",
    "reservation_not_charged": "a limit that comes finds what baskets under way have kept",
    "half_change_applied": "a change of the catalog takes effect whole or not at all",
}

# (source, text, what it becomes)
EDITS = [
    ("src/engine/engine_restore.cc",
     "  if (start < tally.start || start > kStartsMax) return false;",
     "  if (MUTANT(number_given_again)) return true;\n"
     "  if (start < tally.start || start > kStartsMax) return false;"),
    ("src/engine/engine_baskets.cc",
     "  if (counts && !charged) DOORBUSTER_CHECK(",
     "  if (MUTANT(reservation_not_charged)) return;\n"
     "  if (counts && !charged) DOORBUSTER_CHECK("),
    ("src/runtime/shard_agent.cc",
     "  request->durable = position <= ring_.durable();\n  const bool now_will_do",
     "  request->durable = MUTANT(answer_before_sync) || position <= ring_.durable();\n"
     "  const bool now_will_do"),
    ("src/runtime/shard_agent.cc",
     "first.request->durable = first.position <= durable;",
     "first.request->durable = first.position <= durable + (MUTANT(gate_off_by_one) ? 1024 : 0);"),
    ("src/runtime/journal_agent.cc",
     "  if (Status status = writer_->commit(); !status) {",
     "  if (MUTANT(durable_before_commit)) {\n"
     "    for (JournalRing* ring : rings_) ring->set_durable();\n"
     "  }\n"
     "  if (Status status = writer_->commit(); !status) {"),
    ("src/journal/writer.cc",
     "    if (status) status = file_->sync();\n"
     "    if (!status) return status;\n"
     "    file_offset_ += to - from;",
     "    if (status) {\n"
     "      status = file_->sync();\n"
     "      if (MUTANT(sync_retried) && !status) status = file_->sync();\n"
     "      if (MUTANT(sync_error_ignored)) status = {};\n"
     "    }\n"
     "    if (!status) return status;\n"
     "    file_offset_ += to - from;"),
    ("src/journal/writer.cc",
     "    if (status) status = storage_.sync_folder();\n    // Only to give back the room",
     "    if (status && !MUTANT(name_not_synced)) status = storage_.sync_folder();\n"
     "    // Only to give back the room"),
    ("src/journal/layout.cc",
     "  if (crc32c(bytes.data() + kChecked, length - kChecked) != header.crc) return RecordFault::checksum;",
     "  if (!MUTANT(crc_not_checked) && crc32c(bytes.data() + kChecked, length - kChecked) != header.crc)\n"
     "    return RecordFault::checksum;"),
    ("src/journal/walk.cc",
     "    if (header.previous_crc != journal.last_crc) {\n",
     "    if (!MUTANT(stranger_accepted) && header.previous_crc != journal.last_crc) {\n"),
    ("src/journal/walk.cc",
     "    return watermark_there_ && is_valid_watermark",
     "    return !MUTANT(watermark_ignored) && watermark_there_ && is_valid_watermark"),
    ("src/journal/walk.cc",
     "      auto synced = newest ? (*file)->sync_and_drop_cache() : (*file)->sync();",
     "      const bool drop = newest && !MUTANT(cache_believed);\n"
     "      auto synced = drop ? (*file)->sync_and_drop_cache() : (*file)->sync();"),
    ("src/journal/recovery.cc",
     "  auto status = (*segment)->truncate(walk.newest_end);",
     "  auto status = MUTANT(torn_tail_kept) ? Status() : (*segment)->truncate(walk.newest_end);"),
    ("src/model/order_record.cc",
     "std::size_t encode(const Order& order, std::span<std::byte> out) {\n",
     "static std::size_t encode_whole(const Order& order, std::span<std::byte> out);\n"
     "std::size_t encode(const Order& order, std::span<std::byte> out) {\n"
     "  if (!MUTANT(key_not_journaled)) return encode_whole(order, out);\n"
     "  // The record has its length already: the key's bytes go to the reference.\n"
     "  const std::string reference = std::string(order.key) + std::string(order.reference);\n"
     "  Order keyless = order;\n"
     "  keyless.key = {};\n"
     "  keyless.reference = reference;\n"
     "  return encode_whole(keyless, out);\n"
     "}\n"
     "static std::size_t encode_whole(const Order& order, std::span<std::byte> out) {\n"),
    ("src/engine/engine.cc",
     "  if (buy.key.empty()) return std::nullopt;\n"
     "  const auto found = store_.find_key(hashes.key, buy.offer, buy.key);",
     "  if (buy.key.empty() || MUTANT(key_not_asked)) return std::nullopt;\n"
     "  const auto found = store_.find_key(hashes.key, buy.offer, buy.key);"),
    ("src/engine/engine.cc",
     "  if (buy.quantity != first.quantity || buy.expected_price",
     "  if (MUTANT(reused_key_answered)) {\n"
     "  } else if (buy.quantity != first.quantity || buy.expected_price"),
    ("src/engine/engine.cc",
     "  if (over_any_limit(hashes.buyer, buy.identities, buy.quantity, buy.offer)) {",
     "  const bool gone = MUTANT(limit_after_stock) && open_to(buy.offer, buy.channel, now) < buy.quantity;\n"
     "  if (!gone && over_any_limit(hashes.buyer, buy.identities, buy.quantity, buy.offer)) {"),
    ("src/engine/engine.cc",
     "  if (open_to(buy.offer, buy.channel, now) < buy.quantity) {",
     "  if (!MUTANT(unconditional_decrement) && open_to(buy.offer, buy.channel, now) < buy.quantity) {"),
    ("src/engine/engine.cc",
     "  if (now >= offer.ends_at) return refused(Outcome::campaign_ended);",
     "  if (now.ns >= offer.ends_at.ns + (MUTANT(window_end_included) ? 1 : 0))\n"
     "    return refused(Outcome::campaign_ended);"),
    ("src/engine/engine.cc",
     "price_now > buy.expected_price) {",
     "price_now > buy.expected_price && !MUTANT(price_not_compared)) {"),
    ("src/engine/engine.cc",
     "  if (offer.held == 0) return std::nullopt;\n  const HoldCalendar::First first",
     "  if (offer.held == 0 || MUTANT(expiry_by_timer_only)) return std::nullopt;\n"
     "  const HoldCalendar::First first"),
    ("src/engine/engine.cc",
     "    offer.has_line = true;\n",
     "    offer.has_line = !MUTANT(line_overtaken);\n"),
    ("src/engine/engine_rules.cc",
     "offer_limit_key(name, offer))} + quantity > limit;",
     "offer_limit_key(name, offer))} + quantity >\n"
     "                           std::uint64_t{limit} + (MUTANT(limit_off_by_one) ? 1 : 0);"),
    ("src/engine/engine_events.cc",
     "  if (applied.discharged != 0) subtract_names",
     "  if (applied.discharged != 0 && !MUTANT(limit_not_given_back)) subtract_names"),
    ("src/engine/engine_commands.cc",
     "  const bool gone = !is_basket(slot) && free_for_late(slot, now) < wanted;",
     "  const bool gone =\n"
     "      !is_basket(slot) && free_for_late(slot, now) < wanted && !MUTANT(late_confirm_takes_anyway);"),
    ("src/runtime/shard_orders.cc",
     "  const std::uint64_t position = ring_.append({.kind = RecordKind::order_event,",
     "  const bool lost = MUTANT(expiry_not_journaled) && event.kind == OrderEventKind::expired;\n"
     "  const std::uint64_t position =\n"
     "      lost ? ring_.published() : ring_.append({.kind = RecordKind::order_event,"),
    ("src/runtime/shard_orders.cc",
     "    if (next.position > durable) break;",
     "    if (next.position > durable && !MUTANT(freed_before_durable)) break;"),
    ("src/runtime/recovery.cc",
     "    in_change_ = true;\n    change_ = *begin;",
     "    if (MUTANT(half_change_applied) && in_change_) install(apply_change(*catalog_, pending_));\n"
     "    in_change_ = true;\n    change_ = *begin;"),
]
