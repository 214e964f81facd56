// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/send.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <map>

#include "gatehouse/base/json_writer.h"
#include "gatehouse/http/await_for_test.h"
#include "gatehouse/workspace/gmail/upload_for_test.h"
#include "gatehouse/workspace/tool_stage.h"

namespace gatehouse::workspace::gmail {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

// A mailbox that mail can be sent from: what is sent is found again by Message-ID and in Sent.
class Mailbox {
 public:
  struct Mail {
    std::string id, thread_id, raw;
    HeaderPairs headers;
  };

  // What goes wrong with a send, before the mail goes out or after.
  struct Trouble {
    bool is_sent;
    int status;       // 0: no answer comes
    base::Errc code;  // why not
    std::string body = "oops";

    http::ScriptedClient::Answer answer() const {
      if (status > 0) return http::ScriptedClient::answer(status, body);
      return http::ScriptedClient::failure(code);
    }
  };

  explicit Mailbox(ToolStage& stage) : stage_(stage) {
    stage.alice.tokens_.scopes = {"gmail.readonly", "gmail.send"};
    stage.client.set_script([this](const http::SeenRequest& request) { return serve(request); });
  }

  std::vector<Mail> sent;
  std::vector<Trouble> troubles;          // of the next sends
  bool shows_sent = true;                 // whether searches find it already
  bool rewrites_ids = false;              // Google's own Message-ID, ours as a header beside
  std::map<std::string, std::string> at;  // other answers, by path below the mailbox
  std::vector<std::string> queries;
  std::size_t send_requests = 0;
  std::function<void()> on_send = [] {};
  std::function<void()> on_list = [] {};

  const HeaderPairs& headers(std::size_t n) const { return sent.at(n).headers; }

 private:
  using Answer = http::ScriptedClient::Answer;

  Answer serve(const http::SeenRequest& request) {
    const auto [path, query] = target_of(request);
    if (path == "/messages/send" && request.method == http::Method::post) return take(request);
    if (path == "/messages") return list(query);
    for (const Mail& mail : sent) {
      if (path == "/messages/" + mail.id)
        return http::ScriptedClient::answer(200, json_of_mail(mail));
    }
    const auto known = at.find(path);
    if (known != at.end()) return http::ScriptedClient::answer(200, known->second);
    return http::ScriptedClient::answer(404, R"({"error":{"code":404,"message":"Not found."}})");
  }

  Answer take(const http::SeenRequest& request) {
    ++send_requests;
    on_send();
    EXPECT_TRUE(request.send_once) << "a send is never repeated below us";
    std::optional<Trouble> trouble;
    if (!troubles.empty()) {
      trouble = troubles.front();
      troubles.erase(troubles.begin());
      if (!trouble->is_sent) return trouble->answer();
    }
    const auto body =
        base::JsonDocument::parse(is_upload(request) ? read_upload(request).json : request.body);
    EXPECT_TRUE(body);
    auto raw = base::base64url_decode(body->root().find_string("raw").value_or(""));
    if (is_upload(request)) raw = read_upload(request).message;
    EXPECT_TRUE(raw);
    Mail mail;
    mail.id = "5e47" + std::to_string(sent.size());
    mail.thread_id = std::string(body->root().find_string("threadId").value_or(mail.id));
    mail.raw = *raw;
    mail.headers = read_raw_mail(*raw).headers;
    sent.push_back(mail);
    if (trouble) return trouble->answer();
    return http::ScriptedClient::answer(
        200, R"({"id":")" + mail.id + R"(","threadId":")" + mail.thread_id + "\"}");
  }

  Answer list(const std::string& query) {
    on_list();
    std::string q = query.substr(std::min(query.size(), query.find("q=")));
    q = base::percent_decode(q.substr(0, q.find('&'))).value_or("");
    queries.push_back(q);
    std::string out;
    base::JsonWriter json(out);
    json.begin_object().key("messages").begin_array();
    for (const Mail& mail : sent) {
      if (!shows_sent) break;
      std::string id = value_of(mail.headers, "Message-ID");
      id = id.substr(1, id.size() - 2);
      const bool is_found = q.find("in:sent") != q.npos || (!rewrites_ids && q.find(id) != q.npos);
      if (is_found)
        json.begin_object().member("id", mail.id).member("threadId", mail.thread_id).end_object();
    }
    json.end_array().end_object();
    return http::ScriptedClient::answer(200, out);
  }

  std::string json_of_mail(const Mail& mail) const {
    TestMail out;
    out.id = mail.id;
    out.thread_id = mail.thread_id;
    out.payload.mime = "multipart/alternative";
    for (const auto& [name, value] : mail.headers) {
      const bool is_renamed = rewrites_ids && name == "Message-ID";
      if (is_renamed) out.payload.headers.emplace_back(name, "<CAF@mail.gmail.com>");
      out.payload.headers.emplace_back(is_renamed ? "X-Google-Original-Message-ID" : name, value);
    }
    return mail_json(out);
  }

  ToolStage& stage_;
};

// No answer, or one that leaves open what happened.
struct OpenEnd {
  int status;  // 0: none came
  base::Errc code;
};
constexpr OpenEnd kOpenEnds[] = {
    {500, {}}, {502, {}}, {503, {}}, {0, base::Errc::timeout}, {0, base::Errc::denied}};

class GmailSend : public ::testing::Test {
 protected:
  mcp::ToolResult send(std::string_view arguments) { return stage.call("gmail_send", arguments); }

