#pragma once
// A receiver of webhooks for tests: HTTP/1.1 on 127.0.0.1, any number of connections, one thread. It keeps
// every request that it was sent, checks signatures with code of its own, counts what must not happen, and
// answers as its script says: also late, in pieces, or not at all. Destroyed, it is gone like a killed
// server; another one can take its port. Functions may be called from any thread.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace doorbuster {

// A request, as it came in.
struct ReceivedWebhook {
  std::size_t number = 0;  // of its arrival: of the first it is 0
  std::string method, target;
  std::map<std::string, std::string> headers;  // names in small letters
  std::string body;                            // empty while the script is asked
  std::string id;                              // webhook-id
  std::string event;                           // of the id: "<epoch>-<sequence>"
  std::uint64_t sequence = 0;
  int attempt = 1;        // with this id
  int connection = 0;     // the first one is 1
  bool is_whole = false;  // false: the receiver broke it off
  bool is_signed = true;  // each of the receiver's secrets has a signature in it (without secrets: always)
  int status = 0;         // of the answer that was sent in full; 0: there is none

  std::string header(const std::string& name) const;
};

// What a receiver does about a request.
struct WebhookAnswer {
  enum class Break {
    none,
    in_request,  // the connection is reset when half of the body is there
    no_answer,   // reset when the request is there
    in_head,     // closed before the last line end of the answer's head
    in_body,     // closed after half of the answer's body
    stuck,       // half of the answer's body, and nothing more
    silence,     // the request is read, and nothing is ever answered
  };
  int status = 200;
  std::vector<std::string> headers = {};  // "Name: value"
  std::string body = {};
  std::chrono::milliseconds delay{0};
  Break broken = Break::none;
};

class WebhookReceiver {
 public:
  // Asked for each request once its head is there, on the receiver's thread.
  using Script = std::function<WebhookAnswer(const ReceivedWebhook&)>;
  struct Options {
    std::vector<std::string> secrets = {};  // "whsec_..."
    std::uint16_t port = 0;                 // 0: a free one
  };

  WebhookReceiver() : WebhookReceiver(Options{}) {}
  explicit WebhookReceiver(const Options& options);
  ~WebhookReceiver();
  WebhookReceiver(const WebhookReceiver&) = delete;
  WebhookReceiver& operator=(const WebhookReceiver&) = delete;

  std::uint16_t port() const { return port_; }
  std::string url(std::string_view host = "127.0.0.1") const;
  // For requests from now on. Without one, all are answered with 200.
  void set_script(Script script);

  std::vector<ReceivedWebhook> requests() const;
  // Whether so many requests, broken off or not, were there within the time.
  bool wait_for(std::size_t requests, std::chrono::milliseconds patience = std::chrono::seconds(20)) const;
  // Events that were answered with 2xx, and how often each.
  std::map<std::string, int> taken() const;

  struct Counts {
    int connections = 0;
    int duplicates = 0;   // requests with an id that has been answered with 2xx before
    int overlapping = 0;  // the most that were under way at once
    // Of one subject: an event that came after a later one, and one that came while another was under way.
    int inversions = 0, overtaken = 0;
    int unsigned_ones = 0;
  };
  Counts counts() const;

 private:
  struct Connection;

  void run();
  void accept_one();
  void read_from(Connection& connection);
  bool read_head(Connection& connection);
  void arrived(Connection& connection);
  void answer(Connection& connection);
  void ended(Connection& connection, int status);
  void close(Connection& connection, bool reset);
  bool is_signed(const ReceivedWebhook& request) const;

  const std::vector<std::string> secrets_;
  std::uint16_t port_ = 0;
  int listener_ = -1;
  int wake_ = -1;
  std::list<Connection> connections_;  // the thread's

  struct Subject {
    std::uint64_t last = 0;
    int under_way = 0;
  };
  mutable std::mutex mutex_;  // of all below
  Script script_;
  std::vector<ReceivedWebhook> requests_;
  std::map<std::string, int> attempts_, taken_;
  std::map<std::string, Subject> subjects_;
  int under_way_ = 0;
  Counts counts_;

  std::thread thread_;
};

}  // namespace doorbuster
