#include "catalog/sink_reader.h"

#include <algorithm>
#include <array>
#include <utility>

#include "catalog/campaign_reader.h"
#include "doorbuster/base/text.h"

namespace doorbuster {
namespace {

constexpr std::size_t kTextBytesMax = 4096;
constexpr std::int64_t kRotateBytesMin = 4096;
constexpr std::int64_t kRotateBytesMax = 1LL << 40;
constexpr std::int64_t kFilesMax = 100'000;
constexpr std::int64_t kTimeoutMsMin = 100;
constexpr std::int64_t kTimeoutMsMax = 20'000;
constexpr std::size_t kSecretBytesMin = 24, kSecretBytesMax = 64;
constexpr std::string_view kSecretPrefix = "whsec_";
constexpr std::string_view kNatsWords = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";

template <auto Field>
void read_text(JsonReader& reader, const JsonNode& node, auto& options) {
  reader.string(node, {1, kTextBytesMax}, options.*Field);
}

// --- file
// --------------------------------------------------------------------------------------------------------

constexpr JsonMember<FileSinkOptions> kFileMembers[] = {
    {"folder", Presence::required,
     [](JsonReader& r, const JsonNode& n, FileSinkOptions& o) {
       read_text<&FileSinkOptions::folder>(r, n, o);
     }},
    {"rotate_bytes", Presence::optional,
     [](JsonReader& r, const JsonNode& n, FileSinkOptions& o) {
       r.integer(n, {kRotateBytesMin, kRotateBytesMax, "bytes"}, o.rotate_bytes);
     }},
    {"files_max", Presence::optional,
     [](JsonReader& r, const JsonNode& n, FileSinkOptions& o) {
       r.integer(n, {0, kFilesMax, "files"}, o.files_max);
     }},
};

// --- webhook
// -----------------------------------------------------------------------------------------------------

void read_url(JsonReader& reader, const JsonNode& node, WebhookSinkOptions& options) {
  std::string url;
  if (!reader.string(node, {1, kTextBytesMax}, url)) return;
  // A password does not belong into a message, so the address is not repeated.
  if (!url.starts_with("http://") && !url.starts_with("https://")) {
    return reader.error(node, "must begin with http:// or https://");
  }
  options.url = std::move(url);
}

bool is_webhook_secret(std::string_view secret) {
  if (!secret.starts_with(kSecretPrefix)) return false;
  secret.remove_prefix(kSecretPrefix.size());
  if (secret.size() % 4 != 0) return false;
  const std::size_t padded = secret.ends_with("==") ? 2 : secret.ends_with("=") ? 1 : 0;
  const std::size_t bytes = secret.size() / 4 * 3 - padded;
  secret.remove_suffix(padded);
  return bytes >= kSecretBytesMin && bytes <= kSecretBytesMax &&
         std::all_of(secret.begin(), secret.end(), [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
                  c == '/';
         });
}

// What is wrong with a secret is told without it: these messages go to screens and logs.
void read_secrets(JsonReader& reader, const JsonNode& node, WebhookSinkOptions& options) {
  std::vector<std::string>& secrets = options.secrets;
  reader.array(node, {1, kSinkSecretsMax}, [&](const JsonNode& element) {
    std::string secret;
    if (!reader.string(element, {1, kTextBytesMax}, secret)) return;
    if (!is_webhook_secret(secret)) {
      return reader.error(element,
                          "must be whsec_ and the base64 of 24 to 64 bytes: echo \"whsec_$(openssl rand "
                          "-base64 32)\" makes one");
    }
    if (std::find(secrets.begin(), secrets.end(), secret) != secrets.end()) {
      return reader.error(element, "is there twice: each secret once");
    }
    secrets.push_back(std::move(secret));
  });
}

constexpr JsonMember<WebhookSinkOptions> kWebhookMembers[] = {
    {"url", Presence::required, read_url},
    {"secrets", Presence::required, read_secrets},
    {"allow_private_addresses", Presence::optional,
     [](JsonReader& r, const JsonNode& n, WebhookSinkOptions& o) {
       r.boolean(n, o.allow_private_addresses);
     }},
    {"timeout_ms", Presence::optional,
     [](JsonReader& r, const JsonNode& n, WebhookSinkOptions& o) {
       r.integer(n, {kTimeoutMsMin, kTimeoutMsMax, "milliseconds"}, o.timeout_ms);
     }},
};

// --- postgres
// ----------------------------------------------------------------------------------------------------

void read_schema(JsonReader& reader, const JsonNode& node, PostgresSinkOptions& options) {
  constexpr std::size_t kSchemaBytesMax = 63;  // of PostgreSQL's names
  std::string schema;
  if (!reader.string(node, {1, kSchemaBytesMax}, schema)) return;
  if (schema.starts_with("pg_")) {
    return reader.error(node, "must not begin with pg_: PostgreSQL keeps those names for itself");
  }
  options.schema = std::move(schema);
}

constexpr JsonMember<PostgresSinkOptions> kPostgresMembers[] = {
    {"connection", Presence::required,
     [](JsonReader& r, const JsonNode& n, PostgresSinkOptions& o) {
       read_text<&PostgresSinkOptions::connection>(r, n, o);
     }},
    {"schema", Presence::optional, read_schema},
};

// --- nats
// --------------------------------------------------------------------------------------------------------

void read_nats_url(JsonReader& reader, const JsonNode& node, NatsSinkOptions& options) {
  std::string url;
  if (!reader.string(node, {1, kTextBytesMax}, url)) return;
  if (!url.starts_with("nats://")) return reader.error(node, "must begin with nats://");
  options.url = std::move(url);
}

template <std::string NatsSinkOptions::*Field, bool Dots>
void read_nats_name(JsonReader& reader, const JsonNode& node, NatsSinkOptions& options) {
  constexpr std::size_t kNameBytesMax = 128;
  std::string name;
  if (!reader.string(node, {1, kNameBytesMax}, name)) return;
  const bool fits = std::all_of(name.begin(), name.end(),
                                [](char c) {
                                  return kNatsWords.find(c) != std::string_view::npos || (Dots && c == '.');
                                }) &&
                    name.front() != '.' && name.back() != '.' && name.find("..") == std::string::npos;
  if (!fits) {
    return reader.error(node, Dots ? "must be words of letters, digits, _ and -, with a dot between them"
                                   : "must be a word of letters, digits, _ and -");
  }
  options.*Field = std::move(name);
}

constexpr JsonMember<NatsSinkOptions> kNatsMembers[] = {
    {"url", Presence::required, read_nats_url},
    {"stream", Presence::optional, read_nats_name<&NatsSinkOptions::stream, false>},
    {"subject", Presence::optional, read_nats_name<&NatsSinkOptions::subject, true>},
};

// --- sinks
// -------------------------------------------------------------------------------------------------------

template <typename Options, std::size_t N>
void read_options(JsonReader& reader, const JsonNode& node, const JsonMember<Options> (&members)[N],
                  SinkConfiguration& sink) {
  reader.object(node, members, sink.options.emplace<Options>());
}

constexpr JsonMember<SinkConfiguration> kSinkMembers[] = {
    {"id", Presence::required,
     [](JsonReader& r, const JsonNode& n, SinkConfiguration& s) { r.identifier(n, s.id); }},
    {"tenant", Presence::optional,
     [](JsonReader& r, const JsonNode& n, SinkConfiguration& s) { r.identifier(n, s.tenant); }},
    {"file", Presence::optional,
     [](JsonReader& r, const JsonNode& n, SinkConfiguration& s) { read_options(r, n, kFileMembers, s); }},
    {"webhook", Presence::optional,
     [](JsonReader& r, const JsonNode& n, SinkConfiguration& s) { read_options(r, n, kWebhookMembers, s); }},
    {"postgres", Presence::optional,
     [](JsonReader& r, const JsonNode& n, SinkConfiguration& s) { read_options(r, n, kPostgresMembers, s); }},
    {"nats", Presence::optional,
     [](JsonReader& r, const JsonNode& n, SinkConfiguration& s) { read_options(r, n, kNatsMembers, s); }},
};
constexpr std::array<std::string_view, 4> kKinds = {"file", "webhook", "postgres", "nats"};
static_assert(kKinds.size() == std::variant_size_v<SinkOptions>);

void read_sink(JsonReader& reader, const JsonNode& node, SinkConfiguration& sink) {
  reader.object(node, kSinkMembers, sink);
  if (!node.is(JsonType::object)) return;
  const auto kinds =
      std::ranges::count_if(kKinds, [&](std::string_view kind) { return node.find(kind) != nullptr; });
  if (kinds != 1) {
    reader.error(node, "a sink has one of \"file\", \"webhook\", \"postgres\" and \"nats\", this one has " +
                           std::to_string(kinds));
  }
}

}  // namespace

std::string_view sink_kind_name(const SinkOptions& options) {
  return kKinds[options.index()];
}

void read_sinks(JsonReader& reader, const JsonNode& node, Configuration& configuration) {
  std::vector<SinkConfiguration>& sinks = configuration.sinks;
  reader.array(node, {0, kSinksMax},
               [&](const JsonNode& element) { read_sink(reader, element, sinks.emplace_back()); });
  refuse_repeated(reader, node, "id", "id of the sink");
}

void add_sink_keys(std::vector<std::string>& keys) {
  add_keys("/sinks/*", kSinkMembers, keys);
  add_keys("/sinks/*/file", kFileMembers, keys);
  add_keys("/sinks/*/webhook", kWebhookMembers, keys);
  add_keys("/sinks/*/postgres", kPostgresMembers, keys);
  add_keys("/sinks/*/nats", kNatsMembers, keys);
}

}  // namespace doorbuster
