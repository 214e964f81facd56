// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "gatehouse/google/api_error.h"
#include "gatehouse/google/token_source.h"
#include "gatehouse/workspace/gmail/mail_reference.h"
#include "gatehouse/workspace/gmail/mime_tree.h"
#include "gatehouse/workspace/gmail/outgoing_file.h"
#include "gatehouse/workspace/gmail/reply.h"
#include "gatehouse/workspace/tools.h"

namespace gatehouse::workspace::gmail {

// A mail that is passed on to others. All of it was written by strangers; its texts are clean.
struct ForwardedMail {
  ForwardedMail() {}
  Original original;
  std::string head;  // who wrote it to whom, when and about what, as mail programs say it
  std::string text;  // as gmail_read shows it, quoted history and all
  std::vector<OutgoingFile> files;  // pictures in the text among them
  bool is_whole = true;             // false: it has more text or parts than are taken
};

// What a message in format full holds, with the texts that `tree` has.
ForwardedMail read_forwarded(const base::JsonValue& message, const MimeTree& tree);

// Of a thread its latest mail that is no draft.
google::ApiTask<ForwardedMail> load_forwarded(Services& services, google::TokenSource& tokens,
                                              const MailReference& reference);

// Those files, in this order; an error that names the first that is not there.
google::ApiTask<std::vector<OutgoingFile>> load_files(Services& services,
                                                      google::TokenSource& tokens,
                                                      const std::vector<FileHandle>& handles);

// "Fwd: " once.
std::string forward_subject(const std::string& subject);

}  // namespace gatehouse::workspace::gmail
