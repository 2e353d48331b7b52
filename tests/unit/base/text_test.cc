#include "doorbuster/base/text.h"

#include <unistd.h>

#include <cstdio>
#include <string>

#include "doorbuster/base/endpoint.h"
#include "doorbuster/base/text_file.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

TEST_CASE("the nearest word is found for slips of the finger and for nothing else") {
  constexpr std::string_view kWords[] = {"listen", "admin", "cores", "ends_at", "price", "list_price"};
  CHECK(nearest_word("lisen", kWords) == "listen");
  CHECK(nearest_word("amdin", kWords) == "admin");
  CHECK(nearest_word("core", kWords) == "cores");
  CHECK(nearest_word("end_at", kWords) == "ends_at");
  CHECK(nearest_word("pricee", kWords) == "price");
  CHECK(nearest_word("listprice", kWords) == "list_price");
  CHECK(nearest_word("stock", kWords).empty());
  CHECK(nearest_word("", kWords).empty());
  CHECK(nearest_word(std::string(65, 'a'), kWords).empty());
}

TEST_CASE("quoted text is one line of ASCII of bounded length") {
  CHECK(quoted("a\"b\\c\n\u00e9") == "\"a\\\"b\\\\c\\x0a\\xc3\\xa9\"");
  CHECK(quoted(std::string(100, 'a')) == "\"" + std::string(80, 'a') + "...\"");
}

TEST_CASE("an endpoint is a host and a port and survives being printed") {
  for (const std::string text : {"127.0.0.1:8080", "0.0.0.0:0", "[::1]:65535", "[fe80::1]:1", "localhost:80",
                                 "shop-1.example.com:443", "1and1.com:80"}) {
    INFO(text);
    const Result<Endpoint> endpoint = parse_endpoint(text);
    REQUIRE(endpoint);
    CHECK(format_endpoint(*endpoint) == text);
  }
  CHECK(parse_endpoint("[::1]:65535")->host == "::1");
  CHECK(parse_endpoint("localhost:80")->port == 80);
}

TEST_CASE("what is no endpoint is refused") {
  using namespace std::string_literals;
  for (const std::string& text : {""s,
                                  ":"s,
                                  "8080"s,
                                  "localhost"s,
                                  ":8080"s,
                                  "localhost:"s,
                                  "localhost:65536"s,
                                  "localhost:-1"s,
                                  "localhost:+1"s,
                                  "localhost:80x"s,
                                  "256.0.0.1:80"s,
                                  "1.2.3:80"s,
                                  "::1:80"s,
                                  "[::1]"s,
                                  "[::1]80"s,
                                  "[1.2.3.4]:80"s,
                                  "[]:80"s,
                                  "a..b:80"s,
                                  "-a:80"s,
                                  "a-:80"s,
                                  "a b:80"s,
                                  "http://a:80"s,
                                  std::string(64, 'a') + ":80",
                                  "127.0.0.1\0x:80"s,
                                  "[::1\0x]:80"s}) {
    INFO(text);
    const Result<Endpoint> endpoint = parse_endpoint(text);
    REQUIRE_FALSE(endpoint);
    CHECK_FALSE(endpoint.error().message.empty());
  }
}

class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& content) {
    const int descriptor = mkstemp(name_.data());
    REQUIRE(descriptor >= 0);
    REQUIRE(write(descriptor, content.data(), content.size()) == static_cast<ssize_t>(content.size()));
    close(descriptor);
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() { std::remove(name_.c_str()); }
  const std::string& name() const { return name_; }

 private:
  std::string name_ = "/tmp/doorbuster_text_test_XXXXXX";
};

TEST_CASE("a text file is read whole, or refused when it is larger than its bound") {
  std::string content;
  for (int i = 0; i < 20'000; ++i) content += std::to_string(i) + '\n';
  const TemporaryFile file(content);
  CHECK(read_text_file(file.name(), content.size()).value() == content);
  const Result<std::string> larger = read_text_file(file.name(), content.size() - 1);
  REQUIRE_FALSE(larger);
  CHECK_THAT(larger.error().message, Catch::Contains("larger than"));
  const TemporaryFile empty("");
  CHECK(read_text_file(empty.name(), 10).value().empty());
}

TEST_CASE("a file that cannot be read says why, and an endless one is left") {
  CHECK_THAT(read_text_file("/nonexistent/file", 10).error().message, Catch::Contains("No such file"));
  CHECK_THAT(read_text_file("/tmp", 10).error().message, Catch::Contains("Is a directory"));
  CHECK_THAT(read_text_file("/dev/zero", 1 << 20).error().message, Catch::Contains("larger than"));
}

}  // namespace
}  // namespace doorbuster
