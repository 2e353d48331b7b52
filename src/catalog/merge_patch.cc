// RFC 7396 over trees that know how their scalars are written: a library's own values would print 12.35 as
// another number than was read.

#include <boost/unordered/unordered_flat_map.hpp>
#include <utility>

#include "doorbuster/base/json_reader.h"
#include "doorbuster/base/text.h"
#include "doorbuster/catalog/definition.h"

namespace doorbuster {
namespace {

// One of the two texts: its tree, and what is wrong with it.
struct Text {
  explicit Text(const JsonDocument& tree) : document(tree), reader(tree) {}
  const JsonDocument& document;
  JsonReader reader;
};

class Merger {
 public:
  Merger(const JsonDocument& target, const JsonDocument& patch) : target_(target), patch_(patch) {}

  void merge() { append_patched(&target_.document.root(), patch_.document.root()); }
  // With "offers" by SKU.
  void merge_definition();
  Result<std::string> finish() &&;

 private:
  using Members = boost::unordered_flat_map<std::string_view, const JsonNode*>;
  // How a member's patch is put on what the target has, which may be nothing (null).
  using AppendMember = void (Merger::*)(const JsonNode* target, const JsonNode& patch);

  void append(const Text& text, const JsonNode& node);
  void append_patched(const JsonNode* target, const JsonNode& patch);
  void append_definition_member(const JsonNode* target, const JsonNode& patch);
  void append_members(const JsonNode* target, const JsonNode& patch, AppendMember append_member);
  void append_offers(const JsonNode* target, const JsonNode& patch);
  void append_known_offer(const JsonNode& target, const JsonNode& patch);
  void append_new_offer(const JsonNode& patch);
  bool names_itself(const JsonNode& patch);
  Members members_of(Text& text, const JsonNode& object);

