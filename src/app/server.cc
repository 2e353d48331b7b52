#include "doorbuster/app/server.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "app/alert_line.h"
#include "app/audience_checks.h"
#include "app/books_evidence.h"
#include "app/feed_threads.h"
#include "app/folder_log.h"
#include "app/service_manager.h"
#include "app/sockets.h"
#include "doorbuster/admin/admin_handler.h"
#include "doorbuster/app/version.h"
#include "doorbuster/http/http_agent.h"
#include "doorbuster/http/public_handler.h"
#include "doorbuster/platform/clock.h"
#include "doorbuster/platform/storage.h"
#include "doorbuster/platform/thread.h"
#include "doorbuster/runtime/alert_agent.h"
#include "doorbuster/runtime/campaign_keeper.h"
#include "doorbuster/runtime/checkpoint_agent.h"
#include "doorbuster/runtime/pages_agent.h"
#include "doorbuster/runtime/runtime.h"
#include "doorbuster/stream/stream_agent.h"

namespace doorbuster {
namespace {

constexpr std::chrono::seconds kDrainMax{20};  // then what is left is cut off
// Between two looks at what no event tells: of a server that runs, and of one that is about to stop.
constexpr std::chrono::milliseconds kWatchInterval{250}, kStopInterval{20};
constexpr std::chrono::milliseconds kFailedAnswerTime{500};  // to tell clients of a failed journal

std::string describe(const std::string& file, const std::vector<Diagnostic>& diagnostics) {
  std::string text;
  for (const Diagnostic& diagnostic : diagnostics) text += "\n" + format_diagnostic(file, diagnostic);
  return text;
}

// The configuration file as the audit trail names it.
ChangeOrigin origin_of(const std::string& file, std::string action) {
  return {.source = ChangeOrigin::Source::file,
          .author = std::filesystem::path(file).filename().string().substr(0, kChangeTextBytesMax),
          .action = std::move(action),
          .reason = {}};
}

class Server {
 public:
  Server(ServeOverrides overrides, Configuration configuration, ServerOptions file_options)
      : overrides_(std::move(overrides)),
        file_options_(std::move(file_options)),
        configuration_(std::move(configuration)),
        signals_(control_),
        watch_(control_),
        heartbeat_(control_) {}

  Status run() {
    wait_for_signals();  // first: a signal during recovery is kept for later instead of killing us in the
                         // middle
    if (Status status = start(); !status) return status;
    watch();
    beat();
    control_.run();
    return stop();
  }

 private:
  Status start();
  void make_http(const std::vector<int>& public_sockets, int admin_socket,
                 std::vector<AudienceCheck> audience);
  void wait_for_signals();
  void watch();
  void beat();
  void begin_drain();
  void reload();
  // The keys, tenants and limits of a configuration whose campaigns are in force.
  void let_in(const Configuration& configuration);
  Status stop();

  const ServeOverrides overrides_;
  const ServerOptions file_options_;  // as the file had them at the start, without the command line's
  const Configuration configuration_;
  SystemClock clock_;
  std::unique_ptr<Storage> storage_;
  std::unique_ptr<Runtime> runtime_;
  AccessCell access_;
  ServerState state_;
  Notifier stream_notifier_;
  std::unique_ptr<StreamAgent> stream_;  // outlives who hands connections to it
  std::unique_ptr<AgentThread> stream_thread_;
  std::unique_ptr<FeedThreads> feed_;
  std::vector<std::unique_ptr<HttpAgent>> http_;
  Notifier admin_notifier_;
  std::unique_ptr<HttpAgent> admin_;
  std::unique_ptr<AgentThread> admin_thread_;
  Notifier keeper_notifier_;
  std::unique_ptr<CampaignKeeper> keeper_;
  std::unique_ptr<AgentThread> keeper_thread_;
  std::unique_ptr<AlertAgent> alerts_;
  std::unique_ptr<BooksWatch> books_watch_;
  std::unique_ptr<PacedSleeper> watch_pace_;
  std::unique_ptr<PagesAgent> pages_;
  std::unique_ptr<AgentThread> watch_thread_;  // who follows the sale
  Notifier checkpoint_notifier_;
  std::unique_ptr<CheckpointAgent> checkpoints_;
  std::unique_ptr<AgentThread> checkpoint_thread_;
  std::string listen_, admin_listen_;
  Sockets sockets_;

