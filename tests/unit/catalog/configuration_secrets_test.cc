// Secrets are checked like everything else, and shown nowhere.

#include <string>
#include <vector>

#include "doorbuster/catalog/configuration.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

std::vector<std::string> errors_of(std::string_view text) {
  std::vector<std::string> errors;
  for (const Diagnostic& diagnostic : parse_configuration(text).diagnostics)
    errors.push_back(format_diagnostic("f", diagnostic));
  return errors;
}

TEST_CASE("what is wrong with a secret is told at its place, without the secret") {
  struct Secrets {
    std::string list;
    std::string pointer, message;
  };
  const std::string fits(kAudienceSecretBytesMax, 's'), shortest = "0123456789abcdef", name = "hush-hush";
  const auto quoted_list = [](const std::vector<std::string>& secrets) {
    std::string list;
    for (const std::string& secret : secrets) list += (list.empty() ? "[\"" : ",\"") + secret + '"';
    return list + ']';
  };
  const std::string two = name + shortest;
  for (const Secrets& wrong : std::vector<Secrets>{
           {"[]", "", "must have at least 1 element, not 0"},
           {quoted_list({two, two + "1", two + "2", two + "3", two + "4"}), "", "at most 4 elements, not 5"},
           {quoted_list({shortest, name + "012345"}), "/1", "must have 16 to 128 bytes, not 15"},
           {quoted_list({fits, name + fits}), "/1", "must have 16 to 128 bytes, not 137"},
           {quoted_list({two, shortest, two}), "/2", "is there twice"},
           {quoted_list({name + "\\u0007" + shortest}), "/0", "must not have control characters"},
           {"[1234567890123456]", "/0", "must be a string, not an integer"},
           {"\"" + two + "\"", "", "must be an array, not a string"}}) {
    INFO(wrong.list);
    const std::vector<std::string> errors =
        errors_of(R"({"campaigns": [], "server": {"audience_tokens": {"secrets": )" + wrong.list + "}}}");
    REQUIRE(errors.size() == 1);
    CHECK_THAT(errors[0], Catch::Contains(": /server/audience_tokens/secrets" + wrong.pointer + ": ") &&
                              Catch::Contains(wrong.message) && !Catch::Contains(name));
  }
  const std::string most = quoted_list({fits, shortest, name + "0123456", "0123456789abcde."});
  const ParsedConfiguration good =
      parse_configuration(R"({"campaigns": [], "server": {"audience_tokens": {"secrets": )" + most + "}}}");
  REQUIRE(good.configuration);
  CHECK_FALSE(good.configuration->server.audience_tokens.required);
  const Tick now = *parse_rfc3339("2026-11-27T12:00:00Z");
  CHECK_THAT(describe_configuration(*good.configuration, now), !Catch::Contains(name));
  CHECK_THAT(describe_configuration_json(good, now), !Catch::Contains(name));
}

TEST_CASE("a secret that has lost its quotes or its comma is not shown either") {
  const std::string secret = "hush-hush-0123456789";
  for (const std::string& list : std::vector<std::string>{
           secret, "[" + secret + "]", "['" + secret + "']", "[\"" + secret + "]", "[2" + secret + "]",
           "[-" + secret + "]", "[\"" + secret + "\" " + secret + "]", "[\"" + secret + "\"], " + secret,
           "[\"" + secret + "\"], \"" + secret + "\"", "[\"" + secret + "\\x\"]",
           "[\"" + secret + "\"" + secret + "]"}) {
    INFO(list);
    const std::vector<std::string> errors =
        errors_of(R"({"campaigns": [], "server": {"audience_tokens": {"secrets": )" + list + "}}}");
    REQUIRE(errors.size() == 1);
    CHECK_THAT(errors[0], !Catch::Contains("hush"));
  }
}

}  // namespace
}  // namespace doorbuster
