// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/read_answer.h"

#include <algorithm>
#include <utility>

#include "gatehouse/base/json_writer.h"
#include "gatehouse/workspace/code_points.h"

namespace gatehouse::workspace::gmail {

namespace {

constexpr std::size_t kFirstPieceMin = 300;  // of a body, however large the rest of its message is
constexpr std::size_t kPieceMin = 200;       // less is not worth a beginning
constexpr std::size_t kAnswerFrame = 450;    // the list of untrusted members, the cursor
constexpr std::size_t kMessageFrame = 60;  // punctuation around one message, its fence's name aside

void write_list(base::JsonWriter& json, std::string_view name,
                const std::vector<std::string>& values) {
  if (values.empty()) return;
  json.key(name).begin_array();
  for (const std::string& value : values) json.value(value);
  json.end_array();
}

// A message's facts, in both forms. Those that strangers wrote stand inside the fence of the text.
struct Facts {
  std::string json;   // members, without braces
  std::string title;  // our line
  std::string lines;  // theirs
};

class FactWriter {
 public:
  FactWriter() : json_(facts_.json) { json_.begin_object(); }

  void ours(std::string_view name, std::string_view value) {
    if (value.empty()) return;
    json_.member(name, value);
    facts_.title +=
        (facts_.title.empty() ? "" : " ") + std::string(name) + ": " + std::string(value);
  }
  void theirs(std::string_view name, std::string_view value) {
    if (value.empty()) return;
    json_.member(name, value);
    facts_.lines += std::string(name) + ": " + std::string(value) + "\n";
  }
  void headers(const std::vector<std::string>& headers) {
    write_list(json_, "headers", headers);
    for (const std::string& header : headers) facts_.lines += header + "\n";
  }
  void labels(const std::vector<std::string>& labels) {
    write_list(json_, "labels", labels);
    for (const std::string& label : labels)
      facts_.title += (&label == labels.data() ? " labels: " : ", ") + label;
  }
  void attachments(const std::vector<AttachmentView>& attachments) {
    if (attachments.empty()) return;
    json_.key("attachments").begin_array();
    for (const AttachmentView& a : attachments) {
      json_.begin_object()
          .member("handle", a.handle)
          .member("name", a.name)
          .member("mime", a.mime)
          .member("size", a.size)
          .end_object();
      facts_.lines += "attachment: " + a.handle + " " + a.name + " (" + a.mime + ", " +
                      std::to_string(a.size) + " bytes)\n";
    }
    json_.end_array();
  }
  void mark_continued() {
    json_.member("continued", true);
    facts_.title += " (continued)";
  }
  // The object stays open for the body.
  Facts take() { return std::move(facts_); }

 private:
  Facts facts_;
  base::JsonWriter json_;
};

Facts facts_of(const MessageView& view, const LabelNames& labels, const TimeZone& zone,
               bool continued) {
  FactWriter facts;
  facts.ours("id", view.id);
  if (continued) {
    facts.mark_continued();
    return facts.take();
  }
  facts.ours("thread_id", view.thread_id);
  facts.ours("date", format_minute(view.received, zone));
  facts.ours("flags", flags_of(view.label_ids));
  facts.labels(user_labels(view.label_ids, labels));
  facts.theirs("from", view.from);
  facts.theirs("reply_to", view.reply_to);
  facts.theirs("to", view.to);
  facts.theirs("cc", view.cc);
  facts.theirs("subject", view.subject);
  facts.headers(view.headers);
  facts.attachments(view.attachments);
  return facts.take();
}

void add_count(std::string& line, std::size_t count, std::string_view what) {
  if (count == 0) return;
  line += (line.empty() ? "" : "; ") + std::to_string(count) + " " + std::string(what);
}

std::string omission_note(const MessageView& view) {
  const Omissions& omitted = view.omissions;
  std::string line;
  add_count(line, omitted.quoted_characters, "quoted characters cut (include quotes to read them)");
  add_count(line, omitted.hidden_characters, "characters of hidden HTML removed");
  add_count(line, omitted.invisible_characters, "invisible characters removed");
  add_count(line, omitted.misleading_links, "links show another host than they open");
  add_count(line, omitted.inline_images, "inline images not listed");
  add_count(line, omitted.attachments, "more attachments not listed");
  if (omitted.cut)
    line +=
        (line.empty() ? "" : "; ") + std::string("very large or damaged: not all of it was read");
  return line.empty() ? "" : view.id + ": " + line;
}

}  // namespace

ReadAnswer::ReadAnswer(std::size_t characters_max, TimeZone zone, const Fence& fence)
    : room_(characters_max - std::min(characters_max, kAnswerFrame)),
      zone_(std::move(zone)),
      fence_(fence) {}

bool ReadAnswer::add(const MessageView& view, const LabelNames& labels, std::size_t offset) {
  offset = std::min(offset, view.body.size());
  const Facts facts = facts_of(view, labels, zone_, offset > 0);
  const std::string note = offset == 0 ? omission_note(view) : "";
  const std::string_view rest = std::string_view(view.body).substr(offset);
  const std::size_t cost = character_count(facts.json) + 2 * fence_.name().size() + view.id.size() +
                           kMessageFrame + note.size();
  offset_ = offset;
  const bool is_first = messages_ == 0;
  const bool fits = room_ >= cost + std::min(kPieceMin, json_character_count(rest));
  if (!is_first && !fits) return false;

  const std::size_t room = room_ > cost ? room_ - cost : 0;
  const std::string_view piece =
      at_a_gap(json_prefix(rest, is_first ? std::max(room, kFirstPieceMin) : room), rest);
  const std::string fenced = fence_.around(
      "mail " + view.id,
      facts.lines + (facts.lines.empty() || piece.empty() ? "" : "\n") + std::string(piece));
  if (messages_++ > 0) {
    json_ += ",";
    text_ += "\n\n";
  }
  text_ += facts.title + "\n" + fenced;
  json_ += facts.json;
  if (!piece.empty())
    json_ += ",\"body\":" + base::json_quote(fence_.around("mail " + view.id, piece));
  json_ += "}";
  if (!note.empty()) notes_.push_back(note);
  const std::size_t used = cost + json_character_count(piece);
  room_ -= std::min(room_, used);
  offset_ = offset + piece.size();
  return offset_ == view.body.size();
}

mcp::ToolResult ReadAnswer::finish(std::string_view next) {
  mcp::ToolResult result;
  base::JsonWriter json(result.structured);
  json.begin_object();
  json.key("untrusted")
      .raw(R"(["from","reply_to","to","cc","subject","headers","attachments","body"])");
  json.key("messages").begin_array();
  if (messages_ > 0) json.raw(json_);
  json.end_array();
  if (!next.empty()) json.member("next", next);
  write_list(json, "notes", notes_);
  json.end_object();
  result.text = std::move(text_);
  if (!next.empty()) result.text += "\nnext: " + std::string(next);
  for (const std::string& note : notes_) result.text += "\nnote: " + note;
  return result;
}

}  // namespace gatehouse::workspace::gmail
