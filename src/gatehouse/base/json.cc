// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/base/json.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <charconv>
#include <cmath>
#include <cstring>
#include <type_traits>
#include <utility>

#include "gatehouse/base/json_writer.h"
#include "gatehouse/base/secret.h"

namespace gatehouse::base {

namespace dom = simdjson::dom;

// The one place that knows what JsonValue's bytes are.
struct JsonAccess {
  static dom::element element(const JsonValue& value) {
    return std::bit_cast<dom::element>(value.element_);
  }
  static JsonValue value(const dom::element& element) {
    JsonValue value;
    std::memcpy(value.element_, &element, sizeof(element));
    return value;
  }
  // A default-constructed value belongs to no document; it reads as null.
  static bool is_blank(const JsonValue& value) {
    std::array<std::uint64_t, 2> words;
    std::memcpy(words.data(), value.element_, sizeof(words));
    return (words[0] | words[1]) == 0;
  }
};
static_assert(sizeof(dom::element) == 16 && alignof(dom::element) <= 8);
static_assert(std::is_trivially_copyable_v<dom::element>);

namespace {

constexpr std::size_t kCapacityKept = 256 * 1024;
constexpr std::size_t kCapacityStep = 4096;
constexpr std::size_t kSpareDocumentsMax = 16;
constexpr std::size_t kDepthMax =
    1000;  // below simdjson's own limit; writing a document recurses this deep

constexpr std::size_t rounded_capacity(std::size_t size) {
  return (size / kCapacityStep + 1) * kCapacityStep;
}

Error malformed(std::string_view what) {
  return {Errc::invalid_argument, "JSON: " + std::string(what)};
}

Error to_error(simdjson::error_code code) {
  switch (code) {
    case simdjson::EMPTY:
      return malformed("empty text");
    case simdjson::UTF8_ERROR:
      return malformed("not UTF-8");
    case simdjson::DEPTH_ERROR:
      return malformed("nested too deep");
    case simdjson::NUMBER_ERROR:
      return malformed("bad number or beyond 64 bits");
    case simdjson::STRING_ERROR:
      return malformed("bad string");
    case simdjson::UNCLOSED_STRING:
      return malformed("unclosed string");
    case simdjson::UNESCAPED_CHARS:
      return malformed("control character in a string");
    case simdjson::CAPACITY:
      return malformed("too large");
    case simdjson::MEMALLOC:
      return {Errc::unavailable, "JSON: out of memory"};
    default:
      return malformed("syntax error");
  }
}

// Four hex digits that simdjson has already accepted.
unsigned escaped_unit(std::string_view digits) {
  unsigned unit = 0;
  std::from_chars(digits.data(), digits.data() + 4, unit, 16);
  return unit;
}

bool is_high_surrogate(unsigned unit) { return unit >= 0xD800 && unit < 0xDC00; }
bool is_low_surrogate(unsigned unit) { return unit >= 0xDC00 && unit < 0xE000; }

// Whether every \uD800-\uDFFF has its other half. simdjson 3.0 lets some lone halves through. The
// text must have parsed.
bool surrogates_are_paired(std::string_view text) {
  std::size_t at = text.find('\\');
  while (at != std::string_view::npos) {
    if (text[at + 1] != 'u') {
      at = text.find('\\', at + 2);
      continue;
    }
    const unsigned unit = escaped_unit(text.substr(at + 2));
    if (is_low_surrogate(unit)) return false;
    at += 6;
    if (is_high_surrogate(unit)) {
      const std::string_view rest = text.substr(at);
      if (!rest.starts_with("\\u") || !is_low_surrogate(escaped_unit(rest.substr(2)))) return false;
      at += 6;
    }
    at = text.find('\\', at);
  }
  return true;
}

// Walks simdjson's tape once from front to back, without recursion, and finds why a document is
// refused. The tape holds one word per value (two per number), its type in the top byte; strings
// lie behind a length of four bytes in another buffer.
class TapeCheck {
 public:
  // Empty when there is nothing to refuse.
  std::string_view run(const dom::document& document, std::size_t depth_max, bool unique_names) {
    open_.clear();
    names_.clear();
    for (std::size_t at = 1;; ++at) {
      const std::uint64_t word = document.tape[at];
      switch (static_cast<char>(word >> 56)) {
        case 'r':
          return {};
        case '{':
        case '[':
          begin_value();
          if (open_.size() == depth_max) return "nested too deep";
          open_.push_back({names_.size(), word >> 56 == '{', word >> 56 == '{'});
          break;
        case '}':
        case ']':
          if (!many_names_differ()) return kTwice;
          names_.resize(open_.back().first_name);
          open_.pop_back();
          break;
        case '"':
          if (!takes_name()) {
            begin_value();
          } else if (unique_names && !add_name(text_at(document, word))) {
            return kTwice;
          }
          break;
        case 'l':
        case 'u':
        case 'd':
          ++at;
          begin_value();
          break;
        default:
          begin_value();
          break;
      }
    }
  }

