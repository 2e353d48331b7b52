#include "doorbuster/base/json_document.h"

#include <string>
#include <utility>
#include <vector>

#include "doorbuster/base/limits.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

JsonDocument parsed(std::string_view text) {
  tl::expected<JsonDocument, Diagnostic> document = JsonDocument::parse(text);
  if (!document) FAIL(format_diagnostic("text", document.error()));
  return *std::move(document);
}

struct BadText {
  std::string text;
  std::uint32_t line, column;
  std::string message;  // a part of it
};

TEST_CASE("a document knows types, keys, values and places of everything in it") {
  const JsonDocument document =
      parsed("{\n  \"a\": [1, -2.5, \"x\\u00e9\\\"\", true, null],\n  \"b/~\": {\"c\": {}}\n}\n");
  const JsonNode& root = document.root();
  REQUIRE(root.is(JsonType::object));
  CHECK(root.child_count() == 2);
  CHECK(root.pointer().empty());

  const JsonNode* a = root.find("a");
  REQUIRE(a != nullptr);
  CHECK(a->child_count() == 5);
  CHECK(a->key_offset() == 4);
  CHECK(a->offset() == 9);
  std::vector<const JsonNode*> elements;
  for (const JsonNode& element : a->children()) elements.push_back(&element);
  REQUIRE(elements.size() == 5);
  CHECK(elements[0]->integer() == 1);
  CHECK(elements[1]->real() == -2.5);
  CHECK(elements[2]->string() == "x\u00e9\"");
  CHECK(elements[3]->boolean());
  CHECK(elements[4]->is(JsonType::null));
  CHECK(elements[2]->pointer() == "/a/2");
  CHECK(document.written(*elements[1]) == "-2.5");
  CHECK(document.written(*elements[2]) == "\"x\\u00e9\\\"\"");

  const JsonNode* inner = root.find("b/~");
  REQUIRE(inner != nullptr);
  CHECK(inner->find("c")->pointer() == "/b~1~0/c");
  CHECK(inner->find("c")->children().empty());
  CHECK(root.find("c") == nullptr);
  CHECK(a->find("c") == nullptr);
}

TEST_CASE("duplicate keys stay in the tree, in the order of the text") {
  const JsonDocument document = parsed(R"({"a": 1, "a": 2})");
  std::vector<std::int64_t> values;
  for (const JsonNode& member : document.root().children()) values.push_back(member.integer());
  CHECK(values == std::vector<std::int64_t>{1, 2});
  CHECK(document.root().find("a")->integer() == 1);
}

TEST_CASE("a document that is moved keeps its nodes and strings where they are") {
  JsonDocument first = parsed(R"({"name": "a string that is longer than a small one would be"})");
  const JsonNode* member = first.root().find("name");
  const JsonDocument second = std::move(first);
  CHECK(&second.root() + 1 == member);
  CHECK(member->string() == "a string that is longer than a small one would be");
}

TEST_CASE("the whole range of 64-bit integers is told from numbers beyond it") {
  const JsonDocument document =
      parsed("[9223372036854775807, -9223372036854775808, 9223372036854775808, 1.0, 1e2]");
  std::vector<JsonType> types;
  for (const JsonNode& element : document.root().children()) types.push_back(element.type());
  CHECK(types == std::vector<JsonType>{JsonType::integer, JsonType::integer, JsonType::real, JsonType::real,
                                       JsonType::real});
}