  // As a client whose user answers forms: nullptr waits for the question.
  mcp::ToolResult send_asking(std::string_view arguments, const char* user_answer,
                              const std::string& state = "") {
    return stage.call_asking("gmail_send", arguments, "send", user_answer, state);
  }

  static Mailbox::Trouble lost_before() { return {false, 0, base::Errc::timeout}; }
  static Mailbox::Trouble lost_after() { return {true, 0, base::Errc::timeout}; }

  ToolStage stage;
  Mailbox mailbox{stage};
};

constexpr const char* kLunch =
    R"({"to":["Bob <bob@acme.example>"],"subject":"Lunch","body":"At *noon*?"})";
constexpr const char* kOutside =
    R"({"to":["bob@acme.example","eve@evil.example"],"bcc":["x@other.example"],"subject":"Plan","body":"The plan."})";
constexpr const char* kAccepts = R"({"action":"accept","content":{"send":true}})";

TEST_F(GmailSend, SendsWithinTheOrganisation) {
  const mcp::ToolResult result = send(kLunch);
  EXPECT_EQ(status_of(result), "sent");
  EXPECT_EQ(json_of(result).find_string("id"), "5e470");
  EXPECT_THAT(result.text, HasSubstr("recipients: bob@acme.example"));
  ASSERT_THAT(mailbox.sent, SizeIs(1));
  EXPECT_EQ(value_of(mailbox.headers(0), "From"), "Alice Admin <alice@acme.example>");
  EXPECT_EQ(value_of(mailbox.headers(0), "To"), "Bob <bob@acme.example>");
  EXPECT_EQ(value_of(mailbox.headers(0), "Subject"), "Lunch");
  EXPECT_THAT(value_of(mailbox.headers(0), "Message-ID"),
              ::testing::MatchesRegex("<gh\\.[0-9a-f]{32}@acme\\.example>"));
}

TEST_F(GmailSend, IsOfferedOnlyWhereTheOperatorAllowsAll) {
  EXPECT_NE(stage.catalog.tools.find("gmail_send"), nullptr);
  for (const Mode mode : {Mode::readonly, Mode::draft}) {
    ToolStage limited(mode);
    EXPECT_EQ(limited.catalog.tools.find("gmail_send"), nullptr);
  }
}

TEST_F(GmailSend, SaysThatItWritesAndThatOthersSee) {
  const mcp::Tool* tool = stage.catalog.tools.find("gmail_send");
  EXPECT_EQ(tool->scope, kWorkspaceWriteScope);
  EXPECT_FALSE(tool->annotations.read_only);
  EXPECT_TRUE(tool->annotations.open_world);
  EXPECT_FALSE(tool->annotations.idempotent);
}

TEST_F(GmailSend, RefusesBeforeAnythingIsAskedOfGoogle) {
  const char* cases[] = {
      R"({"body":"x"})",
      R"({"to":["bob@acme.example"]})",
      R"({"to":["bob@acme.example"],"body":" \n"})",
      R"({"to":["Doe, John <bob@acme.example>"],"body":"x"})",
      R"({"to":["bob@acme.example\r\nBcc: eve@evil.example"],"body":"x"})",
      R"({"to":["bob@acme.example"],"cc":["nobody"],"body":"x"})",
      R"({"to":["bob@acme.example"],"reply_all":true,"body":"x"})",
      R"({"reply_to":"not an id!","body":"x"})",
      R"({"reply_to":"18c2","subject":"Other","body":"x"})",
      R"({"to":[],"body":"x"})",
  };
  for (const char* arguments : cases)
    EXPECT_EQ(code_of(send(arguments)), "invalid_argument") << arguments;
  EXPECT_EQ(stage.asked_count(), 0u);
}

TEST_F(GmailSend, NeedsGooglesPermission) {
  stage.alice.tokens_.scopes = {"gmail.readonly"};
  EXPECT_EQ(code_of(send(kLunch)), "scope_missing");
  EXPECT_EQ(stage.asked_count(), 0u);
}

TEST_F(GmailSend, LimitsHowManyMayRead) {
  std::string many = R"({"to":[")";
  for (int i = 0; i < 101; ++i) many += "p" + std::to_string(i) + "@acme.example, ";
  EXPECT_EQ(code_of(send(many + R"("],"body":"x"})")), "invalid_argument");
}

// --- nothing twice: T45, I11 ---

TEST_F(GmailSend, TheSameCallAgainSendsNothing) {
  EXPECT_EQ(status_of(send(kLunch)), "sent");
  const mcp::ToolResult again = send(kLunch);
  EXPECT_EQ(status_of(again), "already_sent");
  EXPECT_EQ(json_of(again).find_string("id"), "5e470");
  EXPECT_THAT(mailbox.sent, SizeIs(1));
}

TEST_F(GmailSend, AnotherProcessFindsTheMailAtGoogle) {
  for (const bool rewrites : {false, true}) {
    SCOPED_TRACE(rewrites);
    mailbox.sent.clear();
    mailbox.rewrites_ids = rewrites;
    EXPECT_EQ(status_of(send(kLunch)), "sent");
    stage.services.sent_mail = SentMail();  // a restart
    EXPECT_EQ(status_of(send(kLunch)), "already_sent");
    EXPECT_THAT(mailbox.sent, SizeIs(1));
    stage.services.sent_mail = SentMail();
  }
}

