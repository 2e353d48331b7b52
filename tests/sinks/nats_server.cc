#include "sinks/nats_server.h"

#include <arpa/inet.h>
#include <nats/nats.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <string_view>

namespace doorbuster {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr char kProgram[] = "nats-server";
constexpr int kPortsTried = 8;

[[noreturn]] void give_up(const std::string& what) {
  throw std::runtime_error("NATS server: " + what);
}

void must(natsStatus status, const char* what) {
  if (status != NATS_OK) give_up(std::string(what) + ": " + natsStatus_GetText(status));
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// It takes connections when it says who it is.
bool says_hello(std::uint16_t port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) give_up("socket");
  const timeval patience{.tv_sec = 1, .tv_usec = 0};
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  const sockaddr_in address = loopback(port);
  std::array<char, 5> hello{};
  const bool said = ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
                    ::recv(socket, hello.data(), hello.size(), MSG_WAITALL) == 5 &&
                    std::string_view(hello.data(), 5) == "INFO ";
  ::close(socket);
  return said;
}

std::string header(natsMsg* message, const char* name) {
  const char* value = nullptr;
  return natsMsgHeader_Get(message, name, &value) == NATS_OK ? value : "";
}

}  // namespace

NatsServer::NatsServer(Options options) : options_(std::move(options)) {
  if (run_program({kProgram, "--version"}).exit_code != 0) {
    give_up("the program nats-server is not installed: scripts/packages.txt");
  }
  // Somebody else may take the port meanwhile.
  for (int tries = 0; tries < kPortsTried; ++tries) {
    port_ = free_port();
    if (try_start()) return;
  }
  give_up("it does not start\n" + read_file(folder_.file("log")));
}

bool NatsServer::try_start() {
  write_file(folder_.file("config"), options_.config + "\n");
  std::vector<std::string> arguments = {
      kProgram, "-a", "127.0.0.1", "-p", std::to_string(port_), "-c", folder_.file("config")};
  if (options_.jetstream) arguments.insert(arguments.end(), {"-js", "-sd", folder_.file("data")});
  ++starts_;
  child_ = std::make_unique<ChildProcess>(ChildProcess::Options{.arguments = std::move(arguments),
                                                                .stdout_file = folder_.file("out"),
                                                                .stderr_file = folder_.file("log"),
                                                                .descriptors_max = 0});
  const auto until = SteadyClock::now() + kPatience;
  while (SteadyClock::now() < until) {
    if (child_->ends_within(std::chrono::milliseconds(5))) return false;
    if (says_hello(port_)) return true;
  }
  give_up("it takes no connections\n" + read_file(folder_.file("log")));
}

void NatsServer::start() {
  if (!try_start()) give_up("it does not start again\n" + read_file(folder_.file("log")));
}

void NatsServer::stop() {
  child_->signal(SIGTERM);
  child_->wait();
}

void NatsServer::kill() {
  child_->signal(SIGKILL);
  child_->wait();
}

void NatsServer::pause() const {
  child_->signal(SIGSTOP);
}

void NatsServer::go_on() const {
  child_->signal(SIGCONT);
}

// --- somebody who asks
// --------------------------------------------------------------------------------------------

struct NatsClient::Library {
  natsConnection* connection = nullptr;
  jsCtx* jetstream = nullptr;
  ~Library() {
    jsCtx_Destroy(jetstream);
    natsConnection_Destroy(connection);
  }
};

NatsClient::NatsClient(const std::string& url) : library_(std::make_unique<Library>()) {
  must(natsConnection_ConnectTo(&library_->connection, url.c_str()), "connect");
  must(natsConnection_JetStream(&library_->jetstream, library_->connection, nullptr), "JetStream");
}

NatsClient::~NatsClient() = default;