TEST_CASE("a syntax error is explained at its place") {
  const std::vector<BadText> cases = {
      {"", 1, 1, "the file is empty"},
      {" \n ", 2, 2, "the file is empty"},
      {"\xEF\xBB\xBF{}", 1, 1, "byte order mark"},
      {"\xFF\xFE{\0}", 1, 1, "UTF-16"},
      {"{\n  \"a\": 1,\n}", 2, 9, "remove this comma"},
      {"[1, 2,\n]", 1, 6, "remove this comma"},
      {"[1,, 2]", 1, 4, "one comma too many"},
      {"{\"a\": 1,, \"b\": 2}", 1, 9, "one comma too many"},
      {"{\n  \"a\": 1\n  \"b\": 2\n}", 3, 3, "a comma is missing before this"},
      {"{\"a\": 1\"b\": 2}", 1, 8, "a comma is missing before this"},
      {"[1 2]", 1, 4, "a comma is missing before this"},
      {"{\"a\" 1}", 1, 6, "a colon is missing between the key \"a\" and its value"},
      {"{\"a\": }", 1, 5, "a value is missing after this colon"},
      {"{a: 1}", 1, 2, "write \"a\""},
      {"{'a': 1}", 1, 2, "no single quotes"},
      {"{\"a\": 'x'}", 1, 7, "no single quotes"},
      {"{\"a\": \"x\n}", 1, 7, "not closed on its line"},
      {"{\"a\": \"x", 1, 7, "not closed on its line"},
      {"{\"a\": \"x\ty\"}", 1, 9, "control character"},
      {R"({"a": "\q"})", 1, 9, "no escape"},
      {R"({"a": "\u12g4"})", 1, 12, "no escape"},
      {"{\"a\": \"\xff\"}", 1, 8, "not UTF-8"},
      {"// note\n{}", 1, 1, "no comments"},
      {"{\"a\": 1 # note\n}", 1, 9, "no comments"},
      {"{\"a\": 1/* note */}", 1, 8, "no comments"},
      {"{\"a\": True}", 1, 7, "did you mean true?"},
      {"{\"a\": tru}", 1, 7, "did you mean true?"},
      {"f]", 1, 1, "double quotes"},
      {"nul", 1, 1, "did you mean null?"},
      {"-]", 1, 1, "not a JSON number"},
      {"]", 1, 1, "a value is missing before this ]"},
      {"{\"a\": nu, \"b\": 1}", 1, 7, "not a JSON value"},
      {"{\"a\": None}", 1, 7, "did you mean null?"},
      {"{\"a\": soon}", 1, 7, "double quotes"},
      {"{\"a\": 01}", 1, 7, "not a JSON number"},
      {"{\"a\": +1}", 1, 7, "not a JSON number"},
      {"{\"a\": .5}", 1, 7, "not a JSON number"},
      {"{\"a\": 1.}", 1, 7, "not a JSON number"},
      {"{\"a\": 1_000}", 1, 7, "not a JSON number"},
      {"{\"a\": 100000000000000000000}", 1, 7, "too large"},
      {"{\"a\": [1e-400, 1e400]}", 1, 16, "too large"},
      {"{\n  \"a\": [1, 2\n}", 3, 1, "does not close the [ of line 2, column 8: write ]"},
      {"{\"a\": 1]", 1, 8, "does not close the { of line 1, column 1: write }"},
      {"{\"a\": [1, 2]", 1, 13, "the { of line 1, column 1 is not closed: add }"},
      {"{\"a\": 1} {}", 1, 10, "more after the end"},
      {"{\"a\": 1}}", 1, 9, "more after the end"},
      {std::string(kJsonDepthMax + 1, '['), 1, 65, "more than 64 levels"},
  };
  for (const BadText& bad : cases) {
    INFO(bad.text);
    const tl::expected<JsonDocument, Diagnostic> document = JsonDocument::parse(bad.text);
    REQUIRE_FALSE(document);
    const Diagnostic& diagnostic = document.error();
    INFO(format_diagnostic("text", diagnostic));
    CHECK(diagnostic.pointer.empty());
    CHECK(diagnostic.line == bad.line);
    CHECK(diagnostic.column == bad.column);
    CHECK_THAT(diagnostic.message, Catch::Contains(bad.message));
  }
}

TEST_CASE("the deepest document that is allowed is read") {
  const JsonDocument document = parsed(std::string(kJsonDepthMax, '[') + std::string(kJsonDepthMax, ']'));
  std::size_t depth = 1;
  for (const JsonNode* node = &document.root(); node->child_count() == 1; ++depth)
    node = &*node->children().begin();
  CHECK(depth == kJsonDepthMax);
}

TEST_CASE("every cut and every changed byte of a document is read or refused within the text") {
  const std::string whole = "{\"a\": [1, -2.5e3, \"x\\u00e9\"],\n \"b\": {\"c\": true, \"d\": null}}\n";
  REQUIRE(JsonDocument::parse(whole));
  const auto check = [](const std::string& text) {
    const tl::expected<JsonDocument, Diagnostic> document = JsonDocument::parse(text);
    if (document) return;
    INFO(text);
    CHECK_FALSE(document.error().message.empty());
    CHECK(document.error().line >= 1);
    CHECK(document.error().line <= 4);
    CHECK(document.error().column >= 1);
    CHECK(document.error().column <= text.size() + 1);
  };
  for (std::size_t size = 0; size < whole.size() - 1; ++size) {
    const std::string cut = whole.substr(0, size);
    CHECK_FALSE(JsonDocument::parse(cut).has_value());
    check(cut);
  }
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string changed = whole;
      changed[at] = static_cast<char>(byte);
      check(changed);
    }
  }
}

TEST_CASE("text_position counts lines and bytes from one") {
  CHECK(text_position("ab\ncd", 0).column == 1);
  CHECK(text_position("ab\ncd", 2).column == 3);
  CHECK(text_position("ab\ncd", 3).line == 2);
  CHECK(text_position("ab\ncd", 4).column == 2);
}

TEST_CASE("a diagnostic is printed as compilers do") {
  CHECK(format_diagnostic("a.json", {"/x/0", 3, 7, "is wrong"}) == "a.json:3:7: /x/0: is wrong");
  CHECK(format_diagnostic("a.json", {"", 1, 1, "is wrong"}) == "a.json:1:1: is wrong");
}

}  // namespace
}  // namespace doorbuster