TEST_F(GmailSend, AMailOfItsOwnRequestIdIsAnotherMail) {
  const std::string first = R"({"to":["bob@acme.example"],"body":"x","request_id":"1"})";
  const std::string second = R"({"to":["bob@acme.example"],"body":"x","request_id":"2"})";
  EXPECT_EQ(status_of(send(first)), "sent");
  EXPECT_EQ(status_of(send(second)), "sent");
  EXPECT_EQ(status_of(send(first)), "already_sent");
  EXPECT_THAT(mailbox.sent, SizeIs(2));
}

TEST_F(GmailSend, ARequestIdStandsForOneMailOnly) {
  const std::string other = R"({"to":["bob@acme.example"],"body":"y","request_id":"1"})";
  EXPECT_EQ(status_of(send(R"({"to":["bob@acme.example"],"body":"x","request_id":"1"})")), "sent");
  EXPECT_EQ(code_of(send(other)), "conflict");
  stage.services.sent_mail = SentMail();
  EXPECT_EQ(code_of(send(other)), "conflict");
  EXPECT_THAT(mailbox.sent, SizeIs(1));
}

TEST_F(GmailSend, WithoutARequestIdTheNextDayMaySendTheSame) {
  EXPECT_EQ(status_of(send(kLunch)), "sent");
  stage.clock.advance(std::chrono::hours(26));
  EXPECT_EQ(status_of(send(kLunch)), "sent");
  EXPECT_THAT(mailbox.sent, SizeIs(2));
}

