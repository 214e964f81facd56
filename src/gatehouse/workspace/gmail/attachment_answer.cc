// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/attachment_answer.h"

#include <algorithm>

#include "gatehouse/base/json_writer.h"
#include "gatehouse/workspace/code_points.h"

namespace gatehouse::workspace::gmail {

namespace {

constexpr std::size_t kAnswerFrame = 600;  // names of members, notes, the cursor
constexpr std::size_t kPieceMin = 200;     // however little room the rest leaves

void add_count(std::string& line, std::size_t count, std::string_view what) {
  if (count == 0) return;
  line += (line.empty() ? "" : "; ") + std::to_string(count) + " " + std::string(what);
}

std::string omission_note(const AttachmentText& text) {
  std::string line;
  add_count(line, text.hidden_characters, "characters of hidden text removed");
  add_count(line, text.invisible_characters, "invisible characters removed");
  add_count(line, text.misleading_links, "links show another host than they open");
  if (text.cut)
    line += (line.empty() ? "" : "; ") + std::string("very large or damaged: not all was read");
  return line;
}

}  // namespace

void AttachmentAnswer::add_text(const AttachmentText& text, std::size_t offset,
                                std::size_t characters_max, const Fence& fence) {
  pages_ = text.pages;
  if (offset == 0) {
    std::string omissions = omission_note(text);
    if (!omissions.empty()) note(std::move(omissions));
  }
  offset = std::min(offset, text.text.size());
  const std::string_view rest = std::string_view(text.text).substr(offset);
  const std::size_t cost = kAnswerFrame + 2 * fence.name().size() + 2 * handle_.text().size() +
                           json_character_count(declared_.name) +
                           json_character_count(declared_.mime);
  const std::size_t room = std::max(characters_max - std::min(characters_max, cost), kPieceMin);
  piece_ = at_a_gap(json_prefix(rest, room), rest);
  offset_ = offset + piece_.size();
}

void AttachmentAnswer::add_link(const FileLink& link) {
  url_ = link.url;
  note("url is for the user: show it to them. It gives the file once, within " +
       std::to_string(link.lifetime.count()) +
       " minutes, in a browser signed in to this account; opened by anybody else it gives nothing");
}

mcp::ToolResult AttachmentAnswer::finish(std::string_view next, const Fence& fence) const {
  const std::string origin = "attachment " + handle_.text();
  mcp::ToolResult result;
  base::JsonWriter json(result.structured);
  json.begin_object();
  json.key("untrusted").raw(R"(["name","mime","text","base64"])");
  json.member("handle", handle_.text()).member("name", declared_.name);
  json.member("mime", declared_.mime);
  if (format_) json.member("type", extract::name_of(*format_));
  json.member("size", size_);
  if (!url_.empty()) json.member("url", url_);
  if (pages_ > 0) json.member("pages", pages_);
  if (!piece_.empty()) json.member("text", fence.around(origin, piece_));
  if (!base64_.empty()) json.member("base64", base64_);
  if (!next.empty()) json.member("next", next);
  if (!notes_.empty()) {
    json.key("notes").begin_array();
    for (const std::string& note : notes_) json.value(note);
    json.end_array();
  }
  json.end_object();

  result.text = "handle: " + handle_.text();
  if (format_) result.text += " type: " + std::string(extract::name_of(*format_));
  result.text += " size: " + std::to_string(size_);
  if (!url_.empty()) result.text += "\nurl: " + url_;
  if (pages_ > 0) result.text += " pages: " + std::to_string(pages_);
  std::string theirs = "name: " + declared_.name + "\nmime: " + declared_.mime + "\n";
  if (!piece_.empty()) theirs += "\n" + piece_;
  if (!base64_.empty()) theirs += "base64: " + base64_;
  result.text += "\n" + fence.around(origin, theirs);
  if (!next.empty()) result.text += "\nnext: " + std::string(next);
  for (const std::string& note : notes_) result.text += "\nnote: " + note;
  return result;
}

}  // namespace gatehouse::workspace::gmail
