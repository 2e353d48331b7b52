// The client of bench/compare/run: one thread, closed loop, the same code path for every server.
//
// Each connection has one batch of `pipeline` requests in flight: it sends the batch with one write, reads
// until every reply is there, and sends the next. A batch is a copy of a template in which only digits
// change, patched in place:
//   `#` runs become the request's serial number (a new buyer and a new idempotency key each time),
//   `~` runs become the SKU's number: 0 always (one hot SKU), or 1..skus in turn (spread).
// So making a request costs the client a few nanoseconds, the same for HTTP and for RESP.
//
// Every reply is checked: HTTP must be 201, or what --status says, RESP must be a non-empty bulk string.
// Anything else is counted, the first one is shown, and the program exits 1. Latency is from the batch's
// write to the moment its reply was read.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace {

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "compare_driver: %s\n", what.c_str());
  std::exit(1);
}

std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// Log-linear: exact below 64 ns, then 64 buckets for each power of two, so within 1.6 %.
class Histogram {
 public:
  void add(std::uint64_t ns, std::uint64_t count) {
    buckets_[index_of(ns)] += count;
    total_ += count;
    if (ns > max_) max_ = ns;
  }

  // The upper edge of the bucket that holds this quantile, in nanoseconds.
  std::uint64_t quantile(double q) const {
    const auto rank = static_cast<std::uint64_t>(q * static_cast<double>(total_));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
      seen += buckets_[i];
      if (seen > rank) return upper_edge(i) < max_ ? upper_edge(i) : max_;
    }
    return max_;
  }

  std::uint64_t max() const { return max_; }

 private:
  static constexpr unsigned kBits = 6;
  static constexpr std::uint64_t kSub = 1U << kBits;

  static std::size_t index_of(std::uint64_t ns) {
    if (ns < kSub) return ns;
    const auto shift = static_cast<unsigned>(std::bit_width(ns)) - kBits - 1;
    return (shift + 1) * kSub + (ns >> shift) - kSub;
  }
  static std::uint64_t upper_edge(std::size_t index) {
    if (index < kSub) return index;
    const auto shift = index / kSub - 1;
    return ((index % kSub + kSub + 1) << shift) - 1;
  }

  std::array<std::uint64_t, 60 * kSub> buckets_{};
  std::uint64_t total_ = 0;
  std::uint64_t max_ = 0;
};

struct Options {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;
  bool resp = false;
  std::string status = "201";
  std::string template_file;
  unsigned connections = 64;
  unsigned pipeline = 1;
  double seconds = 4;
  std::uint64_t skus = 0;  // 0: one hot SKU
  std::uint64_t first_serial = 0;
};

// The request with the places where digits change.
struct Template {
  struct Field {
    std::size_t offset, width;
    bool is_sku;
  };
  std::string text;
  std::vector<Field> fields;

  static Template read(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    Template result;
    result.text.assign(std::istreambuf_iterator<char>(in), {});
    if (result.text.empty()) fail("cannot read a request from " + file);
    for (std::size_t i = 0; i < result.text.size(); ++i) {
      const char mark = result.text[i];
      if (mark != '#' && mark != '~') continue;
      const std::size_t end = std::min(result.text.find_first_not_of(mark, i), result.text.size());
      result.fields.push_back({i, end - i, mark == '~'});
      i = end - 1;
    }
    return result;
  }
};

void put_digits(char* at, std::size_t width, std::uint64_t value) {
  for (std::size_t i = width; i-- > 0; value /= 10) at[i] = static_cast<char>('0' + value % 10);
}

// One complete reply at the start of `bytes`: its length, or 0 if more bytes are needed.
struct Reply {
  std::size_t length = 0;
  bool good = false;
};

Reply parse_http(std::string_view bytes, std::string_view status) {
  const std::size_t end = bytes.find("\r\n\r\n");
  if (end == std::string_view::npos) return {};
  const std::string_view head = bytes.substr(0, end + 2);
  static constexpr std::string_view kLength = "\r\nContent-Length: ";
  const std::size_t at = head.find(kLength);
  std::size_t body = 0;
  if (at != std::string_view::npos) {
    std::from_chars(head.data() + at + kLength.size(), head.data() + head.size(), body);
  } else if (head.substr(9, 3) != "204") {
    fail("a reply without Content-Length: " + std::string(head));
  }
  const std::size_t length = end + 4 + body;
  if (bytes.size() < length) return {};
  return {length, head.substr(9, 3) == status};
}