TEST_F(GmailSend, MidnightDoesNotMakeARepeatAnotherMail) {
  constexpr std::int64_t kDay = 24 * 3600;
  stage.clock.set(base::from_epoch_seconds(20'770 * kDay - 30));
  EXPECT_EQ(status_of(send(kLunch)), "sent");
  stage.clock.advance(std::chrono::seconds(60));
  EXPECT_EQ(status_of(send(kLunch)), "already_sent");
  stage.services.sent_mail = SentMail();
  EXPECT_EQ(status_of(send(kLunch)), "already_sent");
  EXPECT_THAT(mailbox.sent, SizeIs(1));
}

TEST_F(GmailSend, AnotherUserIsAnotherSender) {
  stage.bob.tokens_.scopes = {"gmail.readonly", "gmail.send"};
  EXPECT_EQ(status_of(send(kLunch)), "sent");
  EXPECT_EQ(status_of(stage.call_as(stage.bob, "gmail_send", kLunch)), "sent");
  EXPECT_THAT(mailbox.sent, SizeIs(2));
}

TEST_F(GmailSend, AnAnswerLostAfterTheMailWentOutIsFoundAtOnce) {
  mailbox.troubles = {lost_after()};
  EXPECT_EQ(status_of(send(kLunch)), "sent");
  EXPECT_EQ(mailbox.send_requests, 1u);
}

TEST_F(GmailSend, AnUnknownOutcomeIsSaidAndNeverRepeatedByItself) {
  mailbox.troubles = {lost_before()};
  const mcp::ToolResult result = send(kLunch);
  EXPECT_EQ(code_of(result), "outcome_unknown");
  EXPECT_EQ(json_of(result).find_integer("retry_after_s"), 15);
  EXPECT_EQ(mailbox.send_requests, 1u);
  // Not before Google's search had its time.
  EXPECT_EQ(code_of(send(kLunch)), "outcome_unknown");
  EXPECT_EQ(mailbox.send_requests, 1u);
  stage.clock.advance(std::chrono::seconds(15));
  EXPECT_EQ(status_of(send(kLunch)), "sent");
  EXPECT_THAT(mailbox.sent, SizeIs(1));
}

TEST_F(GmailSend, AMailThatBecomesVisibleLateIsNotSentAgain) {
  mailbox.troubles = {lost_after()};
  mailbox.shows_sent = false;
  EXPECT_EQ(code_of(send(kLunch)), "outcome_unknown");
  mailbox.shows_sent = true;
  stage.clock.advance(std::chrono::seconds(15));
  EXPECT_EQ(status_of(send(kLunch)), "already_sent");
  EXPECT_THAT(mailbox.sent, SizeIs(1));
}

TEST_F(GmailSend, WithoutSightOfTheMailboxAnUnknownOutcomeStays) {
  stage.alice.tokens_.scopes = {"gmail.send"};
  mailbox.troubles = {lost_after()};
  EXPECT_EQ(code_of(send(kLunch)), "outcome_unknown");
  stage.clock.advance(std::chrono::hours(1));
  const mcp::ToolResult again = send(kLunch);
  EXPECT_EQ(code_of(again), "outcome_unknown");
  EXPECT_THAT(again.text, HasSubstr("look into Sent"));
  EXPECT_THAT(mailbox.sent, SizeIs(1));
  EXPECT_THAT(mailbox.queries, IsEmpty());
}

TEST_F(GmailSend, NothingIsSentWhenTheLookFails) {
  stage.client.set_script([](const http::SeenRequest& request) {
    EXPECT_EQ(request.url.find("/messages/send"), std::string::npos);
    return http::ScriptedClient::answer(503, "{}");
  });
  EXPECT_EQ(code_of(send(kLunch)), "google_unavailable");
}

TEST_F(GmailSend, ARefusalOfGooglesIsCertain) {
  mailbox.troubles = {{false,
                       400,
                       {},
                       R"({"error":{"code":400,"message":"Invalid To header",)"
                       R"("errors":[{"reason":"invalidArgument"}]}})"}};
  EXPECT_EQ(code_of(send(kLunch)), "invalid_argument");
  EXPECT_EQ(status_of(send(kLunch)), "sent");
  EXPECT_THAT(mailbox.sent, SizeIs(1));
}

TEST_F(GmailSend, AnAnswerThatAnotherCallLostMeanwhileIsUnknownToThisOneToo) {
  EXPECT_EQ(status_of(send(kLunch)), "sent");
  const std::string mark = value_of(mailbox.headers(0), "X-Gatehouse-Request");
  const std::size_t space = mark.find(' ');
  mailbox.sent.clear();
  stage.services.sent_mail = SentMail();
  mailbox.on_list = [&] {
    const std::string key = "alice " + mark.substr(0, space);
    stage.services.sent_mail.begin("alice", key, mark.substr(space + 1), stage.clock.now());
    SentMail::Claim lost(stage.services.sent_mail, key, stage.clock);
  };
  EXPECT_EQ(code_of(send(kLunch)), "outcome_unknown");
  EXPECT_THAT(mailbox.sent, IsEmpty());
}

// Both under way at once.
base::Coroutine<std::vector<mcp::ToolResult>> run_both(const mcp::ToolHandler& handler,
                                                       mcp::ToolCall& one, mcp::ToolCall& two) {
  using Timer =
      boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                        boost::asio::wait_traits<std::chrono::steady_clock>,
                                        base::Executor>;
  std::vector<mcp::ToolResult> results(2);
  bool is_done = false;
  const auto executor = co_await boost::asio::this_coro::executor;
  auto keep = [&results, &is_done](std::exception_ptr, mcp::ToolResult result) {
    results[1] = std::move(result);
    is_done = true;
  };
  boost::asio::co_spawn(executor, handler(two), keep);
  auto first = co_await handler(one);
  results[0] = std::move(first);
  const boost::asio::use_awaitable_t<base::Executor> token;
  while (!is_done) {
    Timer timer(executor, std::chrono::milliseconds(1));
    co_await timer.async_wait(token);
  }
  co_return results;
}

TEST_F(GmailSend, TwoCallsAtTheSameTimeSendOnce) {
  const mcp::Tool* tool = stage.catalog.tools.find("gmail_send");
  const auto document = base::JsonDocument::parse(kLunch);
  mcp::ToolCall one(stage.alice, document->root(), stage.sealer);
  mcp::ToolCall two(stage.alice, document->root(), stage.sealer);
  const auto results = http::await_for_test(stage.loop, run_both(tool->handler, one, two));
  EXPECT_THAT(mailbox.sent, SizeIs(1));
  EXPECT_EQ(mailbox.send_requests, 1u);
  EXPECT_NE(results[0].is_error, results[1].is_error) << results[0].text << results[1].text;
}

// Whatever is lost, and whichever process is asked again: one mail, and an answer in the end.
TEST_F(GmailSend, ThousandsOfLostAnswersSendNothingTwice) {
  base::SeededRandom random(3);
  const auto dice = [&](unsigned sides) {
    std::uint8_t byte = 0;
    random.fill({&byte, 1});
    return byte % sides;
  };
  // What was just sent may not be visible yet.
  mailbox.on_send = [&] { mailbox.shows_sent = dice(2) == 0; };
  for (int i = 0; i < 1'000; ++i) {
    stage.services.sent_mail = SentMail();  // the hour's limit is not what is tested
    mailbox.sent.clear();
    mailbox.rewrites_ids = dice(2) == 0;
    mailbox.troubles.clear();
    for (unsigned k = dice(4); k > 0; --k) {
      const bool is_sent = dice(2) == 0;
      const OpenEnd& error = kOpenEnds[dice(std::size(kOpenEnds))];
      mailbox.troubles.push_back({is_sent, error.status, error.code});
    }
    const std::string arguments =
        R"({"to":["bob@acme.example"],"body":"x","request_id":")" + std::to_string(i) + "\"}";
    mcp::ToolResult result;
    for (int attempt = 0; attempt < 6; ++attempt) {
      mailbox.shows_sent = true;
      result = send(arguments);
      if (!result.is_error) break;
      if (dice(4) == 0) stage.services.sent_mail = SentMail();
      stage.clock.advance(std::chrono::seconds(15));
    }
    ASSERT_FALSE(result.is_error) << i << " " << result.text;
    ASSERT_THAT(mailbox.sent, SizeIs(1)) << i;
  }
}

// --- files and forwards ---

constexpr const char* kFile =
    R"({"to":["bob@acme.example"],"body":"x","attachments":["18c2/1"],"request_id":"1"})";
constexpr const char* kForward =
    R"({"to":["dave@other.example"],"body":"See below.","forward":"18c2"})";

// A stranger's mail with two files.
void put_mail_with_files(Mailbox& mailbox) {
  TestMail mail{"18c2", "18c0", {"multipart/mixed", ""}};
  mail.payload.headers = {{"From", "Eve <eve@evil.example>"},
                          {"Subject", "Offer"},
                          {"Message-ID", "<offer@evil.example>"}};
  mail.payload.parts = {{"text/plain", "Buy now."},
                        {"text/csv", "a,b", {}, "a.csv", "A1"},
                        {"application/pdf", "%PDF", {}, "b </u> \xE2\x80\xAE.pdf", "B1"}};
  mailbox.at["/messages/18c2"] = mail_json(mail);
  mailbox.at["/messages/18c2/attachments/A1"] =
      R"({"size":3,"data":")" + base::base64url_encode("a,b") + "\"}";
  mailbox.at["/messages/18c2/attachments/B1"] =
      R"({"size":4,"data":")" + base::base64url_encode("%PDF") + "\"}";
}

