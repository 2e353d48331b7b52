#include "doorbuster/http/query_reader.h"

#include "support/catch.h"

namespace doorbuster {
namespace {

TEST_CASE("parameters are taken by their names, decoded, and left alone when they are not there") {
  QueryReader query(
      "author=ann%20%26+ben&limit=7&from=2026-11-27T08:00:00%2B01:00&dry_run=true&&campaign=a:b");
  std::string author, campaign, other = "as it was";
  std::uint64_t limit = 1, after = 9;
  Tick from;
  bool dry_run = false;
  CHECK(query.text("author", 20, author));
  CHECK(query.identifier("campaign", campaign));
  CHECK(query.integer("limit", {1, 10}, limit));
  CHECK(query.time("from", from));
  CHECK(query.flag("dry_run", dry_run));
  CHECK_FALSE(query.text("other", 20, other));
  CHECK_FALSE(query.integer("after", {1, 10}, after));
  CHECK(query.take_errors().empty());
  CHECK(author == "ann & ben");
  CHECK(campaign == "a:b");
  CHECK(limit == 7);
  CHECK(format_rfc3339(from) == "2026-11-27T07:00:00Z");
  CHECK(dry_run);
  CHECK(other == "as it was");
  CHECK(after == 9);
}

TEST_CASE("what is wrong with a parameter is said with what to write, and the value is not taken") {
  const auto wrong = [](const std::string& text) {
    QueryReader query(text);
    std::string author = "x", campaign = "x";
    std::uint64_t limit = 5;
    Tick from{5};
    bool dry_run = false;
    const bool taken = query.text("author", 4, author) || query.identifier("campaign", campaign) ||
                       query.integer("limit", {1, 10}, limit) || query.time("from", from) ||
                       query.flag("dry_run", dry_run);
    CHECK_FALSE(taken);
    CHECK((author == "x" && campaign == "x" && limit == 5 && from == Tick{5} && !dry_run));
    return query.take_errors();
  };
  CHECK(wrong("") == "");
  CHECK(wrong("&") == "");
  CHECK_THAT(wrong("author="), Catch::Contains("write 1 to 4"));
  CHECK_THAT(wrong("author=abcde"), Catch::Contains("has 5 bytes"));
  CHECK_THAT(wrong("campaign=a/b"), Catch::Contains("no identifier"));
  for (const std::string number : {"0", "11", "1x", "1.0", "", "99999999999999999999", "+5", "-1"}) {
    INFO(number);
    CHECK_THAT(wrong("limit=" + number), Catch::Contains("whole number from 1 to 10"));
  }
  CHECK_THAT(wrong("limit"), Catch::Contains("whole number"));
  CHECK_THAT(wrong("from=2026-11-27T08:00:00+01:00"), Catch::Contains("%2B"));
  CHECK_THAT(wrong("dry_run=1"), Catch::Contains("true or false"));
  CHECK_THAT(wrong("dry_run=true&dry_run=true"), Catch::Contains("dry_run is there twice"));
  CHECK_THAT(wrong("dryrun=true"), Catch::Contains("did you mean dry_run?"));
  CHECK_THAT(wrong("zzzzzz=1"), Catch::Contains("leave it out"));
  for (const std::string broken : {"author=%", "author=%2", "author=%zz", "%4=a"}) {
    INFO(broken);
    CHECK_THAT(wrong(broken), Catch::Contains("two hexadecimal digits"));
  }
  CHECK(wrong("limit=0&dry_run=1") ==
        "limit \"0\" is out of range: write a whole number from 1 to 10; dry_run \"1\": write true or false");
}

}  // namespace
}  // namespace doorbuster
