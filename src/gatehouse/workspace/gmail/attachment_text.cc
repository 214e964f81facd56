// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/attachment_text.h"

#include <utility>

#include "gatehouse/base/encoding.h"
#include "gatehouse/workspace/code_points.h"
#include "gatehouse/workspace/gmail/charset.h"
#include "gatehouse/workspace/gmail/html_markdown.h"
#include "gatehouse/workspace/gmail/invitation.h"
#include "gatehouse/workspace/untrusted_text.h"

namespace gatehouse::workspace::gmail {

namespace {

using extract::DocumentText;
using extract::Format;
using extract::Trouble;

constexpr std::size_t kTextBytesMax = 4 * 1024 * 1024;
constexpr std::size_t kEventsRead = 10;  // by invitation_text()

bool has_ending(const DeclaredFile& declared, std::string_view ending) {
  return base::to_lower_ascii(declared.name).ends_with(ending);
}

// Text is of whatever kind its mail says, if it does not show another one.
Format kind_of_text(Format format, const DeclaredFile& declared) {
  if (format != Format::text) return format;
  const bool is_html = declared.mime == "text/html" || declared.mime == "application/xhtml+xml" ||
                       has_ending(declared, ".html") || has_ending(declared, ".htm");
  return is_html ? Format::html : Format::text;
}

std::string charset_of(std::string_view bytes, Format kind, const DeclaredFile& declared) {
  if (bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF")) return "utf-16";
  if (kind == Format::html && declared.charset.empty()) return html_charset(bytes);
  return declared.charset;
}

bool has_more_events(std::string_view calendar) {
  std::size_t events = 0;
  constexpr std::string_view kBegin = "BEGIN:VEVENT";
  for (std::size_t at = calendar.find(kBegin); at != std::string_view::npos;
       at = calendar.find(kBegin, at + kBegin.size()))
    ++events;
  return events > kEventsRead;
}

AttachmentText of_html(const std::string& html) {
  HtmlMarkdown markdown = html_to_markdown(html);
  AttachmentText out;
  out.text = std::move(markdown.text);
  out.hidden_characters = markdown.hidden_characters;
  out.invisible_characters = markdown.invisible_characters;
  out.misleading_links = markdown.misleading_links;
  out.cut = markdown.cut;
  return out;
}

AttachmentText of_text(std::string_view bytes, Format kind, const DeclaredFile& declared) {
  const std::string text =
      to_utf8(bytes.substr(0, kTextBytesMax), charset_of(bytes, kind, declared));
  if (kind == Format::html) return of_html(text);
  DocumentText document;
  if (kind == Format::calendar) {
    document.text = invitation_text(text);
    document.cut = has_more_events(text);
  }
  if (document.text.empty()) document.text = text;
  return cleaned(document);
}

}  // namespace

std::optional<std::string> attachment_bytes(std::string_view data) {
  return base::base64_decode_lenient(data);
}

AttachmentText cleaned(const DocumentText& document) {
  CleanText clean = clean_text(document.text);
  AttachmentText out;
  out.text = std::move(clean.text);
  out.invisible_characters = clean.invisible_characters;
  out.hidden_characters = document.hidden_characters;
  out.pages = document.pages;
  out.cut = document.cut;
  return out;
}

extract::Extracted<AttachmentText> attachment_text(std::string_view bytes, Format format,
                                                   const DeclaredFile& declared,
                                                   const extract::PageRange& pages) {
  const Format kind = kind_of_text(format, declared);
  if (kind == Format::empty || kind == Format::text || kind == Format::html ||
      kind == Format::calendar) {
    AttachmentText out = of_text(bytes, kind, declared);
    out.cut |= bytes.size() > kTextBytesMax;
    return out;
  }
  if (!extract::is_office(kind)) return Trouble::unsupported;
  const auto document = extract::office_text(bytes, kind, pages);
  if (!document) return document.error();
  return cleaned(*document);
}

}  // namespace gatehouse::workspace::gmail
