#include "doorbuster/base/json_document.h"

#include <simdjson.h>

#include <algorithm>
#include <utility>

#include "base/json_lexer.h"
#include "base/json_syntax.h"
#include "doorbuster/base/limits.h"

namespace doorbuster {

static_assert(sizeof(JsonNode) == 64, "kJsonValuesMax is chosen for this size");

std::string format_diagnostic(std::string_view file, const Diagnostic& diagnostic) {
  std::string out(file);
  out += ':' + std::to_string(diagnostic.line) + ':' + std::to_string(diagnostic.column) + ": ";
  if (!diagnostic.pointer.empty()) out += diagnostic.pointer + ": ";
  return out + diagnostic.message;
}

TextPosition text_position(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const std::size_t last_line = before.rfind('\n') + 1;  // npos + 1 is 0: the first line
  return {static_cast<std::uint32_t>(1 + std::count(before.begin(), before.end(), '\n')),
          static_cast<std::uint32_t>(1 + before.size() - last_line)};
}

std::string_view json_type_name(JsonType type) {
  switch (type) {
    case JsonType::null:
      return "null";
    case JsonType::boolean:
      return "true or false";
    case JsonType::integer:
      return "an integer";
    case JsonType::real:
      return "a number";
    case JsonType::string:
      return "a string";
    case JsonType::array:
      return "an array";
    case JsonType::object:
      return "an object";
  }
  return "unknown";
}

const JsonNode* JsonNode::find(std::string_view key) const {
  if (type_ != JsonType::object) return nullptr;
  for (const JsonNode& child : children()) {
    if (child.key_ == key) return &child;
  }
  return nullptr;
}

std::string JsonNode::pointer() const {
  if (up_ == 0) return "";
  const JsonNode& parent = *(this - up_);
  std::string out = parent.pointer() + '/';
  if (parent.type_ == JsonType::array) return out + std::to_string(ordinal_);
  for (const char c : key_) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

// Walks the library's tree and the text side by side: both are in document order.
class JsonTreeBuilder {
 public:
  JsonTreeBuilder(std::string_view text, std::vector<JsonNode>& nodes) : lexer_(text), nodes_(nodes) {}

  // False when there are more than kJsonValuesMax values. The depth of the recursion is bounded by
  // kJsonDepthMax.
  bool add(simdjson::dom::element element, std::string_view key, std::size_t key_offset, std::size_t up,
           std::size_t ordinal);

 private:
  static void set_value(JsonNode& node, simdjson::dom::element element);
  bool add_children(simdjson::dom::element element, std::size_t index);

  JsonLexer lexer_;
  std::vector<JsonNode>& nodes_;
};

bool JsonTreeBuilder::add(simdjson::dom::element element, std::string_view key, std::size_t key_offset,
                          std::size_t up, std::size_t ordinal) {
  const std::size_t index = nodes_.size();
  if (index == kJsonValuesMax) return false;
  const std::size_t offset = lexer_.next_start().offset;
  JsonNode& node = nodes_.emplace_back();
  node.key_ = key;
  node.offset_ = static_cast<std::uint32_t>(offset);
  node.key_offset_ = static_cast<std::uint32_t>(up != 0 && key.data() != nullptr ? key_offset : offset);
  node.up_ = static_cast<std::uint32_t>(up);
  node.ordinal_ = static_cast<std::uint32_t>(ordinal);
  set_value(node, element);
  if (!add_children(element, index)) return false;
  nodes_[index].size_ = static_cast<std::uint32_t>(nodes_.size() - index);
  return true;
}

void JsonTreeBuilder::set_value(JsonNode& node, simdjson::dom::element element) {
  using simdjson::dom::element_type;
  switch (element.type()) {
    case element_type::ARRAY:
      node.type_ = JsonType::array;
      break;
    case element_type::OBJECT:
      node.type_ = JsonType::object;
      break;
    case element_type::INT64:
      node.type_ = JsonType::integer;
      node.integer_ = element.get_int64().value_unsafe();
      break;
    case element_type::UINT64:  // only what does not fit into int64
      node.type_ = JsonType::real;
      node.real_ = static_cast<double>(element.get_uint64().value_unsafe());
      break;
    case element_type::DOUBLE:
      node.type_ = JsonType::real;
      node.real_ = element.get_double().value_unsafe();
      break;
    case element_type::STRING:
      node.type_ = JsonType::string;
      node.string_ = element.get_string().value_unsafe();
      break;
    case element_type::BOOL:
      node.type_ = JsonType::boolean;
      node.boolean_ = element.get_bool().value_unsafe();
      break;
    case element_type::NULL_VALUE:
      node.type_ = JsonType::null;
      break;
  }
}

bool JsonTreeBuilder::add_children(simdjson::dom::element element, std::size_t index) {
  std::size_t count = 0;
  if (nodes_[index].type_ == JsonType::array) {
    // By value: value_unsafe() refers into a temporary, which a range-for would not keep alive.
    const simdjson::dom::array elements = element.get_array().value_unsafe();
    for (const simdjson::dom::element child : elements) {
      if (!add(child, {}, 0, nodes_.size() - index, count)) return false;
      ++count;
    }
  } else if (nodes_[index].type_ == JsonType::object) {
    const simdjson::dom::object members = element.get_object().value_unsafe();
    for (const auto [key, child] : members) {
      const std::size_t key_offset = lexer_.next_start().offset;
      if (!add(child, key, key_offset, nodes_.size() - index, count)) return false;
      ++count;
    }
  }
  nodes_[index].child_count_ = static_cast<std::uint32_t>(count);
  return true;
}

struct JsonDocument::Parsed {
  explicit Parsed(std::string_view input) : text(input) {}
  simdjson::padded_string text;
  simdjson::dom::parser parser;  // owns the strings that nodes point to
};

JsonDocument::JsonDocument(std::unique_ptr<Parsed> parsed, std::vector<JsonNode> nodes)
    : parsed_(std::move(parsed)), nodes_(std::move(nodes)) {}
JsonDocument::JsonDocument(JsonDocument&&) noexcept = default;
JsonDocument& JsonDocument::operator=(JsonDocument&&) noexcept = default;
JsonDocument::~JsonDocument() = default;

tl::expected<JsonDocument, Diagnostic> JsonDocument::parse(std::string_view text) {
  const auto refuse = [](std::string message) {
    return tl::unexpected(Diagnostic{"", 1, 1, std::move(message)});
  };
  if (text.size() > kConfigurationBytesMax) {
    return refuse("is larger than " + std::to_string(kConfigurationBytesMax) + " bytes");
  }
  auto parsed = std::make_unique<Parsed>(text);
  simdjson::dom::element root;
  simdjson::error_code error = parsed->parser.allocate(text.size(), kJsonDepthMax);
  if (error == simdjson::SUCCESS) error = parsed->parser.parse(parsed->text).get(root);
  if (error == simdjson::MEMALLOC) return refuse("is too large for the memory that there is");
  if (error != simdjson::SUCCESS) return tl::unexpected(explain_syntax_error(text));
  std::vector<JsonNode> nodes;
  if (!JsonTreeBuilder(parsed->text, nodes).add(root, {}, 0, 0, 0)) {
    return refuse("has more than " + std::to_string(kJsonValuesMax) + " values");
  }
  return JsonDocument(std::move(parsed), std::move(nodes));
}

std::string_view JsonDocument::text() const {
  return parsed_->text;
}

std::string_view JsonDocument::written(const JsonNode& scalar) const {
  const JsonToken token = JsonLexer(text().substr(scalar.offset())).next();
  return text().substr(scalar.offset(), token.size);
}

}  // namespace doorbuster
