// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "gatehouse/google/api_error.h"
#include "gatehouse/google/token_source.h"
#include "gatehouse/workspace/gmail/compose.h"
#include "gatehouse/workspace/gmail/mail_request.h"
#include "gatehouse/workspace/tools.h"

namespace gatehouse::workspace::gmail {

// Letters, digits, "-" and "_": Gmail's ids of drafts, and of the messages in them.
bool is_draft_id(std::string_view text);

// The id of the draft that is meant. The ids that searches give are those of the messages in
// drafts; one that no draft holds is given back as it is.
google::ApiTask<std::string> resolve_draft(Services& services, google::TokenSource& tokens,
                                           const std::string& id);

// A draft of the user's, whoever wrote it, read so that it can be judged.
struct DraftMail {
  DraftMail() {}
  std::string id;
  std::string message_id;  // Google's, of the message in it; another one after every change
  // Recipients, subject, text and files, and what speaks against sending it. Its addresses are all
  // that Gmail would send to.
  ComposedMail mail;
  std::size_t size = 0;
};

google::ApiTask<DraftMail> load_draft(Services& services, google::TokenSource& tokens,
                                      const MailAddress& own, const std::string& id);

// The request that sends it as it was read, to the byte, but for its date and the names by which it
// is found again. An error when it has changed since.
google::ApiTask<MailRequest> write_sent_draft(Services& services, google::TokenSource& tokens,
                                              const DraftMail& draft);

}  // namespace gatehouse::workspace::gmail
