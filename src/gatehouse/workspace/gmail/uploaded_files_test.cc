// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/uploaded_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gatehouse/workspace/gmail/mail_for_test.h"
#include "gatehouse/workspace/gmail/upload_for_test.h"
#include "gatehouse/workspace/tool_stage.h"

namespace gatehouse::workspace::gmail {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class StageUploads final : public FileLinks {
 public:
  google::ApiTask<FileLink> link_to(const Account&, const LinkedFile&) override {
    co_return FileLink();
  }
  google::ApiTask<UploadLink> link_for(const Account&, const WantedFile& file) override {
    wanted = file;
    UploadLink link;
    link.url = "https://gate.example/files/ticket";
    link.handle = "file:abc";
    link.expires = base::from_epoch_seconds(1'794'400'900);
    co_return link;
  }
  google::ApiTask<Upload> find_upload(const Account&, const std::string& handle) override {
    asked.push_back(handle);
    co_return upload;
  }
  WantedFile wanted;
  Upload upload;
  std::vector<std::string> asked;
};

class UploadedFilesTest : public ::testing::Test {
 protected:
  UploadedFilesTest() {
    stage.alice.tokens_.scopes = {"gmail.modify"};
    stage.services.file_links = &uploads;
    TestMail mail;
    mail.id = "18d1";
    mail.payload.mime = "multipart/mixed";
    mail.payload.parts = {{"text/plain", "note"}, {"application/pdf", "bytes", {}, "a.pdf", "att"}};
    const std::string message = mail_json(mail);
    stage.client.set_script([message](const http::SeenRequest& request) {
      const auto has = [&](const char* words) {
        return request.url.find(words) != std::string::npos;
      };
      if (has("/attachments/")) return http::ScriptedClient::answer(200, R"({"data":"Ynl0ZXM"})");
      if (has("/messages/18d1?")) return http::ScriptedClient::answer(200, message);
      if (has("/messages?")) return http::ScriptedClient::answer(200, "{}");
      if (request.method == http::Method::del) return http::ScriptedClient::answer(204, "");
      return http::ScriptedClient::answer(200, R"({"id":"18e1","threadId":"18e0"})");
    });
    uploads.upload.state = Upload::State::here;
    uploads.upload.file = "18d1/1";
    uploads.upload.draft_id = "r-9";
  }

  mcp::ToolResult send(const std::string& handle = "file:abc") {
    return stage.call("gmail_send", R"({"to":["bob@acme.example"],"subject":"s","body":"b",)"
                                    R"("attachments":[")" +
                                        handle + "\"]}");
  }
  std::size_t deleted() const {
    std::size_t count = 0;
    for (const http::SeenRequest& request : stage.client.seen()) {
      if (request.method != http::Method::del) continue;
      EXPECT_THAT(request.url, HasSubstr("/drafts/r-9?"));
      ++count;
    }
    return count;
  }

  ToolStage stage;
  StageUploads uploads;
};

TEST_F(UploadedFilesTest, AMailCarriesAnUploadAndItsDraftGoes) {
  const mcp::ToolResult result = send(" file:abc ");
  ASSERT_FALSE(result.is_error) << result.text;
  EXPECT_THAT(uploads.asked, ::testing::ElementsAre("file:abc"));
  bool carried = false;
  for (const http::SeenRequest& request : stage.client.seen()) {
    if (!is_upload(request)) continue;
    const TestPart mail = read_raw_mail(read_upload(request).message);
    carried = mail.parts.back().text == "bytes" && mail.parts.back().mime == "application/pdf";
  }
  EXPECT_TRUE(carried);
  EXPECT_EQ(deleted(), 1u);
  EXPECT_THAT(stage.log.text(), HasSubstr("\"upload dropped\""));
}

TEST_F(UploadedFilesTest, WhatIsNotThereEndsTheCallInWords) {
  const struct {
    Upload::State state;
    const char* code;
    const char* words;
  } rows[] = {
      {Upload::State::awaited, "conflict", "has not been uploaded yet"},
      {Upload::State::never_came, "not_found_or_no_access", "nothing was uploaded"},
      {Upload::State::of_another, "not_found_or_no_access", "another person"},
      {Upload::State::unknown, "not_found_or_no_access", "more than a day old"},
  };
  for (const auto& row : rows) {
    uploads.upload.state = row.state;
    const mcp::ToolResult result = send();
    EXPECT_EQ(json_of(result).find_string("code"), row.code);
    EXPECT_THAT(result.text, HasSubstr(row.words));
    EXPECT_THAT(result.text, HasSubstr("\nfix: "));
  }
  EXPECT_EQ(stage.asked_count(), 0u);
  EXPECT_THAT(stage.log.text(), HasSubstr("\"mail send\"")) << "refusals are in the audit";
}

TEST_F(UploadedFilesTest, OtherHandlesAreLeftAlone) {
  ASSERT_FALSE(send("18d1/1").is_error);
  EXPECT_TRUE(uploads.asked.empty());
  EXPECT_EQ(deleted(), 0u);
  stage.services.file_links = nullptr;
  EXPECT_EQ(json_of(send()).find_string("code"), "invalid_argument");
}

TEST_F(UploadedFilesTest, AskingForAFileSaysHowItComes) {
  const mcp::ToolResult result =
      stage.call("workspace_upload", R"({"name":"../a.pdf","mime":"application/pdf"})");
  ASSERT_FALSE(result.is_error) << result.text;
  EXPECT_EQ(uploads.wanted.name, "a.pdf");
  EXPECT_EQ(uploads.wanted.mime, "application/pdf");
  EXPECT_EQ(json_of(result).find_string("handle"), "file:abc");
  EXPECT_EQ(json_of(result).find_string("expires"), "2026-11-11T12:41Z");
  EXPECT_THAT(result.text, HasSubstr("curl -T"));
  EXPECT_THAT(stage.log.text(), HasSubstr("\"upload asked for\""));
  EXPECT_THAT(stage.log.text(), Not(HasSubstr("ticket")));
  EXPECT_EQ(stage.asked_count(), 0u);
}

TEST_F(UploadedFilesTest, AskingIsRefusedWithoutPermissionOrSense) {
  EXPECT_EQ(json_of(stage.call("workspace_upload", R"({"name":"a","mime":"message/rfc822"})"))
                .find_string("code"),
            "invalid_argument");
  stage.alice.tokens_.scopes = {"gmail.readonly"};
  EXPECT_EQ(json_of(stage.call("workspace_upload", R"({"name":"a"})")).find_string("code"),
            "scope_missing");
  stage.services.file_links = nullptr;
  EXPECT_EQ(json_of(stage.call("workspace_upload", R"({"name":"a"})")).find_string("code"),
            "blocked_by_policy");
}

}  // namespace
}  // namespace gatehouse::workspace::gmail
