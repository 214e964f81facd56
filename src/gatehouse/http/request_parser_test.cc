// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/http/request_parser.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

namespace gatehouse::http {
namespace {

using namespace std::string_literals;
using Verdict = RequestParser::Verdict;
using Stage = RequestParser::Stage;

void give(RequestParser& parser, std::string_view bytes) {
  while (!bytes.empty()) {
    const std::span<char> space = parser.space();
    ASSERT_FALSE(space.empty());
    const std::size_t count = std::min(space.size(), bytes.size());
    std::memcpy(space.data(), bytes.data(), count);
    parser.received(count);
    bytes.remove_prefix(count);
  }
}

Verdict parse_whole(RequestParser& parser, std::string_view bytes) {
  give(parser, bytes);
  return parser.parse();
}

// Stops at the first verdict; tells how many bytes it took.
Verdict parse_bytewise(RequestParser& parser, std::string_view bytes) {
  Verdict verdict = parser.parse();
  for (std::size_t i = 0; i < bytes.size() && verdict == Verdict::need_more; ++i) {
    give(parser, bytes.substr(i, 1));
    verdict = parser.parse();
  }
  return verdict;
}

std::string get(std::string_view fields) {
  return "GET / HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n";
}

std::string post(std::string_view fields, std::string_view body) {
  return "POST /mcp HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n" + std::string(body);
}

std::string chunked(std::string_view body) { return post("Transfer-Encoding: chunked\r\n", body); }

struct RefusedCase {
  const char* name;
  std::string bytes;
  int status;
};

const std::vector<RefusedCase>& refused_cases() {
  static const std::vector<RefusedCase> cases = {
      // HP-01
      {"both lengths", post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
       400},
      {"both lengths, other order",
       post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"), 400},
      {"both lengths, length 0",
       post("Content-Length: 0\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400},
      // HP-02
      {"two lengths", post("Content-Length: 5\r\nContent-Length: 6\r\n", "abcde"), 400},
      {"two equal lengths", post("Content-Length: 5\r\nContent-Length: 5\r\n", "abcde"), 400},
      {"length list", post("Content-Length: 5, 5\r\n", "abcde"), 400},
      {"length plus", post("Content-Length: +5\r\n", "abcde"), 400},
      {"length minus", post("Content-Length: -1\r\n", ""), 400},
      {"length minus zero", post("Content-Length: -0\r\n", ""), 400},
      {"length underscore", post("Content-Length: 5_0\r\n", ""), 400},
      {"length hex", post("Content-Length: 0x5\r\n", "abcde"), 400},
      {"length hex digits", post("Content-Length: a\r\n", "abcdeabcde"), 400},
      {"length leading zero", post("Content-Length: 05\r\n", "abcde"), 400},
      {"length blank inside", post("Content-Length: 5 5\r\n", ""), 400},
      {"length fraction", post("Content-Length: 5.0\r\n", "abcde"), 400},
      {"length exponent", post("Content-Length: 1e1\r\n", ""), 400},
      {"length quoted", post("Content-Length: \"5\"\r\n", "abcde"), 400},
      {"length empty", post("Content-Length:\r\n", ""), 400},
      {"length 2^64", post("Content-Length: 18446744073709551616\r\n", ""), 400},
      {"length 2^64 + 5", post("Content-Length: 18446744073709551621\r\n", "abcde"), 400},
      {"length of many digits", post("Content-Length: " + std::string(40, '9') + "\r\n", ""), 400},
      {"length non-ASCII digit", post("Content-Length: \xd9\xa5\r\n", "abcde"), 400},
      // HP-03
      {"te xchunked", post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"), 400},
      {"te identity", post("Transfer-Encoding: identity\r\n", ""), 400},
      {"te gzip", post("Transfer-Encoding: gzip\r\n", ""), 400},
      {"te chunked, identity", post("Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n"), 400},
      {"te gzip, chunked", post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), 400},
      {"te chunked, chunked", post("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n"), 400},
      {"te comma", post("Transfer-Encoding: chunked,\r\n", "0\r\n\r\n"), 400},
      {"te quoted", post("Transfer-Encoding: \"chunked\"\r\n", "0\r\n\r\n"), 400},
      {"te parameter", post("Transfer-Encoding: chunked;a=b\r\n", "0\r\n\r\n"), 400},
      {"te tab before", post("Transfer-Encoding:\tchunked\r\n", "0\r\n\r\n"), 400},
      {"te two spaces before", post("Transfer-Encoding:  chunked\r\n", "0\r\n\r\n"), 400},
      {"te space behind", post("Transfer-Encoding: chunked \r\n", "0\r\n\r\n"), 400},
      {"te tab behind", post("Transfer-Encoding: chunked\t\r\n", "0\r\n\r\n"), 400},
      {"te vertical tab",
       post("Transfer-Encoding: \x0b"
            "chunked\r\n",
            "0\r\n\r\n"),
       400},
      {"te other case", post("Transfer-Encoding: Chunked\r\n", "0\r\n\r\n"), 400},
      {"te empty", post("Transfer-Encoding:\r\n", "0\r\n\r\n"), 400},
      {"te twice",
       post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400},
      {"te twice, second odd",
       post("Transfer-Encoding: chunked\r\nTransfer-encoding: cow\r\n", "0\r\n\r\n"), 400},
      {"te on 1.0", "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       400},
      // HP-04
      {"bare LF after the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n", 400},
      {"bare LF after a field", "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", 400},
      {"bare LF as the empty line", "GET / HTTP/1.1\r\nHost: a\r\n\n", 400},
      {"bare LF throughout", "GET / HTTP/1.1\nHost: a\n\n", 400},
      {"bare CR in a value", get("X: a\rb\r\n"), 400},
      {"bare CR before a name", get("\rX: a\r\n"), 400},
      {"CR CR LF", get("X: a\r\r\n"), 400},
      {"bare CR in the request line", "GET /\r HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"bare CR as separator", "GET\r/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"folded with space", get("X: a\r\n b\r\n"), 400},
      {"folded with tab", get("X: a\r\n\tb\r\n"), 400},
      {"folded first line", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400},
      {"space before colon", get("X : a\r\n"), 400},
      {"tab before colon", get("X\t: a\r\n"), 400},
      {"space before colon of a length", post("Content-Length : 5\r\n", "abcde"), 400},
      {"NUL in a value", get("X: a\0b\r\n"s), 400},
      {"NUL in a name", get("X\0Y: a\r\n"s), 400},
      {"escape in a value", get("X: \x1b[0m\r\n"), 400},
      {"DEL in a value", get("X: a\x7f\r\n"), 400},
      {"form feed behind a value", get("X: a\x0c\r\n"), 400},
      {"control far into a long value",
       get("X: " + std::string(200, 'a') + "\x01" + std::string(200, 'a') + "\r\n"), 400},
      {"empty name", get(": a\r\n"), 400},
      {"no colon", get("Xa\r\n"), 400},
      {"parenthesis in a name", get("X(y): a\r\n"), 400},
      {"non-ASCII in a name", get("X\xc3\xa4: a\r\n"), 400},
      {"quote in a name", get("\"X\": a\r\n"), 400},
      {"two empty lines first", "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"bare LF first", "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"space first", " GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      // Request line
      {"two spaces", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"two spaces before the version", "GET /  HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"space behind the version", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400},
      {"tab as separator", "GET\t/\tHTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"space in the target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"no version", "GET /\r\n\r\n", 400},
      {"no target", "GET HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"method alone", "GET\r\n\r\n", 400},
      {"method not a token", "GE(T / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"lower-case protocol", "GET / http/1.1\r\nHost: a\r\n\r\n", 400},
      {"other protocol", "GET / HTCPCP/1.0\r\nHost: a\r\n\r\n", 400},
      {"long version", "GET / HTTP/1.10\r\nHost: a\r\n\r\n", 400},
      {"version with a letter", "GET / HTTP/1.x\r\nHost: a\r\n\r\n", 400},
      {"version 1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505},
      {"version 2.0", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505},
      {"version 0.9", "GET / HTTP/0.9\r\nHost: a\r\n\r\n", 505},
      {"TLS handshake", "\x16\x03\x01\x02\x00\x01"s, 400},
      {"absolute form", "GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"absolute form, https", "GET https://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"authority form", "GET a:80 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"asterisk form", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"relative target", "GET mcp HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"query alone", "GET ?a HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"fragment", "GET /#a HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"fragment in the query", "GET /?a#b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"non-ASCII target", "GET /\xc3\xa4 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"NUL in the target", "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n"s, 400},
      {"control in the target", "GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"DEL in the target", "GET /\x7f HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"tab in the target", "GET /\ta HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      // HP-13
      {"CONNECT", "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", 501},
      {"CONNECT in origin form", "CONNECT / HTTP/1.1\r\nHost: a\r\n\r\n", 501},
      {"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {"overlong method", std::string(33, 'A') + " / HTTP/1.1\r\nHost: a\r\n\r\n", 501},
      {"odd expectation", post("Expect: 200-ok\r\nContent-Length: 1\r\n", ""), 417},
      {"expectation list", post("Expect: 100-continue, x\r\nContent-Length: 1\r\n", ""), 417},
      {"expectation twice",
       post("Expect: 100-continue\r\nExpect: 100-continue\r\nContent-Length: 1\r\n", ""), 417},
      // Host
      {"no Host", "GET / HTTP/1.1\r\n\r\n", 400},
      {"no Host on 1.0", "GET / HTTP/1.0\r\n\r\n", 400},
      {"two Hosts", get("Host: a\r\n"), 400},
      {"two different Hosts", get("host: b\r\n"), 400},
      {"empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 400},
      {"Host list", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400},
      {"Host with user", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", 400},
      {"Host with path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
      {"Host with empty port", "GET / HTTP/1.1\r\nHost: a:\r\n\r\n", 400},
      {"Host with odd port", "GET / HTTP/1.1\r\nHost: a:8x\r\n\r\n", 400},
      {"Host with two ports", "GET / HTTP/1.1\r\nHost: a:80:80\r\n\r\n", 400},
      {"Host with long port", "GET / HTTP/1.1\r\nHost: a:123456\r\n\r\n", 400},
      {"Host port alone", "GET / HTTP/1.1\r\nHost: :80\r\n\r\n", 400},
      {"Host with escape", "GET / HTTP/1.1\r\nHost: a%2eb\r\n\r\n", 400},
      {"Host non-ASCII", "GET / HTTP/1.1\r\nHost: \xc3\xa4\r\n\r\n", 400},
      {"Host with blank", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400},
      {"Host open bracket", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", 400},
      {"Host empty brackets", "GET / HTTP/1.1\r\nHost: []\r\n\r\n", 400},
      {"Host zone", "GET / HTTP/1.1\r\nHost: [fe80::1%25a]\r\n\r\n", 400},
      // Chunks
      {"chunk size empty", chunked("\r\n\r\n"), 400},
      {"chunk size sign", chunked("+5\r\nabcde\r\n0\r\n\r\n"), 400},
      {"chunk size minus", chunked("-1\r\n"), 400},
      {"chunk size prefix", chunked("0x5\r\nabcde\r\n0\r\n\r\n"), 400},
      {"chunk size underscore", chunked("0_5\r\nabcde\r\n0\r\n\r\n"), 400},
      {"chunk size not hex", chunked("g\r\n"), 400},
      {"chunk size blank before", chunked(" 5\r\nabcde\r\n0\r\n\r\n"), 400},
      {"chunk size blank behind", chunked("5 \r\nabcde\r\n0\r\n\r\n"), 400},
      {"chunk size blank before extension", chunked("5 ;a\r\nabcde\r\n0\r\n\r\n"), 400},
      {"chunk size 2^64", chunked("10000000000000000\r\n"), 400},
      {"chunk size 2^64 + 5", chunked("10000000000000005\r\nabcde\r\n0\r\n\r\n"), 400},
      {"chunk size nine digits", chunked("000000005\r\nabcde\r\n0\r\n\r\n"), 400},
      {"chunk size bare LF", chunked("5\nabcde\r\n0\r\n\r\n"), 400},
      {"chunk data longer", chunked("5\r\nabcdef\r\n0\r\n\r\n"), 400},
      {"chunk data end bare LF", chunked("5\r\nabcde\n0\r\n\r\n"), 400},
      {"chunk data end bare CR", chunked("5\r\nabcde\r0\r\n\r\n"), 400},
      {"chunk extension control", chunked("5;a=\x01\r\nabcde\r\n0\r\n\r\n"), 400},
      {"chunk extension bare CR", chunked("5;a\rb\r\nabcde\r\n0\r\n\r\n"), 400},
      {"chunk extension too long", chunked("5;" + std::string(300, 'a') + "\r\nabcde\r\n0\r\n\r\n"),
       400},
      {"chunk extension endless", chunked("5;" + std::string(3000, 'a')), 400},
      {"trailer malformed", chunked("0\r\nX y\r\n\r\n"), 400},
      {"trailer folded", chunked("0\r\nX: a\r\n b\r\n\r\n"), 400},
      {"trailer control", chunked("0\r\nX: \x01\r\n\r\n"), 400},
      {"trailer bare LF", chunked("0\r\nX: a\n\r\n"), 400},
      {"end bare LF", chunked("0\r\n\n"), 400},
      // JS-14
      {"coded by gzip", post("Content-Encoding: gzip\r\nContent-Length: 1\r\n", "a"), 415},
      {"coded by two", post("Content-Encoding: identity, br\r\nContent-Length: 1\r\n", "a"), 415},
      {"coded twice",
       post("Content-Encoding: identity\r\ncontent-encoding: GZIP\r\nContent-Length: 1\r\n", "a"),
       415},
      {"coded, without a body", get("Content-Encoding: deflate\r\n"), 415},
      // HP-12
      {"body too large by length", post("Content-Length: 4194305\r\n", ""), 413},
      {"body far too large by length", post("Content-Length: 9999999999999999999\r\n", ""), 413},
      {"body too large by one chunk", chunked("400001\r\n"), 413},
      {"body too large by chunk size", chunked("ffffffff\r\n"), 413},
      {"body too large, with expectation",
       post("Expect: 100-continue\r\nContent-Length: 4194305\r\n", ""), 413},
  };
  return cases;
}

TEST(RequestParser, RefusesWhatTwoParsersMightReadDifferently) {
  for (const RefusedCase& c : refused_cases()) {
    SCOPED_TRACE(c.name);
    RequestParser whole{RequestLimits()};
    EXPECT_EQ(parse_whole(whole, c.bytes), Verdict::refused);
    EXPECT_EQ(whole.refusal().status, c.status);
    EXPECT_FALSE(whole.refusal().reason.empty());
    EXPECT_FALSE(whole.keep_alive());
    EXPECT_EQ(whole.parse(), Verdict::refused) << "a refusal is for good";

    RequestParser bytewise{RequestLimits()};
    EXPECT_EQ(parse_bytewise(bytewise, c.bytes), Verdict::refused);
    EXPECT_EQ(bytewise.refusal().status, c.status);
  }
}

struct AcceptedCase {
  const char* name;
  std::string bytes;
  Method method;
  std::string path;
  std::string query;
  std::string body;
  bool keep_alive = true;
};

const std::vector<AcceptedCase>& accepted_cases() {
  static const std::vector<AcceptedCase> cases = {
      {"plain", get(""), Method::get, "/", "", ""},
      {"one empty line first", "\r\n" + get(""), Method::get, "/", "", ""},
      {"query", "GET /a?b=c?d HTTP/1.1\r\nHost: a\r\n\r\n", Method::get, "/a", "b=c?d", ""},
      {"empty query", "GET /a? HTTP/1.1\r\nHost: a\r\n\r\n", Method::get, "/a", "", ""},
      {"raw braces of a browser", "GET /a?{|}^`[] HTTP/1.1\r\nHost: a\r\n\r\n", Method::get, "/a",
       "{|}^`[]", ""},
      {"double slash", "GET //a/../b HTTP/1.1\r\nHost: a\r\n\r\n", Method::get, "//a/../b", "", ""},
      {"HEAD", "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", Method::head, "/", "", ""},
      {"DELETE", "DELETE / HTTP/1.1\r\nHost: a\r\n\r\n", Method::del, "/", "", ""},
      {"OPTIONS", "OPTIONS / HTTP/1.1\r\nHost: a\r\n\r\n", Method::options, "/", "", ""},
      {"PUT", "PUT / HTTP/1.1\r\nHost: a\r\n\r\n", Method::put, "/", "", ""},
      {"PATCH", "PATCH / HTTP/1.1\r\nHost: a\r\n\r\n", Method::patch, "/", "", ""},
      {"TRACE", "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", Method::other, "/", "", ""},
      {"lower-case method", "get / HTTP/1.1\r\nHost: a\r\n\r\n", Method::other, "/", "", ""},
      {"length", post("Content-Length: 5\r\n", "abcde"), Method::post, "/mcp", "", "abcde"},
      {"length 0", post("Content-Length: 0\r\n", ""), Method::post, "/mcp", "", ""},
      {"no length", post("", ""), Method::post, "/mcp", "", ""},
      {"length with blanks around", post("Content-Length: \t 5 \r\n", "abcde"), Method::post,
       "/mcp", "", "abcde"},
      {"binary body", post("Content-Length: 4\r\n", "\r\n\0\xff"s), Method::post, "/mcp", "",
       "\r\n\0\xff"s},
      {"one chunk", chunked("5\r\nabcde\r\n0\r\n\r\n"), Method::post, "/mcp", "", "abcde"},
      {"no chunk", chunked("0\r\n\r\n"), Method::post, "/mcp", "", ""},
      {"chunks", chunked("5\r\nabcde\r\n1\r\nf\r\nA\r\n0123456789\r\n0\r\n\r\n"), Method::post,
       "/mcp", "", "abcdef0123456789"},
      {"chunk size zeros", chunked("00000005\r\nabcde\r\n00\r\n\r\n"), Method::post, "/mcp", "",
       "abcde"},
      {"chunk extension", chunked("5;a=\"b\";c\r\nabcde\r\n0;d\r\n\r\n"), Method::post, "/mcp", "",
       "abcde"},
      {"chunk data like framing", chunked("7\r\n\r\n0\r\n\r\n\r\n0\r\n\r\n"), Method::post, "/mcp",
       "", "\r\n0\r\n\r\n"},
      {"trailers", chunked("1\r\na\r\n0\r\nX: y\r\nContent-Length: 7\r\n\r\n"), Method::post,
       "/mcp", "", "a"},
      {"no blank behind the colon of te", post("Transfer-Encoding:chunked\r\n", "0\r\n\r\n"),
       Method::post, "/mcp", "", ""},
      {"close", get("Connection: close\r\n"), Method::get, "/", "", "", false},
      {"close in a list", get("Connection: keep-alive ,, CLOSE\r\n"), Method::get, "/", "", "",
       false},
      {"close in a second field", get("Connection: x\r\nConnection: close\r\n"), Method::get, "/",
       "", "", false},
      {"keep-alive", get("Connection: keep-alive\r\n"), Method::get, "/", "", ""},
      {"coded by nothing", post("Content-Encoding: Identity\r\nContent-Length: 1\r\n", "a"),
       Method::post, "/mcp", "", "a"},
      {"upgrade is ignored",
       get("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: A\r\n"),
       Method::get, "/", "", ""},
      {"1.0", "GET / HTTP/1.0\r\nHost: a\r\n\r\n", Method::get, "/", "", "", false},
      {"1.0 keep-alive", "GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n", Method::get,
       "/", "", "", false},
      {"1.0 body", "POST / HTTP/1.0\r\nHost: a\r\nContent-Length: 1\r\n\r\nx", Method::post, "/",
       "", "x", false},
      {"1.0 expectation is ignored",
       "POST / HTTP/1.0\r\nHost: a\r\nExpect: x\r\nContent-Length: 1\r\n\r\nx", Method::post, "/",
       "", "x", false},
      {"Host with port", "GET / HTTP/1.1\r\nHost: a-b_c.example:8080\r\n\r\n", Method::get, "/", "",
       ""},
      {"Host IPv6", "GET / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n", Method::get, "/", "", ""},
      {"empty value", get("X:\r\nY: \r\n"), Method::get, "/", "", ""},
      {"non-ASCII value", get("X: \xc3\xa4\xff\r\n"), Method::get, "/", "", ""},
      {"tab in a value", get("X: a\tb\r\n"), Method::get, "/", "", ""},
  };
  return cases;
}

void expect_request(RequestParser& parser, const AcceptedCase& c) {
  const Request& request = parser.request();
  EXPECT_EQ(request.method, c.method);
  EXPECT_EQ(request.path, c.path);
  EXPECT_EQ(request.query, c.query);
  EXPECT_EQ(request.body, c.body);
  EXPECT_EQ(parser.keep_alive(), c.keep_alive);
  EXPECT_FALSE(parser.has_more());
}

TEST(RequestParser, AcceptsWhatHasOneMeaning) {
  for (const AcceptedCase& c : accepted_cases()) {
    SCOPED_TRACE(c.name);
    RequestParser whole{RequestLimits()};
    ASSERT_EQ(parse_whole(whole, c.bytes), Verdict::complete) << whole.refusal().reason;
    expect_request(whole, c);

    RequestParser bytewise{RequestLimits()};
    ASSERT_EQ(parse_bytewise(bytewise, c.bytes), Verdict::complete) << bytewise.refusal().reason;
    expect_request(bytewise, c);
  }
}

TEST(RequestParser, ShowsHeadersAsSentInTheirOrder) {
  RequestParser parser{RequestLimits()};
  ASSERT_EQ(parse_whole(parser, get("X-One:  a b \t\r\nX-ONE: c\r\nx~!#$%&'*+-.^_`|: d:e\r\n")),
            Verdict::complete);

  const Request& request = parser.request();
  ASSERT_EQ(request.headers.size(), 4U);
  EXPECT_EQ(request.method_name, "GET");
  EXPECT_EQ(request.target, "/");
  EXPECT_EQ(request.headers[1].name, "X-One");
  EXPECT_EQ(request.headers[1].value, "a b");
  EXPECT_EQ(request.headers[3].name, "x~!#$%&'*+-.^_`|");
  EXPECT_EQ(request.headers[3].value, "d:e");
  EXPECT_EQ(request.header_count("x-one"), 2U);
}

// HP-09
TEST(RequestParser, TakesPipelinedRequestsInOrder) {
  std::string bytes;
  for (const AcceptedCase& c : accepted_cases()) bytes += c.bytes;
  RequestParser parser{RequestLimits()};
  give(parser, bytes);

  for (const AcceptedCase& c : accepted_cases()) {
    SCOPED_TRACE(c.name);
    ASSERT_EQ(parser.parse(), Verdict::complete) << parser.refusal().reason;
    EXPECT_EQ(parser.request().path, c.path);
    EXPECT_EQ(parser.request().body, c.body);
    EXPECT_EQ(parser.keep_alive(), c.keep_alive) << "nothing of the request before sticks";
    parser.next();
  }
  EXPECT_EQ(parser.parse(), Verdict::need_more);
  EXPECT_EQ(parser.stage(), Stage::between_requests);
}

TEST(RequestParser, TakesPipelinedRequestsInEveryPieceSize) {
  std::string bytes;
  for (const AcceptedCase& c : accepted_cases()) bytes += c.bytes;
  for (std::size_t piece : {1U, 2U, 3U, 7U, 64U, 1000U}) {
    SCOPED_TRACE(piece);
    RequestParser parser{RequestLimits()};
    std::size_t position = 0;
    for (const AcceptedCase& c : accepted_cases()) {
      SCOPED_TRACE(c.name);
      Verdict verdict = parser.parse();
      while (verdict == Verdict::need_more && position < bytes.size()) {
        give(parser, std::string_view(bytes).substr(position, piece));
        position += piece;
        verdict = parser.parse();
      }
      ASSERT_EQ(verdict, Verdict::complete) << parser.refusal().reason;
      EXPECT_EQ(parser.request().body, c.body);
      parser.next();
    }
  }
}

// HP-11
TEST(RequestParser, BoundsTheHead) {
  const auto status_of = [](const std::string& bytes) {
    RequestParser whole{RequestLimits()};
    const Verdict verdict = parse_whole(whole, bytes);
    RequestParser bytewise{RequestLimits()};
    EXPECT_EQ(parse_bytewise(bytewise, bytes), verdict);
    EXPECT_EQ(bytewise.refusal().status, whole.refusal().status);
    return verdict == Verdict::refused ? whole.refusal().status : 0;
  };
  std::string hundred;
  for (int i = 0; i < 99; ++i) hundred += "X: y\r\n";
  const auto target = [](std::size_t size) {
    return "GET /" + std::string(size, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n";
  };
  const auto value = [](std::size_t size) { return "X: " + std::string(size, 'a') + "\r\n"; };

  EXPECT_EQ(status_of(get(hundred)), 0);
  EXPECT_EQ(status_of(get(hundred + "X: y\r\n")), 431);
  EXPECT_EQ(status_of(target(8 * 1024 - 14)), 0);
  EXPECT_EQ(status_of(target(8 * 1024 - 13)), 414);
  EXPECT_EQ(status_of("GET /" + std::string(9000, 'a')), 414) << "no line end in sight";
  EXPECT_EQ(status_of(get(value(8 * 1024 - 3))), 0);
  EXPECT_EQ(status_of(get(value(8 * 1024 - 2))), 431);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nX: " + std::string(9000, 'a')), 431);
  EXPECT_EQ(status_of(get(value(8000) + value(8000))), 0);
  EXPECT_EQ(status_of(get(value(8000) + value(8000) + value(400))), 431);
  EXPECT_EQ(
      status_of("GET / HTTP/1.1\r\n" + value(8000) + value(8000) + "X: " + std::string(500, 'a')),
      431);
}

// HP-12
TEST(RequestParser, BoundsTheBodyAtTheByte) {
  RequestLimits limits;
  limits.body_bytes_max = 10;
  struct Case {
    const char* name;
    std::string bytes;
    bool accepted;
  };
  const std::vector<Case> cases = {
      {"length 10", post("Content-Length: 10\r\n", "0123456789"), true},
      {"length 11", post("Content-Length: 11\r\n", "01234567890"), false},
      {"chunks of 10", chunked("5\r\n01234\r\n5\r\n56789\r\n0\r\n\r\n"), true},
      {"chunks of 11", chunked("5\r\n01234\r\n6\r\n567890\r\n0\r\n\r\n"), false},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    RequestParser parser(limits);
    EXPECT_EQ(parse_whole(parser, c.bytes), c.accepted ? Verdict::complete : Verdict::refused);
    if (!c.accepted) {
      EXPECT_EQ(parser.refusal().status, 413);
    }
  }
}

TEST(RequestParser, BoundsExtensionsAndTrailersOverAllChunks) {
  std::string many_extensions;
  for (int i = 0; i < 50; ++i) many_extensions += "1;" + std::string(200, 'x') + "\r\na\r\n";
  RequestParser extensions{RequestLimits()};
  EXPECT_EQ(parse_whole(extensions, chunked(many_extensions)), Verdict::refused);
  EXPECT_EQ(extensions.refusal().status, 400);

  std::string many_trailers;
  for (int i = 0; i < 2000; ++i) many_trailers += "X: y\r\n";
  RequestParser trailers{RequestLimits()};
  EXPECT_EQ(parse_whole(trailers, chunked("0\r\n" + many_trailers)), Verdict::refused);
  EXPECT_EQ(trailers.refusal().status, 431);
}

TEST(RequestParser, MemoryFollowsWhatWasSentNotWhatWasAnnounced) {
  RequestParser parser{RequestLimits()};
  ASSERT_EQ(parse_whole(parser, post("Content-Length: 4000000\r\n", "x")), Verdict::need_more);
  EXPECT_LE(parser.capacity(), 16U * 1024);
}

TEST(RequestParser, TinyChunksDoNotPileUpTheirFraming) {
  constexpr std::size_t kChunks = 100'000;
  RequestParser parser{RequestLimits()};
  ASSERT_EQ(parse_whole(parser, chunked("")), Verdict::need_more);
  std::string piece;
  for (int i = 0; i < 100; ++i) piece += "1\r\nz\r\n";
  for (std::size_t i = 0; i < kChunks / 100; ++i)
    ASSERT_EQ(parse_whole(parser, piece), Verdict::need_more);
  ASSERT_EQ(parse_whole(parser, "0\r\n\r\n"), Verdict::complete);

  EXPECT_EQ(parser.request().body, std::string(kChunks, 'z'));
  EXPECT_EQ(parser.request().headers[0].value, "a");
  EXPECT_LE(parser.capacity(), 2 * kChunks);
}

TEST(RequestParser, LargeBodyArrivesWholeAndReadableBehindItsEnd) {
  const std::string body(4 * 1024 * 1024, 'b');
  RequestParser parser{RequestLimits()};
  ASSERT_EQ(parse_whole(parser, post("Content-Length: 4194304\r\n", body)), Verdict::complete);

  EXPECT_EQ(parser.request().body, body);
  const char* end = parser.request().body.data() + parser.request().body.size();
  std::string behind(64, '\0');
  std::memcpy(behind.data(), end, behind.size());  // AddressSanitizer tells
  parser.next();
  EXPECT_EQ(parser.capacity(), 0U) << "a large buffer is not kept";
}

TEST(RequestParser, LargerBodiesPassOnTheirPathAlone) {
  RequestLimits limits;
  limits.body_bytes_max = 10;
  limits.large_body_path = "/files/";
  limits.large_body_bytes_max = 20;
  const auto request = [](std::string_view line, std::string_view framing, std::string_view body) {
    return std::string(line) + " HTTP/1.1\r\nHost: a\r\n" + std::string(framing) + "\r\n\r\n" +
           std::string(body);
  };
  const std::string twenty = "Content-Length: 20";
  const std::string body(20, 'b');
  const struct {
    std::string bytes;
    bool passes;
    bool is_large;
  } rows[] = {
      {request("PUT /files/x", twenty, body), true, true},
      {request("POST /files/x?y", twenty, body), true, true},
      {request("PUT /files/x", "Transfer-Encoding: chunked", "14\r\n" + body + "\r\n0\r\n\r\n"),
       true, true},
      {request("PUT /files/x", "Content-Length: 21", ""), false, true},
      {request("PUT /files/x", "Transfer-Encoding: chunked", "15\r\n"), false, true},
      {request("PATCH /files/x", twenty, ""), false, false},
      {request("PUT /file", twenty, ""), false, false},
      {request("PUT /Files/x", twenty, ""), false, false},
      {request("PUT /x?/files/", twenty, ""), false, false},
      {request("PUT /x", "Transfer-Encoding: chunked", "14\r\n"), false, false},
  };
  for (const auto& row : rows) {
    RequestParser parser{limits};
    const Verdict verdict = parse_whole(parser, row.bytes);
    EXPECT_EQ(verdict, row.passes ? Verdict::complete : Verdict::refused) << row.bytes;
    EXPECT_EQ(parser.takes_large_body(), row.is_large) << row.bytes;
    if (row.passes) {
      EXPECT_EQ(parser.request().body, body);
      parser.next();
      EXPECT_FALSE(parser.takes_large_body()) << "the next request says for itself";
    } else {
      EXPECT_EQ(parser.refusal().status, 413) << row.bytes;
    }
  }
}

TEST(RequestParser, ShowsAHeadWhoseBodyIsStillToCome) {
  for (const std::string& framing :
       {std::string("Content-Length: 10\r\n"), std::string("Transfer-Encoding: chunked\r\n")}) {
    RequestParser parser{RequestLimits()};
    const bool chunked = framing.starts_with("T");
    const std::string begin = post(framing, chunked ? "a\r\n012" : "012");
    EXPECT_EQ(parse_whole(parser, begin), Verdict::need_more);
    parser.read_head_alone();
    EXPECT_EQ(parser.request().method, Method::post);
    EXPECT_EQ(parser.request().header("host"), "a");
    EXPECT_EQ(parser.request().body, "");
    EXPECT_EQ(parse_whole(parser, chunked ? "3456789\r\n0\r\n\r\n" : "3456789"), Verdict::complete);
    EXPECT_EQ(parser.request().body, "0123456789");
  }
}

TEST(RequestParser, TellsHowMuchOfABodyHasCome) {
  for (const std::string& framing :
       {std::string("Content-Length: 10\r\n"), std::string("Transfer-Encoding: chunked\r\n")}) {
    RequestParser parser{RequestLimits()};
    EXPECT_EQ(parse_whole(parser, post(framing, "")), Verdict::need_more);
    EXPECT_EQ(parser.body_received(), 0u);
    EXPECT_EQ(parse_whole(parser, framing[0] == 'C' ? "abc" : "a\r\nabc"), Verdict::need_more);
    EXPECT_EQ(parser.body_received(), 3u) << framing;
  }
}

TEST(RequestParser, WipesWhatItConsumed) {
  RequestParser parser{RequestLimits()};
  const std::string bytes = get("Authorization: Bearer gh_at_secret\r\n");
  ASSERT_EQ(parse_whole(parser, bytes + "GET"), Verdict::complete);
  const char* value = parser.request().header("Authorization")->data();
  parser.next();

  EXPECT_EQ(value[0], '\0');
  EXPECT_EQ(parser.stage(), Stage::head);
}

TEST(RequestParser, KnowsItsStage) {
  RequestParser parser{RequestLimits()};
  EXPECT_EQ(parser.stage(), Stage::between_requests);
  ASSERT_EQ(parse_whole(parser, "\r\n"), Verdict::need_more);
  EXPECT_EQ(parser.stage(), Stage::head);
  ASSERT_EQ(parse_whole(parser, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n"),
            Verdict::need_more);
  EXPECT_EQ(parser.stage(), Stage::head);
  ASSERT_EQ(parse_whole(parser, "\r\n"), Verdict::need_more);
  EXPECT_EQ(parser.stage(), Stage::body);
  ASSERT_EQ(parse_whole(parser, "ab"), Verdict::complete);
  parser.next();
  EXPECT_EQ(parser.stage(), Stage::between_requests);
  parser.release();
  EXPECT_EQ(parser.capacity(), 0U);
  EXPECT_EQ(parse_whole(parser, get("")), Verdict::complete);
}

TEST(RequestParser, TellsOnceThatTheClientWaitsForContinue) {
  RequestParser parser{RequestLimits()};
  const std::string head = post("Expect: 100-Continue\r\nContent-Length: 2\r\n", "");
  ASSERT_EQ(parse_whole(parser, head), Verdict::need_more);
  EXPECT_TRUE(parser.take_expectation());
  EXPECT_FALSE(parser.take_expectation());
  ASSERT_EQ(parse_whole(parser, "ab"), Verdict::complete);

  RequestParser impatient{RequestLimits()};
  ASSERT_EQ(parse_whole(impatient, head + "a"), Verdict::need_more);
  EXPECT_FALSE(impatient.take_expectation()) << "the body is coming anyway";
}

}  // namespace
}  // namespace gatehouse::http
