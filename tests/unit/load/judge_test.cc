// The judge's rules on records made by hand: what is certain fails, what only may be so does not.

#include "load/judge.h"

#include <string>
#include <vector>

#include "load/judge_life.h"
#include "load/judge_limit.h"
#include "load/judge_line.h"
#include "load/judge_orders.h"
#include "support/catch.h"

using namespace doorbuster;
using namespace doorbuster::load;
using Catch::Contains;

namespace {

constexpr std::int64_t kMs = kNsPerMillisecond;
const std::vector<SkuTerms> kSkus = {{"tv", 900}, {"mug", 5}};
const Names kNames("r");
const ServerClock kClock{.zero_ns = 0, .error_ns = 5 * kMs};

Told told(Standing standing, std::int64_t expires_ms = 0) {
  Told made;
  made.standing = standing;
  made.expires_at = {expires_ms * kMs};
  return made;
}

Told told_in_line(std::uint32_t position) {
  Told made = told(Standing::waiting);
  made.ticket = true;
  made.position = position;
  return made;
}

Told told_offered(std::int64_t expires_ms) {
  Told made = told(Standing::held, expires_ms);
  made.ticket = made.offered = true;
  return made;
}

// A record that is written request by request; times in milliseconds.
class Story {
 public:
  // Returns what later steps are about.
  std::uint32_t buy(std::uint32_t buyer, Told answer, std::int64_t sent_ms, std::int64_t answered_ms,
                    Ask ask = {}) {
    ask.buyer = buyer;
    ask.key = ++keys_;
    ask.quantity = ask.quantity == 0 ? 1 : ask.quantity;
    const std::string name = "o-" + std::to_string(keys_);
    std::copy(name.begin(), name.end(), answer.name.bytes.begin());
    answer.name.size = static_cast<std::uint8_t>(name.size());
    add(ask, answer.ticket ? Answer::queued() : Answer::accepted(), sent_ms, answered_ms);
    return tell(answer);
  }
  void refuse(Outcome outcome, std::int64_t sent_ms, std::int64_t answered_ms, std::uint16_t sku = 0) {
    add({.key = ++keys_, .sku = sku, .quantity = 1}, Answer::refused(outcome), sent_ms, answered_ms);
  }
  void step(std::uint32_t order, Verb verb, Told answer, std::int64_t sent_ms, std::int64_t answered_ms,
            Ask ask = {}) {
    step(order, verb, Answer::done(), answer, sent_ms, answered_ms, ask);
  }
  void step(std::uint32_t order, Verb verb, Answer answer, Told answer_told, std::int64_t sent_ms,
            std::int64_t answered_ms, Ask ask = {}) {
    ask.about = order;
    ask.verb = verb;
    add(ask, answer, sent_ms, answered_ms);
    if (!answer.unknown()) tell(answer_told);
  }
  const RunRecord& record() const { return record_; }

 private:
  void add(const Ask& ask, Answer answer, std::int64_t sent_ms, std::int64_t answered_ms) {
    RequestRecord& request = record_.requests.emplace_back();
    request.ask = ask;
    request.answer = answer;
    request.sent_ns = sent_ms * kMs;
    request.answered_ns = answered_ms * kMs;
  }
  std::uint32_t tell(const Told& answer) {
    record_.requests.back().told = static_cast<std::uint32_t>(record_.told.size());
    record_.told.push_back(answer);
    return record_.requests.back().told;
  }
  RunRecord record_;
  std::uint32_t keys_ = 0;
};

Check limit_of(const Story& story, std::uint32_t limit, bool total = false) {
  const Lives lives(story.record());
  const Promises promises = promises_of(lives, kSkus, kNames);
  const std::vector<LiveUnits> live = live_units(lives, promises.orders, kClock);
  return total ? judge_total_limit(live, limit) : judge_limit(live, limit);
}

std::string said(const Check& check) {
  return check.examples.empty() ? "" : check.examples.front();
}

}  // namespace

TEST_CASE("limit: holds after one another are within it, holds at a time are not") {
  Story story;
  const std::uint32_t first = story.buy(1, told(Standing::held, 100), 0, 1);
  story.buy(1, told(Standing::held, 250), 110, 111);
  REQUIRE(limit_of(story, 1).passed());
  SECTION("one that was bought before the first was over") {
    story.buy(1, told(Standing::held, 400), 50, 51);
    REQUIRE_THAT(said(limit_of(story, 1)), Contains("buyer b-r-00000001 had 2 units of tv at a time"));
    REQUIRE(limit_of(story, 2).passed());
  }
  SECTION("a late confirmation beside the second hold") {
    story.step(first, Verb::confirm, told(Standing::confirmed), 150, 151);
    REQUIRE_FALSE(limit_of(story, 1).passed());
  }
  SECTION("a hold of another SKU, which counts over all of them") {
    story.buy(1, told(Standing::held, 400), 120, 121, {.sku = 1});
    REQUIRE(limit_of(story, 1).passed());
    REQUIRE_THAT(said(limit_of(story, 1, true)), Contains("2 units of all SKUs"));
  }
}