void NatsClient::make_stream(const std::string& name, const NatsStreamOptions& options) {
  jsStreamConfig config;
  jsStreamConfig_Init(&config);
  std::vector<const char*> subjects;
  for (const std::string& subject : options.subjects) subjects.push_back(subject.c_str());
  config.Name = name.c_str();
  config.Subjects = subjects.data();
  config.SubjectsLen = static_cast<int>(subjects.size());
  config.Duplicates = options.duplicate_window_ns;
  config.MaxMsgSize = options.max_message_bytes;
  config.MaxBytes = options.max_bytes;
  config.Discard = js_DiscardNew;
  config.NoAck = options.no_ack;
  jsStreamInfo* info = nullptr;
  must(js_AddStream(&info, library_->jetstream, &config, nullptr, nullptr), "make a stream");
  jsStreamInfo_Destroy(info);
}

void NatsClient::purge(const std::string& stream) {
  must(js_PurgeStream(library_->jetstream, stream.c_str(), nullptr, nullptr), "purge");
}

void NatsClient::remove(const std::string& stream) {
  must(js_DeleteStream(library_->jetstream, stream.c_str(), nullptr, nullptr), "remove a stream");
}

namespace {

// What `get` finds in what the server says of a stream.
template <typename Get>
auto ask(jsCtx* jetstream, const std::string& stream, Get get) {
  jsStreamInfo* info = nullptr;
  must(js_GetStreamInfo(&info, jetstream, stream.c_str(), nullptr, nullptr), "ask for a stream");
  const auto found = get(*info);
  jsStreamInfo_Destroy(info);
  return found;
}

}  // namespace

std::uint64_t NatsClient::count(const std::string& stream) {
  return ask(library_->jetstream, stream, [](const jsStreamInfo& info) { return info.State.Msgs; });
}

bool NatsClient::discards_new(const std::string& stream) {
  return ask(library_->jetstream, stream,
             [](const jsStreamInfo& info) { return info.Config->Discard == js_DiscardNew; });
}

std::int64_t NatsClient::duplicate_window_ns(const std::string& stream) {
  return ask(library_->jetstream, stream, [](const jsStreamInfo& info) { return info.Config->Duplicates; });
}

std::vector<NatsMessage> NatsClient::read(const std::string& stream, const std::string& subject) {
  const auto [first, last] = ask(library_->jetstream, stream, [](const jsStreamInfo& info) {
    return std::pair(info.State.FirstSeq, info.State.LastSeq);
  });
  std::vector<NatsMessage> all;
  for (std::uint64_t sequence = first; sequence <= last && last != 0; ++sequence) {
    natsMsg* message = nullptr;
    const natsStatus status =
        js_GetMsg(&message, library_->jetstream, stream.c_str(), sequence, nullptr, nullptr);
    if (status == NATS_NOT_FOUND) continue;
    must(status, "read a message");
    NatsMessage found{
        sequence,
        natsMsg_GetSubject(message),
        header(message, "Nats-Msg-Id"),
        header(message, "Doorbuster-Folder"),
        header(message, "Doorbuster-Place"),
        std::string(natsMsg_GetData(message), static_cast<std::size_t>(natsMsg_GetDataLength(message)))};
    natsMsg_Destroy(message);
    if (found.subject.starts_with(subject)) all.push_back(std::move(found));
  }
  return all;
}

NatsClient::Stored NatsClient::publish(const std::string& subject, const std::string& body,
                                       std::span<const std::pair<std::string, std::string>> headers) {
  natsMsg* message = nullptr;
  must(natsMsg_Create(&message, subject.c_str(), nullptr, body.data(), static_cast<int>(body.size())),
       "make a message");
  for (const auto& [name, value] : headers) {
    must(natsMsgHeader_Set(message, name.c_str(), value.c_str()), "make a header");
  }
  jsPubAck* said = nullptr;
  jsErrCode error{};
  const natsStatus status = js_PublishMsg(&said, library_->jetstream, message, nullptr, &error);
  natsMsg_Destroy(message);
  if (status != NATS_OK && error == 0) must(status, "publish");
  const Stored stored = {status == NATS_OK, status == NATS_OK && said->Duplicate};
  jsPubAck_Destroy(said);
  return stored;
}

}  // namespace doorbuster