  void drop_what_grew() {
    if (names_.capacity() * sizeof(names_[0]) > kCapacityKept) names_ = {};
  }

 private:
  static constexpr std::string_view kTwice = "a name occurs twice in one object";
  static constexpr std::size_t kFew = 16;  // up to here comparing each with each is fastest

  struct Level {
    std::size_t first_name;
    bool is_object;
    bool name_next;
  };

  static std::string_view text_at(const dom::document& document, std::uint64_t word) {
    constexpr std::uint64_t kOffset = (std::uint64_t{1} << 56) - 1;
    const std::uint8_t* const stored = document.string_buf.get() + (word & kOffset);
    std::uint32_t size = 0;
    std::memcpy(&size, stored, sizeof(size));
    return {reinterpret_cast<const char*>(stored) + sizeof(size), size};
  }

  // After a value, an object goes on with a name.
  void begin_value() {
    if (!open_.empty()) open_.back().name_next = open_.back().is_object;
  }

  // Whether the string at hand is a name; what follows is then its value.
  bool takes_name() { return !open_.empty() && std::exchange(open_.back().name_next, false); }

  bool add_name(std::string_view name) {
    const auto first = names_.begin() + static_cast<std::ptrdiff_t>(open_.back().first_name);
    const auto end = names_.end();
    if (static_cast<std::size_t>(end - first) < kFew && std::find(first, end, name) != end)
      return false;
    names_.push_back(name);
    return true;
  }

  bool many_names_differ() {
    const auto first = names_.begin() + static_cast<std::ptrdiff_t>(open_.back().first_name);
    if (static_cast<std::size_t>(names_.end() - first) <= kFew) return true;
    std::sort(first, names_.end());
    return std::adjacent_find(first, names_.end()) == names_.end();
  }

  std::vector<Level> open_;
  std::vector<std::string_view> names_;  // of all open objects, outermost first
};

void append_number(std::string& out, double number) {
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof(digits), number).ptr;
  const std::string_view text(digits, static_cast<std::size_t>(end - digits));
  out += text;
  // A fraction that is zero stays written, so that a copied 1.0 is not taken for an integer.
  if (text.find_first_of(".e") == std::string_view::npos) out += ".0";
}

template <class Integer>
void append_integer(std::string& out, Integer number) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof(digits), number).ptr;
  out.append(digits, end);
}

void append_element(std::string& out, const dom::element& element) {
  switch (element.type()) {
    case dom::element_type::NULL_VALUE:
      out += "null";
      return;
    case dom::element_type::BOOL:
      out += bool(element) ? "true" : "false";
      return;
    case dom::element_type::INT64:
      append_integer(out, std::int64_t(element));
      return;
    case dom::element_type::UINT64:
      append_integer(out, std::uint64_t(element));
      return;
    case dom::element_type::DOUBLE:
      append_number(out, double(element));
      return;
    case dom::element_type::STRING:
      append_json_string(out, std::string_view(element));
      return;
    case dom::element_type::ARRAY:
      break;
    case dom::element_type::OBJECT:
      break;
  }
  bool first = true;
  if (element.is_array()) {
    out += '[';
    for (const dom::element child : dom::array(element)) {
      if (!std::exchange(first, false)) out += ',';
      append_element(out, child);
    }
    out += ']';
    return;
  }
  out += '{';
  for (const auto field : dom::object(element)) {
    if (!std::exchange(first, false)) out += ',';
    append_json_string(out, field.key);
    out += ':';
    append_element(out, field.value);
  }
  out += '}';
}

}  // namespace

struct JsonDocument::State {
  dom::document document;
  std::size_t text_bytes = 0;

  // Strings of the document may be secrets, and the buffer is handed to the next document.
  void wipe() {
    const std::size_t used = text_bytes / 3 * 5 + simdjson::SIMDJSON_PADDING;
    if (document.string_buf)
      wipe_memory(document.string_buf.get(), std::min(used, strings_bytes()));
    text_bytes = 0;
  }

  // What dom::document::allocate() takes for a capacity, rounded down.
  std::size_t strings_bytes() const {
    return 5 * document.capacity() / 3 + simdjson::SIMDJSON_PADDING;
  }

