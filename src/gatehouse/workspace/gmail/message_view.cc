// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/message_view.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "gatehouse/workspace/code_points.h"
#include "gatehouse/workspace/gmail/header_text.h"
#include "gatehouse/workspace/gmail/html_markdown.h"
#include "gatehouse/workspace/gmail/invitation.h"
#include "gatehouse/workspace/gmail/quoted_history.h"
#include "gatehouse/workspace/untrusted_text.h"

namespace gatehouse::workspace::gmail {

namespace {

constexpr std::size_t kBodyBytesMax = 4 * 1024 * 1024;
constexpr std::size_t kAttachmentsMax = 40;
constexpr std::size_t kSubjectMax = 500;
constexpr std::size_t kPeopleMax = 20;
constexpr std::size_t kHeadersMax = 60;
constexpr std::size_t kHeaderMax = 400;
constexpr std::size_t kLabelsMax = 100;

std::string text_member(const base::JsonValue& json, std::string_view name) {
  return std::string(json.find_string(name).value_or(""));
}

// Line ends without spaces before them, at most one blank line at a time, none at the ends.
std::string tidy(std::string_view text) {
  std::string out;
  std::size_t line_ends = 0;
  while (!text.empty()) {
    const std::size_t size = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, size);
    text.remove_prefix(std::min(text.size(), size + 1));
    while (!line.empty() && (line.back() == ' ' || line.back() == '\t')) line.remove_suffix(1);
    if (line.empty()) {
      ++line_ends;
      continue;
    }
    if (!out.empty()) out.append(line_ends > 0 ? "\n\n" : "\n");
    line_ends = 0;
    out.append(line);
  }
  return out;
}

class BodyText {
 public:
  BodyText(const MimeTree& tree, const ViewOptions& options, Omissions& omissions)
      : tree_(tree), options_(options), omissions_(omissions) {}

  std::string of(const Reading& reading) {
    std::string body;
    for (const Reading::Piece& piece : reading.pieces) {
      const std::string text = text_of(piece);
      if (text.empty()) continue;
      if (!body.empty()) body += "\n\n";
      const std::string_view fitting =
          byte_prefix(text, kBodyBytesMax - std::min(kBodyBytesMax, body.size()));
      body += fitting;
      if (fitting.size() == text.size()) continue;
      omissions_.cut = true;
      break;
    }
    return body;
  }

 private:
  std::string text_of(const Reading::Piece& piece) {
    if (piece.kind != Reading::Piece::Kind::message)
      omissions_.cut |= tree_.is_beyond(piece.part) || tree_.is_damaged(piece.part);
    switch (piece.kind) {
      case Reading::Piece::Kind::plain:
        return shortened_history(cleaned(tree_.text_of(piece.part)), std::string::npos);
      case Reading::Piece::Kind::html:
        return html_text(tree_.text_of(piece.part));
      case Reading::Piece::Kind::invitation:
        return calendar_text(tree_.text_of(piece.part));
      case Reading::Piece::Kind::message:
        return introduction(tree_.parts()[piece.part]);
    }
    return "";
  }

  // What is no invitation, or cannot be read as one, is shown as it came.
  std::string calendar_text(const std::string& calendar) {
    std::string text = cleaned(invitation_text(calendar));
    return text.empty() ? tidy(cleaned(calendar)) : text;
  }

  std::string html_text(const std::string& html) {
    if (options_.html) return cleaned(html);
    HtmlMarkdown markdown = html_to_markdown(html);
    omissions_.hidden_characters += markdown.hidden_characters;
    omissions_.invisible_characters += markdown.invisible_characters;
    omissions_.misleading_links += markdown.misleading_links;
    omissions_.cut |= markdown.cut;
    return shortened_history(markdown.text, markdown.history_at);
  }

  std::string introduction(const MimePart& part) {
    const bool has_own = !header_of(part.headers, "From").empty() || part.children.empty();
    const std::vector<MailHeader>& headers =
        has_own ? part.headers : tree_.parts()[part.children.front()].headers;
    std::string text = "[attached message]";
    const auto add = [&](std::string_view label, std::string_view value) {
      const std::string line = shortened(clean_line(decode_header(value)).text, kHeaderMax);
      if (!line.empty()) text += "\n" + std::string(label) + ": " + line;
    };
    add("From", header_of(headers, "From"));
    add("Date", header_of(headers, "Date"));
    add("Subject", header_of(headers, "Subject"));
    return text;
  }