Reply parse_resp(std::string_view bytes) {
  const std::size_t end = bytes.find("\r\n");
  if (end == std::string_view::npos) return {};
  if (bytes[0] != '$') return {end + 2, false};  // an error, an integer, a status: none of them is an order
  int body = 0;
  std::from_chars(bytes.data() + 1, bytes.data() + end, body);
  if (body <= 0) return {end + 2, false};
  const std::size_t length = end + 2 + static_cast<std::size_t>(body) + 2;
  return bytes.size() < length ? Reply{} : Reply{length, true};
}

class Driver {
 public:
  Driver(const Options& options, Template request)
      : options_(options), request_(std::move(request)), serial_(options.first_serial), input_(kInputBytes) {
    batch_.reserve(request_.text.size() * options_.pipeline);
    for (unsigned i = 0; i < options_.pipeline; ++i) batch_ += request_.text;
    epoll_ = epoll_create1(0);
    connections_.resize(options_.connections);
    for (unsigned i = 0; i < options_.connections; ++i) open(i);
  }

  void run() {
    const std::int64_t start = now_ns();
    const std::int64_t deadline = start + static_cast<std::int64_t>(options_.seconds * 1e9);
    for (Connection& connection : connections_) send_batch(connection);
    std::array<epoll_event, 256> events;
    while (in_flight_ > 0) {
      const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), kStallMs);
      if (count == 0) fail("no reply for " + std::to_string(kStallMs) + " ms");
      for (int i = 0; i < count; ++i) {
        Connection& connection = connections_[events[static_cast<std::size_t>(i)].data.u32];
        receive(connection);
        // After the deadline no new batch starts, and what is in flight is still counted.
        if (connection.pending == 0 && last_read_ns_ < deadline) send_batch(connection);
      }
    }
    elapsed_ns_ = last_read_ns_ - start;
  }

  // One JSON object; exit status 1 if any reply was not what it should be.
  int report() const {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto cpu_s = [](const timeval& t) {
      return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    const double seconds = static_cast<double>(elapsed_ns_) / 1e9;
    std::printf(
        "{\"requests\": %llu, \"errors\": %llu, \"seconds\": %.6f, \"per_second\": %.1f, \"p50_us\": %.1f, "
        "\"p99_us\": %.1f, \"max_us\": %.1f, \"reply_bytes\": %.1f, \"driver_cpu_seconds\": %.3f}\n",
        static_cast<unsigned long long>(replies_), static_cast<unsigned long long>(errors_), seconds,
        static_cast<double>(replies_) / seconds, static_cast<double>(latency_.quantile(0.50)) / 1e3,
        static_cast<double>(latency_.quantile(0.99)) / 1e3, static_cast<double>(latency_.max()) / 1e3,
        static_cast<double>(reply_bytes_) / static_cast<double>(replies_),
        cpu_s(usage.ru_utime) + cpu_s(usage.ru_stime));
    if (errors_ > 0) std::fprintf(stderr, "compare_driver: first bad reply:\n%s\n", first_error_.c_str());
    return errors_ > 0 ? 1 : 0;
  }

 private:
  static constexpr std::size_t kInputBytes = 256 * 1024;
  static constexpr int kStallMs = 10'000;

  struct Connection {
    int socket = -1;
    unsigned pending = 0;  // replies of the batch still to come
    std::int64_t sent_ns = 0;
    std::string partial;  // the beginning of a reply whose end is not here yet
  };

  void open(unsigned index) {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(options_.port);
    if (inet_pton(AF_INET, options_.host.c_str(), &address.sin_addr) != 1)
      fail("not an IPv4 address: " + options_.host);
    if (connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      fail("connect: " + std::string(std::strerror(errno)));
    }
    const int on = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u32 = index;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, socket, &event);
    connections_[index].socket = socket;
  }

  void send_batch(Connection& connection) {
    char* request = batch_.data();
    for (unsigned i = 0; i < options_.pipeline; ++i, request += request_.text.size(), ++serial_) {
      const std::uint64_t sku = options_.skus == 0 ? 0 : 1 + serial_ % options_.skus;
      for (const Template::Field& field : request_.fields) {
        put_digits(request + field.offset, field.width, field.is_sku ? sku : serial_);
      }
    }
    connection.sent_ns = now_ns();
    connection.pending = options_.pipeline;
    in_flight_ += options_.pipeline;
    // Blocking sockets and one batch in flight: the batch fits in the socket's buffer, so this does not wait.
    for (std::size_t sent = 0; sent < batch_.size();) {
      const ssize_t n = send(connection.socket, batch_.data() + sent, batch_.size() - sent, MSG_NOSIGNAL);
      if (n <= 0) fail("send: " + std::string(std::strerror(errno)));
      sent += static_cast<std::size_t>(n);
    }
  }

  void receive(Connection& connection) {
    const std::size_t kept = connection.partial.size();
    std::memcpy(input_.data(), connection.partial.data(), kept);
    const ssize_t n = recv(connection.socket, input_.data() + kept, input_.size() - kept, 0);
    if (n <= 0)
      fail(n == 0 ? "the server closed a connection" : "recv: " + std::string(std::strerror(errno)));
    last_read_ns_ = now_ns();
    std::string_view bytes(input_.data(), kept + static_cast<std::size_t>(n));
    unsigned complete = 0;
    while (!bytes.empty()) {
      const Reply reply = options_.resp ? parse_resp(bytes) : parse_http(bytes, options_.status);
      if (reply.length == 0) break;
      if (!reply.good && errors_++ == 0) first_error_ = bytes.substr(0, reply.length);
      reply_bytes_ += reply.length;
      bytes.remove_prefix(reply.length);
      ++complete;
    }
    if (complete > connection.pending) fail("more replies than requests");
    if (bytes.size() == input_.size()) fail("a reply longer than the input buffer");
    connection.partial.assign(bytes);
    connection.pending -= complete;
    in_flight_ -= complete;
    replies_ += complete;
    latency_.add(static_cast<std::uint64_t>(last_read_ns_ - connection.sent_ns), complete);
  }

  const Options options_;
  const Template request_;
  std::string batch_;
  std::uint64_t serial_;
  std::vector<char> input_;
  std::vector<Connection> connections_;
  int epoll_ = -1;

  std::uint64_t in_flight_ = 0, replies_ = 0, errors_ = 0, reply_bytes_ = 0;
  std::int64_t last_read_ns_ = 0, elapsed_ns_ = 0;
  Histogram latency_;
  std::string first_error_;
};

