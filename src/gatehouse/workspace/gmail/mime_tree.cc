// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/mime_tree.h"

#include <algorithm>
#include <array>
#include <utility>

#include "gatehouse/base/encoding.h"
#include "gatehouse/workspace/code_points.h"
#include "gatehouse/workspace/gmail/charset.h"
#include "gatehouse/workspace/gmail/header_text.h"
#include "gatehouse/workspace/gmail/html_markdown.h"
#include "gatehouse/workspace/untrusted_text.h"

namespace gatehouse::workspace::gmail {

namespace {

constexpr std::size_t kPartsMax = 500;
constexpr std::size_t kDepthMax = 32;
constexpr std::size_t kHeadersMax = 300;
constexpr std::size_t kHeaderBytesMax = 64 * 1024;
constexpr std::size_t kFetchBytesMax = 5 * 1024 * 1024;
constexpr std::size_t kFetchesMax = 8;
constexpr std::size_t kStubBytesMax = 600;
constexpr std::size_t kGlanceBytes = 64 * 1024;

// A plain part that says one of these has nothing else to say.
constexpr std::array<std::string_view, 14> kStubs{
    "in your browser", "view this message in",  "view in browser",      "in a web browser",
    "view online",     "does not support html", "doesn't support html", "not support html",
    "html-capable",    "html version",          "html format",          "html email",
    "im browser",      "dans votre navigateur"};

// Of either alphabet, with padding.
bool is_base64(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == '+' || c == '/' || c == '=';
}

bool is_text(const MimePart& part) {
  return part.mime == "text/plain" || part.mime == "text/html" || part.mime == "text/calendar" ||
         part.mime == "message/delivery-status" || part.mime == "text/markdown";
}

std::string as_string(std::optional<std::string_view> text, std::size_t bytes_max) {
  return std::string(byte_prefix(text.value_or(""), bytes_max));
}

void read_content_headers(const std::vector<MailHeader>& headers, MimePart& part) {
  const Parameters type = parse_parameters(header_of(headers, "Content-Type"));
  const Parameters disposition = parse_parameters(header_of(headers, "Content-Disposition"));
  part.charset = type.parameter("charset").substr(0, 60);
  part.is_attachment = disposition.value == "attachment";
  part.content_id = std::string(header_of(headers, "Content-ID"));
  std::string name = part.file_name;
  if (name.empty()) name = disposition.parameter("filename");
  if (name.empty()) name = type.parameter("name");
  part.file_name = name.empty() ? "" : clean_file_name(decode_header(name));
}

bool has_kind(const Reading& reading, Reading::Piece::Kind kind) {
  return std::any_of(reading.pieces.begin(), reading.pieces.end(),
                     [&](const Reading::Piece& p) { return p.kind == kind; });
}

void append(Reading& to, const Reading& from) {
  to.pieces.insert(to.pieces.end(), from.pieces.begin(), from.pieces.end());
  to.attachments.insert(to.attachments.end(), from.attachments.begin(), from.attachments.end());
  to.inline_images += from.inline_images;
}

}  // namespace

std::string_view header_of(const std::vector<MailHeader>& headers, std::string_view name) {
  for (const MailHeader& header : headers) {
    if (base::equal_ignoring_case(header.name, name)) return header.value;
  }
  return {};
}

std::vector<MailHeader> read_headers(const base::JsonValue& payload) {
  std::vector<MailHeader> headers;
  const auto list = payload.find("headers");
  if (!list) return headers;
  for (const base::JsonValue& header : list->elements()) {
    if (headers.size() >= kHeadersMax) break;
    headers.push_back({as_string(header.find_string("name"), 200),
                       as_string(header.find_string("value"), kHeaderBytesMax)});
  }
  return headers;
}

MimeTree MimeTree::parse(const base::JsonValue& payload) {
  MimeTree tree;
  tree.add(payload, 0);
  return tree;
}

void MimeTree::add(const base::JsonValue& json, std::size_t depth) {
  MimePart part;
  part.part_id = as_string(json.find_string("partId"), 100);
  part.mime = base::to_lower_ascii(as_string(json.find_string("mimeType"), 100));
  part.file_name = as_string(json.find_string("filename"), 1'000);
  std::vector<MailHeader> headers = read_headers(json);
  read_content_headers(headers, part);
  if (const auto body = json.find("body")) {
    part.attachment_id = as_string(body->find_string("attachmentId"), 2'000);
    part.data = body->find_string("data").value_or("");
    part.size =
        static_cast<std::size_t>(std::max<std::int64_t>(0, body->find_integer("size").value_or(0)));
  }
  // Google puts the headers of an attached message on the part below it; some answers have them on
  // the part itself.
  if (depth > 0) part.headers = std::move(headers);
  const std::size_t index = parts_.size();
  parts_.push_back(std::move(part));

  const auto children = json.find("parts");
  if (!children) return;
  for (const base::JsonValue& child : children->elements()) {
    if (depth + 1 >= kDepthMax || parts_.size() >= kPartsMax) {
      cut_ = true;
      return;
    }
    parts_[index].children.push_back(parts_.size());
    add(child, depth + 1);
  }
  if (parts_[index].mime == "multipart/alternative") find_only_text(index);
}

// Some programs give the text itself a file name. When nothing else says what the mail says, it is
// shown as well as listed.
void MimeTree::find_only_text(std::size_t alternative) {
  for (std::size_t i = alternative + 1; i < parts_.size(); ++i) {
    if (is_text_to_read(parts_[i]) && parts_[i].mime != "text/calendar") return;
  }
  for (const std::size_t child : parts_[alternative].children) {
    MimePart& part = parts_[child];
    if (part.mime != "text/plain" || part.is_attachment) continue;
    part.is_only_text = true;
    return;
  }
}

bool MimeTree::is_text_to_read(const MimePart& part) const {
  if (!is_text(part)) return false;
  if (part.mime == "text/calendar") return true;
  const bool is_root = &part == &parts_.front();
  return is_root || part.is_only_text || (!part.is_attachment && part.file_name.empty());
}

std::vector<std::size_t> MimeTree::parts_to_fetch() const {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < parts_.size() && found.size() < kFetchesMax; ++i) {
    const MimePart& part = parts_[i];
    if (!part.attachment_id.empty() && part.data.empty() && part.size <= kFetchBytesMax &&
        is_text_to_read(part))
      found.push_back(i);
  }
  return found;
}

void MimeTree::take(std::size_t part, google::ApiDocument answer) {
  parts_[part].data = answer.root().find_string("data").value_or("");
  fetched_.push_back(std::move(answer));
}

bool MimeTree::is_damaged(std::size_t part) const {
  const MimePart& read = parts_[part];
  if (read.data.empty()) return read.size > 0;
  return !std::all_of(read.data.begin(), read.data.end(), is_base64);
}

std::string MimeTree::text_of(std::size_t part, std::size_t bytes_max) const {
  // Four characters for three bytes; a broken tail is better lost than the whole.
  std::string_view data = parts_[part].data.substr(0, bytes_max / 3 * 4);
  auto bytes = base::base64_decode_lenient(data);
  for (int i = 0; i < 3 && !bytes && !data.empty(); ++i) {
    data.remove_suffix(1);
    bytes = base::base64_decode_lenient(data);
  }
  if (!bytes)
    bytes = base::base64_decode_lenient(
        data.substr(0, data.find_first_of("!\"#$%&'()*,.:;<>?@[\\]^`{|}~")));
  if (!bytes) return "";
  const MimePart& read = parts_[part];
  const bool says_itself = read.charset.empty() && read.mime == "text/html";
  return to_utf8(*bytes, says_itself ? html_charset(*bytes) : read.charset);
}

Reading MimeTree::reading(Preference preference) const {
  Reading out;
  const Way way{preference, false};
  if (!parts_.empty()) read(0, way, out);
  return out;
}

void MimeTree::read(std::size_t index, const Way& way, Reading& out) const {
  const MimePart& part = parts_[index];
  if (part.mime == "multipart/alternative") return read_alternative(part, way, out);
  if (part.mime == "message/rfc822" && !part.children.empty()) {
    // Shown in place, and still a file that can be asked for.
    if (!part.file_name.empty()) out.attachments.push_back(index);
    return read_message(index, way, out);
  }
  if (!part.children.empty()) {
    const Way inside{way.preference, part.mime == "multipart/related"};
    for (const std::size_t child : part.children) read(child, inside, out);
    return;
  }
  if (part.mime.starts_with("multipart/")) return;
  if (way.in_related && part.mime.starts_with("image/") && !part.content_id.empty() &&
      !part.is_attachment) {
    ++out.inline_images;
    return;
  }
  // Text that Google keeps apart and that was not fetched is a file to ask for, and so is a
  // calendar that was sent as one.
  const bool is_apart = part.data.empty() && !part.attachment_id.empty();
  const bool is_to_read = is_text_to_read(part) && !is_apart;
  const bool is_file =
      !is_to_read || part.is_only_text ||
      (part.mime == "text/calendar" && (part.is_attachment || !part.file_name.empty()));
  if (is_to_read) {
    Reading::Piece piece{Reading::Piece::Kind::plain, index};
    if (part.mime == "text/html") piece.kind = Reading::Piece::Kind::html;
    if (part.mime == "text/calendar") piece.kind = Reading::Piece::Kind::invitation;
    out.pieces.push_back(piece);
  }
  const bool has_content = part.size > 0 || !part.attachment_id.empty() || !part.data.empty();
  if (is_file && (has_content || !part.file_name.empty())) out.attachments.push_back(index);
}

// Every alternative says the same; invitations say something besides and are kept.
void MimeTree::read_alternative(const MimePart& part, const Way& way, Reading& out) const {
  using Kind = Reading::Piece::Kind;
  const Way inside{way.preference, false};
  Reading plain, html, besides;
  for (const std::size_t child : part.children) {
    Reading one;
    read(child, inside, one);
    Reading* chosen = nullptr;
    if (has_kind(one, Kind::html)) {
      chosen = &html;
    } else if (has_kind(one, Kind::plain)) {
      chosen = &plain;
    }
    if (chosen != nullptr && chosen->pieces.empty()) {
      *chosen = std::move(one);
      continue;
    }
    // Once more the same text: only what lies beside it.
    if (chosen != nullptr && !has_kind(one, Kind::message)) one.pieces.clear();
    append(besides, one);
  }
  const bool use_html =
      plain.pieces.empty() ||
      (!html.pieces.empty() && (way.preference == Preference::html || is_stub(plain, html)) &&
       (is_blank(plain) || !is_blank(html)));
  append(out, use_html ? html : plain);
  // Files lie in whatever alternative the sender's program put them.
  Reading& other = use_html ? plain : html;
  other.pieces.clear();
  append(out, other);
  append(out, besides);
}

bool MimeTree::is_blank(const Reading& reading) const {
  return std::all_of(reading.pieces.begin(), reading.pieces.end(),
                     [this](const Reading::Piece& piece) {
                       if (piece.kind == Reading::Piece::Kind::message) return false;
                       const std::string text = text_of(piece.part, kGlanceBytes);
                       const bool is_html = piece.kind == Reading::Piece::Kind::html;
                       return clean_line(is_html ? html_to_markdown(text).text : text).text.empty();
                     });
}

bool MimeTree::is_stub(const Reading& plain, const Reading& html) const {
  std::string text;
  for (const Reading::Piece& piece : plain.pieces) {
    if (piece.kind == Reading::Piece::Kind::plain) text += text_of(piece.part, kGlanceBytes);
    if (text.size() > kStubBytesMax) return false;
  }
  text = base::to_lower_ascii(clean_line(text).text);
  if (text.empty()) return true;
  if (std::any_of(kStubs.begin(), kStubs.end(),
                  [&](std::string_view s) { return text.find(s) != std::string::npos; }))
    return true;
  std::size_t html_size = 0;
  for (const Reading::Piece& piece : html.pieces) {
    if (piece.kind == Reading::Piece::Kind::html)
      html_size += html_to_markdown(text_of(piece.part, kGlanceBytes)).text.size();
  }
  return html_size > 5 * text.size() + 200;
}

void MimeTree::read_message(std::size_t index, const Way& way, Reading& out) const {
  out.pieces.push_back({Reading::Piece::Kind::message, index});
  const Way inside{way.preference, false};
  for (const std::size_t child : parts_[index].children) read(child, inside, out);
}

}  // namespace gatehouse::workspace::gmail
