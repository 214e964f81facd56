// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/outgoing_message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gatehouse/workspace/gmail/body_text.h"
#include "gatehouse/workspace/gmail/header_writer.h"
#include "gatehouse/workspace/gmail/raw_mail_for_test.h"
#include "gatehouse/workspace/untrusted_text.h"

namespace gatehouse::workspace::gmail {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

MailAddress address(std::string_view text) {
  AddressList list = parse_address_list(text);
  EXPECT_EQ(list.addresses.size(), 1u) << text;
  return list.addresses.front();
}

OutgoingMessage simple_message() {
  OutgoingMessage message;
  message.from = address("Alice Admin <alice@acme.example>");
  message.to = {address("bob@acme.example")};
  message.subject = "Lunch";
  message.body = "At *noon*?";
  message.date = base::from_epoch_seconds(1'794'302'100);
  message.message_id = "<gh.1@acme.example>";
  return message;
}

std::string written(const OutgoingMessage& message, std::uint64_t seed = 1) {
  base::SeededRandom random(seed);
  return write_message(message, random);
}

TEST(OutgoingMessage, IsPlainTextWithAnHtmlAlternative) {
  const TestPart mail = read_raw_mail(written(simple_message()));
  EXPECT_EQ(value_of(mail.headers, "From"), "Alice Admin <alice@acme.example>");
  EXPECT_EQ(value_of(mail.headers, "To"), "bob@acme.example");
  EXPECT_EQ(value_of(mail.headers, "Subject"), "Lunch");
  EXPECT_EQ(value_of(mail.headers, "Date"), "Tue, 10 Nov 2026 09:15:00 +0000");
  EXPECT_EQ(value_of(mail.headers, "Message-ID"), "<gh.1@acme.example>");
  EXPECT_EQ(value_of(mail.headers, "MIME-Version"), "1.0");
  for (const char* absent : {"Cc", "Bcc", "In-Reply-To", "References", "X-Gatehouse-Request"})
    EXPECT_EQ(count_of(mail.headers, absent), 0u) << absent;
  EXPECT_EQ(mail.mime, "multipart/alternative");
  ASSERT_EQ(mail.parts.size(), 2u);
  EXPECT_EQ(mail.parts[0].mime, "text/plain");
  EXPECT_EQ(mail.parts[0].text, "At *noon*?\r\n");
  EXPECT_EQ(mail.parts[1].mime, "text/html");
  EXPECT_THAT(mail.parts[1].text, HasSubstr("<p>At <em>noon</em>?</p>"));
}

TEST(OutgoingMessage, NamesTheWholeThread) {
  OutgoingMessage message = simple_message();
  message.references = {"<first@x.example>", "<second@x.example>"};
  const TestPart mail = read_raw_mail(written(message));
  EXPECT_EQ(value_of(mail.headers, "In-Reply-To"), "<second@x.example>");
  EXPECT_EQ(value_of(mail.headers, "References"), "<first@x.example> <second@x.example>");
}

// TO-02
TEST(OutgoingMessage, NoTextOfACallerBecomesAHeader) {
  const std::string evil = "x\r\nBcc: eve@evil.example\r\n\r\n<b>\n\rX: y";
  OutgoingMessage message = simple_message();
  message.subject = evil;
  message.from.name = evil;
  message.to[0].name = evil;
  message.message_id = "<a@b>" + evil;
  message.references = {evil, "<ok@x.example>\r\nBcc: eve@evil.example"};
  message.body = evil;
  const TestPart mail = read_raw_mail(written(message));
  EXPECT_EQ(count_of(mail.headers, "Bcc"), 0u);
  EXPECT_EQ(count_of(mail.headers, "X"), 0u);
  EXPECT_EQ(count_of(mail.headers, "Subject"), 1u);
  EXPECT_EQ(count_of(mail.headers, "References"), 0u);
  EXPECT_EQ(count_of(mail.headers, "Message-ID"), 0u);
  EXPECT_EQ(mail.parts.size(), 2u);
}

// TO-06
TEST(OutgoingMessage, NoBodyEndsItsPart) {
  OutgoingMessage message = simple_message();
  message.body = "--=_\n--=_AAAA--\n\n--" + std::string(30, '=') + "\nContent-Type: text/html\n";
  // Even one that knows the boundary.
  const std::string first = written(message, 5);
  const std::size_t at = first.find("boundary=\"") + 10;
  const std::string boundary = first.substr(at, first.find('"', at) - at);
  message.body += "--" + boundary + "\n--" + boundary + "--\n";
  const std::string second = written(message, 5);
  ASSERT_THAT(second, HasSubstr("boundary=\"" + boundary));
  const TestPart mail = read_raw_mail(second);
  ASSERT_EQ(mail.parts.size(), 2u);
  EXPECT_THAT(mail.parts[0].text, HasSubstr("--" + boundary + "--\r\n"));
}

TEST(OutgoingMessage, EachHasABoundaryOfItsOwn) {
  EXPECT_NE(written(simple_message(), 1), written(simple_message(), 2));
}

struct TextCase {
  const char* what;
  std::string text;
};

std::vector<TextCase> texts() {
  std::string words;
  for (int i = 0; i < 60; ++i) words += "word" + std::to_string(i) + " ";
  words.pop_back();
  std::string kanji;
  for (int i = 0; i < 60; ++i) kanji += "\xE4\xBC\x9A\xE8\xAD\xB0";
  return {{"ASCII", "Lunch at noon"},
          {"umlauts",
           "Gr\xC3\xBC\xC3\x9F"
           "e aus Z\xC3\xBCrich"},
          {"emoji", "\xF0\x9F\x9A\x80 start \xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x92\xBB"},
          {"Japanese, long", kanji},
          {"many words", words},
          {"one long word", std::string(3'000, 'a')},
          {"what looks encoded", "=?UTF-8?B?WA==?= and =?x"},
          {"specials", "a \"b\" \\ <c@d.example>, (e); f: [g]"},
          {"quotes only", "\"\""},
          {"equals", "a=b=3D=\x3D"}};
}

TEST(HeaderWriter, TextComesBackAsItWas) {
  for (const TextCase& c : texts()) {
    SCOPED_TRACE(c.what);
    HeaderWriter header;
    header.text("Subject", c.text);
    expect_well_formed_lines(header.lines());
    std::string_view rest = header.lines();
    const HeaderPairs read = take_raw_headers(rest);
    ASSERT_EQ(read.size(), 1u);
    EXPECT_EQ(decode_header(read[0].second), c.text);
    // RFC 2047 section 2.
    for (std::string_view lines = header.lines(); !lines.empty();) {
      const std::string_view line = take_raw_line(lines);
      if (line.find("=?UTF-8?B?") != std::string_view::npos) EXPECT_LE(line.size(), 76u) << line;
    }
  }
}

TEST(HeaderWriter, NamesOfPeopleComeBackAsTheyWere) {
  for (const TextCase& c : texts()) {
    SCOPED_TRACE(c.what);
    MailAddress bob = address("bob@acme.example");
    bob.name = c.text;
    HeaderWriter header;
    header.addresses("To", {bob, address("ann@x.example"), bob});
    expect_well_formed_lines(header.lines());
    std::string_view rest = header.lines();
    const HeaderPairs read = take_raw_headers(rest);
    ASSERT_EQ(read.size(), 1u);
    const std::vector<Address> back = parse_addresses(read[0].second);
    ASSERT_EQ(back.size(), 3u) << read[0].second;
    EXPECT_EQ(back[0].name, c.text);
    EXPECT_EQ(back[0].address, "bob@acme.example");
    EXPECT_EQ(back[1].address, "ann@x.example");
    EXPECT_EQ(back[2].name, c.text);
  }
}

TEST(HeaderWriter, KnowsWhatAMessageIdIs) {
  for (const char* good : {"<a@b>", "<CAF=x+1.2@mail.gmail.com>", "<x@[192.0.2.1]>"})
    EXPECT_TRUE(is_message_id(good)) << good;
  const std::string long_id = "<" + std::string(500, 'a') + "@b>";
  for (const std::string& bad :
       {std::string(""), std::string("<>"), std::string("a@b"), std::string("<a b@c>"),
        std::string("<a@b>\r\nX: y"), std::string("<a@b><c@d>"), std::string("<ab>"),
        std::string("<\xC3\xA4@b>"), long_id})
    EXPECT_FALSE(is_message_id(bad)) << bad;
}

// Mails put together at random come back whole, through our own reader of mail.
TEST(OutgoingMessage, AnythingComesBackAsItWas) {
  constexpr std::string_view kPieces[] = {"a",
                                          " ",
                                          "\n",
                                          "\n\n",
                                          "=",
                                          ".",
                                          "From ",
                                          "--",
                                          "\t",
                                          "<",
                                          "\"",
                                          "\\",
                                          "&amp;",
                                          "*",
                                          "`",
                                          "> ",
                                          "- ",
                                          "1. ",
                                          "|",
                                          "[x](https://y.example)",
                                          "\xC3\xA9",
                                          "\xE4\xBC\x9A",
                                          "\xF0\x9F\x9A\x80",
                                          "\r\n",
                                          "word word word word word word word"};
  base::SeededRandom random(11);
  const auto pick = [&](std::size_t below) {
    std::uint8_t byte[2];
    random.fill(byte);
    return (byte[0] * 256u + byte[1]) % below;
  };
  const auto text = [&](std::size_t pieces) {
    std::string out;
    for (std::size_t i = pick(pieces) + 1; i > 0; --i) out += kPieces[pick(std::size(kPieces))];
    return out;
  };
  for (int round = 0; round < 300; ++round) {
    SCOPED_TRACE(round);
    OutgoingMessage message = simple_message();
    message.subject = clean_line(text(30)).text;
    message.to[0].name = clean_line(text(10)).text;
    message.body = text(200);
    const std::string raw = write_message(message, random);
    const TestPart mail = read_raw_mail(raw);
    ASSERT_EQ(mail.parts.size(), 2u);
    EXPECT_EQ(decode_header(value_of(mail.headers, "Subject")), message.subject);
    const auto to = parse_addresses(value_of(mail.headers, "To"));
    ASSERT_EQ(to.size(), 1u);
    EXPECT_EQ(to[0].name, message.to[0].name);
    EXPECT_EQ(to[0].address, "bob@acme.example");
    std::string body = clean_text(message.body).text;
    if (!body.ends_with('\n')) body += '\n';
    const ReadBack back = read_back(mail);
    EXPECT_EQ(clean_text(back.plain).text, body);
    EXPECT_THAT(back.html, HasSubstr("</body></html>"));
    EXPECT_THAT(back.html, Not(HasSubstr("<script")));
  }
}

OutgoingFile file_named(const std::string& name) {
  OutgoingFile file;
  file.source = {"18c2", "1"};
  file.name = name;
  file.mime = "text/csv";
  file.charset = "utf-8";
  return file;
}

std::string written_with(const OutgoingMessage& message, const OutgoingFile& file,
                         std::string_view bytes) {
  base::SeededRandom random(1);
  base::Secret out;
  FiledMessage mail(message, random, out);
  EXPECT_TRUE(mail.add(file, base::base64url_encode(bytes)));
  mail.finish();
  return std::string(out.reveal());
}

TEST(FiledMessage, HasItsTextFirstAndThenTheFiles) {
  const TestPart mail =
      read_raw_mail(written_with(simple_message(), file_named("a.csv"), "a,b\n\xFF"));
  EXPECT_EQ(value_of(mail.headers, "Subject"), "Lunch");
  EXPECT_EQ(mail.mime, "multipart/mixed");
  ASSERT_EQ(mail.parts.size(), 2u);
  EXPECT_EQ(mail.parts[0].mime, "multipart/alternative");
  ASSERT_EQ(mail.parts[0].parts.size(), 2u);
  EXPECT_EQ(mail.parts[0].parts[0].text, "At *noon*?\r\n");
  EXPECT_EQ(value_of(mail.parts[1].headers, "Content-Type"), "text/csv; charset=\"utf-8\"");
  EXPECT_EQ(value_of(mail.parts[1].headers, "Content-Disposition"),
            "attachment; filename=\"a.csv\"");
  EXPECT_EQ(mail.parts[1].text, "a,b\n\xFF");
}

// TO-19: names that arrived, as MimeTree cleaned them, and whatever else stands there.
TEST(FiledMessage, NamesOfFilesComeBackAsTheyWere) {
  for (const TextCase& c : texts()) {
    SCOPED_TRACE(c.what);
    if (c.text.size() > 1'000) continue;  // no name of a file is
    const TestPart mail = read_raw_mail(written_with(simple_message(), file_named(c.text), "x"));
    ASSERT_EQ(mail.parts.size(), 2u);
    const auto back = parse_parameters(value_of(mail.parts[1].headers, "Content-Disposition"));
    EXPECT_EQ(back.value, "attachment");
    EXPECT_EQ(back.parameter("filename"), c.text);
  }
}

// TO-02, TO-06
TEST(FiledMessage, NoNameAndNoBytesBecomeMore) {
  const std::string evil =
      "x\"\r\nContent-Type: text/html\r\n\r\n<b>\r\n--=_\r\nBcc: eve@evil.example\\\"; a=b";
  const TestPart mail = read_raw_mail(written_with(simple_message(), file_named(evil), evil));
  EXPECT_EQ(count_of(mail.headers, "Bcc"), 0u);
  ASSERT_EQ(mail.parts.size(), 2u);
  EXPECT_EQ(mail.parts[1].headers.size(), 3u);
  EXPECT_EQ(mail.parts[1].mime, "text/csv");
  EXPECT_EQ(mail.parts[1].text, evil);
  const auto back = parse_parameters(value_of(mail.parts[1].headers, "Content-Disposition"));
  EXPECT_EQ(back.parameter("a"), "");
}

TEST(OutgoingFile, IsNamedWithoutPathsControlsOrDirections) {  // TO-19
  MimePart part;
  part.part_id = "1";
  part.mime = "application/pdf";
  part.file_name = clean_file_name(
      "../../e\xE2\x80\xAE"
      "fdp.exe");
  EXPECT_EQ(outgoing_file("18c2", part)->name, "efdp.exe");
  part.file_name.clear();
  EXPECT_EQ(outgoing_file("18c2", part)->name, "attachment");
  part.mime = "message/rfc822";
  EXPECT_EQ(outgoing_file("18c2", part)->name, "message.eml");
}

TEST(OutgoingFile, IsOfATypeThatMayStandThere) {
  const std::pair<const char*, const char*> cases[] = {
      {"application/pdf", "application/pdf"},
      {"text/html", "text/html"},
      {"message/rfc822", "application/octet-stream"},
      {"message/external-body", "application/octet-stream"},
      {"text/html\r\nX: y", "application/octet-stream"},
      {"text/html; x=\"", "application/octet-stream"},
      {"pdf", "application/octet-stream"},
      {"/", "application/octet-stream"},
      {"", "application/octet-stream"}};
  for (const auto& [given, expected] : cases) {
    MimePart part;
    part.mime = given;
    EXPECT_EQ(outgoing_file("18c2", part)->mime, expected) << given;
  }
  MimePart part;
  part.mime = "multipart/mixed";
  EXPECT_FALSE(outgoing_file("18c2", part));
  part.mime = "text/plain";
  part.charset = "utf-8\"\r\nX: y";
  EXPECT_EQ(outgoing_file("18c2", part)->charset, "");
  part.size = 5;
  EXPECT_FALSE(outgoing_file("18c2", part)) << "nothing says where its bytes are";
}

TEST(OutgoingFile, IsCalledByAHandle) {
  EXPECT_EQ(parse_file_handle(" 18c2f0/0.1 ")->text(), "18c2f0/0.1");
  EXPECT_EQ(parse_file_handle("18c2f0/")->part_id, "");
  for (const char* bad : {"", "/", "/1", "18c2", "18c2/1/2", "18c2/../1", "18c2/1?x", "..//1",
                          "18c2/1\n2", "https://mail.google.com/x/1"})
    EXPECT_FALSE(parse_file_handle(bad)) << bad;
}

TEST(BodyText, TakesBytesAsGmailGivesThem) {
  std::string bytes;
  for (int i = 0; i < 400; ++i) {
    base::Secret out;
    EXPECT_TRUE(append_base64_lines(out, base::base64url_encode(bytes)));
    EXPECT_EQ(out.reveal(), base64_lines(bytes)) << i;
    base::Secret padded;
    EXPECT_TRUE(append_base64_lines(padded, base::base64_encode(bytes)));
    EXPECT_EQ(padded.reveal(), base64_lines(bytes)) << i;
    bytes.push_back(static_cast<char>(i * 37 + 0xF0));
  }
  for (const char* bad : {"A", "AAAAA", "AA A", "A\r\nA", "AA.A", "A===", "=AAA", "\xC3\xA9"}) {
    base::Secret out;
    EXPECT_FALSE(append_base64_lines(out, bad)) << bad;
  }
}

TEST(BodyText, TakesTheShorterEncoding) {
  EXPECT_EQ(encode_body("plain words\n").encoding, "quoted-printable");
  EXPECT_EQ(encode_body("\xE4\xBC\x9A\xE8\xAD\xB0\n").encoding, "base64");
}

TEST(BodyText, EscapesWhatOthersGiveAMeaning) {
  EXPECT_EQ(encode_body("From me\n.\nend \na=b\n").lines,
            "=46rom me\r\n=2E\r\nend=20\r\na=3Db\r\n");
}

}  // namespace
}  // namespace gatehouse::workspace::gmail
