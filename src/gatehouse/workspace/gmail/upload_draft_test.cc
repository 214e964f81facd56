// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/upload_draft.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>

#include "gatehouse/workspace/file_links.h"
#include "gatehouse/workspace/gmail/upload_for_test.h"
#include "gatehouse/workspace/tool_stage.h"

namespace gatehouse::workspace::gmail {
namespace {

using ::testing::HasSubstr;

constexpr const char* kDraft = R"({"id":"r-12","message":{"id":"18d1","threadId":"18d0"}})";

class UploadDraftTest : public ::testing::Test {
 protected:
  UploadDraftTest() {
    stage.client.set_script(
        [this](const http::SeenRequest&) { return http::ScriptedClient::answer(status, answer); });
  }

  google::ApiResult<UploadDraft> store(const BroughtFile& file) {
    std::optional<google::ApiResult<UploadDraft>> out;
    stage.loop.restart();
    boost::asio::co_spawn(stage.loop.get_executor(), keep(file, out), [](std::exception_ptr error) {
      if (error) std::rethrow_exception(error);
    });
    stage.loop.run();
    return std::move(*out);
  }
  base::Coroutine<void> keep(const BroughtFile& file,
                             std::optional<google::ApiResult<UploadDraft>>& out) {
    auto stored = co_await store_upload(stage.services, stage.alice.tokens(), file);
    out.emplace(std::move(stored));
  }

  ToolStage stage;
  int status = 200;
  std::string answer = kDraft;
};

TEST_F(UploadDraftTest, ADraftSaysWhatItIsAndCarriesTheBytes) {
  std::string bytes;
  for (int i = 0; i < 200'000; ++i) bytes += static_cast<char>(i * 7);
  const auto stored = store({"r\xC3\xA9sum\xC3\xA9 \"x\".pdf", "", bytes});
  ASSERT_TRUE(stored) << stored.error().message;
  EXPECT_EQ(stored->draft_id, "r-12");
  EXPECT_EQ(stored->message_id, "18d1");
  EXPECT_EQ(stored->part_id, "1");
  EXPECT_EQ(stored->sha256.size(), 64u);
  ASSERT_EQ(stage.asked_count(), 1u);
  ASSERT_TRUE(is_upload(stage.client.seen()[0]));
  EXPECT_THAT(stage.url(0), HasSubstr("/upload/gmail/v1/users/me/drafts?"));
  EXPECT_TRUE(stage.client.seen()[0].send_once);
  const TestPart mail = read_raw_mail(read_upload(stage.client.seen()[0]).message);
  EXPECT_EQ(mail.mime, "multipart/mixed");
  ASSERT_EQ(mail.parts.size(), 2u);
  EXPECT_THAT(mail.parts[0].text, HasSubstr("Delete it whenever you like"));
  EXPECT_EQ(mail.parts[1].mime, "application/pdf");
  EXPECT_EQ(mail.parts[1].text, bytes);
  EXPECT_EQ(count_of(mail.headers, "To"), 0u) << "it goes to nobody";
  EXPECT_EQ(stage.services.outgoing_mail.bytes(), 0u) << "the room is given back";
}

TEST_F(UploadDraftTest, SaysWhatCameOfIt) {
  status = 500;
  answer = "{}";
  EXPECT_EQ(store({"a", "", "x"}).error().code, google::ApiFault::outcome_unknown);
  status = 403;
  answer = R"({"error":{"errors":[{"reason":"insufficientPermissions"}]}})";
  EXPECT_EQ(store({"a", "", "x"}).error().code, google::ApiFault::scope_missing);
  status = 200;
  for (const char* odd : {"{}", R"({"id":"r-1"})", R"({"message":{"id":"1"}})"}) {
    answer = odd;
    EXPECT_EQ(store({"a", "", "x"}).error().code, google::ApiFault::outcome_unknown) << odd;
  }
}

TEST_F(UploadDraftTest, WaitsForRoom) {
  auto others = stage.services.outgoing_mail.share();
  ASSERT_TRUE(others.resize(80 * 1024 * 1024));
  EXPECT_EQ(store({"a", "", "x"}).error().code, google::ApiFault::rate_limited);
  EXPECT_EQ(stage.asked_count(), 0u);
}

TEST(UploadType, IsOneThatAFileCanHave) {
  for (const char* good : {"application/pdf", "image/svg+xml", "x-a/y.z"})
    EXPECT_TRUE(is_upload_type(good)) << good;
  for (const char* bad : {"", "pdf", "/", "a/", "/b", "a/b/c", "a/b;c=d", "a b/c", "a/b\r\nX: y",
                          "message/rfc822", "Multipart/mixed"})
    EXPECT_FALSE(is_upload_type(bad)) << bad;
  EXPECT_EQ(type_for_name("A.PDF"), "application/pdf");
  EXPECT_EQ(type_for_name("pdf"), "application/octet-stream");
}

}  // namespace
}  // namespace gatehouse::workspace::gmail