TEST_CASE("limit: what may have been over when the next one was bought is not counted") {
  Story story;
  const std::uint32_t first = story.buy(1, told(Standing::held, 1000), 0, 1);
  SECTION("a cancellation that was under way") {
    story.step(first, Verb::cancel, told(Standing::cancelled), 10, 30);
    story.buy(1, told(Standing::held, 1000), 15, 20);
  }
  SECTION("a cancellation without an answer") {
    story.step(first, Verb::cancel, Answer(), {}, 10, -1);
    story.buy(1, told(Standing::held, 1000), 15, 20);
  }
  SECTION("a hold whose end is within the error of the clocks") {
    story.buy(1, told(Standing::held, 2000), 990, 997);
  }
  SECTION("a return") {
    story.step(first, Verb::confirm, told(Standing::confirmed), 10, 11);
    story.step(first, Verb::give_back, told(Standing::confirmed), 20, 30, {.key = 77, .quantity = 1});
    story.buy(1, told(Standing::held, 1000), 25, 26);
  }
  REQUIRE(limit_of(story, 1).passed());
}

TEST_CASE("limit: neighbours with one device are one name, others are not") {
  Story story;
  story.buy(4, told(Standing::held, 500), 0, 1, {.body = Body::shared});
  story.buy(8, told(Standing::held, 500), 0, 1, {.body = Body::shared});
  REQUIRE(limit_of(story, 1).passed());
  story.buy(7, told(Standing::held, 500), 2, 3, {.body = Body::shared});
  REQUIRE_THAT(said(limit_of(story, 1)), Contains("identity device:r-00000001 had 2 units"));
}

TEST_CASE("line: somebody in front who still waits when one behind is offered is passed over") {
  Story story;
  const std::uint32_t front = story.buy(1, told_in_line(1), 0, 1);
  const std::uint32_t behind = story.buy(2, told_in_line(2), 2, 3);
  story.step(behind, Verb::look, told_offered(900), 10, 11);
  const auto check = [&] { return judge_line(Lives(story.record()), kSkus); };
  SECTION("seen waiting afterwards") {
    story.step(front, Verb::look, told_in_line(1), 12, 13);
    REQUIRE_THAT(said(check()), Contains("tv: o-2 was offered a unit while o-1 waited in front of it"));
  }
  SECTION("last seen waiting before, so it may have been offered first") {
    story.step(front, Verb::look, told_in_line(1), 9, 10);
    story.step(front, Verb::look, told_offered(950), 14, 15);
    REQUIRE(check().passed());
  }
  SECTION("left") {
    Told left = told(Standing::left);
    left.ticket = true;
    story.step(front, Verb::leave, left, 5, 6);
    REQUIRE(check().passed());
  }
}

TEST_CASE("line: who is in front is only known from positions in the order of time") {
  Story story;
  const std::uint32_t first = story.buy(1, told_in_line(3), 0, 10);
  const std::uint32_t second =
      story.buy(2, told_in_line(3), 5, 9);  // at the same time: either may be in front
  story.step(second, Verb::look, told_offered(900), 20, 21);
  story.step(first, Verb::look, told_in_line(1), 30, 31);
  REQUIRE(judge_line(Lives(story.record()), kSkus).passed());

  Story other;
  const std::uint32_t a = other.buy(1, told_in_line(3), 0, 1, {.quantity = 2});
  const std::uint32_t b =
      other.buy(2, told_in_line(4), 2, 3, {.quantity = 1});  // one unit may come back alone
  other.step(b, Verb::look, told_offered(900), 20, 21);
  other.step(a, Verb::look, told_in_line(3), 30, 31);
  REQUIRE(judge_line(Lives(other.record()), kSkus).passed());
}

TEST_CASE("all_held needs a hold that may be there, sold_out none that must be") {
  Story story;
  const std::uint32_t order = story.buy(1, told(Standing::held, 100), 0, 1);
  const auto check = [&](bool others = false) {
    return judge_availability(Lives(story.record()), kSkus, {others, others}, kClock);
  };
  SECTION("while it is held") {
    story.refuse(Outcome::all_held, 50, 51);
    REQUIRE(check().passed());
    story.refuse(Outcome::sold_out, 50, 51);
    REQUIRE_THAT(said(check()), Contains("tv was refused as sold_out while 1 units were held"));
  }
  SECTION("after it has run out") {
    story.refuse(Outcome::sold_out, 110, 111);
    story.refuse(Outcome::all_held, 102, 103);  // the clocks are not that exact
    REQUIRE(check().passed());
    story.refuse(Outcome::all_held, 110, 111);
    REQUIRE_THAT(said(check()), Contains("tv was refused as all_held when nothing was held"));
    REQUIRE(check(true).passed());
  }
  SECTION("after it was confirmed") {
    story.step(order, Verb::confirm, told(Standing::confirmed), 20, 30);
    story.refuse(Outcome::sold_out, 25, 26);
    story.refuse(Outcome::all_held, 25, 26);
    REQUIRE(check().passed());
    story.refuse(Outcome::all_held, 31, 32);
    REQUIRE_FALSE(check().passed());
  }
  SECTION("of another SKU") {
    story.refuse(Outcome::all_held, 50, 51, 1);
    REQUIRE_THAT(said(check()), Contains("mug"));
  }
}