  class Workshop;
};

// What parsing needs, kept per thread: a document of 2 KB then costs no allocation. Nothing large
// is kept.
class JsonDocument::State::Workshop {
 public:
  // Null once the thread's locals are gone; then nothing is reused.
  static Workshop* of_this_thread() {
    if (gone_) return nullptr;
    thread_local Workshop workshop;
    return &workshop;
  }

  ~Workshop() { gone_ = true; }

  std::unique_ptr<State> take_spare() {
    if (spare_.empty()) return std::make_unique<State>();
    auto state = std::move(spare_.back());
    spare_.pop_back();
    return state;
  }

  void give_back(std::unique_ptr<State> state) {
    if (state->document.capacity() > kCapacityKept || spare_.size() >= kSpareDocumentsMax) return;
    spare_.push_back(std::move(state));
  }

  TapeCheck& tape_check() { return tape_check_; }

  simdjson::error_code parse(State& state, std::string_view text) {
    const simdjson::error_code failed = make_room(state, text.size());
    if (failed) return failed;
    if (text.empty()) return simdjson::EMPTY;
    std::memcpy(text_.get(), text.data(), text.size());
    std::memset(text_.get() + text.size(), 0, simdjson::SIMDJSON_PADDING);
    state.text_bytes = text.size();
    const simdjson::error_code error =
        parser_->parse_into_document(state.document, text_.get(), text.size(), false).error();
    wipe_memory(text_.get(), text.size());
    drop_what_grew();
    return error;
  }

 private:
  simdjson::error_code make_room(State& state, std::size_t size) {
    if (size > simdjson::SIMDJSON_MAXSIZE_BYTES - kCapacityStep) return simdjson::CAPACITY;
    const std::size_t capacity = rounded_capacity(size);
    if (parser_ == nullptr) parser_ = std::make_unique<dom::parser>();
    if (text_capacity_ < capacity) {
      text_ = std::make_unique<char[]>(capacity + simdjson::SIMDJSON_PADDING);
      text_capacity_ = capacity;
    }
    if (state.document.capacity() < capacity) {
      const simdjson::error_code failed = state.document.allocate(capacity);
      if (failed) return failed;
    }
    return parser_->capacity() < capacity ? parser_->allocate(capacity) : simdjson::SUCCESS;
  }

  void drop_what_grew() {
    if (parser_->capacity() > kCapacityKept) parser_.reset();
    tape_check_.drop_what_grew();
    if (text_capacity_ > kCapacityKept) {
      text_.reset();
      text_capacity_ = 0;
    }
  }

  static thread_local bool gone_;

  std::unique_ptr<dom::parser> parser_;
  std::unique_ptr<char[]> text_;
  std::size_t text_capacity_ = 0;
  std::vector<std::unique_ptr<State>> spare_;
  TapeCheck tape_check_;
};

thread_local bool JsonDocument::State::Workshop::gone_ = false;

JsonDocument::JsonDocument(std::unique_ptr<State> state) : state_(std::move(state)) {}
JsonDocument::JsonDocument(JsonDocument&&) noexcept = default;

JsonDocument& JsonDocument::operator=(JsonDocument&& other) noexcept {
  std::swap(state_, other.state_);
  return *this;
}

JsonDocument::~JsonDocument() {
  if (state_ == nullptr) return;
  state_->wipe();
  State::Workshop* workshop = State::Workshop::of_this_thread();
  if (workshop != nullptr) workshop->give_back(std::move(state_));
}

Result<JsonDocument> JsonDocument::parse(std::string_view text, const JsonLimits& limits) {
  if (text.starts_with("\xEF\xBB\xBF")) return malformed("begins with a byte order mark");
  State::Workshop* workshop = State::Workshop::of_this_thread();
  assert(workshop != nullptr && "JSON is not parsed while a thread ends");

  JsonDocument document(workshop->take_spare());
  const simdjson::error_code error = workshop->parse(*document.state_, text);
  if (error) return to_error(error);
  if (!surrogates_are_paired(text)) return malformed("lone surrogate");

  const std::size_t depth_max = std::min(limits.depth_max, kDepthMax);
  const std::string_view why = workshop->tape_check().run(document.state_->document, depth_max,
                                                          limits.refuse_duplicate_names);
  if (!why.empty()) return malformed(why);
  return document;
}

JsonValue JsonDocument::root() const { return JsonAccess::value(state_->document.root()); }

