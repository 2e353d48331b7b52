#include "doorbuster/base/json_writer.h"

#include <limits>
#include <utility>

#include "support/catch.h"

namespace doorbuster {
namespace {

TEST_CASE("commas stand between siblings and nowhere else, at every depth") {
  JsonWriter json;
  json.begin_object();
  json.begin_array("empty");
  json.end_array();
  json.begin_array("nested");
  json.begin_array();
  json.end_array();
  json.begin_object();
  json.end_object();
  json.begin_object();
  json.member("a", 1);
  json.begin_object("b");
  json.member("c", true);
  json.end_object();
  json.member("d", "x");
  json.end_object();
  json.value(2);
  json.end_array();
  json.member("last", false);
  json.end_object();
  CHECK(std::move(json).take() ==
        R"({"empty":[],"nested":[[],{},{"a":1,"b":{"c":true},"d":"x"},2],"last":false})");
}

TEST_CASE("values are written exactly, and text cannot break out of its quotes") {
  JsonWriter json;
  json.begin_array();
  json.value(std::numeric_limits<std::int64_t>::min());
  json.value(std::numeric_limits<std::uint64_t>::max());
  json.value(std::string("a\"b\\c\n"));
  json.value(std::string_view("\xff"));
  json.value(Tick{1'500'000'000});
  json.value_json(R"({"as":"it is"})");
  json.end_array();
  CHECK(std::move(json).take() == R"([-9223372036854775808,18446744073709551615,"a\"b\\c\u000a","\ufffd",)"
                                  R"("1970-01-01T00:00:01.500Z",{"as":"it is"}])");
}

TEST_CASE("a member's name is escaped like any text") {
  JsonWriter json;
  json.begin_object();
  json.member("a\"b", 1);
  json.member_json("c", "null");
  json.end_object();
  CHECK(std::move(json).take() == R"({"a\"b":1,"c":null})");
}

}  // namespace
}  // namespace doorbuster