  boost::asio::io_context control_;
  boost::asio::signal_set signals_;
  boost::asio::steady_timer watch_;
  boost::asio::steady_timer heartbeat_;
  std::chrono::steady_clock::time_point drain_until_, failed_until_;
  bool failed_seen_ = false, short_of_room_seen_ = false, stuck_seen_ = false;
};

Status Server::start() {
  state_.started_at = clock_.wall_now();
  const ServerOptions& options = configuration_.server;

  // The port first: when it is taken, no data folder is touched.
  std::vector<int> public_sockets;
  int admin_socket = -1;
  const WiringPlan plan =
      plan_wiring(options.wiring, options.cores, static_cast<std::uint32_t>(available_processors().size()));
  sockets_ = reserve_descriptors(options.max_connections, plan);
  if (Status status = [&]() -> Status {
        auto sockets = listen_on(options.listen, plan.http_threads, listen_);
        if (!sockets) return tl::unexpected(sockets.error());
        public_sockets = *sockets;
        auto admin = listen_on(options.admin, 1, admin_listen_);
        if (!admin) return tl::unexpected(admin.error());
        admin_socket = admin->front();
        return {};
      }();
      !status) {
    return status;
  }

  auto audience = audience_checks(options.audience_tokens, plan.http_threads);
  if (!audience) return tl::unexpected(audience.error());
  auto storage = open_posix_storage(options.data_dir, true);
  if (!storage) return tl::unexpected(storage.error());
  storage_ = std::move(*storage);
  auto runtime =
      Runtime::open(*storage_, clock_, configuration_, plan, origin_of(overrides_.config_file, "start"));
  if (!runtime) return tl::unexpected(runtime.error());
  runtime_ = std::move(*runtime);
  log_recovery(runtime_->recovery(), options.data_dir);
  let_in(configuration_);
  if (configuration_.api_keys.empty()) {
    spdlog::info(
        "there are no api_keys: whoever reaches a listener may do everything, so both are on "
        "loopback only");
  }
  make_http(public_sockets, admin_socket, std::move(*audience));
  std::vector<SleepingAgent*> agents;
  for (const auto& agent : http_) agents.push_back(agent.get());
  runtime_->ring_after_changes(keeper_notifier_);
  runtime_->start(agents);
  feed_->start();
  stream_thread_ = std::make_unique<AgentThread>("stream", -1, stream_notifier_,
                                                 std::vector<Agent*>{stream_.get()}, stream_.get());
  watch_thread_ = std::make_unique<AgentThread>(
      "watch", -1, runtime_->watch_notifier(),
      std::vector<Agent*>{watch_pace_.get(), pages_.get(), alerts_.get()}, watch_pace_.get());
  admin_thread_ = std::make_unique<AgentThread>("admin", -1, admin_notifier_,
                                                std::vector<Agent*>{admin_.get()}, admin_.get());
  keeper_thread_ = std::make_unique<AgentThread>("keeper", -1, keeper_notifier_,
                                                 std::vector<Agent*>{keeper_.get()}, nullptr);
  checkpoint_thread_ = std::make_unique<AgentThread>("checkpoint", -1, checkpoint_notifier_,
                                                     std::vector<Agent*>{checkpoints_.get()}, nullptr);
  state_.ready.store(true);
  std::printf("listening on http://%s, admin on http://%s\n", listen_.c_str(), admin_listen_.c_str());
  std::fflush(stdout);
  tell_ready("listening on http://" + listen_);
  return {};
}

void Server::make_http(const std::vector<int>& public_sockets, int admin_socket,
                       std::vector<AudienceCheck> audience) {
  const ServerOptions& options = configuration_.server;
  const HttpOptions http = http_options(options, sockets_.connections, runtime_->plan().http_threads);
  alerts_ = std::make_unique<AlertAgent>(*runtime_, clock_, log_alert);
  books_watch_ = std::make_unique<BooksWatch>(*runtime_, *storage_, clock_);
  watch_pace_ = std::make_unique<PacedSleeper>(runtime_->watch_notifier(), clock_, kWatchPaceNs);
  pages_ = std::make_unique<PagesAgent>(*runtime_);
  stream_ = std::make_unique<StreamAgent>(StreamSources{.catalog = runtime_->catalog_cell(),
                                                        .board = runtime_->board(),
                                                        .alerts = runtime_->alerts(),
                                                        .clock = clock_,
                                                        .watch = runtime_->stream_notifier()},
                                          stream_notifier_, sockets_.streams);
  feed_ = std::make_unique<FeedThreads>(*runtime_, *storage_, clock_, configuration_.sinks);
  state_.runtime = runtime_.get();
  state_.stream = stream_.get();
  state_.feed = &feed_->feed();
  state_.sinks = feed_->sinks();
  state_.alerts = &alerts_->metrics();
  state_.clock = &clock_;
  keeper_ = std::make_unique<CampaignKeeper>(*runtime_, clock_, log_keeper);
  state_.keeper = keeper_.get();
  checkpoints_ = std::make_unique<CheckpointAgent>(
      *storage_, clock_, runtime_->journal_metrics().segments,
      CheckpointPolicy{.segments = options.checkpoint_segments,
                       .retention_seconds = options.journal_retention_seconds},
      log_checkpoint);
  checkpoints_->set_needed_from([this] { return feed_->needed_from(); });
  state_.checkpoints = &checkpoints_->metrics();
  state_.access = &access_;
  state_.stock_metrics = options.stock_metrics;
  state_.version = version_number();
  state_.compiler = compiler_name();
  state_.build_type = build_type();
  for (std::size_t i = 0; i < public_sockets.size(); ++i) {
    EngineDoor& door = runtime_->door(i);
    auto handler = std::make_unique<PublicHandler>(door, clock_, options.max_body_bytes,
                                                   std::move(audience[i]), access_);
    http_.push_back(
        std::make_unique<HttpAgent>(http, std::move(handler), &door, door.notifier(), clock_, stream_.get()));
    http_.back()->listen(public_sockets[i]);
    state_.http.push_back(http_.back().get());
  }
  HttpOptions admin = http;
  admin.max_connections = kAdminConnectionsMax;
  admin.max_body_bytes = kAdminBodyBytesMax;
  admin_ = std::make_unique<HttpAgent>(admin, std::make_unique<AdminHandler>(state_), nullptr,
                                       admin_notifier_, clock_, stream_.get());
  admin_->listen(admin_socket);
}

void Server::wait_for_signals() {
  boost::system::error_code add_ec;
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) signals_.add(signal, add_ec);
  signals_.async_wait([this](const boost::system::error_code& ec, int signal) {
    if (ec) return;
    if (signal == SIGHUP) {
      reload();
    } else if (state_.draining.load()) {
      spdlog::warn("second signal: stopping at once");
      drain_until_ = std::chrono::steady_clock::now();
    } else {
      begin_drain();
    }
    wait_for_signals();
  });
}

// Looks after what no event tells: a failed journal, and whether a drain is done.
void Server::watch() {
  const bool stops = failed_seen_ || state_.draining.load();
  watch_.expires_after(stops ? kStopInterval : kWatchInterval);  // one that is waited for is given up
  watch_.async_wait([this](const boost::system::error_code& ec) {
    if (ec) return;
    const auto now = std::chrono::steady_clock::now();
    if (runtime_->failed() && !failed_seen_) {
      failed_seen_ = true;
      failed_until_ = now + kFailedAnswerTime;
      state_.ready.store(false);
      spdlog::critical("the journal has failed: {}; no decision is made any more, stopping",
                       runtime_->failure());
    }
    if (const bool short_of_room = runtime_->short_of_room(); short_of_room != short_of_room_seen_) {
      short_of_room_seen_ = short_of_room;
      log_room(!short_of_room);
    }
    if (failed_seen_ && now >= failed_until_) return control_.stop();
    if (!failed_seen_) books_watch_->look();
    if (state_.draining.load()) {
      const bool drained =
          std::all_of(http_.begin(), http_.end(), [](const auto& agent) { return agent->drained(); });
      if ((drained && stream_->drained() && feed_->drained()) || now >= drain_until_) return control_.stop();
    }
    watch();
  });
}

// Tells the service manager's watchdog that every thread still goes round; it restarts what does not.
void Server::beat() {
  const std::chrono::microseconds interval = alive_interval();
  if (interval.count() == 0) return;
  if (runtime_->have_heartbeats() && admin_thread_->has_heartbeat()) {
    tell_alive();
    runtime_->ask_heartbeats();
    admin_thread_->ask_heartbeat();
  } else if (!stuck_seen_) {
    stuck_seen_ = true;
    spdlog::error("a thread has not gone round for {} ms: the watchdog is not told that all is well",
                  interval.count() / 1000);
  }
  heartbeat_.expires_after(interval);
  heartbeat_.async_wait([this](const boost::system::error_code& ec) {
    if (!ec) beat();
  });
}

void Server::begin_drain() {
  tell_stopping();
  spdlog::info("draining: no new connections, answering what is under way");
  state_.draining.store(true);
  drain_until_ = std::chrono::steady_clock::now() + kDrainMax;
  for (const auto& agent : http_) agent->drain();
  stream_->drain();
  feed_->drain();
  watch();
}

void Server::reload() {
  const auto refused = [this](const std::string& why) {
    state_.reloads_refused.fetch_add(1);
    state_.last_reload_ok.store(false);
    spdlog::error("configuration not reloaded, the old one stays in force: {}", why);
  };
  state_.last_reload_ns.store(clock_.wall_now().ns);
  const ParsedConfiguration parsed = read_configuration(overrides_.config_file);
  if (!parsed.configuration) return refused(describe(overrides_.config_file, parsed.diagnostics));
  const ServerOptions& running = configuration_.server;
  const std::string exposed =
      exposed_without_keys(running.listen, running.admin, parsed.configuration->api_keys);
  if (!exposed.empty()) return refused(exposed);
  auto changed = runtime_->reconfigure(*parsed.configuration, origin_of(overrides_.config_file, "reload"));
  if (!changed) return refused(changed.error().message);
  let_in(*parsed.configuration);
  state_.reloads_applied.fetch_add(1);
  state_.last_reload_ok.store(true);
  spdlog::info("configuration reloaded: {} definitions changed", *changed);
  for (const std::string_view key : changed_server_keys(file_options_, parsed.configuration->server)) {
    spdlog::warn("server.{} differs from the running one: it takes a restart", key);
  }
  if (parsed.configuration->sinks != configuration_.sinks) {
    spdlog::warn("sinks differ from the running ones: it takes a restart");
  }
}

void Server::let_in(const Configuration& configuration) {
  access_.set(std::make_shared<const AccessTable>(configuration, *runtime_->catalog(), *access_.get()));
}

Status Server::stop() {
  if (failed_seen_) {
    // The state of the journal is unknown: nothing is written or closed any more. Recovery tells the truth.
    std::fflush(nullptr);
    spdlog::shutdown();
    std::_Exit(1);
  }
  checkpoints_->give_up();
  checkpoint_thread_.reset();
  admin_thread_.reset();
  keeper_thread_.reset();
  stream_thread_.reset();
  feed_->stop();
  watch_thread_.reset();  // what the last decisions raise is journaled before the journal ends
  auto hash = runtime_->stop();
  if (!hash) return tl::unexpected(hash.error());
  spdlog::info("stopped: all decisions are durable, state {:016x}", *hash);
  return {};
}

}  // namespace

void apply_overrides(const ServeOverrides& overrides, ServerOptions& options) {
  if (!overrides.data_dir.empty()) options.data_dir = overrides.data_dir;
  if (!overrides.listen.empty()) options.listen = overrides.listen;
  if (!overrides.admin.empty()) options.admin = overrides.admin;
  if (overrides.cores >= 0) options.cores = static_cast<std::uint32_t>(overrides.cores);
}

Status serve(const ServeOverrides& overrides) {
  ParsedConfiguration parsed = read_configuration(overrides.config_file);
  if (!parsed.configuration) {
    return fail(ErrorKind::configuration,
                "the configuration is refused:" + describe(overrides.config_file, parsed.diagnostics));
  }
  const ServerOptions file_options = parsed.configuration->server;
  apply_overrides(overrides, parsed.configuration->server);
  const ServerOptions& options = parsed.configuration->server;
  if (std::string exposed =
          exposed_without_keys(options.listen, options.admin, parsed.configuration->api_keys);
      !exposed.empty()) {
    return fail(ErrorKind::configuration, std::move(exposed));
  }
  std::signal(SIGPIPE, SIG_IGN);
  Server server(overrides, std::move(*parsed.configuration), file_options);
  return server.run();
}

}  // namespace doorbuster
