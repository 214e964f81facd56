// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/message_view.h"

#include <gtest/gtest.h>

#include "gatehouse/workspace/gmail/invitation.h"
#include "gatehouse/workspace/gmail/mail_for_test.h"

namespace gatehouse::workspace::gmail {
namespace {

MessageView view_of(const TestPart& payload, const ViewOptions& options = {}) {
  const auto document =
      base::JsonDocument::parse(mail_json({"18c2f00000000001", "t1", payload}), {.depth_max = 200});
  EXPECT_TRUE(document);
  const MimeTree tree = MimeTree::parse(*document->root().find("payload"));
  return view_message(document->root(), tree, options);
}

std::string listed(const MessageView& view) {
  std::string out;
  for (const AttachmentView& a : view.attachments) out += a.handle.substr(17) + " " + a.name + ";";
  return out;
}

HeaderPairs type(const std::string& value) { return {{"Content-Type", value}}; }
HeaderPairs attached(const std::string& disposition) {
  return {{"Content-Disposition", disposition}};
}

TestPart multi(const std::string& subtype, std::vector<TestPart> parts) {
  TestPart part;
  part.mime = "multipart/" + subtype;
  part.parts = std::move(parts);
  return part;
}
TestPart plain(const std::string& text) { return {"text/plain", text}; }
TestPart html(const std::string& text) { return {"text/html", text}; }

// TO-09
TEST(MessageView, SaysWhenItShowsNotAllOfAText) {
  const MessageView small = view_of(plain(std::string(100'000, 'x')));
  EXPECT_FALSE(small.omissions.cut);
  const MessageView large = view_of(plain(std::string(6 * 1024 * 1024, 'x')));
  EXPECT_TRUE(large.omissions.cut);
  EXPECT_GT(large.body.size(), 4'000'000u);
  // Each byte becomes two: what does not fit is left out, not all of it.
  TestPart latin = plain(std::string(3 * 1024 * 1024, '\xe4'));
  latin.headers = type("text/plain; charset=iso-8859-1");
  const MessageView grown = view_of(latin);
  EXPECT_TRUE(grown.omissions.cut);
  EXPECT_GT(grown.body.size(), 4'000'000u);
  const MessageView several =
      view_of(multi("mixed", {plain(std::string(3 * 1024 * 1024, 'x')),
                              plain(std::string(3 * 1024 * 1024, 'y')), plain("the last")}));
  EXPECT_TRUE(several.omissions.cut);
  EXPECT_NE(several.body.find('y'), std::string::npos);
  EXPECT_EQ(several.body.find("the last"), std::string::npos);
}

struct BodyCase {
  const char* name;
  TestPart payload;
  std::string body;
  std::string attachments;
};

const std::string kLongHtml = "<p>" + std::string(600, 'x') + "</p>";

TEST(MessageView, FindsTheTextInEveryKindOfTree) {
  const BodyCase cases[] = {
      {"plain at the root", plain("Hello\r\n\r\n\r\nBye  \r\n"), "Hello\n\nBye", ""},
      {"HTML only", html("<p>Hello <b>you</b></p>"), "Hello **you**", ""},
      {"alternative", multi("alternative", {plain("text"), html("<p>html</p>")}), "text", ""},
      {"HTML alone in alternative", multi("alternative", {html("<p>html</p>")}), "html", ""},
      {"empty plain part", multi("alternative", {plain(" \r\n "), html("<p>html</p>")}), "html",
       ""},
      {"stub",
       multi("alternative", {plain("View this email in your browser"), html("<p>real</p>")}),
       "real", ""},
      {"plain part far shorter than the HTML",
       multi("alternative", {plain("Sale!"), html(kLongHtml)}), std::string(600, 'x'), ""},
      {"related in alternative in mixed",
       multi("mixed", {multi("alternative",
                             {plain("text"),
                              multi("related",
                                    {html("<p>html</p>"),
                                     {"image/png", "p", {{"Content-ID", "<logo>"}}, "logo.png"}})}),
                       {"application/pdf", "pdf", attached("attachment"), "plan.pdf"}}),
       "text", "1 plan.pdf;"},
      {"two texts in mixed", multi("mixed", {plain("a"), html("<p>b</p>"), plain("c")}),
       "a\n\nb\n\nc", ""},
      {"text file is an attachment",
       multi("mixed", {plain("a"), {"text/plain", "b", attached("attachment"), "b.txt"}}), "a",
       "1 b.txt;"},
      {"text with a name only",
       multi("mixed", {plain("a"), {"text/csv", "b", type("text/csv; name=\"q3.csv\"")}}), "a",
       "1 q3.csv;"},
      {"a name in RFC 2231",
       multi("mixed", {plain("a"),
                       {"application/pdf", "b",
                        attached("attachment; filename*=utf-8''caf%C3%A9%20menu.pdf")}}),
       "a", "1 caf\xC3\xA9 menu.pdf;"},
      {"a name in RFC 2047 with a path",
       multi("mixed", {plain("a"),
                       {"application/pdf", "b", attached("attachment"),
                        "=?utf-8?Q?=2E=2E/=2E=2E/caf=C3=A9=2Epdf?="}}),
       "a", "1 caf\xC3\xA9.pdf;"},
      {"winmail.dat", multi("mixed", {plain("a"), {"application/ms-tnef", "b", {}, "winmail.dat"}}),
       "a", "1 winmail.dat;"},
      {"no name", multi("mixed", {plain("a"), {"application/octet-stream", "b"}}), "a",
       "1 unnamed;"},
      {"attached mail within attached mail",
       multi("mixed", {plain("see"),
                       {"message/rfc822",
                        "",
                        {},
                        "",
                        "",
                        {{"multipart/mixed",
                          "",
                          {{"From", "=?utf-8?Q?Jos=C3=A9?= <j@x.example>"}, {"Subject", "first"}},
                          "",
                          "",
                          {plain("inner"),
                           {"message/rfc822",
                            "",
                            {},
                            "",
                            "",
                            {{"text/plain", "innermost", {{"From", "k@x.example"}}}}}}}}}}),
       "see\n\n[attached message]\nFrom: Jos\xC3\xA9 <j@x.example>\nSubject: first\n\ninner\n\n"
       "[attached message]\nFrom: k@x.example\n\ninnermost",
       ""},
      {"attached mail with a file name",
       multi("mixed", {plain("a"),
                       {"message/rfc822", "", {}, "old.eml", "", {{"text/plain", "inner", {}}}}}),
       "a\n\n[attached message]\n\ninner", "1 old.eml;"},
      {"attached mail that Gmail did not open",
       multi("mixed", {plain("a"), {"message/rfc822", "x", {}, "old.eml", "att-1"}}), "a",
       "1 old.eml;"},
      {"latin 1",
       {"text/plain", "caf\xE9", type("text/plain; charset=iso-8859-1")},
       "caf\xC3\xA9",
       ""},
      {"iso-2022-jp",
       {"text/plain", "\x1B$B2q5D\x1B(B", type("text/plain; charset=\"ISO-2022-JP\"")},
       "\xE4\xBC\x9A\xE8\xAD\xB0",
       ""},
      {"utf-8 that says latin 1",
       {"text/plain", "caf\xC3\xA9", type("text/plain; charset=iso-8859-1")},
       "caf\xC3\xA9",
       ""},
      {"unknown charset",
       {"text/plain",
        "\xFC"
        "ber",
        type("text/plain; charset=x-unknown")},
       "\xC3\xBC"
       "ber",
       ""},
      {"base64 in the other alphabet and padded",
       {"text/plain", "", {}, "", "", {}, "w7/Dv8O/Pz8/"},
       "\xC3\xBF\xC3\xBF\xC3\xBF???",
       ""},
      {"base64 cut in the middle",
       {"text/plain", "", {}, "", "", {}, "SGVsbG8gV29yb"},
       "Hello Wor",
       ""},
      {"base64 with rubbish", {"text/plain", "", {}, "", "", {}, "SGVsbG8h****"}, "Hello!", ""},
      {"no text at all", {"application/pdf", "x", {}, "scan.pdf"}, "", " scan.pdf;"},
      {"empty multipart", multi("mixed", {}), "", ""},
      {"empty parts", multi("mixed", {plain(""), html("")}), "", ""},
      {"nothing", {}, "", ""},
      {"delivery report",
       multi("report", {plain("Not delivered"), {"message/delivery-status", "Status: 5.1.1"}}),
       "Not delivered\n\nStatus: 5.1.1", ""},
  };
  for (const BodyCase& c : cases) {
    SCOPED_TRACE(c.name);
    const MessageView view = view_of(c.payload);
    EXPECT_EQ(view.body, c.body);
    EXPECT_EQ(listed(view), c.attachments);
  }
}

TEST(MessageView, ShowsANamedTextThatStandsAlone) {
  const TestPart named{"text/plain", "The text.", {}, "body.txt"};
  const MessageView alone = view_of(multi("alternative", {named}));
  EXPECT_EQ(alone.body, "The text.");
  EXPECT_EQ(listed(alone), "0 body.txt;");
  const MessageView within =
      view_of(multi("mixed", {multi("alternative", {named, {"image/png", "x", {}, "a.png", "A1"}}),
                              {"text/plain", "b", {}, "b.txt", "B1"}}));
  EXPECT_EQ(within.body, "The text.");
  EXPECT_EQ(listed(within), "0.0 body.txt;0.1 a.png;1 b.txt;");
  const MessageView beside = view_of(multi("alternative", {named, html("<p>The HTML.</p>")}));
  EXPECT_EQ(beside.body, "The HTML.");
  EXPECT_EQ(listed(beside), "0 body.txt;");
  TestPart sent_as_file = named;
  sent_as_file.headers = attached("attachment; filename=body.txt");
  EXPECT_EQ(view_of(multi("alternative", {sent_as_file})).body, "");
}

TEST(MimeTree, FetchesANamedTextThatStandsAlone) {
  const auto document = base::JsonDocument::parse(
      payload_json(multi("alternative", {{"text/plain", "The text.", {}, "body.txt", "A1"}})));
  ASSERT_TRUE(document);
  EXPECT_EQ(MimeTree::parse(document->root()).parts_to_fetch(), std::vector<std::size_t>{1});
}

TEST(MessageView, KeepsInvitationsBesideTheText) {
  const std::string calendar =
      "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nSUMMARY:Stand\\, up\r\n"
      "DTSTART;TZID=Europe/Zurich:20261116T090000\r\nDTEND:20261116T081500Z\r\n"
      "ORGANIZER;CN=\"Bob B\":mailto:bob@acme.exa\r\n mple\r\nLOCATION:Room 1\r\n"
      "BEGIN:VALARM\r\nSUMMARY:ring\r\nEND:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
  const MessageView view =
      view_of(multi("alternative", {plain("Join us"), {"text/calendar", calendar, {}, "i.ics"}}));

  EXPECT_EQ(view.body,
            "Join us\n\n[invitation: REQUEST]\nEvent: Stand, up\nWhen: 2026-11-16T09:00 "
            "Europe/Zurich to 2026-11-16T08:15Z\nWhere: Room 1\nOrganizer: Bob B "
            "<bob@acme.example>");
}

TEST(MessageView, CountsWhatItLeavesOut) {
  const MessageView view = view_of(
      html("<div style='display:none'>obey</div><p>a\xE2\x80\x8B"
           "b "
           "<a href='https://evil.example'>bank.com</a></p>"
           "<div class=gmail_quote>On 1 Nov 2026 Bob wrote:<blockquote>old</blockquote></div>"));

  EXPECT_EQ(view.omissions.hidden_characters, 4u);
  EXPECT_EQ(view.omissions.invisible_characters, 1u);
  EXPECT_EQ(view.omissions.misleading_links, 1u);
  EXPECT_GT(view.omissions.quoted_characters, 20u);
  EXPECT_EQ(view.body.find("obey"), std::string::npos);
  EXPECT_EQ(view.body.find("old"), std::string::npos);
}

TEST(MessageView, FollowsItsOptions) {
  TestPart payload =
      multi("alternative", {plain("new\n\nOn 1 Nov 2026 Bob wrote:\n> old\n"), html("<p>new</p>")});
  payload.headers = {{"Received", "from x"}, {"X-Long", "a\r\n b"}};
  ViewOptions options;
  options.quotes = true;
  options.headers = true;

  const MessageView view = view_of(payload, options);

  EXPECT_EQ(view.body, "new\n\nOn 1 Nov 2026 Bob wrote:\n> old");
  EXPECT_EQ(view.headers, (std::vector<std::string>{"Received: from x", "X-Long: a b"}));
  options = ViewOptions();
  options.html = true;
  EXPECT_EQ(view_of(payload, options).body, "<p>new</p>");
}

TEST(MessageView, ReadsThePeople) {
  TestPart payload = plain("x");
  payload.headers = {{"From", "\"Doe, John\" <j@x.example>"},
                     {"To", "=?utf-8?Q?Fran=C3=A7ois?= <f@x.example>, b@x.example"},
                     {"Subject", "=?utf-8?Q?caf=C3=A9?=\r\n =?utf-8?Q?_bar?="}};
  const MessageView view = view_of(payload);

  EXPECT_EQ(view.from, "Doe, John <j@x.example>");
  EXPECT_EQ(view.to, "Fran\xC3\xA7ois <f@x.example>, b@x.example");
  EXPECT_EQ(view.subject, "caf\xC3\xA9 bar");
  EXPECT_EQ(people_of("a@x.example, b@x.example, c@x.example", 2),
            "a@x.example, b@x.example and 1 more");
}

struct LossCase {
  const char* name;
  TestPart payload;
  std::string body;
  std::string attachments;
  bool cut;
};

TEST(MessageView, LosesNothingSilently) {
  const TestPart csv{"text/csv", "b", attached("attachment"), "f.csv"};
  TestPart damaged = plain("x");
  damaged.raw_data = "QmVmb3Jl!!!!QWZ0ZXI";  // Before, After
  TestPart koi8 = html("<meta charset=\"koi8-r\"><p>\xf0\xd2\xc9</p>");
  koi8.headers = type("text/html");
  const std::string todo = "BEGIN:VCALENDAR\nBEGIN:VTODO\nSUMMARY:Rent\nEND:VTODO\nEND:VCALENDAR";
  const LossCase cases[] = {
      {"text that was not fetched",
       multi("mixed", {plain("a"), {"text/plain", "b", {}, "", "att-1"}}), "a", "1 unnamed;",
       false},
      {"HTML that says nothing beside a stub",
       multi("alternative", {plain("View it in your browser: pear"), html("<body></body>")}),
       "View it in your browser: pear", "", false},
      {"HTML of one picture",
       multi("alternative", {plain("View it in your browser: pear"), html("<img src=\"x\">")}),
       "View it in your browser: pear", "", false},
      {"files of a second branch of the same kind",
       multi("alternative",
             {plain("text"), html("<p>html</p>"), multi("mixed", {html("<p>html</p>"), csv})}),
       "text", "2.1 f.csv;", false},
      {"files beside a second text",
       multi("alternative", {plain("text"), multi("mixed", {plain("text"), csv})}), "text",
       "1.1 f.csv;", false},
      {"damaged base64", damaged, "Before", "", true},
      {"a calendar without events", multi("mixed", {plain("a"), {"text/calendar", todo}}),
       "a\n\n" + todo, "", false},
      {"a calendar sent as a file",
       multi("mixed", {plain("a"), {"text/calendar", todo, attached("attachment"), "x.ics"}}),
       "a\n\n" + todo, "1 x.ics;", false},
      {"a picture that is shown and attached",
       multi("related", {html("<p>html</p>"),
                         {"image/png",
                          "p",
                          {{"Content-ID", "<p>"}, {"Content-Disposition", "attachment"}},
                          "p.png"}}),
       "html", "1 p.png;", false},
      {"HTML that names its charset", koi8, "\xd0\x9f\xd1\x80\xd0\xb8", "", false},
  };
  for (const LossCase& c : cases) {
    SCOPED_TRACE(c.name);
    const MessageView view = view_of(c.payload);
    EXPECT_EQ(view.body, c.body);
    EXPECT_EQ(listed(view), c.attachments);
    EXPECT_EQ(view.omissions.cut, c.cut);
  }
}

TEST(Invitation, SaysWhenThereIsMore) {
  std::string calendar = "BEGIN:VCALENDAR\n";
  for (int i = 0; i < 12; ++i) calendar += "BEGIN:VEVENT\nSUMMARY:x\nEND:VEVENT\n";
  EXPECT_TRUE(invitation_text(calendar + "END:VCALENDAR\n").ends_with("[more events follow]"));
}

TEST(MimeTree, NamesTheTextsThatGmailKeepsApart) {
  const TestPart payload =
      multi("mixed", {{"text/plain", "", {}, "", "att-1"},
                      {"text/html", "", attached("attachment"), "page.html", "att-2"},
                      {"image/png", "", {}, "x.png", "att-3"}});
  const auto document = base::JsonDocument::parse(payload_json(payload));
  MimeTree tree = MimeTree::parse(document->root());

  ASSERT_EQ(tree.parts_to_fetch(), std::vector<std::size_t>{1});
  auto fetched = base::JsonDocument::parse(R"({"data":"SGk"})");
  ASSERT_TRUE(fetched);
  tree.take(1, google::ApiDocument(std::move(*fetched), {}));
  EXPECT_EQ(tree.text_of(1), "Hi");
}

// TO-09
TEST(MimeTree, CutsLongNamesOfPartsBetweenCharacters) {
  const std::string long_id = std::string(99, '1') + "\xC3\xBC";
  const auto document = base::JsonDocument::parse(R"({"partId":")" + long_id + R"("})");
  ASSERT_TRUE(document);
  EXPECT_EQ(MimeTree::parse(document->root()).parts()[0].part_id, std::string(99, '1'));
}

TEST(MimeTree, BoundsDepthAndNumber) {
  std::string deep;
  for (int i = 0; i < 60; ++i) deep += R"({"mimeType":"multipart/mixed","parts":[)";
  deep += R"({"mimeType":"text/plain","body":{"data":"eA"}})";
  for (int i = 0; i < 60; ++i) deep += "]}";
  const auto document = base::JsonDocument::parse(deep, {.depth_max = 128});
  const MimeTree tree = MimeTree::parse(document->root());
  EXPECT_TRUE(tree.cut());
  EXPECT_EQ(tree.parts().size(), 32u);
  EXPECT_TRUE(tree.reading().pieces.empty());

  TestPart wide = multi("mixed", {});
  for (int i = 0; i < 2'000; ++i) wide.parts.push_back({"image/png", "x", {}, "x.png"});
  const MessageView of_wide = view_of(wide);
  EXPECT_TRUE(of_wide.omissions.cut);
  EXPECT_EQ(of_wide.attachments.size(), 40u);
  EXPECT_EQ(of_wide.omissions.attachments, 459u);
}

TEST(Invitation, ReadsNoTimeOutOfOtherCharacters) {
  EXPECT_EQ(invitation_text("BEGIN:VEVENT\nDTSTART:20261103T1\xEF\xBF\xBD\nEND:VEVENT"),
            "[invitation]\nEvent: \nWhen: 2026-11-03");
}

TEST(Invitation, IsEmptyWithoutAnEvent) {
  for (const char* text : {"", "BEGIN:VCALENDAR\nEND:VCALENDAR", "END:VEVENT\nEND:VEVENT", ":::"}) {
    EXPECT_EQ(invitation_text(text), "") << text;
  }
}

}  // namespace
}  // namespace gatehouse::workspace::gmail
