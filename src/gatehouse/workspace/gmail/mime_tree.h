// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/base/json.h"
#include "gatehouse/google/api_document.h"

namespace gatehouse::workspace::gmail {

struct MailHeader {
  std::string name;
  std::string value;  // as Google gives it
};

// The first header of that name, without regard to case; empty when absent.
std::string_view header_of(const std::vector<MailHeader>& headers, std::string_view name);
// At most 300 headers and 64 KB of each value.
std::vector<MailHeader> read_headers(const base::JsonValue& payload);

struct MimePart {
  std::string part_id;    // Google's, "0.1"; empty for the root
  std::string mime;       // lower case
  std::string file_name;  // cleaned; empty when the sender gave none
  std::string charset;
  std::string content_id;
  std::string attachment_id;  // changes with every answer of Google: never handed out
  std::string_view data;      // base64url, where it came
  std::size_t size = 0;
  bool is_attachment = false;       // by its disposition
  bool is_only_text = false;        // a file, and the only one of alternatives that can be read
  std::vector<MailHeader> headers;  // of attached messages only
  std::vector<std::size_t> children;
};

// What of a message is to be read, in its order.
struct Reading {
  struct Piece {
    enum class Kind { plain, html, invitation, message };
    Kind kind;
    std::size_t part;  // for `message`: the part whose headers introduce what follows
  };
  std::vector<Piece> pieces;
  std::vector<std::size_t> attachments;
  std::size_t inline_images = 0;  // pictures of the HTML, not listed
};

// The parts of a message as users.messages.get gives them, flattened: a part's children have higher
// indices. At most 500 parts of depth 32; what lies beyond is left out and `cut` says so.
class MimeTree {
 public:
  // The payload must outlive the tree: text stays where it is.
  static MimeTree parse(const base::JsonValue& payload);

  const std::vector<MimePart>& parts() const { return parts_; }
  bool cut() const { return cut_; }

  // Text parts whose bytes Google keeps behind an attachment id; at most 8, none above 5 MB. What
  // is not fetched of them is read as a file.
  std::vector<std::size_t> parts_to_fetch() const;
  // What Google answered for one of them, which the tree keeps.
  void take(std::size_t part, google::ApiDocument answer);
  // It could not be had, so the message is not whole.
  void miss() { cut_ = true; }

  static constexpr std::size_t kTextBytesMax = 4 * 1024 * 1024;
  // Decoded bytes of a text part as UTF-8. Of broken base64 what comes before the damage.
  std::string text_of(std::size_t part, std::size_t bytes_max = kTextBytesMax) const;
  // Whether text_of() leaves out the end of a part.
  bool is_beyond(std::size_t part, std::size_t bytes_max = kTextBytesMax) const {
    return parts_[part].data.size() > bytes_max / 3 * 4;
  }

  // Whether Google's answer for a part cannot be read as a whole.
  bool is_damaged(std::size_t part) const;

  // Of alternatives the plain text unless it is empty or only says that the mail is HTML; or always
  // the HTML.
  enum class Preference { plain, html };
  Reading reading(Preference preference = Preference::plain) const;

 private:
  // How the parts above a part want it read.
  struct Way {
    Preference preference;
    bool in_related;
  };
  void add(const base::JsonValue& json, std::size_t depth);
  void read(std::size_t part, const Way& way, Reading& out) const;
  void read_alternative(const MimePart& part, const Way& way, Reading& out) const;
  void read_message(std::size_t part, const Way& way, Reading& out) const;
  bool is_text_to_read(const MimePart& part) const;
  void find_only_text(std::size_t alternative);
  bool is_blank(const Reading& reading) const;
  bool is_stub(const Reading& plain, const Reading& html) const;

  std::vector<MimePart> parts_;
  std::vector<google::ApiDocument> fetched_;
  bool cut_ = false;
};

}  // namespace gatehouse::workspace::gmail
