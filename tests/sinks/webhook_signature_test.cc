// Secrets, ids and signatures of webhooks. The expected signatures were computed with Python's hmac and
// hashlib:
//   key = bytes(range(24)); text = f"{id}.{timestamp}.".encode() + body
//   base64.b64encode(hmac.new(key, text, hashlib.sha256).digest())

#include "sink/webhook_signature.h"

#include "support/catch.h"

namespace doorbuster {
namespace {

constexpr FolderIdentity kFolder = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
constexpr std::int64_t kTimestamp = 1'795'766'400;
constexpr std::string_view kBody =
    "{\"specversion\":\"1.0\",\"id\":\"3-1042\",\"data\":{\"text\":\"Grüße.\"}}";

// bytes(range(24)), bytes(range(64)), bytes(range(100, 125)): the least, the most, and one that is padded
// once.
const std::string kLeast = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";
const std::string kMost =
    "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==";
const std::string kOther = "whsec_ZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXp7fA==";
const std::string kByLeast = "v1,v7KBFJlE1hpfN9B/GlahX/6RMWQ/Xyl/WgKLNQz73n8=";
const std::string kByMost = "v1,5fknkGaPMthRpxDl4R3FCiWcQUUwTOAh/2O7UIw70mA=";
const std::string kByOther = "v1,RHwBN4RFTLfCdpeGkfV+/TQGJny7lDU5gXTGAYLwgBk=";

std::string signed_with(const std::vector<std::string>& secrets) {
  auto signer = WebhookSigner::make(secrets);
  INFO((signer ? std::string() : signer.error().message));
  REQUIRE(signer);
  // Twice: a signature leaves nothing behind for the next one.
  signer->sign("another", 1, "text");
  return signer->sign(webhook_id(kFolder, {3, 1042}), kTimestamp, kBody);
}

TEST_CASE("a secret is read into its bytes") {
  const auto secret = parse_webhook_secret(kOther);
  REQUIRE(secret);
  REQUIRE(secret->size() == 25);
  for (std::size_t i = 0; i < secret->size(); ++i)
    CHECK(std::to_integer<std::size_t>((*secret)[i]) == 100 + i);
  CHECK(parse_webhook_secret(kLeast)->size() == kWebhookSecretBytesMin);
  CHECK(parse_webhook_secret(kMost)->size() == kWebhookSecretBytesMax);
}

TEST_CASE("what is no secret is refused without being repeated") {
  const std::string good = kLeast.substr(6);
  const std::string of_23 = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
  const std::string of_65(86, 'A');
  const std::string padded = kOther.substr(6);
  const std::vector<std::string> texts = {"",
                                          "whsec_",
                                          good,
                                          "whsec-" + good,
                                          "WHSEC_" + good,
                                          "whsec_" + of_23,
                                          "whsec_" + of_65 + "A=",
                                          "whsec_" + good + "=",
                                          "whsec_" + good + "====",
                                          "whsec_" + good + " ",
                                          "whsec_" + good.substr(1),
                                          "whsec_" + padded.substr(0, padded.size() - 1),
                                          "whsec_" + padded.substr(0, padded.size() - 2),
                                          "whsec_ZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXp7fB==",
                                          "whsec_-" + good.substr(1),
                                          "whsec_=" + good.substr(1),
                                          "whsec_" + std::string(40, '=')};
  for (const std::string& text : texts) {
    CAPTURE(text);
    const auto secret = parse_webhook_secret(text);
    REQUIRE_FALSE(secret);
    CHECK(secret.error().kind == ErrorKind::configuration);
    CHECK_THAT(secret.error().message, Catch::Contains("a webhook's secret"));
    if (text.size() > 12) CHECK_THAT(secret.error().message, !Catch::Contains(text.substr(6, 6)));
  }
}

TEST_CASE("an id names the folder and the event, and has no dot") {
  const std::string id = webhook_id(kFolder, {3, 1042});
  CHECK(id == "0102030405060708090a0b0c0d0e0f10_3-1042");
  CHECK(id.find('.') == std::string::npos);
}

TEST_CASE("signatures are those that others compute") {
  CHECK(signed_with({kLeast}) == kByLeast);
  CHECK(signed_with({kMost}) == kByMost);
}

TEST_CASE("while a secret is exchanged each of them signs") {
  CHECK(signed_with({kOther, kLeast}) == kByOther + ' ' + kByLeast);
  CHECK(signed_with({kLeast, kOther, kMost}) == kByLeast + ' ' + kByOther + ' ' + kByMost);
}

TEST_CASE("no signer is made of no secrets, too many, or one that is none") {
  const std::vector<std::string> many(kWebhookSecretsMax + 1, kLeast);
  for (const auto& secrets : {std::vector<std::string>{}, many, {kLeast, "whsec_short"}}) {
    const auto signer = WebhookSigner::make(secrets);
    REQUIRE_FALSE(signer);
    CHECK(signer.error().kind == ErrorKind::configuration);
  }
}

}  // namespace
}  // namespace doorbuster