TEST_F(GmailSend, AFileGoesOutWithTheMail) {
  put_mail_with_files(mailbox);
  const mcp::ToolResult result = send(kFile);
  EXPECT_EQ(status_of(result), "sent");
  EXPECT_THAT(result.text, HasSubstr("attachments: 1"));
  ASSERT_THAT(mailbox.sent, SizeIs(1));
  const TestPart mail = read_raw_mail(mailbox.sent[0].raw);
  ASSERT_THAT(mail.parts, SizeIs(2));
  EXPECT_EQ(mail.parts[1].text, "a,b");
  EXPECT_EQ(value_of(mail.parts[1].headers, "Content-Disposition"),
            "attachment; filename=\"a.csv\"");
}

TEST_F(GmailSend, ARepeatWithFilesSendsNothing) {
  put_mail_with_files(mailbox);
  mailbox.troubles = {lost_after()};
  EXPECT_EQ(status_of(send(kFile)), "sent");
  EXPECT_EQ(status_of(send(kFile)), "already_sent");
  stage.services.sent_mail = SentMail();
  EXPECT_EQ(status_of(send(kFile)), "already_sent");
  EXPECT_EQ(mailbox.send_requests, 1u);
}

TEST_F(GmailSend, ARequestIdStandsForTheseFilesOnly) {
  put_mail_with_files(mailbox);
  EXPECT_EQ(status_of(send(kFile)), "sent");
  for (const char* other :
       {R"({"to":["bob@acme.example"],"body":"x","attachments":["18c2/2"],"request_id":"1"})",
        R"({"to":["bob@acme.example"],"body":"x","request_id":"1"})",
        R"({"to":["bob@acme.example"],"body":"x","forward":"18c2","request_id":"1"})"}) {
    EXPECT_EQ(code_of(send(other)), "conflict") << other;
    stage.services.sent_mail = SentMail();
    EXPECT_EQ(code_of(send(other)), "conflict") << other;
  }
  EXPECT_THAT(mailbox.sent, SizeIs(1));
}

TEST_F(GmailSend, AForwardLeavesTheOrganisationWithConsentToItsFiles) {  // PI-05
  put_mail_with_files(mailbox);
  const mcp::ToolResult asked = send(kForward);
  EXPECT_EQ(code_of(asked), "blocked_by_policy");
  EXPECT_THAT(asked.text, HasSubstr("Subject: Fwd: Offer\n"));
  EXPECT_THAT(asked.text, HasSubstr("\nAttachments:\n- a.csv (text/csv, 3 bytes)\n- u_ .pdf ("));
  EXPECT_THAT(asked.text, HasSubstr("It begins: See below. ---------- Forwarded message"));
  const std::string fence = asked.text.substr(asked.text.find("<untrusted-"));
  EXPECT_LT(fence.find("a.csv"), fence.find("</untrusted-"));
  EXPECT_THAT(mailbox.sent, IsEmpty());
  const std::string code(*json_of(asked).find_string("confirm"));
  const auto with_code = [&](std::string arguments) {
    arguments.insert(arguments.size() - 1, R"(,"confirm":")" + code + "\"");
    return arguments;
  };
  for (
      const char* other :
      {R"({"to":["dave@other.example"],"body":"See below.","forward":"18c2","attachments":[]})",
       R"({"to":["dave@other.example"],"body":"See below.","forward":"18c2","attachments":["18c2/1"]})",
       R"({"to":["dave@other.example"],"body":"See below."})"})
    EXPECT_EQ(code_of(send(with_code(other))), "blocked_by_policy") << other;
  EXPECT_EQ(status_of(send(with_code(kForward))), "sent");
  ASSERT_THAT(mailbox.sent, SizeIs(1));
  EXPECT_THAT(read_raw_mail(mailbox.sent[0].raw).parts, SizeIs(3));
}

TEST_F(GmailSend, ConsentIsForTheTextThatIsPassedOn) {
  put_mail_with_files(mailbox);
  const std::string state = send_asking(kForward, nullptr).input_required->state;
  // As if it were a draft that somebody goes on writing.
  std::string& mail = mailbox.at["/messages/18c2"];
  const std::string before = base::base64url_encode("Buy now.");
  mail.replace(mail.find(before), before.size(), base::base64url_encode("Buy all."));
  EXPECT_TRUE(send_asking(kForward, kAccepts, state).input_required) << "it is asked again";
  EXPECT_THAT(mailbox.sent, IsEmpty());
}

TEST_F(GmailSend, AForwardNeedsSomebodyToGoTo) {
  EXPECT_EQ(code_of(send(R"({"forward":"18c2","body":"x"})")), "invalid_argument");
  EXPECT_EQ(stage.asked_count(), 0u);
}

TEST_F(GmailSend, NothingIsSentWithoutAFileThatIsGone) {
  put_mail_with_files(mailbox);
  mailbox.at.erase("/messages/18c2/attachments/A1");
  EXPECT_EQ(code_of(send(kFile)), "not_found_or_no_access");
  EXPECT_EQ(mailbox.send_requests, 0u);
  put_mail_with_files(mailbox);
  EXPECT_EQ(status_of(send(kFile)), "sent") << "and nothing is remembered of it";
}