  std::string cleaned(const std::string& raw) {
    CleanText clean = clean_text(raw);
    omissions_.invisible_characters += clean.invisible_characters;
    return std::move(clean.text);
  }

  std::string shortened_history(const std::string& text, std::size_t history_at) {
    if (options_.quotes) return tidy(text);
    const WithoutHistory kept = without_history(text, history_at);
    omissions_.quoted_characters += kept.cut_characters;
    return tidy(kept.text);
  }

  const MimeTree& tree_;
  const ViewOptions& options_;
  Omissions& omissions_;
};

std::vector<AttachmentView> attachments_of(const MimeTree& tree, const Reading& reading,
                                           MessageView& view) {
  std::vector<AttachmentView> list;
  for (const std::size_t index : reading.attachments) {
    if (list.size() >= kAttachmentsMax) {
      ++view.omissions.attachments;
      continue;
    }
    const MimePart& part = tree.parts()[index];
    AttachmentView attachment;
    if (part.part_id.empty() && part.mime.starts_with("text/")) view.omissions.cut = true;
    attachment.handle = view.id + "/" + part.part_id;
    attachment.name = part.file_name.empty() ? "unnamed" : part.file_name;
    attachment.mime = clean_line(part.mime).text;
    attachment.size = part.size;
    list.push_back(std::move(attachment));
  }
  return list;
}

std::vector<std::string> header_lines(const std::vector<MailHeader>& headers) {
  std::vector<std::string> lines;
  for (const MailHeader& header : headers) {
    if (lines.size() >= kHeadersMax) break;
    lines.push_back(clean_line(header.name).text + ": " +
                    shortened(clean_line(decode_header(header.value)).text, kHeaderMax));
  }
  return lines;
}

}  // namespace

std::string people_of(std::string_view header, std::size_t shown_max) {
  const std::vector<Address> people = parse_addresses(header);
  std::string out;
  for (std::size_t i = 0; i < people.size() && i < shown_max; ++i) {
    const std::string name = clean_line(people[i].name).text;
    const std::string address = clean_line(people[i].address).text;
    if (i > 0) out += ", ";
    if (name.empty() || name == address) {
      out += shortened(address, 120);
    } else {
      out += shortened(name, 80) + (address.empty() ? "" : " <" + shortened(address, 120) + ">");
    }
  }
  if (people.size() > shown_max)
    out += " and " + std::to_string(people.size() - shown_max) + " more";
  return out;
}

MessageView view_message(const base::JsonValue& message, const MimeTree& tree,
                         const ViewOptions& options) {
  MessageView view;
  view.id = text_member(message, "id");
  view.thread_id = text_member(message, "threadId");
  const std::string date = text_member(message, "internalDate");
  std::int64_t milliseconds = 0;
  std::from_chars(date.data(), date.data() + date.size(), milliseconds);
  view.received = milliseconds / 1000;
  if (const auto labels = message.find("labelIds")) {
    for (const base::JsonValue& label : labels->elements()) {
      if (view.label_ids.size() < kLabelsMax)
        view.label_ids.emplace_back(label.as_string().value_or(""));
    }
  }
  if (const auto payload = message.find("payload")) {
    const std::vector<MailHeader> headers = read_headers(*payload);
    view.from = people_of(header_of(headers, "From"), kPeopleMax);
    view.to = people_of(header_of(headers, "To"), kPeopleMax);
    view.cc = people_of(header_of(headers, "Cc"), kPeopleMax);
    view.reply_to = people_of(header_of(headers, "Reply-To"), kPeopleMax);
    if (view.reply_to == view.from) view.reply_to.clear();
    const CleanText subject = clean_line(decode_header(header_of(headers, "Subject")));
    view.subject = shortened(subject.text, kSubjectMax);
    view.omissions.invisible_characters += subject.invisible_characters;
    if (options.headers) view.headers = header_lines(headers);
  }
  const Reading reading =
      tree.reading(options.html ? MimeTree::Preference::html : MimeTree::Preference::plain);
  view.omissions.inline_images = reading.inline_images;
  view.omissions.cut |= tree.cut();
  view.body = BodyText(tree, options, view.omissions).of(reading);
  view.attachments = attachments_of(tree, reading, view);
  return view;
}

}  // namespace gatehouse::workspace::gmail