TEST_CASE(
    "resolutions: a yes to one and a no to the other is right, two that overlap may come in any order") {
  Story story;
  const std::uint32_t order = story.buy(1, told(Standing::held, 900), 0, 1);
  story.step(order, Verb::confirm, told(Standing::confirmed), 10, 20);
  story.step(order, Verb::cancel, Answer::refused(Outcome::order_not_held), told(Standing::confirmed), 30,
             31);
  REQUIRE(judge_resolutions(Lives(story.record())).passed());
  SECTION("both done") {
    story.step(order, Verb::cancel, told(Standing::cancelled), 15, 25);
    REQUIRE_THAT(said(judge_resolutions(Lives(story.record()))),
                 Contains("o-1 was both confirmed and cancelled"));
  }
  SECTION("another part the second time") {
    Told other = told(Standing::confirmed);
    other.confirmed = 3;
    story.step(order, Verb::confirm, other, 40, 41);
    REQUIRE_THAT(said(judge_resolutions(Lives(story.record()))), Contains("with 1 units and then with 3"));
  }
  SECTION("a lost answer tells nothing") {
    story.step(order, Verb::cancel, Answer(), {}, 40, -1);
    REQUIRE(judge_resolutions(Lives(story.record())).passed());
  }
}

TEST_CASE("orders: an open request allows both ends, an answered one only its own") {
  Promise order{.order = "o", .buyer = "b", .lines = {{"tv", 1}}, .key = "", .device = ""};
  order.state = state_at_first(told(Standing::held, 1000), 1);
  OrderView view{
      .order = "o", .status = "", .campaign = "c", .buyer = "b", .payment = "", .lines = {{"tv", 1}}};
  view.quantity = 1;
  const auto passes = [&](Standing found, std::int64_t from_ms, bool complete = true) {
    view.standing = found;
    const std::vector<Promise> orders = {order};
    const std::vector<FoundOrder> views = {view};
    return judge_orders({.orders = orders,
                         .found = views,
                         .campaign = "c",
                         .found_from = {from_ms * kMs},
                         .found_until = {(from_ms + 10) * kMs},
                         .record_is_complete = complete})
        .passed();
  };
  REQUIRE(passes(Standing::held, 500));
  REQUIRE_FALSE(passes(Standing::expired, 500));
  REQUIRE(passes(Standing::expired, 2000));
  REQUIRE_FALSE(passes(Standing::held, 2000));
  REQUIRE_FALSE(passes(Standing::confirmed, 500));
  REQUIRE(passes(Standing::confirmed, 500, false));
  take_step(order.state, {.verb = Verb::confirm}, 1);
  REQUIRE(passes(Standing::confirmed, 500));
  REQUIRE_FALSE(passes(Standing::cancelled, 500));
  take_step(order.state,
            {.verb = Verb::confirm, .answered = true, .done = true, .told = told(Standing::confirmed)}, 1);
  REQUIRE(passes(Standing::confirmed, 2000));
  REQUIRE_FALSE(passes(Standing::expired, 2000));
}

TEST_CASE("stock: sold is what was confirmed less what came back, exactly, or within what had no answer") {
  Promise order{.order = "o", .buyer = "b", .lines = {{"tv", 3}}, .key = "", .device = ""};
  order.state = state_at_first(told(Standing::confirmed), 3);
  Step back{.verb = Verb::give_back, .quantity = 1, .key = "r", .answered = true, .done = true};
  back.told = told(Standing::confirmed);
  take_step(order.state, back, 3);
  OrderView view{.order = "o",
                 .status = "confirmed",
                 .campaign = "c",
                 .buyer = "b",
                 .payment = "",
                 .lines = {{"tv", 3}}};
  view.standing = Standing::confirmed;
  view.quantity = 3;
  view.returned = 1;
  const auto passes = [&](std::int64_t sold) {
    StockFacts fact{.sku = "tv", .before = {"tv", 10, 10, 0, 0}, .after = {"tv", 10, 10 - sold, 0, sold}};
    add_line(fact, order, order.lines.front(), view);
    return judge_stock({fact}).passed();
  };
  REQUIRE(passes(2));
  REQUIRE_FALSE(passes(3));
  REQUIRE_FALSE(passes(1));
  // Two more had no answer, one of them to be sold again; the order shows one.
  take_step(order.state, {.verb = Verb::give_back, .quantity = 1, .key = "s"}, 3);
  take_step(order.state, {.verb = Verb::give_back, .body = Body::scrapped, .quantity = 1, .key = "t"}, 3);
  view.returned = 2;
  REQUIRE(passes(2));
  REQUIRE(passes(1));
  REQUIRE_FALSE(passes(0));
  view.returned = 3;  // both were done
  REQUIRE(passes(1));
  REQUIRE_FALSE(passes(2));
}