  // Puts a comma before every value but the first one in its array or object.
  void begin_element() {
    if (out_.back() != '[' && out_.back() != '{') out_ += ',';
  }
  void begin_member(std::string_view key) {
    begin_element();
    append_json_string(out_, key);
    out_ += ':';
  }
  Text target_, patch_;
  std::string out_;
};

void Merger::append(const Text& text, const JsonNode& node) {
  const bool is_object = node.is(JsonType::object);
  if (!is_object && !node.is(JsonType::array)) {
    out_ += text.document.written(node);
    return;
  }
  out_ += is_object ? '{' : '[';
  for (const JsonNode& child : node.children()) {
    if (is_object) {
      begin_member(child.key());
    } else {
      begin_element();
    }
    append(text, child);
  }
  out_ += is_object ? '}' : ']';
}

void Merger::append_patched(const JsonNode* target, const JsonNode& patch) {
  if (!patch.is(JsonType::object)) return append(patch_, patch);
  out_ += '{';
  append_members(target, patch, &Merger::append_patched);
  out_ += '}';
}

// The target's members with the patch's changes, then the patch's own. A target that is no object counts as
// an empty one.
void Merger::append_members(const JsonNode* target, const JsonNode& patch, AppendMember append_member) {
  Members changes = members_of(patch_, patch);
  if (target != nullptr && target->is(JsonType::object)) {
    members_of(target_, *target);
    for (const JsonNode& member : target->children()) {
      const auto change = changes.find(member.key());
      if (change == changes.end()) {
        begin_member(member.key());
        append(target_, member);
        continue;
      }
      const JsonNode& value = *change->second;
      changes.erase(change);
      if (value.is(JsonType::null)) continue;
      begin_member(member.key());
      (this->*append_member)(&member, value);
    }
  }
  for (const JsonNode& member : patch.children()) {
    const auto change = changes.find(member.key());
    if (change == changes.end() || change->second != &member || member.is(JsonType::null)) continue;
    begin_member(member.key());
    (this->*append_member)(nullptr, member);
  }
}

Merger::Members Merger::members_of(Text& text, const JsonNode& object) {
  Members members;
  members.reserve(object.child_count());
  for (const JsonNode& member : object.children()) {
    if (!members.emplace(member.key(), &member).second) {
      text.reader.error_at_key(member, "duplicate key: it stands in this object already");
    }
  }
  return members;
}

void Merger::merge_definition() {
  const JsonNode& patch = patch_.document.root();
  if (!patch.is(JsonType::object)) return merge();
  out_ += '{';
  append_members(&target_.document.root(), patch, &Merger::append_definition_member);
  out_ += '}';
}

void Merger::append_definition_member(const JsonNode* target, const JsonNode& patch) {
  if (patch.key() == "offers" && patch.is(JsonType::object)) return append_offers(target, patch);
  append_patched(target, patch);
}

void Merger::append_offers(const JsonNode* target, const JsonNode& patch) {
  Members changes = members_of(patch_, patch);
  out_ += '[';
  if (target != nullptr && target->is(JsonType::array)) {
    for (const JsonNode& offer : target->children()) {
      const JsonNode* sku = offer.find("sku");
      const auto change =
          sku != nullptr && sku->is(JsonType::string) ? changes.find(sku->string()) : changes.end();
      if (change == changes.end()) {
        begin_element();
        append(target_, offer);
        continue;
      }
      const JsonNode& value = *change->second;
      changes.erase(change);
      if (!value.is(JsonType::null)) append_known_offer(offer, value);
    }
  }
  for (const JsonNode& offer : patch.children()) {
    const auto change = changes.find(offer.key());
    if (change == changes.end() || change->second != &offer || offer.is(JsonType::null)) continue;
    append_new_offer(offer);
  }
  out_ += ']';
}

void Merger::append_known_offer(const JsonNode& target, const JsonNode& patch) {
  if (!names_itself(patch)) return;
  begin_element();
  append_patched(&target, patch);
}

void Merger::append_new_offer(const JsonNode& patch) {
  if (!names_itself(patch)) return;
  begin_element();
  out_ += '{';
  if (patch.find("sku") == nullptr) {
    begin_member("sku");
    append_json_string(out_, patch.key());
  }
  append_members(nullptr, patch, &Merger::append_patched);
  out_ += '}';
}

// Whether this can be an offer of the SKU that its key says.
bool Merger::names_itself(const JsonNode& patch) {
  if (!patch.is(JsonType::object)) {
    patch_.reader.error(patch,
                        "must be an object with what is new about the offer, or null to withdraw it, not " +
                            std::string(json_type_name(patch.type())));
    return false;
  }
  const JsonNode* sku = patch.find("sku");
  if (sku == nullptr || (sku->is(JsonType::string) && sku->string() == patch.key())) return true;
  patch_.reader.error(*sku, "the offer is " + quoted(patch.key()) + " here: leave sku out");
  return false;
}

Result<std::string> Merger::finish() && {
  std::string message;
  const auto add = [&message](std::string_view name, const std::vector<Diagnostic>& wrong) {
    for (const Diagnostic& diagnostic : wrong) {
      message += (message.empty() ? "" : "; ") + format_diagnostic(name, diagnostic);
    }
  };
  add("target", target_.reader.take_diagnostics());
  add("patch", patch_.reader.take_diagnostics());
  if (!message.empty()) return fail(ErrorKind::configuration, std::move(message));
  return std::move(out_);
}

template <typename Merge>
Result<std::string> merged(std::string_view target_json, std::string_view patch_json, Merge&& merge) {
  const tl::expected<JsonDocument, Diagnostic> target = JsonDocument::parse(target_json);
  const tl::expected<JsonDocument, Diagnostic> patch = JsonDocument::parse(patch_json);
  if (!target) return fail(ErrorKind::configuration, format_diagnostic("target", target.error()));
  if (!patch) return fail(ErrorKind::configuration, format_diagnostic("patch", patch.error()));
  Merger merger(*target, *patch);
  merge(merger);
  return std::move(merger).finish();
}

}  // namespace

Result<std::string> merge_patch(std::string_view target_json, std::string_view patch_json) {
  return merged(target_json, patch_json, [](Merger& merger) { merger.merge(); });
}

Result<std::string> merge_definition(std::string_view definition, std::string_view patch_json) {
  return merged(definition, patch_json, [](Merger& merger) { merger.merge_definition(); });
}

}  // namespace doorbuster