TEST_F(GmailSend, WhatIsPassedOnHasToBeRead) {
  stage.alice.tokens_.scopes = {"gmail.send"};
  EXPECT_EQ(code_of(send(kFile)), "scope_missing");
  EXPECT_EQ(code_of(send(kForward)), "scope_missing");
  EXPECT_EQ(stage.asked_count(), 0u);
}

// --- out of the organisation: PI-05, T44 ---

TEST_F(GmailSend, ACodeLetsMailOutOnce) {
  const mcp::ToolResult asked = send(kOutside);
  EXPECT_EQ(code_of(asked), "blocked_by_policy");
  EXPECT_THAT(asked.text, HasSubstr("Subject: Plan"));
  EXPECT_THAT(asked.text, HasSubstr("- eve@evil.example\n- x@other.example\nand 1 inside"));
  EXPECT_THAT(asked.text, Not(HasSubstr("- bob@")));
  EXPECT_THAT(mailbox.sent, IsEmpty());
  const std::string code(*json_of(asked).find_string("confirm"));
  std::string confirmed(kOutside);
  confirmed.insert(confirmed.size() - 1, R"(,"confirm":")" + code + "\"");
  EXPECT_EQ(status_of(send(confirmed)), "sent");
  EXPECT_EQ(status_of(send(confirmed)), "already_sent");
  EXPECT_THAT(mailbox.sent, SizeIs(1));
}

TEST_F(GmailSend, ACodeIsGoodForThisMailAndThisUserAndTenMinutes) {
  stage.bob.tokens_.scopes = {"gmail.readonly", "gmail.send"};
  const std::string code(*json_of(send(kOutside)).find_string("confirm"));
  const auto with = [&](std::string arguments, const std::string& confirm) {
    arguments.insert(arguments.size() - 1, R"(,"confirm":")" + confirm + "\"");
    return arguments;
  };
  const char* other_mails[] = {
      R"({"to":["bob@acme.example","eve@evil.example"],"bcc":["x@other.example"],"subject":"Plan","body":"Other."})",
      R"({"to":["bob@acme.example","eve@evil.example"],"bcc":["y@other.example"],"subject":"Plan","body":"The plan."})",
      R"({"to":["bob@acme.example","eve@evil.example"],"cc":["x@other.example"],"subject":"Plan","body":"The plan."})",
      R"({"to":["bob@acme.example","eve@evil.example"],"bcc":["x@other.example"],"subject":"Plans","body":"The plan."})",
      R"({"to":["bob@acme.example","eve@evil.example"],"bcc":["x@other.example"],"subject":"Plan","body":"The plan.","request_id":"1"})",
  };
  for (const char* other : other_mails)
    EXPECT_EQ(code_of(send(with(other, code))), "blocked_by_policy") << other;
  EXPECT_EQ(code_of(stage.call_as(stage.bob, "gmail_send", with(kOutside, code))),
            "blocked_by_policy");
  EXPECT_EQ(code_of(send(with(kOutside, "sealed-99"))), "blocked_by_policy");
  const std::string cursor =
      stage.sealer.seal("gmail_search", stage.alice.principal, "x", std::chrono::seconds(60));
  EXPECT_EQ(code_of(send(with(kOutside, cursor))), "blocked_by_policy");
  stage.clock.advance(std::chrono::seconds(600));
  EXPECT_EQ(code_of(send(with(kOutside, code))), "blocked_by_policy");
  EXPECT_THAT(mailbox.sent, IsEmpty());
}

TEST_F(GmailSend, TheUserIsAskedWhereTheClientCan) {
  const mcp::ToolResult asked = send_asking(kOutside, nullptr);
  ASSERT_TRUE(asked.input_required);
  ASSERT_THAT(asked.input_required->requests, SizeIs(1));
  EXPECT_THAT(asked.input_required->requests[0].params, HasSubstr("eve@evil.example"));
  EXPECT_THAT(asked.input_required->requests[0].params, HasSubstr("Subject: Plan"));
  EXPECT_THAT(mailbox.sent, IsEmpty());
  EXPECT_EQ(status_of(send_asking(kOutside, kAccepts, asked.input_required->state)), "sent");
  EXPECT_THAT(mailbox.sent, SizeIs(1));
}

TEST_F(GmailSend, ANoOfTheUserHolds) {
  const std::string state = send_asking(kOutside, nullptr).input_required->state;
  for (const char* no : {R"({"action":"decline"})", R"({"action":"cancel"})",
                         R"({"action":"accept","content":{"send":false}})",
                         R"({"action":"accept","content":{}})", R"({"action":"accept"})", "{}"}) {
    const mcp::ToolResult result = send_asking(kOutside, no, state);
    EXPECT_EQ(code_of(result), "blocked_by_policy") << no;
    EXPECT_THAT(result.text, HasSubstr("did not agree"));
  }
  EXPECT_THAT(mailbox.sent, IsEmpty());
}

TEST_F(GmailSend, AYesToAnotherMailOrToNoQuestionCountsForNothing) {
  EXPECT_TRUE(send_asking(kOutside, kAccepts).input_required);
  EXPECT_TRUE(send_asking(kOutside, kAccepts, "made up").input_required);
  const std::string state = send_asking(kOutside, nullptr).input_required->state;
  EXPECT_TRUE(
      send_asking(R"({"to":["eve@evil.example"],"subject":"Plan","body":"Other"})", kAccepts, state)
          .input_required);
  EXPECT_THAT(mailbox.sent, IsEmpty());
}