JsonKind JsonValue::kind() const {
  if (JsonAccess::is_blank(*this)) return JsonKind::null;
  switch (JsonAccess::element(*this).type()) {
    case dom::element_type::NULL_VALUE:
      return JsonKind::null;
    case dom::element_type::BOOL:
      return JsonKind::boolean;
    case dom::element_type::INT64:
      return JsonKind::integer;
    case dom::element_type::UINT64:
      return JsonKind::integer;
    case dom::element_type::DOUBLE:
      return JsonKind::number;
    case dom::element_type::STRING:
      return JsonKind::string;
    case dom::element_type::ARRAY:
      return JsonKind::array;
    case dom::element_type::OBJECT:
      return JsonKind::object;
  }
  assert(false && "a tape type that does not exist");
  return JsonKind::null;
}

std::optional<bool> JsonValue::as_bool() const {
  if (kind() != JsonKind::boolean) return std::nullopt;
  return bool(JsonAccess::element(*this));
}

std::optional<std::int64_t> JsonValue::as_integer() const {
  const JsonKind own = kind();
  if (own != JsonKind::integer && own != JsonKind::number) return std::nullopt;
  const dom::element element = JsonAccess::element(*this);
  std::int64_t exact = 0;
  if (own == JsonKind::integer) {
    if (element.get_int64().get(exact) != simdjson::SUCCESS) return std::nullopt;
    return exact;
  }
  constexpr double kTwoTo63 = 9223372036854775808.0;
  const double number = element;
  if (std::trunc(number) != number || number < -kTwoTo63 || number >= kTwoTo63) return std::nullopt;
  return static_cast<std::int64_t>(number);
}

std::optional<double> JsonValue::as_number() const {
  const JsonKind own = kind();
  if (own != JsonKind::integer && own != JsonKind::number) return std::nullopt;
  return double(JsonAccess::element(*this));
}

std::optional<std::string_view> JsonValue::as_string() const {
  if (kind() != JsonKind::string) return std::nullopt;
  return std::string_view(JsonAccess::element(*this));
}

std::optional<JsonValue> JsonValue::find(std::string_view name) const {
  if (!is_object()) return std::nullopt;
  dom::element found;
  const dom::object object(JsonAccess::element(*this));
  if (object.at_key(name).get(found) != simdjson::SUCCESS) return std::nullopt;
  return JsonAccess::value(found);
}

void JsonValue::find_each(std::span<const std::string_view> names,
                          std::span<std::optional<JsonValue>> found) const {
  if (!is_object()) return;
  for (const auto field : dom::object(JsonAccess::element(*this))) {
    const std::string_view key = field.key;
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (key == names[i] && !found[i]) found[i] = JsonAccess::value(field.value);
    }
  }
}

std::optional<std::string_view> JsonValue::find_string(std::string_view name) const {
  const std::optional<JsonValue> found = find(name);
  return found ? found->as_string() : std::nullopt;
}

std::optional<std::int64_t> JsonValue::find_integer(std::string_view name) const {
  const std::optional<JsonValue> found = find(name);
  return found ? found->as_integer() : std::nullopt;
}

std::optional<bool> JsonValue::find_bool(std::string_view name) const {
  const std::optional<JsonValue> found = find(name);
  return found ? found->as_bool() : std::nullopt;
}

std::vector<JsonMember> JsonValue::members() const {
  std::vector<JsonMember> members;
  if (!is_object()) return members;
  for (const auto field : dom::object(JsonAccess::element(*this))) {
    members.push_back({field.key, JsonAccess::value(field.value)});
  }
  return members;
}

std::vector<JsonValue> JsonValue::elements() const {
  std::vector<JsonValue> elements;
  if (!is_array()) return elements;
  for (const dom::element child : dom::array(JsonAccess::element(*this))) {
    elements.push_back(JsonAccess::value(child));
  }
  return elements;
}

std::size_t JsonValue::size() const {
  // The tape's own count saturates at 2^24, so big ones are counted.
  constexpr std::size_t kSaturated = 0xFFFFFF;
  if (is_array()) {
    const std::size_t count = dom::array(JsonAccess::element(*this)).size();
    return count < kSaturated ? count : elements().size();
  }
  if (is_object()) {
    const std::size_t count = dom::object(JsonAccess::element(*this)).size();
    return count < kSaturated ? count : members().size();
  }
  return 0;
}

std::string JsonValue::to_text() const {
  std::string out;
  append_json(out, *this);
  return out;
}

void append_json(std::string& out, const JsonValue& value) {
  if (JsonAccess::is_blank(value)) {
    out += "null";
    return;
  }
  append_element(out, JsonAccess::element(value));
}

}  // namespace gatehouse::base
