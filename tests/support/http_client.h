#pragma once
// A small blocking HTTP/1.1 client for tests: it sends exactly the bytes it is given, and is strict about
// what comes back. Every wait ends at kPatience with std::runtime_error. One thread for each connection.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace doorbuster {

struct HttpReply {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  // The value of a header, names without case; "<none>" when it is not there, "<twice>" when it is there more
  // than once.
  std::string header(std::string_view name) const;
  // The JSON value that a JSON Pointer names in the body: a string without its quotes, anything else as it is
  // written;
  // "<missing>" when there is none, "<not JSON>" when the body is none.
  std::string at(std::string_view pointer) const;
  // The member names of the body's object, in order, with a space between.
  std::string members() const;
  // Status and problem code: "409 sold_out"; the bare status of a reply without a code.
  std::string outcome() const;
};

// The same of any JSON text.
std::string json_at(const std::string& json, std::string_view pointer);
std::string json_members(const std::string& json);

class HttpConnection {
 public:
  explicit HttpConnection(std::uint16_t port, int receive_buffer_bytes = 0);
  ~HttpConnection();
  HttpConnection(HttpConnection&& other) noexcept;
  HttpConnection& operator=(HttpConnection&& other) noexcept;

  void send(std::string_view bytes);
  // Sends what the socket takes without waiting, and says how much; 0 also when the connection is gone.
  std::size_t send_some(std::string_view bytes);
  // No more requests from here; replies may still come.
  void finish_sending();

  // The next reply, informational ones (1xx) included. `to_head`: a reply without the body that its length
  // tells.
  HttpReply read_reply(bool to_head = false);
  HttpReply exchange(std::string_view request, bool to_head = false);
  HttpReply get(std::string_view path, std::string_view headers = {});

  // True: bytes are here, or the connection has ended. Waits `within` for it.
  bool readable(std::chrono::milliseconds within = std::chrono::milliseconds(0));
  // Waits for the connection's end. False: bytes came instead. A reset is an end.
  bool ended();
  // True: the connection ended, and it did not do so by a reset.
  bool ended_cleanly();
  // Everything up to the end.
  std::string read_all();

  int descriptor() const { return socket_; }

 private:
  enum class Read { bytes, end, reset };
  Read read_more();
  std::string take(std::size_t bytes);

  int socket_ = -1;
  std::string buffer_;
};

// "GET PATH HTTP/1.1" with a Host, and `headers` (lines with their ends).
std::string get_request(std::string_view path, std::string_view headers = {},
                        std::string_view method = "GET");
// A POST of a JSON body with its length.
std::string post_request(std::string_view path, std::string_view body, std::string_view headers = {});

}  // namespace doorbuster