TEST_F(GmailSend, LookAlikeDomainsAreOutsideAndShownAsTheyAre) {
  const mcp::ToolResult asked = send(
      "{\"to\":[\"bob@\xD0\xB0"
      "cme.example\"],\"body\":\"x\"}");
  EXPECT_EQ(code_of(asked), "blocked_by_policy");
  EXPECT_THAT(asked.text, HasSubstr("- bob@xn--cme-5cd.example"));
  for (const char* to : {"bob@sub.acme.example", "bob@acme.example.evil.example",
                         "bob@notacme.example", "acme.example@evil.example"}) {
    EXPECT_EQ(code_of(send(std::string(R"({"to":[")") + to + R"("],"body":"x"})")),
              "blocked_by_policy")
        << to;
  }
}

TEST_F(GmailSend, AnAddressOfAnotherDomainMakesNobodyInside) {
  mailbox.at["/settings/sendAs"] =
      R"({"sendAs":[{"sendAsEmail":"alice@home.example","verificationStatus":"accepted"}]})";
  const mcp::ToolResult asked =
      send(R"({"to":["x@home.example"],"body":"x","from":"alice@home.example"})");
  EXPECT_EQ(code_of(asked), "blocked_by_policy");
  EXPECT_THAT(asked.text, HasSubstr("Send this mail from alice@home.example"));
}

TEST_F(GmailSend, ConsentIsForTheAddressItComesFrom) {
  mailbox.at["/settings/sendAs"] =
      R"({"sendAs":[{"sendAsEmail":"sales@acme.example","verificationStatus":"accepted"}]})";
  const std::string code(*json_of(send(kOutside)).find_string("confirm"));
  std::string other(kOutside);
  other.insert(other.size() - 1, R"(,"from":"sales@acme.example","confirm":")" + code + "\"");
  EXPECT_EQ(code_of(send(other)), "blocked_by_policy");
  EXPECT_THAT(mailbox.sent, IsEmpty());
}

TEST_F(GmailSend, ADryRunTellsAndSendsNothing) {
  const mcp::ToolResult inside = send(
      R"({"to":["bob@acme.example"],"subject":"Lunch","body":"x","dry_run":true,"request_id":"1"})");
  EXPECT_EQ(status_of(inside), "would_send");
  EXPECT_EQ(json_of(inside).find_string("confirmation"), "not needed");
  std::string dry(kOutside);
  dry.insert(dry.size() - 1, R"(,"dry_run":true)");
  const mcp::ToolResult outside = send(dry);
  EXPECT_EQ(json_of(outside).find_string("confirmation"), "needed");
  EXPECT_THAT(outside.text, HasSubstr("outside: eve@evil.example, x@other.example"));
  EXPECT_EQ(mailbox.send_requests, 0u);
  EXPECT_THAT(stage.log.text(), HasSubstr(R"("reason":"dry run","tool":"gmail_send")"));
  EXPECT_EQ(
      status_of(send(R"({"to":["bob@acme.example"],"subject":"L","body":"x","request_id":"1"})")),
      "sent")
      << "and it claims nothing";
}

// --- replies ---

std::string original_json(const std::string& id, const HeaderPairs& headers,
                          std::vector<std::string> labels = {"INBOX"}) {
  TestMail mail;
  mail.id = id;
  mail.thread_id = "7a";
  mail.labels = std::move(labels);
  mail.payload = {"text/plain", "x", headers};
  return mail_json(mail);
}

const HeaderPairs kQuestion = {
    {"From", "Bob Baxter <bob@acme.example>"},
    {"To", "alice@acme.example, \"Carol, C.\" <carol@acme.example>"},
    {"Cc", "Dan <dan@acme.example>, alias@acme.example, bob@acme.example"},
    {"Subject", "=?UTF-8?Q?Gr=C3=BC=C3=9Fe?="},
    {"Message-ID", "<q2@acme.example>"},
    {"References", "<q0@acme.example> <q1@acme.example>"},
};

TEST_F(GmailSend, AReplyStaysInItsThread) {
  mailbox.at["/messages/18c2"] = original_json("18c2", kQuestion);
  const mcp::ToolResult result = send(R"({"reply_to":"18c2","body":"Yes."})");
  EXPECT_EQ(status_of(result), "sent");
  EXPECT_EQ(json_of(result).find_string("thread_id"), "7a");
  ASSERT_THAT(mailbox.sent, SizeIs(1));
  const HeaderPairs& headers = mailbox.headers(0);
  EXPECT_EQ(value_of(headers, "To"), "Bob Baxter <bob@acme.example>");
  EXPECT_EQ(value_of(headers, "Cc"), "");
  EXPECT_EQ(decode_header(value_of(headers, "Subject")),
            "Re: Gr\xC3\xBC\xC3\x9F"
            "e");
  EXPECT_EQ(value_of(headers, "In-Reply-To"), "<q2@acme.example>");
  EXPECT_EQ(value_of(headers, "References"),
            "<q0@acme.example> <q1@acme.example> <q2@acme.example>");
}

TEST_F(GmailSend, AReplyToAllLeavesOutOnesOwnAddresses) {
  mailbox.at["/messages/18c2"] = original_json("18c2", kQuestion);
  mailbox.at["/settings/sendAs"] =
      R"({"sendAs":[{"sendAsEmail":"alice@acme.example"},{"sendAsEmail":"Alias@acme.example"}]})";
  EXPECT_EQ(status_of(send(R"({"reply_to":"18c2","reply_all":true,"body":"Yes."})")), "sent");
  EXPECT_EQ(value_of(mailbox.headers(0), "To"),
            "Bob Baxter <bob@acme.example>, \"Carol, C.\" <carol@acme.example>");
  EXPECT_EQ(value_of(mailbox.headers(0), "Cc"), "Dan <dan@acme.example>");
}

