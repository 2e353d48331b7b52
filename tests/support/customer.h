#pragma once
// An HTTP thread without HTTP: buys what it is told to, through its door, on the thread that the runtime
// gives it.

#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "doorbuster/runtime/runtime.h"
#include "support/house.h"

namespace doorbuster {

struct Wish {
  std::string buyer = {}, key = {};
  std::uint32_t quantity = 1;
  OfferIndex offer = {};
  std::int64_t expected_price = Buy::kNoExpectedPrice;
};

class Customer final : public SleepingAgent {
 public:
  explicit Customer(EngineDoor& door) : door_(door) {}

  // --- the test's thread ---
  void want(Wish wish) {
    {
      const std::lock_guard lock(mutex_);
      wishes_.push_back(std::move(wish));
      ++wanted_;
    }
    door_.notifier().notify();
  }
  // Waits until everything that was wanted has been answered, and takes the answers.
  std::vector<Answer> wait() {
    std::unique_lock lock(mutex_);
    answered_.wait(lock, [this] { return answers_.size() == wanted_; });
    wanted_ = 0;
    return std::exchange(answers_, {});
  }
  Answer buy(Wish wish) {
    want(std::move(wish));
    return wait().front();
  }

  // --- the runtime's thread ---
  std::size_t do_work() override {
    const std::size_t work = ask() + hear();
    door_.ring_shards();
    return work;
  }
  bool has_work() override {
    if (door_.has_replies()) return true;
    const std::lock_guard lock(mutex_);
    return !wishes_.empty();
  }
  void sleep(std::int64_t at_most_ns) override { door_.notifier().sleep(at_most_ns); }

 private:
  std::size_t ask() {
    std::size_t asked = 0;
    for (; asked < 64; ++asked) {
      Wish wish;
      {
        const std::lock_guard lock(mutex_);
        if (wishes_.empty() || door_.in_use() == kRequestsPerThreadMax) break;
        wish = std::move(wishes_.front());
        wishes_.pop_front();
      }
      Request* request = door_.take();
      DOORBUSTER_CHECK(request != nullptr);
      Buy buy = buy_of(wish.buyer, wish.key, wish.quantity, wish.offer);
      buy.expected_price = wish.expected_price;
      fill(*request, buy, door_.keys().table_key);
      DOORBUSTER_CHECK(door_.submit(request));
    }
    return asked;
  }
  std::size_t hear() {
    Request* came[64];
    const std::size_t count = door_.collect(came);
    if (count == 0) return 0;
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < count; ++i) {
      answers_.push_back(answer_of(*came[i]));
      door_.give_back(came[i]);
    }
    if (answers_.size() == wanted_) answered_.notify_all();
    return count;
  }

  EngineDoor& door_;
  std::mutex mutex_;
  std::condition_variable answered_;
  std::deque<Wish> wishes_;
  std::vector<Answer> answers_;
  std::size_t wanted_ = 0;
};

// A runtime with its customers, running.
class OpenShop {
 public:
  OpenShop(Storage& storage, const Clock& clock, const Configuration& configuration, const WiringPlan& plan) {
    auto opened = Runtime::open(storage, clock, configuration, plan);
    INFO((opened ? std::string() : opened.error().message));
    REQUIRE(opened.has_value());
    runtime_ = std::move(*opened);
    std::vector<SleepingAgent*> agents;
    for (std::uint32_t i = 0; i < plan.http_threads; ++i) {
      customers_.push_back(std::make_unique<Customer>(runtime_->door(i)));
      agents.push_back(customers_.back().get());
    }
    runtime_->start(agents);
  }
  Runtime* operator->() { return runtime_.get(); }
  Customer& customer(std::size_t i = 0) { return *customers_[i]; }
  std::size_t customers() const { return customers_.size(); }
  OfferStock stock(OfferIndex offer) {
    const auto stock = runtime_->stock(std::vector<OfferIndex>{offer});
    REQUIRE(stock.has_value());
    return stock->front();
  }

 private:
  std::vector<std::unique_ptr<Customer>> customers_;
  std::unique_ptr<Runtime> runtime_;  // goes first, and its threads, which use the customers, with it
};

inline CampaignConfiguration campaign_with(std::vector<OfferConfiguration> offers,
                                           std::uint32_t limit_per_buyer = 0) {
  CampaignConfiguration campaign;
  campaign.id = "black-friday";
  campaign.name = "Black Friday";
  campaign.currency = "EUR";
  campaign.starts_at = kOpens;
  campaign.ends_at = kCloses;
  campaign.limit_per_buyer = limit_per_buyer;
  campaign.offers = std::move(offers);
  return campaign;
}

inline Configuration configuration_with(std::vector<OfferConfiguration> offers,
                                        std::uint32_t limit_per_buyer = 0) {
  Configuration configuration;
  configuration.server.max_orders = 100'000;
  configuration.server.segment_bytes = kSegmentBytesMin;
  configuration.campaigns.push_back(campaign_with(std::move(offers), limit_per_buyer));
  return configuration;
}

}  // namespace doorbuster
