// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/api_calls.h"

#include <utility>

#include "gatehouse/base/encoding.h"
#include "gatehouse/base/json_writer.h"
#include "gatehouse/workspace/code_points.h"
#include "gatehouse/workspace/gmail/summary.h"
#include "gatehouse/workspace/json_strings.h"
#include "gatehouse/workspace/untrusted_text.h"

namespace gatehouse::workspace::gmail {

namespace {

constexpr std::string_view kMailbox = "/gmail/v1/users/me";
constexpr std::size_t kLabelsMax = 2'000;

// Google's ids of the methods, by which they have a price (google/quotas.h).
constexpr std::string_view kListMessages = "gmail.users.messages.list";
constexpr std::string_view kListThreads = "gmail.users.threads.list";
constexpr std::string_view kGetMessage = "gmail.users.messages.get";
constexpr std::string_view kGetThread = "gmail.users.threads.get";
constexpr std::string_view kGetAttachment = "gmail.users.messages.attachments.get";
constexpr std::string_view kListHistory = "gmail.users.history.list";
constexpr std::string_view kListLabels = "gmail.users.labels.list";
constexpr std::string_view kGetLabel = "gmail.users.labels.get";
constexpr std::string_view kGetProfile = "gmail.users.getProfile";
constexpr std::string_view kListSendAs = "gmail.users.settings.sendAs.list";
constexpr std::string_view kSendMessage = "gmail.users.messages.send";
constexpr std::string_view kCreateDraft = "gmail.users.drafts.create";
constexpr std::string_view kUpdateDraft = "gmail.users.drafts.update";
constexpr std::string_view kDeleteDraft = "gmail.users.drafts.delete";
constexpr std::string_view kListDrafts = "gmail.users.drafts.list";
constexpr std::string_view kGetDraft = "gmail.users.drafts.get";
constexpr std::string_view kSendDraft = "gmail.users.drafts.send";
constexpr std::string_view kModifyMessage = "gmail.users.messages.modify";
constexpr std::string_view kModifyMessages = "gmail.users.messages.batchModify";

// 25 MB in base64, and what is around it.
constexpr std::size_t kAttachmentAnswerMax = 34 * 1024 * 1024;
// 35 MB in base64, and what is around it.
constexpr std::size_t kRawAnswerMax = 48 * 1024 * 1024;

google::ApiCall get(std::string_view below, std::string_view method_id) {
  google::ApiCall call(google::Api::gmail, http::Method::get,
                       std::string(kMailbox) + std::string(below));
  call.method_id = method_id;
  return call;
}

google::ApiCall post(std::string_view below, std::string_view method_id) {
  google::ApiCall call(google::Api::gmail, http::Method::post,
                       std::string(kMailbox) + std::string(below));
  call.method_id = method_id;
  return call;
}

google::ApiCall list(std::string_view below, std::string_view method_id, std::string_view query,
                     int limit, std::string_view page_token) {
  google::ApiCall call = get(below, method_id);
  call.parameter("maxResults", std::to_string(limit));
  if (!query.empty()) call.parameter("q", query);
  if (!page_token.empty()) call.parameter("pageToken", page_token);
  return call;
}

void write_message_resource(base::JsonWriter& json, std::string_view message,
                            std::string_view thread_id) {
  json.begin_object();
  if (!message.empty()) json.member("raw", base::base64url_encode(message));
  if (!thread_id.empty()) json.member("threadId", thread_id);
  json.end_object();
}

void write_draft(google::ApiCall& call, std::string_view message, std::string_view thread_id) {
  call.parameter("fields", "id,message(id,threadId)");
  base::JsonWriter json(call.json_body);
  json.begin_object().key("message");
  write_message_resource(json, message, thread_id);
  json.end_object();
}

void ask_for_summary(google::ApiCall& call, std::string_view fields) {
  call.parameter("format", "metadata");
  for (const std::string_view header : kSummaryHeaders) call.parameter("metadataHeaders", header);
  call.parameter("fields", fields);
}

}  // namespace

google::ApiCall list_messages(std::string_view query, int limit, std::string_view page_token) {
  google::ApiCall call = list("/messages", kListMessages, query, limit, page_token);
  call.parameter("fields", "messages(id,threadId),nextPageToken,resultSizeEstimate");
  return call;
}

google::ApiCall list_threads(std::string_view query, int limit, std::string_view page_token) {
  google::ApiCall call = list("/threads", kListThreads, query, limit, page_token);
  call.parameter("fields", "threads(id,historyId),nextPageToken,resultSizeEstimate");
  return call;
}

google::ApiCall message_summary(std::string_view id) {
  google::ApiCall call = get("/messages", kGetMessage);
  call.segment(id);
  ask_for_summary(call, kSummaryFields);
  return call;
}

google::ApiCall thread_summary(std::string_view id) {
  google::ApiCall call = get("/threads", kGetThread);
  call.segment(id);
  ask_for_summary(call, kThreadSummaryFields);
  return call;
}

google::ApiCall full_message(std::string_view id) {
  google::ApiCall call = get("/messages", kGetMessage);
  call.segment(id);
  call.parameter("format", "full").parameter("fields", "id,threadId,labelIds,internalDate,payload");
  return call;
}

google::ApiCall full_thread(std::string_view id) {
  google::ApiCall call = get("/threads", kGetThread);
  call.segment(id);
  call.parameter("format", "full")
      .parameter("fields", "id,messages(id,threadId,labelIds,internalDate,payload)");
  return call;
}

google::ApiCall attachment(std::string_view message_id, std::string_view attachment_id) {
  google::ApiCall call = get("/messages", kGetAttachment);
  call.segment(message_id).literal("/attachments").segment(attachment_id);
  call.parameter("fields", "data,size");
  call.answer_bytes_max = kAttachmentAnswerMax;
  return call;
}

google::ApiCall message_headers(std::string_view id, std::span<const std::string_view> names) {
  google::ApiCall call = get("/messages", kGetMessage);
  call.segment(id).parameter("format", "metadata");
  for (const std::string_view name : names) call.parameter("metadataHeaders", name);
  call.parameter("fields", "id,threadId,labelIds,payload(headers)");
  return call;
}

google::ApiCall thread_headers(std::string_view id, std::span<const std::string_view> names) {
  google::ApiCall call = get("/threads", kGetThread);
  call.segment(id).parameter("format", "metadata");
  for (const std::string_view name : names) call.parameter("metadataHeaders", name);
  call.parameter("fields", "id,messages(id,threadId,labelIds,payload(headers))");
  return call;
}

google::ApiCall list_send_as() {
  google::ApiCall call = get("/settings/sendAs", kListSendAs);
  call.parameter("fields", "sendAs(sendAsEmail,displayName,isPrimary,verificationStatus)");
  return call;
}

google::ApiCall send_message(std::string_view message, std::string_view thread_id) {
  google::ApiCall call(google::Api::gmail, http::Method::post,
                       std::string(kMailbox) + "/messages/send");
  call.method_id = kSendMessage;
  call.repeatable = false;
  call.parameter("fields", "id,threadId");
  base::JsonWriter json(call.json_body);
  write_message_resource(json, message, thread_id);
  return call;
}

google::ApiCall create_draft(std::string_view message, std::string_view thread_id) {
  google::ApiCall call(google::Api::gmail, http::Method::post, std::string(kMailbox) + "/drafts");
  call.method_id = kCreateDraft;
  call.repeatable = false;
  write_draft(call, message, thread_id);
  return call;
}

google::ApiCall update_draft(std::string_view id, std::string_view message,
                             std::string_view thread_id) {
  google::ApiCall call(google::Api::gmail, http::Method::put, std::string(kMailbox) + "/drafts");
  call.method_id = kUpdateDraft;
  call.segment(id);
  write_draft(call, message, thread_id);
  return call;
}

google::ApiCall list_drafts(std::string_view query, std::string_view page_token) {
  google::ApiCall call = list("/drafts", kListDrafts, query, 500, page_token);
  call.parameter("fields", "drafts(id,message(id,threadId)),nextPageToken");
  return call;
}

google::ApiCall full_draft(std::string_view id) {
  google::ApiCall call = get("/drafts", kGetDraft);
  call.segment(id).parameter("format", "full");
  call.parameter("fields", "id,message(id,threadId,labelIds,internalDate,sizeEstimate,payload)");
  return call;
}

google::ApiCall draft_headers(std::string_view id) {
  google::ApiCall call = get("/drafts", kGetDraft);
  call.segment(id).parameter("format", "metadata");
  call.parameter("fields", "id,message(id,threadId,payload(headers))");
  return call;
}

google::ApiCall raw_draft(std::string_view id) {
  google::ApiCall call = get("/drafts", kGetDraft);
  call.segment(id).parameter("format", "raw").parameter("fields", "id,message(id,raw)");
  call.answer_bytes_max = kRawAnswerMax;
  return call;
}

google::ApiCall send_draft(std::string_view id, std::string_view thread_id) {
  google::ApiCall call = post("/drafts/send", kSendDraft);
  call.repeatable = false;
  call.parameter("fields", "id,threadId");
  base::JsonWriter json(call.json_body);
  json.begin_object().member("id", id).key("message");
  write_message_resource(json, "", thread_id);
  json.end_object();
  return call;
}

google::ApiCall delete_draft(std::string_view id) {
  google::ApiCall call(google::Api::gmail, http::Method::del, std::string(kMailbox) + "/drafts");
  call.method_id = kDeleteDraft;
  call.segment(id);
  return call;
}

google::ApiCall as_upload(google::ApiCall call, std::shared_ptr<base::Secret> body,
                          const std::string& boundary) {
  call.path.insert(0, "/upload");
  call.parameter("uploadType", "multipart");
  call.json_body.clear();
  call.upload = std::move(body);
  call.upload_type = "multipart/related; boundary=\"" + boundary + "\"";
  return call;
}

std::string upload_beginning(const google::ApiCall& call, const std::string& boundary) {
  return "--" + boundary + "\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n" +
         call.json_body + "\r\n--" + boundary + "\r\nContent-Type: message/rfc822\r\n\r\n";
}

std::string upload_end(const std::string& boundary) { return "\r\n--" + boundary + "--\r\n"; }

google::ApiCall list_labels() {
  google::ApiCall call = get("/labels", kListLabels);
  call.parameter("fields", "labels(id,name,type)");
  return call;
}

google::ApiCall label_counts(std::string_view id) {
  google::ApiCall call = get("/labels", kGetLabel);
  call.segment(id).parameter("fields", "id,messagesTotal,messagesUnread");
  return call;
}

google::ApiCall list_message_ids(std::string_view query, std::string_view label,
                                 bool with_spam_and_trash, std::string_view page_token) {
  google::ApiCall call = list("/messages", kListMessages, query, 500, page_token);
  if (!label.empty()) call.parameter("labelIds", label);
  if (with_spam_and_trash) call.parameter("includeSpamTrash", "true");
  call.parameter("fields", "messages(id),nextPageToken");
  return call;
}

google::ApiCall message_labels(std::string_view id) {
  google::ApiCall call = get("/messages", kGetMessage);
  call.segment(id).parameter("format", "minimal").parameter("fields", "id,labelIds");
  return call;
}

google::ApiCall thread_labels(std::string_view id) {
  google::ApiCall call = get("/threads", kGetThread);
  call.segment(id).parameter("format", "minimal").parameter("fields", "id,messages(id,labelIds)");
  return call;
}

google::ApiCall modify_messages(const std::vector<std::string>& ids,
                                const std::vector<std::string>& add,
                                const std::vector<std::string>& remove) {
  google::ApiCall call = post("/messages/batchModify", kModifyMessages);
  base::JsonWriter json(call.json_body);
  json.begin_object();
  write_strings(json, "ids", ids);
  write_strings(json, "addLabelIds", add);
  write_strings(json, "removeLabelIds", remove);
  json.end_object();
  return call;
}

google::ApiCall modify_message(std::string_view id, const std::vector<std::string>& add,
                               const std::vector<std::string>& remove) {
  google::ApiCall call = post("/messages", kModifyMessage);
  call.segment(id).literal("/modify").parameter("fields", "id,labelIds");
  base::JsonWriter json(call.json_body);
  json.begin_object();
  write_strings(json, "addLabelIds", add);
  write_strings(json, "removeLabelIds", remove);
  json.end_object();
  return call;
}

google::ApiCall mailbox_profile() {
  google::ApiCall call = get("/profile", kGetProfile);
  call.parameter("fields", "historyId");
  return call;
}

google::ApiCall label_history(std::string_view since) {
  google::ApiCall call = get("/history", kListHistory);
  call.parameter("startHistoryId", since).parameter("maxResults", "100");
  call.parameter("historyTypes", "labelAdded").parameter("historyTypes", "labelRemoved");
  call.parameter("fields", "historyId,nextPageToken,history(messages(id))");
  return call;
}

LabelNames read_labels(const base::JsonValue& answer) {
  LabelNames names;
  const auto labels = answer.find("labels");
  if (!labels) return names;
  for (const base::JsonValue& label : labels->elements()) {
    const std::string id(label.find_string("id").value_or(""));
    if (!is_user_label(id) || names.size() >= kLabelsMax) continue;
    names[id] = shortened(clean_line(label.find_string("name").value_or("")).text, 100);
  }
  return names;
}

}  // namespace gatehouse::workspace::gmail