TEST_F(GmailSend, AThreadIsAnsweredAtItsLatestMailThatIsNoDraft) {
  mailbox.at["/threads/7a"] =
      R"({"id":"7a","messages":[)" +
      original_json("1", {{"From", "carol@acme.example"}, {"Message-ID", "<1@x.example>"}}) + "," +
      original_json("2", {{"From", "bob@acme.example"}, {"Message-ID", "<2@x.example>"}}) + "," +
      original_json("3", {{"From", "alice@acme.example"}}, {"DRAFT"}) + "]}";
  EXPECT_EQ(status_of(send(R"({"reply_to":"t:7a","body":"Yes."})")), "sent");
  EXPECT_EQ(value_of(mailbox.headers(0), "To"), "bob@acme.example");
  EXPECT_EQ(value_of(mailbox.headers(0), "In-Reply-To"), "<2@x.example>");
  // A bare id that is no message.
  EXPECT_EQ(status_of(send(R"({"reply_to":"7a","body":"Yes again."})")), "sent");
}

TEST_F(GmailSend, AReplyAddressOfAStrangerIsOutside) {
  HeaderPairs headers = kQuestion;
  headers.emplace_back("Reply-To", "Bob Baxter <bob@evil.example>");
  mailbox.at["/messages/18c2"] = original_json("18c2", headers);
  const mcp::ToolResult asked = send(R"({"reply_to":"18c2","body":"Yes."})");
  EXPECT_EQ(code_of(asked), "blocked_by_policy");
  EXPECT_THAT(asked.text, HasSubstr("- bob@evil.example"));
}

TEST_F(GmailSend, HeadersOfTheAnsweredMailBringNothingIn) {
  mailbox.at["/messages/18c2"] =
      original_json("18c2", {{"From", "bob@acme.example"},
                             {"Subject", "=?UTF-8?Q?x=0D=0ABcc:_eve@evil.example?="},
                             {"Message-ID", "<a@b>\r\nBcc: eve@evil.example"},
                             {"References", "<ok@x.example>\r\n\r\nbody <evil\x01@x.example>"}});
  EXPECT_EQ(status_of(send(R"({"reply_to":"18c2","body":"Yes."})")), "sent");
  EXPECT_EQ(count_of(mailbox.headers(0), "Bcc"), 0u);
  EXPECT_EQ(value_of(mailbox.headers(0), "References"), "<ok@x.example> <a@b>");
}

TEST_F(GmailSend, AReplyRepeatedIsKnownAlthoughTheThreadHasGrown) {
  mailbox.at["/threads/7a"] =
      R"({"id":"7a","messages":[)" + original_json("1", {{"From", "bob@acme.example"}}) + "]}";
  EXPECT_EQ(status_of(send(R"({"reply_to":"t:7a","body":"Yes."})")), "sent");
  mailbox.at["/threads/7a"] =
      R"({"id":"7a","messages":[)" + original_json("1", {{"From", "bob@acme.example"}}) + "," +
      original_json("2", {{"From", "alice@acme.example"}, {"To", "bob@acme.example"}}) + "]}";
  stage.services.sent_mail = SentMail();
  EXPECT_EQ(status_of(send(R"({"reply_to":"t:7a","body":"Yes."})")), "already_sent");
  EXPECT_THAT(mailbox.sent, SizeIs(1));
}

TEST_F(GmailSend, AMailThatDoesNotExistCannotBeAnswered) {
  EXPECT_EQ(code_of(send(R"({"reply_to":"18ff","body":"x"})")), "not_found_or_no_access");
}

// --- budget and log: PI-08, PI-12 ---

TEST_F(GmailSend, AnHourHasItsLimit) {
  for (int i = 0; i < 60; ++i) {
    const std::string body =
        R"({"to":["bob@acme.example"],"body":"no )" + std::to_string(i) + "\"}";
    ASSERT_EQ(status_of(send(body)), "sent");
    stage.clock.advance(std::chrono::seconds(40));
  }
  const mcp::ToolResult refused = send(kLunch);
  EXPECT_EQ(code_of(refused), "rate_limited");
  EXPECT_EQ(json_of(refused).find_integer("retry_after_s"), 3600 - 60 * 40);
  stage.clock.advance(std::chrono::seconds(3600 - 60 * 40));
  EXPECT_EQ(status_of(send(kLunch)), "sent");
}

TEST_F(GmailSend, EverySendIsInTheLogWithoutContent) {
  send(kOutside);
  send(kLunch);
  EXPECT_THAT(stage.log.text(),
              HasSubstr(R"("event":"mail send","reason":"confirmation needed","tool":"gmail_send",)"
                        R"("user":"alice","client":"client","object":"","count":3,"outside":2})"));
  EXPECT_THAT(stage.log.text(),
              HasSubstr(R"("event":"mail send","reason":"sent","tool":"gmail_send","user":"alice",)"
                        R"("client":"client","object":"5e470","count":1,"outside":0})"));
  for (const char* content : {"Lunch", "noon", "bob", "evil", "Plan"})
    EXPECT_THAT(stage.log.text(), Not(HasSubstr(content)));
}

}  // namespace
}  // namespace gatehouse::workspace::gmail
