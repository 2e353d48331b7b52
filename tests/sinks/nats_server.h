#pragma once
// A NATS server for a test, on a port and a folder that stay the same when it is started again; and somebody
// to ask it. Everything throws std::runtime_error when it cannot, with what the server had to say.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "sinks/free_port.h"
#include "support/server_process.h"
#include "support/temp_folder.h"

namespace doorbuster {

class NatsServer {
 public:
  struct Options {
    bool jetstream = true;
    std::string config = {};  // lines of a configuration file
  };
  NatsServer() : NatsServer(Options{}) {}
  // Returns when it takes connections. From the thread that the test runs on: see ChildProcess.
  explicit NatsServer(Options options);

  void stop();         // in good order
  void kill();         // kill -9
  void start();        // again, with what it had
  void pause() const;  // it does nothing any more, and its connections stay
  void go_on() const;

  std::uint16_t port() const { return port_; }
  std::string url() const { return "nats://127.0.0.1:" + std::to_string(port_); }

 private:
  bool try_start();

  const Options options_;
  TempFolder folder_;
  std::uint16_t port_ = 0;
  int starts_ = 0;
  std::unique_ptr<ChildProcess> child_;
};

struct NatsMessage {
  std::uint64_t sequence = 0;
  std::string subject, id, folder, place, body;
};

struct NatsStreamOptions {
  std::vector<std::string> subjects = {"doorbuster.>"};
  std::int64_t duplicate_window_ns = 120'000'000'000;
  std::int32_t max_message_bytes = -1;
  std::int64_t max_bytes = -1;
  bool no_ack = false;
};

// Somebody with a connection to the server. One thread. Ends with the server; then it is made anew.
class NatsClient {
 public:
  explicit NatsClient(const std::string& url);
  ~NatsClient();
  NatsClient(const NatsClient&) = delete;
  NatsClient& operator=(const NatsClient&) = delete;

  void make_stream(const std::string& name, const NatsStreamOptions& options);
  void purge(const std::string& stream);
  void remove(const std::string& stream);
  std::uint64_t count(const std::string& stream);
  bool discards_new(const std::string& stream);
  std::int64_t duplicate_window_ns(const std::string& stream);
  // All there is, in the stream's order; with a subject that ends with '.', only what is below it.
  std::vector<NatsMessage> read(const std::string& stream, const std::string& subject = "");

  struct Stored {
    bool stored = false;  // false: refused
    bool duplicate = false;
  };
  Stored publish(const std::string& subject, const std::string& body,
                 std::span<const std::pair<std::string, std::string>> headers = {});

 private:
  struct Library;
  std::unique_ptr<Library> library_;
};

}  // namespace doorbuster