Options parse(int argc, char** argv) {
  std::map<std::string, std::string> values;
  for (int i = 1; i + 1 < argc; i += 2) values[argv[i]] = argv[i + 1];
  Options options;
  const auto take = [&values](const char* name, auto& out) {
    const auto found = values.find(name);
    if (found == values.end()) return;
    const std::string& text = found->second;
    if (std::from_chars(text.data(), text.data() + text.size(), out).ptr != text.data() + text.size()) {
      fail(std::string(name) + " " + text + " is not a number");
    }
    values.erase(found);
  };
  take("--port", options.port);
  take("--connections", options.connections);
  take("--pipeline", options.pipeline);
  take("--seconds", options.seconds);
  take("--skus", options.skus);
  take("--first-serial", options.first_serial);
  if (values.contains("--status")) options.status = values["--status"];
  values.erase("--status");
  options.resp = values["--protocol"] == "resp";
  options.template_file = values["--template"];
  values.erase("--protocol");
  values.erase("--template");
  if (argc % 2 == 0 || !values.empty() || options.port == 0) {
    fail(
        "usage: compare_driver --protocol http|resp --port N --template FILE [--connections N] [--pipeline "
        "N] "
        "[--seconds S] [--skus N, 0: one hot SKU] [--first-serial N] [--status CODE]");
  }
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse(argc, argv);
  Driver driver(options, Template::read(options.template_file));
  driver.run();
  return driver.report();
}
