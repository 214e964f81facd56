// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/base/json.h"
#include "gatehouse/google/api_client.h"
#include "gatehouse/workspace/gmail/labels.h"

namespace gatehouse::workspace::gmail {

// The requests to Gmail, with the fields we read.

google::ApiCall list_messages(std::string_view query, int limit, std::string_view page_token);
google::ApiCall list_threads(std::string_view query, int limit, std::string_view page_token);
google::ApiCall message_summary(std::string_view id);
google::ApiCall thread_summary(std::string_view id);
google::ApiCall full_message(std::string_view id);
google::ApiCall full_thread(std::string_view id);
google::ApiCall attachment(std::string_view message_id, std::string_view attachment_id);
// The headers of that name, of a message or of all messages of a thread.
google::ApiCall message_headers(std::string_view id, std::span<const std::string_view> names);
google::ApiCall thread_headers(std::string_view id, std::span<const std::string_view> names);
// The addresses under which the user may send.
google::ApiCall list_send_as();
// Not to be repeated. `thread_id` may be empty; so may `message`, in drafts too, when as_upload()
// brings it.
google::ApiCall send_message(std::string_view message, std::string_view thread_id);
// The first not to be repeated; the other replaces all of a draft, however often.
google::ApiCall create_draft(std::string_view message, std::string_view thread_id);
google::ApiCall update_draft(std::string_view id, std::string_view message,
                             std::string_view thread_id);
// That call as an upload, for large messages: what the JSON said stands before `body`, which is the
// message and is not copied. RFC 2387.
google::ApiCall as_upload(google::ApiCall call, std::shared_ptr<base::Secret> body,
                          const std::string& boundary);
// What `body` begins with, before the message, and ends with.
std::string upload_beginning(const google::ApiCall& call, const std::string& boundary);
std::string upload_end(const std::string& boundary);
google::ApiCall list_labels();
google::ApiCall label_counts(std::string_view id);
// 500 ids of messages that match and have that label, when one is given.
google::ApiCall list_message_ids(std::string_view query, std::string_view label,
                                 bool with_spam_and_trash, std::string_view page_token);
// Which labels a message has, or all messages of a thread.
google::ApiCall message_labels(std::string_view id);
google::ApiCall thread_labels(std::string_view id);
// At most 1,000 messages; or a single one, which says more when it fails.
google::ApiCall modify_messages(const std::vector<std::string>& ids,
                                const std::vector<std::string>& add,
                                const std::vector<std::string>& remove);
google::ApiCall modify_message(std::string_view id, const std::vector<std::string>& add,
                               const std::vector<std::string>& remove);
// The mailbox's current history id.
google::ApiCall mailbox_profile();
// Which messages got or lost labels since then.
google::ApiCall label_history(std::string_view since);

LabelNames read_labels(const base::JsonValue& answer);

}  // namespace gatehouse::workspace::gmail
